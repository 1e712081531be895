"""A firm answers on a phone: from the invitation to the receipt and the result."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.web.answering.conftest import invite, many_firms
from tests.web.journeys.conftest import OF_PAGES, WCAG, picture

from taji.web.answering.handing import hand
from taji.web.answering.models import Submission
from taji.web.answering.peers import make_peers
from taji.web.answering.submitting import submit
from taji.web.people.models import User
from taji.web.rounds import tokens
from taji.web.rounds.models import Invitation

pytestmark = pytest.mark.browser
BASE = "/page/sme2024.base/"
MANAGEMENT = "/page/sme2024.management/"


def come_in(page: Page, invitation: Invitation, *, name: str = "张三") -> None:
    """Open the invitation, type the code, agree."""
    page.goto(f"/i/{tokens.token(invitation)}/")
    page.locator("#code").fill(invitation.case.organisation.key.lower())
    if page.locator("#name").count():
        page.locator("#name").fill(name)
    page.locator("[name=agree]").check()
    page.locator("form[method=post] button.primary").click()


def choose(page: Page, item: str, value: str) -> None:
    """Tick or choose one answer."""
    page.locator(f'[data-item="{item}"] input[value="{value}"]').check()


def kept(page: Page, item: str, words: str | re.Pattern[str]) -> None:
    """Wait for what the page says of an answer."""
    expect(page.locator(f'[data-item="{item}"] [data-kept]')).to_have_text(words)


SAVED = re.compile(r"^已保存 \d\d:\d\d$")


def answer_everything(page: Page) -> None:
    """Answer every question of the page by its first or typed answer."""
    for answer in page.locator("[data-item]").all():
        look = answer.get_attribute("data-look")
        if look in ("ticks", "radios"):
            answer.locator("input[type=checkbox],input[type=radio]").nth(1).check()
        elif look == "line":
            answer.locator("input:not([type=hidden])").fill("40")


def test_a_firm_answers_on_a_phone_resumes_on_a_computer_and_gets_its_result(lived, page):
    invitation = invite(lived.cases[0])
    phone = page(390, "zh")
    phone.goto(f"/i/{tokens.token(invitation)}/")
    picture(phone, "firm-invitation")
    come_in(phone, invitation)
    expect(phone).to_have_url(re.compile(BASE))
    choose(phone, "q1", "a")
    kept(phone, "q1", SAVED)
    choose(phone, "q1", "none")
    expect(phone.locator('[data-item="q1"] input[value="a"]')).not_to_be_checked()
    choose(phone, "q1", "b")
    phone.locator('[id="q2"]').fill("３５％")
    phone.locator('[id="q3"]').fill("140")
    phone.locator('[id="q3"]').blur()
    expect(phone.locator('[data-item="q3"] [data-wrong]')).to_contain_text("100")
    kept(phone, "q2", SAVED)
    expect(phone.locator("[data-state]")).to_contain_text("有答案未保存")
    picture(phone, "firm-page", at=phone.locator('[data-item="q2"]'))
    phone.close()

    computer = page(1280, "zh")
    come_in(computer, invitation)
    expect(computer).to_have_url(re.compile("/firm/$"))
    computer.get_by_role("link", name="继续填报").click()
    expect(computer.locator('[data-item="q1"] input[value="b"]')).to_be_checked()
    expect(computer.locator('[id="q2"]')).to_have_value("35")
    expect(computer.locator('[id="q3"]')).to_have_value("")
    for _ in range(10):
        if "/check/" in computer.url:
            break
        before = computer.url
        answer_everything(computer)
        computer.locator("button[value=next]").click()
        computer.wait_for_url(lambda url, before=before: url != before)
    computer.get_by_role("button", name="提交").click()
    expect(computer.get_by_role("heading", name="提交回执")).to_be_visible()
    made = Submission.objects.get()
    expect(computer.get_by_text(made.sha256)).to_be_visible()
    picture(computer, "firm-receipt")
    computer.get_by_role("link", name="查看结果").click()
    expect(computer.get_by_text("怎样达到").first).to_be_visible()
    with computer.expect_download() as loaded:
        computer.get_by_role("link", name="PDF 中文").click()
    assert loaded.value.suggested_filename.endswith("-zh.pdf")

    many_firms(lived)
    make_peers(lived.round, now=timezone.now())
    phone = page(390, "zh")
    come_in(phone, invitation)
    phone.get_by_role("link", name="查看结果").click()
    expect(phone.get_by_text("低于您的同类企业")).to_be_visible()
    expect(phone.locator(".place svg")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    picture(phone, "firm-result")


def test_what_is_answered_before_the_script_has_come_is_saved(lived, page, late):
    phone = page(390, "zh")
    script = late(phone, "answering")
    come_in(phone, invite(lived.cases[0]))
    expect(phone).to_have_url(re.compile(BASE))
    choose(phone, "q1", "b")
    phone.locator('[id="q2"]').fill("35")
    phone.locator('[id="q2"]').blur()
    assert lived.sheet().values == {}

    script.comes()

    kept(phone, "q1", SAVED)
    kept(phone, "q2", SAVED)
    assert lived.sheet().values == {"q1": ["b"], "q2": "35"}


def test_a_network_that_fails_loses_no_answer(lived, page):
    invitation = invite(lived.cases[0])
    phone = page(390, "zh")
    come_in(phone, invitation)
    expect(phone).to_have_url(re.compile(BASE))
    phone.context.set_offline(True)

    choose(phone, "q5", "one")
    choose(phone, "q5", "most")
    kept(phone, "q5", "暂存在本机，尚未发送")
    expect(phone.locator("[data-state]")).to_contain_text("尚未发送")
    phone.locator("button[value=next]").click()
    expect(phone.locator("[data-state]")).to_contain_text("下一页打不开")
    picture(phone, "firm-offline", at=phone.locator('[data-item="q5"]'))
    sheet = lived.sheet()
    assert sheet.values == {}

    address, context = phone.url, phone.context
    phone.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(address)
    kept(again, "q5", SAVED)
    expect(again.locator('[data-item="q5"] input[value="most"]')).to_be_checked()
    sheet.refresh_from_db()
    assert sheet.values == {"q5": "most"}

    again.context.set_offline(True)
    choose(again, "q6", "policy")
    kept(again, "q6", "暂存在本机，尚未发送")
    again.context.set_offline(False)
    kept(again, "q6", SAVED)


def test_an_answer_whose_acknowledgement_was_lost_is_kept_once_and_the_next_follows(lived, page):
    phone = page(390, "zh")
    come_in(phone, invite(lived.cases[0]))
    expect(phone).to_have_url(re.compile(BASE))
    lost = []

    def lose(route):
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    phone.route("**/save/", lose)
    choose(phone, "q5", "one")
    kept(phone, "q5", "暂存在本机，尚未发送")
    choose(phone, "q5", "most")
    kept(phone, "q5", SAVED)

    sheet = lived.sheet()
    assert list(sheet.events.order_by("number").values_list("value", flat=True)) == ["one", "most"]


def test_an_answer_under_the_key_of_another_goes_under_a_key_of_its_own(lived, page):
    phone = page(390, "zh")
    come_in(phone, invite(lived.cases[0]))
    expect(phone).to_have_url(re.compile(BASE))
    keys = []

    def same_key(route):
        body = route.request.post_data_buffer
        own = re.search(rb'name="key"\s+(\w+)', body)[1]
        keys.append(own)
        route.continue_(post_data=body.replace(own, keys[0]) if len(keys) == 2 else body)

    phone.route("**/save/", same_key)
    choose(phone, "q5", "one")
    kept(phone, "q5", SAVED)
    choose(phone, "q6", "policy")
    kept(phone, "q6", SAVED)

    assert lived.sheet().values == {"q5": "one", "q6": ["policy"]}
    assert len(set(keys)) == 3


def test_a_colleague_takes_a_section_and_both_see_a_conflict(lived, page):
    first = page(390, "zh")
    come_in(first, invite(lived.cases[0]))
    first.goto(f"/firm/case/{lived.cases[0].pk}/hand/")
    first.locator('input[value="sme2024.management"]').check()
    first.get_by_role("button", name="生成链接").click()
    expect(first.get_by_alt_text("同一链接的二维码")).to_be_visible()

    colleague = page(390, "zh")
    come_in(colleague, Invitation.objects.get(channel="colleague"), name="李四")
    expect(colleague).to_have_url(re.compile(MANAGEMENT))
    sheet = lived.sheet()
    first.goto(f"/firm/sheet/{sheet.pk}{MANAGEMENT}")
    choose(colleague, "q8", "plan")
    kept(colleague, "q8", SAVED)
    assert colleague.goto(f"/firm/sheet/{sheet.pk}{BASE}").status == 404

    choose(first, "q8", "started")
    box = first.locator('[data-item="q8"] .conflict')
    expect(box).to_contain_text("李四")
    expect(box).to_contain_text("已有规划和保障措施")
    picture(first, "firm-conflict", at=box)
    first.reload()
    expect(box).to_contain_text("李四")
    sheet.refresh_from_db()
    assert sheet.values == {"q8": "plan"}
    box.get_by_role("button", name=re.compile("^改用我的")).click()
    kept(first, "q8", SAVED)
    sheet.refresh_from_db()
    assert sheet.values == {"q8": "started"}


def test_a_firm_answers_with_scripts_off(lived, page):
    phone = page(390, "zh", scripts=False)
    come_in(phone, invite(lived.cases[0]))
    choose(phone, "q5", "one")
    phone.locator('[id="q2"]').fill("140")
    phone.get_by_role("button", name="下一部分").click()
    expect(phone.locator('[id="q2"]')).to_have_value("140")
    expect(phone.get_by_text("超出范围")).to_be_visible()
    phone.locator('[id="q2"]').fill("40")
    phone.get_by_role("button", name="下一部分").click()
    expect(phone).to_have_url(re.compile(MANAGEMENT))

    assert lived.sheet().values == {"q2": "40", "q5": "one"}
    phone.goto(f"/firm/sheet/{lived.sheet().pk}/check/")
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("heading", name="提交回执")).to_be_visible()


def test_a_firm_answers_in_english(lived, page):
    phone = page(390, "en")
    invitation = invite(lived.cases[0])
    phone.goto(f"/i/{tokens.token(invitation)}/")
    picture(phone, "firm-invitation", "en")
    come_in(phone, invitation, name="Li")
    expect(phone.get_by_role("heading", name="Digital foundation")).to_be_visible()
    choose(phone, "q5", "one")
    kept(phone, "q5", re.compile(r"^saved \d\d:\d\d$"))
    picture(phone, "firm-page", "en", at=phone.locator('[data-item="q5"]'))
    phone.goto(f"/firm/sheet/{lived.sheet().pk}/check/")
    phone.get_by_role("button", name="Hand in").click()
    expect(phone.get_by_role("heading", name="Receipt")).to_be_visible()
    phone.get_by_role("link", name="See the result").click()
    expect(phone.locator(".key-figures")).to_be_visible()
    assert not re.search("[一-鿿]", phone.locator("main h2").first.inner_text())
    picture(phone, "firm-result", "en")


@OF_PAGES
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_of_the_firm_shuts_anybody_out(lived, page, language, width):
    invitation = invite(lived.cases[0])
    phone = page(width, language)
    phone.goto(f"/i/{tokens.token(invitation)}/")
    accessible(phone)
    phone.locator("form[method=post] button.primary").click()
    expect(phone.locator("#code-wrong")).to_be_visible()
    accessible(phone)
    come_in(phone, invitation)
    choose(phone, "q5", "one")
    expect(phone.locator("[data-state].good")).to_be_visible()
    sheet, case = lived.sheet(), lived.cases[0]
    accessible(phone)
    phone.goto(f"/firm/sheet/{sheet.pk}/page/sme2024.scenarios/")
    accessible(phone)
    made = submit(sheet.pk, by=invitation_user(invitation))
    handed = hand(case, ["sme2024.base"], by=made.by)
    for address in (
        "/firm/",
        f"/firm/sheet/{sheet.pk}/check/",
        f"/firm/receipt/{made.pk}/",
        f"/firm/sheet/{sheet.pk}/result/",
        f"/firm/case/{case.pk}/hand/",
        f"/firm/link/{handed.pk}/",
        f"/firm/case/{case.pk}/withdraw/",
        f"/firm/case/{case.pk}/stop/",
        f"/firm/case/{case.pk}/start/",
    ):
        assert phone.goto(address).ok
        accessible(phone)


def accessible(page: Page) -> None:
    """Let axe look at the page, and see that nothing runs over its edge."""
    found = Axe().run(page, options=WCAG)
    told = [
        (v["id"], node["html"][:200], node["failureSummary"])
        for v in found.response["violations"]
        for node in v["nodes"]
    ]
    assert not told, f"{page.url}: {told}"
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def invitation_user(invitation: Invitation) -> User:
    """Whoever came in by it."""
    return Invitation.objects.select_related("user").get(pk=invitation.pk).user
