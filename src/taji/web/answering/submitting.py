"""Hand a sheet in: a version that counts, with a digest that its receipt carries.

Decides what a version holds (the answers that are put, in canonical form) and when it is one.
Corrections make further versions; none is ever changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from django.db import transaction

from taji.web.answering.giving import Value, check_open
from taji.web.answering.models import Sheet, Submission
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case

__all__ = ["canonical", "digest", "submit"]


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


@transaction.atomic
def submit(sheet_id: int, *, by: User) -> Submission:
    """Hand in what is answered now; the same answers handed in twice are one version."""
    sheet = (
        Sheet.objects.select_for_update(of=("self",))
        .select_related("case__round", "submission")
        .get(pk=sheet_id)
    )
    check_open(sheet)
    asked = asked_of(sheet.case.round)
    values = {k: kept["v"] for k, kept in sheet.answers.items() if kept["v"] is not None}
    counting = {k: v for k, v in values.items() if asked.is_put(asked.items[k], values)}
    sha256 = digest(counting)
    if sheet.submission is not None and sheet.submission.sha256 == sha256:
        return sheet.submission
    last = sheet.submissions.order_by("-number").values_list("number", flat=True).first()
    made = Submission.objects.create(
        sheet=sheet, number=(last or 0) + 1, answers=counting, sha256=sha256, by=by
    )
    sheet.submission = made
    sheet.save(update_fields=["submission"])
    case = sheet.case
    case.state, case.submitted_at = Case.State.SUBMITTED, made.at
    case.save(update_fields=["state", "submitted_at"])
    record("sheet.submit", actor=by, subject=f"case:{case.pk}", version=made.number, sha256=sha256)
    return made
