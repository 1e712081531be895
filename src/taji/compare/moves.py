"""Keep the standard error of a change from telling which few firms moved.

The correlation of two shares follows from how many of the firms in both rounds ticked twice, once or
never. Decides how much of it is given up where a move was made by very few. Does not know how the
correlation was estimated (``taji.compare.overlap``).
"""

from __future__ import annotations

import numpy as np

from taji.base.arrays import FloatArray

__all__ = ["FEWEST", "correlation_withheld"]

#: A count below this is not to be learned; the same as of the estimates. [firms]
FEWEST = 3


def correlation_withheld(before: FloatArray, after: FloatArray, *, fewest: int = FEWEST) -> float:
    r"""How much the correlation of the firms' answers in two rounds is lowered.

    Parameters
    ----------
    before, after : FloatArray, shape (n_firm,)
        1 or 0: answers of the firms that are in both rounds.
    fewest : int
        Counts below this are coded. [firms]

    Returns
    -------
    float
        :math:`\phi - \phi'`, never negative.

    Notes
    -----
    Of *n* firms :math:`m_1` ticked before, :math:`m_2` after and *k* both times; the published
    shares tell the first two, and :math:`\phi = (n k - m_1 m_2) / \sqrt{m_1 (n - m_1) m_2 (n - m_2)}`
    then tells *k*, and so how many took the tick up or gave it up. Where fewer than ``fewest``
    moved the one way or the other, :math:`\phi'` is computed with the *k* at which
    ``fewest`` did; where fewer than that stayed on the one side or the other, with the lowest
    *k* that there is. Either depends on the shares alone: of a small count it says only that it
    is small.

    Examples
    --------
    Nobody moved; that at most three did either way is all that the interval may say.

    >>> ticks = np.array([1.0] * 10 + [0.0] * 30)
    >>> round(correlation_withheld(ticks, ticks), 3)
    0.4
    """
    n, one, two = len(before), int(before.sum()), int(after.sum())
    kept = int(before @ after)
    lowest = max(0, one + two - n)
    highest = max(min(one, two) - fewest, lowest)
    coded = lowest if kept < lowest + fewest else min(kept, highest)
    margins = one * (n - one) * two * (n - two)
    return float(n * (kept - coded) / np.sqrt(margins)) if margins else 0.0
