"""Find what a route of the firm names; only the firm's own track is shown here."""

from __future__ import annotations

from typing import Any

from taji.web.answering.models import Sheet, Submission
from taji.web.rounds.models import Invitation

__all__ = ["invitation_by", "sheet_by", "submission_by"]

_BEHIND = ("case__round", "case__organisation")


def sheet_by(sheet_id: int, **_: Any) -> Sheet:
    """The firm's sheet of a route."""
    sheets = Sheet.objects.filter(track=Sheet.Track.FIRM).select_related(*_BEHIND)
    return sheets.get(pk=sheet_id)


def submission_by(submission_id: int, **_: Any) -> Submission:
    """The version of a route."""
    behind = ("by", *(f"sheet__{name}" for name in _BEHIND))
    return Submission.objects.select_related(*behind).get(
        pk=submission_id, sheet__track=Sheet.Track.FIRM
    )


def invitation_by(invitation_id: int, **_: Any) -> Invitation:
    """The colleague's invitation of a route."""
    return Invitation.objects.select_related(*_BEHIND, "user").get(
        pk=invitation_id, channel=Invitation.Channel.COLLEAGUE
    )
