"""Hand a sheet in: what is missing, and the version that counts from then on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import transaction

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.answering.giving import Value, check_open
from taji.web.answering.models import Sheet, Submission
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.rounds.asked import Asked, AskedItem, asked_of
from taji.web.rounds.models import Case

__all__ = ["MissingAnswersError", "digest", "missing", "standing", "submit"]


class MissingAnswersError(TajiError):
    """Required questions are not answered."""

    code = "web.answers_missing"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "还有 {count} 道必答题未答，例如“{first}”。请补答后再提交。",
        "en": "{count} required questions are not answered, {first!r} among them. Answer them, then "
        "submit.",
    }


def standing(answers: Mapping[str, Any], asked: Asked) -> dict[str, Value]:
    """Return the answers that count, by key: given, and to questions that are put."""
    given = {key: kept["v"] for key, kept in answers.items() if kept["v"] is not None}
    return {
        key: given[key]
        for key, one in asked.items.items()
        if key in given and asked.is_put(one, given)
    }


def missing(answers: Mapping[str, Any], asked: Asked) -> list[AskedItem]:
    """Return the required items that are put and not answered, in the order asked."""
    given = standing(answers, asked)
    return [
        one
        for key, one in asked.items.items()
        if one.item.question.required and key not in given and asked.is_put(one, given)
    ]


def digest(answers: Mapping[str, Value]) -> str:
    """Return the digest of a version of answers: what a receipt proves. [hex]"""
    canonical = json.dumps(answers, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def submit(sheet: Sheet, *, by: User, note: str = "") -> Submission:
    """Hand a sheet in; the same answers again are the same version.

    Raises
    ------
    FrozenError, MissingAnswersError
        If the round takes no answers, or a required question is blank.
    """
    with transaction.atomic():
        kept = (
            Sheet.objects.select_for_update(of=("self",))
            .select_related("case__round", "case__organisation", "submission")
            .get(pk=sheet.pk)
        )
        check_open(kept)
        asked = asked_of(kept.case.round)
        lacking = missing(kept.answers, asked)
        if lacking:
            raise MissingAnswersError(
                count=len(lacking), first=lacking[0].item.label, items=[i.key for i in lacking]
            )
        answers = standing(kept.answers, asked)
        sha256 = digest(answers)
        if kept.submission is not None and kept.submission.sha256 == sha256:
            return kept.submission
        made = Submission.objects.create(
            sheet=kept,
            number=kept.submissions.count() + 1,
            answers=answers,
            sha256=sha256,
            by=by,
        )
        kept.submission = made
        kept.save(update_fields=["submission"])
        if kept.track == Sheet.Track.FIRM:
            _told(kept.case, made)
        record(
            "sheet.submit",
            actor=by,
            subject=f"sheet:{kept.pk}",
            round=kept.case.round.slug,
            firm=kept.case.organisation.key,
            track=kept.track,
            number=made.number,
            sha256=sha256,
            **({"note": note} if note else {}),
        )
    return made


def _told(case: Case, made: Submission) -> None:
    case.state, case.submitted_at = Case.State.SUBMITTED, made.at
    case.save(update_fields=["state", "submitted_at"])
