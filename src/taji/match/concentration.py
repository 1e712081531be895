"""How unevenly work falls on providers.

Decides one number and the largest share. Does not limit anything: caps are part of the capacities
(``taji.desk.matching_needs``).
"""

from __future__ import annotations

import numpy as np

from taji.base.arrays import FloatArray

__all__ = ["gini", "largest_share"]


def gini(load: FloatArray) -> float:
    r"""Return the Gini coefficient of loads: 0 all even, towards 1 all with one. [0-1]

    Notes
    -----
    .. math:: G = \frac{\sum_k (2k - n - 1)\, l_{(k)}}{n \sum_k l_{(k)}}

    with loads in rising order; 0 where nobody has any.

    Examples
    --------
    >>> gini(np.array([1.0, 1.0])), gini(np.array([0.0, 0.0, 0.0, 4.0]))
    (0.0, 0.75)
    """
    total, n = float(load.sum()), len(load)
    if total <= 0:
        return 0.0
    places = 2 * np.arange(1, n + 1) - n - 1
    return float(places @ np.sort(load)) / (n * total)


def largest_share(load: FloatArray) -> float:
    """Return the share of the provider with most; 0 where nobody has any. [fraction]"""
    total = float(load.sum())
    return float(load.max()) / total if total > 0 else 0.0
