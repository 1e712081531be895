"""Experts get firms evenly, and never one they have an interest in."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.web.conftest import add_user
from tests.web.fieldwork.conftest import more_firms, second_expert

from taji.web.audit.models import Entry
from taji.web.fieldwork.assigning import (
    AssessedAlreadyError,
    BarredError,
    assign,
    choose,
    declare_conflict,
    reassign,
)
from taji.web.fieldwork.models import Assignment, Subsample, SubsampleCase
from taji.web.people.models import Membership, Role


@pytest.fixture
def drawn(handed_in):
    """Ten firms drawn for the second phase."""
    cases = [*handed_in.cases, *more_firms(handed_in, 8)]
    subsample = Subsample.objects.create(
        round=handed_in.round,
        submitted=10,
        size=10,
        seed=1,
        certificate_sha256="0" * 64,
        by=handed_in.users["analyst"],
    )
    for case in cases:
        SubsampleCase.objects.create(
            subsample=subsample, case=case, stratum=case.organisation.district
        )
    return handed_in


def _assign(city, people, twice=0):
    return assign(city.round, people=people, twice=twice, due_on=None, by=city.users["analyst"])


def test_loads_are_even_and_some_firms_get_two_experts(drawn):
    people = [drawn.users["expert"], second_expert(drawn), second_expert(drawn, "expert3")]

    out = _assign(drawn, people, twice=2)

    loads = Counter(Assignment.objects.values_list("expert_id", flat=True))
    firms = Counter(Assignment.objects.values_list("case_id", flat=True))
    assert out.made == 12
    assert sorted(loads.values()) == [4, 4, 4]
    assert sorted(firms.values())[-2:] == [2, 2]
    assert sum(firms.values()) == 12


def test_firms_with_two_experts_are_spread_over_strata(drawn):
    _assign(drawn, [drawn.users["expert"], second_expert(drawn)], twice=2)

    twice = [
        n for n, k in Counter(Assignment.objects.values_list("case_id", flat=True)).items() if k > 1
    ]
    strata = SubsampleCase.objects.filter(case__in=twice).values_list("stratum", flat=True)
    assert sorted(strata) == ["430204", "430211"]


def test_assigning_again_gives_only_what_is_missing(drawn):
    people = [drawn.users["expert"], second_expert(drawn)]
    _assign(drawn, people)

    assert _assign(drawn, people).made == 0
    assert _assign(drawn, people, twice=3).made == 3


def test_a_declared_conflict_is_kept_for_good_and_for_every_round(drawn):
    expert, other = drawn.users["expert"], second_expert(drawn)
    _assign(drawn, [expert])
    held = Assignment.objects.first()
    declare_conflict(held, interest="曾任该企业顾问", by=expert)

    out = _assign(drawn, [expert])
    assert (out.made, [case.pk for case in out.short]) == (0, [held.case_id])
    assert _assign(drawn, [expert, other]).made == 1
    assert Assignment.objects.get(case=held.case, ended_at=None).expert == other
    assert Entry.objects.get(action="fieldwork.conflict").facts["interest"] == "曾任该企业顾问"


def test_an_expert_with_a_role_in_a_firm_does_not_assess_it_even_if_it_ended(drawn):
    expert = drawn.users["expert"]
    Membership.objects.create(user=expert, organisation=drawn.firms[0], role=Role.FIRM)

    with pytest.raises(BarredError) as caught:
        choose(drawn.cases[0], expert, due_on=None, by=drawn.users["analyst"])

    assert "任职" in caught.value.render("zh")


def test_an_expert_of_one_district_stays_in_it(drawn):
    local = add_user("local", drawn.bureau, Role.EXPERT, "430204")

    _assign(drawn, [drawn.users["expert"], local])

    theirs = Assignment.objects.filter(expert=local)
    assert [one.organisation.district for one in theirs] == ["430204"]


def test_reassigning_moves_the_firm_and_what_was_handed_in_stays(drawn):
    expert, other, analyst = (drawn.users["expert"], second_expert(drawn), drawn.users["analyst"])
    held = choose(drawn.cases[0], expert, due_on=None, by=analyst)

    moved = reassign(held, other, due_on=None, by=analyst)
    held.refresh_from_db()
    assert held.ended_at is not None
    assert moved.expert == other

    Assignment.objects.filter(pk=moved.pk).update(submitted_at="2026-01-01T00:00Z")
    with pytest.raises(AssessedAlreadyError):
        reassign(moved, expert, due_on=None, by=analyst)


def test_pages_of_the_analyst_assign_reassign_and_show_the_conflict(drawn, signed_in):
    browser, expert, other = signed_in("analyst"), drawn.users["expert"], second_expert(drawn)
    browser.post(
        "/visits/rounds/2026/share/", {"expert": [expert.pk], "twice": "0", "due_on": "2026-12-31"}
    )
    held = Assignment.objects.get(case=drawn.cases[0])
    signed_in("expert").post(
        f"/visits/assignments/{held.pk}/conflict/", {"interest": "亲属在该企业任职"}
    )

    page = browser.get(f"/visits/cases/{held.case_id}/").content.decode()
    overview = browser.get("/visits/rounds/2026/").content.decode()
    browser.post(f"/visits/cases/{held.case_id}/give/", {"expert": other.pk})

    assert "亲属在该企业任职" in page
    assert "利益冲突" in overview
    assert "2026-12-31" in overview
    assert Assignment.objects.get(case=held.case, ended_at=None).expert == other


def test_an_analyst_of_one_district_sees_only_its_firms(drawn, signed_in):
    drawn.users["analyst"].memberships.update(district="430204")

    page = signed_in("analyst").get("/visits/rounds/2026/").content.decode()

    assert drawn.firms[1].name in page
    assert drawn.firms[0].name not in page
    assert signed_in("analyst").get(f"/visits/cases/{drawn.cases[0].pk}/").status_code == 404


def test_the_overview_asks_the_database_as_often_for_many_firms_as_for_few(
    drawn, signed_in, django_assert_max_num_queries
):
    _assign(drawn, [drawn.users["expert"], second_expert(drawn)], twice=5)
    browser = signed_in("analyst")

    with django_assert_max_num_queries(18):
        browser.get("/visits/rounds/2026/")
