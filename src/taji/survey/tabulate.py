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
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from typing import ClassVar

import numpy as np
import polars as pl

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.text import Language
from taji.survey.calibrate import Calibrated
from taji.survey.design import Design, Sample
from taji.survey.intervals import INTERVALS, IntervalName, proportion_interval, t_interval
from taji.survey.measures import Measure, present
from taji.survey.sums import binned
from taji.survey.tabulate_cells import (
    Moments,
    Partial,
    Tally,
    merge,
    partial,
    place_rows,
    tally,
)
from taji.survey.variance import design_variance, spread_in_leaves

__all__ = [
    "ESTIMATES",
    "BreakdownError",
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

#: A cell for each domain of a calibrated sample is held in blocks of this many numbers.
BLOCK = 4_000_000
#: A design effect below this is rounding: a calibrated margin has no variance. [ratio]
ROUNDING = 1e-24


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
    BreakdownError, IntervalChoiceError
        See each; the design adds its own.

    Notes
    -----
    With :math:`w_i` the weight and :math:`d_i` 1 inside the domain for firms that answered,
    the mean is :math:`\hat R = \sum w_i d_i y_i / \sum w_i d_i`, its influences
    :math:`w_i d_i (y_i - \hat R) / \sum w_j d_j`; a proportion is the mean of an indicator; a
    ratio puts :math:`x_i` in the denominator; a total is :math:`\sum w_i d_i y_i` with
    influences :math:`w_i d_i y_i` [1]_. For calibrated weights influences are replaced by
    the residuals of their regression on the calibration variables.

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
    sample = design.bind(frame)
    rows = np.arange(frame.height)
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


@dataclass(frozen=True, slots=True)
class _Breakdown:
    """Cells and the groups they fall in; -1 for none."""

    by: str | None
    groups: tuple[str | None, ...]
    leaf: IntArray
    auxiliary: IntArray
    group: IntArray


def _city(cells: pl.DataFrame) -> _Breakdown:
    leaf, auxiliary = (cells[name].to_numpy() for name in ("leaf", "auxiliary"))
    return _Breakdown(None, (None,), leaf, auxiliary, np.zeros(cells.height, dtype=np.int64))


def _breakdown(cells: pl.DataFrame, by: str) -> _Breakdown:
    city = _city(cells)
    known = cells[by].drop_nulls().unique().sort()
    codes = cells[by].cast(pl.Enum(known)).to_physical().cast(pl.Int64).fill_null(-1)
    return _Breakdown(by, tuple(known), city.leaf, city.auxiliary, codes.to_numpy())


def _rows(
    sample: Sample,
    breakdown: _Breakdown,
    held: Tally,
    statistic: str,
    confidence: float,
    interval: IntervalName,
) -> Iterator[tuple[object, ...]]:
    """The rows of one statistic of one measure in one breakdown."""
    found = _estimate(sample, breakdown, held, statistic)
    df, n = found.df, found.n
    if statistic == "proportion":
        value = np.clip(found.estimate, 0, 1)
        ends = proportion_interval(interval, value, found.se, df, n, confidence)
    else:
        value = found.estimate
        ends = t_interval(value, found.se, df, confidence)
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


@dataclass(frozen=True, slots=True)
class _Found:
    """Estimates of all groups of a breakdown; NaN where nobody answered."""

    estimate: FloatArray
    se: FloatArray
    df: FloatArray
    n: FloatArray
    base: FloatArray
    deff: FloatArray


def _estimate(sample: Sample, breakdown: _Breakdown, held: Tally, statistic: str) -> _Found:
    moments, size = held.moments, len(breakdown.groups)
    inside = breakdown.group >= 0
    group = breakdown.group[inside]
    whole = _summed(moments, inside, group, size)
    x, e = whole.total[:, 0], whole.total[:, 1]
    answered = (whole.n > 0) & (x != 0)
    offset = np.divide(e, x, out=np.full(size, np.nan), where=answered)
    if statistic == "total":
        estimate = np.where(answered, e + held.centre * x, np.nan)
        lead = np.column_stack((np.full(size, held.centre), np.ones(size)))
    else:
        estimate = held.centre + offset
        scale = np.divide(1.0, x, out=np.zeros(size), where=answered)
        lead = np.column_stack((-np.nan_to_num(offset) * scale, scale))
    variance = _variance(sample, breakdown, moments, lead)
    reference = _reference(whole, np.nan_to_num(offset), statistic)
    usable = answered & (reference > 0)
    variance = np.where(usable & (variance < ROUNDING * reference), 0.0, variance)
    return _Found(
        estimate=estimate,
        se=np.where(answered, np.sqrt(np.maximum(variance, 0)), np.nan),
        df=_degrees_of_freedom(sample, breakdown, moments),
        n=whole.n,
        base=whole.asked,
        deff=np.divide(variance, reference, out=np.full(size, np.nan), where=usable),
    )


@dataclass(frozen=True, slots=True)
class _Summed:
    n: FloatArray
    asked: FloatArray
    total: FloatArray
    square: FloatArray


def _summed(moments: Moments, inside: BoolArray, group: IntArray, size: int) -> _Summed:
    def add(values: FloatArray) -> FloatArray:
        return binned(group, values[inside], size)

    def columns(values: FloatArray) -> FloatArray:
        return np.column_stack([add(values[:, at]) for at in range(values.shape[1])])

    return _Summed(
        add(moments.n), add(moments.asked), columns(moments.total), columns(moments.square)
    )


def _reference(whole: _Summed, offset: FloatArray, statistic: str) -> FloatArray:
    """Variance of the same statistic from a simple random sample without replacement."""
    x = whole.total[:, 0]
    mass = whole.total[:, -1] if statistic == "ratio" else x
    xx, xe, ee = whole.square.T
    residual = ee - 2 * offset * xe + offset**2 * xx
    n = whole.n
    factor = n / np.maximum(n - 1, 1) * (mass - n) / np.maximum(n, 1)
    # residual/mass is the variance of one firm; a mean divides (mass - n)/n by mass, a
    # total multiplies it by mass.
    squared = factor * residual / np.where(mass > 0, mass, 1.0)
    if statistic == "total":
        return np.asarray(squared * mass)
    if statistic == "ratio":
        return np.asarray(squared * mass / np.where(x != 0, x, 1.0) ** 2)
    return np.asarray(squared / np.where(mass > 0, mass, 1.0))


def _variance(
    sample: Sample, breakdown: _Breakdown, moments: Moments, lead: FloatArray
) -> FloatArray:
    """Variance of the influences ``lead`` times basis, for all groups."""
    if sample.calibrated is None:
        inside = breakdown.group >= 0
        group = breakdown.group[inside]
        part = _influences(moments, inside, lead[group])
        return _of_parts(sample, breakdown.leaf[inside], group, part, len(lead))
    block = max(1, BLOCK // max(1, len(breakdown.leaf)))
    pieces = [
        _calibrated_variance(sample, breakdown, moments, lead, range(start, stop))
        for start, stop in _blocks(len(lead), block)
    ]
    return np.concatenate(pieces)


def _blocks(size: int, block: int) -> Iterator[tuple[int, int]]:
    for start in range(0, size, block):
        yield start, min(start + block, size)


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows, sum of influences, and their centred sum of squares."""

    n: FloatArray
    total: FloatArray
    spread: FloatArray


def _influences(moments: Moments, inside: BoolArray, lead: FloatArray) -> _Part:
    """Influences of the rows that answered, ``lead`` times basis."""
    wide = lead.shape[1]
    total = moments.total[inside][:, :wide]
    spread = moments.spread[inside][:, :wide, :wide]
    return _Part(
        n=moments.n[inside],
        total=np.einsum("cq,cq->c", total, lead),
        spread=np.einsum("cq,cqr,cr->c", lead, spread, lead),
    )


def _of_parts(
    sample: Sample, leaf: IntArray, group: IntArray, part: _Part, n_group: int
) -> FloatArray:
    """Variance where every row in no part has influence 0."""
    last = sample.stages[-1]
    n_leaf = len(last.stratum)
    total = binned(leaf * n_group + group, part.total, n_leaf * n_group)
    total = total.reshape(n_leaf, n_group)
    if last.unit is not None:
        return design_variance(sample, total)
    spread = spread_in_leaves(
        leaf, group, part.n, part.total, part.spread, drawn=last.drawn, n_domain=n_group
    )
    return design_variance(sample, total, spread)


def _calibrated_variance(
    sample: Sample, breakdown: _Breakdown, moments: Moments, lead: FloatArray, groups: range
) -> FloatArray:
    """Variance of the residuals of the influences on the calibration variables.

    A residual is an influence less what the regression foretells; firms outside the
    domain have influence 0, but are foretold something all the same.
    """
    calibrated = sample.calibrated
    assert calibrated is not None
    n_group, lead = len(groups), lead[groups.start : groups.stop]
    own = (breakdown.group >= groups.start) & (breakdown.group < groups.stop)
    group, auxiliary = breakdown.group[own] - groups.start, breakdown.auxiliary
    plain = _influences(moments, own, lead[group])
    fit = _foretold(calibrated, auxiliary[own], group, plain.total, n_group)

    one = 0 if moments.total.shape[1] == lead.shape[1] else lead.shape[1]
    full = np.zeros((len(group), moments.total.shape[1]))
    full[:, : lead.shape[1]] = lead[group]
    full[:, one] -= fit[auxiliary[own], group]
    blank = moments.blank.T
    everyone = _joined(
        (moments.n, moments.total[:, one], moments.spread[:, one, one]),
        (blank[0], blank[1], blank[2]),
    )
    others = breakdown.group[:, None] != np.arange(groups.start, groups.stop)
    cell, other_group = np.nonzero(others)
    parts = (
        _influences(moments, own, full),
        _scaled(tuple(part[own] for part in blank), -fit[auxiliary[own], group]),
        _scaled(tuple(part[cell] for part in everyone), -fit[auxiliary[cell], other_group]),
    )
    return _of_parts(
        sample,
        np.concatenate((breakdown.leaf[own], breakdown.leaf[own], breakdown.leaf[cell])),
        np.concatenate((group, group, other_group)),
        _Part(
            np.concatenate([part.n for part in parts]),
            np.concatenate([part.total for part in parts]),
            np.concatenate([part.spread for part in parts]),
        ),
        n_group,
    )


def _foretold(
    calibrated: Calibrated, auxiliary: IntArray, group: IntArray, total: FloatArray, n_group: int
) -> FloatArray:
    """What the calibration variables foretell of an influence per unit of weight."""
    n_auxiliary = len(calibrated.auxiliary)
    weighted = total / calibrated.ratio[auxiliary]
    summed = binned(auxiliary * n_group + group, weighted, n_auxiliary * n_group)
    slopes = calibrated.projector @ (calibrated.auxiliary.T @ summed.reshape(n_auxiliary, n_group))
    return np.asarray(calibrated.auxiliary @ slopes)


def _joined(
    first: tuple[FloatArray, ...], second: tuple[FloatArray, ...]
) -> tuple[FloatArray, ...]:
    """Rows, weight and centred sum of squares of weight of two groups of rows."""
    (n, w, v), (m, u, s) = first, second
    both = np.maximum(n + m, 1)
    away = w / np.maximum(n, 1) - u / np.maximum(m, 1)
    return n + m, w + u, v + s + n * m / both * away**2


def _scaled(weights: tuple[FloatArray, ...], by: FloatArray) -> _Part:
    """Influences that are one number times the weight, for each part."""
    n, total, spread = weights
    return _Part(n=n, total=by * total, spread=by**2 * spread)


def _degrees_of_freedom(sample: Sample, breakdown: _Breakdown, moments: Moments) -> FloatArray:
    """Units less strata of the first stage, among rows that answered in each group."""
    first, n_group = sample.stages[0], len(breakdown.groups)
    held = (breakdown.group >= 0) & (moments.n > 0)
    leaf, group = breakdown.leaf[held], breakdown.group[held]

    def distinct(code: IntArray, size: int) -> FloatArray:
        seen = np.bincount(code * n_group + group, minlength=size * n_group) > 0
        return np.asarray(seen.reshape(size, n_group).sum(axis=0), dtype=np.float64)

    strata = distinct(first.stratum[leaf], len(first.drawn))
    if first.unit is None:
        return binned(group, moments.n[held], n_group) - strata
    assert first.stratum_of_unit is not None
    return np.asarray(distinct(first.unit[leaf], len(first.stratum_of_unit)) - strata)


def _check(
    frame: pl.DataFrame, by: Sequence[str], confidence: float, interval: IntervalName
) -> None:
    for column in by:
        if column not in frame.columns:
            raise BreakdownError(column=column, known=", ".join(frame.columns[:12]))
    if interval not in INTERVALS or not 0 < confidence < 1:
        raise IntervalChoiceError(
            interval=interval, confidence=confidence, known=", ".join(INTERVALS)
        )
