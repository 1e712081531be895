"""What a plan costs, brings and breaks, told from the raw problem alone.

Shares no line with ``taji.plan``: written from the words of ``docs/analyst/roadmap``, period by
period, and slow.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from taji.plan.instance import Condition, Instance, Limits, Measure, Subsidy, Variant

#: (measure, variant, first period)
Steps = tuple[tuple[int, int, int], ...]


def facts_at(problem: Instance, steps: Steps, period: int) -> set[int]:
    """Facts that hold at the end of a period."""
    found = set(problem.granted)
    for j, o, start in steps:
        variant = problem.measures[j].variants[o]
        if start + variant.duration - 1 <= period:
            found |= variant.facts
    while any(not problem.needs_of(fact) <= found for fact in found):
        found = {fact for fact in found if problem.needs_of(fact) <= found}
    return found


def reached(problem: Instance, steps: Steps) -> int | None:
    """First period at whose end every test is passed."""
    for period in range(problem.periods + 1):
        held = facts_at(problem, steps, period)
        if all(
            sum(weight for fact, weight in test.weights if fact in held) >= test.needed
            for test in problem.tests
        ):
            return period
    return None


def worth(problem: Instance, steps: Steps, period: int) -> int:
    return sum(problem.gains[fact] for fact in facts_at(problem, steps, period))


def paid_at(problem: Instance, steps: Steps, period: int) -> int:
    """Yuan that are paid in a period: the part of a purchase, or running cost after its work."""
    total = 0
    for j, o, start in steps:
        variant = problem.measures[j].variants[o]
        place = period - start
        if 0 <= place < variant.duration:
            until = Fraction(variant.purchase * (place + 1), variant.duration)
            before = Fraction(variant.purchase * place, variant.duration)
            total += int(until) - int(before)
        elif place >= variant.duration:
            total += variant.running
    return total


def cost(problem: Instance, steps: Steps) -> int:
    total = sum(paid_at(problem, steps, period) for period in range(1, problem.periods + 1))
    if problem.subsidy is not None:
        bought = sum(
            problem.measures[j].variants[o].purchase
            for j, o, _ in steps
            if j in problem.subsidy.measures
        )
        total -= min(problem.subsidy.cap, int(bought * Fraction(*problem.subsidy.share)))
    return total


def faults(problem: Instance, steps: Steps) -> list[str]:
    """Everything that a plan breaks; empty where it may be carried out."""
    found = []
    starts = {j: start for j, _, start in steps}
    ends = {j: start + problem.measures[j].variants[o].duration - 1 for j, o, start in steps}
    if len(starts) < len(steps):
        found.append("twice")
    if any(end > problem.periods for end in ends.values()) or any(s < 1 for s in starts.values()):
        found.append("horizon")
    found += [
        "order"
        for j, start in starts.items()
        for group in problem.measures[j].requires
        if all(i not in ends or ends[i] >= start for i in group)
    ]
    if any(len(rivals & starts.keys()) > 1 for rivals in problem.rivals):
        found.append("rivals")
    limits = problem.limits
    if limits.budget is not None and cost(problem, steps) > limits.budget:
        found.append("budget")
    length = problem.periods_per_year
    for year, cap in enumerate(limits.per_year):
        inside = range(year * length + 1, min((year + 1) * length, problem.periods) + 1)
        if cap is not None and sum(paid_at(problem, steps, t) for t in inside) > cap:
            found.append(f"year {year + 1}")
    if limits.staff is not None:
        for period in range(1, problem.periods + 1):
            tied = sum(
                problem.measures[j].variants[o].staff
                for j, o, start in steps
                if start <= period <= ends[j]
            )
            if tied > limits.staff:
                found.append("staff")
    return found


def every_plan(problem: Instance) -> Iterator[Steps]:
    """All that could be done, good or bad."""
    choices = [
        [
            None,
            *(
                (j, o, start)
                for o, variant in enumerate(measure.variants)
                for start in range(1, problem.periods - variant.duration + 2)
            ),
        ]
        for j, measure in enumerate(problem.measures)
    ]
    for chosen in product(*choices):
        yield tuple(step for step in chosen if step is not None)


def best(problem: Instance) -> tuple[int, int, int, int] | None:
    """(finish, cost, gain, benefit) of the best plan of all, by trying every one."""
    found: tuple[int, int, int, int] | None = None
    for steps in every_plan(problem):
        finish = reached(problem, steps)
        if finish is None or (found is not None and finish > found[0]) or faults(problem, steps):
            continue
        gain = worth(problem, steps, problem.periods)
        benefit = sum(worth(problem, steps, t) for t in range(1, problem.periods + 1))
        mine = (finish, cost(problem, steps), -gain, -benefit)
        if found is None or mine < found:
            found = mine
    return found


def small(seed: int) -> Instance:
    """A random problem that every plan of can be tried."""
    draw = random.Random(seed)
    n_fact = draw.randint(3, 6)
    periods = draw.randint(2, 4)
    count = 4 if periods < 4 else 3
    measures = tuple(_measure(draw, j, n_fact, periods) for j in range(count))
    weights = [draw.choice([1, 2, 3, 5]) for _ in range(n_fact)]
    tests = tuple(
        Condition(tuple((f, weights[f]) for f in chosen), draw.randint(1, sum(weights) // 2 + 1))
        for chosen in (
            draw.sample(range(n_fact), draw.randint(2, n_fact)) for _ in range(draw.randint(1, 2))
        )
    )
    needs = tuple(
        frozenset({draw.randrange(f)}) if f and draw.random() < 0.15 else frozenset[int]()
        for f in range(n_fact)
    )
    money = sum(measure.variants[0].purchase for measure in measures)
    limits = Limits(
        budget=draw.choice([None, money // 2, money]),
        per_year=draw.choice([(), (money // 2, None), (money // 3, money // 2)]),
        staff=draw.choice([None, 100, 150]),
    )
    return Instance(
        periods=periods,
        periods_per_year=2,
        measures=measures,
        tests=tests,
        gains=tuple(weights),
        needs=draw.choice([(), needs]),
        granted=frozenset(f for f in range(n_fact) if needs[f] and draw.random() < 0.3),
        rivals=(frozenset(draw.sample(range(count), 2)),) if draw.random() < 0.3 else (),
        limits=limits,
        subsidy=Subsidy((3, 10), 40, frozenset(range(2))) if draw.random() < 0.3 else None,
    )


def _measure(draw: random.Random, place: int, n_fact: int, periods: int) -> Measure:
    variants = tuple(
        Variant(
            duration=draw.randint(1, min(3, periods)),
            purchase=draw.choice([0, 10, 25, 40, 70, 101]),
            running=draw.choice([0, 0, 3, 7]),
            staff=draw.choice([0, 50, 100]),
            facts=frozenset(draw.sample(range(n_fact), draw.randint(1, 2))),
        )
        for _ in range(draw.randint(1, 2))
    )
    groups = tuple(
        frozenset(draw.sample(range(place), draw.randint(1, min(2, place))))
        for _ in range(1 if place and draw.random() < 0.4 else 0)
    )
    return Measure(variants, groups)
