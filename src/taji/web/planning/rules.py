"""Which roadmap and which sheet a membership opens, to see and to plan on."""

from __future__ import annotations

from typing import Any

from taji.web.access import Opens, own_district
from taji.web.answering.reach import answers_whole, case_of
from taji.web.answering.views.finding import sheet_by
from taji.web.fieldwork.models import Assignment
from taji.web.people.models import Membership, Role
from taji.web.planning.models import Roadmap

__all__ = ["PLANNERS", "roadmap_of", "sheet_by"]


def roadmap_of(roadmap_id: int, **_: Any) -> Roadmap:
    """Find the roadmap that a route names, with its firm."""
    behind = ("submission__sheet__case__round", "submission__sheet__case__organisation", "asked_by")
    return Roadmap.objects.select_related(*behind).get(pk=roadmap_id)


def assigned(membership: Membership, subject: Any) -> bool:
    """An expert opens the firms that are assigned to them, as long as they are."""
    return Assignment.objects.filter(
        case=case_of(subject), expert_id=membership.user_id, ended_at=None
    ).exists()


#: Who plans for a firm: whoever answers for it, analysts of its district, its experts.
PLANNERS: dict[str, Opens] = {
    Role.FIRM: answers_whole,
    Role.ANALYST: own_district,
    Role.EXPERT: assigned,
}
