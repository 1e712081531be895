"""What an administrator decides: which packs are in use, and the bureau's settings.

Besides, what a new version of a model would change, and the counters of failed attempts.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from taji.base.text import Text
from taji.web.publishing.models import Job
from taji.web.rounds.models import Round
from taji.web.speech import say

__all__ = ["Counter", "Moved", "Pack", "Setting", "Switch"]


class Pack(models.Model):
    """A pack that a bureau brought, beside those of the library."""

    class State(models.TextChoices):
        """Whether it is used."""

        CHECKED = "checked", say("已通过检查", "Checked")
        ACTIVE = "active", say("使用中", "In use")
        RETIRED = "retired", say("已停用", "Retired")

    kind = models.CharField(max_length=20)  # models, questionnaires, forms, …
    pack = models.CharField(max_length=60)
    version = models.CharField(max_length=12)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    cases = models.PositiveIntegerField(default=0)  # worked cases that were run
    folder = models.CharField(max_length=200)  # under TAJI_HOME/files
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.CHECKED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "pack", "version"], name="pack_version_once"),
            models.UniqueConstraint(
                fields=["kind", "pack"],
                condition=models.Q(state="active"),
                name="pack_active_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """``id@version``: what rounds and commands call it by."""
        return f"{self.pack}@{self.version}"

    @property
    def title(self) -> Text:
        """What it is."""
        return Text(zh=self.title_zh, en=self.title_en)


class Switch(Job):
    """What a new version of a model would change for everybody who handed in answers."""

    pack = models.ForeignKey(Pack, models.CASCADE, related_name="switches")
    firms = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    up = models.PositiveIntegerField(default=0)
    down = models.PositiveIntegerField(default=0)
    #: ``[{"before": level, "after": level, "firms": n}]``, in the order of the levels.
    crosstab = models.JSONField(default=list, blank=True)


class Moved(models.Model):
    """One firm whose level would be another."""

    switch = models.ForeignKey(Switch, models.CASCADE, related_name="moved")
    round = models.ForeignKey(Round, models.CASCADE, related_name="+")
    enterprise = models.CharField(max_length=64)
    level_before = models.CharField(max_length=20, blank=True)
    level_after = models.CharField(max_length=20, blank=True)
    score_before = models.FloatField(null=True)  # [points]
    score_after = models.FloatField(null=True)  # [points]


class Setting(models.Model):
    """One setting that can be changed while the platform runs."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField(auto_now=True)


class Counter(models.Model):
    """Failed attempts, as Django's database cache lays them out: all processes count the same ones."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "office_counter"
