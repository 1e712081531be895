"""An expert assesses beside the firm's own answers, apart from other experts."""

from __future__ import annotations

import pytest
from tests.web.fieldwork.conftest import second_expert

from taji.web.answering.giving import Given
from taji.web.answering.models import AnswerEvent, Sheet
from taji.web.fieldwork.assessing import SealedError, give_assessed, hand_in, visit
from taji.web.fieldwork.assigning import choose
from taji.web.fieldwork.models import Assignment
from taji.web.rounds.models import Round


def _post(browser, held, section="sme2024.base", item=None, **fields):
    query = f"?section={section}" + (f"&item={item}" if item else "")
    headers = {"HX-Request": "true"} if item else {}
    return browser.post(f"/visits/assignments/{held.pk}/sheet/{query}", fields, headers=headers)


def _field(item, text, *, seen=0, was=""):
    return {f"a:{item}": text, f"seen:{item}": str(seen), f"was:{item}": was}


def test_an_expert_sees_only_the_firms_assigned(assigned, handed_in, signed_in):
    browser = signed_in("expert")

    page = browser.get("/visits/assignments/").content.decode()

    assert handed_in.firms[0].name in page
    assert handed_in.firms[1].name not in page
    other = choose(
        handed_in.cases[1], second_expert(handed_in), due_on=None, by=handed_in.users["analyst"]
    )
    for tail in ("", "sheet/"):
        assert browser.get(f"/visits/assignments/{other.pk}/{tail}").status_code == 404
    assert browser.post(f"/visits/assignments/{other.pk}/submit/").status_code == 404


def test_the_firms_answer_stands_beside_and_both_are_told_apart(assigned, signed_in):
    browser = signed_in("expert")
    _post(browser, assigned, **_field("q2", "25"))

    page = browser.get(
        f"/visits/assignments/{assigned.pk}/sheet/?section=sme2024.base"
    ).content.decode()

    assert "企业自填</span> 40 %" in page
    assert "专家评估</span> 25 %" in page
    assert "与自填不同" in page


def test_answers_go_to_the_experts_own_track_and_leave_the_firms_as_they_are(
    assigned, handed_in, signed_in
):
    answer = _post(signed_in("expert"), assigned, **_field("q2", "25"), **_field("q1", ["a"]))

    sheet = Sheet.objects.get(track=Sheet.Track.EXPERT)
    firm = handed_in.sheet(0)
    assert answer.status_code == 302
    assert sheet.author == handed_in.users["expert"]
    assert {k: v["v"] for k, v in sheet.answers.items()} == {"q2": "25", "q1": ["a"]}
    assert firm.answers["q2"]["v"] == "40"
    assert set(sheet.events.values_list("source", flat=True)) == {AnswerEvent.Source.VISIT}


def test_with_scripts_one_answer_is_saved_and_only_its_state_comes_back(assigned, signed_in):
    answer = _post(signed_in("expert"), assigned, item="q2", **_field("q2", "３５％"))

    page = answer.content.decode()
    assert "<html" not in page
    assert "已保存" in page
    assert 'name="seen:q2" value="1"' in page


def test_what_is_no_answer_is_told_beside_its_field_and_the_rest_is_saved(assigned, signed_in):
    browser = signed_in("expert")
    answer = _post(browser, assigned, **_field("q2", "140"), **_field("q1", ["a"]))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="140"' in page
    assert "100" in page[page.index('id="state-1"') :][:700]
    assert Sheet.objects.get(track=Sheet.Track.EXPERT).answers["q1"]["v"] == ["a"]


def test_a_second_device_with_an_old_page_sees_the_conflict(assigned, signed_in):
    browser = signed_in("expert")
    _post(browser, assigned, **_field("q2", "25"))

    stale = _post(browser, assigned, **_field("q2", "30", seen=0))
    assert stale.status_code == 422
    assert "25" in stale.content.decode()
    assert 'name="seen:q2" value="1"' in stale.content.decode()

    knowingly = _post(browser, assigned, **_field("q2", "30", seen=1, was="\u200b"))
    assert knowingly.status_code == 302
    assert Sheet.objects.get(track=Sheet.Track.EXPERT).answers["q2"]["v"] == "30"


def test_fields_that_were_not_touched_are_not_written(assigned, signed_in):
    browser = signed_in("expert")
    _post(browser, assigned, **_field("q2", "25"))

    _post(browser, assigned, **_field("q2", "25", seen=1, was="25"), **_field("q3", "", was=""))

    assert AnswerEvent.objects.filter(sheet__track=Sheet.Track.EXPERT).count() == 1


def test_experts_of_one_firm_do_not_see_each_other_before_both_have_handed_in(
    assigned, handed_in, signed_in
):
    other = second_expert(handed_in)
    handed_in.users["expert2"] = other
    theirs = choose(handed_in.cases[0], other, due_on=None, by=handed_in.users["analyst"])
    mine, yours = signed_in("expert"), signed_in("expert2")
    _post(mine, assigned, **_field("q2", "21"))
    _post(yours, theirs, **_field("q2", "22"))
    address = "/visits/assignments/{}/sheet/?section=sme2024.base"

    mine.post(f"/visits/assignments/{assigned.pk}/submit/")
    assert "21 %" not in yours.get(address.format(theirs.pk)).content.decode()
    assert not visit(Assignment.objects.get(pk=theirs.pk)).others
    _post(mine, assigned, **_field("q2", "23", seen=1, was="21"))  # still one's own to correct

    yours.post(f"/visits/assignments/{theirs.pk}/submit/")
    page = yours.get(address.format(theirs.pk)).content.decode()
    assert "21 %" in page  # what was handed in, not what was typed after
    with pytest.raises(SealedError):
        give_assessed(
            Assignment.objects.get(pk=assigned.pk),
            Given(item="q2", text="50", seen=None),
            by=handed_in.users["expert"],
        )


def test_handing_in_keeps_a_version_with_its_digest_and_nothing_empty_is_handed_in(
    assigned, signed_in
):
    browser = signed_in("expert")
    empty = browser.post(f"/visits/assignments/{assigned.pk}/submit/")
    _post(browser, assigned, **_field("q2", "25"))

    browser.post(f"/visits/assignments/{assigned.pk}/submit/")

    sheet = Sheet.objects.get(track=Sheet.Track.EXPERT)
    assert empty.status_code == 422
    assert sheet.submission.answers == {"q2": "25"}
    assert Assignment.objects.get().submitted_at is not None


def test_a_firm_of_a_frozen_round_may_still_be_assessed(assigned, handed_in, signed_in):
    Round.objects.update(state=Round.State.FROZEN)

    assert _post(signed_in("expert"), assigned, **_field("q2", "25")).status_code == 302
    assert hand_in(Assignment.objects.get(), by=handed_in.users["expert"]).number == 1


def test_an_ended_assignment_opens_nothing_any_more(assigned, signed_in):
    browser = signed_in("expert")
    browser.post(f"/visits/assignments/{assigned.pk}/conflict/", {"interest": "股东"})

    assert browser.get(f"/visits/assignments/{assigned.pk}/").status_code == 404
    assert _post(browser, assigned, **_field("q2", "25")).status_code == 404
    assert not Sheet.objects.filter(track=Sheet.Track.EXPERT).exists()


@pytest.mark.parametrize("address", ["", "sheet/?section=sme2024.base"])
def test_pages_of_the_expert_keep_their_queries_bounded(
    assigned, signed_in, django_assert_max_num_queries, address
):
    browser = signed_in("expert")

    with django_assert_max_num_queries(13):
        browser.get(f"/visits/assignments/{assigned.pk}/{address}")


def test_an_amount_is_typed_and_shown_in_the_unit_that_is_asked_for(assigned, handed_in, signed_in):
    Round.objects.filter(pk=handed_in.round.pk).update(also=["zhuzhou2021"])
    browser, section = signed_in("expert"), "zhuzhou2021.firm"
    address = f"/visits/assignments/{assigned.pk}/sheet/?section={section}"

    _post(browser, assigned, section, **_field("revenue", "350"))
    page = browser.get(address).content.decode()

    sheet = Sheet.objects.get(track=Sheet.Track.EXPERT)
    assert sheet.answers["revenue"]["v"] == "3500000"
    assert 'value="350"' in page
    assert "<span>万元</span>" in page
    again = page.partition('name="a:revenue" value="')[2].partition('"')[0]
    _post(browser, assigned, section, **_field("revenue", again, seen=1))
    sheet.refresh_from_db()
    assert sheet.answers["revenue"]["v"] == "3500000"
