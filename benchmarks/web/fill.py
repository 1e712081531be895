"""Fill a home for the benchmark: the demo city, then firms and responses up to the size asked.

``python -m benchmarks.web.fill HOME FIRMS``: a process of its own. A home that is filled already
for these tables is left as it is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taji.web.starting import set_up

if TYPE_CHECKING:
    from taji.web.people.models import Organisation
    from taji.web.rounds.models import Round

MARK = "filled"
SLUG = "bench"
#: Firms whose people take part in the load: they hold an invitation. [firms]
PEOPLE = 2_000
#: Firms written together. [firms]
PART = 5_000


def main(home: Path, firms: int) -> None:
    set_up(home)
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, interactive=False)
    mark = _mark(firms)
    if (home / MARK).is_file() and (home / MARK).read_text() == mark:
        return
    if (home / MARK).is_file():
        sys.exit(f"{home} was filled for other tables or another size: remove it")
    began = time.perf_counter()
    _fill(home, firms)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    (home / MARK).write_text(mark)
    print(f"filled in {time.perf_counter() - began:.0f} s", flush=True)


def _mark(firms: int) -> str:
    from django.db.migrations.recorder import MigrationRecorder

    applied = sorted(MigrationRecorder.Migration.objects.values_list("app", "name"))
    return f"{firms} {hashlib.sha256(repr(applied).encode()).hexdigest()}"


def _fill(home: Path, firms: int) -> None:
    from taji.web.demo.home import fill_home
    from taji.web.people.models import Organisation

    fill_home(home)
    its = _round()
    city = list(Organisation.objects.filter(kinds__kind="manufacturer").order_by("pk"))
    _more_firms(city, firms - len(city))
    everyone = Organisation.objects.filter(kinds__kind="manufacturer").order_by("pk").iterator()
    answers = _answers()
    done = 0
    while part := list(islice(everyone, PART)):
        _responses(its, part, answers, invited=max(0, PEOPLE - done))
        done += len(part)
        print(f"\r{done:,} of {firms:,} firms", end="", flush=True)
    print()


def _round() -> Round:
    from taji.web.rounds.models import Round

    return Round.objects.create(
        slug=SLUG,
        title_zh="性能测试（虚构）",
        title_en="Benchmark (invented)",
        state=Round.State.OPEN,
        questionnaire="sme2024",
        model_ids=["sme2024"],
        strata=["district", "size"],
        simulated=True,
        purpose_zh="性能测试",
        purpose_en="Benchmark",
        opens_on=dt.date(2026, 1, 5),
    )


def _more_firms(city: Sequence[Organisation], wanted: int) -> None:
    from taji.web.people.models import Kind, Organisation, OrganisationKind

    for start in range(0, wanted, PART):
        made = Organisation.objects.bulk_create(
            (_like(city[n % len(city)], n) for n in range(start, min(start + PART, wanted))),
            batch_size=1_000,
        )
        OrganisationKind.objects.bulk_create(
            (OrganisationKind(organisation=firm, kind=Kind.MANUFACTURER) for firm in made),
            batch_size=1_000,
        )


def _like(firm: Organisation, number: int) -> Organisation:
    from taji.web.people.models import Organisation

    return Organisation(
        key=f"BENCH-{number:07d}",
        name=f"{firm.name}{number}",
        district=firm.district,
        industry=firm.industry,
        size=firm.size,
        attributes=firm.attributes,
        invented=True,
    )


def _answers() -> list[dict[str, Any]]:
    """The answers of every firm of the city, to be given by many."""
    from taji.city.spec import load_city
    from taji.city.truth import invent
    from taji.web.answering.whole_sheets import sheets_of
    from taji.web.rounds.asked import asked_of
    from taji.web.rounds.models import Round

    return sheets_of(
        invent(load_city("zhuzhou_demo")).answers, asked_of(Round.objects.get(slug=SLUG))
    )


def _responses(
    its: Round, firms: Sequence[Organisation], answers: Sequence[dict[str, Any]], *, invited: int
) -> None:
    """A case and a response of every firm; the first ``invited`` by people who came by invitation."""
    from taji.web.answering.models import AnswerEvent
    from taji.web.answering.whole_sheets import Filled, fill
    from taji.web.people.models import User
    from taji.web.rounds.models import Case

    cases = Case.objects.bulk_create(
        Case(
            round=its,
            organisation=firm,
            stratum=f"{firm.district}|{firm.size}",
            stratum_size=4_000,
            stratum_drawn=4_000,
            weight=1.0,
            invited_at=dt.datetime(2026, 1, 5, tzinfo=dt.UTC),
        )
        for firm in firms
    )
    analyst = User.objects.get(username="analyst")
    people = dict(zip(cases[:invited], _people(cases[:invited]), strict=True))
    begun = dt.datetime(2026, 1, 6, tzinfo=dt.UTC)
    filled = [
        Filled(
            case=case,
            answers=answers[case.pk % len(answers)],
            by=people.get(case, analyst),
            begun_at=begun + dt.timedelta(seconds=17 * (case.pk % 150_000)),
            submitted_at=begun + dt.timedelta(seconds=17 * (case.pk % 150_000) + 1_800),
        )
        for case in cases
    ]
    fill(filled, source=AnswerEvent.Source.PAGE)


def _people(cases: Sequence[Any]) -> Iterator[Any]:
    """Somebody of each firm, as coming in by an invitation leaves it."""
    from taji.web.answering.models import Consent
    from taji.web.people.models import Membership, Role, User
    from taji.web.rounds import tokens
    from taji.web.rounds.models import Invitation

    for case in cases:
        user = User(username=f"bench-{case.pk}")
        user.set_unusable_password()
        user.save()
        Membership.objects.create(user=user, organisation=case.organisation, role=Role.FIRM)
        Invitation.objects.create(case=case, nonce=tokens.new_nonce(), user=user)
        Consent.objects.create(case=case, by=user, purpose_zh="性能测试", purpose_en="Benchmark")
        yield user


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
