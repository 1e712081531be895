"""What the assessed firms show: agreement, and the city's estimates corrected."""

from __future__ import annotations

import pytest
from tests.web.audit.conftest import answer_all
from tests.web.fieldwork.conftest import second_expert

from taji.web.answering.giving import Given
from taji.web.fieldwork import jobs
from taji.web.fieldwork.analysing import ask_analysis
from taji.web.fieldwork.assessing import give_assessed, hand_in
from taji.web.fieldwork.assigning import assign, choose
from taji.web.fieldwork.drawing import draw_subsample
from taji.web.fieldwork.models import Analysis, Assignment
from taji.web.fieldwork.reading import text_of
from taji.web.publishing.models import Made
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case


@pytest.fixture(autouse=True)
def _at_once(settings):
    """Jobs wait to be run by the test."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


def _assess(assignment, lower=0):
    """Hand in what the firm says, its share of digital equipment so much lower."""
    claimed = assignment.case.sheets.get(track="firm").submission.answers
    found = {**claimed, "q2": str(max(0, int(claimed["q2"]) - lower))}
    items = asked_of(assignment.case.round).items
    for item, value in found.items():
        given = Given(item=item, text=text_of(items[item].item, value), seen=None)
        give_assessed(assignment, given, by=assignment.expert)
    hand_in(assignment, by=assignment.expert)


@pytest.fixture
def assessed(city):
    """Fourteen firms drawn, four of them for two experts; all handed in."""
    answer_all(city)
    analyst = city.users["analyst"]
    draw_subsample(city.round, size=14, strata=("district",), seed=3, by=analyst)
    people = [city.users["expert"], second_expert(city)]
    assign(city.round, people=people, twice=4, due_on=None, by=analyst)
    for one in Assignment.objects.select_related("case__round", "expert").order_by("pk"):
        _assess(one, lower=20)
    return city


def _analysed(city) -> Analysis:
    made = ask_analysis(city.round, by=city.users["analyst"])
    jobs.run_analysis.func(made.pk)
    made.refresh_from_db()
    return made


def test_claims_above_what_experts_find_are_corrected_downwards(assessed):
    made = _analysed(assessed)

    assert made.state == Made.DONE, made.problem
    results = made.results
    assert (results["submitted"], results["assessed"]) == (30, 14)
    assert (results["drawn"], results["twice"]) == (14, 4)
    differences = results["models"][0]["own"]["differences"]
    assert differences["n"] == 14
    assert differences["mean"] > 0
    total = results["models"][0]["estimates"][0]
    assert total["ci_low"] < total["corrected"] < total["ci_high"]
    assert total["corrected"] < total["own"]
    assert total["gain"] > 1
    assert (total["n"], total["n_assessed"]) == (30, 14)
    (shares,) = [row for row in results["own"] if row["question"] == "q2"]
    assert shares["agreement"] < 0.5
    (same,) = [row for row in results["own"] if row["question"] == "q3"]
    assert same["agreement"] == 1


def test_two_experts_who_found_the_same_agree_in_full(assessed):
    results = _analysed(assessed).results

    (row,) = [row for row in results["experts"] if row["question"] == "q2"]
    assert (row["n"], row["agreement"], row["alpha"]) == (4, 1.0, 1.0)


def test_the_pages_show_it_and_say_what_it_is_for(assessed, signed_in):
    _analysed(assessed)
    browser = signed_in("analyst")

    agreement = browser.get("/visits/rounds/2026/agreement/").content.decode()
    corrected = browser.get("/visits/rounds/2026/corrected/").content.decode()

    assert "设备数字化率" in agreement
    assert "两位专家之间" in agreement
    assert "不得公布" in corrected
    assert "14 / 30" in corrected
    assert "平均总分" in corrected


def test_too_few_assessed_firms_are_told_and_nothing_is_computed(city, signed_in):
    answer_all(city)
    case = Case.objects.first()
    _assess(choose(case, city.users["expert"], due_on=None, by=city.users["analyst"]))

    made = _analysed(city)

    assert "own" not in made.results
    page = signed_in("analyst").get("/visits/rounds/2026/corrected/").content.decode()
    assert "只有 1 家" in page


def test_firms_chosen_by_hand_give_agreement_but_correct_nothing(city):
    answer_all(city)
    for case in Case.objects.order_by("pk")[:4]:
        _assess(choose(case, city.users["expert"], due_on=None, by=city.users["analyst"]), lower=10)

    results = _analysed(city).results

    assert results["drawn"] == 0
    assert results["models"][0]["own"]["differences"]["n"] == 4
    assert "指定" in results["models"][0]["problem"]["zh"]


def test_a_second_request_waits_for_the_same_analysis(assessed):
    first = ask_analysis(assessed.round, by=assessed.users["analyst"])

    assert ask_analysis(assessed.round, by=assessed.users["analyst"]) == first
