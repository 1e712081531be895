"""Enter a paper answer for a firm: the same gate as the firm's own pages, its source on record.

Decides that a paper sheet is handed in with a note of where the paper lies. What may be answered is
decided by ``taji.web.answering``.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import transaction

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.answering.models import Sheet, Submission
from taji.web.answering.submitting import submit
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.rounds.models import Case

__all__ = ["NoNoteError", "hand_in", "sheet_of"]


class NoNoteError(TajiError):
    """Nothing says where the paper lies."""

    code = "web.paper_note"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "请写明纸质答卷的来源和存放处（如“2026-03-05 上门收回，档案 12 号”），再提交。",
        "en": "Say where the paper came from and where it is kept (such as “collected 5 March 2026, "
        "file 12”) before you hand it in.",
    }


def sheet_of(case: Case) -> Sheet:
    """Return the firm's own sheet of a case, made if there is none."""
    return Sheet.objects.get_or_create(case=case, track=Sheet.Track.FIRM, author=None)[0]


def hand_in(case: Case, *, note: str, by: User) -> Submission:
    """Hand in for a firm what its paper says.

    Raises
    ------
    NoNoteError, IncompleteError, FrozenError
        If there is no note, required answers are missing, or the round takes no more.
    """
    if not note.strip():
        raise NoNoteError()
    with transaction.atomic():
        made = submit(sheet_of(case).pk, by=by)
        record(
            "sheet.paper",
            actor=by,
            subject=f"case:{case.pk}",
            version=made.number,
            sha256=made.sha256,
            note=note.strip(),
        )
    return made
