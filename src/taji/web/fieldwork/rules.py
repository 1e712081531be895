"""Which assignment, firm and piece of evidence a membership opens."""

from __future__ import annotations

from taji.web.access import own_district
from taji.web.fieldwork.models import Analysis, Assignment, Evidence, Subsample
from taji.web.people.models import Membership

__all__ = [
    "analysis_of",
    "assignment_of",
    "evidence_of",
    "its_assignment",
    "its_evidence",
    "own_district",
    "subsample_of",
]


def assignment_of(assignment_id: int) -> Assignment:
    """Find an assignment with its round, firm and expert."""
    return Assignment.objects.select_related("case__round", "case__organisation", "expert").get(
        pk=assignment_id
    )


def evidence_of(evidence_id: int) -> Evidence:
    """Find evidence that was not taken back, with its firm."""
    return Evidence.objects.select_related("sheet__case__organisation").get(
        pk=evidence_id, removed_at=None
    )


def subsample_of(slug: str) -> Subsample:
    """Find the draw of a round."""
    return Subsample.objects.select_related("round", "by").get(round__slug=slug)


def analysis_of(analysis_id: int) -> Analysis:
    """Find an analysis."""
    return Analysis.objects.select_related("round").get(pk=analysis_id)


def its_assignment(membership: Membership, subject: Assignment) -> bool:
    """An expert opens the firms that are assigned to them, as long as they are."""
    return subject.expert_id == membership.user_id and subject.ended_at is None


def its_evidence(membership: Membership, subject: Evidence) -> bool:
    """An expert opens the evidence they brought, as long as the firm is theirs."""
    return (
        subject.by_id == membership.user_id
        and Assignment.objects.filter(
            case_id=subject.sheet.case_id, expert_id=membership.user_id, ended_at=None
        ).exists()
    )
