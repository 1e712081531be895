"""What the tests of answering start from."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.web.conftest import City

from taji.catalogue.questionnaire import Item
from taji.web.answering.models import Sheet, Submission
from taji.web.people.models import Organisation
from taji.web.rounds import tokens
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case, Invitation


def invite(case: Case, **more: object) -> Invitation:
    """An invitation to a case."""
    return Invitation.objects.create(case=case, nonce=tokens.new_nonce(), **more)


def come_in(invitation: Invitation, code: str | None = None, **fields: str) -> Client:
    """A browser that came in by an invitation."""
    browser = Client(headers={"accept-language": "zh"})
    browser.post(
        f"/i/{tokens.token(invitation)}/",
        {
            "code": code or invitation.case.organisation.key,
            "name": "张三",
            "agree": "1",
            **fields,
        },
    )
    return browser


def some_answer(item: Item) -> str:
    """A text that answers an item."""
    if item.kind in ("single", "multi"):
        return item.option_ids[1]
    if item.kind == "scale":
        return str(int(item.question.low or 0) + 2)
    return {"code": "34", "date": "2026-01-31"}.get(item.kind, "40")


def many_firms(city: City, count: int = 12) -> None:
    """More firms of the same kind that have handed in."""
    firms = Organisation.objects.bulk_create(
        Organisation(key=f"F{n}", name=f"F{n}", district="430211", industry="34", size="small")
        for n in range(count)
    )
    items = asked_of(city.round).items
    for n, firm in enumerate(firms):
        case = Case.objects.create(
            round=city.round, organisation=firm, stratum="430211", stratum_size=20, stratum_drawn=13
        )
        answers = {
            key: [some_answer(one.item)] if one.item.kind == "multi" else some_answer(one.item)
            for key, one in items.items()
        }
        answers |= {"q2": str(n * 5), "s_quality": str(n % 5)}
        sheet = Sheet.objects.create(case=case)
        sheet.submission = Submission.objects.create(
            sheet=sheet, number=1, answers=answers, sha256="0" * 64, by=city.users["firm"]
        )
        sheet.save()


@pytest.fixture
def filled(city: City) -> Callable[..., Client]:
    """A browser of firm 0 whose sheet is answered, as far as asked."""

    def fill(count: int = 100) -> Client:
        browser = come_in(invite(city.cases[0]))
        sheet = city.sheet()
        for one in list(asked_of(city.round).items.values())[:count]:
            got = browser.post(
                f"/firm/sheet/{sheet.pk}/save/",
                {"item": one.key, "text": some_answer(one.item), "seen": "0", "key": one.key},
            )
            assert got.status_code == 200, got.content
        return browser

    return fill
