"""Turn influences into the variance of a linearised estimate.

Every estimate here is, to first order, a weighted sum of influences of the rows; its
variance is that of a sum under the design. Decides how strata, stages and finite
populations enter. Does not know what was estimated (``taji.survey.tabulate``).

All functions work on several domains at once: a column for each.
"""

from __future__ import annotations

import numpy as np

from taji.base.arrays import FloatArray, IntArray
from taji.survey.design import Sample, Stage
from taji.survey.sums import binned, sum_by

__all__ = ["design_variance", "row_variance", "spread_in_leaves", "stage_weights"]


def spread_in_leaves(
    leaf: IntArray,
    domain: IntArray,
    n: FloatArray,
    total: FloatArray,
    spread: FloatArray,
    *,
    drawn: FloatArray,
    n_domain: int,
) -> FloatArray:
    r"""Sum of squared deviations of the rows' influences inside each leaf.

    Parameters
    ----------
    leaf, domain : IntArray, shape (n_part,)
        Where a part (a group of rows) belongs.
    n, total, spread : FloatArray, shape (n_part,)
        Rows, sum of influences and centred sum of squares of each part.
    drawn : FloatArray, shape (n_leaf,)
        Rows of the leaf in the sample; those in no part have influence 0.
    n_domain : int
        Number of domains.

    Returns
    -------
    FloatArray, shape (n_leaf, n_domain)

    Notes
    -----
    Parts are joined by the rule of Chan, Golub and LeVeque [1]_, so that nothing large
    is subtracted from something large.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample
       variance", *Am. Stat.* 37 (1983) 242-247. doi:10.1080/00031305.1983.10483115
    """
    shape = (len(drawn), n_domain)
    at = leaf * n_domain + domain
    size = shape[0] * n_domain
    mean = binned(at, total, size).reshape(shape) / drawn[:, None]
    outside = drawn[:, None] - binned(at, n, size).reshape(shape)
    own = np.divide(total, n, out=np.zeros_like(total), where=n > 0)
    between = n * (own - mean.reshape(-1)[at]) ** 2
    inside = binned(at, spread + between, size).reshape(shape)
    return np.asarray(inside + outside * mean**2)


def design_variance(
    sample: Sample, total: FloatArray, spread: FloatArray | None = None
) -> FloatArray:
    r"""Variance of a sum of influences under the design.

    Parameters
    ----------
    sample : Sample
        The design, bound to its rows.
    total : FloatArray, shape (n_leaf, n_domain)
        Sum of weighted influences of each leaf.
    spread : FloatArray, shape (n_leaf, n_domain), optional
        Centred sum of squares inside each leaf, where rows are the units of the last stage.

    Returns
    -------
    FloatArray, shape (n_domain,)

    Notes
    -----
    With :math:`n_h` units drawn of :math:`N_h` in stratum *h*, :math:`f_h = n_h/N_h` and
    :math:`z_{hi}` the sum of influences of unit *i*,

    .. math:: V = \sum_h (1 - f_h) \frac{n_h}{n_h - 1} \sum_i (z_{hi} - \bar z_h)^2
                  + \sum_{h,i} f_h V_{hi},

    where :math:`V_{hi}` is the same formula inside unit *i* for the next stage [1]_. Without
    a population there is no next stage: units are as if drawn with replacement.

    References
    ----------
    .. [1] C.-E. Särndal, B. Swensson and J. Wretman, *Model Assisted Survey Sampling*. New
       York: Springer, 1992, result 4.3.1.
    """
    weights = stage_weights(sample)
    variance = np.zeros(total.shape[1])
    for stage, (spread_weight, lone) in zip(
        reversed(sample.stages), reversed(weights), strict=True
    ):
        if stage.stratum_of_unit is not None:
            total, spread = _gather(stage, total)
        assert spread is not None
        variance += spread_weight @ spread + lone @ total**2
    return variance


def row_variance(sample: Sample, influence: FloatArray) -> float:
    """Variance of a sum of influences that are known row by row.

    Parameters
    ----------
    sample : Sample
        The design, bound to its rows.
    influence : FloatArray, shape (n_row,)
        Weighted influence of each row; 0 outside the domain.

    Returns
    -------
    float

    Examples
    --------
    >>> import polars as pl
    >>> from taji.survey.design import Design
    >>> frame = pl.DataFrame({"firms": [40] * 4})
    >>> sample = Design.from_mapping({"population": "firms"}).bind(frame)
    >>> round(row_variance(sample, np.array([-0.5, 0.0, 0.5, 0.0])), 3)
    0.6
    """
    last = sample.stages[-1]
    size = len(last.stratum)
    total = binned(sample.leaf, influence, size)
    if last.unit is not None:
        return float(design_variance(sample, total[:, None])[0])
    deviation = influence - (total / last.drawn)[sample.leaf]
    spread = binned(sample.leaf, deviation**2, size)
    return float(design_variance(sample, total[:, None], spread[:, None])[0])


def stage_weights(sample: Sample) -> list[tuple[FloatArray, FloatArray]]:
    """What each stratum of each stage multiplies, first stage first.

    Returns
    -------
    list of (FloatArray, FloatArray), each of shape (n_stratum,)
        The factor of the squared deviations of the stratum's units, and that of its squared total,
        which is 0 unless a lone unit is to be measured from zero.
    """
    weights = []
    for stage, reach in zip(sample.stages, _reaches(sample.stages), strict=True):
        lone = np.zeros(len(stage.drawn))
        if sample.lone_unit == "adjust":
            lone = (stage.drawn == 1) * reach * (1 - stage.fraction)
        weights.append((reach * _scales(stage), lone))
    return weights


def _reaches(stages: tuple[Stage, ...]) -> list[FloatArray]:
    """Product of the sampling fractions above each stratum, stage by stage."""
    reaches = [np.ones(len(stages[0].drawn))]
    for above in stages[:-1]:
        assert above.stratum_of_unit is not None
        reaches.append((reaches[-1] * above.fraction)[above.stratum_of_unit])
    return reaches


def _scales(stage: Stage) -> FloatArray:
    more = stage.drawn > 1
    ratio = np.divide(stage.drawn, stage.drawn - 1, out=np.zeros_like(stage.drawn), where=more)
    return np.asarray((1 - stage.fraction) * ratio)


def _gather(stage: Stage, units: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Totals of the strata, and squared deviations of their units."""
    assert stage.stratum_of_unit is not None
    size = len(stage.drawn)
    total = sum_by(stage.stratum_of_unit, units, size)
    deviation = units - (total / stage.drawn[:, None])[stage.stratum_of_unit]
    return total, sum_by(stage.stratum_of_unit, deviation**2, size)
