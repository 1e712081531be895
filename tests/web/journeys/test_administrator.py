"""An administrator adds a person, who sets up the account; and switches a new version of a model on."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.web.journeys.conftest import WCAG, picture, sign_in, ways
from tests.web.office.conftest import model_text
from tests.web.office.test_packs import MIDDLING, STRONG, submit

from taji.catalogue.files import OWN_PACKS
from taji.web.office.jobs import compare
from taji.web.office.models import Pack, Switch
from taji.web.people.models import Role, User

pytestmark = pytest.mark.browser

#: Pages that the guide shows, each at the width that it is mostly read at. [px]
SHOWN = {"person": 1280, "second-factor": 390, "switch": 1280}
PASSWORD = "xun-lu-2026-qiao"
WAYS = pytest.mark.parametrize(
    ("width", "language"), ways((1280, "zh"), (1280, "en"), (390, "zh"), (390, "en"))
)


def look(page: Page, name: str, language: str) -> None:
    """Hold a page against WCAG 2.1 AA and its width, and keep a picture where asked to."""
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-hans", "en": "en"}[language]
    if page.viewport_size["width"] == SHOWN.get(name):
        picture(page, f"office-{name}", language)


def press(page: Page, zh: str, en: str, language: str) -> None:
    page.get_by_role("button", name={"zh": zh, "en": en}[language], exact=True).click()


@WAYS
def test_a_person_is_added_and_sets_up_password_and_second_factor(lived, page, width, language):
    office = page(width, language)
    sign_in(office, lived.users["administrator"])
    office.goto("/office/people/")
    look(office, "people", language)
    office.goto("/office/people/new/")
    office.locator("#id_username").fill("wangmin")
    office.locator("#id_name").fill("王敏")
    office.locator("#id_role").select_option("expert")
    office.locator("#id_organisation").select_option(str(lived.bureau.pk))
    look(office, "person-new", language)
    press(office, "添加", "Add", language)
    link = office.locator("#link").input_value()
    look(office, "person", language)

    person = page(width, language)
    person.goto(link)
    look(person, "start", language)
    person.locator("#id_password1").fill(PASSWORD)
    person.locator("#id_password2").fill(PASSWORD)
    press(person, "设置密码", "Set the password", language)
    look(person, "login", language)
    person.locator("#id_login").fill("wangmin")
    person.locator("#id_password").fill(PASSWORD)
    press(person, "登录", "Sign in", language)
    secret = person.locator("figcaption code").inner_text()
    look(person, "second-factor", language)
    person.locator("#id_code").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    press(person, "启用", "Switch on", language)
    assert person.locator(".codes code").count() == 10
    look(person, "codes", language)
    person.goto("/accounts/2fa/")
    look(person, "account", language)

    user = User.objects.get(username="wangmin")
    assert user.roles == {Role.EXPERT}
    assert user.authenticator_set.count() == 2
    assert person.goto("/visits/").status < 500


@WAYS
def test_a_new_version_of_a_model_is_uploaded_compared_and_switched_on(
    lived, page, tmp_path: Path, settings, monkeypatch, width, language
):
    settings.FILES = tmp_path / "files"
    settings.PACKS = settings.FILES / "packs"
    monkeypatch.setenv(OWN_PACKS, str(settings.PACKS))
    submit(lived, 0, MIDDLING)
    submit(lived, 1, STRONG)
    file = tmp_path / "model.yaml"
    file.write_text("nodes: 3", encoding="utf-8")
    office = page(width, language)
    sign_in(office, lived.users["administrator"])

    office.goto("/office/packs/")
    office.locator("#id_file").set_input_files(file)
    press(office, "上传并检查", "Upload and check", language)
    assert office.locator("ul.wrong li").count() > 1
    look(office, "packs-refused", language)
    file.write_text(model_text("1.1", level2=55), encoding="utf-8")
    office.locator("#id_file").set_input_files(file)
    press(office, "上传并检查", "Upload and check", language)
    office.wait_for_url(re.compile(r"/office/packs/\d+/"))
    look(office, "pack", language)
    press(office, "计算", "Work it out", language)
    office.wait_for_url(re.compile(r"/changes/"))
    compare.func(Switch.objects.get().pk)
    office.wait_for_selector("dl.key-figures")
    look(office, "switch", language)
    assert lived.firms[0].key in office.content()
    assert lived.firms[1].key not in office.content()
    press(office, "启用 sme2024@1.1", "Switch sme2024@1.1 on", language)

    office.wait_for_url(re.compile(r"/office/packs/\d+/"))
    assert Pack.objects.get().state == Pack.State.ACTIVE
    for name in ("packs", "settings", "backup", "organisations"):
        office.goto(f"/office/{name}/")
        look(office, name, language)
