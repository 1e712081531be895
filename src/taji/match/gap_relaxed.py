"""The relaxation over loads: loads are taken in part, so that every need is met once.

Decides the cheapest mixture of given loads and its prices. Which loads are given, and which
further rows a mixture must keep, is decided by who asks (``taji.match.gap_loads``,
``taji.match.gap_choice``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from scipy import sparse

from taji.base.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Relaxed", "relaxed", "rows_of"]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The cheapest mixture.

    Attributes
    ----------
    cost : float
        Infinite where the solver gives up. [cost]
    share : FloatArray, shape (n_load,)
        How much of each load is in it. [fraction]
    missed : float
        How often needs are missed, or met once too often. [needs]
    prices : FloatArray, shape (n_row,)
        What one more on the right of a row would cost. [cost]
    """

    cost: float
    share: FloatArray
    missed: float
    prices: FloatArray


def rows_of(provider: IntArray, held: BoolArray, providers: int) -> sparse.csr_array:
    """Return the rows that loads fill: their needs, then their provider.

    Parameters
    ----------
    provider : IntArray, shape (n_load,)
    held : BoolArray, shape (n_load, n_need)
    providers : int

    Returns
    -------
    sparse.csr_array, shape (n_load, n_need + n_provider)
    """
    count = len(provider)
    whose = sparse.csr_array((np.ones(count), (np.arange(count), provider)), (count, providers))
    return sparse.hstack([sparse.csr_array(held.astype(np.float64)), whose]).tocsr()


def relaxed(rows: sparse.csr_array, cost: FloatArray, near: FloatArray, within: float) -> Relaxed:
    """Mix loads at the least cost: each need once, and at most one in every other row.

    Parameters
    ----------
    rows : sparse.csr_array, shape (n_load, n_row)
        How often a load counts in a row; the needs are the first rows.
    cost : FloatArray, shape (n_load,)
        [cost]
    near : FloatArray, shape (n_need,)
        A need may be missed, or met twice, at this price and ``within`` more, or less. [cost]
    within : float
        [cost]
    """
    count, needs = len(cost), len(near)
    costs = np.concatenate([cost, near + within, within - near])
    made = mathopt.Model.from_model_proto(_proto(rows, costs, needs))
    result = mathopt.solve(made, mathopt.SolverType.GLOP)
    if not (result.has_primal_feasible_solution() and result.has_dual_feasible_solution()):
        prices = np.concatenate([near, np.zeros(rows.shape[1] - needs)])
        return Relaxed(np.inf, np.zeros(count), np.inf, prices)
    share = np.fromiter(result.variable_values().values(), float)
    prices = np.fromiter(result.dual_values().values(), float)
    return Relaxed(result.objective_value(), share[:count], float(share[count:].sum()), prices)


def _proto(rows: sparse.csr_array, costs: FloatArray, needs: int) -> model_pb2.ModelProto:
    """Write it: loads, then one column for each need missed, and one for met twice."""
    count, height = rows.shape
    every = np.arange(needs)
    entries = rows.tocoo()
    row = np.concatenate([entries.col, every, every])
    column = np.concatenate([entries.row, count + every, count + needs + every])
    size = np.concatenate([entries.data, np.ones(needs), -np.ones(needs)])
    order = np.lexsort((column, row))
    made = model_pb2.ModelProto()
    made.variables.ids.extend(range(len(costs)))
    made.variables.lower_bounds.extend([0.0] * len(costs))
    made.variables.upper_bounds.extend([np.inf] * len(costs))
    made.variables.integers.extend([False] * len(costs))
    made.objective.linear_coefficients.ids.extend(np.flatnonzero(costs).tolist())
    made.objective.linear_coefficients.values.extend(costs[costs != 0].tolist())
    made.linear_constraints.ids.extend(range(height))
    made.linear_constraints.lower_bounds.extend([1.0] * needs + [-np.inf] * (height - needs))
    made.linear_constraints.upper_bounds.extend([1.0] * height)
    made.linear_constraint_matrix.row_ids.extend(row[order].tolist())
    made.linear_constraint_matrix.column_ids.extend(column[order].tolist())
    made.linear_constraint_matrix.coefficients.extend(size[order].tolist())
    return made
