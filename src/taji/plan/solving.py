"""Search a schedule: within a shared clock, the same way every time, and what was proved.

Decides which solver searches and when it ends. What is searched for, the caller says.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from ortools.sat.python import cp_model

from taji.plan.branching import Branched, Status, branch
from taji.plan.schedule import Schedule
from taji.plan.steps import Step

__all__ = ["Found", "Search"]

#: Fewer than eight searchers leave out whole ways of proving (OR-Tools issue 3662).
WORKERS = 8
#: Seconds below which a search is not begun any more.
_TOO_SHORT = 0.01

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
        return self._searched(schedule, share=share, first=False)

    def first(self, schedule: Schedule, *, guide: Any, share: float = 1.0) -> Found:
        """Search for any plan; ``guide``, to be small, leads the search and its proofs."""
        schedule.model.minimize(guide)
        return self._searched(schedule, share=share, first=True)

    def _searched(self, schedule: Schedule, *, share: float, first: bool) -> Found:
        """Branch; what breaks a limit by less than a hair is searched again in whole numbers."""
        seconds = self.left * share
        if seconds < _TOO_SHORT:
            return Found("unknown")
        began = time.monotonic()
        found = branch(
            schedule.model, seconds=seconds, seed=self.seed, first=first, heeds=self.heeds
        )
        self.stopped |= found.stopped
        seconds -= time.monotonic() - began
        if found.status == "unknown" and seconds > _TOO_SHORT and not self.stopped:
            found = self._in_whole_numbers(schedule, seconds, first=first)
        return Found(
            found.status,
            schedule.steps(found.values) if found.values else (),
            found.value,
            found.bound,
        )

    def _in_whole_numbers(self, schedule: Schedule, seconds: float, *, first: bool) -> Branched:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = WORKERS
        solver.parameters.random_seed = self.seed
        solver.parameters.catch_sigint_signal = self.heeds
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.stop_after_first_solution = first
        status = _STATUS.get(solver.solve(schedule.model), "unknown")
        if status not in ("optimal", "feasible"):
            return Branched(status)
        return Branched(
            status,
            tuple(solver.response_proto.solution),
            round(solver.objective_value),
            round(solver.best_objective_bound),
        )
