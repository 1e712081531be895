"""Imports of the register: each kept whole, with what was refused."""

from __future__ import annotations

from django.conf import settings
from django.db import models

__all__ = ["RegisterImport"]


class RegisterImport(models.Model):
    """One file of firms that was taken into the register."""

    file = models.FileField(upload_to="register/%Y/")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(
        max_length=12, default="queued"
    )  # queued, running, done, refused, failed
    read = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    #: Table of refused cells (``refused.csv``), where there are any.
    refusals = models.FileField(upload_to="register/%Y/", blank=True)
    problem = models.JSONField(default=dict, blank=True)  # {"zh": …, "en": …}
