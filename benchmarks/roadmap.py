"""Time roadmaps to a proven optimum: 40 measures in 3 variants over 12 periods.

Half of the cases are *tight*: a budget 5 % over the least that any plan needs with that staff, and little
staff, so that work must wait; half are *loose*: twice that budget, plenty of staff. Prerequisites
are three deep and more, two in five measures have rivals or groups of which one is enough. Reported is the time of
the four wishes, as ``taji plan roadmap --plain`` takes it; beside it the time that
finding a conflict takes where the budget is a tenth under the least.

    python -m benchmarks.roadmap [--cases 100] [--conflicts 20]
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from taji.plan.conflict import conflict, least_of
from taji.plan.instance import Condition, Instance, Limits, Measure, Variant
from taji.plan.roadmap import roadmap
from taji.plan.solving import Search

MEASURES, VARIANTS, PERIODS, FACTS = 40, 3, 12, 60
POINTS, COUNTED = 30, 16
TIGHT_STAFF, LOOSE_STAFF = 150, 400
SECONDS = 120.0


def case(seed: int, *, tight: bool) -> Instance:
    """One random problem; its budget is set from the least that it needs."""
    draw = random.Random(seed)
    measures = tuple(_measure(draw, j) for j in range(MEASURES))
    weights = [draw.choice([70, 90, 125, 150, 187, 200, 250, 350]) for _ in range(FACTS)]
    brought = {f for m in measures for v in m.variants for f in v.facts}
    within = [f for f in range(POINTS) if f in brought]
    counted = [f for f in range(POINTS, POINTS + COUNTED) if f in brought]
    core = counted[len(counted) // 3 :]
    tests = (
        Condition(
            tuple((f, weights[f]) for f in within), sum(weights[f] for f in within) * 6 // 10
        ),
        Condition(tuple((f, 1) for f in counted), len(counted) // 2),
        Condition(tuple((f, 1) for f in core), len(core) // 2),
    )
    free = Instance(
        periods=PERIODS,
        periods_per_year=4,
        measures=measures,
        tests=tests,
        gains=tuple(weights),
        rivals=tuple(frozenset(draw.sample(range(MEASURES), 2)) for _ in range(4)),
        limits=Limits(staff=TIGHT_STAFF if tight else LOOSE_STAFF),
    )
    least = least_of(free, "budget", search=Search(SECONDS, 1))
    assert least is not None, f"case {seed} has no plan with this staff"
    budget = least * 105 // 100 if tight else least * 2
    return free.limited(replace(free.limits, budget=budget))


def _measure(draw: random.Random, place: int) -> Measure:
    groups = tuple(
        frozenset(draw.sample(range(place), draw.choice([1, 1, 2])))
        for _ in range(draw.choice([1, 1, 2]) if place > 5 and draw.random() < 0.6 else 0)
    )
    base = draw.randint(3, 40) * 10_000
    facts = draw.sample(range(FACTS), draw.choice([1, 2, 3, 4]))
    variants = []
    for place_of_variant in range(VARIANTS):
        brings = facts[: max(1, len(facts) - (draw.randint(0, 1) if place_of_variant == 0 else 0))]
        price = int(base * (0.7 + 0.35 * place_of_variant) * draw.uniform(0.8, 1.2)) // 100 * 100
        variants.append(
            Variant(
                duration=draw.randint(1, 4),
                purchase=price,
                running=int(base * 0.02) // 100 * 100,
                staff=draw.choice([0, 25, 50, 75, 100]),
                facts=frozenset(brings),
            )
        )
    return Measure(tuple(variants), groups)


def timed(problem: Instance) -> tuple[str, float, float, int | None]:
    """Solve; return the status, the seconds, those of the processor, the period of the target."""
    began, busy = time.perf_counter(), time.process_time()
    found = roadmap(problem, search=Search(SECONDS, 1))
    spent, worked = time.perf_counter() - began, time.process_time() - busy
    return found.status, spent, worked, found.plan.finish_period if found.plan else None


def lines(cases: int, conflicts: int) -> Iterator[str]:
    """Measure, and say what came out."""
    yield (
        f"{cases} cases of {MEASURES} measures x {VARIANTS} variants x {PERIODS} periods, "
        f"{os.cpu_count()} cores, load at the start {os.getloadavg()[0]:.1f}"
    )
    for name, tight in (("tight", True), ("loose", False)):
        problems = [case(seed, tight=tight) for seed in range(cases // 2)]
        runs = [timed(problem) for problem in problems]
        seconds = np.array([run[1] for run in runs])
        proven = sum(run[0] in ("optimal", "infeasible") for run in runs)
        worked = np.array([run[2] for run in runs])
        periods = [run[3] for run in runs if run[3] is not None]
        yield (
            f"{name}: proven {proven} of {len(runs)}; median {np.median(seconds):.2f} s, "
            f"90 % {np.quantile(seconds, 0.9):.2f} s, worst {seconds.max():.2f} s "
            f"(processor: median {np.median(worked):.2f} s, worst {worked.max():.2f} s); "
            f"target reached in periods {min(periods)}-{max(periods)}"
        )
        if tight and conflicts:
            spent = []
            for problem in problems[:conflicts]:
                budget = problem.limits.budget
                assert budget is not None
                short = replace(problem.limits, budget=budget * 85 // 100)
                began = time.perf_counter()
                found = conflict(problem.limited(short), search=Search(SECONDS, 1))
                spent.append(time.perf_counter() - began)
                assert found.minimal
                assert found.budget_needed is not None
            yield (
                f"conflicts: {len(spent)} cases; median {np.median(spent):.2f} s, "
                f"worst {max(spent):.2f} s"
            )
    yield f"load at the end {os.getloadavg()[0]:.1f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--conflicts", type=int, default=20)
    asked = parser.parse_args()
    for line in lines(asked.cases, asked.conflicts):
        print(line, flush=True)


if __name__ == "__main__":
    main()
