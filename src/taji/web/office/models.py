"""What an administrator decides: which packs are in use, and the bureau's settings."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from taji.web.speech import say

__all__ = ["Pack", "Setting"]


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
        ]


class Setting(models.Model):
    """One setting that can be changed while the platform runs."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField(auto_now=True)
