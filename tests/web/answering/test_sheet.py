"""Pages of a sheet: saved one by one, or whole without scripts."""

from __future__ import annotations

import json

import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.web.answering.conftest import come_in, invite

from taji.catalogue.questionnaire import Questionnaire
from taji.web.answering.checking import check
from taji.web.answering.models import AnswerEvent, Consent
from taji.web.answering.pages import page_of
from taji.web.rounds.asked import Asked, asked_of
from taji.web.rounds.models import Case, Round

pytestmark = pytest.mark.django_db


def save(browser, sheet, item, text, seen=0, key="k"):
    got = browser.post(
        f"/firm/sheet/{sheet.pk}/save/", {"item": item, "text": text, "seen": seen, "key": key}
    )
    return got.status_code, json.loads(got.content) if got.status_code != 404 else None


def events(sheet):
    return list(sheet.events.order_by("number").values_list("item", "value"))


def test_an_answer_is_kept_with_its_writer_and_consent(city):
    browser = come_in(invite(city.cases[0]))
    sheet = city.sheet()

    status, said = save(browser, sheet, "q2", "３５％")

    event = AnswerEvent.objects.get(sheet=sheet)
    assert (status, said["text"], said["number"]) == (200, "35", 1)
    assert event.consent == Consent.objects.get()
    assert event.by.name == "张三"


def test_a_change_sent_twice_is_kept_once_even_after_a_colleague_changed_it(city, signed_in):
    mine, sheet = come_in(invite(city.cases[0])), city.sheet()
    save(mine, sheet, "q2", "35", key="a")
    save(mine, sheet, "q2", "35", key="a")
    colleague = come_in(invite(city.cases[0]))
    save(colleague, sheet, "q2", "50", seen=1, key="b")

    status, said = save(mine, sheet, "q2", "35", key="a")

    assert (status, said["text"], said["number"]) == (200, "50", 2)
    assert events(sheet) == [("q2", "35"), ("q2", "50")]


@pytest.mark.parametrize(
    ("item", "text", "seen"), [("q2", "50", 1), ("q2", "50", 0), ("q3", "35", 0), ("q2", "", 1)]
)
def test_a_key_that_comes_with_another_answer_is_refused_and_changes_nothing(
    city, item, text, seen
):
    browser, sheet = come_in(invite(city.cases[0])), city.sheet()
    save(browser, sheet, "q2", "35", key="a")

    status, said = save(browser, sheet, item, text, seen=seen, key="a")

    assert (status, said["code"]) == (409, "web.answer_key_taken")
    assert "没有保存" in said["error"]
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "is not saved" in save(browser, sheet, item, text, seen=seen, key="a")[1]["error"]
    assert events(sheet) == [("q2", "35")]
    status, _ = save(browser, sheet, item, text, seen=1 if item == "q2" else 0, key="b")
    assert status == 200
    assert events(sheet) == [("q2", "35"), (item, text or None)]


def test_a_change_sent_again_after_looking_is_told_what_stands(city):
    browser, sheet = come_in(invite(city.cases[0])), city.sheet()
    save(browser, sheet, "q2", "35", key="a")
    save(browser, sheet, "q2", "50", seen=1, key="b")

    status, said = save(browser, sheet, "q2", "35", seen=2, key="a")

    assert (status, said["text"], said["number"]) == (200, "50", 2)
    assert events(sheet) == [("q2", "35"), ("q2", "50")]


def test_two_editors_see_both_answers_and_the_chosen_one_stays(city):
    one, other = (come_in(invite(city.cases[0])) for _ in range(2))
    sheet = city.sheet()
    save(one, sheet, "q8", "plan", key="a")

    status, said = save(other, sheet, "q8", "started", key="b")
    assert status == 409
    assert said["conflict"]["theirs"] == "已有规划和保障措施"
    assert said["conflict"]["yours"] == "已在单点开展改造"
    assert events(sheet) == [("q8", "plan")]

    status, _ = save(other, sheet, "q8", "started", seen=said["conflict"]["number"], key="c")
    assert status == 200
    assert events(sheet) == [("q8", "plan"), ("q8", "started")]


def test_what_is_no_answer_is_refused_with_the_reason_alone(city):
    browser, sheet = come_in(invite(city.cases[0])), city.sheet()

    status, said = save(browser, sheet, "q2", "140")

    assert status == 422
    assert said["error"] == "超出范围：应在 0 与 100 之间"


def test_saving_and_a_page_take_few_queries(city):
    browser, sheet = come_in(invite(city.cases[0])), city.sheet()

    with CaptureQueriesContext(connection) as saving:
        save(browser, sheet, "q2", "35")
    with CaptureQueriesContext(connection) as another:
        save(browser, sheet, "q3", "60", key="l")
    with CaptureQueriesContext(connection) as showing:
        browser.get(f"/firm/sheet/{sheet.pk}/page/sme2024.base/")

    def work(queries):
        return [q["sql"] for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]

    # One holds the case and the sheet, so that no withdrawal passes by; one tells the case that its
    # firm began, which only the first answer does.
    assert len(work(saving)) <= 9, work(saving)
    assert len(work(another)) <= 8, work(another)
    assert len(work(showing)) <= 8, work(showing)


def test_without_scripts_a_page_is_kept_and_what_is_wrong_comes_back_as_typed(city):
    browser, sheet = come_in(invite(city.cases[0])), city.sheet()
    address = f"/firm/sheet/{sheet.pk}/page/sme2024.base/"
    section = asked_of(city.round).sections[0]
    form = {f"seen:{one.key}": "0" for one in section.items}
    form |= {"q1": ["a", "b"], "q2": "140", "q3": "60", "q5": "one", "go": "next"}

    got = browser.post(address, form)

    page = got.content.decode()
    assert got.status_code == 422
    assert 'value="140"' in page
    assert "超出范围" in page
    assert events(sheet) == [("q1", ["a", "b"]), ("q3", "60"), ("q5", "one")]

    sheet.refresh_from_db()
    form |= {f"seen:{key}": kept["n"] for key, kept in sheet.answers.items()} | {"q2": "40"}
    got = browser.post(address, form)
    assert got.headers["Location"].endswith("/page/sme2024.management/")
    assert len(events(sheet)) == 4


def test_a_posted_page_overwrites_nothing_that_its_writer_did_not_touch(city):
    one, other = (come_in(invite(city.cases[0])) for _ in range(2))
    sheet = city.sheet()
    section = asked_of(city.round).sections[0]
    shown = {f"seen:{item.key}": "0" for item in section.items}
    save(other, sheet, "q2", "35")
    save(other, sheet, "q3", "20", key="l")

    got = one.post(f"/firm/sheet/{sheet.pk}/page/sme2024.base/", {**shown, "q3": "30", "q5": "all"})

    page = got.content.decode()
    sheet.refresh_from_db()
    assert got.status_code == 422
    assert "同一题有两个答案" in page
    assert {k: v["v"] for k, v in sheet.answers.items()} == {"q2": "35", "q3": "20", "q5": "all"}


def test_not_answered_and_none_of_these_are_different_answers(city):
    browser, sheet = come_in(invite(city.cases[0])), city.sheet()

    save(browser, sheet, "q1", "none")
    page = browser.get(f"/firm/sheet/{sheet.pk}/page/sme2024.base/").content.decode()

    sheet.refresh_from_db()
    assert sheet.values == {"q1": ["none"]}
    assert "尚未作答" in page


def test_a_colleague_opens_the_section_handed_over_and_no_other_and_cannot_hand_in(city):
    colleague = come_in(invite(city.cases[0], sections=["sme2024.management"]))
    sheet = city.sheet()
    pages = f"/firm/sheet/{sheet.pk}"

    assert colleague.get(f"{pages}/page/sme2024.management/").status_code == 200
    assert save(colleague, sheet, "q8", "plan")[0] == 200
    assert colleague.get(f"{pages}/page/sme2024.base/").status_code == 404
    assert save(colleague, sheet, "q2", "35")[0] == 404
    assert colleague.get(f"{pages}/check/").status_code == 404
    assert colleague.post(f"{pages}/submit/").status_code == 404
    assert colleague.get(f"{pages}/result/").status_code == 404
    assert colleague.get(f"/firm/case/{city.cases[0].pk}/data.json").status_code == 404
    assert "检查并提交" not in colleague.get("/firm/").content.decode()


def test_another_firm_finds_nothing(city, filled, signed_in):
    filled(5)
    sheet = city.sheet()
    other = signed_in("other_firm")

    for address in (
        f"/firm/sheet/{sheet.pk}/page/sme2024.base/",
        f"/firm/sheet/{sheet.pk}/check/",
        f"/firm/sheet/{sheet.pk}/result/",
        f"/firm/case/{city.cases[0].pk}/data.xlsx",
        f"/firm/case/{city.cases[0].pk}/withdraw/",
    ):
        assert other.get(address).status_code == 404, address
    assert save(other, sheet, "q2", "35")[0] == 404


def test_an_account_agrees_before_it_answers(city, signed_in):
    firm, case = signed_in("firm"), city.cases[0]
    sheet = city.sheet()
    assert firm.get(f"/firm/sheet/{sheet.pk}/page/sme2024.base/").status_code == 302
    assert save(firm, sheet, "q2", "35")[0] == 404

    assert firm.post(f"/firm/case/{case.pk}/start/", {}).status_code == 422
    firm.post(f"/firm/case/{case.pk}/start/", {"agree": "1"})

    assert save(firm, sheet, "q2", "35")[0] == 200


def test_a_frozen_round_is_read_only(city, filled):
    browser = filled(5)
    sheet = city.sheet()
    Round.objects.update(state=Round.State.FROZEN)

    status, said = save(browser, sheet, "q2", "99", seen=2)

    assert (status, said["code"]) == (422, "web.round_closed")
    assert browser.get(f"/firm/sheet/{sheet.pk}/page/sme2024.base/").status_code == 302
    assert Case.objects.get(pk=city.cases[0].pk).state == Case.State.ANSWERING


KINDS = """
id: kinds
version: "1.0"
title: {zh: 各种题型, en: Kinds}
source: [house]
confidence: house
sections:
  - id: all
    title: {zh: 全部, en: All}
    questions:
      - id: own
        kind: single
        label: {zh: 有吗, en: Any}
        options: [{id: "yes", label: {zh: 有, en: "Yes"}}, {id: "no", label: {zh: 无, en: "No"}}]
      - id: many
        kind: number
        label: {zh: 多少, en: How many}
        unit: {zh: 台, en: machines}
        asked_if: {question: own, any_of: ["yes"]}
      - {id: money, kind: money, label: {zh: 金额, en: Amount}, unit: {zh: 元, en: yuan}, per: 10000}
      - {id: place, kind: code, label: {zh: 区, en: District}, register: zhuzhou_districts}
      - {id: trade, kind: code, label: {zh: 行业, en: Industry}, register: gbt4754}
      - {id: day, kind: date, label: {zh: 日期, en: Date}}
      - {id: words, kind: text, label: {zh: 说明, en: Words}}
      - id: grid
        kind: scale
        label: {zh: 各环节, en: Links}
        low: 0
        high: 2
        help: {zh: "0：没有；1：一些；2：全部", en: "0 - none; 1 - some; 2 - all"}
        rows: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}]
"""


def kinds():
    return Asked((Questionnaire.model_validate(yaml.safe_load(KINDS)),))


def test_answers_that_are_no_longer_put_are_told_and_do_not_count():
    found = check(kinds(), {"own": "no", "many": "12", "words": "x"})

    assert [one.key for one in found.stray] == ["many"]
    assert found.counting == {"own": "no", "words": "x"}
    assert "many" not in [one.key for one in found.open]


def test_every_kind_of_question_has_its_field_in_the_units_that_it_asks_for(city):
    asked = kinds()
    sheet = city.sheet()
    sheet.answers = {
        "money": {"v": "3500000", "n": 1},
        "place": {"v": "430211", "n": 2},
        "own": {"v": "no", "n": 3},
        "grid/a": {"v": "1", "n": 4},
    }

    puts = {put.id: put for put in page_of(sheet, asked.sections[0], asked, "zh")}

    assert puts["kinds-money"].fields[0].text == "350"
    assert puts["kinds-money"].fields[0].unit == "万元"
    assert puts["kinds-place"].fields[0].look == "select"
    assert puts["kinds-place"].fields[0].text == "天元区"
    assert puts["kinds-trade"].fields[0].look == "search"
    assert not puts["kinds-many"].put
    assert [f.label for f in puts["kinds-grid"].fields] == ["甲", "乙"]
    assert [c.label for c in puts["kinds-grid"].fields[0].choices] == [
        "0 · 没有",
        "1 · 一些",
        "2 · 全部",
    ]
    assert [c.checked for c in puts["kinds-grid"].fields[0].choices] == [False, True, False]
