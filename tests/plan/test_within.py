"""The most gain within the means, and the least cost to a level."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.plan import checker

from taji.plan.instance import Condition, Instance, Limits, Measure, Variant
from taji.plan.roadmap import NoTimeError
from taji.plan.solving import Search
from taji.plan.within import least_cost, most_gain

CASES, CHUNK = 200, 50


def search() -> Search:
    return Search(seconds=600, seed=1)


def plain(steps) -> checker.Steps:
    return tuple((step.measure, step.variant, step.start) for step in steps)


def pairs(steps: checker.Steps) -> frozenset[tuple[int, int]]:
    return frozenset((j, o) for j, o, _ in steps)


def benefit(case: Instance, steps: checker.Steps) -> int:
    return sum(checker.worth(case, steps, t) for t in range(1, case.periods + 1))


def good_plans(case: Instance) -> list[checker.Steps]:
    return [steps for steps in checker.every_plan(case) if not checker.faults(case, steps)]


@pytest.mark.parametrize("first", range(0, CASES, CHUNK))
def test_no_plan_gains_more_or_gains_as_much_for_less(first):
    for seed in range(first, first + CHUNK):
        case = checker.small(seed).without_running()
        plans = good_plans(case)
        wanted = max((checker.worth(case, s, case.periods), -checker.cost(case, s)) for s in plans)

        found = most_gain(case, search=search())

        steps = plain(found.plan.steps)
        assert found.status == "optimal", seed
        assert checker.faults(case, steps) == [], seed
        assert checker.worth(case, steps, case.periods) == wanted[0], seed
        assert checker.cost(case, steps) == -wanted[1], seed
        same = [s for s in plans if pairs(s) == pairs(steps)]
        assert benefit(case, steps) == max(benefit(case, s) for s in same), seed


@pytest.mark.parametrize("first", range(0, CASES, CHUNK))
def test_no_plan_reaches_the_target_for_less_or_gains_more_for_as_little(first):
    for seed in range(first, first + CHUNK):
        case = checker.small(seed).without_running()
        plans = [s for s in good_plans(case) if checker.reached(case, s) is not None]

        found = least_cost(case, search=search())

        if not plans:
            assert found.status == "infeasible", seed
            continue
        wanted = min((checker.cost(case, s), -checker.worth(case, s, case.periods)) for s in plans)
        steps = plain(found.plan.steps)
        assert found.status == "optimal", seed
        assert checker.faults(case, steps) == [], seed
        assert checker.reached(case, steps) is not None, seed
        assert checker.cost(case, steps) == wanted[0], seed
        assert checker.worth(case, steps, case.periods) == -wanted[1], seed


def two_days_of_work(staff: int) -> Instance:
    ways = [Variant(1, cost, 0, 100, frozenset({f})) for f, cost in enumerate((10, 30, 50))]
    return Instance(
        periods=1,
        periods_per_year=1,
        measures=tuple(Measure((way,)) for way in ways),
        tests=(Condition(((0, 1), (1, 1), (2, 1)), 2),),
        gains=(1, 2, 4),
        limits=Limits(budget=1000, staff=staff),
    )


def test_people_who_are_not_there_keep_from_doing_all_that_money_would_pay():
    assert most_gain(two_days_of_work(300), search=search()).plan.gain == 7

    found = most_gain(two_days_of_work(200), search=search())

    assert (found.plan.gain, found.plan.cost) == (6, 80)
    assert least_cost(two_days_of_work(100), search=search()).status == "infeasible"


def test_what_cannot_be_found_in_time_is_said():
    with pytest.raises(NoTimeError):
        most_gain(two_days_of_work(300), search=Search(seconds=0.001, seed=1))


def test_a_chain_of_prerequisites_is_kept_although_choosing_knows_no_time():
    first = Measure((Variant(2, 10, 0, 0, frozenset()),))
    last = Measure((Variant(3, 10, 0, 0, frozenset({0})),), (frozenset({0}),))
    case = replace(two_days_of_work(100), measures=(first, last), gains=(5, 0, 0), tests=())

    assert most_gain(replace(case, periods=4), search=search()).plan.gain == 0
    found = most_gain(replace(case, periods=5), search=search())
    assert found.plan.gain == 5
    assert [step.start for step in found.plan.steps] == [1, 3]
