"""Hand a sheet in: a version of it is kept for good, with the digest that its receipt proves.

Decides what a version is. Does not decide who may hand in (``taji.web.access``) nor whether enough
was answered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from taji.web.answering.giving import check_open
from taji.web.answering.models import Sheet, Submission
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.rounds.models import Case

__all__ = ["digest_of", "submit"]


def digest_of(answers: Mapping[str, Any]) -> str:
    """Return the SHA-256 of answers in canonical JSON: sorted, without spaces, UTF-8. [hex]

    Examples
    --------
    >>> digest_of({"b": "1", "a": ["x"]}) == digest_of({"a": ["x"], "b": "1"})
    True
    """
    canonical = json.dumps(answers, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@transaction.atomic
def submit(sheet: Sheet, by: User) -> Submission:
    """Keep the answers of a sheet as its next version; from now on this one counts.

    Handing in what was handed in already gives the same version again.

    Raises
    ------
    FrozenError
        If the round takes no more answers on this track.
    """
    held = (
        Sheet.objects.select_for_update(of=("self",))
        .select_related("case__round", "submission")
        .get(pk=sheet.pk)
    )
    check_open(held)
    answers = {item: one["v"] for item, one in held.answers.items() if one["v"] is not None}
    digest = digest_of(answers)
    if held.submission is not None and held.submission.sha256 == digest:
        return held.submission
    last = held.submissions.order_by("-number").values_list("number", flat=True).first()
    made = Submission.objects.create(
        sheet=held, number=(last or 0) + 1, answers=answers, sha256=digest, by=by
    )
    held.submission = made
    held.save(update_fields=["submission"])
    if held.track == Sheet.Track.FIRM:
        case = held.case
        case.state, case.submitted_at = Case.State.SUBMITTED, timezone.now()
        case.save(update_fields=["state", "submitted_at"])
    record(
        "sheet.submit",
        actor=by,
        subject=f"case:{held.case_id}",
        track=held.track,
        version=made.number,
        sha256=digest,
    )
    return made
