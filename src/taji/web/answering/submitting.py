"""Hand a sheet in: a version that counts, with a digest that its receipt carries.

Decides what a version holds (the answers that are put, in canonical form) and when it is one.
Corrections make further versions; none is ever changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import ClassVar

from django.db import transaction

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.answering.checking import check
from taji.web.answering.giving import Value, check_open, locked_sheet
from taji.web.answering.models import Sheet, Submission
from taji.web.answering.peers import ask_for_peers
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case

__all__ = [
    "IncompleteError",
    "canonical",
    "changed_since",
    "digest",
    "keep_version",
    "receipt_number",
    "submit",
]


class IncompleteError(TajiError):
    """Required questions are blank."""

    code = "web.sheet_incomplete"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "还有 {count} 道必答题未答，补答后即可提交。",
        "en": "{count} required questions are not answered yet; answer them, then hand in.",
    }


def canonical(answers: Mapping[str, Value]) -> bytes:
    """Return answers as the bytes that the digest is of: JSON, keys sorted, no spaces, UTF-8.

    Examples
    --------
    >>> canonical({"q2": "35", "q1": ["a", "b"]})
    b'{"q1":["a","b"],"q2":"35"}'
    """
    text = json.dumps(answers, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def digest(answers: Mapping[str, Value]) -> str:
    """Return the digest of answers. [hex]"""
    return hashlib.sha256(canonical(answers)).hexdigest()


def receipt_number(submission: Submission) -> str:
    """Return the number that a receipt carries: round, case and version."""
    case = submission.sheet.case
    return f"{case.round.slug}-{case.pk:06d}-{submission.number}"


def changed_since(sheet: Sheet) -> bool:
    """Whether answers were given after the version that counts."""
    if sheet.submission is None:
        return sheet.latest > 0
    counting = check(asked_of(sheet.case.round), sheet.values).counting
    return digest(counting) != sheet.submission.sha256


def keep_version(
    sheet: Sheet, answers: Mapping[str, Value], *, by: User
) -> tuple[Submission, bool]:
    """Make answers the version of a locked sheet that counts; say whether it is a new one.

    The same answers again are the version that stands already.
    """
    sha256 = digest(answers)
    if sheet.submission is not None and sheet.submission.sha256 == sha256:
        return sheet.submission, False
    last = sheet.submissions.order_by("-number").values_list("number", flat=True).first()
    sheet.submission = Submission.objects.create(
        sheet=sheet, number=(last or 0) + 1, answers=dict(answers), sha256=sha256, by=by
    )
    sheet.save(update_fields=["submission"])
    return sheet.submission, True


@transaction.atomic
def submit(sheet_id: int, *, by: User, note: str = "") -> Submission:
    """Hand in what is answered now; the same answers handed in twice are one version.

    Raises
    ------
    IncompleteError, FrozenError
        If required answers are missing, or the round takes no more.
    """
    sheet = locked_sheet(sheet_id)
    check_open(sheet)
    found = check(asked_of(sheet.case.round), sheet.values)
    if found.required:
        raise IncompleteError(count=len(found.required))
    made, is_new = keep_version(sheet, found.counting, by=by)
    if not is_new:
        return made
    case = sheet.case
    if sheet.track == Sheet.Track.FIRM:  # an expert's sheet says nothing of how far the firm is
        case.state, case.submitted_at = Case.State.SUBMITTED, made.at
        case.save(update_fields=["state", "submitted_at"])
    ask_for_peers(case.round_id, now=made.at)
    record(
        "sheet.submit",
        actor=by,
        subject=f"case:{case.pk}",
        round=case.round.slug,
        firm=case.organisation.key,
        track=sheet.track,
        version=made.number,
        sha256=made.sha256,
        answers=len(found.counting),
        **({"note": note} if note else {}),
    )
    return made
