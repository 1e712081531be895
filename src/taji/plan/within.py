"""Plans by other wishes than a roadmap's: the most gain within the means, or the least cost with
which a level is reached.

A roadmap is wished for by a firm that has a target. A city that shares money out asks two other
questions: what is the most that this firm can make of so much, and what is the least that brings
it to a level by the horizon. Ask them of ``Instance.without_running``: whoever does things later
pays less for running them, and nobody should look frugal for waiting.

Without running cost, what is done is nearly free of when it is done. So it is chosen first, as if
everything took one period and no staff, and then put in time; only where that cannot be done are
both looked for together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from taji.plan.instance import Instance, Limits, Measure
from taji.plan.roadmap import Name, NoTimeError, Roadmap, Stage
from taji.plan.schedule import Schedule
from taji.plan.solving import Found, Search
from taji.plan.steps import Step, counted
from taji.plan.thinning import thin

__all__ = ["least_cost", "most_gain"]

_MOST: tuple[Name, ...] = ("gain", "cost")
_LEAST: tuple[Name, ...] = ("cost", "gain")

Pairs = frozenset[tuple[int, int]]


def most_gain(instance: Instance, *, search: Search) -> Roadmap:
    """Find the plan with the most gain by the horizon; then at the least cost; then soonest.

    The target is not asked for; ``finish_period`` tells whether it happens to be reached.

    Raises
    ------
    NoTimeError
        If the time was over before there was a plan.

    Examples
    --------
    >>> from taji.plan.instance import Variant
    >>> ways = [Variant(duration=1, purchase=p, running=0, staff=0, facts=frozenset({f}))
    ...         for f, p in enumerate((50, 80))]
    >>> problem = Instance(
    ...     periods=4, periods_per_year=4, measures=tuple(Measure((w,)) for w in ways),
    ...     tests=(), gains=(1, 3), limits=Limits(budget=100),
    ... )
    >>> found = most_gain(problem, search=Search(seconds=10, seed=1))
    >>> found.plan.gain, found.plan.cost
    (3, 80)
    """
    return _served(instance, _MOST, search, reach=False)


def least_cost(instance: Instance, *, search: Search) -> Roadmap:
    """Find the plan that reaches the target by the horizon at the least cost; then with the most
    gain; then soonest.

    Raises
    ------
    NoTimeError
        If the time was over before there was a plan or a proof that there is none.
    """
    return _served(instance, _LEAST, search, reach=True)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is done, whenever; the wishes as far as they were served."""

    pairs: Pairs
    stages: tuple[Stage, ...]


def _served(instance: Instance, wishes: Sequence[Name], search: Search, *, reach: bool) -> Roadmap:
    timeless = _timeless(instance)
    choice = _chosen(timeless, wishes, search, reach=reach)
    if choice is None:
        return _none(search)
    timed = _timed(instance, choice.pairs, search)
    if timed.status == "infeasible":
        choice = _chosen(instance, wishes, search, reach=reach)
        if choice is None:
            return _none(search)
        timed = _timed(instance, choice.pairs, search)
    if not timed.exists or timed.value is None or timed.bound is None:
        raise NoTimeError(seconds=round(search.spent, 1))
    soonest = Stage("benefit", timed.value, timed.bound, timed.status == "optimal")
    stages = (*choice.stages, soonest)
    plan = counted(instance, timed.steps)
    if plan.broken:  # pragma: no cover - the model and the recount say the same
        raise AssertionError(f"the plan breaks {plan.broken}")
    proven = len(stages) == len(wishes) + 1 and all(stage.proven for stage in stages)
    return Roadmap(
        status="optimal" if proven else "feasible",
        plan=plan,
        stages=stages,
        seconds=search.spent,
        seed=search.seed,
    )


def _none(search: Search) -> Roadmap:
    return Roadmap(
        status="infeasible", plan=None, stages=(), seconds=search.spent, seed=search.seed
    )


# --- what is done


def _timeless(instance: Instance) -> Instance:
    """The same problem in which everything takes one period and no staff, in as few periods as
    the longest chain of prerequisites.

    What cannot be done in it cannot be done at all, and nothing in it is worth less.
    """
    return replace(
        instance,
        periods=min(_depth(instance), instance.periods),
        measures=tuple(
            replace(m, variants=tuple(replace(v, duration=1, staff=0) for v in m.variants))
            for m in instance.measures
        ),
        limits=Limits(budget=instance.limits.budget),
    )


def _depth(instance: Instance) -> int:
    """Measures in the longest chain of those that wait for each other, at least 1."""
    done: set[int] = set()
    rounds = 0
    while True:
        more = {
            at
            for at, measure in enumerate(instance.measures)
            if at not in done and all(done & group for group in measure.requires)
        }
        if not more:
            return max(1, rounds)
        done |= more
        rounds += 1


def _chosen(
    instance: Instance, wishes: Sequence[Name], search: Search, *, reach: bool
) -> _Choice | None:
    """Choose what is done; None where nothing can be."""
    stages: list[Stage] = []
    best: tuple[Step, ...] = ()
    for name in wishes:
        schedule = _kept(instance, stages, best, reach=reach)
        wish = _expression(schedule, name)
        large = name == "gain"
        found = search.run(schedule, most=wish) if large else search.run(schedule, least=wish)
        if not stages and found.status == "infeasible":
            return None
        if not stages and not found.exists:
            raise NoTimeError(seconds=round(search.spent, 1))
        if not found.exists or found.value is None or found.bound is None:
            break
        best = found.steps
        stages.append(Stage(name, found.value, found.bound, found.status == "optimal"))
    return _Choice(frozenset(step.pair for step in best), tuple(stages))


def _kept(
    instance: Instance, stages: Iterable[Stage], best: tuple[Step, ...], *, reach: bool
) -> Schedule:
    """The problem in which the wishes so far are kept, to be searched from a plan on."""
    schedule = Schedule(instance)
    if reach:
        schedule.reach(instance.periods)
    for stage in stages:
        wish = _expression(schedule, stage.name)
        schedule.model.add(wish >= stage.value if stage.name == "gain" else wish <= stage.value)
    thin(schedule, most=counted(instance, best).cost if best else instance.limits.budget)
    if best:
        schedule.hint(best)
    return schedule


def _expression(schedule: Schedule, name: Name) -> Any:
    return schedule.gained(schedule.instance.periods) if name == "gain" else schedule.cost


# --- when it is done


def _timed(instance: Instance, pairs: Pairs, search: Search) -> Found:
    """Put what is done in time, so that most is gained as early as can be."""
    schedule = _all_of(instance, pairs)
    return _named(search.run(schedule, most=_benefit(schedule)), pairs)


def _all_of(instance: Instance, pairs: Pairs) -> Schedule:
    """The problem in which just these are carried out, each measure left with its one variant."""
    way = dict(pairs)
    only = replace(
        instance,
        measures=tuple(
            Measure((measure.variants[way[at]],) if at in way else (), measure.requires)
            for at, measure in enumerate(instance.measures)
        ),
    )
    schedule = Schedule(only)
    schedule.model.add(schedule.chosen((measure, 0) for measure in way) == len(way))
    return schedule


def _named(found: Found, pairs: Pairs) -> Found:
    """Give steps of a problem with one variant each the variants of the whole problem."""
    way = dict(pairs)
    steps = tuple(replace(step, variant=way[step.measure]) for step in found.steps)
    return replace(found, steps=steps)


def _benefit(schedule: Schedule) -> Any:
    return sum(schedule.gained(t) for t in range(1, schedule.instance.periods + 1))
