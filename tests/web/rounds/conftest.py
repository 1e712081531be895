"""A register of invented firms and a round in preparation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from tests.web.conftest import City, add_user
from tests.web.registers import key, rows

from taji.web.people.models import Kind, Organisation, OrganisationKind, Role
from taji.web.rounds import stages
from taji.web.rounds.errands import begin
from taji.web.rounds.jobs import run_errand
from taji.web.rounds.models import Contact, Errand, Round

#: What the form of a round is filled with.
FORM = {
    "slug": "2027",
    "title_zh": "2027年调查",
    "title_en": "Survey 2027",
    "asks": ["sme2024"],
    "model_ids": ["sme2024"],
    "purpose_zh": "用于了解水平。",
    "purpose_en": "To know the level.",
    "opens_on": "2027-03-01",
    "closes_on": "2027-04-30",
    "city_zh": "株洲",
    "city_en": "Zhuzhou",
    "period": "2026",
}
DRAW = {
    "size": 12,
    "strata": ["district"],
    "allocation": "proportional",
    "minimum": 2,
    "seed": 7,
    "population": {},
}


@dataclass
class Bureau:
    """The city with a register of 40 firms more and a round in preparation."""

    city: City
    round: Round

    @property
    def analyst(self) -> Any:
        return self.city.users["analyst"]

    def errand(self, kind: str, *, by: Any = None, **request: Any) -> Errand:
        """An errand that has run."""
        made = begin(self.round, kind, by=by or self.analyst, **request)
        return self.again(made)

    def again(self, errand: Errand) -> Errand:
        """The same errand after its job ran (once more)."""
        run_errand.func(errand.pk)
        errand.refresh_from_db()
        self.round.refresh_from_db()
        return errand

    def draw(self, **other: Any) -> Errand:
        return self.errand(Errand.Kind.DRAW, **{**DRAW, **other})

    def opened(self) -> Round:
        """The round, drawn and open."""
        self.draw()
        stages.open_round(self.round, by=self.analyst)
        return self.round

    def invited(self) -> Round:
        """The round, with every firm invited by list."""
        self.opened()
        self.errand(Errand.Kind.INVITE, channel="list")
        return self.round


@pytest.fixture
def bureau(city: City) -> Bureau:
    firms = Organisation.objects.bulk_create(
        Organisation(
            key=row[0],
            name=row[1],
            industry=row[2],
            district=("430211", "430204", "430203", "430202")[n % 4],
            size=("micro", "small", "small", "medium")[n // 4 % 4],
            attributes={"园区": ("高新", "经开")[n % 2]},
            invented=True,
        )
        for n, row in enumerate(rows(40))
    )
    OrganisationKind.objects.bulk_create(
        OrganisationKind(organisation=firm, kind=Kind.MANUFACTURER) for firm in firms
    )
    Contact.objects.bulk_create(
        Contact(
            organisation=firm,
            source="register",
            name=f"联系人{n}",
            email=f"firm{n}@example.com" if n % 5 else "",
            phone=f"1380000{n:04d}",
        )
        for n, firm in enumerate(firms)
    )
    Organisation.objects.filter(pk__in=[f.pk for f in city.firms]).update(listed=False)
    held = Round.objects.create(
        slug="2027",
        title_zh="2027年调查",
        title_en="Survey 2027",
        questionnaire="sme2024",
        model_ids=["sme2024"],
        purpose_zh="用于了解水平。",
        purpose_en="To know the level.",
    )
    assert firms[0].key == key(0)
    return Bureau(city, held)


@pytest.fixture
def of_district(bureau: Bureau) -> Client:
    """An analyst of the district 430204."""
    user = add_user("district", bureau.city.bureau, Role.ANALYST, district="430204")
    bureau.city.users["district"] = user
    client = Client(headers={"accept-language": "zh"})
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
