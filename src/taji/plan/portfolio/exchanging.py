"""Better a choice by exchanging the options of up to four firms at once.

Decides which exchange is made: the one that gains most and keeps all rows. For a thousand firms
this finds in seconds what search trees do not; it proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from taji.base.arrays import FloatArray, IntArray
from taji.plan.portfolio.instance import NOTHING, ChoiceArray, Portfolio

__all__ = ["exchange"]

#: Moves of one firm that are paired, and pairs that are kept: what a second's work allows.
MOVES, PAIRS = 900, 250_000
#: Rows that are looked along; a tree in more dimensions is no faster than trying all.
DIMENSIONS = 6
#: Partners that are tried for each pair.
PARTNERS = 8


@dataclass(frozen=True, slots=True)
class _Moves:
    """Moves: firm, new option, what is lost at prices, what each row uses more."""

    firm: IntArray
    option: IntArray
    lost: FloatArray
    more: FloatArray


def exchange(
    portfolio: Portfolio,
    prices: FloatArray,
    losses: list[FloatArray],
    choice: ChoiceArray,
    *,
    gap: float,
    rounds: int,
    go_on: Callable[[], bool] = lambda: True,
) -> ChoiceArray:
    r"""Exchange while it gains.

    Parameters
    ----------
    portfolio : Portfolio
        The open firms.
    prices : FloatArray, shape (n_row,)
        Prices of the rows. [points per smallest unit]
    losses : list of FloatArray
        What each option loses at the prices (``taji.plan.portfolio.polishing.losses``). [points]
    choice : ChoiceArray
        A choice that keeps the rows.
    gap : float
        What a better choice could be worth more. [points]
    rounds : int
        Exchanges, at most.
    go_on : callable
        Asked before each.

    Notes
    -----
    A choice lacks :math:`\sum \ell + \sum_r \pi_r s_r` to the bound: what its options lose at the
    prices, and what is left over of each row. Pairs of moves are points in the space of what
    they use; to each, the pair is sought that together with it uses what is left over, by a
    search tree over all pairs.
    """
    for _ in range(rounds):
        if not go_on():
            break
        left = -portfolio.over(choice)
        moves = _moves(portfolio, losses, choice)
        found = _best_exchange(moves, prices, left, gap)
        if found is None:
            break
        better = choice.copy()
        better[moves.firm[found]] = moves.option[found]
        gained = portfolio.value_of(better) - portfolio.value_of(choice)
        if gained <= 0 or np.any(portfolio.over(better) > 0):
            break
        gap -= gained
        choice = better
    return choice


def _moves(portfolio: Portfolio, losses: list[FloatArray], choice: ChoiceArray) -> _Moves:
    """The moves of single firms that lose least."""
    rows, parts = portfolio.rows, []
    for block, lost in zip(portfolio.blocks, losses, strict=True):
        n = len(block.firm)
        option = np.vstack([block.option, np.full((1, n), NOTHING, dtype=np.int32)])
        at = np.argmax(option == choice[block.firm], axis=0)
        column = np.arange(n)
        worse = lost - lost[at, column]
        worse[at, column] = np.inf
        few = np.argsort(worse, axis=None, kind="stable")[: MOVES]
        j, i = np.unravel_index(few, worse.shape)
        use = np.concatenate([block.use, np.zeros((len(block.use), 1, n))], axis=1)
        more = use[:, j, i] - use[:, at[i], i]
        signed = rows.sign[:, None] * np.where(rows.member[:, block.cell[i]], more[rows.use], 0.0)
        parts.append((block.firm[i], option[j, i], worse[j, i], signed))
    firm, option, lost = (np.concatenate([p[k] for p in parts]) for k in range(3))
    more = np.concatenate([part[3] for part in parts], axis=1)
    order = np.argsort(lost, kind="stable")[:MOVES]
    order = order[np.isfinite(lost[order])]
    return _Moves(firm[order], option[order].astype(np.int64), lost[order], more[:, order])


def _best_exchange(
    moves: _Moves, prices: FloatArray, left: FloatArray, gap: float
) -> IntArray | None:
    """The moves of the exchange that gains most, or None."""
    first, second = _pairs(moves, gap)
    lost = moves.lost[first] + np.where(second >= 0, moves.lost[second], 0.0)
    more = moves.more[:, first] + np.where(second >= 0, moves.more[:, second], 0.0)
    scaled, room = prices[:, None] * more, prices * left
    keen = np.argsort(-prices * np.abs(moves.more).mean(axis=1), kind="stable")[:DIMENSIONS]
    tree = cKDTree(scaled[keen].T)
    best, found = 1e-9, None
    for share in (0.9, 0.5):
        _, partner = tree.query((share * room[:, None] - scaled)[keen].T, k=PARTNERS)
        for k in range(PARTNERS):
            q = partner[:, k]
            gained = scaled.sum(axis=0) + scaled[:, q].sum(axis=0) - lost - lost[q]
            likely = np.flatnonzero(gained > best)
            fits = np.all(more[:, likely] + more[:, q[likely]] <= left[:, None], axis=0)
            likely = likely[fits]
            for p in likely[np.argsort(-gained[likely], kind="stable")]:
                four = [m for m in (first[p], second[p], first[q[p]], second[q[p]]) if m >= 0]
                if len(set(moves.firm[four])) == len(four):
                    best, found = float(gained[p]), np.array(four)
                    break
    return found


def _pairs(moves: _Moves, gap: float) -> tuple[IntArray, IntArray]:
    """Pairs of moves of two firms that lose less than the gap, and single ones (second -1)."""
    n = len(moves.firm)
    first, second = np.triu_indices(n, k=1)
    good = (moves.firm[first] != moves.firm[second]) & (
        moves.lost[first] + moves.lost[second] < gap
    )
    first, second = first[good], second[good]
    if len(first) > PAIRS:
        few = np.argpartition(moves.lost[first] + moves.lost[second], PAIRS)[:PAIRS]
        first, second = first[few], second[few]
    single = np.flatnonzero(moves.lost < gap)
    return np.concatenate([single, first]), np.concatenate([np.full(len(single), -1), second])
