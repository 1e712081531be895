"""How unevenly support falls: the Lorenz curve and the coefficient of Gini.

Decides the measures alone. Who is compared is the caller's.
"""

from __future__ import annotations

import numpy as np

from taji.base.arrays import FloatArray

__all__ = ["gini", "lorenz"]


def lorenz(amount: FloatArray, points: int = 100) -> tuple[FloatArray, FloatArray]:
    """The share of all support that the least supported firms get together [1]_.

    Parameters
    ----------
    amount : FloatArray, shape (n,)
        Support of each firm, not negative.
    points : int
        How many steps the curve has at most.

    Returns
    -------
    tuple of (FloatArray, FloatArray)
        Share of the firms, share of the support. [fraction]

    References
    ----------
    .. [1] M. O. Lorenz, "Methods of Measuring the Concentration of Wealth", *Publications of the
       American Statistical Association* 9, 1905, 209-219. doi:10.2307/2276207

    Examples
    --------
    >>> firms, support = lorenz(np.array([0.0, 1.0, 3.0]))
    >>> support.tolist()
    [0.0, 0.0, 0.25, 1.0]
    """
    total = np.concatenate([[0.0], np.cumsum(np.sort(amount))])
    firms = np.linspace(0.0, 1.0, len(total))
    share = total / total[-1] if total[-1] > 0 else firms.copy()
    if len(total) > points + 1:
        at = np.unique(np.linspace(0, len(total) - 1, points + 1).round().astype(np.int64))
        firms, share = firms[at], share[at]
    return firms, share


def gini(amount: FloatArray) -> float:
    r"""The coefficient of Gini: 0 where all get the same, near 1 where one gets all.

    Notes
    -----
    .. math:: G = \frac{2 \sum_i i\, x_{(i)}}{n \sum_i x_i} - \frac{n + 1}{n}

    with :math:`x_{(i)}` ascending; 0 where nobody gets anything.

    Examples
    --------
    >>> gini(np.array([5.0, 5.0])), gini(np.array([0.0, 0.0, 0.0, 8.0]))
    (0.0, 0.75)
    """
    n, total = len(amount), float(amount.sum())
    if n == 0 or total == 0:
        return 0.0
    rank = np.arange(1, n + 1)
    return float(2 * (rank @ np.sort(amount)) / (n * total) - (n + 1) / n)
