"""Every route against every role, with objects present that could leak.

What a role may see of firms is told here once more, apart from the rules of the views: a firm
itself, an expert what is assigned, an analyst of a district that district, a provider nothing.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client
from tests.web.conftest import put_away
from tests.web.everywhere.places import Filled, Route, routes
from tests.web.everywhere.places import filled as fill_in

from taji.web.fieldwork.models import Assignment
from taji.web.people.models import Organisation, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("filled")]

WHO = ("nobody", "firm", "provider", "expert", "district", "analyst", "auditor", "admin")
ROUTES = [route for route in routes() if not route.is_api]
#: Objects of other firms and of one's own that each route is tried with.
TRIED = 6
KEY = re.compile(rb"91[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
SHUT = (403, 404)


@dataclass
class Person:
    """Somebody who comes to the platform."""

    name: str
    user: User | AnonymousUser
    browser: Client
    #: Firms that this person may read of; None: all.
    firms: set[int] | None


@pytest.fixture(params=WHO)
def person(request, filled) -> Person:
    """Somebody of the demo city."""
    browser = Client(headers={"accept-language": "zh"})
    if request.param == "nobody":
        return Person("nobody", AnonymousUser(), browser, set())
    user = User.objects.get(username=request.param)
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return Person(request.param, user, browser, _firms(request.param, user))


def _firms(name: str, user: User) -> set[int] | None:
    if name == "firm":
        return {user.memberships.get().organisation_id}
    if name == "expert":
        return set(
            Assignment.objects.filter(expert=user).values_list("case__organisation", flat=True)
        )
    if name == "district":
        district = user.memberships.get().district
        return set(Organisation.objects.filter(district=district).values_list("pk", flat=True))
    return set() if name == "provider" else None


@contextmanager
def _answer(method: Callable[[str], HttpResponse], address: str) -> Iterator[HttpResponse]:
    """Ask, and put the files of the answer away; ``close`` would end the test's connection too."""
    response = method(address)
    yield response
    put_away(response)


def _status(method: Callable[[str], HttpResponse], address: str) -> int:
    with _answer(method, address) as response:
        return response.status_code


def _roles(person: Person) -> frozenset[str]:
    return person.user.roles if isinstance(person.user, User) else frozenset()


def _enters(route: Route, person: Person) -> bool:
    """Whether the rule lets the role of a person through the door at all."""
    rule = route.rule
    assert rule is not None
    if rule.public:
        return True
    return isinstance(person.user, User) and (not rule.roles or bool(rule.roles & _roles(person)))


def _others(route: Route, person: Person) -> Iterator[Filled]:
    """Addresses of a route that are about a firm which is not this person's to see."""
    if person.firms is None or route.rule.public:
        return
    found = [one for one in fill_in(route) if one.firm is not None and one.firm not in person.firms]
    yield from found[:TRIED]


def test_every_route_declares_its_rule():
    assert [route.pattern for route in routes() if route.rule is None] == []


def test_every_route_can_be_filled_with_objects_of_the_demo_city():
    assert [route.pattern for route in ROUTES if not fill_in(route)] == []


def test_a_role_that_a_route_does_not_name_is_shut_out(person):
    wrong = []
    for route in ROUTES:
        if _enters(route, person):
            continue
        address = fill_in(route)[0].address
        for method in (person.browser.get, person.browser.post):
            response = method(address)
            signed_out = response.status_code == 302 and "/accounts/login/" in response.url
            if not (signed_out if person.name == "nobody" else response.status_code in SHUT):
                wrong.append((address, response.status_code))

    assert wrong == []


def test_what_belongs_to_another_firm_is_not_found(person):
    wrong, tried = [], 0
    for route in ROUTES:
        for one in _others(route, person) if _enters(route, person) else ():
            for method in (person.browser.get, person.browser.post):
                tried += 1
                status = _status(method, one.address)
                if status not in (*SHUT, 405):
                    wrong.append((one.address, status))

    assert wrong == []
    assert tried > 0 or person.name not in ("firm", "expert", "district")


def test_no_page_names_a_firm_that_its_reader_may_not_see(person):
    """Every page that opens is read for credit codes and names of other firms."""
    if person.firms is None:
        pytest.skip("this role works with every firm")
    hidden = Organisation.objects.exclude(pk__in=person.firms).filter(kinds__kind="manufacturer")
    keys = {key.encode() for key in hidden.values_list("key", flat=True)}
    names = {name.encode() for name in hidden.values_list("name", flat=True)}
    names -= {o.name.encode() for o in Organisation.objects.filter(pk__in=person.firms)}
    leaks, read = [], 0
    for route in ROUTES:
        if not _enters(route, person) or route.pattern.startswith("i/"):
            continue  # an invitation says whom it is for, its name masked: tested by itself
        for one in fill_in(route)[:TRIED]:
            with _answer(person.browser.get, one.address) as response:
                if response.status_code != 200:
                    continue
                text = _text(response)
            read += 1
            found = set(KEY.findall(text)) & keys | {name for name in names if name in text}
            leaks += [(one.address, leak.decode()) for leak in found]

    assert leaks == []
    assert len(keys) > 100
    assert read >= 10


def _text(response) -> bytes:
    """What a response says; what is zipped is unpacked."""
    body = b"".join(response) if response.streaming else response.content
    if not body.startswith(b"PK"):
        return body
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    except zipfile.BadZipFile:
        return body


#: Pages that each can open at the least: the walk is not empty.
OPENED = {"nobody": 10, "provider": 10, "firm": 20, "expert": 10, "admin": 15, "auditor": 15}


def test_each_role_opens_the_pages_of_its_work_and_none_fails(person):
    broken, opened = [], 0
    for route in ROUTES:
        if not _enters(route, person):
            continue
        statuses = {_status(person.browser.get, one.address) for one in fill_in(route)[:TRIED]}
        broken += [(route.pattern, status) for status in statuses if status >= 500]
        opened += 200 in statuses

    assert broken == []
    assert opened >= OPENED.get(person.name, 30)
