"""The portrait as sections of blocks, in the order that a deputy mayor reads.

Findings as sentences first, then pictures, then method and limits, then tables, then
provenance. The page and the PDF show this; neither adds or leaves out a number.
"""

from __future__ import annotations

from taji.base.text import Language
from taji.report import beside, by_group, pictures
from taji.report.blocks import Block, Findings, Notice, Paragraph, Section, Story, Table
from taji.report.content import PortraitContent
from taji.report.estimates import Estimates
from taji.report.labels import Labels
from taji.report.notes import design_facts, limits, model_notes, provenance
from taji.report.numbers import count, percent
from taji.report.phrases import Phrases
from taji.report.sentences import Writer, confidence_words
from taji.report.tables import question_tables

__all__ = ["tell", "writer_of"]


def writer_of(content: PortraitContent, language: Language) -> Writer:
    """Return the writer of sentences for one portrait in one language."""
    return Writer(
        content=content,
        estimates=Estimates(content.estimates),
        labels=Labels(content, language),
        phrases=Phrases(language),
    )


def tell(content: PortraitContent, *, language: Language, font: str) -> Story:
    """Tell a portrait in one language, with its pictures drawn in ``font``.

    The page and the PDF ask for the same story one after the other: the last is kept.
    """
    for told, told_language, told_font, story in _LAST:
        if told is content and (told_language, told_font) == (language, font):
            return story
    story = _tell(content, language, font)
    _LAST[:] = [(content, language, font, story)]
    return story


#: The last story told, with what it was told of. Content is frozen, so it stays true.
_LAST: list[tuple[PortraitContent, Language, str, Story]] = []


def _tell(content: PortraitContent, language: Language, font: str) -> Story:
    write = writer_of(content, language)
    phrases = write.phrases
    city = content.city[language]
    return Story(
        language=language,
        city=city,
        title=phrases("title", city=city),
        subtitle=phrases(
            "subtitle",
            questionnaire=content.questionnaire.title[language],
            period=content.period,
        ),
        banner=phrases("banner") if content.simulated else "",
        key_figures=_key_figures(write),
        sections=(
            _findings(write),
            *_pictures(write, font),
            *_method(write),
            *_tables(write),
            _provenance(write),
        ),
        footer=phrases("footer", city=city, period=content.period),
    )


def _key_figures(write: Writer) -> tuple[tuple[str, str], ...]:
    facts, phrases = write.content.method, write.phrases
    numbers = (
        (facts.answered, "key_answered"),
        (facts.drawn, "key_drawn"),
        (facts.population, "key_population"),
    )
    shown = [(count(number), phrases(key)) for number, key in numbers if number is not None]
    return (*shown, (confidence_words(facts.confidence, write.language), phrases("key_confidence")))


def _findings(write: Writer) -> Section:
    phrases = write.phrases
    lines = write.findings()
    if not lines:
        return Section("findings", phrases("findings"), (Paragraph(phrases("no_findings")),))
    blocks: list[Block] = [
        Paragraph(phrases("findings_lead", confidence=write.confidence)),
        Findings(lines),
    ]
    findings = write.content.questionnaire.findings
    named = (f.published.source[write.language] for f in findings if f.published)
    sources = phrases("list_comma").join(dict.fromkeys(named))
    if sources:
        blocks.append(Paragraph(phrases("published_source", sources=sources)))
    return Section("findings", phrases("findings"), tuple(blocks))


def _pictures(write: Writer, font: str) -> list[Section]:
    side_by_side = (*pictures.findings(write, font), *pictures.links(write, font))
    parts: list[tuple[str, str, tuple[Block, ...]]] = [
        ("side-by-side", "chart_findings", side_by_side),
        ("levels", "levels", tuple(pictures.levels(write, font))),
        ("domains", "domains_head", tuple(by_group.domains(write, font))),
        ("heat", "heat", tuple(by_group.heat_maps(write, font))),
        ("peers", "peers", _peers(write, font)),
        ("segments", "segments", _segments(write)),
        ("benchmarks", "benchmarks", tuple(beside.benchmarks(write, font))),
    ]
    return [Section(name, write.phrases(key), blocks) for name, key, blocks in parts if blocks]


def _peers(write: Writer, font: str) -> tuple[Block, ...]:
    figures = beside.peers(write, font)
    if not figures:
        return (Paragraph(write.phrases("no_peers")),) if write.content.models else ()
    return (Paragraph(write.phrases("peers_lead")), *figures)


def _segments(write: Writer) -> tuple[Block, ...]:
    phrases, language, content = write.phrases, write.language, write.content
    if not content.segments:
        note = content.segments_note
        return (Paragraph(note[language] if note else phrases("no_segments")),)
    blocks: list[Block] = [Paragraph(phrases("segment_lead", k=len(content.segments)))]
    if content.segments_note:
        blocks.append(Paragraph(content.segments_note[language]))
    for segment in content.segments:
        title = phrases(
            "segment_head",
            title=segment.title[language],
            share=percent(segment.share, n=segment.n, language=language),
            n=count(segment.n),
            stability=f"{segment.stability:.2f}",
        )
        rows = tuple(
            (
                statement[language],
                percent(inside, n=segment.n, language=language),
                percent(outside, n=None, language=language),
            )
            for statement, inside, outside in segment.marks
        )
        heads = (phrases("segment_mark"), phrases("segment_inside"), phrases("segment_outside"))
        blocks.append(Table(caption=title, heads=heads, rows=rows, numeric=frozenset({1, 2})))
    return tuple(blocks)


def _method(write: Writer) -> list[Section]:
    phrases = write.phrases
    sections = [
        Section("method", phrases("method"), ()),
        Section("design", phrases("design"), (design_facts(write),), level=3),
        Section("limits", phrases("limits"), (limits(write),), level=3),
    ]
    notes = model_notes(write)
    if notes:
        sections.append(Section("models", phrases("models_used"), (), level=3))
        sections += [
            Section(f"model-{place}", title, blocks, level=4)
            for place, (title, blocks) in enumerate(notes, start=1)
        ]
    return sections


def _tables(write: Writer) -> list[Section]:
    phrases = write.phrases
    sections = [Section("tables", phrases("tables"), (Paragraph(phrases("tables_lead")),))]
    sections += [
        Section(f"table-{place}", title, tables, level=3)
        for place, (title, tables) in enumerate(question_tables(write), start=1)
    ]
    return sections


def _provenance(write: Writer) -> Section:
    phrases = write.phrases
    blocks: list[Block] = [Paragraph(phrases("provenance_lead")), provenance(write)]
    if write.content.simulated:
        blocks.insert(0, Notice(phrases("banner")))
    return Section("provenance", phrases("provenance"), tuple(blocks))
