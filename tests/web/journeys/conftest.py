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

from taji.web.people.models import User

#: Playwright's loop runs in the thread of the tests; the database is used beside it, not in it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
PICTURES = Path(__file__).parents[3] / "docs/pictures/web"
#: Triggers that were taken off so that the tables could be emptied, by who put them there.
TAKEN = pytest.StashKey[list[str]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Make tables append-only again after the database was emptied."""
    yield
    for sql in item.stash.get(TAKEN, ()) if nextitem is not None else ():
        with item.config.stash[blocking_manager_key].unblock(), connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.fixture
def _emptied(transactional_db: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Let append-only tables be emptied after the test: SQLite does so by DELETE."""
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
        request.node.stash[TAKEN] = [sql for _, sql in triggers]


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
