"""Where a person can go from here: one list, by role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from taji.web.people.models import Role
from taji.web.speech import say

__all__ = ["PLACES", "Place", "menu"]


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu.

    Attributes
    ----------
    url : str
        Name of the route.
    label : lazy str
    roles : frozenset of str
        Who sees it; empty: everybody, signed in or not.
    """

    url: str
    label: Any
    roles: frozenset[str] = frozenset()


#: In the order of the work.
PLACES: Sequence[Place] = (
    Place("firm:home", say("我的填报", "My answers"), frozenset({Role.FIRM})),
    Place("register:list", say("企业名录", "Register"), frozenset({Role.ANALYST})),
    Place("rounds:list", say("调查轮次", "Rounds"), frozenset({Role.ANALYST})),
    Place("publishing:list", say("画像", "Portraits"), frozenset({Role.ANALYST})),
    Place("fieldwork:rounds", say("现场评估", "Visits"), frozenset({Role.ANALYST})),
    Place("planning:works", say("决策", "Decide"), frozenset({Role.ANALYST})),
    Place("fieldwork:assignments", say("专家评估", "Site visits"), frozenset({Role.EXPERT})),
    Place("audit:numbers", say("数字溯源", "Trace a number"), frozenset({Role.AUDITOR})),
    Place("audit:log", say("日志", "Log"), frozenset({Role.AUDITOR, Role.ADMINISTRATOR})),
    Place("office:people", say("人员", "People"), frozenset({Role.ADMINISTRATOR})),
    Place("office:packs", say("数据包", "Packs"), frozenset({Role.ADMINISTRATOR})),
    Place("office:settings", say("设置", "Settings"), frozenset({Role.ADMINISTRATOR})),
    Place("public:portraits", say("公开画像", "Published portraits")),
    Place("public:data", say("开放数据", "Open data")),
)


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the entries for whoever asks, the present one marked."""
    user = getattr(request, "user", None)
    roles = user.roles if user is not None and user.is_authenticated else frozenset()
    entries = [place for place in PLACES if not place.roles or place.roles & roles]
    urls = [(reverse(place.url), place.label) for place in entries]
    here = max((u for u, _ in urls if request.path.startswith(u)), key=len, default=None)
    return [{"url": url, "label": label, "here": url == here} for url, label in urls]
