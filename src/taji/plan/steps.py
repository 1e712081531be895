"""A plan as a list of steps, and what it costs and brings, counted from the instance alone.

Decides nothing: the recount by which every plan of the solver is checked before it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from taji.plan.instance import Condition, Instance, Variant, parts

__all__ = ["Plan", "Step", "counted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A measure that is carried out.

    Attributes
    ----------
    measure, variant : int
        Their places in the instance.
    start, finish : int
        First and last period of its work; what it brings holds at the end of ``finish``.
    """

    measure: int
    variant: int
    start: int
    finish: int

    @property
    def pair(self) -> tuple[int, int]:
        """The measure and the variant, whenever it is done."""
        return self.measure, self.variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan and its figures.

    Attributes
    ----------
    steps : tuple of Step
    finish_period : int or None
        At the end of which the target first holds; 0 where it holds already, None where never.
    cost : int
        Purchase and running cost up to the horizon, less the subsidy. [yuan]
    subsidy : int
        [yuan]
    paid : tuple of int, shape (n_period,)
        What is paid in every period, before the subsidy. [yuan]
    staff : tuple of int, shape (n_period,)
        [hundredths of a person-month]
    facts : tuple of frozenset of int, shape (n_period + 1,)
        What holds now and at the end of every period.
    gain : int
        Worth of the facts at the horizon.
    benefit : int
        Worth of the facts summed over the ends of all periods: earlier is more.
    broken : tuple of str
        Limits and rules that the plan does not keep; empty for a plan that may be shown.
    """

    steps: tuple[Step, ...]
    finish_period: int | None
    cost: int
    subsidy: int
    paid: tuple[int, ...]
    staff: tuple[int, ...]
    facts: tuple[frozenset[int], ...]
    gain: int
    benefit: int
    broken: tuple[str, ...]

    @property
    def pairs(self) -> frozenset[tuple[int, int]]:
        """The measures and variants, whenever they are done."""
        return frozenset(step.pair for step in self.steps)

    def paid_in(self, year: int, periods_per_year: int) -> int:
        """Return what is paid in a year, the first of which is 1. [yuan]"""
        return sum(self.paid[(year - 1) * periods_per_year : year * periods_per_year])


def counted(instance: Instance, steps: Sequence[Step]) -> Plan:
    """Count what a list of steps costs and brings, and what it breaks."""
    periods = range(1, instance.periods + 1)
    paid, staff = dict.fromkeys(periods, 0), dict.fromkeys(periods, 0)
    bought = 0
    for step in steps:
        variant = _variant(instance, step)
        for period, part in enumerate(parts(variant.purchase, variant.duration), start=step.start):
            paid[period] += part
            staff[period] += variant.staff
        for period in range(step.finish + 1, instance.periods + 1):
            paid[period] += variant.running
        if instance.subsidy is not None and step.measure in instance.subsidy.measures:
            bought += variant.purchase
    subsidy = instance.subsidy.of(bought) if instance.subsidy is not None else 0
    facts = tuple(_facts(instance, steps, period) for period in range(instance.periods + 1))
    worth = [sum(instance.gains[fact] for fact in held) for held in facts]
    reached = [period for period, held in enumerate(facts) if _met(instance.tests, held)]
    plan = Plan(
        steps=tuple(steps),
        finish_period=reached[0] if reached else None,
        cost=sum(paid.values()) - subsidy,
        subsidy=subsidy,
        paid=tuple(paid.values()),
        staff=tuple(staff.values()),
        facts=facts,
        gain=worth[-1],
        benefit=sum(worth[1:]),
        broken=(),
    )
    return _with_broken(instance, plan)


def _variant(instance: Instance, step: Step) -> Variant:
    return instance.measures[step.measure].variants[step.variant]


def _facts(instance: Instance, steps: Sequence[Step], period: int) -> frozenset[int]:
    held = set(instance.granted)
    for step in steps:
        if step.finish <= period:
            held |= _variant(instance, step).facts
    while True:
        kept = {fact for fact in held if instance.needs_of(fact) <= held}
        if kept == held:
            return frozenset(kept)
        held = kept


def _met(tests: Sequence[Condition], held: frozenset[int]) -> bool:
    return all(sum(w for fact, w in test.weights if fact in held) >= test.needed for test in tests)


def _with_broken(instance: Instance, plan: Plan) -> Plan:
    limits, broken = instance.limits, []
    done = {step.measure: step.finish for step in plan.steps}
    if len(done) < len(plan.steps):
        broken.append("a measure is carried out twice")
    broken += [
        f"measure {step.measure} starts before what it requires"
        for step in plan.steps
        for group in instance.measures[step.measure].requires
        if not any(done.get(i, step.start) < step.start for i in group)
    ]
    broken += ["rivals stand together" for rivals in instance.rivals if len(rivals & set(done)) > 1]
    if limits.budget is not None and plan.cost > limits.budget:
        broken.append("budget")
    for year, cap in enumerate(limits.per_year, start=1):
        if cap is not None and plan.paid_in(year, instance.periods_per_year) > cap:
            broken.append(f"year {year}")
    if limits.staff is not None and max(plan.staff, default=0) > limits.staff:
        broken.append("staff")
    return replace(plan, broken=tuple(broken))
