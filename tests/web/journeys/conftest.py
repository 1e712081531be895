"""Browsers for the journeys: real Chromium against a live server."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from django.test import Client
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, sync_playwright
from pytest_django.plugin import blocking_manager_key
from tests.web.conftest import City

from taji.web.people.models import User

#: Playwright's loop runs in the thread of the tests; the database is used beside it, not in it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
PICTURES = Path(__file__).parents[3] / "docs/pictures/web"
#: What keeps a picture of a flat page at some 30 kB without a difference that one sees.
COLOURS = 64
#: What of a long page is shown. [px]
TALLEST = 1500
#: What axe holds a page against; of what holds, it need not tell.
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
#: Triggers that were taken off so that the tables could be emptied, by who put them there.
TAKEN = pytest.StashKey[list[str]]()


#: The journeys are gone on PostgreSQL too, for its sake: what is of pages alone was seen on SQLite.
ON_POSTGRESQL = "TAJI_TEST_DATABASE_URL" in os.environ
OF_PAGES = pytest.mark.skipif(ON_POSTGRESQL, reason="of pages, not of the database")


def ways(*every: object) -> tuple[object, ...]:
    """Every way in which a journey is gone; on PostgreSQL the first alone."""
    return every[:1] if ON_POSTGRESQL else every


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


class Late:
    """A script on a slow network: the page stands and can be written on, the script is under way."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.held: list[Route] = []
        page.route(f"**/*{name}*.js", lambda route: self.held.append(route))

    def comes(self) -> None:
        """Let it arrive."""
        for _ in range(100):
            if self.held:
                break
            self.page.wait_for_timeout(50)
        for route in self.held:
            route.continue_()


@pytest.fixture
def late() -> type[Late]:
    """``late(page, name)``: hold back the script of that name until it ``comes()``."""
    return Late


def sign_in(page: Page, user: User) -> None:
    """Let a page be that of an account."""
    browser = Client()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    value = browser.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": settings.PUBLIC_URL}]
    )


def sound(page: Page) -> None:
    """No WCAG 2.1 A/AA violation, and nothing wider than the window."""
    page.context.set_offline(True)  # a page that renews itself must not do so under the walk
    found = Axe().run(page, options=WCAG)
    page.context.set_offline(False)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, page.url


def picture(page: Page, name: str, language: str = "zh", *, at: Locator | None = None) -> None:
    """Keep a picture for the guides, where asked to: what a phone shows (around ``at``), or a page."""
    if not os.environ.get("TAJI_PICTURES"):
        return
    width = page.viewport_size["width"]
    if at is not None:
        at.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    taken = Image.open(io.BytesIO(page.screenshot(full_page=width >= 600)))
    PICTURES.mkdir(parents=True, exist_ok=True)
    taken.convert("RGB").crop((0, 0, width, min(taken.height, TALLEST))).quantize(
        COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    ).save(PICTURES / f"{name}-{language}-{width}.png", optimize=True)


def picture_in_both(page: Page, name: str) -> None:
    """Keep a picture of a Chinese page, and one of the same page in English."""
    if not os.environ.get("TAJI_PICTURES"):
        return
    address = page.url + ("&" if "?" in page.url else "?")
    for language in ("en", "zh"):
        page.goto(f"{address}lang={language}")
        picture(page, name, language)
