"""A roadmap problem in numbers alone: what can be done, what it brings, what it must not pass.

Decides the shape in which measures, thresholds and limits are handed to the optimiser, and what
such a problem means. Does not know where the numbers come from (``taji.plan.thresholds`` for the
rules of a model, a pack for measures) nor how the best plan is found (``taji.plan.roadmap``).

Time runs in periods ``1 … periods``. A variant that starts in period *s* and takes *d* periods
works in *s … s + d - 1*; what it brings holds from the end of that last period on; its running
cost is paid in every later period. Its purchase is paid in even parts while it is worked on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

__all__ = ["Condition", "Instance", "Limits", "Measure", "Subsidy", "Variant", "parts"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to carry a measure out.

    Attributes
    ----------
    duration : int
        [periods]
    purchase : int
        Paid once, in even parts over ``duration``. [yuan]
    running : int
        Paid in every period after the last of its work. [yuan per period]
    staff : int
        Own people it ties up while it is worked on. [hundredths of a person-month per period]
    facts : frozenset of int
        Places of the facts that hold once it is done.
    """

    duration: int
    purchase: int
    running: int
    staff: int
    facts: frozenset[int]


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that can be done in one of several variants, at most once.

    ``requires`` holds groups of measures: of every group one must be done before this starts.
    """

    variants: tuple[Variant, ...]
    requires: tuple[frozenset[int], ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of the target: the weights of the facts that hold must add up to ``needed``."""

    weights: tuple[tuple[int, int], ...]
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a plan must not pass; ``None`` where there is no limit.

    Attributes
    ----------
    budget : int or None
        Purchase and running cost up to the horizon, less the subsidy. [yuan]
    per_year : tuple of (int or None)
        What may be paid in each year, before any subsidy; what one year leaves does not go over
        into the next; years past the last have no limit of their own. [yuan]
    staff : int or None
        Own people in every period. [hundredths of a person-month]
    """

    budget: int | None = None
    per_year: tuple[int | None, ...] = ()
    staff: int | None = None

    def names(self) -> tuple[str, ...]:
        """Return the limits that there are: ``budget``, ``year 1`` …, ``staff``."""
        years = tuple(f"year {y}" for y, cap in enumerate(self.per_year, 1) if cap is not None)
        return (
            *(("budget",) if self.budget is not None else ()),
            *years,
            *(("staff",) if self.staff is not None else ()),
        )

    def only(self, names: frozenset[str]) -> Limits:
        """Return these limits and no other."""
        return Limits(
            budget=self.budget if "budget" in names else None,
            per_year=tuple(
                cap if f"year {year}" in names else None
                for year, cap in enumerate(self.per_year, 1)
            ),
            staff=self.staff if "staff" in names else None,
        )


@dataclass(frozen=True, slots=True)
class Subsidy:
    """Somebody else pays a share of the purchase, up to a cap, once the work is accepted.

    It lessens the cost and what is taken from the budget, not what is paid in a year: the firm
    pays first.

    Attributes
    ----------
    share : tuple of (int, int)
        Numerator and denominator of the share.
    cap : int
        [yuan]
    measures : frozenset of int
        Those whose purchase counts.
    """

    share: tuple[int, int]
    cap: int
    measures: frozenset[int]

    def of(self, purchases: int) -> int:
        """Return what is paid for eligible purchases. [yuan]"""
        return min(self.cap, purchases * self.share[0] // self.share[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A roadmap problem.

    Attributes
    ----------
    periods, periods_per_year : int
    measures : tuple of Measure
    rivals : tuple of frozenset of int
        Of the measures of each set at most one is carried out.
    needs : tuple of frozenset of int
        For every fact, the facts without which it does not hold even where a variant brings it;
        empty where no fact needs another.
    granted : frozenset of int
        Facts that hold without a measure as soon as what they need does.
    tests : tuple of Condition
        The target holds while all of them do.
    gains : tuple of int
        What each fact is worth at the horizon, in a common unit.
    limits : Limits
    subsidy : Subsidy or None
    """

    periods: int
    periods_per_year: int
    measures: tuple[Measure, ...]
    tests: tuple[Condition, ...]
    gains: tuple[int, ...]
    needs: tuple[frozenset[int], ...] = ()
    granted: frozenset[int] = frozenset()
    rivals: tuple[frozenset[int], ...] = ()
    limits: Limits = Limits()
    subsidy: Subsidy | None = None

    @property
    def years(self) -> int:
        """Years that the horizon reaches into."""
        return -(-self.periods // self.periods_per_year)

    def needs_of(self, fact: int) -> frozenset[int]:
        """Return the facts without which this one does not hold."""
        return self.needs[fact] if self.needs else frozenset()

    def limited(self, limits: Limits) -> Instance:
        """Return the same problem under other limits."""
        return replace(self, limits=limits)

    def without_running(self) -> Instance:
        """Return the same problem without running cost: nothing is cheaper for being done late."""
        return replace(
            self,
            measures=tuple(
                replace(m, variants=tuple(replace(v, running=0) for v in m.variants))
                for m in self.measures
            ),
        )


def parts(amount: int, count: int) -> tuple[int, ...]:
    """Return an amount in parts that are as even as whole yuan allow.

    Examples
    --------
    >>> parts(100, 3)
    (33, 33, 34)
    """
    ends = [amount * k // count for k in range(count + 1)]
    return tuple(after - before for before, after in pairwise(ends))
