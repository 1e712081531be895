"""Who does what in the load: add a line here for every page that people wait for.

``python -m benchmarks.web.journeys HOME`` prints, as JSON, the people with their sessions and the
requests that each of them makes, in order. A route that does not exist is told and left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from taji.web.starting import set_up

#: How many people of each kind stand ready; 20 are at it at any time, taken in these shares.
SHARES = {"firm": 10, "analyst": 4, "public": 3, "expert": 1, "auditor": 1, "administrator": 1}
FIRMS = 1_000
#: Answers that people change: shares, so that any number will do.
ITEMS = ("q2", "q3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request.

    Attributes
    ----------
    kind : str
        Under which its time is counted.
    path : str
    item : str
        Of a save: the item, whose new value the load makes up; empty for a page.
    seen : int
        Of a save: the number of the event that stands.
    """

    kind: str
    path: str
    item: str = ""
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, with the session and the requests."""

    role: str
    session: str
    visits: list[Visit]


def pages(role: str, *named: tuple[str, str, Sequence[Any]], query: str = "") -> list[Visit]:
    """The visits of named routes that exist: ``(kind, route, arguments)``."""
    from django.urls import NoReverseMatch, reverse

    found = []
    for kind, route, arguments in named:
        try:
            found.append(Visit(kind=f"{role}: {kind}", path=reverse(route, args=arguments) + query))
        except NoReverseMatch:
            print(f"no route {route}: {role}: {kind} is left out", file=sys.stderr)
    return found


def people() -> list[Person]:
    """Everybody who takes part."""
    from taji.web.people.models import User

    staff = {name: User.objects.get(username=name) for name in ("expert", "auditor", "admin")}
    analysts = [User.objects.get(username=name) for name in ("analyst", "district")]
    return [
        *_firms(),
        *(Person("analyst", _session(user), _analyst(user.username)) for user in analysts),
        Person("public", "", _public()),
        Person("expert", _session(staff["expert"]), _expert(staff["expert"])),
        Person("auditor", _session(staff["auditor"]), _auditor()),
        Person("administrator", _session(staff["admin"]), _administrator()),
    ]


def _firms() -> list[Person]:
    from taji.web.answering.models import Sheet
    from taji.web.rounds.asked import asked_of
    from taji.web.rounds.models import Invitation

    invited = (
        Invitation.objects.filter(case__round__slug="bench", user__isnull=False)
        .select_related("user", "case__round")
        .order_by("pk")[:FIRMS]
    )
    found = []
    for invitation in invited:
        user, sheet = invitation.user, Sheet.objects.get(case=invitation.case, track="firm")
        sheet.case = invitation.case
        sections = asked_of(sheet.case.round).sections
        visits = pages("firm", ("home", "firm:home", ()))
        for number, section in enumerate(sections):
            visits += pages("firm", ("page of questions", "firm:page", (sheet.pk, section.id)))
            item = ITEMS[number % len(ITEMS)]
            path = f"/firm/sheet/{sheet.pk}/save/"
            seen = sheet.answers.get(item, {"n": 0})["n"]
            visits += [Visit(kind="firm: save an answer", path=path, item=item, seen=seen)] * 3
        visits += pages(
            "firm",
            ("look over", "firm:check", (sheet.pk,)),
            ("receipt", "firm:receipt", (sheet.submission_id,)),
            ("result", "firm:result", (sheet.pk,)),
        )
        found.append(Person("firm", _session(user), visits))
    return found


def _analyst(username: str) -> list[Visit]:
    from taji.web.people.models import Organisation

    some = Organisation.objects.filter(district="430211", key__startswith="BENCH")[50]
    return [
        *pages("analyst", ("rounds", "rounds:list", ()), ("register", "register:list", ())),
        *pages("analyst", ("register searched", "register:list", ()), query="?q=1234"),
        *pages(
            "analyst",
            ("firm", "register:firm", (some.pk,)),
            ("round", "rounds:show", ("bench",)),
            ("cases", "rounds:cases", ("bench",)),
            ("chase list", "rounds:chase", ("bench",)),
            ("case", "rounds:case", (some.cases.get(round__slug="bench").pk,)),
            ("portraits", "publishing:list", ()),
        ),
    ]


def _public() -> list[Visit]:
    return pages(
        "public",
        ("first page", "home", ()),
        ("portraits", "public:portraits", ()),
        ("open data", "public:data", ()),
        ("sign in", "account_login", ()),
    )


def _expert(user: Any) -> list[Visit]:
    return pages("expert", ("assignments", "fieldwork:assignments", ()))


def _auditor() -> list[Visit]:
    return pages("auditor", ("numbers", "audit:numbers", ()), ("log", "audit:log", ()))


def _administrator() -> list[Visit]:
    return pages(
        "administrator",
        ("people", "office:people", ()),
        ("packs", "office:packs", ()),
        ("settings", "office:settings", ()),
    )


def _session(user: Any) -> str:
    from django.test import Client

    browser = Client()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser.cookies["sessionid"].value


if __name__ == "__main__":
    set_up(Path(sys.argv[1]).resolve())
    print(json.dumps([asdict(person) for person in people()]))
