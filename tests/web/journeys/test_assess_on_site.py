"""An expert assesses a firm on a phone, with a photo; the analyst sees both tracks."""

from __future__ import annotations

import pytest
from tests.web.fieldwork.conftest import photo
from tests.web.journeys.conftest import picture, sign_in, ways

from taji.web.answering.models import Sheet, Submission
from taji.web.fieldwork.assigning import choose
from taji.web.fieldwork.models import Assignment, Evidence

pytestmark = pytest.mark.browser

WORDS = {
    "zh": ("凭证", "添加凭证", "保存并返回", "提交评估", "已提交", "已保存"),
    "en": (
        *("Evidence", "Add evidence", "Save and go back", "Hand in the assessment"),
        *("handed in", "saved"),
    ),
}


@pytest.fixture
def assigned(lived):
    """Firm 0 has handed in and is assigned to the expert."""
    sheet = lived.sheet(0)
    sheet.submission = Submission.objects.create(
        sheet=sheet,
        number=1,
        answers={"q1": ["a", "b"], "q2": "40", "q3": "30"},
        sha256="0" * 64,
        by=lived.users["firm"],
    )
    sheet.save()
    choose(lived.cases[0], lived.users["expert"], due_on=None, by=lived.users["analyst"])
    return lived


@pytest.mark.parametrize("language", ways("zh", "en"))
def test_assess_on_site_with_a_photo_on_a_phone(assigned, page, language):
    evidence, add, back, hand_in, handed_in, saved = WORDS[language]
    phone = page(390, language)
    sign_in(phone, assigned.users["expert"])

    phone.goto("/visits/assignments/")
    picture(phone, "visit-list", language)
    phone.get_by_role("link", name=assigned.firms[0].name).click()
    picture(phone, "visit-firm", language)
    phone.locator(".toc a").first.click()
    line = phone.locator("#i1")
    line.locator("input[type=text]").first.fill("25")
    line.locator("input[type=text]").first.blur()
    phone.locator("#state-1 .saved").wait_for()
    assert saved in phone.locator("#state-1").inner_text()

    phone.locator("#evidence-1 summary").click()
    phone.locator("#file-1").set_input_files(
        {"name": "workshop.jpg", "mimeType": "image/jpeg", "buffer": photo((640, 480))}
    )
    phone.locator("#note-1").fill("3 of 12")
    line.get_by_role("button", name=add).click()
    phone.get_by_role("link", name="workshop.jpg").wait_for()
    picture(phone, "visit-sheet", language, at=phone.locator("#evidence-1"))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390

    phone.get_by_role("button", name=back).click()
    phone.get_by_role("button", name=hand_in).click()
    phone.get_by_text(handed_in, exact=True).first.wait_for()

    kept = Sheet.objects.get(track=Sheet.Track.EXPERT)
    assert kept.submission.answers == {"q2": "25"}
    assert Evidence.objects.get().kind == "image/jpeg"
    assert Assignment.objects.get().submitted_at is not None

    desk = page(1280, language)
    sign_in(desk, assigned.users["analyst"])
    desk.goto(f"/visits/cases/{assigned.cases[0].pk}/")
    desk.get_by_role("link", name="workshop.jpg").wait_for()
    picture(desk, "visit-case", language)
    assert evidence in desk.content()


def test_what_is_assessed_before_the_scripts_have_come_is_saved(assigned, page, late):
    phone = page(390)
    sign_in(phone, assigned.users["expert"])
    script = late(phone, "htmx")
    phone.goto(f"/visits/assignments/{Assignment.objects.get().pk}/sheet/", wait_until="commit")
    phone.locator("#a-1").fill("14")
    phone.locator("#a-1").blur()
    assert not Sheet.objects.filter(track=Sheet.Track.EXPERT, answers__has_key="q2").exists()

    script.comes()

    phone.locator("#state-1 .saved").wait_for()
    assert Sheet.objects.get(track=Sheet.Track.EXPERT).answers["q2"]["v"] == "14"


def test_assess_on_site_with_scripts_off(assigned, page):
    phone = page(390, scripts=False)
    sign_in(phone, assigned.users["expert"])

    phone.goto(f"/visits/assignments/{Assignment.objects.get().pk}/sheet/")
    phone.locator("#a-1").fill("140")
    phone.get_by_role("button", name="保存并返回").click()
    phone.locator("#state-1 .wrong").wait_for()
    phone.locator("#a-1").fill("14")
    phone.locator("#a-1").press("Enter")
    phone.get_by_text("本页已保存").wait_for()

    assert Sheet.objects.get(track=Sheet.Track.EXPERT).answers["q2"]["v"] == "14"
