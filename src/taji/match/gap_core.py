"""The part of an assignment that is still open, solved as an integer programme.

Decides the best assignment among the pairs that are left, and by how much capacities fall short
where there is none. Which pairs are left is decided by who asks (``taji.match.gap``).
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from ortools.math_opt.python import mathopt
from ortools.util.python.solve_interrupter import SolveInterrupter

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.match.gap_table import Table

__all__ = ["UNSTOPPABLE", "Core", "need_prices", "shortage", "solve_core"]

#: CP-SAT proves with eight workers what it does not with four (or-tools issue 3662).
WORKERS = 8
#: How often somebody at the terminal is listened to. [s]
LISTEN = 0.2
#: HiGHS cannot be stopped from outside: it only gets tasks that end by themselves soon. [s]
UNSTOPPABLE = 10.0


@dataclass(frozen=True, slots=True)
class Core:
    """What the programme found.

    Attributes
    ----------
    chosen : IntArray or None, shape (n_need,)
        The best assignment found, if one is feasible.
    bound : float
        No assignment of the open pairs costs less; infinite if there is none at all. [cost]
    proven : bool
        Whether the programme was solved out.
    """

    chosen: IntArray | None
    bound: float
    proven: bool


@dataclass(frozen=True, slots=True)
class _Programme:
    model: mathopt.Model
    rows: IntArray
    columns: IntArray
    pairs: list[mathopt.Variable]
    met: list[Any]
    over: list[mathopt.Variable]


def solve_core(
    table: Table,
    open_: BoolArray,
    *,
    needs: IntArray,
    room: FloatArray,
    hint: IntArray | None,
    seconds: float,
    seed: int,
    proof: bool = False,
) -> Core:
    """Place some needs on open pairs within the room that is left.

    Parameters
    ----------
    table : Table
    open_ : BoolArray, shape (n_provider, n_need)
        Pairs that may be used.
    needs : IntArray, shape (n_open,)
        The needs to be placed; the others stay where ``hint`` has them.
    room : FloatArray, shape (n_provider,)
        What each provider can take of them. [the unit of the capacities]
    hint : IntArray, shape (n_need,), optional
        An assignment to start from.
    seconds : float
        Time limit. [s]
    seed : int
        Seed of CP-SAT.
    proof : bool
        Whether a bound is wanted more than a better assignment: HiGHS then solves, up to
        ``UNSTOPPABLE``; otherwise CP-SAT, which finds better ones in a third of the time.
    """
    if not open_[:, needs].any(axis=0).all():
        return Core(None, math.inf, proven=True)
    made = _programme(table, open_, needs, room, integer=True, loose=False)
    params = mathopt.SolveParameters(
        time_limit=timedelta(seconds=max(seconds, 0.05)),
        relative_gap_tolerance=1e-9,
        absolute_gap_tolerance=0.999 * table.step if table.step else 1e-9,
    )
    kind = mathopt.SolverType.HIGHS
    if not proof or seconds > UNSTOPPABLE:
        kind = mathopt.SolverType.CP_SAT
        params.threads, params.random_seed = WORKERS, seed
    start = mathopt.ModelSolveParameters()
    if hint is not None:
        there = (hint[needs[made.columns]] == made.rows).astype(float)
        values = dict(zip(made.pairs, there.tolist(), strict=True))
        start.solution_hints.append(mathopt.SolutionHint(variable_values=values))
    result = listening(made.model, kind, params, start)
    reasons = mathopt.TerminationReason
    if result.termination.reason in (reasons.INFEASIBLE, reasons.INFEASIBLE_OR_UNBOUNDED):
        return Core(None, math.inf, proven=True)
    proven = result.termination.reason == reasons.OPTIMAL
    bound = result.termination.objective_bounds.dual_bound
    if not result.has_primal_feasible_solution():
        return Core(None, bound, proven)
    picked = np.array(result.variable_values(made.pairs)) > 0.5
    chosen = np.full(table.cost.shape[1], -1) if hint is None else hint.copy()
    chosen[needs[made.columns[picked]]] = made.rows[picked]
    return Core(chosen, bound, proven)


def need_prices(table: Table) -> FloatArray:
    """Return the prices of the needs in the linear relaxation, shape (n_need,). [cost]

    Notes
    -----
    They only start the search for a bound, which is computed from prices anew: what the solver
    says here is not relied on. Where the relaxation has no solution the least costs are returned.
    """
    needs = np.arange(table.cost.shape[1])
    made = _programme(table, np.isfinite(table.cost), needs, table.most, integer=False, loose=False)
    result = mathopt.solve(made.model, mathopt.SolverType.GLOP)
    if not result.has_dual_feasible_solution():
        least: FloatArray = table.cost.min(axis=0)
        return least
    return np.array(result.dual_values(made.met))


def shortage(table: Table, *, seconds: float) -> FloatArray:
    """Return how much more capacity would let every need be met, shape (n_provider,).

    The sum is the least that was found within ``seconds``. [the unit of the capacities]
    """
    needs = np.arange(table.cost.shape[1])
    made = _programme(table, np.isfinite(table.cost), needs, table.most, integer=True, loose=True)
    params = mathopt.SolveParameters(
        time_limit=timedelta(seconds=min(max(seconds, 0.5), UNSTOPPABLE))
    )
    result = listening(made.model, mathopt.SolverType.HIGHS, params, mathopt.ModelSolveParameters())
    if not result.has_primal_feasible_solution():
        return np.full(len(table.capacity), np.nan)
    over = np.array(result.variable_values(made.over))
    return np.where(over > 1e-7, over, 0.0)


def _programme(
    table: Table,
    open_: BoolArray,
    needs: IntArray,
    room: FloatArray,
    *,
    integer: bool,
    loose: bool,
) -> _Programme:
    model = mathopt.Model()
    rows, columns = np.nonzero(open_[:, needs])
    pairs = [model.add_variable(lb=0, ub=1, is_integer=integer) for _ in rows]
    of_need: list[list[mathopt.Variable]] = [[] for _ in needs]
    loads: list[list[Any]] = [[] for _ in room]
    efforts = table.effort[rows, needs[columns]].tolist()
    for row, column, effort, x in zip(rows.tolist(), columns.tolist(), efforts, pairs, strict=True):
        of_need[column].append(x)
        if effort:
            loads[row].append(effort * x)
    met = [model.add_linear_constraint(mathopt.fast_sum(offered) == 1) for offered in of_need]
    over = [model.add_variable(lb=0) for _ in room] if loose else []
    for provider, load in enumerate(loads):
        if load:
            spare = [-1.0 * over[provider]] if loose else []
            model.add_linear_constraint(mathopt.fast_sum([*load, *spare]) <= float(room[provider]))
    if loose:
        model.minimize(mathopt.fast_sum(over))
    else:
        costs = table.cost[rows, needs[columns]].tolist()
        model.minimize(mathopt.fast_sum(c * x for c, x in zip(costs, pairs, strict=True)))
    return _Programme(model, rows, columns, pairs, met, over)


def listening(
    model: mathopt.Model,
    kind: mathopt.SolverType,
    params: mathopt.SolveParameters,
    start: mathopt.ModelSolveParameters,
) -> mathopt.SolveResult:
    """Solve while Ctrl-C is heard; what solves is told to stop, and waited for."""
    interrupter = SolveInterrupter()
    out: list[Any] = []

    def work() -> None:
        try:
            out.append(
                mathopt.solve(
                    model, kind, params=params, model_params=start, interrupter=interrupter
                )
            )
        except Exception as error:  # handed to the thread that asked
            out.append(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    try:
        while worker.is_alive():
            worker.join(LISTEN)
    except KeyboardInterrupt:
        interrupter.interrupt()
        worker.join()
        raise
    if isinstance(out[0], Exception):
        raise out[0]
    return out[0]
