"""A real browser for the journeys: Chromium, at a width, in a language, signed in as somebody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from taji.web.people.models import User

CHROMIUM = "/usr/bin/chromium"
PICTURES = Path(__file__).resolve().parents[3] / "docs" / "pictures" / "web"
LOCALES = {"zh": "zh-CN", "en": "en-GB"}

# Playwright keeps a loop running in this thread; the tests themselves are not asynchronous.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="module")
def _triggers(django_db_setup, django_db_blocker) -> Iterator[dict[str, str]]:
    """Triggers that the end of a journey took off, put back when the tables are empty."""
    taken: dict[str, str] = {}
    yield taken
    with django_db_blocker.unblock():
        _put_back(taken)


@pytest.fixture(autouse=True)
def _journey_database(_triggers: dict[str, str], transactional_db) -> Iterator[None]:
    """A database that other threads see; SQLite empties append-only tables by DELETE."""
    _put_back(_triggers)
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            _triggers.update(cursor.fetchall())
            for name in _triggers:
                cursor.execute(f"DROP TRIGGER {name}")


def _put_back(triggers: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        while triggers:
            cursor.execute(triggers.popitem()[1])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """``page(width, language)``: a fresh window; relative addresses are the platform's."""
    contexts = []

    def opened(width: int = 1280, language: str = "zh", *, scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 844 if width < 600 else 900},
            locale=LOCALES[language],
            java_script_enabled=scripts,
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def sign_in(live_server) -> Callable[[Page, User], None]:
    """``sign_in(page, user)``: give a window the session of ``user``, second factor passed."""

    def signed(page: Page, user: User) -> None:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
        page.context.add_cookies([cookie])

    return signed


def picture(page: Page, name: str, language: str, width: int) -> None:
    """Keep a screenshot for the guides, where ``TAJI_PICTURES`` is set."""
    if os.environ.get("TAJI_PICTURES"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}-{language}-{width}.png", full_page=True)
