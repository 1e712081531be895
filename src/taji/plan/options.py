"""The plans among which a city chooses for one firm: several levels of means, several targets.

Decides which plans are looked for, and which are no option because another is as good in every
way. Does not say what a plan is worth (``taji.plan.adoption``, and the desk counts points) nor
which option a firm gets (``taji.plan.portfolio``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from taji.base.arrays import BoolArray, FloatArray
from taji.plan.conflict import least_of
from taji.plan.instance import Condition, Instance, Limits, parts
from taji.plan.roadmap import NoTimeError, Roadmap, roadmap
from taji.plan.solving import Search
from taji.plan.steps import Plan, counted
from taji.plan.within import least_cost, most_gain

__all__ = ["Candidate", "Kind", "Tried", "candidates", "city_money", "undominated"]

#: ``gain``: the most gain within a budget; ``early``: a level as early as a budget allows;
#: ``least``: a level by the horizon at the least cost.
Kind = Literal["gain", "early", "least"]
Tests = tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A plan that may become an option.

    Attributes
    ----------
    kind : {"gain", "early", "least"}
    target : str or None
        The level that is aimed at; None for ``gain``.
    budget : int
        The least of the given budgets that the plan keeps to. [yuan]
    plan : Plan
        Counted with running cost.
    proven : bool
        As of a roadmap: nothing is better.
    """

    kind: Kind
    target: str | None
    budget: int
    plan: Plan
    proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What was found for a firm.

    Attributes
    ----------
    candidates : tuple of Candidate
        No two with the same steps.
    needed : mapping of str to (int or None)
        For every target that the largest budget does not reach, the least that does; None where
        no budget would, or none was found in time. [yuan]
    unfinished : int
        Searches that ended without a plan or a proof that there is none.
    stopped : bool
        Somebody stopped it: there may be more.
    """

    candidates: tuple[Candidate, ...]
    needed: Mapping[str, int | None]
    unfinished: int
    stopped: bool


def candidates(
    instance: Instance,
    tests: Mapping[str, Tests],
    budgets: Sequence[int],
    *,
    seconds: float,
    seed: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Tried:
    """Look for the plans of a firm.

    Parameters
    ----------
    instance : Instance
        The firm's problem with its own subsidy and staff; its budget and target do not matter.
    tests : mapping of str to tuple of Condition
        The targets, the nearest first.
    budgets : sequence of int
        What the firm can pay for purchases, the subsidy taken off. [yuan]
    seconds, seed
        Of the search for each plan.
    stopped : callable
        Says whether somebody wants what there is.

    Notes
    -----
    Running cost is left out while plans are looked for (``Instance.without_running``) and counted
    again afterwards. From the largest budget downwards: a plan that keeps to the next smaller
    budget as well is the best for it too, and is not looked for twice.
    """
    return _Looking(instance, sorted(set(budgets)), seconds, seed, stopped).all(tests)


def city_money(instance: Instance, plan: Plan) -> tuple[int, ...]:
    """Return what the city pays towards a plan in each year. [yuan]

    With a subsidy, its part in the year in which the work is done, for it is paid after
    acceptance; without one, all purchases, in the years in which they are paid.

    Examples
    --------
    >>> from taji.plan.instance import Measure, Subsidy, Variant
    >>> from taji.plan.steps import Step
    >>> way = Variant(duration=2, purchase=100, running=9, staff=0, facts=frozenset())
    >>> problem = Instance(
    ...     periods=8, periods_per_year=4, measures=(Measure((way,)),), tests=(), gains=()
    ... )
    >>> plan = counted(problem, [Step(measure=0, variant=0, start=4, finish=5)])
    >>> city_money(problem, plan)
    (50, 50)
    >>> aided = replace(problem, subsidy=Subsidy((3, 10), 1000, frozenset({0})))
    >>> city_money(aided, plan)
    (0, 30)
    """
    bought, years, length = [0] * instance.periods, instance.years, instance.periods_per_year
    subsidy = instance.subsidy
    for step in plan.steps:
        variant = instance.measures[step.measure].variants[step.variant]
        if subsidy is None:
            for place, part in enumerate(parts(variant.purchase, variant.duration)):
                bought[step.start - 1 + place] += part
        elif step.measure in subsidy.measures:
            bought[step.finish - 1] += variant.purchase
    if subsidy is None:
        return tuple(sum(bought[y * length : (y + 1) * length]) for y in range(years))
    granted = [subsidy.of(sum(bought[: y * length])) for y in range(years + 1)]
    return tuple(after - before for before, after in pairwise(granted))


def undominated(high: FloatArray, low: FloatArray) -> BoolArray:
    """Return which options are not dominated.

    An option is dominated where another is at least as good in every way and better in one, or
    equal to it in all and stands before it.

    Parameters
    ----------
    high : FloatArray, shape (n_option, n_high)
        What is better the larger it is.
    low : FloatArray, shape (n_option, n_low)
        What is better the smaller it is.

    Examples
    --------
    >>> undominated(np.array([[5.0], [5.0], [9.0]]), np.array([[10.0], [12.0], [12.0]]))
    array([ True, False,  True])
    """
    ways = np.hstack([high, -low])
    as_good = (ways[:, None, :] >= ways[None, :, :]).all(axis=2)
    better = as_good & ~as_good.T
    place = np.arange(len(ways))
    twin_before = as_good & as_good.T & (place[:, None] < place[None, :])
    beaten: BoolArray = np.any(better | twin_before, axis=0)
    return ~beaten


class _Looking:
    """The search for one firm."""

    def __init__(
        self,
        instance: Instance,
        budgets: list[int],
        seconds: float,
        seed: int,
        stopped: Callable[[], bool],
    ) -> None:
        self.whole, self.bare = instance, instance.without_running()
        self.budgets, self.seconds, self.seed = budgets, seconds, seed
        self._asked, self._stopped = stopped, False
        self.unfinished = 0
        self.needed: dict[str, int | None] = {}

    @property
    def stopped(self) -> bool:
        """Whether somebody has stopped it, once and for all."""
        self._stopped = self._stopped or self._asked()
        return self._stopped

    def all(self, tests: Mapping[str, Tests]) -> Tried:
        nearest = next(iter(tests.values()), ())
        found = self._down("gain", None, replace(self.bare, tests=nearest))
        for target, wanted in tests.items():
            aimed = replace(self.bare, tests=wanted)
            least = self._one(least_cost, self._within(aimed, self.budgets[-1]))
            if least is None:
                continue
            if least.plan is None:
                self.needed[target] = self._needed(aimed)
                break
            found.append(self._candidate("least", target, least, wanted))
            found += self._down("early", target, aimed)
        return Tried(
            candidates=_distinct(found),
            needed=self.needed,
            unfinished=self.unfinished,
            stopped=self.stopped,
        )

    def _down(self, kind: Kind, target: str | None, instance: Instance) -> list[Candidate]:
        """From the largest budget to the smallest."""
        ask = most_gain if kind == "gain" else roadmap
        found: list[Candidate] = []
        below = self.budgets[-1] + 1
        for budget in reversed(self.budgets):
            if budget >= below or self.stopped:
                continue
            made = self._one(ask, self._within(instance, budget))
            if made is None:
                continue
            if made.plan is None:
                break
            found.append(self._candidate(kind, target, made, instance.tests))
            below = found[-1].budget
        return found

    def _one(self, ask: Callable[..., Roadmap], instance: Instance) -> Roadmap | None:
        if self.stopped:
            return None
        search = Search(self.seconds, self.seed, heeds=False)
        try:
            made = ask(instance, search=search)
        except NoTimeError:
            made = None
        self.unfinished += made is None
        return made

    def _needed(self, aimed: Instance) -> int | None:
        if self.stopped:
            return None
        search = Search(self.seconds, self.seed, heeds=False)
        limits = replace(aimed.limits, budget=None)
        return least_of(aimed.limited(limits), "budget", search=search)

    def _within(self, instance: Instance, budget: int) -> Instance:
        return instance.limited(Limits(budget=budget, staff=self.whole.limits.staff))

    def _candidate(self, kind: Kind, target: str | None, made: Roadmap, tests: Tests) -> Candidate:
        assert made.plan is not None
        free = self.whole.limited(replace(self.whole.limits, budget=None))
        return Candidate(
            kind=kind,
            target=target,
            budget=min(budget for budget in self.budgets if budget >= made.plan.cost),
            plan=counted(replace(free, tests=tests), made.plan.steps),
            proven=made.status == "optimal",
        )


def _distinct(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Leave out plans that bring nothing, and plans that came before under another name."""
    kept: dict[tuple[object, ...], Candidate] = {}
    for one in found:
        if one.plan.steps and one.plan.gain > 0:
            kept.setdefault(one.plan.steps, one)
    return tuple(kept.values())
