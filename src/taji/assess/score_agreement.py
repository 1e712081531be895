"""Measure how far two scores of the same firms agree.

Turns the scores of two tracks into the intraclass correlation for absolute agreement, and into
the mean difference with its limits. Single answers are compared in ``taji.assess.agreement``.
Does not decide who is right.

A measure that the data cannot give (fewer than two firms with both scores) is None, never NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from taji.base.arrays import FloatArray

__all__ = ["Differences", "Measured", "icc_agreement", "icc_of", "score_differences"]

#: Mean squares below this share of the squared scores are rounding. [ratio]
ROUNDING = 1e-24


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure of agreement; None where the data do not give it.

    Attributes
    ----------
    value, low, high : float or None
        1 is full agreement, 0 what chance gives.
    n : int
        Units that were assessed at least twice.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Differences:
    """How far scores of one track lie above those of another, by Bland and Altman.

    Attributes
    ----------
    mean, mean_low, mean_high : float or None
        Mean of first less second, with its interval. [unit of the scores]
    sd : float or None
        Standard deviation of the differences. [unit of the scores]
    lower, upper : float or None
        Limits between which 95 % of the differences of single firms lie. [unit of the scores]
    lower_ends, upper_ends : tuple of float, or None
        Interval of each limit. [unit of the scores]
    n : int
        Firms with both scores.
    """

    mean: float | None
    mean_low: float | None
    mean_high: float | None
    sd: float | None
    lower: float | None
    upper: float | None
    lower_ends: tuple[float, float] | None
    upper_ends: tuple[float, float] | None
    n: int


def icc_agreement(first: FloatArray, second: FloatArray, *, confidence: float = 0.95) -> Measured:
    """ICC(A,1) of two raters; see ``icc_of``.

    Parameters
    ----------
    first, second : FloatArray, shape (n_unit,)
        Scores of the same units; NaN is not assessed.
    confidence : float
        [fraction]
    """
    both = ~(np.isnan(first) | np.isnan(second))
    return icc_of(np.column_stack((first[both], second[both])), confidence=confidence)


def icc_of(scores: FloatArray, *, confidence: float = 0.95) -> Measured:
    r"""Intraclass correlation for absolute agreement of single scores, ICC(A,1).

    Parameters
    ----------
    scores : FloatArray, shape (n_unit, n_rater)
        Without gaps.
    confidence : float
        [fraction]

    Notes
    -----
    With mean squares of units (R), raters (C) and error (E), *n* units and *k* raters,

    .. math:: \mathrm{ICC} = \frac{MS_R - MS_E}{MS_R + (k - 1) MS_E + \frac{k}{n} (MS_C - MS_E)},

    and the interval by F quantiles with Satterthwaite's degrees of freedom [1]_.

    References
    ----------
    .. [1] K. O. McGraw and S. P. Wong, "Forming inferences about some intraclass correlation
       coefficients", *Psychological Methods* 1 (1996) 30-46. doi:10.1037/1082-989X.1.1.30

    Examples
    --------
    >>> out = icc_of(np.array([[10.0, 12.0], [20.0, 21.0], [30.0, 33.0], [40.0, 41.0]]))
    >>> round(out.value, 3)
    0.989
    """
    n, k = scores.shape
    if n < 2:
        return Measured(None, None, None, n)
    mean, units, raters = scores.mean(), scores.mean(axis=1), scores.mean(axis=0)
    ms_r = k * float(((units - mean) ** 2).sum()) / (n - 1)
    ms_c = n * float(((raters - mean) ** 2).sum()) / (k - 1)
    rest = scores - units[:, None] - raters[None, :] + mean
    ms_e = float((rest**2).sum()) / ((n - 1) * (k - 1))
    below = ms_r + (k - 1) * ms_e + k / n * (ms_c - ms_e)
    nothing = ROUNDING * float((scores**2).mean())
    if ms_r <= nothing or below <= nothing:  # units that do not differ cannot be told apart
        return Measured(None, None, None, n)
    icc = (ms_r - ms_e) / below
    if ms_e <= nothing and ms_c <= nothing:
        return Measured(1.0, 1.0, 1.0, n)
    a = k * icc / (n * (1 - icc))
    b = 1 + k * icc * (n - 1) / (n * (1 - icc))
    df = (a * ms_c + b * ms_e) ** 2 / (
        (a * ms_c) ** 2 / (k - 1) + (b * ms_e) ** 2 / ((n - 1) * (k - 1))
    )
    tail = (1 + confidence) / 2
    f_low, f_high = stats.f.ppf(tail, n - 1, df), stats.f.ppf(tail, df, n - 1)
    other = k * ms_c + (k * n - k - n) * ms_e
    low = n * (ms_r - f_low * ms_e) / (f_low * other + n * ms_r)
    high = n * (f_high * ms_r - ms_e) / (other + n * f_high * ms_r)
    return Measured(icc, float(low), float(high), n)


def score_differences(
    first: FloatArray, second: FloatArray, *, confidence: float = 0.95
) -> Differences:
    r"""Mean difference and limits of agreement, first less second.

    Parameters
    ----------
    first, second : FloatArray, shape (n_unit,)
        Scores of the same units; NaN is not assessed.
    confidence : float
        Of the intervals; the limits themselves are of 95 %. [fraction]

    Notes
    -----
    Limits are :math:`\bar d \pm 1.96 s`, with standard error
    :math:`s \sqrt{1/n + 1.96^2 / (2 (n - 1))}` [1]_; intervals are of *t*.

    References
    ----------
    .. [1] J. M. Bland and D. G. Altman, "Measuring agreement in method comparison studies",
       *Statistical Methods in Medical Research* 8 (1999) 135-160.
       doi:10.1177/096228029900800204

    Examples
    --------
    >>> out = score_differences(np.array([62.0, 50.0, 71.0]), np.array([55.0, 44.0, 66.0]))
    >>> out.mean, round(out.lower, 2), round(out.upper, 2)
    (6.0, 4.04, 7.96)
    """
    difference = first - second
    difference = difference[~np.isnan(difference)]
    n = len(difference)
    mean = float(difference.mean()) if n else None
    if n < 2 or mean is None:
        return Differences(mean, None, None, None, None, None, None, None, n)
    sd, z = float(difference.std(ddof=1)), float(stats.norm.ppf(0.975))
    t = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    half, of_limit = t * sd / np.sqrt(n), t * sd * np.sqrt(1 / n + z**2 / (2 * (n - 1)))
    lower, upper = mean - z * sd, mean + z * sd
    return Differences(
        mean=mean,
        mean_low=float(mean - half),
        mean_high=float(mean + half),
        sd=sd,
        lower=lower,
        upper=upper,
        lower_ends=(float(lower - of_limit), float(lower + of_limit)),
        upper_ends=(float(upper - of_limit), float(upper + of_limit)),
        n=n,
    )
