"""Correct one firm by hand: its name and codes, and how it is reached."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from taji.desk.enrolling import CODES
from taji.web.audit.log import record
from taji.web.people.models import Organisation, User
from taji.web.register.models import Change
from taji.web.rounds.models import Contact

__all__ = ["add_contact", "correct", "remove_contact"]


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
