"""The roadmap problem as a model of CP-SAT: what may start when, and what that costs and brings.

Decides how an ``Instance`` is written down for the solver: one yes or no for every variant and
period of start. Does not decide what is best (``taji.plan.roadmap`` sets the objectives, one
after another) nor how long may be searched (``taji.plan.solving``).

Symbols: ``x[j, o, s]`` is 1 where variant *o* of measure *j* starts in period *s*;
``held(t)[f]`` may be 1 only where fact *f* holds at the end of period *t*.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import gcd
from typing import Any

from ortools.sat.python import cp_model

from taji.plan.instance import Instance, Variant, parts
from taji.plan.steps import Step

__all__ = ["Schedule"]

Key = tuple[int, int, int]
Linear = Any


class Schedule:
    """An instance as a model; all its limits hold, its target only where ``reach`` is called.

    Parameters
    ----------
    instance : Instance
    last : int, optional
        Nothing ends later than this; the horizon where it is left out. [period]
    """

    def __init__(self, instance: Instance, *, last: int | None = None) -> None:
        self.instance = instance
        self.last = instance.periods if last is None else last
        self.model = cp_model.CpModel()
        self.x: dict[Key, cp_model.IntVar] = {
            (j, o, s): self.model.new_bool_var(f"x_{j}_{o}_{s}")
            for j, measure in enumerate(instance.measures)
            for o, variant in enumerate(measure.variants)
            for s in range(1, self.last - variant.duration + 2)
        }
        self._of: dict[int, list[Key]] = defaultdict(list)
        for key in self.x:
            self._of[key[0]].append(key)
        self._held: dict[int, dict[int, cp_model.IntVar]] = {}
        self._once()
        self._order()
        self._limit()

    def variant(self, key: Key) -> Variant:
        """Return the variant that a start belongs to."""
        return self.instance.measures[key[0]].variants[key[1]]

    def ends(self, key: Key) -> int:
        """Return the period at whose end it is done."""
        return key[2] + self.variant(key).duration - 1

    def weighed(self, weights: Iterable[tuple[Key, int]]) -> Linear:
        """Return a weighted sum of starts."""
        pairs = [(self.x[key], weight) for key, weight in weights if weight]
        return cp_model.LinearExpr.weighted_sum([x for x, _ in pairs], [w for _, w in pairs])

    def chosen(self, pairs: Iterable[tuple[int, int]]) -> Linear:
        """Return how many of these (measure, variant) are carried out."""
        wanted = set(pairs)
        return self.weighed((key, 1) for key in self.x if key[:2] in wanted)

    # --- what a plan costs

    def paid(self) -> Linear:
        """Return purchase and running cost up to the horizon, before any subsidy. [yuan]"""
        horizon = self.instance.periods
        return self.weighed(
            (key, v.purchase + v.running * (horizon - self.ends(key)))
            for key in self.x
            for v in (self.variant(key),)
        )

    @property
    def cost(self) -> Linear:
        """Purchase and running cost up to the horizon, less the subsidy. [yuan]"""
        return self._cost

    @property
    def unit(self) -> int:
        """What every cost is a whole multiple of. [yuan]"""
        if self.instance.subsidy is not None:
            return 1
        amounts = [
            a for key in self.x for a in (self.variant(key).purchase, self.variant(key).running)
        ]
        return gcd(*amounts) or 1

    def paid_in(self, year: int) -> Linear:
        """Return what is paid in a year, the first of which is 1. [yuan]"""
        length = self.instance.periods_per_year
        inside = range((year - 1) * length + 1, min(year * length, self.instance.periods) + 1)
        return self.weighed((key, self._paid_within(key, inside)) for key in self.x)

    def _paid_within(self, key: Key, inside: range) -> int:
        variant, done = self.variant(key), self.ends(key)
        shares = parts(variant.purchase, variant.duration)
        purchase = sum(part for s, part in enumerate(shares, start=key[2]) if s in inside)
        return purchase + variant.running * sum(1 for t in inside if t > done)

    def staff_in(self, period: int) -> Linear:
        """Return the own people tied up in a period. [hundredths of a person-month]"""
        return self.weighed(
            (key, self.variant(key).staff) for key in self.x if key[2] <= period <= self.ends(key)
        )

    # --- what a plan brings

    def held(self, period: int) -> dict[int, cp_model.IntVar]:
        """Return what may hold at the end of a period, by fact; a fact that never can is absent."""
        period = min(period, self.last)  # nothing ends later, so nothing more holds
        if period not in self._held:
            self._held[period] = self._facts(period)
        return self._held[period]

    def _facts(self, period: int) -> dict[int, cp_model.IntVar]:
        brought: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        for key, x in self.x.items():
            if self.ends(key) <= period:
                for fact in self.variant(key).facts:
                    brought[fact].append(x)
        granted = self.instance.granted
        held = {
            fact: self.model.new_bool_var(f"y_{period}_{fact}")
            for fact in range(len(self.instance.gains))
            if fact in granted or brought[fact]
        }
        for fact, y in held.items():
            if fact not in granted:
                self.model.add(y <= sum(brought[fact]))
            for other in self.instance.needs_of(fact):
                self.model.add(y <= held[other] if other in held else y == 0)
        return held

    def reach(self, period: int) -> None:
        """Make the target hold at the end of a period."""
        held = self.held(period)
        for test in self.instance.tests:
            known = [(held[fact], weight) for fact, weight in test.weights if fact in held]
            total = cp_model.LinearExpr.weighted_sum([y for y, _ in known], [w for _, w in known])
            self.model.add(total >= test.needed)

    def gained(self, period: int) -> Linear:
        """Return what the facts that hold at the end of a period are worth."""
        held = self.held(period)
        gains = self.instance.gains
        return cp_model.LinearExpr.weighted_sum(list(held.values()), [gains[f] for f in held])

    def close(self, keys: Iterable[Key]) -> None:
        """Rule out starts."""
        for key in keys:
            self.model.proto.variables[self.x[key].index].domain[1] = 0

    # --- plans in and out

    def hint(self, steps: Sequence[Step]) -> None:
        """Begin the search at a known plan."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        known = {(step.measure, step.variant, step.start) for step in steps}
        for key, x in self.x.items():
            self.model.add_hint(x, key in known)

    def steps(self, values: Sequence[int]) -> tuple[Step, ...]:
        """Return the plan that a solution stands for, in the order of its start."""
        return tuple(
            sorted(
                (
                    Step(start=key[2], finish=self.ends(key), measure=key[0], variant=key[1])
                    for key, x in self.x.items()
                    if values[x.index]
                ),
                key=lambda step: (step.start, step.finish, step.measure),
            )
        )

    # --- what always holds

    def _once(self) -> None:
        for keys in self._of.values():
            self.model.add_at_most_one(self.x[key] for key in keys)
        for rivals in self.instance.rivals:
            self.model.add_at_most_one(self.x[key] for j in sorted(rivals) for key in self._of[j])

    def _order(self) -> None:
        """Whatever has begun by a period has one of every group of its prerequisites behind it."""
        for j, measure in enumerate(self.instance.measures):
            for group in measure.requires:
                before = [key for i in sorted(group) for key in self._of[i]]
                for period in range(1, self.last + 1):
                    begun = self.weighed((key, 1) for key in self._of[j] if key[2] <= period)
                    done = self.weighed((key, 1) for key in before if self.ends(key) < period)
                    self.model.add(begun <= done)

    def _limit(self) -> None:
        limits, subsidy = self.instance.limits, self.instance.subsidy
        self._cost = self.paid()
        if subsidy is not None:
            bought = self.weighed(
                (key, self.variant(key).purchase) for key in self.x if key[0] in subsidy.measures
            )
            granted = self.model.new_int_var(0, subsidy.cap, "subsidy")
            self.model.add(granted * subsidy.share[1] <= bought * subsidy.share[0])
            self._cost = self._cost - granted
        if limits.budget is not None:
            self.model.add(self._cost <= limits.budget)
        for year, cap in enumerate(limits.per_year[: self.instance.years], start=1):
            if cap is not None:
                self.model.add(self.paid_in(year) <= cap)
        if limits.staff is not None:
            for period in range(1, self.last + 1):
                self.model.add(self.staff_in(period) <= limits.staff)
