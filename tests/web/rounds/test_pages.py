"""Pages of a round, and who sees what on them."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.web.rounds.conftest import DRAW, FORM

from taji.web.rounds.models import Case, Errand, Round
from taji.web.rounds.progress import progress

State = Case.State


def test_a_round_is_made_from_its_form(bureau, signed_in):
    browser = signed_in("analyst")

    page = browser.post(reverse("rounds:new"), {**FORM, "slug": "2028"})

    its = Round.objects.get(slug="2028")
    assert page.url == reverse("rounds:show", args=["2028"])
    assert (its.questionnaire, its.also, its.model_ids) == ("sme2024", [], ["sme2024"])
    assert its.options == {}


def test_the_form_offers_a_purpose_to_edit(bureau, signed_in):
    page = signed_in("analyst").get(reverse("rounds:new")).content.decode()

    assert "不作为处罚或考核依据" in page


def test_a_model_needs_its_questionnaire(bureau, signed_in):
    said = {**FORM, "slug": "2028", "model_ids": ["dmat"]}

    page = signed_in("analyst").post(reverse("rounds:new"), said)

    assert page.status_code == 422
    assert "需要问卷" in page.content.decode()


def test_readings_that_differ_from_the_pack_are_kept_under_the_model(bureau, signed_in):
    said = {**FORM, "slug": "2028", "reading:sme2024:q4": "equal", "reading:dmat:q1": "a"}

    signed_in("analyst").post(reverse("rounds:new"), said)

    assert Round.objects.get(slug="2028").options == {"sme2024:q4": "equal"}


@pytest.mark.parametrize("slug", ["errands", "new", "cases"])
def test_a_round_takes_no_address_that_stands(bureau, signed_in, slug):
    assert (
        signed_in("analyst").post(reverse("rounds:new"), {**FORM, "slug": slug}).status_code == 422
    )


def test_the_plan_of_a_sample_is_shown_before_it_is_drawn(bureau, signed_in):
    query = {**DRAW, "whom": "sample"}
    query.pop("population")

    page = signed_in("analyst").get(reverse("rounds:draw", args=["2027"]), query)

    assert "天元区" in page.content.decode()
    assert [row["drawn"] for _, row, _ in page.context["plan"]] == [3, 3, 3, 3]
    assert not Case.objects.filter(round=bureau.round).exists()


def test_a_sample_that_cannot_be_is_told_on_the_form(bureau, signed_in):
    said = {
        "whom": "sample",
        "size": 5,
        "strata": ["district"],
        "allocation": "equal",
        "minimum": 2,
        "seed": 1,
    }

    page = signed_in("analyst").post(reverse("rounds:draw_now", args=["2027"]), said)

    assert page.status_code == 422
    assert not Errand.objects.exists()


def test_progress_counts_by_stratum_and_tells_the_precision(bureau, django_assert_num_queries):
    bureau.invited()
    cases = list(Case.objects.filter(round=bureau.round, stratum="430211").order_by("pk"))
    for case, state in zip(cases, (State.SUBMITTED, State.SUBMITTED, State.ANSWERING), strict=True):
        Case.objects.filter(pk=case.pk).update(state=state)

    with django_assert_num_queries(1):
        found = progress(bureau.round)

    row = next(r for r in found.strata if r.stratum == "430211")
    assert (row.received, row.answering, row.invited, row.drawn) == (2, 1, 0, 3)
    assert found.city.received == 2
    assert found.city.prevents
    assert found.city.half_width is None
    assert row.half_width > row.half_width_full


def test_the_progress_page_asks_few_questions(bureau, signed_in, django_assert_max_num_queries):
    bureau.invited()
    browser = signed_in("analyst")
    with django_assert_max_num_queries(8):
        page = browser.get(reverse("rounds:show", args=["2027"]))
    assert "不足 2 份" in page.content.decode()


@pytest.mark.parametrize(
    ("name", "limit"), [("cases", 8), ("invite", 11), ("chase", 18), ("draw", 8)]
)
def test_pages_ask_few_questions(bureau, signed_in, django_assert_max_num_queries, name, limit):
    bureau.invited()
    browser = signed_in("analyst")
    with django_assert_max_num_queries(limit):
        assert browser.get(reverse(f"rounds:{name}", args=["2027"])).status_code == 200


def test_an_analyst_of_a_district_sees_the_progress_of_its_firms(bureau, of_district):
    bureau.invited()

    found = of_district.get(reverse("rounds:show", args=["2027"])).context["progress"]
    listed = of_district.get(reverse("rounds:cases", args=["2027"])).context["rows"]

    assert [row.stratum for row in found.strata] == ["430204"]
    assert found.city.drawn == 3
    assert {case.organisation.district for case, _ in listed} == {"430204"}


@pytest.mark.parametrize("name", ["edit", "draw", "open", "freeze", "draw_file"])
def test_an_analyst_of_a_district_does_nothing_that_concerns_the_city(bureau, of_district, name):
    bureau.draw()
    assert of_district.get(reverse(f"rounds:{name}", args=["2027"])).status_code == 404


def test_an_analyst_of_a_district_opens_no_case_or_errand_of_another(bureau, of_district):
    bureau.invited()
    own = Case.objects.filter(round=bureau.round, organisation__district="430204").first()
    other = Case.objects.filter(round=bureau.round, organisation__district="430211").first()
    errand = Errand.objects.filter(kind="invite").get()

    def status(name, pk):
        return of_district.get(reverse(f"rounds:{name}", args=[pk])).status_code

    assert status("case", own.pk) == 200
    assert status("case", other.pk) == 404
    assert status("paper", other.pk) == 404
    assert status("errand", errand.pk) == 404
    links = of_district.get("/rounds/2027/links/", {"as": "csv"}).getvalue().decode("utf-8-sig")
    assert links.count("/i/") == 3
    revoke = reverse("rounds:invitation_revoke", args=[other.invitations.get().pk])
    assert of_district.post(revoke).status_code == 404


def test_invitations_of_a_district_reach_its_firms_only(bureau, of_district):
    bureau.opened()

    bureau.errand(Errand.Kind.INVITE, by=bureau.city.users["district"], channel="list")

    invited = Case.objects.filter(round=bureau.round, state=State.INVITED)
    assert set(invited.values_list("organisation__district", flat=True)) == {"430204"}
    assert Case.objects.filter(round=bureau.round, state=State.DRAWN).count() == 9


@pytest.mark.parametrize("role", ["firm", "expert", "provider", "administrator"])
@pytest.mark.parametrize("name", ["show", "cases", "links", "invite", "draw_file"])
def test_only_analysts_run_rounds(bureau, signed_in, role, name):
    bureau.invited()
    assert signed_in(role).get(reverse(f"rounds:{name}", args=["2027"])).status_code == 403


def test_an_auditor_may_repeat_a_draw(bureau, signed_in):
    bureau.draw()
    browser = signed_in("auditor")

    file = browser.get(reverse("rounds:draw_file", args=["2027"]), {"which": "certificate"})
    assert b"taji.sample@1" in b"".join(file.streaming_content)
    assert browser.post(reverse("rounds:replay", args=["2027"])).status_code == 302


def test_opening_says_what_it_means_and_a_get_opens_nothing(bureau, signed_in):
    bureau.draw()
    browser = signed_in("analyst")

    page = browser.get(reverse("rounds:open", args=["2027"])).content.decode()
    bureau.round.refresh_from_db()
    assert "questionnaires/sme2024@1.0" in page
    assert bureau.round.state == Round.State.DRAFT
    browser.post(reverse("rounds:open", args=["2027"]))
    bureau.round.refresh_from_db()
    assert bureau.round.state == Round.State.OPEN


def test_a_freeze_must_be_meant(bureau, signed_in):
    bureau.opened()
    browser, there = signed_in("analyst"), reverse("rounds:freeze", args=["2027"])

    assert browser.post(there).status_code == 422
    bureau.round.refresh_from_db()
    assert bureau.round.state == Round.State.OPEN
    browser.post(there, {"sure": "1"})
    bureau.round.refresh_from_db()
    assert bureau.round.state == Round.State.FROZEN


def test_the_questionnaire_goes_out_as_an_xlsform(bureau, signed_in):
    page = signed_in("analyst").get(reverse("rounds:xlsform", args=["2027"]))

    assert page.content[:2] == b"PK"
    assert "attachment" in page.headers["Content-Disposition"]


def test_a_case_tells_its_story(bureau, signed_in):
    bureau.invited()
    case = Case.objects.filter(round=bureau.round).first()
    browser = signed_in("analyst")

    page = browser.get(reverse("rounds:case", args=[case.pk])).content.decode()
    assert "/i/" in page
    browser.post(
        reverse("rounds:case_outcome", args=[case.pk]), {"what": "decline", "note": "停产"}
    )
    page = browser.get(reverse("rounds:case", args=[case.pk])).content.decode()
    assert "停产" in page
    browser.post(reverse("rounds:case_outcome", args=[case.pk]), {"what": "rejoin"})
    case.refresh_from_db()
    assert case.state == State.INVITED


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "name", ["show", "draw", "invite", "chase", "cases", "answers", "edit", "freeze"]
)
def test_every_page_speaks_both_languages(bureau, signed_in, name, language):
    bureau.invited()

    page = signed_in("analyst").get(reverse(f"rounds:{name}", args=["2027"]), {"lang": language})

    assert page.status_code == 200
    assert {"zh": "2027年调查", "en": "Survey 2027"}[language] in page.content.decode()
