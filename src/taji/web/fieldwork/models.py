"""Which firms are assessed on site, by which expert, the evidence found there, and what it shows."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from taji.web.answering.models import Sheet
from taji.web.people.models import Organisation
from taji.web.publishing.models import Job
from taji.web.rounds.models import Case, Round

__all__ = ["Analysis", "Assignment", "Evidence", "Subsample", "SubsampleCase"]


class Subsample(models.Model):
    """The draw of the firms that experts assess, among those that had submitted: one a round.

    A second draw until one pleases would be no draw, so there is none.
    """

    round = models.OneToOneField(Round, models.PROTECT, related_name="subsample")
    #: Firms that had submitted, and that were drawn from. [firms]
    submitted = models.PositiveIntegerField()
    size = models.PositiveIntegerField()  # drawn [firms]
    strata = models.JSONField(default=list)
    seed = models.BigIntegerField()
    register_file = models.FileField(upload_to="fieldwork/")
    sample_file = models.FileField(upload_to="fieldwork/")
    certificate_file = models.FileField(upload_to="fieldwork/")
    certificate_sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)


class SubsampleCase(models.Model):
    """A firm that was drawn for the second phase."""

    subsample = models.ForeignKey(Subsample, models.CASCADE, related_name="drawn")
    case = models.OneToOneField(Case, models.PROTECT, related_name="second_phase")
    stratum = models.CharField(max_length=120)


class Assignment(models.Model):
    """A firm that an expert is to assess on site."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="assignments")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments")
    #: How the firm came to be assessed: drawn for the second phase, or chosen.
    drawn = models.BooleanField(default=True)
    due_on = models.DateField(null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    #: The expert said so: an interest in the firm; nothing is assessed then.
    conflict = models.TextField(blank=True)
    #: When the expert's sheet was first handed in.
    submitted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "expert"],
                condition=models.Q(ended_at=None),
                name="assigned_once",
            ),
        ]

    @property
    def organisation(self) -> Organisation:
        """The firm."""
        return self.case.organisation


class Evidence(models.Model):
    """A photo, a file or a note behind one answer of an expert."""

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="evidence")
    item = models.CharField(max_length=80)
    note = models.TextField(blank=True)
    file = models.FileField(upload_to="evidence/%Y/", blank=True)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=80, blank=True)  # type by content, not by name
    size = models.PositiveIntegerField(default=0)  # [bytes]
    sha256 = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    @property
    def organisation(self) -> Organisation:
        """The firm."""
        return self.sheet.organisation


class Analysis(Job):
    """What the assessed firms show: agreement, and the city's estimates corrected."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="analyses")
    #: Firms with an assessment handed in. [firms]
    assessed = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=dict, blank=True)
