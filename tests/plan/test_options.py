"""The plans among which a city chooses, and how likely they are carried out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plan import checker

from taji.catalogue.problem import PackError
from taji.catalogue.worth import worth
from taji.plan.adoption import adoption
from taji.plan.options import candidates, city_money, undominated

RULE = worth().adoption
BUDGETS = (40, 80, 150)


def tried(seed: int):
    case = checker.small(seed)
    case = replace(case, limits=replace(case.limits, per_year=()))
    return case, candidates(case, {"2": case.tests}, BUDGETS, seconds=600, seed=1)


@pytest.mark.parametrize("seed", range(40))
def test_no_candidate_costs_the_firm_more_than_its_budget(seed):
    case, found = tried(seed)

    for one in found.candidates:
        steps = tuple((s.measure, s.variant, s.start) for s in one.plan.steps)
        assert checker.cost(case.without_running(), steps) <= one.budget
        assert set(checker.faults(case, steps)) <= {"budget"}  # running cost comes on top
        assert one.plan.cost == checker.cost(case, steps)
        if one.target is not None:
            assert checker.reached(case, steps) is not None


@pytest.mark.parametrize("seed", range(40))
def test_a_target_over_the_largest_budget_is_told_with_what_it_takes(seed):
    case, found = tried(seed)
    bare = case.without_running()

    for amount in found.needed.values():
        reaching = [
            checker.cost(bare, steps)
            for steps in checker.every_plan(bare)
            if checker.reached(bare, steps) is not None
            and set(checker.faults(bare, steps)) <= {"budget"}
        ]
        assert amount == min(reaching, default=None)
        assert amount is None or amount > max(BUDGETS)


@pytest.mark.parametrize("seed", range(40))
def test_what_the_city_pays_by_year_is_the_whole_subsidy_or_all_that_is_bought(seed):
    case, found = tried(seed)

    for one in found.candidates:
        bought = sum(case.measures[s.measure].variants[s.variant].purchase for s in one.plan.steps)
        paid = sum(city_money(case, one.plan))
        assert paid == (bought if case.subsidy is None else one.plan.subsidy)


def test_somebody_who_stops_gets_what_there_is():
    case = checker.small(3)

    found = candidates(case, {"2": case.tests}, BUDGETS, seconds=60, seed=1, stopped=lambda: True)

    assert found.stopped
    assert found.candidates == ()


@given(
    st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=8).map(
        lambda rows: np.array(rows, dtype=float)
    )
)
def test_what_is_left_out_is_beaten_or_equalled_by_what_is_kept(rows):
    high, low = rows[:, :2], rows[:, 2:]

    kept = undominated(high, low)

    for at in range(len(rows)):
        as_good = ((high >= high[at]) & (low <= low[at]).all(axis=1, keepdims=True)).all(axis=1)
        same = (rows == rows[at]).all(axis=1)
        if kept[at]:
            assert not (as_good & ~same).any()
            assert (kept & same).sum() == 1
        else:
            assert (as_good & kept).any()


@given(
    purchase=st.integers(0, 5_000_000),
    share=st.floats(0, 1),
    more=st.floats(0, 1),
)
def test_a_firm_that_bears_more_is_never_likelier_to_carry_it_out(purchase, share, more):
    borne = int(purchase * share)
    dearer = borne + int((purchase - borne) * more)

    low, high = (adoption(purchase, part, usual=200_000, rule=RULE) for part in (dearer, borne))

    assert 0 < low <= high < 1


def test_half_carry_out_a_usual_programme_that_they_pay_alone_and_ever_fewer_a_larger_one():
    alone = [adoption(c, c, usual=200_000, rule=RULE) for c in (50_000, 200_000, 2_000_000)]

    assert alone[1] == 0.5
    assert alone[0] > alone[1] > alone[2]


def test_cost_weighs_one_point_four_times_as_much_as_saving():
    assert RULE.cost / RULE.saving == pytest.approx(1.4)


def test_a_city_that_writes_its_own_assumptions_wrongly_is_told_where(tmp_path):
    file = tmp_path / "worth.yaml"
    file.write_text(
        "id: ours\nversion: '1.0'\ntitle: {zh: 本市, en: ours}\nsource: [city]\n"
        "confidence: assumption\nlevel: 0\n"
        "adoption: {base: 1.5, cost: 0.3, saving: 0.2, usual: {small: 1}, lest: 5}\n",
        "utf-8",
    )

    with pytest.raises(PackError) as caught:
        worth(file)

    paths = {problem.path for problem in caught.value.problems}
    assert {"adoption.base", "adoption.lest", "adoption.least"} <= paths
