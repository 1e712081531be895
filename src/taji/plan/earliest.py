"""The first period at whose end a target can hold, and a plan that does it.

Decides how that period is searched for. What else is wished of a plan, ``taji.plan.roadmap`` says.
"""

from __future__ import annotations

from taji.plan.instance import Instance, Limits
from taji.plan.schedule import Schedule
from taji.plan.solving import Found, Search

__all__ = ["earliest", "reaches"]


def reaches(instance: Instance, search: Search, *, last: int | None = None) -> Found:
    """Look for any plan that reaches the target by the end of a period; the horizon by default."""
    schedule = Schedule(instance, last=last)
    schedule.reach(schedule.last)
    return search.first(schedule, guide=schedule.cost)


def earliest(instance: Instance, *, search: Search) -> Found:
    """Find the first period at whose end the target can hold.

    Returns
    -------
    Found
        ``value`` is the period, ``bound`` the first that is not ruled out.

    Notes
    -----
    By halving. Whoever reaches the target by one period reaches it by the next, so each question
    (is there a plan by period *t*?) rules out all periods before or after. The questions are small,
    for nothing that would end later need be looked at, and are led by the cost: a bound on the cost
    over the budget is the shortest proof that there is none. A single search for the least period
    over the whole horizon took more than ten times as long on tight cases.
    """
    shortest = Schedule(instance.limited(Limits()))
    shortest.reach(instance.periods)
    alone = search.run(shortest, least=shortest.span())
    if alone.status == "infeasible":
        return alone
    low, high = alone.bound or 0, instance.periods + 1
    best = Found("unknown")
    while low < high:
        middle = (low + high) // 2
        found = reaches(instance, search, last=middle)
        if found.exists:
            best, high = found, max((step.finish for step in found.steps), default=0)
        elif found.status == "infeasible":
            low = middle + 1
        else:
            break
    if low > instance.periods:
        return Found("infeasible")
    if not best.exists:
        return Found("unknown")
    return Found("optimal" if low >= high else "feasible", best.steps, high, min(low, high))
