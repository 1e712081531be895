"""A firm plans its next level on a phone; the analyst decides whom the city supports, from a round on."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect
from tests.cli.test_plan_portfolio import FLOORS, LIMITS, options
from tests.web.journeys.conftest import picture, sign_in, sound, ways
from tests.web.planning.conftest import hand_in

from taji.web.planning.jobs import do_work, make_roadmap
from taji.web.planning.models import Roadmap, Work
from taji.web.rounds.models import Case

pytestmark = pytest.mark.browser
#: How long a page may take to renew itself on a busy machine. [ms]
PATIENCE = 45_000

WORDS = {
    "zh": {
        "plan": "规划下一级",
        "budget": "总资金",
        "find": "求路线图",
        "queued": "排队中",
        "when": "做什么、何时做",
        "other": "换一组条件",
        "why": "为什么没有可行的路线图",
        "decide": "决策",
        "portfolio": "求资金组合",
        "options": "选项表",
        "limits": "资源上限",
        "floors": "公平下限",
        "start": "开始",
        "certificate": "证书",
        "report": "打开报告（中文）",
        "make": "求支持选项",
        "budgets": "企业自付的几档预算",
        "share": "补助比例",
        "cap": "每家补助上限",
        "made": "依据的假设",
        "choose": "用这些选项求资金组合",
        "subsidy": "补助资金（元）",
        "all": "所用的支持选项",
    },
    "en": {
        "plan": "Plan the next level",
        "budget": "Money in all",
        "find": "Find the roadmap",
        "queued": "Queued",
        "when": "What to do, and when",
        "other": "Try other limits",
        "why": "Why there is no roadmap",
        "decide": "Decide",
        "portfolio": "Choose a portfolio",
        "options": "Options",
        "limits": "Limits",
        "floors": "Floors",
        "start": "Start",
        "certificate": "Certificate",
        "report": "Open the report (English)",
        "make": "Make options of support",
        "budgets": "What a firm pays itself",
        "share": "Subsidy, share",
        "cap": "Subsidy of one firm at most",
        "made": "What it rests on",
        "choose": "Choose the portfolio from these",
        "subsidy": "Subsidy (yuan)",
        "all": "the options it chooses from",
    },
}


@pytest.fixture
def files(settings, tmp_path):
    """A folder of files of its own."""
    settings.FILES = tmp_path / "files"
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": settings.FILES},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}


@pytest.mark.parametrize("language", ways("zh", "en"))
def test_a_firm_finds_its_way_to_the_next_level_on_a_phone(lived, page, language):
    words = WORDS[language]
    submission = hand_in(lived)
    phone = page(390, language)
    sign_in(phone, lived.users["firm"])
    phone.goto(f"/firm/sheet/{submission.sheet_id}/result/")
    phone.get_by_role("link", name=words["plan"]).click()
    sound(phone)
    phone.get_by_role("button", name=words["find"]).click()
    expect(phone.get_by_role("status")).to_contain_text(words["queued"], timeout=PATIENCE)
    sound(phone)
    made = Roadmap.objects.get()
    make_roadmap.func(made.pk)

    expect(phone.get_by_role("heading", name=words["when"])).to_be_visible(timeout=PATIENCE)
    sound(phone)
    picture(phone, "firm-roadmap", language, at=phone.locator("figure svg").first)
    with phone.expect_download() as taken:
        phone.get_by_role("link", name="JSON").click()
    told = json.loads(taken.value.path().read_text("utf-8"))
    assert told["status"] == "optimal"

    phone.get_by_role("link", name=words["other"]).click()
    phone.get_by_label(words["budget"]).fill("1000")
    phone.get_by_role("button", name=words["find"]).click()
    expect(phone.get_by_role("status")).to_contain_text(words["queued"], timeout=PATIENCE)
    make_roadmap.func(Roadmap.objects.latest("pk").pk)
    expect(phone.get_by_role("heading", name=words["why"])).to_be_visible(timeout=PATIENCE)
    sound(phone)


@pytest.mark.parametrize("language", ways("zh", "en"))
def test_an_analyst_chooses_a_portfolio_and_opens_its_report(
    lived, files, tmp_path, page, language
):
    words = WORDS[language]
    options().write_parquet(tmp_path / "options.parquet")
    (tmp_path / "limits.json").write_text(json.dumps(LIMITS), "utf-8")
    (tmp_path / "floors.json").write_text(json.dumps(FLOORS), "utf-8")
    desk = page(1280, language)
    sign_in(desk, lived.users["analyst"])
    desk.goto("/")
    desk.get_by_role("link", name=words["decide"], exact=True).first.click()
    sound(desk)
    desk.get_by_role("link", name=words["portfolio"]).click()
    sound(desk)
    for name, file in (
        ("options", "options.parquet"),
        ("limits", "limits.json"),
        ("floors", "floors.json"),
    ):
        desk.get_by_label(words[name]).set_input_files(tmp_path / file)
    desk.get_by_role("button", name=words["start"]).click()
    expect(desk.get_by_role("status")).to_contain_text(words["queued"], timeout=PATIENCE)
    do_work.func(Work.objects.get().pk)

    expect(desk.get_by_role("heading", name=words["certificate"])).to_be_visible(timeout=PATIENCE)
    sound(desk)
    picture(desk, "decide-portfolio", language)
    desk.get_by_role("link", name=words["report"]).click()
    expect(desk.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
    sound(desk)


@pytest.mark.parametrize(("language", "width"), ways(("zh", 1280), ("en", 1280), ("zh", 390)))
def test_an_analyst_goes_from_a_round_s_answers_to_the_portfolio(
    lived, files, page, language, width
):
    words = WORDS[language]
    hand_in(lived)
    Case.objects.filter(pk=lived.cases[0].pk).update(state=Case.State.SUBMITTED)
    desk = page(width, language)
    sign_in(desk, lived.users["analyst"])
    desk.goto("/rounds/2026/")
    desk.get_by_role("link", name=words["make"]).click()
    desk.get_by_label(words["budgets"]).fill("30000 120000")
    desk.get_by_label(words["share"]).fill("30")
    desk.get_by_label(words["cap"]).fill("60000")
    sound(desk)
    desk.get_by_role("button", name=words["start"]).click()
    expect(desk.get_by_role("status")).to_contain_text(words["queued"], timeout=PATIENCE)
    do_work.func(Work.objects.get().pk)

    expect(desk.get_by_role("heading", name=words["made"])).to_be_visible(timeout=PATIENCE)
    sound(desk)
    if width > 600:
        picture(desk, "decide-options", language)
    desk.get_by_role("link", name=words["choose"]).click()
    sound(desk)
    desk.get_by_label(re.compile(f"^{re.escape(words['subsidy'])}")).fill("40000")
    desk.get_by_role("button", name=words["start"]).click()
    expect(desk.get_by_role("status")).to_contain_text(words["queued"], timeout=PATIENCE)
    do_work.func(Work.objects.latest("pk").pk)
    expect(desk.get_by_role("heading", name=words["certificate"])).to_be_visible(timeout=PATIENCE)
    sound(desk)
    desk.get_by_role("link", name=words["all"]).click()
    expect(desk.get_by_role("heading", name=words["made"])).to_be_visible(timeout=PATIENCE)
