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
from taji.plan.schedule import LOTS, Schedule
from taji.plan.solving import Found, Search
from taji.plan.steps import Plan, Step, counted

__all__ = ["STAGES", "Name", "NoTimeError", "Roadmap", "Stage", "roadmap"]

Name = Literal["finish_period", "cost", "gain", "benefit"]
#: Seconds for settling which of several best plans it is, and that as a share of what was spent.
SETTLING, SETTLING_SHARE = 1.0, 0.3
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
    settled : bool
        No other plan is as good, or the draw from the seed chose among those that are; otherwise
        the next search may find another of them.
    """

    status: Literal["optimal", "feasible", "infeasible"]
    plan: Plan | None
    stages: tuple[Stage, ...]
    seconds: float
    seed: int
    settled: bool = True


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
    stages: list[Stage] = []
    best: tuple[Step, ...] = ()
    for name in STAGES:
        told(name)
        found = _SERVE[name](instance, search, stages, best)
        if name == STAGES[0] and found.status == "infeasible":
            return Roadmap(
                status="infeasible", plan=None, stages=(), seconds=search.spent, seed=search.seed
            )
        if name == STAGES[0] and not found.exists:
            raise NoTimeError(seconds=round(search.spent, 1))
        if not found.exists:
            break
        best = found.steps
        assert found.value is not None
        assert found.bound is not None
        stages.append(Stage(name, found.value, found.bound, found.status == "optimal"))
    proven = len(stages) == len(STAGES) and all(stage.proven for stage in stages)
    drawn = _settled(instance, search, stages, best) if proven else Found("unknown")
    best = drawn.steps if drawn.exists else best
    plan = counted(instance, best)
    if plan.broken:  # pragma: no cover - the model and the recount say the same
        raise AssertionError(f"the plan breaks {plan.broken}")
    return Roadmap(
        status="optimal" if proven else "feasible",
        plan=plan,
        stages=tuple(stages),
        seconds=search.spent,
        seed=search.seed,
        settled=drawn.status == "optimal",
    )


def _earliest(
    instance: Instance, search: Search, stages: list[Stage], best: tuple[Step, ...]
) -> Found:
    return earliest(instance, search=search)


def _cheapest(
    instance: Instance, search: Search, stages: list[Stage], best: tuple[Step, ...]
) -> Found:
    finish = stages[0].value
    schedule = Schedule(instance, last=finish)
    schedule.reach(finish)
    schedule.hint(best)
    return search.run(schedule, least=schedule.cost)


def _most(instance: Instance, search: Search, stages: list[Stage], best: tuple[Step, ...]) -> Found:
    schedule = _kept(instance, stages)
    schedule.hint(best)
    wish = _Wish(schedule.gained(instance.periods), sum(instance.gains))
    return _among_cheapest(schedule, wish, search, lambda plan: plan.gain)


def _soonest(
    instance: Instance, search: Search, stages: list[Stage], best: tuple[Step, ...]
) -> Found:
    schedule = _kept(instance, stages)
    schedule.model.add(schedule.gained(instance.periods) >= stages[2].value)
    schedule.hint(best)
    wish = _Wish(_benefit(schedule), instance.periods * sum(instance.gains))
    return _among_cheapest(schedule, wish, search, lambda plan: plan.benefit)


def _benefit(schedule: Schedule) -> Any:
    return sum(schedule.gained(period) for period in range(1, schedule.instance.periods + 1))


def _settled(
    instance: Instance, search: Search, stages: list[Stage], best: tuple[Step, ...]
) -> Found:
    """Find the one of several best plans that a draw from the seed prefers.

    Searchers that run side by side find now this one, now that; a plan must not change by chance.
    It is the hardest proof of all and the least wanted one, so it gets a part of the time.
    """
    schedule = _kept(instance, stages)
    schedule.model.add(schedule.gained(instance.periods) >= stages[2].value)
    schedule.model.add(_benefit(schedule) >= stages[3].value)
    schedule.hint(best)
    wish = _Wish(schedule.lot(search.seed), LOTS * len(instance.measures))
    seconds = max(SETTLING, SETTLING_SHARE * search.spent)
    return _among_cheapest(schedule, wish, search, lambda plan: 0, seconds=seconds)


@dataclass(frozen=True, slots=True)
class _Wish:
    """Something that is to be large, and the largest that it can be."""

    value: Any
    most: int


def _among_cheapest(
    schedule: Schedule,
    wish: _Wish,
    search: Search,
    told: Callable[[Plan], int],
    *,
    seconds: float | None = None,
) -> Found:
    """Serve a wish among the plans of the least cost.

    The cost stays in the objective, weighed so that one unit of it outweighs the whole wish: the
    bounds that proved the least cost then prune here as well. With the cost as a mere limit the same
    proof took many times as long.
    """
    weight, unit = wish.most + 1, schedule.unit
    share = 1.0 if seconds is None else min(1.0, seconds / max(search.left, 1e-3))
    found = search.run(schedule, least=schedule.cost * weight - wish.value * unit, share=share)
    if not found.exists:
        return found
    assert found.bound is not None
    plan = counted(schedule.instance, found.steps)
    return Found(found.status, found.steps, told(plan), (plan.cost * weight - found.bound) // unit)


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


def _kept(instance: Instance, stages: list[Stage]) -> Schedule:
    """Return the whole problem with the first two wishes kept."""
    finish = stages[0].value
    schedule = Schedule(instance, last=instance.periods if _free(instance) else finish)
    schedule.reach(finish)
    schedule.model.add(schedule.cost <= stages[1].value)
    return schedule


def _free(instance: Instance) -> bool:
    """Return whether a measure may cost nothing, the subsidy taken off."""
    subsidy = instance.subsidy
    share = subsidy.share[0] / subsidy.share[1] if subsidy is not None else 0.0
    return any(
        variant.purchase * (1 - share) < 1
        for measure in instance.measures
        for variant in measure.variants
    )


_SERVE: dict[Name, Callable[[Instance, Search, list[Stage], tuple[Step, ...]], Found]] = {
    "finish_period": _earliest,
    "cost": _cheapest,
    "gain": _most,
    "benefit": _soonest,
}
