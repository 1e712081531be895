"""From what the providers would take to an assignment that holds, and to a better one.

Decides nothing about proof: every assignment here is a feasible guess, checked before it counts.
The bound comes from ``taji.match.gap_bound``.
"""

from __future__ import annotations

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.match.gap_table import Table

__all__ = ["complete", "improve", "overload_price"]

#: Moves of one descent, at most; the price of a unit of overload rises this often.
MOVES, RAISES = 400, 6
#: Needs up to which every exchange of two is looked at; beyond, the table would not fit memory.
EXCHANGES = 2_000


def complete(table: Table, taken: BoolArray, prices: FloatArray) -> IntArray:
    """Give every need one provider, starting from what the providers take at posted prices.

    Parameters
    ----------
    table : Table
    taken : BoolArray, shape (n_provider, n_need)
    prices : FloatArray, shape (n_need,)
        A need that nobody takes is placed in the order of its price. [cost]

    Returns
    -------
    IntArray, shape (n_need,)
        Provider of each need; capacities may be exceeded.
    """
    needs = np.arange(table.cost.shape[1])
    held = np.where(taken, table.cost, np.inf)
    chosen: IntArray = held.argmin(axis=0)
    open_ = np.flatnonzero(~np.isfinite(held[chosen, needs]))
    placed = np.ones(len(needs), dtype=bool)
    placed[open_] = False
    loads = np.bincount(
        chosen[placed],
        weights=table.effort[chosen[placed], needs[placed]],
        minlength=len(table.capacity),
    )
    scale = overload_price(table)
    for need in open_[np.argsort(-prices[open_], kind="stable")]:
        over = np.maximum(loads + table.effort[:, need] - table.most, 0)
        at = int((table.cost[:, need] + scale * over).argmin())
        chosen[need] = at
        loads[at] += table.effort[at, need]
    return chosen


def improve(table: Table, chosen: IntArray) -> IntArray | None:
    """Shift needs and exchange pairs of needs while that helps.

    Returns
    -------
    IntArray, shape (n_need,), or None
        A feasible assignment that no single shift or exchange makes cheaper, or None where
        the descent ends with a provider overloaded.
    """
    chosen = chosen.copy()
    price = overload_price(table)
    for _ in range(RAISES):
        _descend(table, chosen, price)
        if table.feasible(chosen):
            return chosen
        price *= 4
    return None


def overload_price(table: Table) -> float:
    """Typical cost of one unit of effort: overload costs more than it can save. [cost/effort]"""
    finite = np.isfinite(table.cost) & (table.effort > 0)
    if not finite.any():
        return 1.0
    spread = np.abs(table.cost[finite] - np.median(table.cost[finite])).mean()
    return 2.0 * float(max(spread, 1e-9) / table.effort[finite].mean())


def _descend(table: Table, chosen: IntArray, price: float) -> None:
    loads = table.loads(chosen)
    for _ in range(MOVES):
        gain, need, to = _best_shift(table, chosen, loads, price)
        other = -1
        if len(chosen) <= EXCHANGES:
            swap_gain, first, second = _best_exchange(table, chosen, loads, price)
            if swap_gain < gain:
                gain, need, to, other = swap_gain, first, int(chosen[second]), second
        if gain > -1e-9:
            return
        if other >= 0:
            _move(table, chosen, loads, other, int(chosen[need]))
        _move(table, chosen, loads, need, to)


def _move(table: Table, chosen: IntArray, loads: FloatArray, need: int, to: int) -> None:
    loads[chosen[need]] -= table.effort[chosen[need], need]
    loads[to] += table.effort[to, need]
    chosen[need] = to


def _best_shift(
    table: Table, chosen: IntArray, loads: FloatArray, price: float
) -> tuple[float, int, int]:
    needs = np.arange(len(chosen))
    now_cost, now_effort = table.cost[chosen, needs], table.effort[chosen, needs]
    over = np.maximum(loads - table.most, 0)
    relieved = over[chosen] - np.maximum(loads[chosen] - now_effort - table.most[chosen], 0)
    added = np.maximum(loads[:, None] + table.effort - table.most[:, None], 0) - over[:, None]
    change = table.cost - now_cost + price * (added - relieved)
    change[chosen, needs] = np.inf
    at = int(change.argmin())
    return float(change.flat[at]), at % len(chosen), at // len(chosen)


def _best_exchange(
    table: Table, chosen: IntArray, loads: FloatArray, price: float
) -> tuple[float, int, int]:
    needs = np.arange(len(chosen))
    now_cost, now_effort = table.cost[chosen, needs], table.effort[chosen, needs]
    # cost and effort of need k at the provider of need j
    cost, effort = table.cost[chosen], table.effort[chosen]
    over = np.maximum(loads - table.most, 0)
    spare = (loads - table.most)[chosen]
    added = np.maximum(spare[:, None] - now_effort[:, None] + effort, 0) - over[chosen][:, None]
    change = cost - now_cost[None, :] + price * added
    change += change.T
    change[chosen[:, None] == chosen[None, :]] = np.inf
    at = int(change.argmin())
    return float(change.flat[at]), at % len(chosen), at // len(chosen)
