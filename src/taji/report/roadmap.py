"""The roadmap of a firm on paper: the answer first, the plan, the money, other plans, doubts.

Shows what ``taji plan roadmap`` wrote, and adds no number. That costs are planning assumptions
stands at the top of every roadmap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from taji.base.text import Language
from taji.catalogue.pack import CONFIDENCE_LABELS
from taji.report.blocks import Block, Bullets, Facts, Figure, Notice, Paragraph, Section, Table
from taji.report.fonts import family
from taji.report.phrases import Phrases
from taji.report.roadmap_charts import GanttRow, cash_flow, gantt
from taji.report.typesetting import frame, printed, typeset

__all__ = ["roadmap_document", "tell_roadmap", "write_roadmap_pdf"]

Content = Mapping[str, Any]

_PROOFS = {
    "optimal": "roadmap_optimal",
    "feasible": "roadmap_feasible",
    "infeasible": "roadmap_infeasible",
}
_HEADS = (
    "roadmap_h_measure",
    "roadmap_h_variant",
    "roadmap_h_start",
    "roadmap_h_finish",
    "roadmap_h_purchase",
    "roadmap_h_running",
    "roadmap_h_known",
)
_OTHER_HEADS = ("roadmap_h_other", "roadmap_h_cost", "roadmap_h_finish", "roadmap_h_distance")


def write_roadmap_pdf(content: Content, path: Path, *, language: Language) -> None:
    """Write a roadmap as a PDF.

    Raises
    ------
    MissingFontError, MissingGlyphError
        If no Chinese family is installed, or a character is in no font.
    """
    path.write_bytes(roadmap_document(content, language=language))


def roadmap_document(content: Content, *, language: Language) -> bytes:
    """Return a roadmap as the bytes of one PDF.

    Parameters
    ----------
    content : mapping
        What ``taji plan roadmap`` writes as JSON.
    language : {"zh", "en"}

    Raises
    ------
    MissingFontError, MissingGlyphError
        If no Chinese family is installed, or a character is in no font.
    """
    font, phrases = family(), Phrases(language)
    title = phrases("roadmap_title")
    data = {
        **frame(
            language,
            font,
            title=title,
            banner="",
            footer=phrases("roadmap_footer", model=content["model"], measures=content["measures"]),
        ),
        "subtitle": f"{content['enterprise']} · {content['target_title'][language]}",
        "key_figures": _key_figures(content, phrases),
        "sections": [
            {
                "id": section.id,
                "level": section.level,
                "title": section.title,
                "blocks": printed(section.blocks),
            }
            for section in tell_roadmap(content, language=language, font=font)
        ],
    }
    return typeset(data, body="portrait.typ", font=font)


def tell_roadmap(content: Content, *, language: Language, font: str) -> tuple[Section, ...]:
    """Tell a roadmap in one language, its pictures drawn in ``font``."""
    phrases = Phrases(language)
    lead = Section("lead", phrases("roadmap_lead"), tuple(_lead(content, phrases)))
    if content["status"] == "infeasible":
        return (lead, Section("conflict", phrases("roadmap_conflict"), _conflict(content, phrases)))
    sections = [lead]
    if content["chosen"]:
        sections.append(Section("plan", phrases("roadmap_plan"), _plan(content, phrases, font)))
        sections.append(Section("cash", phrases("roadmap_cash"), _cash(content, phrases, font)))
    sections.append(Section("limits", phrases("roadmap_limits"), tuple(_limits(content, phrases))))
    if content["alternatives"]:
        blocks = (_others(content["alternatives"], phrases),)
        sections.append(Section("others", phrases("roadmap_others"), blocks))
    if content["robust"]:
        blocks_ = (Paragraph(_robust(content["robust"], phrases)),)
        sections.append(Section("robust", phrases("roadmap_robust"), blocks_))
    return tuple(sections)


def _key_figures(content: Content, phrases: Phrases) -> tuple[tuple[str, str], ...]:
    if content["status"] == "infeasible":
        missing = content.get("budget_missing")
        said = _yuan(missing) if missing is not None else "–"
        return ((said, phrases("roadmap_key_missing")),)
    return (
        (_when(content["finish_period"], content, phrases), phrases("roadmap_key_when")),
        (_yuan(content["cost"]), phrases("roadmap_key_cost")),
        (str(len(content["chosen"])), phrases("roadmap_key_measures")),
    )


def _when(period: int, content: Content, phrases: Phrases) -> str:
    months = period * content["period_months"]
    return phrases("roadmap_months", months=months)


def _lead(content: Content, phrases: Phrases) -> Iterator[Block]:
    language = phrases.language
    if content["confidence"] == "assumption":
        yield Notice(phrases("roadmap_assumed"))
    yield Facts(tuple(_facts(content, phrases)))
    yield Paragraph(content["assumptions"][language])


def _facts(content: Content, phrases: Phrases) -> Iterator[tuple[str, str]]:
    language = phrases.language
    limits = content["limits"]
    yield phrases("roadmap_fact_target"), content["target_title"][language]
    if limits["budget"] is not None:
        yield phrases("roadmap_fact_budget"), _yuan(limits["budget"])
    if limits["per_year"]:
        yield phrases("roadmap_fact_years"), "; ".join(map(_yuan, limits["per_year"]))
    if limits["staff"] is not None:
        yield phrases("roadmap_fact_staff"), f"{limits['staff']:g}"
    horizon = _when(content["periods"], content, phrases)
    yield phrases("roadmap_fact_horizon"), horizon
    yield phrases("roadmap_fact_proof"), phrases(_PROOFS[content["status"]])


def _plan(content: Content, phrases: Phrases, font: str) -> tuple[Block, ...]:
    language = phrases.language
    rows = [
        GanttRow(
            label=_name(step, language),
            start=step["start"],
            finish=step["finish"],
            text=_yuan(step["cost"]),
        )
        for step in content["chosen"]
    ]
    title = phrases("roadmap_gantt", when=_when(content["finish_period"], content, phrases))
    spoken = "; ".join(f"{row.label} {row.start}–{row.finish}" for row in rows)
    picture = Figure(
        id="figure-gantt",
        title=title,
        caption=phrases("roadmap_gantt_caption", months=content["period_months"]),
        alt=f"{title}. {spoken}",
        wide=gantt(rows, periods=content["periods"], finish=content["finish_period"], font=font),
        narrow=None,
    )
    return picture, _table(content["chosen"], phrases)


def _table(chosen: Sequence[Content], phrases: Phrases) -> Table:
    language = phrases.language
    return Table(
        caption=phrases("roadmap_table"),
        heads=tuple(phrases(head) for head in _HEADS),
        rows=tuple(
            (
                step["title"][language],
                step["variant_title"][language],
                str(step["start"]),
                str(step["finish"]),
                _yuan(step["purchase"]),
                _yuan(step["running"]),
                CONFIDENCE_LABELS[step["confidence"]][language],
            )
            for step in chosen
        ),
        numeric=frozenset({2, 3, 4, 5}),
    )


def _cash(content: Content, phrases: Phrases, font: str) -> tuple[Block, ...]:
    title = phrases("roadmap_cash_title", total=_yuan(sum(content["paid_by_period"])))
    years = "; ".join(
        phrases("roadmap_year", year=year, paid=_yuan(paid))
        for year, paid in enumerate(content["paid_by_year"], start=1)
    )
    return (
        Figure(
            id="figure-cash",
            title=title,
            caption=phrases("roadmap_cash_caption", years=years),
            alt=f"{title}. {years}",
            wide=cash_flow(content["paid_by_period"], font=font),
            narrow=None,
        ),
    )


def _limits(content: Content, phrases: Phrases) -> Iterator[Block]:
    language = phrases.language
    if not content["binding"]:
        yield Paragraph(phrases("roadmap_no_binding"))
        return
    lines = []
    for one in content["binding"]:
        name = one["name"][language]
        when = _when(one["finish_without"], content, phrases)
        line = phrases("roadmap_binds", name=name, when=when, cost=_yuan(one["cost_without"]))
        if one["needed_for_earlier"] is not None:
            line += phrases("roadmap_earlier", needed=f"{one['needed_for_earlier']:,}")
        lines.append(line)
    yield Bullets(tuple(lines))


def _others(others: Sequence[Content], phrases: Phrases) -> Table:
    language = phrases.language
    return Table(
        caption=phrases("roadmap_others_caption"),
        heads=tuple(phrases(head) for head in _OTHER_HEADS),
        rows=tuple(
            (
                phrases("list_comma").join(_name(step, language) for step in other["chosen"]),
                _yuan(other["cost"]),
                str(other["finish_period"]),
                str(other["distance"]),
            )
            for other in others
        ),
        numeric=frozenset({1, 2, 3}),
    )


def _robust(robust: Content, phrases: Phrases) -> str:
    unlucky = robust["plan_in_bad_luck"]
    said = phrases("roadmap_bad_luck", cost=_yuan(unlucky["cost"]), level=unlucky["level"])
    if robust["status"] == "infeasible":
        return said + phrases("roadmap_robust_none")
    return said + phrases(
        "roadmap_robust_plan", period=robust["finish_period"], cost=_yuan(robust["cost"])
    )


def _conflict(content: Content, phrases: Phrases) -> tuple[Block, ...]:
    language = phrases.language
    lines = [row["words"][language] for row in content["conflict"]]
    if content.get("budget_missing"):
        lines.append(phrases("roadmap_budget_missing", missing=_yuan(content["budget_missing"])))
    if content.get("reachable"):
        level = content["reachable"]["title"][language]
        lines.append(phrases("roadmap_reachable", level=level))
    return Paragraph(phrases("roadmap_conflict_lead")), Bullets(tuple(lines))


def _name(step: Content, language: Language) -> str:
    variant = step["variant_title"][language]
    title = step["title"][language]
    return f"{title}（{variant}）" if language == "zh" else f"{title} ({variant})"


def _yuan(amount: float) -> str:
    return f"{amount:,.0f}"
