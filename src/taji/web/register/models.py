"""Imports of the register, each kept whole with what was refused; and what changed of each firm."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from taji.web.people.models import Organisation
from taji.web.speech import say

__all__ = ["Change", "RegisterImport"]


class RegisterImport(models.Model):
    """One file of firms: read and shown first, taken into the register when an analyst says so."""

    class State(models.TextChoices):
        """How far it has come."""

        QUEUED = "queued", say("排队读取", "Waiting to be read")
        READING = "reading", say("读取中", "Being read")
        READ = "read", say("待确认", "Waiting for your word")
        WAITING = "waiting", say("排队写入", "Waiting to be applied")
        RUNNING = "running", say("写入中", "Being applied")
        DONE = "done", say("已完成", "Done")
        REFUSED = "refused", say("文件被退回", "File refused")
        FAILED = "failed", say("失败，可重新运行", "Failed; can be run again")
        DROPPED = "dropped", say("已放弃", "Dropped")

    file = models.FileField(upload_to="register/%Y/")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    #: The analyst said: this file is the whole register, what is not in it has left.
    whole = models.BooleanField(default=False)
    # Rows of the file; ``accepted + refused_rows == read``.
    read = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    refused_rows = models.PositiveIntegerField(default=0)
    #: Refused cells and rows, as ``refusals`` lists them.
    refused = models.PositiveIntegerField(default=0)
    # Firms: what the file does to the register.
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    #: Firms already written, while it runs.
    written = models.PositiveIntegerField(default=0)
    #: The first changes, for the eye: ``[{"key", "name", "fields": {field: [before, after]}}]``.
    examples = models.JSONField(default=list, blank=True)
    #: The accepted rows, as they will be applied.
    rows = models.FileField(upload_to="register/%Y/", blank=True)
    #: Table of refused cells (``refused.csv``) in each language, where there are any.
    refusals = models.FileField(upload_to="register/%Y/", blank=True)
    refusals_en = models.FileField(upload_to="register/%Y/", blank=True)
    problem = models.JSONField(default=dict, blank=True)  # {"zh": …, "en": …}

    class Meta:
        ordering: ClassVar = ["-pk"]


class Change(models.Model):
    """What changed of one firm: by an import, or by hand."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="changes")
    made_by_import = models.ForeignKey(RegisterImport, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    fields = models.JSONField(default=dict)  # {field: [before, after]}

    class Meta:
        ordering: ClassVar = ["-pk"]
