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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery

from taji.web.starting import set_up

if TYPE_CHECKING:
    from taji.web.people.models import Organisation
    from taji.web.rounds.models import Round

MARK = "filled"
SLUG, KEY = "bench", "BENCH-"
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
    from taji.web.answering.models import Sheet
    from taji.web.demo.home import fill_home
    from taji.web.people.models import Organisation

    fill_home(home)
    its = _round()
    city = list(Organisation.objects.filter(kinds__kind="manufacturer").order_by("pk"))
    _responses(its, city)
    first = list(Sheet.objects.filter(case__round=its).order_by("pk"))
    _more_firms(city, firms - len(city))
    others = list(Organisation.objects.filter(key__startswith=KEY).order_by("pk"))
    for start in range(0, len(others), PART):
        _copies(its, others[start : start + PART], first)
        print(f"\r{len(city) + start:,} of {firms:,} firms", end="", flush=True)
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
        key=f"{KEY}{number:07d}",
        name=f"{firm.name}{number}",
        district=firm.district,
        industry=firm.industry,
        size=firm.size,
        attributes=firm.attributes,
        invented=True,
    )


def _responses(its: Round, firms: Sequence[Organisation]) -> None:
    """A case and a response of every firm of the city, by people who came by invitation."""
    from taji.city.spec import load_city
    from taji.city.truth import invent
    from taji.web.answering.whole_sheets import Filled, fill, sheets_of
    from taji.web.people.models import User
    from taji.web.rounds.asked import asked_of
    from taji.web.rounds.models import Case

    cases = Case.objects.bulk_create(_case(its, firm) for firm in firms)
    answers = sheets_of(invent(load_city("zhuzhou_demo")).answers, asked_of(its))
    analyst = User.objects.get(username="analyst")
    people = dict(zip(cases[:PEOPLE], _people(cases[:PEOPLE]), strict=True))
    fill(
        [
            Filled(
                case=case,
                answers=answers[number % len(answers)],
                by=people.get(case, analyst),
                begun_at=case.invited_at + dt.timedelta(minutes=11 * number),
                submitted_at=case.invited_at + dt.timedelta(minutes=11 * number + 30),
            )
            for number, case in enumerate(cases)
        ]
    )


def _case(its: Round, firm: Organisation) -> Any:
    from taji.web.rounds.models import Case

    return Case(
        round=its,
        organisation=firm,
        stratum=f"{firm.district}|{firm.size}",
        stratum_size=4_000,
        stratum_drawn=4_000,
        weight=1.0,
        invited_at=dt.datetime(2026, 1, 5, tzinfo=dt.UTC),
    )


def _copies(its: Round, firms: Sequence[Organisation], first: Sequence[Any]) -> None:
    """Give further firms the responses of the first ones: copied inside the database."""
    from django.db import transaction

    from taji.web.answering.models import AnswerEvent, Sheet, Submission
    from taji.web.rounds.models import Case

    with transaction.atomic():
        cases = [_case(its, firm) for firm in firms]
        begun = cases[0].invited_at + dt.timedelta(days=1)
        for number, case in enumerate(cases):
            case.state = Case.State.SUBMITTED
            case.first_answer_at = begun + dt.timedelta(seconds=17 * (number % 150_000))
            case.submitted_at = case.first_answer_at + dt.timedelta(minutes=30)
        cases = Case.objects.bulk_create(cases)
        like = [first[case.pk % len(first)] for case in cases]
        sheets = Sheet.objects.bulk_create(
            Sheet(
                case=case,
                answers=one.answers,
                latest=one.latest,
                changed_at=case.submitted_at,
            )
            for case, one in zip(cases, like, strict=True)
        )
        pairs = [(new.pk, one.pk) for new, one in zip(sheets, like, strict=True)]
        for model in (AnswerEvent, Submission):
            _copy_rows(model, pairs)
        handed_in = Submission.objects.filter(sheet=OuterRef("pk")).values("pk")[:1]
        new = [sheet.pk for sheet in sheets]
        Sheet.objects.filter(pk__gte=new[0], pk__lte=new[-1]).update(submission=Subquery(handed_in))


def _copy_rows(model: Any, pairs: Sequence[tuple[int, int]]) -> None:
    """Copy the rows of sheets to new sheets: ``(new, old)``."""
    from django.db import connection

    table = model._meta.db_table
    columns = [f.column for f in model._meta.concrete_fields if f.column not in ("id", "sheet_id")]
    listed = ", ".join(connection.ops.quote_name(column) for column in columns)
    taken = ", ".join(f"old.{connection.ops.quote_name(column)}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE like_sheet (new_id bigint, old_id bigint)")
        cursor.executemany("INSERT INTO like_sheet VALUES (%s, %s)", pairs)
        cursor.execute(
            f"INSERT INTO {table} (sheet_id, {listed}) SELECT like_sheet.new_id, {taken} "
            f"FROM like_sheet JOIN {table} old ON old.sheet_id = like_sheet.old_id"
        )
        cursor.execute("DROP TABLE like_sheet")


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
