"""Other plans that are nearly as good, and what the limits cost.

Decides when another plan is worth showing (it leaves out as much as can be of the plans before
it, at a cost hardly higher) and which limits bind (without them the target would hold earlier, or
for less).
"""

from __future__ import annotations

from dataclasses import dataclass

from taji.plan.conflict import least_of
from taji.plan.instance import Instance
from taji.plan.schedule import Schedule
from taji.plan.solving import Search
from taji.plan.steps import Plan, counted
from taji.plan.thinning import thin

__all__ = ["DEARER", "Alternative", "Binding", "alternatives", "binding"]

#: How much more than the best an alternative may cost. [per cent]
DEARER = 5


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another plan.

    Attributes
    ----------
    plan : Plan
    left_out : int
        Measures and variants of the best plan that it does without.
    distance : int
        Measures and variants that are in one of the two and not in the other (Hamming).
    """

    plan: Plan
    left_out: int
    distance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A limit that keeps the plan from being earlier or cheaper.

    Attributes
    ----------
    limit : str
        As in ``Limits.names``.
    used : int
        What the plan takes of it: the dearest year's or period's use is compared with the limit.
    finish_without, cost_without : int
        Of the best plan without this limit. [period], [yuan]
    needed_for_earlier : int or None
        The least at which the target holds one period earlier; None where no amount does that.
    """

    limit: str
    used: int
    finish_without: int
    cost_without: int
    needed_for_earlier: int | None


def alternatives(
    instance: Instance, best: Plan, *, search: Search, count: int = 2
) -> tuple[Alternative, ...]:
    """Find other plans that reach the target as early and cost at most ``DEARER`` per cent more.

    Each leaves out as many measures of every plan before it as any plan can, and is the cheapest
    that does; so nothing is added merely to look different. Fewer than ``count`` come back where
    no others exist; then plans that reach the target later, but within the horizon, are looked at.
    """
    if best.finish_period in (None, 0):
        return ()
    found: list[Plan] = []
    for last in dict.fromkeys((best.finish_period, instance.periods)):
        while len(found) < count:
            another = _another(instance, [best, *found], last, search)
            if another is None:
                break
            found.append(another)
    return tuple(
        Alternative(plan, len(best.pairs - plan.pairs), len(best.pairs ^ plan.pairs))
        for plan in found
    )


def _another(
    instance: Instance, known: list[Plan], last: int | None, search: Search
) -> Plan | None:
    most = known[0].cost * (100 + DEARER) // 100

    def near() -> Schedule:
        schedule = Schedule(instance, last=last)
        schedule.reach(schedule.last)
        schedule.model.add(schedule.cost <= most)
        thin(schedule, most=most)
        return schedule

    schedule = near()
    apart = schedule.model.new_int_var(1, max(len(plan.pairs) for plan in known), "apart")
    for plan in known:
        schedule.model.add(schedule.chosen(plan.pairs) <= len(plan.pairs) - apart)
    farthest = search.run(schedule, most=apart, share=0.5)
    if not farthest.exists or farthest.value is None:
        return None
    cheapest = near()
    for plan in known:
        room = len(plan.pairs) - farthest.value
        cheapest.model.add(cheapest.chosen(plan.pairs) <= room)
    cheapest.hint(farthest.steps)
    found = search.run(cheapest, least=cheapest.cost, share=0.5)
    if not found.exists or found.value is None:
        return counted(instance, farthest.steps)
    return counted(instance, found.steps)


def binding(instance: Instance, best: Plan, *, search: Search) -> tuple[Binding, ...]:
    """Find the limits that bind: without one of them the best plan is earlier or cheaper."""
    if best.finish_period in (None, 0):
        return ()
    assert best.finish_period is not None
    found = []
    names = instance.limits.names()
    for name in names:
        loose = instance.limited(instance.limits.only(frozenset(names) - {name}))
        finish = least_of(loose, "periods", search=search)
        if finish is None:
            continue
        finish = min(finish, best.finish_period)
        cost = least_of(loose, "budget", search=search, last=finish)
        if cost is None or (finish == best.finish_period and cost >= best.cost):
            continue
        earlier = best.finish_period - 1
        needed = least_of(loose, name, search=search, last=earlier) if earlier >= finish else None
        used = _used(instance, best, name)
        found.append(
            Binding(
                limit=name,
                used=used,
                finish_without=finish,
                cost_without=cost,
                needed_for_earlier=needed,
            )
        )
    return tuple(found)


def _used(instance: Instance, plan: Plan, name: str) -> int:
    if name == "budget":
        return plan.cost
    if name == "staff":
        return max(plan.staff, default=0)
    return plan.paid_in(int(name.split()[1]), instance.periods_per_year)
