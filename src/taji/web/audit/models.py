"""The log: append-only, each entry chained to the one before it; and the replays asked for."""

from __future__ import annotations

import json
from typing import ClassVar

from django.db import models

from taji.web.publishing.models import Job, Portrait

__all__ = ["Entry", "Replay"]


class Entry(models.Model):
    """What somebody did.

    ``sha256`` is of the canonical JSON of all other fields and the digest of the entry before: a
    changed, removed or inserted entry breaks the chain from there on. Triggers refuse UPDATE and
    DELETE, see the migration.
    """

    number = models.PositiveBigIntegerField(primary_key=True)  # 1, 2, 3 … without a gap
    at = models.CharField(max_length=32)  # ISO 8601, UTC: hashed as it stands
    actor = models.CharField(max_length=150, blank=True)  # username; empty: the system
    action = models.CharField(max_length=60, db_index=True)  # "round.open", "portrait.publish"
    subject = models.CharField(max_length=120, blank=True, db_index=True)  # "round:2021"
    facts = models.JSONField(default=dict)
    before = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("number",)
        # Not ``db_index``: SQLite makes the table anew for that, and its triggers are gone.
        indexes: ClassVar = [
            models.Index(fields=["at"], name="entry_at"),
            models.Index(fields=["actor", "number"], name="entry_actor"),
        ]

    @property
    def told(self) -> list[tuple[str, str]]:
        """The facts as they are read: words as they are, anything else as JSON."""
        return [
            (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
            for name, value in self.facts.items()
        ]


class Replay(Job):
    """A portrait computed again from what it rests on, and what differed."""

    portrait = models.ForeignKey(Portrait, models.PROTECT, related_name="replays")
    holds = models.BooleanField(null=True)
    differences = models.JSONField(default=list, blank=True)  # [{"zh": …, "en": …}]
    remarks = models.JSONField(default=list, blank=True)
