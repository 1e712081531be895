"""How far a person of a firm reaches: which cases, the whole sheet or some of its sections.

An invitation opens one case; one handed to a colleague opens some sections of it and submits
nothing. An account that an administrator made, which has a password and no invitation, opens every
case of its firm. Decides this for the firm's own pages; ``taji.web.access`` asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery

from taji.web.answering.models import Consent, Sheet
from taji.web.people.models import Membership, Role, User
from taji.web.rounds.models import Case, Invitation

__all__ = ["Reach", "answers_part", "answers_whole", "cases_of", "reach"]


@dataclass(frozen=True, slots=True)
class Reach:
    """What a person may answer of one case.

    Attributes
    ----------
    sections : frozenset of str
        Ids of the sections; empty: all of them.
    consent : int or None
        What the person agreed to last, by number; None: not asked yet.
    """

    sections: frozenset[str] = frozenset()
    consent: int | None = None

    @property
    def whole(self) -> bool:
        """The person answers for the firm: everything, and hands in."""
        return not self.sections

    def opens(self, section: str) -> bool:
        """Whether a section is open to the person."""
        return self.whole or section in self.sections


def reach(user: User, case: Case) -> Reach | None:
    """Return how far ``user`` reaches in ``case``; None: not at all.

    Whether the firm is the person's own is the rule's to ask, not asked here.
    """
    held = _invited(user)
    if held or not user.has_usable_password():
        return held.get(case.pk)
    return Reach(consent=_consents(user).values_list("pk", flat=True).filter(case=case).first())


def cases_of(user: User) -> list[Case]:
    """Return the cases that a person of a firm reaches, the newest round first."""
    held = _invited(user)
    own = [m.organisation_id for m in user.held if m.role == Role.FIRM]
    cases = Case.objects.filter(organisation__in=own).select_related("round", "organisation")
    if held or not user.has_usable_password():
        cases = cases.filter(pk__in=held)
    return list(cases.order_by("-round_id"))


def answers_part(membership: Membership, subject: Any) -> bool:
    """A person of the firm opens it, be it one section."""
    case = case_of(subject)
    own = membership.organisation_id == case.organisation_id
    return own and reach(membership.user, case) is not None


def answers_whole(membership: Membership, subject: Any) -> bool:
    """A person of the firm opens it who answers for the whole firm."""
    case = case_of(subject)
    if membership.organisation_id != case.organisation_id:
        return False
    found = reach(membership.user, case)
    return found is not None and found.whole


def case_of(subject: Any) -> Case:
    """The case that a sheet, a submission or an invitation belongs to."""
    if isinstance(subject, Case):
        return subject
    held = subject if isinstance(subject, Sheet | Invitation) else subject.sheet
    case: Case = held.case
    return case


def _invited(user: User) -> dict[int, Reach]:
    """The reach of every invitation held that is not revoked, by case; read once per request."""
    found: dict[int, Reach] | None = getattr(user, "reach_read", None)
    if found is None:
        found = user.reach_read = _read(user)  # type: ignore[attr-defined]
    return found


def _read(user: User) -> dict[int, Reach]:
    consent = _consents(user, case=OuterRef("case")).values("pk")[:1]
    rows = user.invitations.annotate(consent=Subquery(consent)).values_list(
        "case_id", "sections", "revoked_at", "consent"
    )
    found: dict[int, Reach] = {}
    for case, sections, revoked, consented in rows:
        before = found.get(case)
        if revoked is not None:
            continue
        if before is None or not sections:
            found[case] = Reach(frozenset(sections), consented)
        elif not before.whole:
            found[case] = Reach(before.sections | set(sections), consented)
    return found


def _consents(user: User, **which: Any) -> Any:
    return Consent.objects.filter(by=user, **which).order_by("-pk")
