"""Why there is no roadmap: the fewest limits that cannot hold together, and what is missing.

Decides which limits clash with the target, and the least by which each of them alone would have
to be loosened. How that is said is the desk's. A limit is named as in ``Limits.names``; beside
these stand ``target`` itself and ``periods``, the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd
from typing import Any

from taji.plan.earliest import earliest, reaches
from taji.plan.instance import Instance, Limits
from taji.plan.schedule import Schedule
from taji.plan.solving import Search

__all__ = ["Clash", "Conflict", "conflict", "least_of"]

#: How much longer than the horizon is looked at to say how long it would take. [times]
_LONGER = 5


@dataclass(frozen=True, slots=True)
class Clash:
    """One limit of a conflict.

    Attributes
    ----------
    limit : str
        ``target``, ``periods``, ``budget``, ``year 1`` … or ``staff``.
    given, needed : int or None
        The limit, and the least at which the rest of the conflict can be kept; None for the
        target, and where no amount would do.
    """

    limit: str
    given: int | None = None
    needed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A minimal set of limits that cannot hold together.

    Attributes
    ----------
    clashes : tuple of Clash
        Without any one of them the others can be kept.
    minimal : bool
        False where the time was too short to try every one.
    budget_needed : int or None
        The least budget with which all other limits can be kept; None where no budget would do.
    """

    clashes: tuple[Clash, ...]
    minimal: bool
    budget_needed: int | None


def conflict(instance: Instance, *, search: Search) -> Conflict:
    """Find a minimal conflict of an instance that has no plan.

    Notes
    -----
    Deletion filter [1]_: each limit is left out in turn; if there is still no plan without it, it
    is left out for good. The target is never left out, for without it doing nothing is a plan.

    References
    ----------
    .. [1] J. W. Chinneck and E. W. Dravnieks, "Locating minimal infeasible constraint sets in
       linear programs". *ORSA Journal on Computing* 3 (2), 1991. doi:10.1287/ijoc.3.2.157
    """
    free = instance.limited(Limits())
    if not reaches(free, search).exists:
        return _without_means(free, search)
    kept = list(instance.limits.names())
    minimal = True
    for name in tuple(kept):
        others = frozenset(kept) - {name}
        found = reaches(instance.limited(instance.limits.only(others)), search)
        if found.status == "infeasible":
            kept.remove(name)
        minimal &= found.status != "unknown"
    clashes = tuple(_clash(instance, name, frozenset(kept) - {name}, search) for name in kept)
    budget = None
    if instance.limits.budget is not None:
        rest = frozenset(instance.limits.names()) - {"budget"}
        budget = least_of(instance.limited(instance.limits.only(rest)), "budget", search=search)
    return Conflict(clashes=(Clash("target"), *clashes), minimal=minimal, budget_needed=budget)


def least_of(
    instance: Instance, limit: str, *, search: Search, last: int | None = None
) -> int | None:
    """Return the least of one limit at which the target is reached within the others.

    Parameters
    ----------
    instance : Instance
        Its own limits hold; ``limit`` should not be among them.
    limit : str
        ``budget``, ``year 1`` … [yuan], ``staff`` [hundredths of a person-month] or ``periods``.
    search : Search
    last : int, optional
        The target is reached by the end of this period.

    Returns
    -------
    int or None
        None where there is no plan, or none was found in time.
    """
    if limit == "periods":
        soonest = earliest(instance, search=search).plan
        return soonest.value if soonest.exists else None
    schedule = Schedule(instance, last=last)
    schedule.reach(schedule.last)
    if limit == "budget":
        least = schedule.cost
    elif limit == "staff":
        least = _peak(schedule)
    else:
        least = schedule.paid_in(int(limit.split()[1]))
    found = search.run(schedule, least=least)
    return found.value if found.exists else None


def _peak(schedule: Schedule) -> Any:
    """Return the most staff of any period, in steps that staff can take: bounds round up to one."""
    wanted = [v.staff for m in schedule.instance.measures for v in m.variants]
    unit = gcd(*wanted) or 1
    steps = schedule.model.new_int_var(0, max(wanted) * len(wanted) // unit, "peak")
    for period in range(1, schedule.last + 1):
        schedule.model.add(schedule.staff_in(period) <= unit * steps)
    return unit * steps


def _clash(instance: Instance, name: str, others: frozenset[str], search: Search) -> Clash:
    limits = instance.limits
    given = (
        limits.budget
        if name == "budget"
        else limits.staff
        if name == "staff"
        else limits.per_year[int(name.split()[1]) - 1]
    )
    return Clash(name, given, least_of(instance.limited(limits.only(others)), name, search=search))


def _without_means(free: Instance, search: Search) -> Conflict:
    """Say whether more time would do where money and people are not what is missing."""
    shortest = sum(min((v.duration for v in m.variants), default=0) for m in free.measures)
    longer = replace(free, periods=max(free.periods, min(shortest, _LONGER * free.periods)))
    needed = least_of(longer, "periods", search=search)
    if needed is None:
        return Conflict(clashes=(Clash("target"),), minimal=True, budget_needed=None)
    clashes = (Clash("target"), Clash("periods", free.periods, needed))
    return Conflict(clashes=clashes, minimal=True, budget_needed=None)
