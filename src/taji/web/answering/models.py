"""Sheets, the answers on them, and the versions that were handed in.

A sheet holds the current answers in one row, so that a page is one read; every answer ever given
stands besides as an ``AnswerEvent``, which nothing changes or deletes but a withdrawal.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from taji.web.people.models import Organisation
from taji.web.rounds.models import Case, Invitation, Round
from taji.web.speech import say

__all__ = ["AnswerEvent", "Consent", "Door", "KeptChance", "PeerFile", "Sheet", "Submission"]


class Sheet(models.Model):
    """A questionnaire being filled for one case, on one track."""

    class Track(models.TextChoices):
        """Whose answers these are: claimed and assessed are never mixed."""

        FIRM = "firm", say("企业自填", "The firm's own")
        EXPERT = "expert", say("专家现场", "An expert on site")

    case = models.ForeignKey(Case, models.PROTECT, related_name="sheets")
    track = models.CharField(max_length=8, choices=Track.choices, default=Track.FIRM)
    #: The expert; empty on the firm's own track.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="sheets"
    )
    #: ``{item: {"v": value, "n": number of the event}}``; value as ``taji.survey.intake`` gives it,
    #: decimals and dates as text, ticks as a list.
    answers = models.JSONField(default=dict, blank=True)
    #: Number of the latest event of this sheet.
    latest = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(null=True, blank=True)
    #: The version that counts; None before the first submission and after a withdrawal.
    submission = models.ForeignKey(
        "answering.Submission", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "track", "author"], name="sheet_once"),
            models.UniqueConstraint(  # SQLite holds empty authors for different ones
                fields=["case", "track"],
                condition=models.Q(author=None),
                name="sheet_once_unsigned",
            ),
        ]

    @property
    def organisation(self) -> Organisation:
        """The firm it is about."""
        return self.case.organisation

    @property
    def values(self) -> dict[str, Any]:
        """What is answered now: ``{item: value}``."""
        return {key: kept["v"] for key, kept in self.answers.items() if kept["v"] is not None}


class Consent(models.Model):
    """What a person was told before answering, and agreed to."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="consents")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    purpose_zh = models.TextField()
    purpose_en = models.TextField()
    at = models.DateTimeField(default=timezone.now)


class AnswerEvent(models.Model):
    """One answer as it was given."""

    class Source(models.TextChoices):
        """The way it came."""

        PAGE = "page", say("网页", "Page")
        PAPER = "paper", say("纸质代录", "Entered from paper")
        FILE = "file", say("文件导入", "Imported file")
        API = "api", say("接口", "API")
        VISIT = "visit", say("现场", "On site")

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="events")
    #: 1, 2, 3 … within the sheet.
    number = models.PositiveIntegerField()
    item = models.CharField(max_length=80)
    #: JSON null: the answer was taken back.
    value = models.JSONField(null=True)
    #: Number of the event that the writer saw when answering; 0 if the item was blank.
    seen = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.PAGE)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    consent = models.ForeignKey(Consent, models.PROTECT, null=True, related_name="+")
    #: Made by the page for each change, so that one sent twice is kept once; empty elsewhere.
    key = models.CharField(max_length=40, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "number"], name="event_once"),
            models.UniqueConstraint(
                fields=["sheet", "key"], condition=~models.Q(key=""), name="event_key_once"
            ),
        ]


class Submission(models.Model):
    """A version of a sheet that was handed in: what counts, and what the receipt proves."""

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="submissions")
    number = models.PositiveSmallIntegerField()  # 1, 2, 3 … within the sheet
    answers = models.JSONField()  # {item: value}
    #: Digest of the answers in canonical form: printed on the receipt.
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "number"], name="submission_once"),
        ]


class Door(models.Model):
    """Wrong codes tried at an invitation, so that nobody tries them all."""

    invitation = models.OneToOneField(Invitation, models.CASCADE, related_name="door")
    wrong = models.PositiveSmallIntegerField(default=0)
    wrong_at = models.DateTimeField(null=True, blank=True)


class PeerFile(models.Model):
    """When the scores that firms of a round are placed among were made, and when they will be."""

    round = models.OneToOneField(Round, models.CASCADE, related_name="peer_file")
    made_at = models.DateTimeField(null=True, blank=True)
    #: A job is on its way for this moment; None where none is.
    due_at = models.DateTimeField(null=True, blank=True)
    firms = models.PositiveIntegerField(default=0)


class KeptChance(models.Model):
    """How sure the level of a version is, as the background made it last."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="chances")
    model = models.CharField(max_length=200)
    #: Digest of the pairs and the model that it rests on.
    basis = models.CharField(max_length=64)
    #: Digest of the profile and the readings that the round had chosen.
    reading = models.CharField(max_length=16)
    #: ``taji.report.diagnosis.LevelChance`` as plain values.
    told = models.JSONField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "model"], name="chance_once"),
        ]
