"""Estimate one statistic of one measure, in all groups of a breakdown, with its error.

Turns moments of cells into estimates, linearised standard errors, degrees of freedom and
design effects. Decides the estimators and, for calibrated weights, their residuals. The
formulas are those of ``taji.survey.tabulate.tabulate``; how strata and stages enter is
``taji.survey.variance``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.survey.calibrate import Calibrated
from taji.survey.design import Sample
from taji.survey.sums import binned
from taji.survey.tabulate_cells import Tally
from taji.survey.tabulate_moments import Moments
from taji.survey.variance import design_variance, spread_in_leaves

__all__ = ["Breakdown", "Found", "estimated"]

#: A cell for each domain of a calibrated sample is held in blocks of this many numbers.
BLOCK = 4_000_000
#: A design effect below this is rounding: a calibrated margin has no variance. [ratio]
ROUNDING = 1e-24


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Cells and the groups they fall in.

    Attributes
    ----------
    by : str or None
        Column of the breakdown; None for the city.
    groups : tuple
        Names of the groups; one None for the city.
    leaf, auxiliary, group : IntArray, shape (n_cell,)
        Leaf of the design, calibration values and group of each cell; group -1 is none.
    """

    by: str | None
    groups: tuple[str | None, ...]
    leaf: IntArray
    auxiliary: IntArray
    group: IntArray


@dataclass(frozen=True, slots=True)
class Found:
    """Estimates of all groups of a breakdown; NaN where nobody answered.

    Attributes
    ----------
    estimate, se : FloatArray, shape (n_group,)
        In the unit of the measure.
    df, n, base : FloatArray, shape (n_group,)
        Degrees of freedom, answers used, firms asked.
    deff : FloatArray, shape (n_group,)
        Design effect. [ratio]
    """

    estimate: FloatArray
    se: FloatArray
    df: FloatArray
    n: FloatArray
    base: FloatArray
    deff: FloatArray


def estimated(sample: Sample, breakdown: Breakdown, held: Tally, statistic: str) -> Found:
    """Estimate one statistic in every group.

    Parameters
    ----------
    sample : Sample
        The bound design.
    breakdown : Breakdown
        Where the cells of ``held`` belong.
    held : Tally
        Moments of the measure in all cells of the sample.
    statistic : {"proportion", "mean", "total", "ratio"}
        What is estimated.

    Returns
    -------
    Found
    """
    moments, size = held.moments, len(breakdown.groups)
    inside = breakdown.group >= 0
    group = breakdown.group[inside]
    whole = _summed(moments, inside, group, size)
    x, e = whole.total[:, 0], whole.total[:, 1]
    answered = (whole.n > 0) & (x != 0)
    offset = np.divide(e, x, out=np.full(size, np.nan), where=answered)
    mean, offset, rest = held.centre + offset, np.nan_to_num(offset), np.zeros(size)
    if statistic == "total":
        # The silent weigh this much of the answers; without them the sum is left as it is.
        more = np.divide(whole.silent, x, out=np.zeros(size), where=answered)
        estimate = np.where(answered, e + held.centre * x + whole.silent * mean, np.nan)
        lead = np.column_stack((held.centre - more * offset, 1 + more))
        rest = np.nan_to_num(mean)
    else:
        estimate = mean
        scale = np.divide(1.0, x, out=np.zeros(size), where=answered)
        lead = np.column_stack((-offset * scale, scale))
    variance = _variance(sample, breakdown, moments, lead, rest)
    reference = _reference(whole, offset, statistic)
    usable = answered & (reference > 0)
    variance = np.where(usable & (variance < ROUNDING * reference), 0.0, variance)
    return Found(
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
    silent: FloatArray


def _summed(moments: Moments, inside: BoolArray, group: IntArray, size: int) -> _Summed:
    def add(values: FloatArray) -> FloatArray:
        return binned(group, values[inside], size)

    def columns(values: FloatArray) -> FloatArray:
        return np.column_stack([add(values[:, at]) for at in range(values.shape[1])])

    return _Summed(
        n=add(moments.n),
        asked=add(moments.asked),
        total=columns(moments.total),
        square=columns(moments.square),
        silent=np.zeros(size) if moments.silent is None else add(moments.silent[:, 1]),
    )


def _reference(whole: _Summed, offset: FloatArray, statistic: str) -> FloatArray:
    """Variance of the same statistic from a simple random sample without replacement."""
    x = whole.total[:, 0]
    mass = whole.total[:, -1] if statistic == "ratio" else x
    xx, xe, ee = whole.square.T
    residual = ee - 2 * offset * xe + offset**2 * xx
    n = whole.n
    meant = mass + whole.silent if statistic == "total" else mass
    factor = n / np.maximum(n - 1, 1) * (meant - n) / np.maximum(n, 1)
    # residual/mass is the variance of one firm; a mean divides (mass - n)/n by mass, a
    # total multiplies it by the mass of all that it is for.
    squared = factor * residual / np.where(mass > 0, mass, 1.0)
    if statistic == "total":
        return np.asarray(squared * meant)
    if statistic == "ratio":
        return np.asarray(squared * mass / np.where(x != 0, x, 1.0) ** 2)
    return np.asarray(squared / np.where(mass > 0, mass, 1.0))


def _variance(
    sample: Sample,
    breakdown: Breakdown,
    moments: Moments,
    lead: FloatArray,
    rest: FloatArray,
) -> FloatArray:
    """Variance of the influences, for all groups.

    They are ``lead`` times basis for rows that answered, ``rest`` times weight for the silent.
    """
    if sample.calibrated is None:
        inside = breakdown.group >= 0
        group = breakdown.group[inside]
        part = _influences(moments, inside, lead[group])
        leaf = breakdown.leaf[inside]
        if moments.silent is not None and rest.any():
            part = _side_by_side(part, _scaled(moments.silent[inside].T, rest[group]))
            leaf, group = np.tile(leaf, 2), np.tile(group, 2)
        return _of_parts(sample, leaf, group, part, len(lead))
    block = max(1, BLOCK // max(1, len(breakdown.leaf)))
    pieces = [
        _calibrated_variance(sample, breakdown, moments, lead, rest, range(start, stop))
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


def _side_by_side(*parts: _Part) -> _Part:
    return _Part(
        np.concatenate([part.n for part in parts]),
        np.concatenate([part.total for part in parts]),
        np.concatenate([part.spread for part in parts]),
    )


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
    sample: Sample,
    breakdown: Breakdown,
    moments: Moments,
    lead: FloatArray,
    rest: FloatArray,
    groups: range,
) -> FloatArray:
    """Variance of the residuals of the influences on the calibration variables.

    A residual is an influence less what the regression foretells; firms outside the
    domain have influence 0, but are foretold something all the same.
    """
    calibrated = sample.calibrated
    assert calibrated is not None
    n_group, lead = len(groups), lead[groups.start : groups.stop]
    rest = rest[groups.start : groups.stop]
    own = (breakdown.group >= groups.start) & (breakdown.group < groups.stop)
    group, auxiliary = breakdown.group[own] - groups.start, breakdown.auxiliary
    plain = _influences(moments, own, lead[group])
    blank = moments.blank.T
    silent = np.zeros_like(blank) if moments.silent is None else moments.silent.T
    waiting = _scaled(silent[:, own], rest[group])
    total = plain.total + waiting.total
    fit = _foretold(calibrated, auxiliary[own], group, total, n_group)

    one = 0 if moments.total.shape[1] == lead.shape[1] else lead.shape[1]
    full = np.zeros((len(group), moments.total.shape[1]))
    full[:, : lead.shape[1]] = lead[group]
    full[:, one] -= fit[auxiliary[own], group]
    everyone = _joined(
        np.stack((moments.n, moments.total[:, one], moments.spread[:, one, one])),
        _joined(blank, silent),
    )
    others = breakdown.group[:, None] != np.arange(groups.start, groups.stop)
    cell, other_group = np.nonzero(others)
    foretold = fit[auxiliary[own], group]
    parts = (
        _influences(moments, own, full),
        _scaled(silent[:, own], rest[group] - foretold),
        _scaled(blank[:, own], -foretold),
        _scaled(everyone[:, cell], -fit[auxiliary[cell], other_group]),
    )
    leaf = breakdown.leaf
    return _of_parts(
        sample,
        np.concatenate((leaf[own], leaf[own], leaf[own], leaf[cell])),
        np.concatenate((group, group, group, other_group)),
        _side_by_side(*parts),
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


def _joined(first: FloatArray, second: FloatArray) -> FloatArray:
    """Rows, weight and centred sum of squares of weight of two groups of rows."""
    (n, w, v), (m, u, s) = first, second
    both = np.maximum(n + m, 1)
    away = w / np.maximum(n, 1) - u / np.maximum(m, 1)
    return np.stack((n + m, w + u, v + s + n * m / both * away**2))


def _scaled(weights: FloatArray, by: FloatArray) -> _Part:
    """Influences that are one number times the weight, for each part."""
    n, total, spread = weights
    return _Part(n=n, total=by * total, spread=by**2 * spread)


def _degrees_of_freedom(sample: Sample, breakdown: Breakdown, moments: Moments) -> FloatArray:
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
