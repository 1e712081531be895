"""Run CP-SAT: the same search every time, a clock that stops it, and what was proved.

Decides how the solver is set up and when a search ends. What is searched for, the caller says.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from ortools.sat.python import cp_model

from taji.plan.schedule import Schedule
from taji.plan.steps import Step

__all__ = ["WORKERS", "Found", "Search"]

#: Fewer than eight searchers leave out whole ways of proving (OR-Tools issue 3662).
WORKERS = 8
#: Who ends without a proof before this part of the time was stopped from outside. [fraction]
_EARLY = 0.9
#: Seconds below which a search is not begun any more.
_TOO_SHORT = 0.01

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
_STATUS: dict[Any, Status] = {
    cp_model.OPTIMAL: "optimal",
    cp_model.FEASIBLE: "feasible",
    cp_model.INFEASIBLE: "infeasible",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What one search found.

    Attributes
    ----------
    status : {"optimal", "feasible", "infeasible", "unknown"}
    steps : tuple of Step
        The best plan; empty where none was found.
    value, bound : int or None
        Of the objective: of the best plan, and the best that was not ruled out.
    """

    status: Status
    steps: tuple[Step, ...] = ()
    value: int | None = None
    bound: int | None = None

    @property
    def exists(self) -> bool:
        """Whether there is a plan."""
        return self.status in ("optimal", "feasible")


@dataclass(slots=True)
class Search:
    """A clock that several searches share.

    Attributes
    ----------
    seconds : float
        For all searches together.
    seed : int
    stopped : bool
        Somebody pressed Ctrl-C: what is found by then is what there is.
    heeds : bool
        Whether Ctrl-C ends a search. One that ends with a proof at that moment does not tell of
        it: of many short searches none should heed it, and whoever started them listen.
    """

    seconds: float
    seed: int
    stopped: bool = False
    heeds: bool = True
    _began: float = field(default_factory=time.monotonic)

    @property
    def spent(self) -> float:
        """Seconds since the first search could begin."""
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds that are left; none once somebody stopped it."""
        return 0.0 if self.stopped else self.seconds - self.spent

    def run(
        self, schedule: Schedule, *, least: Any = None, most: Any = None, share: float = 1.0
    ) -> Found:
        """Search for the least or the most of an expression.

        Parameters
        ----------
        schedule : Schedule
        least, most : expression
            One of them: what is to be small, or large.
        share : float
            Of the time left, at most this much. [fraction]
        """
        if least is not None:
            schedule.model.minimize(least)
        else:
            schedule.model.maximize(most)
        solver, status = self._solve(schedule, self._solver(share))
        if solver is None or status not in ("optimal", "feasible"):
            return Found(status)
        return Found(
            status,
            schedule.steps(solver),
            round(solver.objective_value),
            round(solver.best_objective_bound),
        )

    def first(self, schedule: Schedule, *, guide: Any) -> Found:
        """Search for any plan; ``guide``, to be small, leads the search and its proofs."""
        schedule.model.minimize(guide)
        solver = self._solver(1.0)
        solver.parameters.stop_after_first_solution = True
        done, status = self._solve(schedule, solver)
        if done is None or status not in ("optimal", "feasible"):
            return Found(status)
        return Found(status, schedule.steps(done))

    def _solver(self, share: float) -> cp_model.CpSolver:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = WORKERS
        solver.parameters.random_seed = self.seed
        solver.parameters.catch_sigint_signal = self.heeds
        solver.parameters.max_time_in_seconds = max(0.0, self.left * share)
        return solver

    def _solve(
        self, schedule: Schedule, solver: cp_model.CpSolver
    ) -> tuple[cp_model.CpSolver | None, Status]:
        seconds = solver.parameters.max_time_in_seconds
        if seconds < _TOO_SHORT:
            return None, "unknown"
        status = _STATUS.get(solver.solve(schedule.model), "unknown")
        early = solver.wall_time < _EARLY * seconds
        if early and not solver.parameters.stop_after_first_solution:
            # the solver takes Ctrl-C as the end of its search
            self.stopped |= status in ("feasible", "unknown")
        elif early:
            self.stopped |= status == "unknown"
        return solver, status
