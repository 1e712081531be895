"""Put an interval around an estimate.

Decides how a standard error and degrees of freedom become two ends. Means, totals and
ratios get the t interval; proportions one of four, which share a signature so that a
bureau can name one. An interval for a proportion never leaves [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import special, stats

from taji.base.arrays import FloatArray

__all__ = [
    "INTERVALS",
    "Interval",
    "IntervalName",
    "arcsine_interval",
    "beta_interval",
    "linear_interval",
    "logit_interval",
    "proportion_interval",
    "t_interval",
]

IntervalName = Literal["logit", "beta", "arcsine", "linear"]
INTERVALS: tuple[IntervalName, ...] = get_args(IntervalName)


#: A proportion this near to 0 or 1 is 0 or 1: no survey has that many firms. [fraction]
EDGE = 1e-12


@dataclass(frozen=True, slots=True)
class Interval:
    """Ends of intervals; NaN where there are no degrees of freedom.

    Attributes
    ----------
    low, high : FloatArray, shape (n,)
        In the unit of the estimates.
    """

    low: FloatArray
    high: FloatArray


def t_interval(estimate: FloatArray, se: FloatArray, df: FloatArray, confidence: float) -> Interval:
    """Estimate plus and minus the t quantile times the standard error.

    Parameters
    ----------
    estimate, se, df : FloatArray, shape (n,)
        Estimates, standard errors and design degrees of freedom.
    confidence : float
        [fraction]

    Examples
    --------
    >>> out = t_interval(np.array([10.0]), np.array([1.0]), np.array([4.0]), 0.95)
    >>> out.low.round(3).tolist(), out.high.round(3).tolist()
    ([7.224], [12.776])
    """
    half = _quantile(df, confidence) * se
    return Interval(estimate - half, estimate + half)


def logit_interval(
    p: FloatArray, se: FloatArray, df: FloatArray, n: FloatArray, confidence: float
) -> Interval:
    r"""t interval on the log-odds, taken back.

    Notes
    -----
    :math:`\mathrm{expit}(\mathrm{logit}\,p \pm t_{df}\, s / (p(1-p)))`: the same as R's
    ``svyciprop`` with ``logit`` and ``xlogit``. At 0 and 1, where log-odds do not exist,
    the end comes from ``beta_interval``.

    Examples
    --------
    >>> p, se, df, n = (np.array([x]) for x in (0.06, 0.0165609704625754, 199.0, 200.0))
    >>> out = logit_interval(p, se, df, n, 0.95)
    >>> out.low.round(6).tolist(), out.high.round(6).tolist()
    ([0.034537], [0.102247])
    """
    inner = (p > 0) & (p < 1)
    safe = np.where(inner, p, 0.5)
    half = _quantile(df, confidence) * se / (safe * (1 - safe))
    centre = special.logit(safe)
    ends = Interval(special.expit(centre - half), special.expit(centre + half))
    return _or_beta(inner, ends, p, se, df, n, confidence)


def arcsine_interval(
    p: FloatArray, se: FloatArray, df: FloatArray, n: FloatArray, confidence: float
) -> Interval:
    r"""t interval on :math:`\arcsin\sqrt p`, taken back; ``beta_interval`` at 0 and 1."""
    inner = (p > 0) & (p < 1)
    safe = np.where(inner, p, 0.5)
    half = _quantile(df, confidence) * se / (2 * np.sqrt(safe * (1 - safe)))
    centre = np.arcsin(np.sqrt(safe))
    ends = Interval(
        np.sin(np.clip(centre - half, 0, np.pi / 2)) ** 2,
        np.sin(np.clip(centre + half, 0, np.pi / 2)) ** 2,
    )
    return _or_beta(inner, ends, p, se, df, n, confidence)


def linear_interval(
    p: FloatArray, se: FloatArray, df: FloatArray, n: FloatArray, confidence: float
) -> Interval:
    """t interval cut at 0 and 1; ``beta_interval`` at 0 and 1."""
    ends = t_interval(p, se, df, confidence)
    cut = Interval(np.clip(ends.low, 0, 1), np.clip(ends.high, 0, 1))
    return _or_beta((p > 0) & (p < 1), cut, p, se, df, n, confidence)


def beta_interval(
    p: FloatArray, se: FloatArray, df: FloatArray, n: FloatArray, confidence: float
) -> Interval:
    r"""Korn and Graubard's interval: Clopper-Pearson with an effective sample size.

    Parameters
    ----------
    p, se, df, n : FloatArray, shape (n_estimate,)
        Proportion, its standard error, design degrees of freedom and answers used.
    confidence : float
        [fraction]

    Notes
    -----
    The effective size is :math:`n^* = \frac{p(1-p)}{s^2} (t_{n-1}/t_{df})^2`, not cut at
    *n*, as R's ``svyciprop`` has it [1]_. At *p* = 0 or 1 the sample says nothing about
    *s*: :math:`n^* = n (t_{n-1}/t_{df})^2`. A standard error of 0 with 0 < *p* < 1 (all
    firms answered, or the margin was calibrated) gives a point. One answer gives no
    :math:`t_{n-1}`, and then no degrees of freedom either: no interval.

    References
    ----------
    .. [1] E. L. Korn and B. I. Graubard, "Confidence intervals for proportions with small
       expected number of positive counts estimated from survey data", *Survey Methodology*
       24 (1998) 193-201.

    Examples
    --------
    None of 20 firms has a plan; up to 17 % of the city's firms may have one.

    >>> out = beta_interval(*(np.array([x]) for x in (0.0, 0.0, 19.0, 20.0)), 0.95)
    >>> out.low.tolist(), out.high.round(3).tolist()
    ([0.0], [0.168])
    """
    inner = (p > 0) & (p < 1)
    sure = inner & (se == 0)
    information = np.divide(p * (1 - p), se**2, out=n.astype(np.float64), where=inner & ~sure)
    ratio = _quantile(np.maximum(n - 1, 0), confidence) / _quantile(df, confidence)
    size = information * ratio**2
    yes = size * p
    tail = (1 - confidence) / 2
    low = np.where(p > 0, stats.beta.ppf(tail, np.where(p > 0, yes, 1), size - yes + 1), 0.0)
    no = size - yes
    high = np.where(p < 1, stats.beta.ppf(1 - tail, yes + 1, np.where(p < 1, no, 1)), 1.0)
    undefined = np.isnan(size)
    return Interval(
        np.where(undefined, np.nan, np.where(sure, p, low)),
        np.where(undefined, np.nan, np.where(sure, p, high)),
    )


def proportion_interval(
    name: IntervalName,
    p: FloatArray,
    se: FloatArray,
    df: FloatArray,
    n: FloatArray,
    confidence: float,
) -> Interval:
    """The interval called ``name``: see the function of each."""
    p = np.where(p < EDGE, 0.0, np.where(p > 1 - EDGE, 1.0, p))
    return _BY_NAME[name](p, se, df, n, confidence)


_BY_NAME: dict[IntervalName, Callable[..., Interval]] = {
    "logit": logit_interval,
    "beta": beta_interval,
    "arcsine": arcsine_interval,
    "linear": linear_interval,
}


def _quantile(df: FloatArray, confidence: float) -> FloatArray:
    """Two-sided t quantile; NaN without degrees of freedom."""
    quantile = stats.t.ppf((1 + confidence) / 2, np.where(df > 0, df, np.nan))
    return np.asarray(quantile, dtype=np.float64)


def _or_beta(
    inner: np.typing.NDArray[np.bool_],
    ends: Interval,
    p: FloatArray,
    se: FloatArray,
    df: FloatArray,
    n: FloatArray,
    confidence: float,
) -> Interval:
    edge = beta_interval(p, se, df, n, confidence)
    return Interval(np.where(inner, ends.low, edge.low), np.where(inner, ends.high, edge.high))
