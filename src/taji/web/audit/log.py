"""Write to the log, and find the first link of the chain that does not hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from taji.web.audit.models import Entry
from taji.web.people.models import User

__all__ = ["ORIGIN", "Broken", "first_broken", "record"]

#: What the first entry is chained to.
ORIGIN = "0" * 64
#: Serialises writers on PostgreSQL; SQLite's immediate transactions do so already.
LOCK = 7_461_361


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that does not follow from the one before it."""

    number: int
    reason: str  # "content", "gap" or "link"


def record(action: str, *, actor: User | None = None, subject: str = "", **facts: Any) -> Entry:
    """Add an entry: who did what to which object, with the facts that matter.

    Call it in the transaction of the change that it tells of: both are kept or neither.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = Entry.objects.order_by("-number").first()
        entry = Entry(
            number=1 if last is None else last.number + 1,
            at=datetime.now(UTC).isoformat(timespec="microseconds"),
            actor="" if actor is None else actor.username,
            action=action,
            subject=subject,
            facts=json.loads(json.dumps(facts, default=str)),
            before=ORIGIN if last is None else last.sha256,
        )
        entry.sha256 = digest(entry)
        entry.save(force_insert=True)
    return entry


def digest(entry: Entry) -> str:
    """Return the digest that an entry must carry. [hex]"""
    said = {
        name: getattr(entry, name)
        for name in ("number", "at", "actor", "action", "subject", "facts", "before")
    }
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def first_broken(entries: Iterable[Entry] | None = None) -> Broken | None:
    """Return the first link that does not hold, or None where the whole chain does."""
    expected, before = 1, ORIGIN
    for entry in Entry.objects.iterator(5_000) if entries is None else entries:
        if entry.number != expected:
            return Broken(expected, "gap")
        if entry.before != before:
            return Broken(entry.number, "link")
        if entry.sha256 != digest(entry):
            return Broken(entry.number, "content")
        expected, before = expected + 1, entry.sha256
    return None
