"""Better a choice by changing the options of up to six firms at once.

Decides which change is made: the one after which the choice lacks least to the bound. For a
thousand firms it finds in seconds what search trees do not; it proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.plan.portfolio.instance import NOTHING, ChoiceArray, Portfolio

__all__ = ["exchange"]

#: Moves that are looked at in ones and twos, and in threes: those that lose least.
MOVES, IN_THREES = 400, 110
#: Rows that are looked along; a tree in more dimensions is no faster than trying all.
DIMENSIONS = 6
#: Partners that are tried for each set of moves.
PARTNERS = 4
#: What is left over of each row where partners are sought. [share of what the choice lacks]
AIMS = (0.01, 0.04)
#: Candidates that are tried for two moves of one firm among them.
TRIED = 200


@dataclass(frozen=True, slots=True)
class _Moves:
    """Moves of single firms: firm, new option, what they lose at the prices, use more of rows."""

    firm: IntArray
    option: IntArray
    lost: FloatArray
    more: FloatArray


@dataclass(frozen=True, slots=True)
class _Sets:
    """Sets of up to three moves (-1: none), what they lose, use more of rows."""

    moves: IntArray
    lost: FloatArray
    more: FloatArray


def exchange(
    portfolio: Portfolio,
    prices: FloatArray,
    lost: list[FloatArray],
    choice: ChoiceArray,
    *,
    bound: float,
    lack: float,
    sets: int,
    rounds: int,
    go_on: Callable[[], bool] = lambda: True,
) -> ChoiceArray | None:
    r"""Change a choice until it keeps the rows and lacks little to the bound.

    Parameters
    ----------
    portfolio : Portfolio
        The open firms.
    prices : FloatArray, shape (n_row,)
        Prices of the rows. [points per smallest unit]
    lost : list of FloatArray
        What each option loses at the prices (``taji.plan.portfolio.polishing.losses``). [points]
    choice : ChoiceArray, shape (n_enterprise,)
        What to begin with; it need not keep the rows.
    bound : float
        The bound at the prices. [points]
    lack : float
        A choice that lacks no less than this to the bound is not wanted. [points]
    sets : int
        Sets of moves that are paired with each other.
    rounds : int
        Changes, at most.
    go_on : callable
        Asked before each.

    Returns
    -------
    ChoiceArray or None
        The best that was found; None where nothing lacks less than ``lack``.

    Notes
    -----
    A choice lacks :math:`\sum_e \ell_e + \sum_r \pi_r t_r` to the bound: what its options lose
    at the prices, and what is left over of each row. Sets of moves are points in the space of
    what they use; to each, those sets are sought by a search tree that together with it use
    what is left over.
    """
    best: ChoiceArray | None = None
    for _ in range(rounds):
        left = -portfolio.over(choice)
        lossy = bound - portfolio.value_of(choice) - float(prices @ left)
        moves = _moves(portfolio, lost, choice)
        if not go_on() or not len(moves.firm):
            break
        found = _best_change(_sets_of(moves, lack - lossy, sets), moves, prices, left, lack - lossy)
        if found is None:
            break
        choice = choice.copy()
        choice[moves.firm[found]] = moves.option[found]
        lack = bound - portfolio.value_of(choice)
        best = choice
    return best


def _moves(portfolio: Portfolio, lost: list[FloatArray], choice: ChoiceArray) -> _Moves:
    """The moves of single firms that lose least."""
    parts = [
        _moves_of(portfolio, place, loss, choice) for place, loss in enumerate(lost) if loss.size
    ]
    firm, option, worse = (np.concatenate([part[k] for part in parts]) for k in range(3))
    more = np.concatenate([part[3] for part in parts], axis=1)
    order = np.argsort(worse, kind="stable")[:MOVES]
    order = order[np.isfinite(worse[order])]
    return _Moves(firm[order], option[order], worse[order], more[:, order])


def _moves_of(
    portfolio: Portfolio, place: int, loss: FloatArray, choice: ChoiceArray
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    block, rows = portfolio.blocks[place], portfolio.rows
    n = len(block.firm)
    option = np.vstack([block.option, np.full((1, n), NOTHING, dtype=np.int32)])
    at = np.argmax(option == choice[block.firm], axis=0)
    worse = loss - loss[at, np.arange(n)]
    worse[at, np.arange(n)] = np.inf
    j, i = np.unravel_index(np.argsort(worse, axis=None, kind="stable")[:MOVES], worse.shape)
    use = np.concatenate([block.use, np.zeros((len(block.use), 1, n))], axis=1)
    more = use[:, j, i] - use[:, at[i], i]
    counted = np.where(rows.member[:, block.cell[i]], more[rows.use], 0.0)
    signed: FloatArray = rows.sign[:, None] * counted
    return block.firm[i], option[j, i].astype(np.int64), worse[j, i], signed


def _sets_of(moves: _Moves, room: float, most: int) -> _Sets:
    """The sets of up to three moves of different firms that lose least, and less than ``room``."""
    n = len(moves.firm)
    ones = np.arange(n)
    first, second = np.triu_indices(n, k=1)
    few, third = np.triu_indices(min(n, IN_THREES), k=1), np.arange(min(n, IN_THREES))
    threes = np.column_stack(
        [
            np.repeat(few[0], len(third)),
            np.repeat(few[1], len(third)),
            np.tile(third, len(few[0])),
        ]
    )
    threes = threes[threes[:, 2] > threes[:, 1]]
    none = np.full((1, 3), -1)
    every = np.vstack(
        [
            none,
            np.column_stack([ones, np.full((n, 2), -1)]),
            np.column_stack([first, second, np.full(len(first), -1)]),
            threes,
        ]
    )
    every = every[_different(np.append(moves.firm, -1)[every])]
    lost = np.append(moves.lost, 0.0)[every].sum(axis=1)
    order = np.argsort(lost, kind="stable")[:most]
    order = order[lost[order] < room]
    more = np.column_stack([moves.more, np.zeros(len(moves.more))])
    return _Sets(every[order], lost[order], more[:, every[order]].sum(axis=2))


def _different(firm: IntArray) -> BoolArray:
    """Whether no firm stands twice in a row of a table of firms (-1: none)."""
    a, b, c = firm.T
    same = ((a == b) & (a >= 0)) | ((a == c) & (a >= 0)) | ((b == c) & (b >= 0))
    out: BoolArray = ~same
    return out


def _best_change(
    sets: _Sets, moves: _Moves, prices: FloatArray, left: FloatArray, room: float
) -> IntArray | None:
    """The moves of two sets after which least is lost and left over: less than ``room``."""
    if not len(sets.lost):
        return None
    worth, spare = prices[:, None] * sets.more, prices * left
    keen = np.argsort(-prices * np.abs(moves.more).mean(axis=1), kind="stable")[:DIMENSIONS]
    tree = cKDTree(worth[keen].T)
    open_ended = sets.lost - worth.sum(axis=0)
    best, found = room, None
    for aim in AIMS:
        wanted = (spare - aim * room)[:, None] - worth
        _, partner = tree.query(wanted[keen].T, k=PARTNERS)
        for q in partner.T:
            q = np.minimum(q, len(sets.lost) - 1)  # fewer sets than partners
            lacks = open_ended + open_ended[q] + spare.sum()
            likely = np.flatnonzero(lacks < best - 1e-9)
            fits = np.all(sets.more[:, likely] + sets.more[:, q[likely]] <= left[:, None], axis=0)
            likely = likely[fits]
            for p in likely[np.argsort(lacks[likely], kind="stable")][:TRIED]:
                both = np.concatenate([sets.moves[p], sets.moves[q[p]]])
                both = both[both >= 0]
                if len(np.unique(moves.firm[both])) == len(both):
                    best, found = float(lacks[p]), both
                    break
    return found
