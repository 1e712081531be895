"""Hand in, correct, receive a result; take one's data home or away."""

from __future__ import annotations

import hashlib
import io
import json

import openpyxl
import polars as pl
import pytest
from django.utils import timezone
from docx import Document
from tests.web.answering.conftest import come_in, invite, many_firms, some_answer

from taji.catalogue.load import model, questionnaire
from taji.desk.diagnosing import diagnose, program_of
from taji.web.answering.exporting import answers_frame, columns_of
from taji.web.answering.giving import Given, give
from taji.web.answering.models import AnswerEvent, KeptChance, PeerFile, Sheet, Submission
from taji.web.answering.peers import make_peers, peers_for
from taji.web.answering.results import diagnosis_of, frame_of
from taji.web.audit.models import Entry
from taji.web.rounds.asked import Asked, asked_of
from taji.web.rounds.models import Case, Round

pytestmark = pytest.mark.django_db


def test_handing_in_gives_a_receipt_whose_digest_is_that_of_the_answers(city, filled):
    browser, sheet = filled(), city.sheet()

    got = browser.post(f"/firm/sheet/{sheet.pk}/submit/", follow=True)

    page = got.content.decode()
    made = Submission.objects.get(sheet=sheet)
    answers = browser.get(f"/firm/receipt/{made.pk}/answers.json").content
    assert made.sha256 in page
    assert hashlib.sha256(answers).hexdigest() == made.sha256
    assert f"2026-{city.cases[0].pk:06d}-1" in page
    assert Case.objects.get(pk=city.cases[0].pk).state == Case.State.SUBMITTED
    assert Entry.objects.get(action="sheet.submit").facts["sha256"] == made.sha256


def test_the_same_answers_are_one_version_and_a_correction_makes_the_next(city, filled):
    browser, sheet = filled(), city.sheet()
    for _ in range(2):
        browser.post(f"/firm/sheet/{sheet.pk}/submit/")
    assert Submission.objects.count() == 1

    sheet.refresh_from_db()
    browser.post(
        f"/firm/sheet/{sheet.pk}/save/",
        {"item": "q2", "text": "77", "seen": sheet.answers["q2"]["n"], "key": "n"},
    )
    assert "还没有提交" in browser.get("/firm/").content.decode()
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")

    first, second = Submission.objects.order_by("number")
    sheet.refresh_from_db()
    assert (first.answers["q2"], second.answers["q2"]) == ("40", "77")
    assert sheet.submission == second
    assert "已被新版本取代" in browser.get(f"/firm/receipt/{first.pk}/").content.decode()


def test_a_version_is_scored_as_the_export_of_the_round_is(city, filled):
    browser, sheet = filled(), city.sheet()
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")

    one = frame_of(Submission.objects.get())
    exported = answers_frame(city.round).select(one.columns)

    assert one.equals(exported)


def test_blank_required_questions_hold_a_submission_back(city):
    Round.objects.update(questionnaire="zhuzhou2021", model_ids=[])
    browser, sheet = come_in(invite(city.cases[0])), city.sheet()

    got = browser.post(f"/firm/sheet/{sheet.pk}/submit/")

    assert got.status_code == 422
    assert "还有 3 道必答题未答" in got.content.decode()
    assert not Submission.objects.exists()


def test_the_look_over_names_what_looks_odd(city):
    browser, sheet = come_in(invite(city.cases[0])), city.sheet()
    browser.post(
        f"/firm/sheet/{sheet.pk}/save/", {"item": "q2", "text": "0.35", "seen": "0", "key": "a"}
    )

    assert "若想填的是 35 %" in browser.get(f"/firm/sheet/{sheet.pk}/check/").content.decode()


def test_the_result_says_level_way_up_and_that_peers_are_too_few(city, filled):
    browser, sheet = filled(), city.sheet()
    assert browser.get(f"/firm/sheet/{sheet.pk}/result/").status_code == 302
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")

    page = browser.get(f"/firm/sheet/{sheet.pk}/result/").content.decode()

    assert "怎样达到" in page
    assert "至少需要 5 家同类企业" in page
    assert "模拟数据" in page
    assert "须核实的依据" in page


def test_the_result_places_the_firm_once_there_are_peers(city, filled):
    browser, sheet = filled(), city.sheet()
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")
    many_firms(city)

    assert make_peers(city.round, now=timezone.now()) == 13
    page = browser.get(f"/firm/sheet/{sheet.pk}/result/").content.decode()

    assert peers_for(city.round, "sme2024").frame.height == 13
    assert "低于您的同类企业" in page
    assert "通用设备制造业" in page


def test_the_result_says_how_sure_the_level_is_and_on_what_grounds(city, filled):
    browser, sheet = filled(), city.sheet()
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")
    before = browser.get(f"/firm/sheet/{sheet.pk}/result/").content.decode()

    make_peers(city.round, now=timezone.now())
    after = browser.get(f"/firm/sheet/{sheet.pk}/result/").content.decode()

    assert "等级的把握正在计算" in before
    assert "等级的把握正在计算" not in after
    assert 'class="sure">把握' in after
    assert "按规划用的假设计算" in after


def test_what_experts_found_replaces_the_assumption(city, filled):
    browser, sheet = filled(), city.sheet()
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")
    make_peers(city.round, now=timezone.now())
    own = Submission.objects.get()
    visit = Sheet.objects.create(
        case=sheet.case, track=Sheet.Track.EXPERT, author=city.users["expert"]
    )
    visit.submission = Submission.objects.create(
        sheet=visit, number=1, answers=own.answers, sha256="0" * 64, by=city.users["expert"]
    )
    visit.save()

    make_peers(city.round, now=timezone.now())
    page = browser.get(f"/firm/sheet/{sheet.pk}/result/").content.decode()

    assert "经专家现场核对，100% 相同" in page
    assert "按规划用的假设计算" not in page
    assert KeptChance.objects.count() == 1


def test_chances_are_made_once_until_something_changes(city, filled):
    browser, sheet = filled(), city.sheet()
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")
    make_peers(city.round, now=timezone.now())
    made = KeptChance.objects.get().made_at

    make_peers(city.round, now=timezone.now())
    assert KeptChance.objects.get().made_at == made

    city.round.options = {"sme2024:q4": "equal"}
    city.round.save()
    page = browser.get(f"/firm/sheet/{sheet.pk}/result/").content.decode()
    assert "等级的把握正在计算" in page
    make_peers(city.round, now=timezone.now())
    assert KeptChance.objects.get().made_at > made


def test_peers_are_asked_for_once_until_they_are_made(city, filled):
    browser, sheet = filled(), city.sheet()
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")
    due = PeerFile.objects.get().due_at
    assert due is not None

    sheet.refresh_from_db()
    give(
        sheet.pk,
        Given(item="q2", text="1", seen=None),
        asked=asked_of(city.round),
        by=city.users["firm"],
    )
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")

    assert PeerFile.objects.get().due_at == due


@pytest.mark.parametrize(("kind", "starts"), [("pdf", b"%PDF"), ("docx", b"PK")])
def test_the_report_is_a_file_in_the_language_asked_for(city, filled, kind, starts):
    browser, sheet = filled(), city.sheet()
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")

    got = browser.get(f"/firm/sheet/{sheet.pk}/report.{kind}", {"in": "en"})

    assert got.content.startswith(starts)
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"


def test_a_firm_takes_its_data_home_and_no_cell_is_a_formula(city, filled):
    browser, case = filled(6), city.cases[0]
    city.firms[0].attributes = {"note": '=HYPERLINK("http://x")'}
    city.firms[0].save()

    held = json.loads(browser.get(f"/firm/case/{case.pk}/data.json").content)
    book = openpyxl.load_workbook(
        io.BytesIO(browser.get(f"/firm/case/{case.pk}/data.xlsx").content)
    )

    assert held["answers"]["q2"] == "40"
    assert len(held["history"]) == 6
    assert held["consents"][0]["by__name"] == "张三"
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert '=HYPERLINK("http://x")' in [cell.value for cell in cells]
    assert not any(cell.data_type == "f" for cell in cells)


def test_withdrawing_needs_the_word_and_leaves_only_that_it_happened(city, filled):
    browser, case, sheet = filled(), city.cases[0], city.sheet()
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")

    assert browser.post(f"/firm/case/{case.pk}/withdraw/", {"word": "yes"}).status_code == 422
    assert Submission.objects.count() == 1
    browser.post(f"/firm/case/{case.pk}/withdraw/", {"word": "撤回"})

    sheet.refresh_from_db()
    assert (sheet.answers, sheet.submission) == ({}, None)
    assert not AnswerEvent.objects.filter(sheet=sheet).exists()
    assert not Submission.objects.exists()
    assert Case.objects.get(pk=case.pk).state == Case.State.WITHDRAWN
    assert Entry.objects.filter(action="case.withdraw").exists()
    assert answers_frame(city.round).height == 0


def test_what_a_telephone_still_holds_does_not_come_back_after_a_withdrawal(city, filled):
    browser, case, sheet = filled(3), city.cases[0], city.sheet()
    browser.post(f"/firm/case/{case.pk}/withdraw/", {"word": "撤回"})

    got = browser.post(
        f"/firm/sheet/{sheet.pk}/save/", {"item": "q5", "text": "one", "seen": "0", "key": "z"}
    )

    assert json.loads(got.content)["code"] == "web.case_stopped"
    browser.post(f"/firm/case/{case.pk}/start/", {"agree": "1"})
    assert Case.objects.get(pk=case.pk).state == Case.State.INVITED


def test_after_the_freeze_nothing_is_withdrawn(city, filled):
    browser, case = filled(3), city.cases[0]
    Round.objects.update(state=Round.State.FROZEN)

    browser.post(f"/firm/case/{case.pk}/withdraw/", {"word": "撤回"})

    assert AnswerEvent.objects.count() == 3


def test_a_section_is_handed_to_a_colleague_and_taken_back(city, filled):
    browser, case = filled(3), city.cases[0]

    got = browser.post(
        f"/firm/case/{case.pk}/hand/", {"section": ["sme2024.management"]}, follow=True
    )

    made = case.invitations.get(channel="colleague")
    assert "/i/" in got.content.decode()
    assert browser.get(f"/firm/link/{made.pk}/qr.svg").content.startswith(b"<?xml")
    colleague = come_in(made)
    assert colleague.get("/firm/").status_code == 200
    browser.post(f"/firm/link/{made.pk}/close/")
    sheet = city.sheet()
    address = f"/firm/sheet/{sheet.pk}/page/sme2024.management/"
    assert colleague.get(address).status_code == 404


def test_answers_fill_the_form_of_an_upper_level(city, filled):
    browser, sheet = filled(), city.sheet()
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")

    got = browser.get(f"/firm/sheet/{sheet.pk}/form.xlsx")

    book = openpyxl.load_workbook(io.BytesIO(got.content))
    said = [cell.value for page in book for row in page.iter_rows() for cell in row]
    assert city.firms[0].name in said


def test_a_round_of_two_questionnaires_is_scored_under_both_models(city):
    Round.objects.update(
        questionnaire="zhuzhou2021", also=["dmat", "sme2024"], model_ids=["sme2024", "dmat"]
    )
    its = Round.objects.get()
    items = asked_of(its).items
    answers = {
        key: [some_answer(one.item)] if one.item.kind == "multi" else some_answer(one.item)
        for key, one in items.items()
    }
    sheet = city.sheet()
    sheet.submission = Submission.objects.create(
        sheet=sheet, number=1, answers=answers, sha256="0" * 64, by=city.users["firm"]
    )
    sheet.save()
    made = Submission.objects.select_related("sheet__case__round").get()

    assert any(":" in key for key in items), "some item is shared"
    for pack in ("sme2024", "dmat"):
        own = {key.removeprefix(f"{pack}:"): value for key, value in answers.items()}
        alone = columns_of([own], Asked((questionnaire(pack),)))
        expected = diagnose(
            pl.DataFrame({"enterprise": [city.firms[0].key], **alone}), program=program_of(pack)
        )
        assert diagnosis_of(made, pack).points == expected.points
        assert expected.coverage > 0.7
    assert make_peers(its, now=timezone.now()) == 1


def test_the_result_leads_to_estimates_that_say_they_are_no_assessment(city, filled):
    browser, sheet = filled(), city.sheet()
    address = f"/firm/sheet/{sheet.pk}/estimates/"
    assert browser.get(address).status_code == 404  # nothing is handed in yet
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")

    result = browser.get(f"/firm/sheet/{sheet.pk}/result/").content.decode()
    page = browser.get(address).content.decode()

    assert f'href="{address}"' in result
    assert "不是按该标准的评估" in result
    assert "估计，不是按该标准的评估" in page
    assert "智能制造能力成熟度模型" in page
    assert "战略与治理" in page
    assert (
        "中小企业数字化水平" not in page.split("<table")[1]
    )  # the round's own model is no estimate


def test_the_report_holds_the_estimates_in_its_annex(city, filled):
    browser, sheet = filled(), city.sheet()
    browser.post(f"/firm/sheet/{sheet.pk}/submit/")

    got = browser.get(f"/firm/sheet/{sheet.pk}/report.docx?in=en")
    told = Document(io.BytesIO(got.content))

    rows = [[cell.text for cell in row.cells] for table in told.tables for row in table.rows]
    assert rows.count(["Item", "Levels", "Coverage", "Loss"]) == 3
    said = [p.text for p in told.paragraphs if "not an assessment under that standard" in p.text]
    for target in ("cmmm", "dmat", "siri"):
        assert any(text.startswith(model(target).title.en) for text in said)
    assert said[-1].startswith("Each range is")
