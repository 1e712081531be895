"""Keep a version of an expert's sheet for good, with the digest that proves it.

As a firm's own sheet is handed in (``taji.web.answering``), but nothing is required of an expert and
the firm's case stays as it is.
"""

from __future__ import annotations

import hashlib
import json

from django.db import transaction

from taji.web.answering.giving import check_open
from taji.web.answering.models import Sheet, Submission
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.rounds.asked import asked_of

__all__ = ["keep_version"]


@transaction.atomic
def keep_version(sheet_id: int, *, by: User) -> Submission:
    """Keep the answers of an expert's sheet that are put as its next version; it counts now.

    The same answers again are the version that stands already.

    Raises
    ------
    FrozenError
        If the round takes no assessments.
    """
    sheet = (
        Sheet.objects.select_for_update(of=("self",))
        .select_related("case__round", "submission")
        .get(pk=sheet_id)
    )
    check_open(sheet)
    asked = asked_of(sheet.case.round)
    given = {key: one["v"] for key, one in sheet.answers.items() if one["v"] is not None}
    put = {key: v for key, v in given.items() if asked.is_put(asked.items[key], given)}
    canonical = json.dumps(put, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    sha256 = hashlib.sha256(canonical.encode()).hexdigest()
    if sheet.submission is not None and sheet.submission.sha256 == sha256:
        return sheet.submission
    last = sheet.submissions.order_by("-number").values_list("number", flat=True).first()
    made = Submission.objects.create(
        sheet=sheet, number=(last or 0) + 1, answers=put, sha256=sha256, by=by
    )
    sheet.submission = made
    sheet.save(update_fields=["submission"])
    record(
        "fieldwork.assessed",
        actor=by,
        subject=f"case:{sheet.case_id}",
        version=made.number,
        sha256=sha256,
    )
    return made
