"""The log as it is read: narrowed, page by page, and line by line for a file."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from taji.web.audit.models import Entry
from taji.web.parameters import day

__all__ = ["COLUMNS", "Narrowed", "entries", "lines"]

COLUMNS = ("number", "at", "actor", "action", "subject", "facts", "before", "sha256")
BATCH = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What is asked of the log; an empty text asks nothing.

    Attributes
    ----------
    action : str
        Begins with this: ``round`` gives all that concerns rounds.
    subject, actor : str
        Exactly this.
    since, until : date or None
        Days, both included, where the bureau is.
    """

    action: str = ""
    subject: str = ""
    actor: str = ""
    since: dt.date | None = None
    until: dt.date | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Narrowed:
        """Read it from the query of a page; what is no date asks nothing."""
        return cls(
            action=given.get("action", "").strip()[:60],
            subject=given.get("subject", "").strip()[:120],
            actor=given.get("actor", "").strip()[:150],
            since=day(given.get("since", "")),
            until=day(given.get("until", "")),
        )


def entries(asked: Narrowed) -> QuerySet[Entry]:
    """Return the entries that are asked for, the newest first."""
    found = Entry.objects.order_by("-number")
    if asked.action:
        # A range, not LIKE: the index serves it on both databases.
        found = found.filter(action__gte=asked.action, action__lt=asked.action + "\uffff")
    if asked.subject:
        found = found.filter(subject=asked.subject)
    if asked.actor:
        found = found.filter(actor=asked.actor)
    if asked.since:
        found = found.filter(at__gte=_start(asked.since))
    if asked.until:
        found = found.filter(at__lt=_start(asked.until + dt.timedelta(days=1)))
    return found


def _start(day: dt.date) -> str:
    """The first moment of a day, written as entries have it."""
    midnight = dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_current_timezone())
    return midnight.astimezone(dt.UTC).isoformat(timespec="microseconds")


def lines(asked: Narrowed) -> Iterator[list[Any]]:
    """Return the entries as lines of a table with ``COLUMNS``, the oldest first."""
    for entry in entries(asked).order_by("number").iterator(BATCH):
        facts = json.dumps(entry.facts, ensure_ascii=False, sort_keys=True)
        values = {**{name: getattr(entry, name) for name in COLUMNS}, "facts": facts}
        yield [values[name] for name in COLUMNS]
