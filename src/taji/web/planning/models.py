"""Roadmaps of firms and decisions of the city: asked for, worked out in the background, kept."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from taji.base.text import Text
from taji.web.answering.models import Sheet, Submission
from taji.web.people.models import Organisation
from taji.web.publishing.models import Job
from taji.web.rounds.models import Round
from taji.web.speech import say

__all__ = ["Kind", "Roadmap", "Work"]


class Roadmap(Job):
    """The way of one firm to a higher level, from the answers of one version it handed in.

    It goes when the firm withdraws that version.
    """

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="roadmaps")
    model = models.CharField(max_length=80)
    measures = models.CharField(max_length=80)
    target = models.CharField(max_length=40)
    periods = models.PositiveSmallIntegerField()  # [periods of the measures]
    budget = models.BigIntegerField(null=True)  # [yuan]
    per_year = models.JSONField(default=list, blank=True)  # [yuan]
    staff = models.FloatField(null=True)  # [person-months per period]
    #: What came out in a sentence, {"zh": …, "en": …}, and the whole of it as the desk writes it.
    sentence = models.JSONField(default=dict, blank=True)
    content = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state"], name="roadmap_state")]

    @property
    def sheet(self) -> Sheet:
        """The firm's sheet."""
        return self.submission.sheet

    @property
    def organisation(self) -> Organisation:
        """The firm."""
        return self.sheet.organisation

    @property
    def said_sentence(self) -> Text | None:
        """What came out, in a sentence."""
        return Text(**self.sentence) if self.sentence else None


class Kind(models.TextChoices):
    """What is decided, or made ready for a decision."""

    OPTIONS = "options", say("支持选项", "Options of support")
    PORTFOLIO = "portfolio", say("资金组合", "Portfolio")
    MATCHING = "matching", say("服务商匹配", "Matching")
    PANEL = "panel", say("评审分派", "Panels")
    RANKING = "ranking", say("评审排名", "Ranking")


class Work(Job):
    """One decision of the city: what was asked with which files, and what the desk said of it."""

    kind = models.CharField(max_length=9, choices=Kind.choices)
    #: The round whose answers it rests on, and the work whose result it goes on with, if any.
    round = models.ForeignKey(Round, models.PROTECT, null=True, related_name="works")
    source = models.ForeignKey("self", models.PROTECT, null=True, related_name="followers")
    parameters = models.JSONField(default=dict, blank=True)
    #: ``{field: {"name": …, "stored": …, "sha256": …}}``: the files as they came.
    files = models.JSONField(default=dict, blank=True)
    #: What the desk says, ``[{"zh": …, "en": …}]``; and whether it found what was asked for.
    sentences = models.JSONField(default=list, blank=True)
    feasible = models.BooleanField(default=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state"], name="work_state")]

    @property
    def kept_in(self) -> str:
        """Folder of its results under ``TAJI_HOME/files``, once they are whole."""
        return f"decisions/{self.pk}"

    @property
    def told(self) -> list[Text]:
        """What the desk says."""
        return [Text(**one) for one in self.sentences]
