"""Of three rows that one load may fill at once, at most one load fills two.

Decides which such triples a mixture of loads breaks. What becomes of them is decided by who asks
(``taji.match.gap_choice``).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from taji.base.arrays import FloatArray, IntArray

__all__ = ["broken", "filled"]

#: A triple counts as broken above so much, in shares of loads. [1]
BROKEN = 1.05
#: Triples that begin with the same row and are looked at, and that share a row and are kept.
EACH, SHARING = 40, 6


def broken(rows: sparse.csr_array, share: FloatArray, *, most: int) -> IntArray:
    r"""Return triples of rows in which a mixture has more than one load that fills two.

    Parameters
    ----------
    rows : sparse.csr_array, shape (n_load, n_row)
        Which rows a load fills: its needs, and its provider.
    share : FloatArray, shape (n_load,)
        How much of each load is in the mixture. [fraction]
    most : int
        So many triples, at most; those that are broken most.

    Returns
    -------
    IntArray, shape (n_triple, 3)

    Notes
    -----
    The subset-row inequalities of three rows [1]_: every row is filled once, so that whole loads
    satisfy :math:`\sum_k \lfloor |k \cap S| / 2 \rfloor x_k \le 1` for all triples :math:`S`.

    References
    ----------
    .. [1] M. Jepsen, B. Petersen, S. Spoorendonk and D. Pisinger, "Subset-row inequalities applied
       to the vehicle-routing problem with time windows". *Operations Research* 56(2), 2008,
       497-511.

    Examples
    --------
    Three loads of two needs each, half of each.

    >>> rows = sparse.csr_array(np.array([[1.0, 1, 0], [0, 1, 1], [1, 0, 1]]))
    >>> broken(rows, np.full(3, 0.5), most=9)
    array([[0, 1, 2]])
    """
    parts = np.flatnonzero((share > 1e-6) & (share < 1 - 1e-6))
    fills = rows[parts].toarray() > 0
    concerned = np.flatnonzero(fills.any(axis=0))
    fills, share = fills[:, concerned], share[parts]
    both = (fills * share[:, None]).T @ fills
    found: list[tuple[FloatArray, IntArray]] = []
    for first in range(len(concerned) - 2):
        mine = fills[:, first]
        later = fills[mine, first + 1 :]
        all_three = (later * share[mine, None]).T @ later
        pair = both[first, first + 1 :]
        total = pair[:, None] + pair + both[first + 1 :, first + 1 :] - 2 * all_three
        second, third = np.nonzero(np.triu(total > BROKEN, 1))
        size = total[second, third]
        top = np.argsort(-size, kind="stable")[:EACH]
        line = np.column_stack([np.zeros_like(top), second[top] + 1, third[top] + 1]) + first
        found.append((size[top], line))
    if not found:
        return np.zeros((0, 3), np.int64)
    order = np.argsort(-np.concatenate([size for size, _ in found]), kind="stable")
    return _spread(concerned[np.concatenate([line for _, line in found])[order]], most)


def filled(rows: sparse.csr_array, triples: IntArray) -> sparse.csr_array:
    """Return which loads fill two rows of which triples, shape (n_load, n_triple)."""
    count = len(triples)
    at = (triples.ravel(), np.repeat(np.arange(count), 3))
    held = (rows @ sparse.csr_array((np.ones(3 * count), at), shape=(rows.shape[1], count))).tocsr()
    held.data = (held.data >= 2).astype(np.float64)
    held.eliminate_zeros()
    return held


def _spread(triples: IntArray, most: int) -> IntArray:
    """Keep the first triples, but few that share a row."""
    used: dict[int, int] = {}
    kept: list[list[int]] = []
    for triple in triples.tolist():
        if len(kept) == most:
            break
        if max(used.get(row, 0) for row in triple) < SHARING:
            kept.append(triple)
            for row in triple:
                used[row] = used.get(row, 0) + 1
    return np.array(kept, dtype=np.int64).reshape(-1, 3)
