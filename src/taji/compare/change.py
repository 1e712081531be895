"""Say what changed between two rounds, with an interval that knows which firms are in both.

Turns the published estimates of two rounds, and the rows behind them, into differences. Decides
how the covariance of two samples that overlap is estimated, and what of it may be published. Does
not estimate either round (``taji.survey.tabulate``) nor decide what each round withholds
(``taji.compare.disclosure``): a row that either round withholds is withheld here.

Shares and means are compared; totals and ratios are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from taji.base.arrays import BoolArray, FloatArray
from taji.base.errors import TajiError
from taji.base.identifiers import KEY
from taji.base.text import Language
from taji.compare.moves import FEWEST, correlation_withheld
from taji.compare.overlap import Overlap
from taji.survey.design import Sample
from taji.survey.intervals import Interval
from taji.survey.linearised import influences, row_values
from taji.survey.measures import Amount, Choice, Measure, present

__all__ = ["CHANGES", "NothingSharedError", "Round", "change", "change_interval"]

#: Columns of the changes.
CHANGES = pl.Schema(
    {
        "question": pl.String,
        "option": pl.String,
        "statistic": pl.String,
        "by": pl.String,
        "group": pl.String,
        "before": pl.Float64,
        "after": pl.Float64,
        "change": pl.Float64,
        "se": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "n_before": pl.Int64,
        "n_after": pl.Int64,
        "n_both": pl.Int64,
        "suppressed": pl.Boolean,
    }
)

KEYS = ("question", "option", "statistic", "by", "group")
COMPARED = ("proportion", "mean")


class NothingSharedError(TajiError):
    """The two rounds have no figure in common."""

    code = "compare.change_nothing"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "The rounds have no share or mean in common ({before} figures before, {after} after). "
            "Compare rounds of the same questionnaire or model, with the same breakdowns."
        ),
        "zh": (
            "两期没有共同的比例或均值（前期 {before} 个数字，后期 {after} 个）。"
            "请比较使用同一问卷或模型、同样分组的两期。"
        ),
    }


@dataclass(frozen=True, slots=True)
class Round:
    """One round, as published and as it stands behind that.

    Attributes
    ----------
    frame : DataFrame
        One row for each ``enterprise``: answers, scores, breakdowns.
    sample : Sample
        The design bound to these rows.
    measures : tuple of Measure
        What was tabulated.
    estimates : DataFrame
        The rows of ``estimates.csv``, ``suppressed`` included.
    """

    frame: pl.DataFrame
    sample: Sample
    measures: tuple[Measure, ...]
    estimates: pl.DataFrame


def change(before: Round, after: Round) -> pl.DataFrame:
    r"""Change of every share and mean that both rounds have, for the city and its parts.

    Parameters
    ----------
    before, after : Round
        Estimates of the same confidence.

    Returns
    -------
    DataFrame
        ``CHANGES``, in the order of the later round. ``n_both`` firms of the row answered in both
        rounds. Of a suppressed row every number is null.

    Raises
    ------
    NothingSharedError
        If no row is in both rounds.
    ClusteredChangeError
        If firms were drawn by clusters (``taji.compare.overlap``).

    Notes
    -----
    :math:`V(\hat R_2 - \hat R_1) = V_1 + V_2 - 2 C`, with the variances of the published
    estimates and *C* from ``taji.compare.overlap.Overlap``. The interval is put together from the
    two published ones and the correlation :math:`r = C / \sqrt{V_1 V_2}` [1]_, see
    ``change_interval``: for means it is the *t* interval, for shares it stays within -1 and 1 and
    has a width where none or all ticked.

    The standard error of a change tells how many firms moved from one answer to the other. Of shares
    it is therefore computed as if three had where fewer did (``taji.compare.moves``); of means,
    as if the samples were independent where fewer than three firms are in both.

    References
    ----------
    .. [1] G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a
       general approach", *Statistics in Medicine* 27 (2008) 1693-1702. doi:10.1002/sim.3095
    """
    rows = _shared(before, after)
    if not rows.height:
        raise NothingSharedError(before=before.estimates.height, after=after.estimates.height)
    correlations, shared = zip(*_together(before, after, rows), strict=True)
    return _table(rows.with_columns(r=pl.Series(correlations), n_both=pl.Series(shared)))


def change_interval(
    before: FloatArray,
    after: FloatArray,
    before_ends: Interval,
    after_ends: Interval,
    correlation: FloatArray,
) -> Interval:
    r"""Interval of a difference from the intervals of its parts and their correlation.

    Parameters
    ----------
    before, after : FloatArray, shape (n,)
        Estimates.
    before_ends, after_ends : Interval
        Their intervals, of the same confidence.
    correlation : FloatArray, shape (n,)
        Of the two estimates. [-1, 1]

    Notes
    -----
    The lower end lies :math:`\sqrt{a^2 + b^2 - 2 r a b}` below the difference, with *a* the lower
    arm of the later and *b* the upper arm of the earlier interval; the upper end likewise.

    Examples
    --------
    >>> one = (np.array([0.30]), Interval(np.array([0.25]), np.array([0.36])))
    >>> two = (np.array([0.40]), Interval(np.array([0.34]), np.array([0.46])))
    >>> out = change_interval(one[0], two[0], one[1], two[1], np.array([0.5]))
    >>> out.low.round(3).tolist(), out.high.round(3).tolist()
    ([0.04], [0.156])
    """

    def arm(a: FloatArray, b: FloatArray) -> FloatArray:
        return np.sqrt(np.maximum(a**2 + b**2 - 2 * correlation * a * b, 0))

    difference = after - before
    return Interval(
        difference - arm(after - after_ends.low, before_ends.high - before),
        difference + arm(after_ends.high - after, before - before_ends.low),
    )


def _shared(before: Round, after: Round) -> pl.DataFrame:
    """Published rows that both rounds have, side by side; ``x`` of the earlier is ``x_before``."""
    earlier, later = (
        one.estimates.filter(pl.col("statistic").is_in(COMPARED)).with_columns(
            pl.col("option", "by", "group").replace("", None)
        )
        for one in (before, after)
    )
    return later.join(
        earlier,
        on=list(KEYS),
        how="inner",
        suffix="_before",
        nulls_equal=True,
        maintain_order="left",
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """What every firm of both rounds counts in one measure."""

    before: FloatArray
    after: FloatArray
    binary: bool


def _pair(before: Round, after: Round, question: str, option: str | None) -> _Pair:
    earlier, later = (
        row_values(one.frame, _measure(one, question, option), option) for one in (before, after)
    )
    return _Pair(earlier, later, option is not None)


def _measure(one: Round, question: str, option: str | None) -> Choice | Amount:
    """The measure that a published row came from."""
    for measure in present([m for m in one.measures if m.question == question], one.frame):
        if isinstance(measure, Choice) and option in (measure.options or ()):
            return measure
        if isinstance(measure, Amount) and option is None:
            return measure
    raise KeyError(question, option)


class _Groups:
    """Rows of each group of each breakdown, in both rounds."""

    def __init__(self, before: Round, after: Round) -> None:
        self._rounds = (before, after)
        self._known: dict[str, tuple[pl.Series, pl.Series]] = {}

    def inside(self, by: str | None, group: str | None) -> tuple[BoolArray, BoolArray]:
        if by is None:
            earlier, later = (np.ones(one.frame.height, dtype=bool) for one in self._rounds)
            return earlier, later
        if by not in self._known:
            first_round, second_round = self._rounds
            self._known[by] = (
                first_round.frame[by].cast(pl.Categorical),
                second_round.frame[by].cast(pl.Categorical),
            )
        first, second = (
            (column == group).fill_null(value=False).to_numpy() for column in self._known[by]
        )
        return first, second


def _together(before: Round, after: Round, rows: pl.DataFrame) -> Iterator[tuple[float, int]]:
    """Correlation of both estimates of each row, and the firms that answered in both rounds."""
    overlap = Overlap.of(before.sample, before.frame[KEY], after.sample, after.frame[KEY])
    groups, pair, of = _Groups(before, after), None, None
    for row in rows.iter_rows(named=True):
        if row["suppressed"] or row["suppressed_before"]:
            yield 0.0, 0
            continue
        if pair is None or of != (row["question"], row["option"]):
            of = (row["question"], row["option"])
            pair = _pair(before, after, *of)
        inside = groups.inside(row["by"], row["group"])
        first, second = (
            np.where(part, value, np.nan)
            for part, value in zip(inside, (pair.before, pair.after), strict=True)
        )
        both = overlap.both(first, second)
        answers = first[overlap.rows_before][both], second[overlap.rows_after][both]
        covariance = overlap.covariance(
            influences(before.sample, first), influences(after.sample, second)
        )
        yield _correlation(row, covariance, *answers, binary=pair.binary), len(answers[0])


def _correlation(
    row: Mapping[str, float | None],
    covariance: float,
    before: FloatArray,
    after: FloatArray,
    *,
    binary: bool,
) -> float:
    """The correlation that may be told, from answers of the firms that gave both."""
    spread = (row["se"] or 0.0) * (row["se_before"] or 0.0)
    shared = len(before)
    if not shared or not spread or (not binary and shared < FEWEST):
        return 0.0
    correlation = covariance / spread
    if binary:
        share = shared / np.sqrt(float(row["n_before"] or 0) * float(row["n"] or 0))
        correlation -= share * correlation_withheld(before, after)
    return float(np.clip(correlation, -1, 1))


def _table(rows: pl.DataFrame) -> pl.DataFrame:
    """Differences and intervals from both rounds and the correlation of each row."""

    def numbers(name: str) -> FloatArray:
        return np.asarray(rows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy())

    before, after, correlation = numbers("estimate_before"), numbers("estimate"), numbers("r")
    one, two = numbers("se_before"), numbers("se")
    ends = change_interval(
        before,
        after,
        Interval(numbers("ci_low_before"), numbers("ci_high_before")),
        Interval(numbers("ci_low"), numbers("ci_high")),
        correlation,
    )
    table = rows.select(
        *KEYS,
        before="estimate_before",
        after="estimate",
        change=pl.Series(after - before),
        se=pl.Series(np.sqrt(np.maximum(one**2 + two**2 - 2 * correlation * one * two, 0))),
        ci_low=pl.Series(ends.low),
        ci_high=pl.Series(ends.high),
        n_before="n_before",
        n_after="n",
        n_both="n_both",
        suppressed=pl.col("suppressed") | pl.col("suppressed_before"),
    ).with_columns(pl.col(pl.Float64).fill_nan(None))
    told = [name for name in CHANGES if name not in (*KEYS, "suppressed")]
    return table.with_columns(
        pl.when(~pl.col("suppressed")).then(pl.col(name)).alias(name) for name in told
    ).cast(CHANGES)
