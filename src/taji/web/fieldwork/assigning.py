"""Give firms to experts, take them back, and hear of conflicts.

Decides who may assess what: an expert with an interest in a firm (declared, or a role in it) never
does, and one whose role is limited to a district stays in it. How the load is balanced is
``taji.match.sharing``'s.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.match.sharing import share_out
from taji.web.audit.log import record
from taji.web.fieldwork.models import Assignment
from taji.web.people.models import Membership, Role, User
from taji.web.rounds.models import Case, Round

__all__ = [
    "AssessedAlreadyError",
    "Assigned",
    "BarredError",
    "assign",
    "barred",
    "choose",
    "declare_conflict",
    "experts",
    "loads_of",
    "progress",
    "reassign",
]

HAS_ROLE = Text(zh="专家在该企业任职", en="the expert has a role in the firm")
DECLARED = Text(zh="专家已声明利益冲突", en="the expert declared a conflict of interest")
ELSEWHERE = Text(zh="企业不在专家负责的区县", en="the firm is not in the expert's district")
HAS_IT = Text(zh="该企业已分派给这位专家", en="the expert has this firm already")
NO_EXPERT = Text(zh="此人不是专家", en="this person is not an expert")


class BarredError(TajiError):
    """This expert must not assess this firm."""

    code = "web.expert_barred"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "不能把“{firm}”分派给 {expert}：{reason}。请选择其他专家。",
        "en": "{firm!r} cannot be given to {expert}: {reason}. Choose another expert.",
    }


class AssessedAlreadyError(TajiError):
    """The assessment was handed in: it stays with whoever made it."""

    code = "web.assessed_already"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "{expert} 已提交对“{firm}”的评估，不能改派。",
        "en": "{expert} has handed in the assessment of {firm!r}; it stays with them.",
    }


@dataclass(frozen=True, slots=True)
class Assigned:
    """What was given out, and the firms that found too few experts.

    Attributes
    ----------
    made : int
        Assignments. [firms times experts]
    short : tuple of Case
    """

    made: int
    short: tuple[Case, ...]


def experts() -> list[User]:
    """Return everybody who is an expert now, by username."""
    held = Membership.objects.filter(role=Role.EXPERT, ended_at=None).values("user_id")
    return list(User.objects.filter(pk__in=held, is_active=True).order_by("username"))


def barred(cases: list[Case], people: list[User]) -> dict[tuple[int, int], Text]:
    """Return the pairs (case, expert) that must not be, each with its reason.

    The cases need their ``organisation``; whoever has a firm already is not barred from it here.
    """
    firms = {case.organisation_id for case in cases}
    ids = [person.pk for person in people]
    roles = set(
        Membership.objects.filter(user_id__in=ids, organisation_id__in=firms).values_list(
            "organisation_id", "user_id"
        )
    )
    declared = set(
        Assignment.objects.filter(expert_id__in=ids, case__organisation_id__in=firms)
        .exclude(conflict="")
        .values_list("case__organisation_id", "expert_id")
    )
    districts: dict[int, set[str]] = {}
    for user, district in Membership.objects.filter(
        user_id__in=ids, role=Role.EXPERT, ended_at=None
    ).values_list("user_id", "district"):
        districts.setdefault(user, set()).add(district)
    found: dict[tuple[int, int], Text] = {}
    for case in cases:
        for person in people:
            pair, own = (case.organisation_id, person.pk), districts.get(person.pk)
            if own is None:
                found[case.pk, person.pk] = NO_EXPERT
            elif pair in declared:
                found[case.pk, person.pk] = DECLARED
            elif pair in roles:
                found[case.pk, person.pk] = HAS_ROLE
            elif not own & {"", case.organisation.district}:
                found[case.pk, person.pk] = ELSEWHERE
    return found


@transaction.atomic
def assign(
    its: Round, *, people: list[User], twice: int, due_on: dt.date | None, by: User
) -> Assigned:
    """Give every drawn firm of a round to an expert, and some to two.

    Parameters
    ----------
    its : Round
    people : list of User
        The experts to share them among.
    twice : int
        Firms that two experts assess, so that their agreement can be measured: those that come
        first by the draw's own order, spread over strata. [firms]
    due_on : date, optional
    by : User

    Notes
    -----
    What was given before stays; only what is missing is shared out.
    """
    cases = list(
        Case.objects.select_for_update(of=("self",))
        .filter(round=its, second_phase__isnull=False)
        .select_related("organisation", "second_phase")
        .order_by("second_phase__pk")
    )
    live = Assignment.objects.filter(case__in=cases, ended_at=None)
    has = set(live.values_list("case_id", "expert_id"))
    count = Counter(case for case, _ in has)
    doubled = {case.pk for case in _spread(cases)[:twice]}
    wanted = {
        str(case.pk): max(0, (2 if case.pk in doubled else 1) - count[case.pk]) for case in cases
    }
    never = {(str(c), str(e)) for c, e in {*barred(cases, people), *has}}
    out = share_out(
        wanted,
        [str(person.pk) for person in people],
        barred=never,
        load={str(user): number for user, number in loads_of(its).items()},
    )
    Assignment.objects.bulk_create(
        Assignment(case_id=int(case), expert_id=int(expert), drawn=True, due_on=due_on, made_by=by)
        for case, expert in out.pairs
    )
    short = tuple(case for case in cases if str(case.pk) in out.short)
    record(
        "fieldwork.assign",
        actor=by,
        subject=f"round:{its.slug}",
        pairs=[[int(case), int(expert)] for case, expert in out.pairs],
        twice=twice,
        due_on=due_on,
        short=[case.pk for case in short],
    )
    return Assigned(len(out.pairs), short)


def _spread(cases: list[Case]) -> list[Case]:
    """The first firm of every stratum, then the second of every stratum, and so on."""
    seen: Counter[str] = Counter()
    places = []
    for case in cases:
        stratum = case.second_phase.stratum
        places.append((seen[stratum], len(places), case))
        seen[stratum] += 1
    return [case for _, _, case in sorted(places, key=lambda place: place[:2])]


def loads_of(its: Round) -> dict[int, int]:
    """Firms that each expert has in this round. [firms]"""
    live = Assignment.objects.filter(case__round=its, ended_at=None)
    return dict(live.values_list("expert_id").annotate(n=Count("pk")))


@transaction.atomic
def choose(case: Case, expert: User, *, due_on: dt.date | None, by: User) -> Assignment:
    """Give one firm to one expert by hand.

    Raises
    ------
    BarredError
        If the expert must not assess it, or has it already.
    """
    reason = barred([case], [expert]).get((case.pk, expert.pk))
    if Assignment.objects.filter(case=case, expert=expert, ended_at=None).exists():
        reason = HAS_IT
    if reason is not None:
        raise BarredError(firm=case.organisation.name, expert=str(expert), reason=reason)
    made = Assignment.objects.create(
        case=case,
        expert=expert,
        drawn=Case.objects.filter(pk=case.pk, second_phase__isnull=False).exists(),
        due_on=due_on,
        made_by=by,
    )
    _log("fieldwork.choose", made, by, drawn=made.drawn)
    return made


@transaction.atomic
def reassign(
    assignment: Assignment, expert: User, *, due_on: dt.date | None, by: User
) -> Assignment:
    """Take a firm from one expert and give it to another, or only set another date.

    Raises
    ------
    AssessedAlreadyError, BarredError
        If the first has handed in, or the second must not assess it.
    """
    held = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
    if held.expert_id == expert.pk and held.ended_at is None:
        held.due_on = due_on
        held.save(update_fields=["due_on"])
        _log("fieldwork.due", held, by, due_on=due_on)
        return held
    if held.submitted_at is not None:
        raise AssessedAlreadyError(expert=str(held.expert), firm=held.organisation.name)
    if held.ended_at is None:
        held.ended_at = timezone.now()
        held.save(update_fields=["ended_at"])
        _log("fieldwork.take_back", held, by)
    return choose(held.case, expert, due_on=due_on, by=by)


@transaction.atomic
def declare_conflict(assignment: Assignment, *, interest: str, by: User) -> None:
    """End an assignment because the expert has an interest in the firm; nothing of it counts.

    Raises
    ------
    AssessedAlreadyError
        If the assessment was handed in.
    """
    held = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
    if held.submitted_at is not None:
        raise AssessedAlreadyError(expert=str(held.expert), firm=held.organisation.name)
    held.conflict, held.ended_at = interest, timezone.now()
    held.save(update_fields=["conflict", "ended_at"])
    _log("fieldwork.conflict", held, by, interest=interest)


def _log(action: str, assignment: Assignment, by: User, **facts: object) -> None:
    record(
        action,
        actor=by,
        subject=f"case:{assignment.case_id}",
        expert=assignment.expert.username,
        **facts,
    )


def progress(its: Round, within: Q | None = None) -> dict[str, int]:
    """Return how far the visits of a round are. [firms, assignments]"""
    live = Assignment.objects.filter(within or Q(), case__round=its, ended_at=None)
    counted = live.aggregate(
        given=Count("pk"),
        handed_in=Count("pk", filter=Q(submitted_at__isnull=False)),
        firms=Count("case", distinct=True),
        assessed=Count("case", distinct=True, filter=Q(submitted_at__isnull=False)),
        overdue=Count("pk", filter=Q(submitted_at=None, due_on__lt=timezone.localdate())),
    )
    return dict(counted)
