"""List the changes of single firms that lose least, and the sets of them that lose little together.

Decides which changes and sets are looked at at all: all that lose less than a limit, and how
high the limit can be for a number of sets. Does not choose among them
(``taji.plan.portfolio.meeting``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taji.base.arrays import FloatArray, IntArray
from taji.plan.portfolio.instance import NOTHING, ChoiceArray, Portfolio

__all__ = ["Changes", "Sets", "changes_of", "halves", "limit_of", "sets_of"]

#: Changes that are listed: those that lose least.
MOST = 3_000
#: Steps of a loss in which sets are counted, and how many of them a limit must have.
GRID, FINE = 2_000, 250


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of single firms, those that lose least first.

    Attributes
    ----------
    firm, option : IntArray, shape (n,)
        Who takes what instead.
    lost : FloatArray, shape (n,)
        What that loses at the prices, not below 0. [points]
    real : FloatArray, shape (n,)
        The same where the firm had not its best option before: it may be below 0. [points]
    more : FloatArray, shape (n_row, n)
        What is added to the left-hand side of each row. [smallest units]
    cut : float
        No change that is not listed loses less. [points]
    """

    firm: IntArray
    option: IntArray
    lost: FloatArray
    real: FloatArray
    more: FloatArray
    cut: float


@dataclass(frozen=True, slots=True)
class Sets:
    """Sets of changes of different firms, those that lose least first.

    Attributes
    ----------
    lost, real : FloatArray, shape (n,)
        What they lose together. [points]
    more : FloatArray, shape (n_row, n)
        What they add to the left-hand side of each row. [smallest units]
    """

    lost: FloatArray
    real: FloatArray
    more: FloatArray
    _order: IntArray
    _before: IntArray
    _change: IntArray

    def changes(self, place: int) -> list[int]:
        """The changes of a set."""
        at, out = int(self._order[place]), []
        while self._before[at] >= 0:
            out.append(int(self._change[at]))
            at = int(self._before[at])
        return out


def changes_of(portfolio: Portfolio, lost: list[FloatArray], choice: ChoiceArray) -> Changes:
    """List the changes of single firms from a choice.

    Parameters
    ----------
    portfolio : Portfolio
        The open firms.
    lost : list of FloatArray
        What each option loses at the prices (``taji.plan.portfolio.polishing.losses``). [points]
    choice : ChoiceArray, shape (n_enterprise,)
        What they have before.
    """
    parts = [
        _changes_in(portfolio, place, loss, choice) for place, loss in enumerate(lost) if loss.size
    ]
    firm, option = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    loss, real = (np.concatenate([part[k] for part in parts]) for k in (2, 3))
    more = np.concatenate([part[4] for part in parts], axis=1)
    order = np.argsort(loss, kind="stable")
    cut = float(loss[order[MOST]]) if len(order) > MOST else np.inf
    order = order[:MOST]
    order = order[np.isfinite(loss[order])]
    return Changes(firm[order], option[order], loss[order], real[order], more[:, order], cut)


def _changes_in(
    portfolio: Portfolio, place: int, loss: FloatArray, choice: ChoiceArray
) -> tuple[IntArray, IntArray, FloatArray, FloatArray, FloatArray]:
    """The changes of a block that lose least, one more than are listed."""
    block, rows = portfolio.blocks[place], portfolio.rows
    n = len(block.firm)
    option = np.vstack([block.option, np.full((1, n), NOTHING, dtype=np.int32)])
    at = np.argmax(option == choice[block.firm], axis=0)
    real = loss - loss[at, np.arange(n)]
    worse = np.maximum(real, 0.0)
    worse[at, np.arange(n)] = np.inf
    flat, most = worse.ravel(), min(MOST, worse.size - 1)
    near = np.flatnonzero(flat <= np.partition(flat, most)[most])
    near = near[np.argsort(flat[near], kind="stable")][: MOST + 1]
    j, i = np.unravel_index(near, worse.shape)
    use = np.concatenate([block.use, np.zeros((len(block.use), 1, n))], axis=1)
    more = use[:, j, i] - use[:, at[i], i]
    counted = np.where(rows.member[:, block.cell[i]], more[rows.use], 0.0)
    signed: FloatArray = rows.sign[:, None] * counted
    return block.firm[i], option[j, i].astype(np.int64), worse[j, i], real[j, i], signed


def halves(changes: Changes) -> tuple[list[IntArray], list[IntArray]]:
    """Deal the firms out into two halves that lose alike: the changes of each firm of each."""
    _, first, which = np.unique(changes.firm, return_index=True, return_inverse=True)
    ends = np.cumsum(np.bincount(which, minlength=1))[:-1]
    groups = np.split(np.argsort(which, kind="stable"), ends)
    dealt = [groups[at] for at in np.argsort(first)]
    return dealt[0::4] + dealt[3::4], dealt[1::4] + dealt[2::4]


def limit_of(changes: Changes, half: list[IntArray], *, room: float, most: int) -> float:
    """The largest loss, up to ``room``, that at most ``most`` sets of a half stay within."""
    ends = float(sum(changes.lost[group].max(initial=0.0) for group in half)) + 1.0
    asked = min(room, changes.cut)
    room = min(asked, ends)
    for _ in range(20):
        if room <= 0.0:
            break
        within = int(np.searchsorted(_counted(changes, half, room), most, side="right")) - 1
        if within >= GRID:
            return asked if room == ends else room
        if within >= FINE:
            return within * room / GRID
        room *= max(within + 1, 2) / GRID
    return 0.0


def _counted(changes: Changes, half: list[IntArray], room: float) -> FloatArray:
    """How many sets lose no more than each of ``GRID`` steps, and a few that lose a step more."""
    steps = np.floor(changes.lost * (GRID / room))
    ways = np.zeros(GRID + 1)
    ways[0] = 1.0
    for group in half:
        before = ways.copy()
        for step in steps[group[steps[group] <= GRID]].astype(np.int64):
            ways[step:] += before[: GRID + 1 - step]
    total: FloatArray = np.cumsum(ways)
    return total


def sets_of(changes: Changes, half: list[IntArray], *, limit: float, most: int) -> Sets:
    """All sets of a half that lose no more than ``limit``; the first ``most`` where more do.

    Notes
    -----
    Firms whose least change loses most come first: until the last ones there are few sets.
    """
    n_row = len(changes.more)
    lost, real, more = np.zeros(most), np.zeros(most), np.zeros((n_row, most))
    before, change, n = np.full(most, -1), np.full(most, -1), 1
    for group in sorted(half, key=lambda group: -changes.lost[group[0]]):
        known = n
        for c in group[changes.lost[group] <= limit]:
            old = np.flatnonzero(lost[:known] + changes.lost[c] <= limit)[: most - n]
            new = slice(n, n + len(old))
            lost[new] = lost[old] + changes.lost[c]
            real[new] = real[old] + changes.real[c]
            more[:, new] = more[:, old] + changes.more[:, c, None]
            before[new], change[new] = old, c
            n += len(old)
    order = np.argsort(lost[:n], kind="stable")
    return Sets(lost[order], real[order], more[:, order], order, before[:n], change[:n])
