"""The analyst gets a portrait and publishes it; a citizen reads it on a phone and takes the data."""

from __future__ import annotations

import polars as pl
import pytest
from playwright.sync_api import expect
from tests.web.journeys.conftest import picture, sign_in, sound, ways
from tests.web.publishing.conftest import answers_of, hold_round

from taji.city.demo import write_demo
from taji.web.publishing.jobs import make_portrait
from taji.web.publishing.models import Portrait

pytestmark = pytest.mark.browser

WORDS = {
    "zh": {
        "make": "生成画像",
        "queued": "排队中",
        "findings": "主要发现",
        "publish": "发布…",
        "looked": "我已查看",
        "confirm": "确认发布",
        "done": "画像已公开",
        "see": "查看全部发现",
        "full": "阅读完整报告",
        "data": "开放数据",
    },
    "en": {
        "make": "Make a portrait",
        "queued": "Queued",
        "findings": "Main findings",
        "publish": "Publish…",
        "looked": "I have looked",
        "confirm": "Publish",
        "done": "The portrait is public",
        "see": "See all findings",
        "full": "Read the full report",
        "data": "Open data",
    },
}


@pytest.mark.parametrize("language", ways("zh", "en"))
def test_an_analyst_gets_and_publishes_a_portrait_and_a_citizen_reads_it_on_a_phone(
    lived, settings, tmp_path, page, language
):
    words = WORDS[language]
    settings.FILES = tmp_path / "files"
    demo = write_demo(tmp_path / "demo")
    hold_round(demo, answers_of(demo), lived.users["analyst"], models=())

    desk = page(1280, language)
    sign_in(desk, lived.users["analyst"])
    desk.goto("/portraits/")
    sound(desk)
    desk.locator("tr", has_text="demo-2021").get_by_role("button").click()
    expect(desk.get_by_role("status")).to_contain_text(words["queued"])
    sound(desk)
    make_portrait.func(Portrait.objects.get().pk)

    expect(desk.get_by_role("heading", name=words["findings"])).to_be_visible()
    sound(desk)
    picture(desk, "portrait", language)
    desk.get_by_role("link", name=words["publish"]).click()
    sound(desk)
    picture(desk, "publish", language)
    desk.get_by_label(words["looked"]).check()
    desk.get_by_role("button", name=words["confirm"], exact=True).click()
    expect(desk.get_by_role("status")).to_contain_text(words["done"])

    phone = page(390, language)
    phone.goto("/")
    sound(phone)
    phone.get_by_role("link", name=words["see"]).click()
    sound(phone)
    picture(phone, "public-portrait", language)
    with phone.expect_download() as taken:
        phone.get_by_role("link", name="estimates.csv").click()
    estimates = pl.read_csv(taken.value.path(), infer_schema_length=None)
    assert estimates.height > 100
    phone.get_by_role("link", name=words["full"]).click()
    expect(phone.get_by_role("heading", level=1)).to_be_visible()
    banner = phone.locator(".banner")
    assert banner.evaluate("e => getComputedStyle(e).position") == "sticky"  # its styles apply
    phone.goto("/public/data/")
    expect(phone.get_by_role("heading", level=1)).to_have_text(words["data"])
    sound(phone)
    picture(phone, "open-data", language)
    phone.goto("/public/method/")
    sound(phone)


def test_the_progress_is_there_without_scripts(lived, settings, tmp_path, page):
    settings.FILES = tmp_path / "files"
    demo = write_demo(tmp_path / "demo")
    its = hold_round(demo, answers_of(demo), lived.users["analyst"], models=())
    portrait = its.portraits.create(asked_by=lived.users["analyst"])

    desk = page(1280, "zh", scripts=False)
    sign_in(desk, lived.users["analyst"])
    desk.goto(f"/portraits/{portrait.pk}/")
    expect(desk.get_by_role("status")).to_contain_text("排队中")
    Portrait.objects.update(state="running", step_zh="估计全市", step_en="Estimating", share=0.5)
    desk.get_by_role("link", name="刷新").click()

    expect(desk.get_by_role("status")).to_contain_text("估计全市")
