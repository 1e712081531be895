"""Estimate every item of a questionnaire, for the city and its parts, in one pass.

Turns answers and a design into the rows of ``estimates.csv``: proportions, means, totals
and ratios with linearised standard errors, intervals, n, base and design effect. Decides
the estimators. Leaves to others what is tabulated (``taji.survey.measures``), how strata
and stages enter the variance (``taji.survey.variance``), and what may be published
(``taji.compare.disclosure``).

A part of the city is a domain: firms outside it have weight zero in it, but stay in the
sample, because how many fell into the domain is itself chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain
from typing import ClassVar

import numpy as np
import polars as pl

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.survey.design import Design, Sample
from taji.survey.intervals import (
    INTERVALS,
    Interval,
    IntervalName,
    proportion_interval,
    t_interval,
)
from taji.survey.measures import Measure, present
from taji.survey.tabulate_cells import (
    AUXILIARY,
    LEAF,
    Partial,
    Tally,
    merge,
    partial,
    place_rows,
    tally,
)
from taji.survey.tabulate_linear import Breakdown, estimated

__all__ = [
    "ESTIMATES",
    "BreakdownError",
    "GroupsError",
    "IntervalChoiceError",
    "finish",
    "tabulate",
    "tabulate_batches",
]

#: Columns of the estimates, in the contract's order, without ``suppressed``.
ESTIMATES = pl.Schema(
    {
        "question": pl.String,
        "option": pl.String,
        "statistic": pl.String,
        "by": pl.String,
        "group": pl.String,
        "estimate": pl.Float64,
        "se": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "confidence": pl.Float64,
        "n": pl.Int64,
        "base": pl.Int64,
        "deff": pl.Float64,
    }
)


#: A breakdown with more groups than this names firms rather than grouping them.
MOST_GROUPS = 2_000


class GroupsError(TajiError):
    """A breakdown has more groups than a table can mean."""

    code = "survey.groups"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "`--by {column}` has {groups} groups, and {most} are the most. Break down by a "
            "column that groups firms (industry, size, district), not one that names them."
        ),
        "zh": (
            "`--by {column}` 有 {groups} 个组，最多 {most} 个。"
            "请使用把企业分组的列（行业、规模、区县），而不是逐家标识企业的列。"
        ),
    }


class BreakdownError(TajiError):
    """The column of a breakdown is not in the answers."""

    code = "survey.breakdown"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "`--by {column}`: the answers have no such column. Name a question of the "
            "questionnaire or a column of the register: {known}."
        ),
        "zh": "`--by {column}`：答卷中没有这一列。请使用问卷题号或名录列名：{known}。",
    }


class IntervalChoiceError(TajiError):
    """The interval or its confidence is not one that exists."""

    code = "survey.interval"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Interval `{interval}` with confidence {confidence}: choose one of {known}, and a "
            "confidence between 0 and 1, such as 0.95."
        ),
        "zh": (
            "区间 `{interval}`、置信水平 {confidence}：区间须为 {known} 之一，"
            "置信水平须在 0 与 1 之间，例如 0.95。"
        ),
    }


def tabulate(
    frame: pl.DataFrame,
    measures: Sequence[Measure],
    design: Design,
    *,
    by: Sequence[str] = (),
    confidence: float = 0.95,
    interval: IntervalName = "logit",
) -> pl.DataFrame:
    r"""Tabulate all measures for the city and for each group of each breakdown.

    Parameters
    ----------
    frame : DataFrame
        One row for each respondent: canonical answers, breakdowns and design columns.
    measures : sequence of Measure
        Those whose columns are absent give no rows.
    design : Design
        How the respondents were drawn.
    by : sequence of str
        Columns that break the city down, each on its own.
    confidence : float
        [fraction]
    interval : {"logit", "beta", "arcsine", "linear"}
        Interval of proportions; the others have t intervals.

    Returns
    -------
    DataFrame
        ``ESTIMATES``. ``by`` and ``group`` are null for the whole city. ``n`` answers were
        used, ``base`` firms were asked. Numbers are null where nobody answered, intervals
        where there are no degrees of freedom.

    Raises
    ------
    BreakdownError, GroupsError, IntervalChoiceError
        See each; the design adds its own.

    Notes
    -----
    With :math:`w_i` the weight and :math:`d_i` 1 inside the domain for firms that answered,
    the mean is :math:`\hat R = \sum w_i d_i y_i / \sum w_i d_i`, its influences
    :math:`w_i d_i (y_i - \hat R) / \sum w_j d_j` [1]_; a proportion is the mean of an indicator;
    a ratio puts :math:`x_i` in the denominator. For calibrated weights influences are replaced
    by the residuals of their regression on the calibration variables.

    A total is that of all firms of the domain that were *asked* (:math:`a_i` = 1): whoever left
    the answer blank has the mean of those that did not, as in weighting-class adjustment with
    the domain for the class. With :math:`A = \sum w_i a_i` and :math:`D = \sum w_i d_i` it is
    :math:`A \hat R`, its influences
    :math:`(A / D) w_i d_i (y_i - \hat R) + w_i a_i \hat R`. Where nobody left it blank these are
    :math:`\sum w_i d_i y_i` and :math:`w_i d_i y_i`. Where somebody did, the totals of groups
    need not add up to the city's: each group has its own mean.

    Degrees of freedom are units less strata of the first stage, among firms of the domain
    that answered. ``deff`` is the variance over that of a simple random sample without
    replacement of as many answers, as R's ``svymean(deff = TRUE)`` has it.

    References
    ----------
    .. [1] R. S. Woodruff, "A simple method for approximating the variance of a complicated
       estimate", *JASA* 66 (1971) 411-414. doi:10.1080/01621459.1971.10482279

    Examples
    --------
    >>> from taji.survey.measures import Choice
    >>> frame = pl.DataFrame({"plan": ["yes", "no", "no", "no"], "firms": [40] * 4})
    >>> design = Design.from_mapping({"population": "firms"})
    >>> table = tabulate(frame, [Choice("plan", ("yes",), pl.col("plan"))], design)
    >>> table.select("estimate", pl.col("se").round(4), "n").rows()
    [(0.25, 0.2372, 4)]
    """
    sample, rows, by = design.bind(frame), np.arange(frame.height), tuple(dict.fromkeys(by))
    _check(frame, by, confidence, interval)
    found = present(measures, frame)
    place = place_rows(frame, rows, sample, by)
    # One measure at a time: the sums of a finished one need not be kept.
    parts = (Partial(place.cells, tuple(tally(frame, place, measure))) for measure in found)
    tables = (finish(part, sample, by, confidence, interval) for part in parts)
    return pl.concat([ESTIMATES.to_frame(), *tables])


def tabulate_batches(
    batches: Iterable[pl.DataFrame],
    measures: Sequence[Measure],
    sample: Sample,
    *,
    by: Sequence[str] = (),
    confidence: float = 0.95,
    interval: IntervalName = "logit",
) -> pl.DataFrame:
    """Tabulate rows that arrive in batches, in the order of ``sample``.

    The design columns of all rows are bound beforehand (``Design.bind``); answers need
    never be in memory together. Gives the numbers of ``tabulate``.

    Parameters
    ----------
    batches : iterable of DataFrame
        Together the rows of ``sample``; every batch with the same columns.
    measures : sequence of Measure
        With their options known.
    sample : Sample
        The bound design.
    by, confidence, interval
        As in ``tabulate``.

    Returns
    -------
    DataFrame
        ``ESTIMATES``.
    """
    by = tuple(dict.fromkeys(by))
    whole = reduce(merge, _partials(batches, measures, sample, by, confidence, interval))
    return finish(whole, sample, by, confidence, interval)


def _partials(
    batches: Iterable[pl.DataFrame],
    measures: Sequence[Measure],
    sample: Sample,
    by: Sequence[str],
    confidence: float,
    interval: IntervalName,
) -> Iterator[Partial]:
    start = 0
    for batch in batches:
        _check(batch, by, confidence, interval)
        rows = np.arange(start, start + batch.height)
        yield partial(batch, rows, sample, present(measures, batch), by)
        start += batch.height


def finish(
    whole: Partial,
    sample: Sample,
    by: Sequence[str],
    confidence: float,
    interval: IntervalName,
) -> pl.DataFrame:
    """Turn the cells of all rows into estimates.

    Parameters
    ----------
    whole : Partial
        The merged partial results of every row of ``sample``.
    sample : Sample
        The bound design.
    by, confidence, interval
        As in ``tabulate``.

    Returns
    -------
    DataFrame
        ``ESTIMATES``, one measure after the other, the city before its parts.
    """
    breakdowns = [_city(whole.cells), *(_breakdown(whole.cells, column) for column in by)]
    rows = (
        _rows(sample, breakdown, one, statistic, confidence, interval)
        for one in whole.tallies
        for statistic in one.statistics
        for breakdown in breakdowns
    )
    columns = list(zip(*chain.from_iterable(rows), strict=True)) or [() for _ in ESTIMATES]
    data = dict(zip(ESTIMATES, columns, strict=True))
    return pl.DataFrame(data, schema=ESTIMATES).with_columns(pl.col(pl.Float64).fill_nan(None))


def _city(cells: pl.DataFrame) -> Breakdown:
    leaf, auxiliary = (cells[name].to_numpy() for name in (LEAF, AUXILIARY))
    return Breakdown(None, (None,), leaf, auxiliary, np.zeros(cells.height, dtype=np.int64))


def _breakdown(cells: pl.DataFrame, by: str) -> Breakdown:
    city = _city(cells)
    known = cells[by].drop_nulls().unique().sort()
    codes = cells[by].cast(pl.Enum(known)).to_physical().cast(pl.Int64).fill_null(-1)
    return Breakdown(by, tuple(known), city.leaf, city.auxiliary, codes.to_numpy())


def _rows(
    sample: Sample,
    breakdown: Breakdown,
    held: Tally,
    statistic: str,
    confidence: float,
    interval: IntervalName,
) -> Iterator[tuple[object, ...]]:
    """The rows of one statistic of one measure in one breakdown."""
    found = estimated(sample, breakdown, held, statistic)
    df, n = found.df, found.n
    if statistic == "proportion":
        value = np.clip(found.estimate, 0, 1)
        ends = proportion_interval(interval, value, found.se, df, n, confidence)
    else:
        value = found.estimate
        ends = t_interval(value, found.se, df, confidence)
    if statistic == "mean":
        ends = Interval(np.clip(ends.low, *held.ends), np.clip(ends.high, *held.ends))
    size = len(breakdown.groups)
    return zip(
        [held.question] * size,
        [held.option or None] * size,
        [statistic] * size,
        [breakdown.by] * size,
        breakdown.groups,
        value.tolist(),
        found.se.tolist(),
        ends.low.tolist(),
        ends.high.tolist(),
        [confidence] * size,
        n.astype(int).tolist(),
        found.base.astype(int).tolist(),
        found.deff.tolist(),
        strict=True,
    )


def _check(
    frame: pl.DataFrame, by: Sequence[str], confidence: float, interval: IntervalName
) -> None:
    for column in by:
        if column not in frame.columns:
            raise BreakdownError(column=column, known=", ".join(frame.columns[:12]))
        groups = frame[column].n_unique()
        if groups > MOST_GROUPS:
            raise GroupsError(column=column, groups=groups, most=MOST_GROUPS)
    if interval not in INTERVALS or not 0 < confidence < 1:
        raise IntervalChoiceError(
            interval=interval, confidence=confidence, known=", ".join(INTERVALS)
        )
