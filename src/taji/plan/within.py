"""Plans by other wishes than a roadmap's: the most gain within the means, or the least cost with
which a level is reached.

A roadmap is wished for by a firm that has a target. A city that shares money out asks two other
questions: what is the most that this firm can make of so much, and what is the least that brings
it to a level by the horizon. Ask them of ``Instance.without_running``: whoever does things later
pays less for running them, and nobody should look frugal for waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taji.plan.instance import Instance
from taji.plan.roadmap import Name, NoTimeError, Roadmap, Stage
from taji.plan.schedule import Schedule
from taji.plan.solving import Found, Search
from taji.plan.steps import Step, counted

__all__ = ["least_cost", "most_gain"]

_MOST: tuple[Name, ...] = ("gain", "cost", "benefit")
_LEAST: tuple[Name, ...] = ("cost", "gain", "benefit")
#: What is to be large; all else is to be small.
_LARGE: frozenset[Name] = frozenset({"gain", "benefit"})


def most_gain(instance: Instance, *, search: Search) -> Roadmap:
    """Find the plan with the most gain by the horizon; then at the least cost; then soonest.

    The target is not asked for; ``finish_period`` tells whether it happens to be reached.

    Raises
    ------
    NoTimeError
        If the time was over before there was a plan.

    Examples
    --------
    >>> from taji.plan.instance import Limits, Measure, Variant
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


def _served(instance: Instance, wishes: Sequence[Name], search: Search, *, reach: bool) -> Roadmap:
    stages: list[Stage] = []
    best: tuple[Step, ...] = ()
    for name in wishes:
        schedule = _kept(instance, stages, best, reach=reach)
        wish = _expression(schedule, name)
        found = (
            search.run(schedule, most=wish) if name in _LARGE else search.run(schedule, least=wish)
        )
        if not stages and found.status == "infeasible":
            return Roadmap(
                status="infeasible", plan=None, stages=(), seconds=search.spent, seed=search.seed
            )
        if not stages and not found.exists:
            raise NoTimeError(seconds=round(search.spent, 1))
        if not found.exists:
            break
        assert found.value is not None
        assert found.bound is not None
        best = found.steps
        stages.append(Stage(name, found.value, found.bound, found.status == "optimal"))
    proven = len(stages) == len(wishes) and all(stage.proven for stage in stages)
    drawn = _drawn(instance, stages, best, search, reach=reach) if proven else Found("unknown")
    plan = counted(instance, drawn.steps if drawn.exists else best)
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


def _kept(
    instance: Instance, stages: Sequence[Stage], best: tuple[Step, ...], *, reach: bool
) -> Schedule:
    """Return the problem in which the wishes so far are kept, to be searched from a plan on."""
    schedule = Schedule(instance)
    if reach:
        schedule.reach(instance.periods)
    for stage in stages:
        wish = _expression(schedule, stage.name)
        kept = wish >= stage.value if stage.name in _LARGE else wish <= stage.value
        schedule.model.add(kept)
    if stages:
        schedule.hint(best)
    return schedule


def _expression(schedule: Schedule, name: Name) -> Any:
    periods = schedule.instance.periods
    if name == "gain":
        return schedule.gained(periods)
    if name == "benefit":
        return sum(schedule.gained(period) for period in range(1, periods + 1))
    return schedule.cost


def _drawn(
    instance: Instance,
    stages: Sequence[Stage],
    best: tuple[Step, ...],
    search: Search,
    *,
    reach: bool,
) -> Found:
    """Of several best plans take the one that a draw from the seed prefers, as a roadmap does."""
    schedule = _kept(instance, stages, best, reach=reach)
    return search.run(schedule, least=schedule.lot(search.seed))
