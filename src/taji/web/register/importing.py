"""Bring a file of firms into the register: read and shown first, written when an analyst says so.

Decides what a file does to the register. Firms are met by key; a blank cell and a column that the
file does not have leave standing what stands. A firm that is not in the file has left the register
only where the analyst said that the file is the whole of it. What a file means is decided by
``taji.desk.enrolling``.

Firms are written in parts, each whole, so that answers can be saved meanwhile; a run that died
begins again and finds what is left to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from taji.base.identifiers import KEY
from taji.desk.enrolling import CODES, CONTACT, take_firms
from taji.desk.joining import INVENTED, TRUE
from taji.survey.intake import Intake
from taji.web.audit.log import record
from taji.web.people.models import Kind, Organisation, OrganisationKind, User
from taji.web.register.coding import enrolment_in_use
from taji.web.register.models import Change, RegisterImport
from taji.web.rounds.models import Contact
from taji.web.spreadsheets import safe_frame
from taji.web.uploads import Kept

__all__ = ["Firm", "apply", "begin", "changes_of", "confirm", "drop", "read", "refused_csv"]

#: Firms written at once: a part takes a fraction of a second, and answers wait no longer. [firms]
PART = 2_000
#: Changes that are shown before they are made. [firms]
SHOWN = 20
#: Names of the contact's fields, as the file's columns are called here and as a contact keeps them.
CONTACT_FIELDS = dict(zip(CONTACT, ("name", "email", "phone", "address"), strict=True))
BASIC = ("name", *CODES)


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm as a file or the register has it; what a file leaves blank is not in ``told``."""

    key: str
    told: dict[str, Any]  # name, codes, invented, listed
    attributes: dict[str, str]
    contact: dict[str, str]


@dataclass(frozen=True, slots=True)
class Known(Firm):
    """An organisation that the platform knows; ``maker`` where it stands in the register of firms."""

    pk: int = 0
    maker: bool = True


def begin(kept: Kept, *, by: User) -> RegisterImport:
    """Note an uploaded file; a job reads it."""
    with transaction.atomic():
        made = RegisterImport.objects.create(
            file=kept.stored, name=kept.name, sha256=kept.sha256, by=by
        )
        record("register.upload", actor=by, subject=f"import:{made.pk}", sha256=kept.sha256)
    return made


def read(its: RegisterImport) -> None:
    """Read the file, list what is refused, and count what it would change. Changes no firm."""
    taken = take_firms(Path(its.file.path), own=enrolment_in_use())
    folder = str(Path(its.file.name).parent)
    its.rows = _keep_frame(taken.answers, f"{folder}/accepted.parquet")
    if taken.refusals_found:
        for field, language in (("refusals", "zh"), ("refusals_en", "en")):
            content = ContentFile(refused_csv(taken, language))
            name = default_storage.save(f"{folder}/refused-{language}.csv", content)
            setattr(its, field, name)
    its.read, its.accepted = taken.read, taken.accepted
    its.refused_rows, its.refused = taken.refused, taken.refusals_found
    known = {firm.key: firm for firm in _register()}
    firms = list(_firms(taken.answers))
    changes = [(f, changes_of(f, known.get(f.key))) for f in firms]
    its.added = sum(_is_new(f, known) for f in firms)
    its.changed = sum(bool(c) for f, c in changes if not _is_new(f, known))
    its.same = len(firms) - its.added - its.changed
    its.left = len(_leavers(firms, known))
    its.examples = [
        {"key": f.key, "name": known[f.key].told["name"], "fields": c}
        for f, c in changes
        if c and f.key in known
    ][:SHOWN]
    its.state = RegisterImport.State.READ
    its.save()


def confirm(its: RegisterImport, *, whole: bool, by: User) -> None:
    """Say that the file is to be applied, and whether it is the whole register."""
    with transaction.atomic():
        its.whole, its.state, its.problem = whole, RegisterImport.State.WAITING, {}
        its.save(update_fields=["whole", "state", "problem"])
        record(
            "register.import",
            actor=by,
            subject=f"import:{its.pk}",
            sha256=its.sha256,
            whole=whole,
            accepted=its.accepted,
            refused=its.refused,
        )


def drop(its: RegisterImport, *, by: User) -> None:
    """Leave the register as it is."""
    with transaction.atomic():
        its.state = RegisterImport.State.DROPPED
        its.save(update_fields=["state"])
        record("register.import_dropped", actor=by, subject=f"import:{its.pk}")


def apply(its: RegisterImport) -> None:
    """Write the accepted rows into the register."""
    firms = list(_firms(pl.read_parquet(its.rows.path)))
    known = {firm.key: firm for firm in _register()}
    due = [
        (firm, changes)
        for firm in firms
        if (changes := changes_of(firm, known.get(firm.key))) or _is_new(firm, known)
    ]
    its.written = len(firms) - len(due)
    for start in range(0, len(due), PART):
        part = due[start : start + PART]
        with transaction.atomic():
            _write(part, known, its)
            its.written += len(part)
            its.save(update_fields=["written"])
    gone = _leavers(firms, known) if its.whole else []
    for start in range(0, len(gone), PART):
        with transaction.atomic():
            _delist(gone[start : start + PART], its)
    with transaction.atomic():
        its.state, its.done_at = RegisterImport.State.DONE, timezone.now()
        its.save(update_fields=["state", "done_at"])
        record(
            "register.imported",
            actor=its.by,
            subject=f"import:{its.pk}",
            added=its.added,
            changed=its.changed,
            left=its.left if its.whole else 0,
        )


def changes_of(firm: Firm, known: Known | None) -> dict[str, list[Any]]:
    """Return what a file changes of a firm, ``{field: [before, after]}``; nothing for a new one."""
    if known is None:
        return {}
    pairs = [
        *((name, known.told.get(name), value) for name, value in firm.told.items()),
        *((name, known.attributes.get(name), value) for name, value in firm.attributes.items()),
        *((name, known.contact.get(name), value) for name, value in firm.contact.items()),
    ]
    return {name: [before, after] for name, before, after in pairs if before != after}


def refused_csv(taken: Intake, language: Any) -> bytes:
    """Return the table of what was refused, in the words of a language."""
    table = safe_frame(taken.table(language).with_columns(pl.col("row").cast(pl.Int64)))
    return b"\xef\xbb\xbf" + table.write_csv().encode()


def _keep_frame(frame: pl.DataFrame, name: str) -> str:
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path)
    return name


def _firms(rows: pl.DataFrame) -> Iterator[Firm]:
    """The rows of a file as firms."""
    marks = [name for name in rows.columns if name in INVENTED]
    basic = [name for name in BASIC if name in rows.columns]
    contact = [name for name in CONTACT if name in rows.columns]
    taken = {KEY, *marks, *basic, *contact}
    others = [name for name in rows.columns if name not in taken]
    for row in rows.iter_rows(named=True):
        told = {name: row[name] for name in basic if row[name] is not None}
        told["listed"] = True
        if marks:
            told["invented"] = any(str(row[m]).lower() in TRUE for m in marks)
        yield Firm(
            row[KEY],
            _fitting(told),
            {name: row[name] for name in others if row[name] is not None},
            {name: row[name] for name in contact if row[name] is not None},
        )


def _fitting(told: dict[str, Any]) -> dict[str, Any]:
    told["name"] = told["name"][:200]
    return told


def _register() -> Iterator[Known]:
    """Every organisation that is known, with the contact that the register gave."""
    names = ("name", *CODES, "listed", "invented")
    makers = set(
        OrganisationKind.objects.filter(kind=Kind.MANUFACTURER).values_list(
            "organisation_id", flat=True
        )
    )
    contacts = {
        row[0]: dict(zip(CONTACT, row[1:], strict=True))
        for row in Contact.objects.filter(source=Contact.Source.REGISTER).values_list(
            "organisation_id", *CONTACT_FIELDS.values()
        )
    }
    rows = Organisation.objects.values_list("pk", "key", "attributes", *names)
    for pk, key, attributes, *told in rows.iterator(chunk_size=5_000):
        yield Known(
            key,
            dict(zip(names, told, strict=True)),
            attributes,
            contacts.get(pk, {}),
            pk,
            pk in makers,
        )


def _is_new(firm: Firm, known: Mapping[str, Known]) -> bool:
    return firm.key not in known or not known[firm.key].maker


def _write(
    part: list[tuple[Firm, dict[str, list[Any]]]], known: Mapping[str, Known], its: RegisterImport
) -> None:
    """Write some firms: the firm, that it is a manufacturer, its contact, what changed."""
    now = timezone.now()
    firms = [_organisation(f, known.get(f.key), now) for f, _ in part]
    names = [*BASIC, "attributes", "invented", "listed", "changed_at"]
    Organisation.objects.bulk_create(
        firms, update_conflicts=True, unique_fields=["key"], update_fields=names
    )
    pks = dict(
        Organisation.objects.filter(key__in=[f.key for f, _ in part]).values_list("key", "pk")
    )
    OrganisationKind.objects.bulk_create(
        [
            OrganisationKind(organisation_id=pks[f.key], kind=Kind.MANUFACTURER)
            for f, _ in part
            if _is_new(f, known)
        ],
        ignore_conflicts=True,
    )
    _write_contacts(part, known, pks)
    Change.objects.bulk_create(
        Change(organisation_id=pks[f.key], made_by_import=its, by_id=its.by_id, fields=changes)
        for f, changes in part
        if changes
    )


def _organisation(firm: Firm, known: Known | None, now: Any) -> Organisation:
    before = known.told if known else {}
    return Organisation(
        key=firm.key,
        attributes={**(known.attributes if known else {}), **firm.attributes},
        changed_at=now,
        **{**before, **firm.told},
    )


def _write_contacts(
    part: list[tuple[Firm, Any]], known: Mapping[str, Known], pks: Mapping[str, int]
) -> None:
    told = {}
    for firm, _ in part:
        before = known[firm.key].contact if firm.key in known else {}
        after = {**before, **firm.contact}
        if firm.contact and after != before:
            told[pks[firm.key]] = after
    Contact.objects.filter(source=Contact.Source.REGISTER, organisation_id__in=list(told)).delete()
    Contact.objects.bulk_create(
        Contact(
            organisation_id=pk,
            source=Contact.Source.REGISTER,
            name=contact.get("contact_name", "")[:80],
            email=contact.get("email", ""),
            phone=contact.get("phone", "")[:32],
            address=contact.get("address", "")[:200],
        )
        for pk, contact in told.items()
    )


def _leavers(firms: list[Firm], known: Mapping[str, Known]) -> list[Known]:
    named = {firm.key for firm in firms}
    return [k for k in known.values() if k.maker and k.told["listed"] and k.key not in named]


def _delist(gone: list[Known], its: RegisterImport) -> None:
    Organisation.objects.filter(pk__in=[k.pk for k in gone]).update(
        listed=False, changed_at=timezone.now()
    )
    Change.objects.bulk_create(
        Change(
            organisation_id=k.pk,
            made_by_import=its,
            by_id=its.by_id,
            fields={"listed": [True, False]},
        )
        for k in gone
    )
