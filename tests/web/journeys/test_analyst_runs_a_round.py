"""An analyst runs a round from the register to the freeze."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail as outbox
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.web.conftest import City
from tests.web.journeys.conftest import OF_PAGES, WCAG, picture_in_both, sign_in
from tests.web.registers import file_of, rows

from taji.web.audit.log import first_broken
from taji.web.audit.models import Entry
from taji.web.people.models import Organisation
from taji.web.rounds.models import Case, Round

pytestmark = pytest.mark.browser
FIRMS = 240


@pytest.fixture
def at_once(settings) -> None:
    """Let jobs run where they are asked for: the tests have no worker."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def note(page: Page, words: str) -> None:
    expect(page.locator(".notes")).to_contain_text(words)


def figure(page: Page, name: str) -> str:
    """A figure at the head of a page."""
    return (
        page.locator(".key-figures div", has=page.get_by_text(name, exact=True))
        .locator("dd")
        .inner_text()
    )


def step(page: Page, name: str) -> None:
    page.locator(".steps").get_by_role("link", name=name, exact=True).click()


def import_register(page: Page, folder: Path) -> None:
    table = list(rows(FIRMS))
    table[3][3], table[5][1] = "火星区", ""
    file = folder / "名录.csv"
    file.write_bytes(file_of(table, encoding="gb18030"))
    page.goto("/register/imports/")
    page.locator("input[type=file]").set_input_files(file)
    press(page, "上传并检查")
    expect(page.locator("#work")).to_contain_text("待确认")
    assert (figure(page, "接收"), figure(page, "整行退回")) == (str(FIRMS - 1), "1")
    picture_in_both(page, "register-import")
    with page.expect_download() as refused:
        page.get_by_role("link", name="下载退回清单").click()
    assert "火星区" in Path(refused.value.path()).read_text(encoding="utf-8-sig")
    press(page, "确认写入名录")
    expect(page.locator("#work")).to_contain_text("已完成")
    page.get_by_role("link", name="查看名录").click()
    page.locator("#q").fill("虚构17厂")
    press(page, "查找")
    expect(page.locator("tbody tr")).to_have_count(1)


def make_round(page: Page) -> None:
    page.goto("/rounds/new/")
    for name, text in {
        "title_zh": "2027年中小企业数字化调查",
        "title_en": "SME digital survey 2027",
        "slug": "2027",
        "city_zh": "株洲",
        "city_en": "Zhuzhou",
        "period": "2026",
        "closes_on": "2027-12-31",
    }.items():
        page.locator(f"[name={name}]").fill(text)
    page.locator('[name=asks][value="sme2024"]').check()
    page.locator('[name=model_ids][value="sme2024"]').check()
    press(page, "保存")
    note(page, "下一步：抽样")


def draw(page: Page) -> None:
    page.get_by_role("link", name="下一步：抽样").click()
    page.locator("[name=size]").fill("24")
    page.locator('[name=strata][value="district"]').check()
    page.locator("[name=seed]").fill("2027")
    # Firm 3 came without a district: it is said, not left out in silence.
    press(page, "预览各层分配")
    expect(page.locator(".notice")).to_contain_text("district")
    Organisation.objects.filter(district="", listed=True).exclude(key="bureau").update(
        district="430202"
    )
    press(page, "预览各层分配")
    expect(page.locator("h3")).to_contain_text("抽 24 家")
    picture_in_both(page, "round-draw")
    press(page, "按此方案抽样")
    expect(page.locator("#work")).to_contain_text("已完成")
    page.goto("/rounds/2027/draw/")
    press(page, "复验这次抽样")
    expect(page.locator(".note.success")).to_be_visible()
    page.goto("/rounds/2027/")
    page.get_by_role("link", name="开放填报").click()
    press(page, "开放填报")
    note(page, "下一步：邀请")


def invite(page: Page) -> None:
    press(page, "生成链接")
    expect(page.locator("#work")).to_contain_text("已完成")
    page.goto("/rounds/2027/invite/")
    with page.expect_download() as links:
        page.get_by_role("link", name="CSV").click()
    assert Path(links.value.path()).read_text(encoding="utf-8-sig").count("/i/") == 24


def chase(page: Page) -> None:
    step(page, "催报")
    expect(page.locator(".note")).to_contain_text("今天没有需要提醒的企业")
    Case.objects.filter(round__slug="2027").update(invited_at=timezone.now() - dt.timedelta(days=8))
    page.reload()
    assert figure(page, "今天该发第 1 次提醒") == "24"
    picture_in_both(page, "round-chase")
    press(page, "发送到期的提醒邮件")
    expect(page.locator("#work")).to_contain_text("已完成")
    assert len(outbox.outbox) == 24
    page.goto("/rounds/2027/chase/")
    expect(page.locator(".note")).to_contain_text("今天没有需要提醒的企业")


def take_answers(page: Page, folder: Path) -> None:
    cases = list(
        Case.objects.filter(round__slug="2027").select_related("organisation").order_by("pk")
    )
    file = folder / "kobo.csv"
    lines = [f"{c.organisation.key},a b,{10 + n},plan" for n, c in enumerate(cases[:18])]
    file.write_text("\n".join(["统一社会信用代码,base/q1,base/q2,q8", *lines]), encoding="utf-8")
    step(page, "导入答卷")
    page.locator("input[type=file]").set_input_files(file)
    press(page, "上传并检查")
    assert figure(page, "本轮尚无答案") == "18"
    press(page, "写入 18 家的答卷")
    expect(page.locator("#work")).to_contain_text("已完成")
    page.goto(f"/rounds/cases/{cases[20].pk}/")
    page.get_by_role("link", name="代录纸质答卷").click()
    page.locator("[name=q1][value=a]").check()
    page.locator("[name=q2]").fill("35")
    press(page, "保存本页，继续")
    page.locator("#note").fill("上门收回，档案12号")
    press(page, "代为提交")
    note(page, "已代为提交第 1 版")


def freeze(page: Page) -> None:
    page.goto("/rounds/2027/")
    assert figure(page, "已提交") == "19"
    picture_in_both(page, "round-progress")
    page.get_by_role("link", name="冻结本轮").click()
    press(page, "冻结")
    expect(page.locator(".wrong")).to_be_visible()
    page.locator("[name=sure]").check()
    press(page, "冻结")
    note(page, "已冻结")
    assert Round.objects.get(slug="2027").state == Round.State.FROZEN


def test_an_analyst_runs_a_round_from_the_register_to_the_freeze(
    lived: City, page, at_once, tmp_path
):
    here = page(1280, "zh")
    sign_in(here, lived.users["analyst"])

    import_register(here, tmp_path)
    make_round(here)
    draw(here)
    invite(here)
    chase(here)
    take_answers(here, tmp_path)
    freeze(here)

    assert first_broken() is None
    done = set(Entry.objects.values_list("action", flat=True))
    assert {"register.imported", "round.drawn", "round.open", "round.freeze", "sheet.paper"} <= done


#: Pages that an analyst opens on the way, whatever there is to see.
PAGES = (
    "/register/",
    "/register/imports/",
    "/register/firms/{firm}/",
    "/rounds/",
    "/rounds/new/",
    "/rounds/2026/",
    "/rounds/2026/draw/",
    "/rounds/2026/invite/",
    "/rounds/2026/chase/",
    "/rounds/2026/cases/",
    "/rounds/2026/answers/",
    "/rounds/2026/freeze/",
    "/rounds/cases/{case}/",
    "/rounds/cases/{case}/paper/",
)


@OF_PAGES
@pytest.mark.parametrize(("width", "language"), [(1280, "zh"), (390, "zh"), (390, "en")])
def test_every_page_of_a_round_can_be_read_by_everybody(lived: City, page, width, language):
    here = page(width, language)
    sign_in(here, lived.users["analyst"])
    for path in PAGES:
        there = path.format(firm=lived.firms[0].pk, case=lived.cases[0].pk)
        assert here.goto(f"{there}?lang={language}").ok, there
        wide = here.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{there} runs over the edge: {wide}"
        found = Axe().run(here, options=WCAG)
        assert not found.response["violations"], f"{there}\n{found.generate_report()}"
