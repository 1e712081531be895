"""Whoever reads simulated data is told so, on every page that shows a simulated round or firm."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.web.conftest import put_away
from tests.web.everywhere.places import filled as fill_in
from tests.web.everywhere.places import routes

from taji.web.people.models import Kind, Organisation, User
from taji.web.rounds.models import Round
from taji.web.simulated import how_simulated

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("filled")]

READERS = ("firm", "provider", "expert", "auditor", "admin", "district", "analyst", None)
#: Addresses of a route that are tried for each reader.
TRIED = 4
BANNER = 'class="banner"'
#: What a person reads of their own roles or manages of others' is no data of a survey.
APART = ("accounts/", "office/")


def _page(browser: Client, address: str) -> str:
    """The page at an address; nothing where there is none, or a file."""
    response = browser.get(address)
    kind = response.headers.get("Content-Type", "")
    is_page = response.status_code == 200 and kind.startswith("text/html")
    html = b"".join(response).decode() if is_page else ""
    put_away(response)
    return html if "<html" in html and "<main" in html else ""


@pytest.mark.parametrize("reader", READERS)
def test_a_page_that_names_a_simulated_round_or_an_invented_firm_says_so(reader, filled):
    browser = Client(headers={"accept-language": "zh"})
    if reader is not None:
        backend = "allauth.account.auth_backends.AuthenticationBackend"
        browser.force_login(User.objects.get(username=reader), backend=backend)
    makers = Organisation.objects.filter(kinds__kind=Kind.MANUFACTURER, invented=True)
    invented = [*makers.values_list("name", flat=True)]
    invented += Round.objects.filter(simulated=True).values_list("title_zh", flat=True)
    told, silent = [], []
    for route in routes():
        if route.is_api or route.pattern.startswith(APART):
            continue
        for one in fill_in(route)[:TRIED]:
            html = _page(browser, one.address)
            if any(name in html for name in invented):
                (told if BANNER in html else silent).append(one.address)

    assert silent == []
    assert told


def test_a_list_with_real_rounds_beside_simulated_ones_says_that_some_are(filled):
    assert how_simulated(Round.objects.values_list("simulated", flat=True)) == "all"
    Round.objects.filter(pk=Round.objects.order_by("pk").first().pk).update(simulated=False)
    browser = Client(headers={"accept-language": "zh"})
    backend = "allauth.account.auth_backends.AuthenticationBackend"
    browser.force_login(User.objects.get(username="analyst"), backend=backend)

    assert "本页含模拟数据" in _page(browser, "/rounds/")
