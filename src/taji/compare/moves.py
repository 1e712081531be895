"""Keep the standard error of a change from telling which few firms moved.

The covariance of two shares follows from how many of the firms in both rounds ticked twice. Decides how
much of that count is given up where a move was made by very few. Does not know how the covariance
was estimated (``taji.compare.overlap``).
"""

from __future__ import annotations

from taji.base.arrays import FloatArray

__all__ = ["FEWEST", "kept_untold"]

#: A count below this is not to be learned; the same as of the estimates. [firms]
FEWEST = 3


def kept_untold(before: FloatArray, after: FloatArray, *, fewest: int = FEWEST) -> int:
    r"""How many of the firms that ticked in both rounds the covariance must not count.

    Parameters
    ----------
    before, after : FloatArray, shape (n_firm,)
        1 or 0: answers of the firms that are in both rounds.
    fewest : int
        Counts below this are coded. [firms]

    Returns
    -------
    int
        :math:`k - k'`, never negative. [firms]

    Notes
    -----
    Of *n* firms :math:`m_1` ticked before, :math:`m_2` after and *k* both times. Where all firms are
    in both rounds the published shares tell the first two, and the covariance, which goes with
    *k*, then tells how many took the tick up or gave it up. Where fewer than ``fewest`` moved the
    one way or the other, :math:`k'` is the one at which ``fewest`` did; where fewer than that
    stayed on the one side or the other, the lowest that there is. Either depends on
    :math:`m_1, m_2` alone: of a small count it says only that it is small.

    Examples
    --------
    Nobody moved; that at most three did either way is all that the interval may say.

    >>> import numpy as np
    >>> ticks = np.array([1.0] * 10 + [0.0] * 30)
    >>> kept_untold(ticks, ticks)
    3
    """
    n, one, two = len(before), int(before.sum()), int(after.sum())
    kept = int((before * after).sum())
    lowest = max(0, one + two - n)
    if kept < lowest + fewest:
        return kept - lowest
    return kept - min(kept, max(min(one, two) - fewest, lowest))
