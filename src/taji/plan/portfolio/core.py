"""Choose best for a few firms while the others stay: the whole problem in small, solved exactly.

Decides the options of the open firms by mixed-integer programming. Which firms are open is
``taji.plan.portfolio.polishing``'s.
"""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np
from ortools.math_opt.python import mathopt

from taji.base.arrays import FloatArray
from taji.plan.portfolio.instance import NOTHING, Block, ChoiceArray, Portfolio

__all__ = ["Effort", "Settled", "Solver", "settle_exactly"]

Solver = Literal["highs", "scip"]

#: Rows are written so that the largest use is this: the solver's tolerance is then a hair of it.
LARGEST = 1000.0
_TYPES = {"highs": mathopt.SolverType.HIGHS, "scip": mathopt.SolverType.GSCIP}
_BEST, _NONE = mathopt.TerminationReason.OPTIMAL, mathopt.TerminationReason.INFEASIBLE


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try: the same effort gives the same answer on every machine, but for ``seconds``.

    Attributes
    ----------
    nodes : int
        Nodes of the search tree. [nodes]
    gap : float
        Ends when value and bound differ by no more. [points]
    seconds : float
        Ends after this time at the latest. [s]
    seed : int
        Seed of the solver.
    presolve : bool
        Whether the programme is simplified first: of little use where few options are open.
    solver : {"highs", "scip"}
        HiGHS finds, SCIP proves.
    """

    nodes: int
    gap: float
    seconds: float
    seed: int
    presolve: bool = True
    solver: Solver = "highs"


@dataclass(frozen=True, slots=True)
class Settled:
    """What was found for the open firms.

    Attributes
    ----------
    choice : ChoiceArray or None
        A choice that keeps the rows (but for ``short``); settled firms have ``NOTHING``.
    bound : float
        No choice of the open firms, with the settled ones as they are, is worth more. [points]
    short : FloatArray, shape (n_row,)
        By how much each row is broken where that was allowed. [smallest units]
    proven : bool
        Whether no better choice exists, or none at all where ``choice`` is None.
    """

    choice: ChoiceArray | None
    bound: float
    short: FloatArray
    proven: bool


def settle_exactly(
    portfolio: Portfolio,
    effort: Effort,
    *,
    hint: ChoiceArray | None = None,
    forgive: FloatArray | None = None,
) -> Settled:
    """Choose for all open firms of a portfolio by mixed-integer programming.

    Parameters
    ----------
    portfolio : Portfolio
        The open firms, few.
    effort : Effort
        How hard to try.
    hint : ChoiceArray, optional
        A choice to begin with.
    forgive : FloatArray, optional, shape (n_row,)
        What breaking each row by one unit costs; infinite where it may not be broken.
        [points per smallest unit]

    Notes
    -----
    HiGHS keeps rows to a tolerance. Its choice is looked at exactly, and where a row is broken
    by a hair the row is drawn in by as much and the search repeated.
    """
    margin = np.zeros(len(portfolio.rows.bound))
    for _ in range(4):
        programme = _Programme(portfolio, margin, forgive)
        found = programme.solve(effort, hint)
        if found.choice is None:
            return found
        over = portfolio.over(found.choice) - found.short
        if np.all(over <= 0):
            return found
        margin = margin + np.maximum(over, 0.0) * (1 + 1e-9)
    return Settled(None, found.bound, found.short, proven=False)


class _Programme:
    """The open firms as a mixed-integer programme."""

    def __init__(
        self, portfolio: Portfolio, margin: FloatArray, forgive: FloatArray | None
    ) -> None:
        self._portfolio, self._model = portfolio, mathopt.Model()
        self._model.objective.is_maximize = True
        rows = portfolio.rows
        most = np.array([_largest(portfolio, place) for place in range(len(rows.use))])
        self._weight = LARGEST / np.maximum(most, 1.0)
        self._rows = [
            self._model.add_linear_constraint(ub=float(bound))
            for bound in (rows.bound - margin) * self._weight
        ]
        self._short: dict[int, mathopt.Variable] = {}
        for r, cost in enumerate(() if forgive is None else forgive):
            if np.isfinite(cost):
                self._short[r] = self._model.add_variable(lb=0.0)
                self._rows[r].set_coefficient(self._short[r], -1.0)
                self._model.objective.set_linear_coefficient(
                    self._short[r], -float(cost / self._weight[r])
                )
        self._take: list[mathopt.Variable] = []
        self._option: list[tuple[int, int]] = []
        for block in portfolio.blocks:
            for column in range(len(block.firm)):
                self._add_firm(block, column)

    def _add_firm(self, block: Block, column: int) -> None:
        rows, firm = self._portfolio.rows, int(block.firm[column])
        least = 1.0 if self._portfolio.compulsory else 0.0
        one = self._model.add_linear_constraint(lb=least, ub=1.0)
        counts = np.flatnonzero(rows.member[:, block.cell[column]])
        for j in range(len(block.value)):
            take = self._model.add_binary_variable()
            one.set_coefficient(take, 1.0)
            worth = float(block.value[j, column])
            self._model.objective.set_linear_coefficient(take, worth)
            used = rows.sign * self._weight * block.use[rows.use, j, column]
            for r in counts[used[counts] != 0]:
                self._rows[r].set_coefficient(take, float(used[r]))
            self._take.append(take)
            self._option.append((firm, int(block.option[j, column])))

    def solve(self, effort: Effort, hint: ChoiceArray | None) -> Settled:
        result = mathopt.solve(
            self._model,
            _TYPES[effort.solver],
            params=_parameters(effort, known=hint is not None),
            model_params=self._hint(hint),
        )
        if result.termination.limit == mathopt.Limit.INTERRUPTED:
            signal.raise_signal(signal.SIGINT)  # SCIP took it from whoever listens
        settled = self._portfolio.settled
        short = np.zeros(len(self._portfolio.rows.bound))
        reason = result.termination.reason
        if not result.has_primal_feasible_solution():
            no = reason in (_NONE, mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED)
            return Settled(None, -np.inf if no else np.inf, short, proven=no)
        choice = np.full(self._portfolio.size, NOTHING, dtype=np.int32)
        for (firm, option), taken in zip(
            self._option, result.variable_values(self._take), strict=True
        ):
            if taken > 0.5:
                choice[firm] = option
        over = self._portfolio.over(choice)
        for r in self._short:
            short[r] = max(0.0, over[r])
        bound = settled + result.termination.objective_bounds.dual_bound
        return Settled(choice, bound, short, proven=reason == _BEST)

    def _hint(self, hint: ChoiceArray | None) -> mathopt.ModelSolveParameters:
        parameters = mathopt.ModelSolveParameters()
        if hint is not None:
            values = {
                take: float(hint[firm] == option)
                for take, (firm, option) in zip(self._take, self._option, strict=True)
            }
            over = self._portfolio.over(hint)
            values |= {
                s: max(0.0, float(over[r] * self._weight[r])) for r, s in self._short.items()
            }
            parameters.solution_hints.append(mathopt.SolutionHint(variable_values=values))
        return parameters


def _parameters(effort: Effort, *, known: bool) -> mathopt.SolveParameters:
    out = mathopt.SolveParameters(
        time_limit=timedelta(seconds=max(effort.seconds, 0.01)),
        node_limit=effort.nodes,
        relative_gap_tolerance=0.0,
        absolute_gap_tolerance=effort.gap,
        random_seed=effort.seed,
        presolve=None if effort.presolve else mathopt.Emphasis.OFF,
    )
    if effort.solver == "scip":
        if known:  # where a good choice is known, nodes are worth more than what finds one
            out.cuts = out.heuristics = mathopt.Emphasis.OFF
            out.gscip.bool_params["conflict/enable"] = False
        in_front = threading.current_thread() is threading.main_thread()
        out.gscip.bool_params["misc/catchctrlc"] = in_front
    return out


def _largest(portfolio: Portfolio, place: int) -> float:
    """The largest use of the resource of a row among open options."""
    k = portfolio.rows.use[place]
    return max((float(block.use[k].max(initial=0.0)) for block in portfolio.blocks), default=0.0)
