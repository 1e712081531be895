"""Hand in an expert's sheet: a version as a firm's own (``taji.web.answering.submitting``).

Nothing is required of an expert, and the firm's case stays as it is.
"""

from __future__ import annotations

from django.db import transaction

from taji.web.answering.checking import check
from taji.web.answering.giving import check_open, locked_sheet
from taji.web.answering.models import Submission
from taji.web.answering.submitting import keep_version
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.rounds.asked import asked_of

__all__ = ["keep_assessed"]


@transaction.atomic
def keep_assessed(sheet_id: int, *, by: User) -> Submission:
    """Keep the answers of an expert's sheet that are put as its next version; it counts now.

    Raises
    ------
    FrozenError
        If the round takes no assessments.
    """
    sheet = locked_sheet(sheet_id)
    check_open(sheet)
    counting = check(asked_of(sheet.case.round), sheet.values).counting
    made, is_new = keep_version(sheet, counting, by=by)
    if is_new:
        record(
            "fieldwork.assessed",
            actor=by,
            subject=f"case:{sheet.case_id}",
            version=made.number,
            sha256=made.sha256,
        )
    return made
