"""The best roadmap of one firm: what to do, in which variant, when, and how far that is proved.

Decides what *best* means, one wish after another, each kept while the next is served:

1. the target holds as early as can be,
2. at the least cost,
3. with the most gained by the horizon,
4. and gained as early as can be.

Does not decide what measures bring (``taji.plan.thresholds``) nor why there is no plan
(``taji.plan.conflict``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from taji.base.errors import TajiError
from taji.plan.earliest import earliest
from taji.plan.instance import Instance
from taji.plan.schedule import Schedule
from taji.plan.solving import Found, Search
from taji.plan.steps import Plan, Step, counted
from taji.plan.thinning import thin

__all__ = ["STAGES", "Name", "NoTimeError", "Roadmap", "Stage", "roadmap"]

Name = Literal["finish_period", "cost", "gain", "benefit"]
#: The wishes, in their order.
STAGES: tuple[Name, Name, Name, Name] = ("finish_period", "cost", "gain", "benefit")


class NoTimeError(TajiError):
    """The time was over before there was a plan or a proof that there is none."""

    code = "plan.no_time"
    sentences = {
        "en": "Within {seconds:g} s neither a plan was found nor a proof that there is none. "
        "Give the search more time with --time-limit.",
        "zh": "在 {seconds:g} 秒内既没有找到方案，也未能证明不存在方案。请用 --time-limit 增加时间。",
    }


@dataclass(frozen=True, slots=True)
class Stage:
    """How far one wish was served.

    Attributes
    ----------
    name : str
    value, bound : int
        What the plan has, and the best that is not ruled out, given the wishes before it.
    proven : bool
        Nothing better exists.
    """

    name: Name
    value: int
    bound: int
    proven: bool

    @property
    def gap(self) -> float:
        """Distance of value and bound, as a share of the value. [fraction]"""
        return abs(self.value - self.bound) / max(1, abs(self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Roadmap:
    """The answer to a roadmap problem.

    Attributes
    ----------
    status : {"optimal", "feasible", "infeasible"}
        ``optimal``: all wishes are proved.
    plan : Plan or None
        None where there is no plan.
    stages : tuple of Stage
        As far as the search came.
    seconds, seed
        What the search took and began with.
    """

    status: Literal["optimal", "feasible", "infeasible"]
    plan: Plan | None
    stages: tuple[Stage, ...]
    seconds: float
    seed: int


def roadmap(
    instance: Instance,
    *,
    search: Search,
    told: Callable[[Name], None] = lambda stage: None,
) -> Roadmap:
    """Find the best roadmap.

    Parameters
    ----------
    instance : Instance
    search : Search
        The clock and the seed.
    told : callable
        Hears of every wish before it is served.

    Raises
    ------
    NoTimeError
        If the time was over before there was a plan or a proof that there is none.

    Notes
    -----
    What is done after the target holds does not help the target. The first two wishes are therefore
    served in the smaller problem in which everything ends by then; the last two as well, unless
    something costs nothing at all and so may come later in a plan of the least cost.

    Examples
    --------
    >>> from taji.plan.instance import Measure, Condition, Variant
    >>> slow = Variant(duration=3, purchase=50, running=0, staff=0, facts=frozenset({0}))
    >>> fast = Variant(duration=1, purchase=80, running=0, staff=0, facts=frozenset({0}))
    >>> problem = Instance(
    ...     periods=4, periods_per_year=4, measures=(Measure((slow, fast)),),
    ...     tests=(Condition(((0, 1),), 1),), gains=(1,),
    ... )
    >>> found = roadmap(problem, search=Search(seconds=10, seed=1))
    >>> found.status, found.plan.finish_period, found.plan.cost
    ('optimal', 1, 80)
    """
    if counted(instance, ()).finish_period == 0:
        return _standing(instance, search)
    told(STAGES[0])
    soonest = earliest(instance, search=search)
    if soonest.plan.status == "infeasible":
        return Roadmap(
            status="infeasible", plan=None, stages=(), seconds=search.spent, seed=search.seed
        )
    if not soonest.plan.exists:
        raise NoTimeError(seconds=round(search.spent, 1))
    served = _Served(instance, search)
    served.keep("finish_period", soonest.plan)
    told(STAGES[1])
    known = soonest.cheapest
    served.keep("cost", known if known.status == "optimal" else served.cheapest())
    for name, serve in ((STAGES[2], served.most), (STAGES[3], served.soonest)):
        if len(served.stages) == STAGES.index(name):
            told(name)
            served.keep(name, serve())
    proven = len(served.stages) == len(STAGES) and all(stage.proven for stage in served.stages)
    plan = counted(instance, served.best)
    if plan.broken:  # pragma: no cover - the model and the recount say the same
        raise AssertionError(f"the plan breaks {plan.broken}")
    return Roadmap(
        status="optimal" if proven else "feasible",
        plan=plan,
        stages=tuple(served.stages),
        seconds=search.spent,
        seed=search.seed,
    )


class _Served:
    """The wishes served so far, and the best plan that serves them."""

    def __init__(self, instance: Instance, search: Search) -> None:
        self.instance, self.search = instance, search
        self.stages: list[Stage] = []
        self.best: tuple[Step, ...] = ()

    def keep(self, name: Name, found: Found) -> None:
        """Keep what was found for a wish, if anything was."""
        if not found.exists:
            return
        assert found.value is not None
        assert found.bound is not None
        self.best = found.steps
        self.stages.append(Stage(name, found.value, found.bound, found.status == "optimal"))

    def cheapest(self) -> Found:
        schedule = Schedule(self.instance, last=self.stages[0].value)
        schedule.reach(schedule.last)
        return self._search(schedule, least=schedule.cost)

    def most(self) -> Found:
        schedule = self._cheapest_plans()
        return self._search(schedule, most=schedule.gained(self.instance.periods))

    def soonest(self) -> Found:
        schedule, periods = self._cheapest_plans(), range(1, self.instance.periods + 1)
        schedule.model.add(schedule.gained(self.instance.periods) >= self.stages[2].value)
        return self._search(schedule, most=sum(schedule.gained(period) for period in periods))

    def _cheapest_plans(self) -> Schedule:
        """Return the whole problem with the first two wishes kept."""
        finish = self.stages[0].value
        last = self.instance.periods if _free(self.instance) else finish
        schedule = Schedule(self.instance, last=last)
        schedule.reach(finish)
        schedule.model.add(schedule.cost <= self.stages[1].value)
        return schedule

    def _search(self, schedule: Schedule, **wish: Any) -> Found:
        """Search from the best plan known, without starts that would make a plan dearer."""
        thin(schedule, most=counted(self.instance, self.best).cost)
        schedule.hint(self.best)
        return self.search.run(schedule, **wish)


def _standing(instance: Instance, search: Search) -> Roadmap:
    """Return the empty plan of a firm that is at its target."""
    plan = counted(instance, ())
    values = {"finish_period": 0, "cost": 0, "gain": plan.gain, "benefit": plan.benefit}
    return Roadmap(
        status="optimal",
        plan=plan,
        stages=tuple(Stage(name, values[name], values[name], True) for name in STAGES),
        seconds=search.spent,
        seed=search.seed,
    )


def _free(instance: Instance) -> bool:
    """Return whether a measure may cost nothing, the subsidy taken off."""
    subsidy = instance.subsidy
    share = subsidy.share[0] / subsidy.share[1] if subsidy is not None else 0.0
    return any(
        variant.purchase * (1 - share) < 1
        for measure in instance.measures
        for variant in measure.variants
    )
