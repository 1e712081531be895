"""The roadmap of a firm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.plan import checker

from taji.plan.conflict import conflict, least_of
from taji.plan.earliest import reaches
from taji.plan.instance import Condition, Instance, Limits, Measure, Subsidy, Variant, parts
from taji.plan.roadmap import NoTimeError, roadmap
from taji.plan.solving import Search
from taji.plan.steps import counted
from taji.plan.variety import DEARER, alternatives, binding

CASES, CHUNK = 500, 50


def search() -> Search:
    return Search(seconds=600, seed=1)


def plain(steps) -> checker.Steps:
    return tuple((step.measure, step.variant, step.start) for step in steps)


def variant(purchase=10, *, duration=1, facts=(0,), running=0, staff=0) -> Variant:
    return Variant(duration, purchase, running, staff, frozenset(facts))


def problem(*measures: Measure, needed=1, facts=1, periods=4, **more) -> Instance:
    return Instance(
        periods=periods,
        periods_per_year=4,
        measures=measures,
        tests=(Condition(tuple((f, 1) for f in range(facts)), needed),),
        gains=(1,) * facts,
        **more,
    )


@pytest.mark.parametrize("first", range(0, CASES, CHUNK))
def test_the_best_of_all_plans_is_found_or_shown_not_to_be(first):
    for seed in range(first, first + CHUNK):
        case = checker.small(seed)
        truth = checker.best(case)

        found = roadmap(case, search=search())

        if truth is None:
            assert found.status == "infeasible", seed
            continue
        assert found.status == "optimal", seed
        steps = plain(found.plan.steps)
        assert checker.faults(case, steps) == [], seed
        finish, cost, gain, benefit = truth
        assert checker.reached(case, steps) == found.plan.finish_period == finish, seed
        if finish == 0:
            continue  # a firm that is there needs no plan
        assert checker.cost(case, steps) == found.plan.cost == cost, seed
        assert checker.worth(case, steps, case.periods) == found.plan.gain == -gain, seed
        assert found.plan.benefit == -benefit, seed
        assert [stage.value for stage in found.stages] == [finish, cost, -gain, -benefit], seed


@pytest.mark.parametrize("first", range(0, 200, CHUNK))
def test_a_conflict_is_minimal_and_says_the_least_that_would_do(first):
    seen = 0
    for seed in range(first, first + CHUNK):
        case = checker.small(seed)
        if checker.best(case) is not None:
            continue
        seen += 1

        found = conflict(case, search=search())

        names = {clash.limit for clash in found.clashes}
        assert "target" in names, seed
        if names <= {"target", "periods"}:
            assert checker.best(case.limited(Limits())) is None, seed
            continue
        limits = names - {"target"}
        assert checker.best(case.limited(case.limits.only(frozenset(limits)))) is None, seed
        for clash in found.clashes:
            if clash.limit == "target":
                continue
            others = case.limited(case.limits.only(frozenset(limits - {clash.limit})))
            assert checker.best(others) is not None, (seed, clash)
            assert clash.given < clash.needed, (seed, clash)
            loosened = case.limited(with_limit(case.limits.only(frozenset(limits)), clash))
            assert checker.best(loosened) is not None, (seed, clash)
            less = replace(clash, needed=clash.needed - 1)
            tight = case.limited(with_limit(case.limits.only(frozenset(limits)), less))
            assert checker.best(tight) is None, (seed, clash)
    assert seen > 3


def with_limit(limits: Limits, clash) -> Limits:
    if clash.limit == "budget":
        return replace(limits, budget=clash.needed)
    if clash.limit == "staff":
        return replace(limits, staff=clash.needed)
    year = int(clash.limit.split()[1])
    per_year = list(limits.per_year)
    per_year[year - 1] = clash.needed
    return replace(limits, per_year=tuple(per_year))


def test_an_earlier_target_is_worth_any_affordable_price():
    case = problem(Measure((variant(10, duration=3), variant(90, duration=1))))

    dear = roadmap(case, search=search()).plan
    poor = roadmap(case.limited(Limits(budget=50)), search=search()).plan

    assert (dear.finish_period, dear.cost) == (1, 90)
    assert (poor.finish_period, poor.cost) == (3, 10)


def test_effects_on_one_answer_do_not_add_up():
    case = problem(Measure((variant(),)), Measure((variant(),)), needed=2)

    assert roadmap(case, search=search()).status == "infeasible"


def test_one_measure_of_a_group_is_enough_and_is_done_before():
    case = problem(
        Measure((variant(50, facts=()),)),
        Measure((variant(20, facts=(), duration=2),)),
        Measure((variant(5),), (frozenset({0, 1}),)),
    )

    plan = roadmap(case, search=search()).plan
    cheap = roadmap(case.limited(Limits(budget=30)), search=search()).plan

    assert [(step.measure, step.start) for step in plan.steps] == [(0, 1), (2, 2)]
    assert [(step.measure, step.start) for step in cheap.steps] == [(1, 1), (2, 3)]


def test_rivals_are_not_carried_out_together():
    case = problem(
        Measure((variant(facts=(0,)),)), Measure((variant(facts=(1,)),)), needed=2, facts=2
    )

    free = roadmap(case, search=search())
    apart = roadmap(replace(case, rivals=(frozenset({0, 1}),)), search=search())

    assert free.status == "optimal"
    assert apart.status == "infeasible"


def test_staff_makes_work_wait():
    case = problem(
        Measure((variant(facts=(0,), staff=60),)),
        Measure((variant(facts=(1,), staff=60),)),
        needed=2,
        facts=2,
    )

    assert roadmap(case, search=search()).plan.finish_period == 1
    assert roadmap(case.limited(Limits(staff=100)), search=search()).plan.finish_period == 2


def test_what_a_year_leaves_is_not_carried_over():
    work = Measure((variant(100, duration=4),))
    case = replace(problem(work, periods=8), limits=Limits(per_year=(0, 100)))

    assert roadmap(case, search=search()).plan.finish_period == 8
    assert roadmap(case.limited(Limits(per_year=(50, 50))), search=search()).plan.finish_period == 6


def test_running_cost_counts_to_the_horizon_and_breaks_the_budget():
    case = problem(Measure((variant(10, running=5),)))

    assert roadmap(case, search=search()).plan.cost == 10 + 3 * 5
    assert roadmap(case.limited(Limits(budget=14)), search=search()).plan.finish_period == 4
    assert roadmap(case.limited(Limits(budget=9)), search=search()).status == "infeasible"


def test_a_subsidy_lessens_the_budget_but_not_what_is_paid_in_a_year():
    aid = Subsidy((1, 2), 40, frozenset({0}))
    case = replace(problem(Measure((variant(100),))), subsidy=aid)

    assert roadmap(case.limited(Limits(budget=60)), search=search()).plan.cost == 60
    assert roadmap(case.limited(Limits(budget=59)), search=search()).status == "infeasible"
    assert roadmap(case.limited(Limits(per_year=(60,))), search=search()).status == "infeasible"


def test_a_firm_at_its_target_gets_an_empty_plan():
    found = roadmap(problem(Measure((variant(),)), needed=0), search=search())

    assert (found.status, found.plan.finish_period, found.plan.cost) == ("optimal", 0, 0)
    assert found.plan.steps == ()


def test_the_same_problem_gives_the_same_plan():
    twins = tuple(Measure((variant(10, facts=(f,)),)) for f in range(6))
    case = problem(*twins, needed=3, facts=6)

    plans = {roadmap(case, search=search()).plan for _ in range(5)}

    assert len(plans) == 1


def test_no_time_is_neither_a_plan_nor_a_proof():
    with pytest.raises(NoTimeError) as caught:
        roadmap(problem(Measure((variant(),))), search=Search(seconds=0, seed=1))

    assert caught.value.code == "plan.no_time"


def test_missing_time_is_told_in_periods_and_missing_measures_as_such():
    slow = problem(Measure((variant(duration=3),)), Measure((variant(duration=4),)), periods=2)
    never = problem(Measure((variant(),)), needed=2)

    late, hopeless = conflict(slow, search=search()), conflict(never, search=search())

    assert [(c.limit, c.given, c.needed) for c in late.clashes] == [
        ("target", None, None),
        ("periods", 2, 3),
    ]
    assert [clash.limit for clash in hopeless.clashes] == ["target"]


def test_alternatives_are_different_nearly_as_cheap_and_feasible():
    pairs = tuple(
        Measure((variant(100 + extra, facts=(f,)),)) for f in range(3) for extra in (0, 2, 3)
    )
    case = problem(*pairs, needed=3, facts=3)
    best = roadmap(case, search=search()).plan

    others = alternatives(case, best, search=search())

    assert len(others) == 2
    assert [other.left_out for other in others] == [3, 3]
    for other in others:
        steps = plain(other.plan.steps)
        assert checker.faults(case, steps) == []
        assert checker.reached(case, steps) == best.finish_period
        assert checker.cost(case, steps) <= best.cost * (100 + DEARER) / 100
        assert other.distance == len(best.pairs ^ other.plan.pairs) > 0
    assert len({best.pairs, *(other.plan.pairs for other in others)}) == 3


def test_alternatives_hold_nothing_that_they_do_not_need():
    idle = Measure((variant(1, facts=()),))
    case = problem(Measure((variant(100),)), Measure((variant(101),)), idle)
    best = roadmap(case, search=search()).plan

    others = alternatives(case, best, search=search())

    assert [sorted(other.plan.pairs) for other in others] == [[(1, 0)]]


def test_a_limit_binds_if_and_only_if_more_of_it_would_help():
    case = problem(
        Measure((variant(100, staff=60, facts=(0,)),)),
        Measure((variant(100, staff=60, facts=(1,)),)),
        needed=2,
        facts=2,
        limits=Limits(budget=1000, staff=100),
    )
    best = roadmap(case, search=search()).plan

    found = binding(case, best, search=search())

    assert [(one.limit, one.finish_without, one.needed_for_earlier) for one in found] == [
        ("staff", 1, 120)
    ]


def test_a_looser_limit_never_makes_the_target_later():
    for seed in range(30):
        case = checker.small(seed)
        if case.limits.budget is None:
            continue
        more = case.limited(replace(case.limits, budget=case.limits.budget * 2))
        tight, loose = (roadmap(one, search=search()) for one in (case, more))
        if tight.plan is not None:
            assert loose.plan is not None
            assert loose.plan.finish_period <= tight.plan.finish_period


def test_the_least_budget_is_just_enough():
    for seed in range(40):
        case = checker.small(seed)
        loose = case.limited(replace(case.limits, budget=None))
        least = least_of(loose, "budget", search=search())
        if least is None or least <= 0:
            continue
        enough = case.limited(replace(case.limits, budget=least))
        short = case.limited(replace(case.limits, budget=least - 1))
        assert reaches(enough, search()).exists
        assert checker.best(short) is None


def test_the_recount_of_a_plan_names_what_it_breaks():
    case = problem(
        Measure((variant(10, staff=60),)),
        Measure((variant(10),), (frozenset({0}),)),
        limits=Limits(budget=5, per_year=(5,), staff=50),
        rivals=(frozenset({0, 1}),),
    )
    step = next(iter(roadmap(case.limited(Limits()), search=search()).plan.steps))
    late = replace(step, measure=1, start=1, finish=1)

    assert set(counted(case, (step, late)).broken) == {
        "budget",
        "year 1",
        "staff",
        "rivals stand together",
        "measure 1 starts before what it requires",
    }


def test_parts_add_up():
    for amount in range(40):
        for count in range(1, 6):
            shares = parts(amount, count)
            assert sum(shares) == amount
            assert max(shares) - min(shares) <= 1
