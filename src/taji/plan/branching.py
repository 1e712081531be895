"""A model of whole numbers, searched by branch and bound over its linear relaxation.

Decides how a model of CP-SAT is handed to SCIP, and what is taken from the answer: whole numbers,
and a bound. Whether they keep every limit to the yuan, whoever asked counts again.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.math_opt.solvers.gscip import gscip_pb2
from ortools.sat.python import cp_model

from taji.base.arrays import FloatArray

__all__ = ["Branched", "Relaxed", "Status", "branch", "relax"]

Status = Literal["optimal", "feasible", "infeasible", "unknown"]

#: How far SCIP may leave a row, as a share of its side: a thousandth of a yuan in a million.
TOLERANCE = 1e-9
#: What a bound may be off by, as a share of it. [fraction]
ROUNDING = 1e-9
#: Beyond this a side of a row is no side.
_NO_SIDE = 2**60
_REASON = mathopt.TerminationReason
_STATUS: dict[mathopt.TerminationReason, Status] = {
    _REASON.OPTIMAL: "optimal",
    _REASON.FEASIBLE: "feasible",
    _REASON.INFEASIBLE: "infeasible",
    _REASON.INFEASIBLE_OR_UNBOUNDED: "infeasible",  # all variables are bounded
}


@dataclass(frozen=True, slots=True)
class Branched:
    """What the search found.

    Attributes
    ----------
    status : Status
    values : tuple of int, shape (n_variable,)
        Of the best solution, which keeps every row exactly; empty where none was found.
    value, bound : int or None
        Of the objective: of that solution, and the best that is not ruled out.
    stopped : bool
        Somebody pressed Ctrl-C.
    """

    status: Status
    values: tuple[int, ...] = ()
    value: int | None = None
    bound: int | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The best of the objective where variables need not be whole.

    Attributes
    ----------
    best : float
        Infinite where even so there is no solution.
    reduced_costs : tuple of float, shape (n_variable,)
        What one unit more of a variable that is at its least value adds to it, at least.
    """

    best: float
    reduced_costs: tuple[float, ...]


def branch(
    model: cp_model.CpModel,
    *,
    seconds: float,
    seed: int,
    first: bool = False,
    heeds: bool = True,
) -> Branched:
    """Search for the best solution of a model, from its hint where it has one.

    Parameters
    ----------
    model : CpModel
        Linear rows and at-most-ones over bounded variables, with an objective.
    seconds : float
        Ends after this time. [s]
    seed : int
    first : bool
        Whether any solution is enough.
    heeds : bool
        Whether Ctrl-C ends the search.

    Returns
    -------
    Branched
        ``unknown`` also where the solution found breaks a row by less than SCIP sees.

    Notes
    -----
    Starts of measures, their prerequisites and thresholds have a close linear relaxation: SCIP [1]_
    proves tight cases in half the time that CP-SAT takes with two cores, the hardest in a tenth
    (decision 0019). It works in one thread and gives the same answer every time.

    References
    ----------
    .. [1] S. Bolusani et al., "The SCIP Optimization Suite 9.0". arXiv:2402.17702, 2024.
    """
    written = _programme(model, whole=True)
    programme = mathopt.Model.from_model_proto(written)
    variables = list(programme.variables())
    step = math.gcd(*model.proto.objective.coeffs) or 1
    result = mathopt.solve(
        programme,
        mathopt.SolverType.GSCIP,
        params=_parameters(0.999 * step, seconds, seed, first, heeds),
        model_params=_hint(model, variables),
    )
    status = _STATUS.get(result.termination.reason, "unknown")
    stopped = result.termination.limit == mathopt.Limit.INTERRUPTED
    if not result.has_primal_feasible_solution():
        return Branched(status if status == "infeasible" else "unknown", stopped=stopped)
    values = np.rint(result.variable_values(variables))
    if not _keeps(written, values):
        return Branched("unknown", stopped=stopped)
    value = round(result.termination.objective_bounds.primal_bound)
    bound = _whole(result.termination.objective_bounds.dual_bound, value, step)
    return Branched(
        "optimal" if bound == value else "feasible",
        tuple(values.astype(int).tolist()),
        value,
        bound,
        stopped,
    )


def relax(model: cp_model.CpModel) -> Relaxed | None:
    """Find the best of the objective where variables need not be whole; None where that fails."""
    programme = mathopt.Model.from_model_proto(_programme(model, whole=False))
    variables = list(programme.variables())
    result = mathopt.solve(programme, mathopt.SolverType.GLOP)
    status = _STATUS.get(result.termination.reason, "unknown")
    if status == "infeasible":
        return Relaxed(math.inf, ())
    if status != "optimal" or not result.has_dual_feasible_solution():
        return None
    return Relaxed(
        result.termination.objective_bounds.dual_bound,
        tuple(result.reduced_costs(variables)),
    )


def _parameters(
    gap: float, seconds: float, seed: int, first: bool, heeds: bool
) -> mathopt.SolveParameters:
    return mathopt.SolveParameters(
        time_limit=timedelta(seconds=seconds),
        relative_gap_tolerance=0.0,
        absolute_gap_tolerance=gap,
        random_seed=seed,
        solution_limit=1 if first else None,
        gscip=gscip_pb2.GScipParameters(
            real_params={"numerics/feastol": TOLERANCE},
            bool_params={"misc/catchctrlc": heeds and _hears_signals()},
        ),
    )


def _whole(bound: float, value: int, step: int) -> int:
    """The best value not ruled out by a bound: whole steps from a value, a hair let go."""
    if not math.isfinite(bound):
        bound = math.copysign(float(_NO_SIDE), bound)
    steps = (bound - value) / step
    hair = ROUNDING * (1 + abs(bound) / step)
    return value + step * (math.ceil(steps - hair) if steps < 0 else math.floor(steps + hair))


def _keeps(programme: model_pb2.ModelProto, values: FloatArray) -> bool:
    """Whether whole values keep every row; their sums are exact below 2**53."""
    rows, matrix = programme.linear_constraints, programme.linear_constraint_matrix
    taken = np.array(matrix.coefficients) * values[np.array(matrix.column_ids, dtype=int)]
    sums = np.bincount(np.array(matrix.row_ids, dtype=int), weights=taken, minlength=len(rows.ids))
    low, high = np.array(rows.lower_bounds), np.array(rows.upper_bounds)
    return bool(((low <= sums) & (sums <= high)).all())


def _hears_signals() -> bool:
    """Whether SCIP may take Ctrl-C while it works; elsewhere than here Python does not hear it."""
    return threading.current_thread() is threading.main_thread()


def _hint(
    model: cp_model.CpModel, variables: list[mathopt.Variable]
) -> mathopt.ModelSolveParameters:
    hint = model.proto.solution_hint
    values = {
        variables[place]: float(value) for place, value in zip(hint.vars, hint.values, strict=True)
    }
    start = mathopt.ModelSolveParameters()
    if values:
        start.solution_hints.append(mathopt.SolutionHint(variable_values=values))
    return start


def _programme(model: cp_model.CpModel, *, whole: bool) -> model_pb2.ModelProto:
    """Write the same rows and columns down for MathOpt."""
    given, out = model.proto, model_pb2.ModelProto()
    for place, variable in enumerate(given.variables):
        domain = list(variable.domain)
        out.variables.ids.append(place)
        out.variables.lower_bounds.append(domain[0])
        out.variables.upper_bounds.append(domain[-1])
        out.variables.integers.append(whole)
    for row in given.constraints:
        _add(out, row)
    scale = given.objective.scaling_factor or 1.0
    out.objective.maximize = scale < 0
    terms = sorted(zip(given.objective.vars, given.objective.coeffs, strict=True))
    out.objective.linear_coefficients.ids.extend(place for place, _ in terms)
    out.objective.linear_coefficients.values.extend(scale * weight for _, weight in terms)
    out.objective.offset = scale * given.objective.offset
    return out


def _add(out: model_pb2.ModelProto, row: Any) -> None:
    if row.has_linear():
        domain = list(row.linear.domain)
        low, high = domain[0], domain[-1]
        terms = sorted(zip(row.linear.vars, row.linear.coeffs, strict=True))
    elif row.has_at_most_one():
        low, high = -_NO_SIDE, 1
        terms = [(place, 1) for place in sorted(row.at_most_one.literals)]
    else:
        raise TypeError(f"not a linear row: {row}")
    place = len(out.linear_constraints.ids)
    out.linear_constraints.ids.append(place)
    out.linear_constraints.lower_bounds.append(-math.inf if low <= -_NO_SIDE else low)
    out.linear_constraints.upper_bounds.append(math.inf if high >= _NO_SIDE else high)
    matrix = out.linear_constraint_matrix
    matrix.row_ids.extend([place] * len(terms))
    matrix.column_ids.extend(variable for variable, _ in terms)
    matrix.coefficients.extend(float(weight) for _, weight in terms)
