"""Method and limits, models with what is to be checked in them, provenance: as blocks."""

from __future__ import annotations

from collections.abc import Mapping

from taji.catalogue.model import Model
from taji.report.blocks import Block, Bullets, Facts, Notice, Paragraph
from taji.report.estimates import Cell
from taji.report.numbers import FEW, count
from taji.report.sentences import Writer, confidence_words

__all__ = ["TO_CHECK", "design_facts", "limits", "model_notes", "provenance"]

#: Confidences that a reader is told of: the number is not confirmed by the standard itself.
TO_CHECK: frozenset[str] = frozenset(
    {"memory", "unsettled", "one_source", "house", "assumption", "missing"}
)
#: How the keys of provenance are called; others are shown as they are.
_PROVENANCE_NAMES: Mapping[str, str] = {
    "version": "p_version",
    "command": "p_command",
    "seed": "p_seed",
    "packs": "p_packs",
}


def design_facts(writer: Writer) -> Facts:
    """How the sample was drawn and the figures were made, as names and values."""
    facts, phrases = writer.content.method, writer.phrases
    unknown, none = phrases("unknown"), phrases("none")
    pairs = [
        (
            phrases("m_population"),
            unknown if facts.population is None else count(facts.population),
        ),
        (phrases("m_drawn"), unknown if facts.drawn is None else count(facts.drawn)),
        (phrases("m_answered"), count(facts.answered)),
        (phrases("m_refused"), count(facts.refused)),
        (phrases("m_strata"), count(facts.strata)),
        (phrases("m_df"), count(facts.degrees_of_freedom)),
        (phrases("m_confidence"), confidence_words(facts.confidence, writer.language)),
        (phrases("m_interval"), phrases.either(f"interval_{facts.interval}", facts.interval)),
        (
            phrases("m_calibration"),
            none
            if not facts.calibration
            else phrases.either(f"calibration_{facts.calibration}", facts.calibration),
        ),
        (phrases("m_lone"), phrases.either(f"lone_{facts.lone_unit}", facts.lone_unit)),
        (phrases("m_published"), count(facts.published)),
        (phrases("m_suppressed"), count(facts.suppressed)),
    ]
    for name, value in facts.design.items():
        pairs.append((phrases("m_design", name=phrases.either(f"design_{name}", name)), str(value)))
    return Facts(tuple(pairs))


def limits(writer: Writer) -> Bullets:
    """What a reader must know before using a figure."""
    facts, phrases = writer.content.method, writer.phrases
    return Bullets(
        (
            phrases("limit_sampling"),
            _nonresponse(writer),
            phrases("limit_precision", few=FEW),
            phrases("limit_design"),
            phrases("limit_selection"),
            phrases(
                "limit_disclosure",
                suppressed=count(facts.suppressed),
                published=count(facts.published),
            ),
        )
    )


def _nonresponse(writer: Writer) -> str:
    """Name the question that was left blank most often."""
    worst: Cell | None = None
    for cell in writer.estimates:
        if cell.key.by or ":" in cell.key.question or cell.n is None or cell.base is None:
            continue
        if worst is None or _blanks(cell) > _blanks(worst):
            worst = cell
    if worst is None or _blanks(worst) <= 0:
        return writer.phrases("limit_nonresponse_none")
    asked = writer.content.method.design.get("totals") == "asked"
    return writer.phrases(
        "limit_nonresponse",
        totals=writer.phrases("totals_asked" if asked else "totals_answered"),
        question=writer.labels.short(worst.key.question),
        missing=count(_blanks(worst)),
        base=count(worst.base or 0),
    )


def _blanks(cell: Cell) -> float:
    return (cell.base or 0) - (cell.n or 0)


def model_notes(writer: Writer) -> list[tuple[str, tuple[Block, ...]]]:
    """For each model: where it is from, what to check in it, how unsettled points were read."""
    return [
        (model.title[writer.language], _model(writer, model)) for model in writer.content.models
    ]


def _model(writer: Writer, model: Model) -> tuple[Block, ...]:
    phrases, language = writer.phrases, writer.language
    lead = [
        phrases("model_from", document=model.document, date=model.date, key=model.key),
        *(
            phrases("model_profile", profile=profile.title[language])
            for profile in model.profiles
            if profile.id == model.profile
        ),
    ]
    blocks: list[Block] = [Paragraph(("" if language == "zh" else " ").join(lead))]
    if model.note:
        blocks.append(Notice(model.note[language]))
    lines = [*_readings(writer, model), *_checks(writer, model)]
    blocks.append(Bullets(tuple(lines)) if lines else Paragraph(phrases("all_confirmed")))
    return tuple(blocks)


def _readings(writer: Writer, model: Model) -> list[str]:
    lines = []
    for reading in model.readings:
        chosen = model.options.get(reading.id, reading.default)
        choice = next((c for c in reading.choices if c.id == chosen), None)
        if choice is not None:
            lines.append(
                writer.phrases(
                    "reading_chosen",
                    title=reading.title[writer.language],
                    choice=choice.label[writer.language],
                    source=choice.source,
                )
            )
    return lines


def _checks(writer: Writer, model: Model) -> list[str]:
    """One line for each kind of doubt, with all that it holds for."""
    phrases, language = writer.phrases, writer.language
    doubts: dict[str, list[str]] = {}
    named: list[tuple[str | None, str]] = [
        (model.confidence, phrases("whole_model")),
        (model.level_confidence, phrases("level_rules")),
        (model.coverage_confidence, phrases("least_coverage")),
        *((node.confidence, node.title[language]) for node in model.nodes if node.shown),
    ]
    for confidence, what in named:
        if confidence in TO_CHECK:
            doubts.setdefault(str(confidence), []).append(what)
    return [_doubt(writer, confidence, whats) for confidence, whats in doubts.items()]


def _doubt(writer: Writer, confidence: str, whats: list[str]) -> str:
    phrases = writer.phrases
    what = phrases("list_comma").join(dict.fromkeys(whats))
    if confidence == "house":
        return phrases("own_convention", what=what)
    if confidence == "assumption":
        return phrases("planning_assumption", what=what)
    return phrases("to_check", what=what, why=phrases(f"confidence_{confidence}"))


def provenance(writer: Writer) -> Facts:
    """Names and values of the manifest."""
    pairs = (
        (writer.phrases(_PROVENANCE_NAMES[name]) if name in _PROVENANCE_NAMES else name, value)
        for name, value in writer.content.provenance.items()
    )
    return Facts(tuple(pairs))
