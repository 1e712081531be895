"""Every place of the platform: its routes, and the objects that fill what an address names.

Nothing here is typed by hand per page: routes come from the resolver, objects from the database. A
new route is walked by itself; a new kind of name in an address must be told here once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from taji.web.access import Rule, rule_of
from taji.web.answering.models import Sheet, Submission
from taji.web.api.models import ApiToken
from taji.web.audit.models import Replay
from taji.web.fieldwork.models import Assignment, Evidence
from taji.web.office import backups
from taji.web.office.models import Pack, Switch
from taji.web.people.links import new_link
from taji.web.people.models import Membership, Organisation, User
from taji.web.planning.models import Roadmap, Work
from taji.web.publishing.models import Comparison, Portrait
from taji.web.register.models import RegisterImport
from taji.web.rounds import tokens
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case, Contact, Errand, Invitation, Round

NAMED = re.compile(r"<(?:\w+:)?(\w+)>")
#: Objects of a kind that are tried; enough for every owner of the demo city to be among them.
MOST = 400


@dataclass(frozen=True)
class Route:
    """A route of the platform."""

    pattern: str
    view: Callable[..., Any]

    @property
    def names(self) -> tuple[str, ...]:
        """What its address names."""
        return tuple(NAMED.findall(self.pattern))

    @property
    def rule(self) -> Rule | None:
        """The rule that it declares."""
        return rule_of(self.view)

    def address(self, values: dict[str, Any]) -> str:
        """Its address with the blanks filled."""
        return "/" + NAMED.sub(lambda found: str(values[found[1]]), self.pattern)

    @property
    def is_api(self) -> bool:
        """Whether a token opens it, not a session: ``tests/web/api`` holds those."""
        return self.pattern.startswith("api/v1/") and "token" not in self.pattern


@dataclass(frozen=True)
class Filled:
    """An address, and whose firm it is about (None: nobody's, the bureau's own)."""

    address: str
    values: dict[str, Any]
    firm: int | None


def routes() -> list[Route]:
    """Every route, in the order of the resolver."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, before: str) -> Iterator[Route]:
    for found in resolver.url_patterns:
        pattern = before + str(found.pattern)
        if isinstance(found, URLPattern):
            yield Route(pattern, found.callback)
        else:
            yield from _walk(found, pattern)


def filled(route: Route) -> list[Filled]:
    """Every address of a route that the database can fill."""
    if not route.names:
        return [Filled("/" + route.pattern, {}, None)]
    kind = _kind(route)
    return [Filled(route.address(values), values, firm) for values, firm in KINDS[kind]()]


def _kind(route: Route) -> str:
    if route.names in (("slug",), ("token",)):
        return f"{route.names[0]} of {route.pattern.split('/')[0]}"
    return ", ".join(route.names)


def _of(model: type, name: str, firm: str | None) -> Callable[[], list[tuple[dict, int | None]]]:
    def found() -> list[tuple[dict, int | None]]:
        fields = ("pk", firm) if firm else ("pk",)
        rows = model.objects.order_by("-pk").values_list(*fields)[:MOST]
        return [({name: row[0]}, row[1] if firm else None) for row in rows]

    return found


def _slugs(values: Callable[[], list[str]]) -> Callable[[], list[tuple[dict, None]]]:
    return lambda: [({"slug": slug}, None) for slug in values()]


def _rounds() -> list[str]:
    return list(Round.objects.values_list("slug", flat=True))


def _sections() -> list[tuple[dict, int | None]]:
    sheets = Sheet.objects.select_related("case__round").order_by("-pk")[:MOST]
    return [
        (
            {"sheet_id": one.pk, "section_slug": asked_of(one.case.round).sections[0].id},
            one.case.organisation_id,
        )
        for one in sheets
    ]


def _tokens() -> list[tuple[dict, int | None]]:
    found = Invitation.objects.select_related("case").order_by("-pk")[:3]
    return [({"token": tokens.token(one)}, one.case.organisation_id) for one in found]


def _starts() -> list[tuple[dict, int | None]]:
    user = User.objects.get(username="expert2")
    return [({"token": new_link(user, by=None).rstrip("/").rsplit("/", 1)[1]}, None)]


def _files() -> list[tuple[dict, int | None]]:
    done = Work.objects.exclude(folder="").order_by("-pk")[:MOST]
    return [
        ({"work_id": one.pk, "file_slug": path.name}, None)
        for one in done
        for path in sorted(one.path.iterdir())
    ]


#: What the names in an address may be, and whose firm each is about.
KINDS: dict[str, Callable[[], list[tuple[dict, int | None]]]] = {
    "slug of rounds": _slugs(_rounds),
    "slug of visits": _slugs(_rounds),
    "slug of public": _slugs(
        lambda: list(
            Portrait.objects.exclude(published_at=None).values_list("round__slug", flat=True)
        )
    ),
    "slug of office": _slugs(lambda: [one.slug for one in backups.kept()]),
    "case_id": _of(Case, "case_id", "organisation_id"),
    "invitation_id": _of(Invitation, "invitation_id", "case__organisation_id"),
    "sheet_id": _of(Sheet, "sheet_id", "case__organisation_id"),
    "sheet_id, section_slug": _sections,
    "submission_id": _of(Submission, "submission_id", "sheet__case__organisation_id"),
    "firm_id": _of(Organisation, "firm_id", "pk"),
    "contact_id": _of(Contact, "contact_id", "organisation_id"),
    "assignment_id": _of(Assignment, "assignment_id", "case__organisation_id"),
    "evidence_id": _of(Evidence, "evidence_id", "sheet__case__organisation_id"),
    "import_id": _of(RegisterImport, "import_id", None),
    "roadmap_id": _of(Roadmap, "roadmap_id", "submission__sheet__case__organisation_id"),
    "work_id": _of(Work, "work_id", None),
    "work_id, file_slug": _files,
    "errand_id": _of(Errand, "errand_id", None),
    "round_id": _of(Round, "round_id", None),
    "portrait_id": _of(Portrait, "portrait_id", None),
    "comparison_id": _of(Comparison, "comparison_id", None),
    "replay_id": _of(Replay, "replay_id", None),
    "user_id": _of(User, "user_id", None),
    "membership_id": _of(Membership, "membership_id", None),
    "organisation_id": _of(Organisation, "organisation_id", None),
    "pack_id": _of(Pack, "pack_id", None),
    "switch_id": _of(Switch, "switch_id", None),
    "token_id": _of(ApiToken, "token_id", None),
    "token of i": _tokens,
    "token of accounts": _starts,
}
