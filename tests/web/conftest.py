"""A small city on the platform: one account a role, two firms in one round, one firm apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from allauth.mfa.models import Authenticator
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.http import HttpResponse
from django.test import Client

from taji.web.answering.models import Sheet
from taji.web.people.models import (
    GUARDED,
    Kind,
    Membership,
    Organisation,
    OrganisationKind,
    Role,
    User,
)
from taji.web.rounds.models import Case, Round

#: Valid credit codes of invented firms.
KEYS = ("91430200MA4L16JQ9J", "91430200MA4PAT1R8X", "91430211MA4QK3P81K")


@dataclass
class City:
    """What tests start from."""

    bureau: Organisation
    firms: list[Organisation]
    round: Round
    cases: list[Case]
    users: dict[str, User] = field(default_factory=dict)

    def sheet(self, number: int = 0) -> Sheet:
        """The firm's own sheet of a case, made if there is none."""
        return Sheet.objects.get_or_create(case=self.cases[number], track=Sheet.Track.FIRM)[0]


def add_user(username: str, organisation: Organisation, role: str, district: str = "") -> User:
    """An account with a role, and with a second factor where the role needs one."""
    user = User.objects.create_user(username, password=f"{username}-password", name=username)
    Membership.objects.create(user=user, organisation=organisation, role=role, district=district)
    if role in GUARDED:
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return user


@pytest.fixture(scope="session", autouse=True)
def _alone(django_db_setup, django_db_blocker) -> Iterator[None]:
    """At the end, wait for connections that a browser left behind: PostgreSQL drops no database in use."""
    yield
    if connection.vendor != "postgresql":
        return
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for _ in range(100):
            cursor.execute(f"SELECT count(*) {others}")
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.1)
        cursor.execute(f"SELECT pg_terminate_backend(pid) {others}")


@pytest.fixture
def city(db) -> City:
    """The city; firms 0 and 1 are asked, firm 2 is not; firm 1 belongs to another district."""
    bureau = Organisation.objects.create(key="bureau", name="工信局（虚构）", invented=True)
    OrganisationKind.objects.create(organisation=bureau, kind=Kind.BUREAU)
    firms = [
        Organisation.objects.create(
            key=key,
            name=f"虚构企业{number}",
            district=district,
            industry="34",
            size="small",
            invented=True,
        )
        for number, (key, district) in enumerate(
            zip(KEYS, ("430211", "430204", "430211"), strict=True)
        )
    ]
    for firm in firms:
        OrganisationKind.objects.create(organisation=firm, kind=Kind.MANUFACTURER)
    held = Round.objects.create(
        slug="2026",
        title_zh="2026年调查",
        title_en="Survey 2026",
        state=Round.State.OPEN,
        questionnaire="sme2024",
        model_ids=["sme2024"],
        strata=["district"],
        purpose_zh="用于了解全市中小制造企业数字化水平。",
        purpose_en="To know how digital the city's small manufacturers are.",
        simulated=True,
    )
    cases = [
        Case.objects.create(
            round=held,
            organisation=firm,
            stratum=firm.district,
            stratum_size=20,
            stratum_drawn=1,
            weight=20.0,
        )
        for firm in firms[:2]
    ]
    made = City(bureau, firms, held, cases)
    for role in Role.values:
        home = firms[0] if role == Role.FIRM else bureau
        made.users[role] = add_user(role, home, role)
    made.users["other_firm"] = add_user("other_firm", firms[1], Role.FIRM)
    return made


@pytest.fixture
def signed_in(city: City) -> Callable[[str], Client]:
    """A browser of somebody of a role (a key of ``city.users``)."""

    def client(role: str) -> Client:
        browser = Client(headers={"accept-language": "zh"})
        browser.force_login(
            city.users[role], backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        return browser

    return client


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Let the application keep the connection of the test, as Django's own client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def put_away(response: HttpResponse) -> None:
    """Close the files of an answer; its own ``close`` would close the test's connection too."""
    for close in response._resource_closers:
        close()
