"""The first period at whose end a target can hold, and a plan that does it.

Decides how that period is searched for. What else is wished of a plan, ``taji.plan.roadmap`` says.
"""

from __future__ import annotations

from dataclasses import dataclass

from taji.plan.branching import Status
from taji.plan.instance import Instance
from taji.plan.schedule import Schedule
from taji.plan.solving import Found, Search
from taji.plan.thinning import thin

__all__ = ["Earliest", "earliest", "reaches"]

#: Of the time left, what a question before the last period may take while no plan is known.
#: [fraction]
UNKNOWN_SHARE = 0.3
#: So many periods are asked about one by one before the steps become longer.
ONE_BY_ONE = 4


@dataclass(frozen=True, slots=True)
class Earliest:
    """When the target can first hold.

    Attributes
    ----------
    plan : Found
        A plan whose ``value`` is the period at whose end the target holds, and whose ``bound`` is
        the first period that is not ruled out; or that there is none.
    cheapest : Found
        The search for the cheapest plan by that period, if it was made on the way; else
        ``unknown``.
    """

    plan: Found
    cheapest: Found


def reaches(
    instance: Instance, search: Search, *, last: int | None = None, share: float = 1.0
) -> Found:
    """Look for any plan that reaches the target by the end of a period; the horizon by default."""
    schedule = _reaching(instance, instance.periods if last is None else last)
    if schedule is None:
        return Found("infeasible")
    return search.first(schedule, guide=schedule.cost, share=share)


def earliest(instance: Instance, *, search: Search) -> Earliest:
    """Find the first period at whose end the target can hold.

    Notes
    -----
    Whoever reaches the target by one period reaches it by the next, so each question (is there a
    plan by period *t*?) rules out all periods before or after. Up to some period the linear
    relaxation says no: that one is found by halving. From there on the next periods are asked one by
    one, for the relaxation is seldom off by many, and always for the *cheapest* plan: its bound is
    the shortest proof that there is none within the budget, and where there is one, the second wish
    is served as well.
    """
    low, high = _not_ruled_out(instance), instance.periods + 1
    plan = cheapest = Found("unknown")
    asked, questions = low, 0
    while low < min(high, instance.periods + 1):
        ask = _cheapest if asked == low else reaches
        share = 1.0 if plan.exists or asked == instance.periods else UNKNOWN_SHARE
        found = ask(instance, search, last=asked, share=share)
        questions += 1
        if found.exists:
            plan, high = found, max((step.finish for step in found.steps), default=0)
            cheapest = found if asked == low else Found("unknown")
        elif found.status == "infeasible":
            low = asked + 1
        elif plan.exists or asked == instance.periods:
            break
        if plan.exists:
            asked = (low + high) // 2
        elif found.status == "unknown":
            asked = instance.periods
        else:
            asked = min(low + max(0, questions - ONE_BY_ONE), instance.periods)
    if low > instance.periods:
        return Earliest(Found("infeasible"), cheapest)
    if not plan.exists:
        return Earliest(plan, cheapest)
    status: Status = "optimal" if low >= high else "feasible"
    return Earliest(Found(status, plan.steps, high, min(low, high)), cheapest)


def _cheapest(instance: Instance, search: Search, *, last: int, share: float) -> Found:
    schedule = _reaching(instance, last)
    if schedule is None:
        return Found("infeasible")
    return search.run(schedule, least=schedule.cost, share=share)


def _not_ruled_out(instance: Instance) -> int:
    """The first period by which the linear relaxation reaches the target; one too many if none."""
    low, high = 1, instance.periods + 1
    while low < high:
        middle = (low + high) // 2
        if _reaching(instance, middle) is None:
            low = middle + 1
        else:
            high = middle
    return low


def _reaching(instance: Instance, last: int) -> Schedule | None:
    """The schedule of all plans that reach the target by a period; None where there is none."""
    schedule = Schedule(instance, last=last)
    schedule.reach(last)
    return schedule if thin(schedule, most=instance.limits.budget) else None
