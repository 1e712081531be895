"""The firms of a round as a list: narrowed, in the order of their keys, page by page."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import QueryDict

from taji.web.parameters import whole
from taji.web.people.models import Organisation, User
from taji.web.rounds.errands import district_of
from taji.web.rounds.models import Case, Round

__all__ = ["PAGE", "CasePage", "cases_of", "page"]

#: Firms on a page.
PAGE = 50


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some firms, and the case after which the next ones begin."""

    cases: list[Case]
    after: int | None


def cases_of(its: Round, user: User, query: QueryDict) -> QuerySet[Case]:
    """Return the cases that a user may see and looks for."""
    found = Case.objects.filter(round=its)
    district = district_of(user)
    if district:
        found = found.filter(organisation__district=district)
    if query.get("state") in Case.State.values:
        found = found.filter(state=query["state"])
    if query.get("stratum"):
        found = found.filter(stratum=query["stratum"])
    text = query.get("q", "").strip()
    if text:
        named = Organisation.objects.filter(Q(key=text.upper()) | Q(name__contains=text))
        found = found.filter(organisation__in=named.values("pk"))
    return found


def page(found: QuerySet[Case], after: str) -> CasePage:
    """Return the cases after one; in the order in which they were made, stratum by stratum."""
    rows = list(
        found.filter(pk__gt=whole(after))
        .select_related("organisation")
        .defer("organisation__attributes")
        .order_by("pk")[: PAGE + 1]
    )
    return CasePage(rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None)
