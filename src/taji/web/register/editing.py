"""Correct or enter one firm: its name and codes, and how it is reached.

What a key and a code are is decided by the same packs as for a file (``taji.desk.enrolling``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import transaction

from taji.base.errors import TajiError
from taji.base.identifiers import USCC_LENGTH, clean_key, is_uscc
from taji.base.text import Language
from taji.desk.enrolling import CODES
from taji.web.audit.log import record
from taji.web.people.models import Kind, Organisation, OrganisationKind, User
from taji.web.register.coding import registers
from taji.web.register.models import Change
from taji.web.rounds.models import Contact

__all__ = [
    "FalseKeyError",
    "UnknownCodeError",
    "add_contact",
    "correct",
    "enter",
    "remove_contact",
]


class FalseKeyError(TajiError):
    """A key claims to be a credit code and is none."""

    code = "web.false_key"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{key}”有 18 位，但不是有效的统一社会信用代码。请核对每一位，尤其是末位校验码。",
        "en": (
            "{key!r} has 18 characters but is no valid credit code. Compare every character, "
            "above all the last."
        ),
    }


class UnknownCodeError(TajiError):
    """A firm is said to have a code that its register of codes lacks."""

    code = "web.unknown_code"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{value}”不是 {field} 的代码。可用的代码见企业名录的筛选项。",
        "en": "{value!r} is no code of {field}. The codes are those that the register is narrowed by.",
    }


def enter(key: str, said: Mapping[str, str], *, by: User) -> tuple[Organisation, bool]:
    """Write one firm by its key; return it, and whether the register lacked it.

    Raises
    ------
    FalseKeyError
        If the key has the length of a credit code and is none.
    UnknownCodeError
        If industry, district or size is not in its register of codes.
    """
    key = clean_key(key)
    if len(key) == USCC_LENGTH and not is_uscc(key):
        raise FalseKeyError(key=key)
    for name in CODES:
        if said.get(name) and said[name] not in {e.code for e in registers()[name].entries}:
            raise UnknownCodeError(field=name, value=said[name])
    with transaction.atomic():
        firm, added = Organisation.objects.get_or_create(key=key, defaults=dict(said))
        _, joined = OrganisationKind.objects.get_or_create(
            organisation=firm, kind=Kind.MANUFACTURER
        )
        if added or joined or not firm.listed:
            Organisation.objects.filter(pk=firm.pk).update(listed=True)
            record("firm.enter", actor=by, subject=f"firm:{key}", **said)
        correct(firm, said, by=by)
        firm.refresh_from_db()
    return firm, added


def correct(firm: Organisation, said: Mapping[str, str], *, by: User) -> dict[str, list[str]]:
    """Set name and codes as somebody says; return what changed."""
    with transaction.atomic():
        firm = Organisation.objects.select_for_update().get(pk=firm.pk)
        changes = {
            name: [getattr(firm, name), said[name]]
            for name in ("name", *CODES)
            if name in said and said[name] != getattr(firm, name)
        }
        if changes:
            for name, (_, after) in changes.items():
                setattr(firm, name, after)
            firm.save(update_fields=[*changes, "changed_at"])
            Change.objects.create(organisation=firm, by=by, fields=changes)
            record("firm.correct", actor=by, subject=f"firm:{firm.key}", changes=changes)
    return changes


def add_contact(firm: Organisation, said: Mapping[str, str], *, by: User) -> Contact:
    """Add a way to reach a firm."""
    with transaction.atomic():
        contact = Contact.objects.create(
            organisation=firm, source=Contact.Source.BUREAU, **dict(said)
        )
        record("firm.contact_add", actor=by, subject=f"firm:{firm.key}", contact=contact.pk)
    return contact


def remove_contact(contact: Contact, *, by: User) -> None:
    """Forget a way to reach a firm."""
    with transaction.atomic():
        record(
            "firm.contact_remove",
            actor=by,
            subject=f"firm:{contact.organisation.key}",
            contact=contact.pk,
        )
        contact.delete()
