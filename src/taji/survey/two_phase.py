"""Correct what all firms say of themselves by what experts find at some of them.

Phase 1 is the firms that answered: each has a score of its own making, *x*. Phase 2 is the part
of them that experts assessed on site: each has an expert's score *y* too. The two-phase
regression estimator foretells *y* from *x* at every firm and adds what the assessed firms miss
of it. Decides the estimator, its variance and its gain. Does not decide who is assessed
(a draw at random among those that answered, or inside groups of them) nor what is scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.survey.calibrate import residuals
from taji.survey.design import Sample
from taji.survey.intervals import proportion_interval, t_interval
from taji.survey.sums import sum_by
from taji.survey.variance import row_variance, stage_weights

__all__ = ["Corrected", "FewAssessedError", "PhaseEstimate", "Statistic", "two_phase"]

Statistic = Literal["mean", "total", "proportion"]

#: A self score that varies by less than this among the assessed foretells nothing. [share of its size]
CONSTANT = 1e-12

ALL = Text(zh="全体已答企业", en="all firms that answered")


class FewAssessedError(TajiError):
    """Too few firms were assessed to say how far the self scores are out."""

    code = "survey.few_assessed"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "{stratum}: {assessed} of {answered} firms were assessed by an expert, and {least} is the "
            "least for an estimate with an interval. Have more firms assessed, or merge the group "
            "with a similar one."
        ),
        "zh": (
            "{stratum}：{answered} 家企业中有 {assessed} 家经专家评估，至少需要 {least} 家才能给出"
            "带区间的估计。请增加评估企业，或与相近的组合并。"
        ),
    }


@dataclass(frozen=True, slots=True)
class PhaseEstimate:
    """One estimate with its interval.

    Attributes
    ----------
    value, se, ci_low, ci_high : float
        In the unit of the score; a total in that unit times firms.
    df : int
        Degrees of freedom of the interval.
    n : int
        Firms that it rests on.
    """

    value: float
    se: float
    ci_low: float
    ci_high: float
    df: int
    n: int


@dataclass(frozen=True, slots=True)
class Corrected:
    """The city's estimate corrected by the assessed firms, beside those that it is made from.

    Attributes
    ----------
    corrected : PhaseEstimate
        The two-phase regression estimate of the expert score.
    own : PhaseEstimate
        What the firms say of themselves, uncorrected.
    assessed : PhaseEstimate
        The expert score from the assessed firms alone, weighted up.
    slope : float
        Change of the expert score with one unit of the self score. [ratio]
    correlation : float or None
        Of both scores over the assessed firms, weighted; None where one of them does not vary.
    gain : float or None
        Variance of ``assessed`` over that of ``corrected``: how many times as many firms would
        have had to be assessed without the self scores. None where ``corrected`` has no variance.
    """

    corrected: PhaseEstimate
    own: PhaseEstimate
    assessed: PhaseEstimate
    slope: float
    correlation: float | None
    gain: float | None


def two_phase(
    sample: Sample,
    own: FloatArray,
    expert: FloatArray,
    *,
    strata: Sequence[str] | None = None,
    statistic: Statistic = "mean",
    confidence: float = 0.95,
) -> Corrected:
    r"""Estimate the expert score of the whole city from both phases.

    Parameters
    ----------
    sample : Sample
        The design of phase 1, bound to its rows; calibrated weights are allowed.
    own : FloatArray, shape (n_row,)
        What each firm's own answers give, *x*; NaN leaves the firm out of the estimate (1 and 0
        for a proportion). [any unit]
    expert : FloatArray, shape (n_row,)
        What the expert's answers give, *y*; NaN where nobody assessed. [unit of ``own``]
    strata : sequence of str, shape (n_row,), optional
        Groups inside which the assessed firms were drawn, each at random; None: among all.
    statistic : {"mean", "total", "proportion"}
        A total is the mean times the weighted number of firms with a self score.
    confidence : float
        [fraction]

    Returns
    -------
    Corrected

    Raises
    ------
    FewAssessedError
        If a group of ``strata`` has fewer than two assessed firms (unless all of its firms
        are), or there are no degrees of freedom left.

    Notes
    -----
    With first-phase weights :math:`w_i`, :math:`m_g` assessed of :math:`n_g` firms in group *g*,
    :math:`d_i = n_g / m_g` and the least squares fit :math:`\hat y = a + b x` of the assessed,
    weighted by :math:`w_i d_i` [1]_,

    .. math:: \hat R = \frac{1}{\hat N} \Big( \sum_{s_1} w_i \hat y_i
              + \sum_{s_2} w_i d_i (y_i - \hat y_i) \Big), \qquad \hat N = \sum_{s_1} w_i.

    The variance is :math:`V_1 + V_2`. :math:`V_2` is that of the residuals
    :math:`g_i w_i (y_i - \hat y_i) / \hat N` in a simple random draw inside each group, with
    :math:`g_i` the regression's weights. :math:`V_1` is that of
    :math:`z_i = g_i w_i (y_i - \hat R) / \hat N` under the first design, estimated from the
    assessed: a square of a sum over any stratum or unit is put together from the squares,
    raised by :math:`n_g / m_g`, and the products of two firms, raised by one over the chance that
    both are assessed (:math:`n_g (n_g - 1) / (m_g (m_g - 1))` within a group). This is what R's
    ``twophase(method = "full")`` with ``calibrate(phase = 2)`` computes [2]_. A negative
    :math:`V_1`, which few assessed firms can give, counts as 0.

    Of a total the number of firms is known from phase 1, so that
    :math:`z_i = g_i w_i (y_i - \hat R)` plus :math:`w_i \hat R`, the latter at every firm; R's
    ``svytotal`` expands both and is much less steady.

    Degrees of freedom: assessed firms, less groups, less one for the slope; at most those of
    phase 1. Intervals are of *t*, for a proportion on the log-odds
    (``taji.survey.intervals``).

    References
    ----------
    .. [1] C.-E. Särndal, B. Swensson and J. Wretman, *Model Assisted Survey Sampling*. New
       York: Springer, 1992, section 9.7.
    .. [2] T. Lumley, *Complex Surveys: A Guide to Analysis Using R*. Hoboken: Wiley, 2010,
       chapter 8.

    Examples
    --------
    Eight of forty firms answered, four of those were assessed; experts find five points less.

    >>> import polars as pl
    >>> from taji.survey.design import Design
    >>> sample = Design.from_mapping({"population": "firms"}).bind(pl.DataFrame({"firms": [40] * 8}))
    >>> own = np.array([20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0])
    >>> expert = np.array([16.0, np.nan, 34.0, np.nan, 55.0, np.nan, 75.0, np.nan])
    >>> out = two_phase(sample, own, expert)
    >>> round(out.own.value, 1), round(out.assessed.value, 1), round(out.corrected.value, 1)
    (55.0, 45.0, 50.0)
    """
    phases = _Phases.of(sample, own, expert, strata)
    df_first = _first_df(sample, phases.held)
    df_second = phases.n_assessed - len(phases.answered) - (1 if phases.varies else 0)
    _check(phases, min(df_first, df_second))
    fit = _fit(phases)

    def said(value: float, variance: float, df: int, n: int) -> PhaseEstimate:
        return _estimate(value, variance, df, n, phases.firms, statistic, confidence)

    total = statistic == "total"
    own_value = float(phases.weight @ phases.own) / phases.firms
    known = phases.weight * (own_value if total else 0.0) / phases.firms
    own_influence = phases.weight * (phases.own - own_value) / phases.firms + known
    own_variance = row_variance(sample, residuals(sample.calibrated, own_influence))
    alone = float(phases.both @ phases.expert) / float(phases.both.sum())
    even = np.full(len(own), phases.firms / float(phases.both.sum()))
    alone_variance = _variance(phases, alone, phases.expert - alone, even, total=total)
    variance = _variance(phases, fit.value, fit.residual, fit.g, total=total)
    df = min(df_first, df_second)
    return Corrected(
        corrected=said(fit.value, variance, df, phases.n_assessed),
        own=said(own_value, own_variance, df_first, int(phases.held.sum())),
        assessed=said(
            alone,
            alone_variance,
            min(df_first, phases.n_assessed - len(phases.answered)),
            phases.n_assessed,
        ),
        slope=fit.slope,
        correlation=_correlation(phases),
        gain=alone_variance / variance if variance > 0 else None,
    )


@dataclass(frozen=True, slots=True)
class _Phases:
    """Both phases; rows without a self score have weight 0."""

    sample: Sample
    held: BoolArray
    own: FloatArray
    expert: FloatArray
    chosen: BoolArray
    weight: FloatArray
    group: IntArray
    labels: tuple[str | None, ...]
    answered: FloatArray
    assessed: FloatArray

    @classmethod
    def of(
        cls, sample: Sample, own: FloatArray, expert: FloatArray, strata: Sequence[str] | None
    ) -> _Phases:
        held = ~np.isnan(own) & (sample.weight > 0)
        chosen = held & ~np.isnan(expert)
        labels: tuple[str | None, ...] = (None,)
        group = np.zeros(len(own), dtype=np.int64)
        if strata is not None and held.any():
            named = np.asarray(strata, dtype=np.str_)
            labels = tuple(np.unique(named[held]).tolist())
            group = np.minimum(np.searchsorted(np.asarray(labels), named), len(labels) - 1)
        size = len(labels)
        return cls(
            sample=sample,
            held=held,
            own=np.where(held, own, 0.0),
            expert=np.where(chosen, expert, 0.0),
            chosen=chosen,
            weight=np.where(held, sample.weight, 0.0),
            group=group,
            labels=labels,
            answered=np.bincount(group[held], minlength=size).astype(np.float64),
            assessed=np.bincount(group[chosen], minlength=size).astype(np.float64),
        )

    @property
    def n_assessed(self) -> int:
        return int(self.assessed.sum())

    @property
    def firms(self) -> float:
        """Weighted number of firms with a self score."""
        return float(self.weight.sum())

    @property
    def raised(self) -> FloatArray:
        """Answered over assessed firms of each row's group; 0 where not assessed."""
        ratio = self.answered / np.maximum(self.assessed, 1)
        return np.where(self.chosen, ratio[self.group], 0.0)

    @property
    def both(self) -> FloatArray:
        """Weights of both phases."""
        return self.weight * self.raised

    @property
    def varies(self) -> bool:
        """Whether the self score tells the assessed firms apart."""
        x = self.own[self.chosen]
        return bool(x.size and np.ptp(x) > CONSTANT * np.abs(x).max())


def _check(phases: _Phases, df: int) -> None:
    for label, answered, assessed in zip(
        phases.labels, phases.answered, phases.assessed, strict=True
    ):
        least = min(2, int(answered))
        if assessed < least:
            raise FewAssessedError(
                stratum=label or ALL, assessed=int(assessed), answered=int(answered), least=least
            )
    if df < 1:
        raise FewAssessedError(
            stratum=ALL,
            assessed=phases.n_assessed,
            answered=int(phases.held.sum()),
            least=len(phases.labels) + 2,
        )


def _first_df(sample: Sample, held: BoolArray) -> int:
    """Units less strata of the first stage, among firms with a self score."""
    first, leaf = sample.stages[0], sample.leaf[held]
    strata = len(np.unique(first.stratum[leaf]))
    return (int(held.sum()) if first.unit is None else len(np.unique(first.unit[leaf]))) - strata


@dataclass(frozen=True, slots=True)
class _Fit:
    value: float
    slope: float
    residual: FloatArray
    g: FloatArray


def _fit(phases: _Phases) -> _Fit:
    """Regression of the assessed, weighted by both phases, and what it makes of the city."""
    columns = [np.ones(len(phases.own))]
    if phases.varies:
        columns.append(phases.own)
    x = np.column_stack(columns) * phases.held[:, None]
    cross = (x * phases.both[:, None]).T @ x
    slopes = np.linalg.solve(cross, (x * phases.both[:, None]).T @ phases.expert)
    missing = phases.weight @ x - phases.both @ x
    g = 1 + x @ np.linalg.solve(cross, missing)
    residual = np.where(phases.chosen, phases.expert - x @ slopes, 0.0)
    value = float(phases.weight @ x @ slopes + phases.both @ residual) / phases.firms
    return _Fit(value, float(slopes[1]) if phases.varies else 0.0, residual, g)


def _variance(
    phases: _Phases, value: float, residual: FloatArray, g: FloatArray, *, total: bool
) -> float:
    """Variance of both phases, of a mean; of a total over the number of firms."""
    scaled = g * phases.weight / phases.firms
    sampled = np.where(phases.chosen, scaled * (phases.expert - value), 0.0)
    known = phases.weight * value / phases.firms if total else np.zeros(len(sampled))
    first = _first_phase(phases, known, sampled)
    second = _second_phase(phases, np.where(phases.chosen, scaled * residual, 0.0))
    return max(first, 0.0) + second


def _first_phase(phases: _Phases, known: FloatArray, sampled: FloatArray) -> float:
    """Variance of a sum whose influences are partly known of all, partly of the assessed alone."""
    sample = phases.sample
    expanded = residuals(sample.calibrated, sampled * phases.raised)
    foretold = sampled * phases.raised - expanded  # by calibration, of every firm
    variance = _estimated_square(phases, np.where(phases.chosen, sampled - foretold, 0.0))
    if known.any():
        known = residuals(sample.calibrated, known)
        mixed = row_variance(sample, known + expanded) - row_variance(sample, known - expanded)
        variance += row_variance(sample, known) + mixed / 2
    return variance


def _estimated_square(phases: _Phases, z: FloatArray) -> float:
    """The design's variance of a sum of which only the assessed firms are known."""
    sample, variance = phases.sample, 0.0
    for stage, (weight, lone) in zip(sample.stages, stage_weights(sample), strict=True):
        stratum = stage.stratum[sample.leaf]
        squares = _squares(phases, z, stratum, len(stage.drawn))
        if stage.unit is None:
            units = np.bincount(stratum, phases.raised * z**2, len(stage.drawn))
        else:
            assert stage.stratum_of_unit is not None
            size = len(stage.stratum_of_unit)
            each = _squares(phases, z, stage.unit[sample.leaf], size)
            units = np.bincount(stage.stratum_of_unit, each, len(stage.drawn))
        variance += float(weight @ (units - squares / stage.drawn) + lone @ squares)
    return variance


def _squares(phases: _Phases, z: FloatArray, code: IntArray, size: int) -> FloatArray:
    """Estimated squares of the sums of all first-phase influences that share a code."""
    n, m = phases.answered, phases.assessed
    one = n / m
    two = np.divide(n * (n - 1), m * (m - 1), out=np.ones_like(n), where=m > 1)
    at = phases.group[:, None] == np.arange(len(n))
    total = sum_by(code, np.where(at, z[:, None], 0.0), size)
    square = sum_by(code, np.where(at, z[:, None] ** 2, 0.0), size)
    within = (two - one**2) * total**2 + (one - two) * square
    return np.asarray((total @ one) ** 2 + within.sum(axis=1))


def _second_phase(phases: _Phases, z: FloatArray) -> float:
    """Variance of a simple random draw of the assessed inside each group."""
    n, m, variance = phases.answered, phases.assessed, 0.0
    for at in np.flatnonzero(m < n):
        spread = float(np.var(z[phases.chosen & (phases.group == at)], ddof=1))
        variance += n[at] ** 2 * (1 - m[at] / n[at]) / m[at] * spread
    return variance


def _correlation(phases: _Phases) -> float | None:
    share = phases.both / phases.both.sum()

    def centred(values: FloatArray) -> FloatArray:
        return np.asarray(values - share @ values)

    x, y = centred(phases.own), centred(phases.expert)
    spread = float(np.sqrt((share @ x**2) * (share @ y**2)))
    size = float(np.sqrt((share @ phases.own**2) * (share @ phases.expert**2)))
    return float(share @ (x * y)) / spread if spread > CONSTANT * size else None


def _estimate(
    value: float,
    variance: float,
    df: int,
    n: int,
    firms: float,
    statistic: Statistic,
    confidence: float,
) -> PhaseEstimate:
    scale = firms if statistic == "total" else 1.0
    if statistic == "proportion":
        value = min(max(value, 0.0), 1.0)
    point, se, degrees, size = (
        np.array([number], dtype=np.float64)
        for number in (value * scale, np.sqrt(max(variance, 0.0)) * scale, df, n)
    )
    if statistic == "proportion":
        ends = proportion_interval("logit", point, se, degrees, size, confidence)
    else:
        ends = t_interval(point, se, degrees, confidence)
    return PhaseEstimate(
        float(point[0]), float(se[0]), float(ends.low[0]), float(ends.high[0]), df, n
    )
