"""Panels as a linear or whole-number programme: bounds, specialities, links between groups.

Decides the best least total or the best sum under every rule of a call, and proves it. Meant for
tables of moderate size (``taji.match.panel`` says how large); larger ones are flows.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from taji.base.arrays import FloatArray, IntArray
from taji.match.panel_call import NONE, Call

__all__ = ["Goal", "Optimum", "optimise"]

Goal = Literal["least", "sum"]

#: A waiting thread looks this often whether somebody pressed Ctrl-C. [s]
LOOK = 0.1


@dataclass(frozen=True, slots=True)
class Optimum:
    """What a solver found.

    Attributes
    ----------
    status : str
        ``optimal``, ``feasible`` (a solution, no proof), ``infeasible`` or ``unknown``.
    chosen : FloatArray, shape (n_pair,), or None
        1 where chosen, or a share; None without a solution. [fraction]
    bound : float
        No solution is better. [points of the table]
    price : FloatArray, shape (applications,), or None
        What the sum would gain if an application's floor were one point lower; None without a
        floor, or for whole pairs. [points per point]
    """

    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    chosen: FloatArray | None
    bound: float
    price: FloatArray | None = None


def optimise(
    call: Call,
    goal: Goal,
    *,
    whole: bool,
    floor: float | None = None,
    cap: float = 1.0,
    cuts: Sequence[IntArray] = (),
    gap: float = 0.0,
    seconds: float,
    seed: int,
) -> Optimum:
    r"""Solve the programme of a call.

    Parameters
    ----------
    goal : "least" or "sum"
        Raise the least total of a panel, or the sum of all.
    whole : bool
        Whole pairs (HiGHS), or shares of them (GLOP).
    floor : float, optional
        Every panel's total is at least this. [points of the table]
    cap : float
        The most of a pair. [fraction]
    cuts : sequence of IntArray
        Of each group of pairs at least one is chosen.
    gap : float
        Stop when this near to the bound. [fraction]
    seconds : float
        Stop after this long. [s]
    seed : int
        Seed of the solver.

    Notes
    -----
    With :math:`x_{ar}` the choice of a pair and :math:`s_{ar}` its affinity,

    .. math:: \max\ t \ \text{or}\ \sum s_{ar} x_{ar}, \quad \sum_r x_{ar} = k, \quad
              l \le \sum_a x_{ar} \le m, \quad \sum_r s_{ar} x_{ar} \ge t .
    """
    model = mathopt.Model.from_model_proto(_proto(call, goal, whole, floor, cap, cuts))
    parameters = mathopt.SolveParameters(
        time_limit=datetime.timedelta(seconds=max(seconds, 0.01)),
        random_seed=seed % 2**31,
        relative_gap_tolerance=gap if whole else None,
        absolute_gap_tolerance=0.0 if whole else None,
    )
    solver = mathopt.SolverType.HIGHS if whole else mathopt.SolverType.GLOP
    result = _solve(model, solver, parameters)
    found = _read(result, len(call.application), whole)
    if floor is None or whole or found.chosen is None or not result.has_dual_feasible_solution():
        return found
    # the rows of the floor stand last
    duals = np.array([*result.dual_values().values()][-call.applications :])
    return replace(found, price=np.abs(duals))


def _proto(
    call: Call,
    goal: Goal,
    whole: bool,
    floor: float | None,
    cap: float,
    cuts: Sequence[IntArray],
) -> model_pb2.ModelProto:
    pairs, every = len(call.application), np.arange(len(call.application))
    rows = _Rows()
    k = float(call.per_application)
    rows.add(call.application, every, np.ones(pairs), low=k, high=k, count=call.applications)
    rows.add(
        call.reviewer,
        every,
        np.ones(pairs),
        low=float(call.least_load),
        high=float(call.most_load),
        count=call.reviewers,
    )
    group = call.groups()
    grouped = np.flatnonzero(group != NONE)
    if len(grouped):
        count = int(group.max()) + 1
        rows.add(group[grouped], grouped, np.ones(len(grouped)), high=1.0, count=count)
    for one_of in (*call.wants, *cuts):
        rows.add(np.zeros(len(one_of), int), one_of, np.ones(len(one_of)), low=1.0, count=1)
    if goal == "least":
        rows.add(
            np.concatenate([call.application, np.arange(call.applications)]),
            np.concatenate([every, np.full(call.applications, pairs)]),
            np.concatenate([call.affinity, -np.ones(call.applications)]),
            low=0.0,
            count=call.applications,
        )
    elif floor is not None:
        rows.add(call.application, every, call.affinity, low=floor, count=call.applications)
    reach = call.per_application * float(np.abs(call.affinity).max(initial=0.0)) + 1.0
    free = 1 if goal == "least" else 0
    made = model_pb2.ModelProto()
    made.variables.ids.extend(range(pairs + free))
    made.variables.lower_bounds.extend([0.0] * pairs + [-reach] * free)
    made.variables.upper_bounds.extend([cap] * pairs + [reach] * free)
    made.variables.integers.extend([whole] * pairs + [False] * free)
    made.objective.maximize = True
    aims = np.array([pairs]) if free else np.flatnonzero(call.affinity)
    made.objective.linear_coefficients.ids.extend(aims.tolist())
    worth = np.ones(1) if free else call.affinity[aims]
    made.objective.linear_coefficients.values.extend(worth.tolist())
    rows.write(made)
    return made


class _Rows:
    """Rows of the programme, gathered by kind."""

    def __init__(self) -> None:
        self.row: list[IntArray] = []
        self.column: list[IntArray] = []
        self.value: list[FloatArray] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(
        self,
        row: IntArray,
        column: IntArray,
        value: FloatArray,
        *,
        low: float = -np.inf,
        high: float = np.inf,
        count: int,
    ) -> None:
        """Add ``count`` rows with the same limits."""
        self.row.append(row + len(self.low))
        self.column.append(column)
        self.value.append(value)
        self.low.extend([low] * count)
        self.high.extend([high] * count)

    def write(self, made: model_pb2.ModelProto) -> None:
        """Write rows and entries, sorted as the format wants them."""
        row, column = np.concatenate(self.row), np.concatenate(self.column)
        value = np.concatenate(self.value)
        order = np.lexsort((column, row))
        order = order[value[order] != 0]
        made.linear_constraints.ids.extend(range(len(self.low)))
        made.linear_constraints.lower_bounds.extend(self.low)
        made.linear_constraints.upper_bounds.extend(self.high)
        made.linear_constraint_matrix.row_ids.extend(row[order].tolist())
        made.linear_constraint_matrix.column_ids.extend(column[order].tolist())
        made.linear_constraint_matrix.coefficients.extend(value[order].tolist())


def _solve(
    model: mathopt.Model, solver: mathopt.SolverType, parameters: mathopt.SolveParameters
) -> mathopt.SolveResult:
    """Solve in a thread, so that Ctrl-C is heard while the solver works."""
    found: list[mathopt.SolveResult] = []
    failed: list[Exception] = []

    def work() -> None:
        try:
            found.append(mathopt.solve(model, solver, params=parameters))
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK)
    if failed:
        raise failed[0]
    return found[0]


def _read(result: mathopt.SolveResult, pairs: int, whole: bool) -> Optimum:
    reason = result.termination.reason
    bound = float(result.termination.objective_bounds.dual_bound)
    if reason in (
        mathopt.TerminationReason.INFEASIBLE,
        mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED,
    ):
        return Optimum("infeasible", None, -np.inf)
    if not result.has_primal_feasible_solution():
        return Optimum("unknown", None, bound)
    chosen = np.array(list(result.variable_values().values())[:pairs])
    if whole:
        chosen = np.rint(chosen)
    proven = reason == mathopt.TerminationReason.OPTIMAL
    return Optimum("optimal" if proven else "feasible", chosen, bound)
