"""Portraits of a round: made by a job, whole or not at all; published by a person."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models

from taji.base.text import Text
from taji.web.rounds.models import Round
from taji.web.speech import say

__all__ = ["Comparison", "Job", "Made", "Portrait"]


class Made(models.TextChoices):
    """How far a background job has come."""

    QUEUED = "queued", say("排队中", "Queued")
    RUNNING = "running", say("生成中", "Running")
    DONE = "done", say("已完成", "Done")
    REFUSED = "refused", say("数据被退回", "Data refused")
    FAILED = "failed", say("失败", "Failed")


class Job(models.Model):
    """Something made in the background, with its progress."""

    state = models.CharField(max_length=8, choices=Made.choices, default=Made.QUEUED)
    #: What is being done now, in both languages, and how much of it. [fraction]
    step_zh = models.CharField(max_length=120, blank=True)
    step_en = models.CharField(max_length=120, blank=True)
    share = models.FloatField(null=True, blank=True)
    problem = models.JSONField(default=dict, blank=True)  # {"zh": …, "en": …}
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)
    #: Folder of the results under ``TAJI_HOME/files``, set when all of it is whole.
    folder = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True

    @property
    def pending(self) -> bool:
        """Whether something is still to come of it."""
        return self.state in (Made.QUEUED, Made.RUNNING)

    @property
    def step(self) -> Text | None:
        """What is being done now."""
        return Text(zh=self.step_zh, en=self.step_en) if self.step_zh else None

    @property
    def said_problem(self) -> Text | None:
        """Why nothing came of it."""
        return Text(**self.problem) if self.problem else None

    @property
    def path(self) -> Path:
        """Where its results lie; only of a job that is done."""
        assert self.folder, "nothing was made yet"
        return Path(settings.FILES) / self.folder


class Portrait(Job):
    """A portrait of one round, in both languages."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="portraits")
    rows = models.PositiveIntegerField(default=0)  # firms in it
    #: The round was frozen when its answers were taken: only such a portrait can be published.
    of_frozen = models.BooleanField(default=False)
    #: SHA-256 of ``manifest.json``: what everything published is tied to.
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: Told to the public in place of the numbers.
    retired_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["round"],
                condition=models.Q(published_at__isnull=False, retired_at=None),
                name="portrait_public_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["published_at"], name="portrait_published"),
            models.Index(fields=["state"], name="portrait_state"),
        ]

    @property
    def kept_in(self) -> str:
        """Folder of its results under ``TAJI_HOME/files``, once they are whole."""
        return f"portraits/{self.round.slug}-{self.pk}"

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it now."""
        return self.published_at is not None and self.retired_at is None


class Comparison(Job):
    """The change between two rounds."""

    before = models.ForeignKey(Round, models.PROTECT, related_name="+")
    after = models.ForeignKey(Round, models.PROTECT, related_name="+")

    @property
    def kept_in(self) -> str:
        """Folder of its results under ``TAJI_HOME/files``, once they are whole."""
        return f"portraits/change-{self.before.slug}-{self.after.slug}-{self.pk}"
