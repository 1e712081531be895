"""The whole assignment as a choice of one load for every provider.

Decides which loads an assignment better than a known cost can have, where they are few enough to
be counted out. What is chosen of them is decided by ``taji.match.gap_choice``; where they are
many, ``taji.match.gap_ways`` searches.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from taji.base.arrays import BoolArray, IntArray
from taji.match.gap_bound import Bounded
from taji.match.gap_choice import Choice
from taji.match.gap_knapsack import Knapsacks
from taji.match.gap_loads import all_within
from taji.match.gap_table import Table

__all__ = ["partition"]


def partition(
    table: Table, bounded: Bounded, target: float, *, most: int, stop: Callable[[], bool]
) -> Choice | None:
    r"""Count out all loads that an assignment which costs less than ``target`` can have.

    Parameters
    ----------
    table : Table
    bounded : Bounded
    target : float
        [cost]
    most : int
        Loads of all providers together, at most.
    stop : callable
        Asked at every need of every provider whether time is up.

    Returns
    -------
    Choice or None
        None where more loads come into question, or time is up.

    Notes
    -----
    An assignment costs :math:`L(u)` plus what each provider's load loses against its best load
    at the prices :math:`u` (and no loss is negative): one that costs less than ``target``, by a
    step where costs have one, has no load that loses more than the distance.
    """
    loss = table.raised(target) - table.step * (1 - 1e-6) - bounded.value
    profit = bounded.prices[None, :] - table.cost
    waste = Knapsacks(table.units, table.room).forced(profit).taken
    provider: list[IntArray] = []
    held: list[BoolArray] = []
    count = 0
    for at in range(len(table.capacity)):
        loads = all_within(
            profit[at],
            table.units[at],
            int(table.room[at]),
            needs=np.flatnonzero(waste[at] <= loss + 1e-6),
            loss=loss + 1e-6,
            most=most - count,
            stop=stop,
        )
        if loads is None:
            return None
        count += len(loads)
        provider.append(np.full(len(loads), at))
        held.append(loads)
    whose, holds = np.concatenate(provider), np.concatenate(held)
    return Choice(table, whose, holds, target=target, prices=bounded.prices)
