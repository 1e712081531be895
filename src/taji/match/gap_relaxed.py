"""The relaxation over loads: loads are taken in part, so that every need is met once.

Decides the cheapest mixture of given loads and its prices. Which loads are given, and which
further rows a mixture must keep, is decided by who asks (``taji.match.gap_loads``,
``taji.match.gap_choice``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.linear_solver.python.model_builder_helper import (
    ModelBuilderHelper,
    ModelSolverHelper,
    SolveStatus,
)
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
    count, needs, height = len(cost), len(near), rows.shape[1]
    costs = np.concatenate([cost, near + within, within - near])
    # one column for each need that is missed, and one for each that is met twice
    slack = sparse.eye_array(needs, height)
    least, most = np.full(height, -np.inf), np.ones(height)
    least[:needs] = 1.0
    model, solver = ModelBuilderHelper(), ModelSolverHelper("glop")
    fill: Any = model.fill_model_from_sparse_data  # its stub asks for arrays of no shape
    fill(
        np.zeros(len(costs)),
        np.full(len(costs), np.inf),
        costs,
        least,
        most,
        sparse.csr_matrix(sparse.vstack([rows, slack, -slack]).T),
    )
    solver.solve(model)
    if solver.status() != SolveStatus.OPTIMAL:
        prices = np.concatenate([near, np.zeros(height - needs)])
        return Relaxed(np.inf, np.zeros(count), np.inf, prices)
    share = np.array(solver.variable_values())
    prices = np.array(solver.dual_values())
    return Relaxed(solver.objective_value(), share[:count], float(share[count:].sum()), prices)
