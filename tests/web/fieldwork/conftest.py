"""Firms that have handed in, experts, and assignments."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from tests.web.conftest import City, add_user

from taji.base.identifiers import is_uscc
from taji.web.answering.giving import Given, give
from taji.web.answering.models import Submission
from taji.web.fieldwork.assigning import choose
from taji.web.people.models import Organisation, Role
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case


@pytest.fixture
def handed_in(city: City) -> City:
    """Both firms of the round have answered and handed in."""
    for number, share in enumerate(("40", "60")):
        sheet = city.sheet(number)
        by = city.users["firm" if number == 0 else "other_firm"]
        for item, text in (("q1", "a|b"), ("q2", share), ("s_finance", "3")):
            give(sheet.pk, Given(item=item, text=text, seen=0), asked=asked_of(city.round), by=by)
        sheet.refresh_from_db()
        sheet.submission = Submission.objects.create(
            sheet=sheet, number=1, answers=sheet_values(sheet), sha256="0" * 64, by=by
        )
        sheet.save()
    return city


def sheet_values(sheet) -> dict[str, object]:
    """Answers of a sheet, ``{item: value}``."""
    return {item: one["v"] for item, one in sheet.answers.items()}


@pytest.fixture
def assigned(handed_in: City):
    """Firm 0 is assigned to the expert of the city."""
    return choose(
        handed_in.cases[0],
        handed_in.users["expert"],
        due_on=None,
        by=handed_in.users["analyst"],
    )


def second_expert(city: City, name: str = "expert2"):
    """One more expert."""
    return add_user(name, city.bureau, Role.EXPERT)


def more_firms(city: City, count: int, district: str = "430211") -> list[Case]:
    """Firms with invented keys that are asked too; none has answered."""
    firms = [
        Organisation.objects.create(
            key=f"firm-{number:04}", name=f"虚构企业甲{number}", district=district, invented=True
        )
        for number in range(count)
    ]
    assert not is_uscc(firms[0].key)
    return [
        Case.objects.create(
            round=city.round,
            organisation=firm,
            stratum=district,
            stratum_size=20,
            stratum_drawn=count,
        )
        for firm in firms
    ]


def photo(size: tuple[int, int] = (60, 40), kind: str = "JPEG") -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", size, (180, 90, 20)).save(out, kind)
    return out.getvalue()
