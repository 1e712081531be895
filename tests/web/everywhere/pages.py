"""Every page of the platform and who reads it: made in a home of its own, told as lines of JSON.

Run as a process, ``python -m tests.web.everywhere.pages``, with ``TAJI_HOME`` an empty folder. It
fills the home and asks for every route as every role until an address answers with a page; each
page is given to one role, the one with the narrower work first. Routes that are no page are told
with what they are instead.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from html import unescape
from itertools import islice
from pathlib import Path

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.urls import Resolver404, resolve

__all__ = ["READERS", "Page"]

#: Who reads; a page that several may read is seen by the first of them.
READERS = (
    *("nobody", "halfway", "firm", "answering", "done", "provider", "expert"),
    *("auditor", "admin", "district", "analyst"),
)
PACKS = Path(__file__).resolve().parents[3] / "src/taji/packs"
LINK = re.compile(r'href="(/[^"#]+)')
#: Addresses open to a role that are tried before it is said to have no page there.
TRIED = 8
#: What scripts put into a page that is open.
PART = "part of a page"
#: Pages that no address asks for: template, and what it is told.
FAILURES = {
    "errors/failed.html": {},
    "errors/forged.html": {},
    "errors/said.html": {},
    "429.html": {},
    "account/locked.html": {"failure_limit": 5},
}


@dataclass(frozen=True)
class Page:
    """A route, and one page of it.

    Attributes
    ----------
    pattern, address : str
        The route, and one address of it that answers with a page (empty: none does).
    reader, session : str
        The role, and its session (empty: signed out).
    otherwise : str
        What the route answers with where it is no page: a type of file, or a status.
    html : dict
        The page itself by language, where no address asks for it.
    """

    pattern: str
    address: str = ""
    reader: str = ""
    session: str = ""
    otherwise: str = ""
    html: dict[str, str] | None = None


def made(home: Path) -> Iterator[Page]:
    """Fill an empty home and tell every page of it."""
    import django

    django.setup()
    from django.core.management import call_command
    from tests.web.everywhere.objects import fill

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    fill(home)
    _more()
    yield from _routes(home)
    yield from _failures()


def _more() -> None:
    """What only pages need: a link handed to a colleague, and a pack that can be shown."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from taji.web.answering.handing import hand
    from taji.web.office.packs import take
    from taji.web.people.models import User
    from taji.web.rounds.asked import asked_of

    invitation = _invited(submitted=False)
    sections = asked_of(invitation.case.round).sections
    hand(invitation.case, [sections[-1].id], by=invitation.user)
    text = (PACKS / "questionnaires/sme2024.yaml").read_text(encoding="utf-8")
    own = text.replace("id: sme2024", "id: own_questions", 1).encode()
    take(SimpleUploadedFile("own.yaml", own), by=User.objects.get(username="admin"))


def _invited(*, submitted: bool):
    """An invitation of the round that runs, by which a firm has answered whole or in part."""
    from taji.web.rounds.models import Case, Invitation, Round

    state = Case.State.SUBMITTED if submitted else Case.State.ANSWERING
    held = Invitation.objects.filter(case__state=state, case__round__state=Round.State.OPEN)
    return held.exclude(user=None).order_by("pk").first()


def _routes(home: Path) -> Iterator[Page]:
    """Every route: as a page, by its objects or by a link of another page, or as what it is."""
    from tests.web.everywhere.places import routes

    browsers = {reader: _browser(reader, home) for reader in READERS}
    others: dict[str, str] = {}
    linked: dict[str, Page] = {}
    for route in routes():
        if route.is_api:
            continue
        answers: set[str] = set()
        page = _page(route, browsers, answers, linked)
        if page is None:
            others[route.pattern] = _best(answers)
        else:
            yield page
    for pattern, otherwise in others.items():
        page = linked.get(pattern) if otherwise.isdigit() and otherwise != "405" else None
        if page is not None and not _answer(browsers[page.reader][0], page.address)[0]:
            page = None
        yield page or Page(pattern, otherwise=otherwise)


def _page(route, browsers: dict, answers: set[str], linked: dict[str, Page]) -> Page | None:
    """The page of a route for the first role that has one; what it links to is kept."""
    from tests.web.everywhere.places import filled

    every = filled(route)
    for reader, (browser, session, user) in browsers.items():
        for one in islice((one for one in every if _opens(route, user, one.values)), TRIED):
            html, otherwise = _answer(browser, one.address)
            if html:
                for link in LINK.findall(html):
                    _keep(linked, unescape(link), reader, session)
                return Page(route.pattern, one.address, reader, session)
            answers.add(otherwise)
    return None


def _keep(linked: dict[str, Page], link: str, reader: str, session: str) -> None:
    """Remember the first link to each route."""
    with suppress(Resolver404):
        pattern = resolve(link.partition("?")[0]).route
        linked.setdefault(pattern, Page(pattern, link, reader, session))


def _opens(route, user, values: dict) -> bool:
    """Whether the rule of a route lets somebody (None: signed out) to one of its objects."""
    rule = route.rule
    if user is None or rule.public:
        return rule.public
    if rule.roles and not rule.roles & user.roles:
        return False
    try:
        return rule.admits(user, rule.find(**values) if rule.find else None)
    except (Http404, ObjectDoesNotExist):
        return False


def _best(answers: set[str]) -> str:
    """What tells most about a route: a file, then that it only takes what is sent."""
    order = {answer: (answer.isdigit(), answer != "405", answer) for answer in answers}
    return min(order, key=order.__getitem__, default="nothing")


def _user(reader: str):
    from taji.web.people.models import User

    if reader in ("answering", "done"):
        return _invited(submitted=reader == "done").user
    return User.objects.get(username=reader)


def _browser(reader: str, home: Path):
    from django.conf import settings
    from django.test import Client

    browser = Client(headers={"accept-language": "zh", "host": "localhost"})
    if reader == "nobody":
        return browser, "", None
    user = None
    if reader == "halfway":  # the password was right, the second factor is asked for
        accounts = json.loads((home / "demo.json").read_text(encoding="utf-8"))["accounts"]
        one = next(one for one in accounts if one["username"] == "auditor")
        browser.post("/accounts/login/", {"login": one["username"], "password": one["password"]})
    else:
        user = _user(reader)
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = browser.session  # the password was given a moment ago
        session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return browser, browser.cookies[settings.SESSION_COOKIE_NAME].value, user


def _answer(browser, address: str) -> tuple[str, str]:
    """The page at an address, or what is there instead."""
    response = browser.get(address)
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if response.status_code != 200:
        return "", str(response.status_code)
    if kind != "text/html" or "attachment" in response.headers.get("Content-Disposition", ""):
        return "", kind
    body = b"".join(response) if response.streaming else response.content
    html = body.decode()
    return (html, kind) if "<html" in html else ("", PART)


def _failures() -> Iterator[Page]:
    from django.contrib.auth.models import AnonymousUser
    from django.template.loader import render_to_string
    from django.test import RequestFactory
    from django.utils.translation import override

    from taji.web.publishing.asking import NoReasonError
    from taji.web.speech import TAGS

    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    for template, told in FAILURES.items():
        html = {}
        for language, tag in TAGS.items():
            with override(tag):
                said = {**told, "error": NoReasonError()}
                html[language] = render_to_string(template, said, request)
        yield Page(template, "/", "nobody", html=html)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "taji.web.settings"
    for page in made(Path(os.environ["TAJI_HOME"])):
        sys.stdout.write(json.dumps(asdict(page), ensure_ascii=False) + "\n")
