"""What a firm buys that ranks its weak points and works down the list.

The way in which prioritisation matrices are used: every dimension is worth its weight times its
gap, the highest comes first, and each is given the best that the rest of the money can buy. It knows
prerequisites and rivals, but looks neither at the target nor ahead. It stands here to be compared
with the optimum, not to be followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taji.plan.instance import Instance
from taji.plan.steps import Step, counted

__all__ = ["Ranked", "rank_and_cut"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """What ranking buys.

    Attributes
    ----------
    steps : tuple of Step
        In the order in which they were decided on.
    target_cost : int or None
        What was spent when the target first held; None where it never does. [yuan]
    """

    steps: tuple[Step, ...]
    target_cost: int | None


def rank_and_cut(
    instance: Instance, dimensions: Sequence[frozenset[int]], *, budget: int | None = None
) -> Ranked:
    """Buy for one dimension after another, the one with the most still to gain first.

    Parameters
    ----------
    instance : Instance
    dimensions : sequence of frozenset of int
        The facts of every dimension. Its weight times its gap is what the facts that do not hold
        yet are worth.
    budget : int, optional
        What may be spent, purchase and running cost up to the horizon; no limit where it is left
        out. [yuan]

    Notes
    -----
    For a dimension the variant that gains most in it per yuan is taken, what it requires bought
    along; where that is not affordable the dimension is passed over. The list is gone through again and
    again until the target holds or nothing is affordable any more. With one dimension that holds all
    facts this is the other usual rule, value for money. Work starts as soon as what it requires is done.

    References
    ----------
    .. [1] Singapore Economic Development Board, *The Prioritisation Matrix: Catalysing the
       transformation of manufacturing*. 2019. (The four kinds of weight there are not public in
       full; here the weight is that of the model.)
    """
    buyer = _Buyer(instance, budget)
    while True:
        before = len(buyer.steps)
        for facts in sorted(dimensions, key=lambda facts: -buyer.missing(facts)):
            if buyer.target_cost is None:
                buyer.improve(facts)
        if len(buyer.steps) == before:
            return Ranked(tuple(buyer.steps), buyer.target_cost)


class _Buyer:
    """Buys step by step, and remembers."""

    def __init__(self, instance: Instance, budget: int | None) -> None:
        self.instance, self.budget = instance, budget
        self.steps: list[Step] = []
        self.target_cost = 0 if counted(instance, ()).finish_period == 0 else None

    @property
    def held(self) -> frozenset[int]:
        return counted(self.instance, self.steps).facts[-1]

    def missing(self, facts: frozenset[int]) -> int:
        return sum(self.instance.gains[fact] for fact in facts - self.held)

    def improve(self, facts: frozenset[int]) -> None:
        """Buy the best that there is for a dimension, if it is affordable."""
        now = self.held
        spent = counted(self.instance, self.steps).cost
        best: tuple[float, list[Step], int] | None = None
        for j, measure in enumerate(self.instance.measures):
            for o, variant in enumerate(measure.variants):
                gain = sum(self.instance.gains[f] for f in (variant.facts & facts) - now)
                bought = self._with_required(j, o, list(self.steps), frozenset()) if gain else None
                if bought is None:
                    continue
                plan = counted(self.instance, bought)
                if plan.broken or (self.budget is not None and plan.cost > self.budget):
                    continue
                rate = gain / max(1, plan.cost - spent)
                if best is None or rate > best[0]:
                    best = rate, bought, plan.cost
        if best is not None:
            self.steps = best[1]
            if self.target_cost is None and counted(self.instance, self.steps).finish_period:
                self.target_cost = best[2]

    def _with_required(
        self, j: int, o: int, steps: list[Step], waiting: frozenset[int]
    ) -> list[Step] | None:
        """Return the steps with this one behind them, and what it requires before it."""
        done = {step.measure: step for step in steps}
        if j in done or j in waiting:
            return None
        start = 1
        for group in self.instance.measures[j].requires:
            if not group & set(done):
                cheapest = self._cheapest(group, steps, waiting | {j})
                if cheapest is None:
                    return None
                steps = cheapest
                done = {step.measure: step for step in steps}
            start = max(start, 1 + min(done[i].finish for i in group if i in done))
        finish = start + self.instance.measures[j].variants[o].duration - 1
        if finish > self.instance.periods:
            return None
        return [*steps, Step(measure=j, variant=o, start=start, finish=finish)]

    def _cheapest(
        self, group: frozenset[int], steps: list[Step], waiting: frozenset[int]
    ) -> list[Step] | None:
        found = [
            bought
            for i in sorted(group)
            for o in range(len(self.instance.measures[i].variants))
            if (bought := self._with_required(i, o, steps, waiting)) is not None
        ]
        return min(found, key=lambda bought: counted(self.instance, bought).cost, default=None)
