"""A roadmap as its page tells it: the report's sections, with tables that a page has room for.

Decides which tables stand on the page; the figures are the desk's, the words the report's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taji.base.text import Language
from taji.catalogue.model import Level
from taji.catalogue.pack import CONFIDENCE_LABELS
from taji.report.blocks import Figure, Section
from taji.report.fonts import family
from taji.report.roadmap import tell_roadmap
from taji.web.register.coding import label

__all__ = ["Period", "Step", "Told", "told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do; months are counted from the beginning of the plan."""

    title: str
    way: str
    start: int
    finish: int
    from_month: int
    to_month: int
    cost: int
    purchase: int
    running: int
    staff: float
    known: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One period: where the firm stands at its end, what is paid and who works in it."""

    number: int
    month: int
    level: str
    rises: bool
    points: float
    paid: int
    staff: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A roadmap in one language."""

    sections: Mapping[str, Section]
    gantt: Figure | None
    steps: tuple[Step, ...]
    periods: tuple[Period, ...]
    years: tuple[int, ...]
    size: str
    months: int


def told(content: Mapping[str, Any], levels: Mapping[str, Level], language: Language) -> Told:
    """Tell a roadmap in one language; ``levels`` are those of its model, by id."""
    sections = tell_roadmap(content, language=language, font=family())
    by_id = {section.id: section for section in sections}
    plan = by_id["plan"].blocks if "plan" in by_id else ()
    months = content["period_months"]
    return Told(
        sections=by_id,
        gantt=next((block for block in plan if isinstance(block, Figure)), None),
        steps=tuple(_step(one, months, language) for one in content["chosen"]),
        periods=tuple(_periods(content, levels, language)),
        years=tuple(content.get("paid_by_year", ())),
        size=label("size", content["size"])[language],
        months=months,
    )


def _step(one: Mapping[str, Any], months: int, language: Language) -> Step:
    return Step(
        title=one["title"][language],
        way=one["variant_title"][language],
        start=one["start"],
        finish=one["finish"],
        from_month=(one["start"] - 1) * months + 1,
        to_month=one["finish"] * months,
        cost=one["cost"],
        purchase=one["purchase"],
        running=one["running"],
        staff=one["staff"],
        known=CONFIDENCE_LABELS[one["confidence"]][language],
    )


def _periods(
    content: Mapping[str, Any], levels: Mapping[str, Level], language: Language
) -> list[Period]:
    reached = content["level_by_period"]
    before = [content.get("level_now"), *reached]
    return [
        Period(
            number=number,
            month=number * content["period_months"],
            level=levels[level].title[language],
            rises=level != before[number - 1],
            points=content["points_by_period"][number - 1],
            paid=content["paid_by_period"][number - 1],
            staff=content["staff_by_period"][number - 1],
        )
        for number, level in enumerate(reached, start=1)
    ]
