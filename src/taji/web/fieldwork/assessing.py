"""An expert's own sheet of a firm: what is on it, what stands beside it, and handing it in.

Two experts of one firm work apart: neither sees the other's answers before all have handed in, and
from then on nobody changes theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.answering.giving import Given, Saved, give
from taji.web.answering.models import AnswerEvent, Sheet, Submission
from taji.web.fieldwork.models import Assignment, Evidence
from taji.web.fieldwork.versions import keep_assessed
from taji.web.people.models import User
from taji.web.rounds.asked import Asked, asked_of
from taji.web.rounds.models import Case, Round

__all__ = [
    "EmptySheetError",
    "SealedError",
    "Visit",
    "check_changeable",
    "give_assessed",
    "hand_in",
    "own_sheet",
    "visit",
]


class SealedError(TajiError):
    """All experts of the firm have handed in and see each other's answers."""

    code = "web.assessment_sealed"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{firm}”的各位专家都已提交，并已互相可见；为保持独立，评估不再修改。",
        "en": "All experts of {firm!r} have handed in and see each other's answers; to keep them "
        "independent, nothing is changed any more.",
    }


class EndedError(TajiError):
    """The assignment has ended."""

    code = "web.assignment_ended"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "对“{firm}”的分派已结束，答案没有保存。",
        "en": "The assignment of {firm!r} has ended; nothing was saved.",
    }


class EmptySheetError(TajiError):
    """There is nothing to hand in."""

    code = "web.assessment_empty"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "还没有评估任何一项，不能提交。",
        "en": "Nothing was assessed yet; there is nothing to hand in.",
    }


@dataclass(frozen=True, slots=True)
class Visit:
    """Everything about one firm that its expert sees.

    Attributes
    ----------
    sheet : Sheet or None
        The expert's own; None before the first answer.
    answers : mapping
        ``{item: {"v": value, "n": number}}`` of it.
    claimed : mapping
        What the firm handed in, ``{item: value}``.
    others : mapping of str to mapping
        Answers of the other experts by name, once all have handed in.
    sealed : bool
        Nothing may be changed any more.
    colleagues : int
        Other experts that assess this firm. [experts]
    """

    assignment: Assignment
    asked: Asked
    sheet: Sheet | None
    answers: Mapping[str, Any]
    claimed: Mapping[str, Any]
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    sealed: bool = False
    colleagues: int = 0

    @property
    def values(self) -> dict[str, Any]:
        """The expert's answers, ``{item: value}``."""
        return {item: one["v"] for item, one in self.answers.items() if one["v"] is not None}

    @property
    def open(self) -> bool:
        """Whether answers are taken now."""
        state = self.assignment.case.round.state
        return not self.sealed and state in (Round.State.OPEN, Round.State.FROZEN)


def visit(assignment: Assignment) -> Visit:
    """Read everything about the firm of an assignment."""
    case = assignment.case
    sheet = Sheet.objects.filter(
        case=case, track=Sheet.Track.EXPERT, author=assignment.expert
    ).first()
    live = list(Assignment.objects.filter(case=case, ended_at=None).select_related("expert"))
    sealed = _all_in(live)
    return Visit(
        assignment=assignment,
        asked=asked_of(case.round),
        sheet=sheet,
        answers={} if sheet is None else sheet.answers,
        claimed=claimed(case),
        others=_others(assignment, live) if sealed else {},
        evidence=()
        if sheet is None
        else tuple(sheet.evidence.filter(removed_at=None).order_by("pk")),
        sealed=sealed,
        colleagues=len(live) - 1,
    )


def claimed(case: Case) -> Mapping[str, Any]:
    """What the firm says of itself in the version that counts, ``{item: value}``."""
    version = (
        Submission.objects.filter(
            sheet__case=case, sheet__track=Sheet.Track.FIRM, sheet__submission_id=F("pk")
        )
        .values_list("answers", flat=True)
        .first()
    )
    return version or {}


def _all_in(live: list[Assignment]) -> bool:
    return len(live) > 1 and all(one.submitted_at is not None for one in live)


def _others(assignment: Assignment, live: list[Assignment]) -> dict[str, Mapping[str, Any]]:
    names = {one.expert_id: str(one.expert) for one in live if one.pk != assignment.pk}
    versions = Submission.objects.filter(
        sheet__case_id=assignment.case_id,
        sheet__track=Sheet.Track.EXPERT,
        sheet__author_id__in=names,
        sheet__submission_id=F("pk"),
    ).values_list("sheet__author_id", "answers")
    return {names[author]: answers for author, answers in versions}


def own_sheet(assignment: Assignment) -> Sheet:
    """Return the expert's sheet of the firm, made at the first answer."""
    return Sheet.objects.get_or_create(
        case_id=assignment.case_id, track=Sheet.Track.EXPERT, author_id=assignment.expert_id
    )[0]


def check_changeable(assignment: Assignment) -> None:
    """Refuse a change of an assessment that has ended or is sealed; call it in a transaction.

    Raises
    ------
    EndedError, SealedError
    """
    live = list(
        Assignment.objects.select_for_update(of=("self",)).filter(
            case_id=assignment.case_id, ended_at=None
        )
    )
    if assignment.pk not in {one.pk for one in live}:
        raise EndedError(firm=assignment.organisation.name)
    if _all_in(live):
        raise SealedError(firm=assignment.organisation.name)


@transaction.atomic
def give_assessed(assignment: Assignment, given: Given, *, by: User) -> Saved:
    """Keep one answer of the expert, through the one gate for answers.

    Raises
    ------
    RefusedError, ConflictError, FrozenError, EndedError, SealedError
    """
    check_changeable(assignment)
    sheet = own_sheet(assignment)
    asked = asked_of(assignment.case.round)
    return give(sheet.pk, given, asked=asked, by=by, source=AnswerEvent.Source.VISIT)


@transaction.atomic
def hand_in(assignment: Assignment, *, by: User) -> Submission:
    """Hand the expert's sheet in.

    Raises
    ------
    EmptySheetError, EndedError, SealedError, FrozenError
    """
    check_changeable(assignment)
    sheet = own_sheet(assignment)
    if not any(one["v"] is not None for one in sheet.answers.values()):
        raise EmptySheetError
    made = keep_assessed(sheet.pk, by=by)
    Assignment.objects.filter(pk=assignment.pk, submitted_at=None).update(
        submitted_at=timezone.now()
    )
    return made
