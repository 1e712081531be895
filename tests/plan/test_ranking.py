"""Ranking, which the optimum is compared with."""

from __future__ import annotations

from tests.plan import checker
from tests.plan.test_roadmap import plain, problem, variant

from taji.plan.conflict import least_of
from taji.plan.instance import Measure
from taji.plan.ranking import rank_and_cut
from taji.plan.solving import Search


def dims(count):
    return [frozenset({fact}) for fact in range(count)]


def test_what_ranking_buys_can_be_carried_out():
    for seed in range(30):
        case = checker.small(seed)
        case = case.limited(type(case.limits)())

        found = rank_and_cut(case, dims(len(case.gains)))

        assert checker.faults(case, plain(found.steps)) == [], seed


def test_ranking_never_needs_less_than_the_optimum():
    for seed in range(30):
        case = checker.small(seed)
        case = case.limited(type(case.limits)())
        found = rank_and_cut(case, dims(len(case.gains)))
        if found.target_cost is not None:
            least = least_of(case, "budget", search=Search(600, 1))
            assert least is not None
            assert least <= max(found.target_cost, checker.cost(case, plain(found.steps))), seed


def test_ranking_stops_at_its_budget():
    case = problem(Measure((variant(60),)), Measure((variant(60, facts=(1,)),)), facts=2, needed=2)

    rich, poor = (rank_and_cut(case, dims(2), budget=budget) for budget in (120, 100))

    assert (len(rich.steps), rich.target_cost) == (2, 120)
    assert (len(poor.steps), poor.target_cost) == (1, None)


def test_ranking_buys_what_is_required_before():
    case = problem(Measure((variant(5, facts=()),)), Measure((variant(10),), (frozenset({0}),)))

    found = rank_and_cut(case, dims(1))

    assert [(step.measure, step.start) for step in found.steps] == [(0, 1), (1, 2)]
