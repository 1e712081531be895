"""Browsers for the journeys: real Chromium against a live server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.plugin import blocking_manager_key
from tests.web.conftest import City

from taji.web.audit.triggers import append_only
from taji.web.people.models import User

#: Playwright's loop runs in the thread of the tests; the database is used beside it, not in it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
PICTURES = Path(__file__).parents[3] / "docs/pictures/web"
LOG = append_only("audit_entry")


def _triggers(code: Callable[..., None]) -> None:
    with connection.schema_editor() as editor:
        code(None, editor)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Make the log append-only again after the database was emptied."""
    yield
    if nextitem is not None and "lived" in getattr(item, "fixturenames", ()):
        with item.config.stash[blocking_manager_key].unblock():
            _triggers(LOG.code)


@pytest.fixture
def _emptied(transactional_db: None) -> Iterator[None]:
    """Let the log be emptied after the test."""
    yield
    _triggers(LOG.reverse_code)


@pytest.fixture
def lived(_emptied: None, city: City, live_server) -> City:
    """The city, served."""
    settings.PUBLIC_URL = live_server.url
    return city


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as played:
        browser = played.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """``page(width, language)``: a page of a browser of its own; errors of scripts fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def opened(width: int = 390, language: str = "zh", *, scripts: bool = True) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 844 if width < 600 else 900},
            locale={"zh": "zh-CN", "en": "en-GB"}[language],
            java_script_enabled=scripts,
            has_touch=width < 600,
        )
        context.set_default_timeout(15_000)
        context.set_default_navigation_timeout(45_000)
        contexts.append(context)
        made = context.new_page()
        made.on("pageerror", lambda error: errors.append(str(error)))
        made.on(
            "console",
            lambda message: (
                errors.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        return made

    yield opened
    for context in contexts:
        context.close()
    assert not errors


def sign_in(page: Page, user: User) -> None:
    """Let a page be that of an account."""
    browser = Client()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    value = browser.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": settings.PUBLIC_URL}]
    )


def picture(page: Page, name: str, language: str = "zh") -> None:
    """Keep a picture for the guides, where asked to."""
    if os.environ.get("TAJI_PICTURES"):
        width = page.viewport_size["width"]
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}-{language}-{width}.png", full_page=True)
