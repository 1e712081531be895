"""Roadmaps of firms: asked for, worked out in the background, kept as what the desk wrote."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from taji.base.text import Text
from taji.web.answering.models import Sheet, Submission
from taji.web.people.models import Organisation
from taji.web.publishing.models import Job

__all__ = ["Roadmap"]


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
