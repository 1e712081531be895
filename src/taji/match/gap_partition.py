"""The whole assignment as a choice of one load for every provider.

Decides whether something better than the best known exists, where the bound is so near that few
loads come into question. Does not search where they are many (``taji.match.gap_ways``).
"""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
from ortools.math_opt.python import mathopt

from taji.base.arrays import BoolArray, IntArray
from taji.match.gap_bound import Bounded
from taji.match.gap_core import WORKERS, Core, listening
from taji.match.gap_knapsack import Knapsacks
from taji.match.gap_loads import all_within
from taji.match.gap_table import Table

__all__ = ["partition"]

#: Loads of all providers together, at most.
LOADS = 30_000


def partition(
    table: Table, bounded: Bounded, target: float, *, seconds: float, seed: int
) -> Core | None:
    r"""Look for an assignment that costs less than ``target`` among all loads that one can have.

    Parameters
    ----------
    table : Table
    bounded : Bounded
    target : float
        Cost of the best assignment known. [cost]
    seconds : float
        Time limit of the choice. [s]
    seed : int
        Seed of CP-SAT.

    Returns
    -------
    Core or None
        The bound holds for assignments that cost less than ``target``: infinite if there is
        none. None where more than ``LOADS`` come into question.

    Notes
    -----
    An assignment costs :math:`L(u)` plus what each provider's load loses against its best load
    at the prices :math:`u` (and no loss is negative): one that costs less than ``target``, by a
    step where costs have one, has no load that loses more than the distance. All such loads are
    counted out, and one of each provider is chosen so that every need is met once [1]_.

    References
    ----------
    .. [1] M. Savelsbergh, "A branch-and-price algorithm for the generalized assignment problem".
       *Operations Research* 45(6), 1997, 831-841.
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
            most=LOADS - count,
        )
        if loads is None:
            return None
        count += len(loads)
        provider.append(np.full(len(loads), at))
        held.append(loads)
    return _chosen(table, np.concatenate(provider), np.concatenate(held), seconds, seed)


def _chosen(table: Table, provider: IntArray, held: BoolArray, seconds: float, seed: int) -> Core:
    """Choose one load of every provider so that every need is met once, at the least cost."""
    if not held.any(axis=0).all():
        return Core(None, math.inf, proven=True)
    model = mathopt.Model()
    taken = [model.add_binary_variable() for _ in provider]
    rows = [(provider == at) for at in range(len(table.capacity))] + [*held.T]
    for row in rows:
        chosen = mathopt.fast_sum([taken[load] for load in np.flatnonzero(row)])
        model.add_linear_constraint(chosen == 1)
    costs = np.where(held, table.cost[provider], 0.0).sum(axis=1).tolist()
    model.minimize(mathopt.fast_sum(c * x for c, x in zip(costs, taken, strict=True)))
    params = mathopt.SolveParameters(
        time_limit=timedelta(seconds=max(seconds, 0.05)),
        relative_gap_tolerance=1e-9,
        absolute_gap_tolerance=0.999 * table.step if table.step else 1e-9,
        threads=WORKERS,
        random_seed=seed,
    )
    result = listening(model, mathopt.SolverType.CP_SAT, params, mathopt.ModelSolveParameters())
    reasons = mathopt.TerminationReason
    if result.termination.reason in (reasons.INFEASIBLE, reasons.INFEASIBLE_OR_UNBOUNDED):
        return Core(None, math.inf, proven=True)
    bound = result.termination.objective_bounds.dual_bound
    proven = result.termination.reason == reasons.OPTIMAL
    if not result.has_primal_feasible_solution():
        return Core(None, bound, proven)
    picked = np.array(result.variable_values(taken)) > 0.5
    best: IntArray = np.where(held[picked], provider[picked][:, None], -1).max(axis=0)
    return Core(best, bound, proven)
