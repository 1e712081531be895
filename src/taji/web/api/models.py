"""Tokens that programs come in with, and writes that may be repeated without effect."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from taji.web.speech import say

__all__ = ["ApiToken", "IdempotentWrite", "Scope"]


class Scope(models.TextChoices):
    """What a token may be used for; what its owner may do bounds it besides."""

    REGISTER_READ = "register:read", say("读取名录", "Read the register")
    REGISTER_WRITE = "register:write", say("写入名录", "Write the register")
    ROUNDS_READ = "rounds:read", say("读取轮次", "Read rounds")
    ANSWERS_READ = "answers:read", say("读取答卷", "Read answers")
    ANSWERS_WRITE = "answers:write", say("写入答卷", "Write answers")
    SCORES_READ = "scores:read", say("读取得分", "Read scores")


class ApiToken(models.Model):
    """A key for a program. Only its digest is kept; the key is shown once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_on = models.DateField()
    used_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class IdempotentWrite(models.Model):
    """A write that was done under a key: the same request again gets the same answer."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="writes")
    key = models.CharField(max_length=80)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    response = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token", "key"], name="write_once"),
        ]
