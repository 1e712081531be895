"""Portraits of a round: made by a job, whole or not at all; published by a person."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from taji.web.rounds.models import Round
from taji.web.speech import say

__all__ = ["Comparison", "Portrait"]


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


class Portrait(Job):
    """A portrait of one round, in one language."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="portraits")
    language = models.CharField(max_length=2, default="zh")
    rows = models.PositiveIntegerField(default=0)  # firms in it
    #: SHA-256 of ``manifest.json``: what everything published is tied to.
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)


class Comparison(Job):
    """The change between two rounds."""

    before = models.ForeignKey(Round, models.PROTECT, related_name="+")
    after = models.ForeignKey(Round, models.PROTECT, related_name="+")
