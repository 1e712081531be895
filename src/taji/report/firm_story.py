"""The diagnosis of one firm as sections of blocks, in the order that its owner reads.

Level first, then where points were earned, the place among peers, what would bring the next
level, what is to be checked; every score in an annex. The PDF and the Word document show
this; neither adds or leaves out a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from taji.base.text import Language
from taji.catalogue.crosswalk import NOT_AN_ASSESSMENT
from taji.catalogue.pack import CONFIDENCE_LABELS
from taji.report import charts
from taji.report.blocks import Block, Bullets, Figure, Paragraph, Section, Table
from taji.report.charts import Axis, DotRow
from taji.report.diagnosis import Barrier, Change, Diagnosis, NodeScore, OtherModel
from taji.report.level_chance import ground_lines, sure_words
from taji.report.numbers import Scale, count, interval, percent
from taji.report.phrases import Phrases
from taji.report.sentences import confidence_words

__all__ = ["FirmStory", "Rung", "others_tables", "tell_firm"]

#: More bars than this and only the first depth of the tree is drawn. [bars]
_BARS = 18
#: Single answers, and questions named in a sentence. [answers]
_FEW = 3
_SHARES = Axis(low=0, high=1, format=".0%", ticks=(0, 0.25, 0.5, 0.75, 1))
_DASH = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One level on the ladder; ``here`` where the firm stands, ``reached`` up to there."""

    title: str
    reached: bool
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmStory:
    """The report of one firm in one language.

    ``sure`` stands with the level and says how sure it is, empty where that is not known;
    ``lines`` stand beside the level; ``annex`` follows the sections on a page of its own;
    ``banner`` is empty where the data are real.
    """

    language: Language
    title: str
    firm: str
    subtitle: str
    banner: str
    level_head: str
    level: str
    sure: str
    score: str
    lines: tuple[str, ...]
    ladder: tuple[Rung, ...]
    sections: tuple[Section, ...]
    annex: Section
    footer: str


def tell_firm(diagnosis: Diagnosis, *, language: Language, font: str | None = None) -> FirmStory:
    """Tell a diagnosis in one language, its pictures drawn in ``font``; without it, in words only."""
    phrases = Phrases(language)
    level = diagnosis.level
    occasion = diagnosis.occasion
    named = [diagnosis.model_title[language], occasion[language] if occasion else ""]
    if diagnosis.firm != diagnosis.enterprise:
        named.insert(0, diagnosis.enterprise)
    return FirmStory(
        language=language,
        title=phrases("firm_title"),
        firm=diagnosis.firm,
        subtitle=" · ".join(part for part in named if part),
        banner=phrases("banner") if diagnosis.simulated else "",
        level_head=phrases("firm_level"),
        level=level.title[language] if level else phrases("firm_no_level"),
        sure=sure_words(diagnosis, phrases),
        score=_score(diagnosis, phrases),
        lines=(*_lines(diagnosis, phrases), *ground_lines(diagnosis, phrases)),
        ladder=tuple(
            Rung(
                title=rung.title[language],
                reached=level is not None and rung.place <= level.place,
                here=rung == level,
            )
            for rung in diagnosis.levels
        ),
        sections=tuple(_sections(diagnosis, phrases, font)),
        annex=_annex(diagnosis, phrases),
        footer=phrases("firm_footer", firm=diagnosis.firm, model=diagnosis.model),
    )


def _score(diagnosis: Diagnosis, phrases: Phrases) -> str:
    if diagnosis.score is None:
        return _DASH
    unit = diagnosis.unit[phrases.language]
    most = _number(diagnosis.max_points)
    return phrases("firm_score", score=_number(diagnosis.score), max=most, unit=unit)


def _lines(diagnosis: Diagnosis, phrases: Phrases) -> Iterator[str]:
    language = phrases.language
    coverage = percent(diagnosis.coverage or 0.0, n=None, language=language)
    if diagnosis.score is None:
        least = percent(diagnosis.coverage_min, n=None, language=language)
        yield phrases("firm_no_score", coverage=coverage, least=least)
    else:
        yield phrases("firm_coverage", coverage=coverage)
    level, best = diagnosis.level, diagnosis.level_best
    if level and best and best != level:
        yield phrases("firm_best", level=best.title[language], worst=level.title[language])
    if diagnosis.next_level:
        tests = len(diagnosis.barriers)
        yield phrases("firm_next", level=diagnosis.next_level.title[language], tests=tests)
    elif level:
        yield phrases("firm_top")


def _sections(diagnosis: Diagnosis, phrases: Phrases, font: str | None) -> Iterator[Section]:
    scores = _scores(diagnosis, phrases, font)
    if scores is not None:
        yield Section("scores", phrases("firm_scores"), (scores,))
    if diagnosis.standing is not None:
        yield Section("peers", phrases("firm_peers"), (_peers(diagnosis, phrases, font),))
    if diagnosis.next_level is not None and diagnosis.barriers:
        title = phrases("firm_ways", level=diagnosis.next_level.title[phrases.language])
        yield Section("ways", title, (Paragraph(phrases("firm_ways_lead")),))
        for place, barrier in enumerate(diagnosis.barriers, start=1):
            blocks = tuple(_ways(barrier, phrases))
            yield Section(f"way-{place}", barrier.title[phrases.language], blocks, level=3)
    yield Section("check", phrases("firm_check"), tuple(_check(diagnosis, phrases)))


def _scores(diagnosis: Diagnosis, phrases: Phrases, font: str | None) -> Figure | None:
    language = phrases.language
    shown = [node for node in _drawn(diagnosis.nodes) if node.score is not None]
    if not shown:
        return None
    rows = [
        DotRow(
            label=node.title[language],
            heading=node.depth == 1 and len(shown) > 1,
            text=f"{_number(node.score or 0.0)} / {_number(node.max_points)}",
            estimate=_share(node),
        )
        for node in shown
    ]
    parts = [node for node in shown if node.depth > 1] or shown
    top, bottom = max(parts, key=_share), min(parts, key=_share)
    high, low = (percent(_share(node), n=None, language=language) for node in (top, bottom))
    title = phrases("firm_scores_title_flat", high=high)
    if high != low:
        names = {"top": top.title[language], "bottom": bottom.title[language]}
        title = phrases("firm_scores_title", **names, high=high, low=low)
    spoken = "; ".join(f"{row.label} {row.text}" for row in rows)
    return Figure(
        id="figure-scores",
        title=title,
        caption=phrases("firm_scores_caption"),
        alt=f"{title}. {spoken}",
        wide=charts.bars(rows, axis=_SHARES, font=font) if font else "",
        narrow=None,
    )


def _drawn(nodes: Sequence[NodeScore]) -> list[NodeScore]:
    """The parts of the total: its children, and theirs where these are few."""
    inside = {"total"}
    first = [node for node in nodes if node.parent == "total"]
    inside |= {node.node for node in first}
    second = [n for n in nodes if n.parent in inside and (n.parent == "total" or not n.leaf)]
    return second if len(second) <= _BARS else first[:_BARS]


def _peers(diagnosis: Diagnosis, phrases: Phrases, font: str | None) -> Figure:
    standing, language = diagnosis.standing, phrases.language
    assert standing is not None
    figure = percent(standing.percentile, n=standing.n, language=language)
    words = [
        phrases("firm_peers_lead", peers=standing.peers[language], n=count(standing.n)),
    ]
    text = figure
    if standing.low is not None and standing.high is not None:
        scale = Scale(kind="percent")
        between = interval(standing.low, standing.high, scale, n=standing.n, language=language)
        confidence = confidence_words(standing.confidence, language)
        words.append(phrases("firm_peers_interval", confidence=confidence, interval=between))
        text = f"{figure} ({between})"
    row = DotRow(
        label=phrases("firm_peers_row"),
        text=text,
        estimate=standing.percentile,
        low=standing.percentile if standing.low is None else standing.low,
        high=standing.percentile if standing.high is None else standing.high,
    )
    title = phrases("firm_peers_title", figure=figure)
    caption = ("" if language == "zh" else " ").join(words)
    return Figure(
        id="figure-peers",
        title=title,
        caption=caption,
        alt=f"{title}. {caption}",
        wide=charts.dots([row], axis=_SHARES, font=font) if font else "",
        narrow=None,
    )


def _ways(barrier: Barrier, phrases: Phrases) -> Iterator[Block]:
    language = phrases.language
    gap = {"have": barrier.have, "needed": barrier.needed, "gap": barrier.gap}
    said = {key: _number(value) for key, value in gap.items()}
    comma = phrases("list_comma")
    lead = phrases("firm_count_gap" if barrier.counts else "firm_points_gap", **said)
    held = comma.join(
        f"{lever.title[language]} ({_number(lever.have)} / {_number(lever.needed)})"
        for lever in barrier.held_by[: 2 * _FEW]
    )
    if held:
        named = phrases("firm_nearest" if barrier.counts else "firm_held_by", list=held)
        lead += ("" if language == "zh" else " ") + named
    yield Paragraph(lead)
    if barrier.singles:
        yield _answers(phrases("firm_single"), barrier.singles[:_FEW], phrases, joined=False)
    elif barrier.together:
        caption = phrases("firm_together" if barrier.exact else "firm_together_greedy")
        yield _answers(caption, barrier.together, phrases, joined=True)
    else:
        yield Paragraph(phrases("firm_none"))


def _answers(caption: str, changes: Sequence[Change], phrases: Phrases, *, joined: bool) -> Table:
    """One row an answer; where they go together, the ticks of a question share one."""
    language = phrases.language
    rows: list[tuple[str, ...]] = []
    groups: dict[str, list[Change]] = {}
    for change in changes:
        tick = change.option is not None and joined
        groups.setdefault(change.question.en if tick else change.column, []).append(change)
    for group in groups.values():
        first = group[0]
        before, after = first.before[language], first.after[language]
        if first.option is not None:
            ticks = phrases("list_comma").join(c.option[language] for c in group if c.option)
            before, after = _DASH, phrases("firm_add", list=ticks)
        gain = "+" + _number(sum(change.gain for change in group))
        rows.append((first.short[language], before, after, gain))
    heads = ("firm_h_question", "firm_h_now", "firm_h_then", "firm_h_gain")
    return Table(
        caption=caption,
        heads=tuple(phrases(head) for head in heads),
        rows=tuple(rows),
        numeric=frozenset({3}),
    )


def _check(diagnosis: Diagnosis, phrases: Phrases) -> Iterator[Block]:
    language = phrases.language
    basis = phrases("firm_source", document=diagnosis.document, model=diagnosis.model)
    if diagnosis.doubts:
        yield Paragraph(phrases("firm_check_lead"))
        yield Bullets(
            tuple(
                phrases(
                    "firm_doubt",
                    what=doubt.what[language],
                    how=CONFIDENCE_LABELS[doubt.confidence][language],
                )
                for doubt in diagnosis.doubts
            )
        )
    yield Paragraph(basis)


def _annex(diagnosis: Diagnosis, phrases: Phrases) -> Section:
    language = phrases.language
    levels = {level.id: level.title[language] for level in diagnosis.levels}
    rows = tuple(_annex_row(node, levels, language) for node in diagnosis.nodes)
    heads = (
        "firm_h_node",
        "firm_h_score",
        "firm_h_max",
        "firm_h_share",
        "firm_h_answered",
        "firm_h_level",
    )
    table = Table(
        caption="",
        heads=tuple(phrases(head) for head in heads),
        rows=rows,
        numeric=frozenset({1, 2, 3, 4, 5}),
        note=phrases("firm_annex_note"),
    )
    return Section(
        "annex", phrases("firm_annex"), (table, *others_tables(diagnosis.others, phrases))
    )


def others_tables(others: Sequence[OtherModel], phrases: Phrases) -> tuple[Table, ...]:
    """Return estimates under other models, a table a model; all say that they are estimates."""
    grouped = [list(mine) for _, mine in groupby(others, key=lambda other: other.model)]
    tables = [_others_table(mine, phrases) for mine in grouped]
    if not tables:
        return ()
    note = phrases("firm_others_note", words=NOT_AN_ASSESSMENT[phrases.language])
    return (*tables[:-1], replace(tables[-1], note=note))


def _others_table(others: Sequence[OtherModel], phrases: Phrases) -> Table:
    language = phrases.language
    heads = ("firm_h_node", "firm_h_levels", "firm_h_coverage", "firm_h_loss")
    return Table(
        caption=phrases(
            "firm_others", model=others[0].title[language], words=NOT_AN_ASSESSMENT[language]
        ),
        heads=tuple(phrases(head) for head in heads),
        rows=tuple(_other_row(other, language) for other in others),
        numeric=frozenset({2, 3}),
    )


def _other_row(other: OtherModel, language: Language) -> tuple[str, ...]:
    low, high = other.low[language], other.high[language]
    shares = (percent(value, n=None, language=language) for value in (other.coverage, other.loss))
    return (other.node[language], low if low == high else f"{low} {_DASH} {high}", *shares)


def _annex_row(node: NodeScore, levels: dict[str, str], language: Language) -> tuple[str, ...]:
    known = node.score is not None
    named = levels if node.node == "total" else {}
    level = _DASH if node.level is None else named.get(node.level, node.level)
    answered = node.coverage is not None
    return (
        "　" * node.depth + node.title[language] + (" †" if node.doubt else ""),
        _number(node.score or 0.0) if known else _DASH,
        _number(node.max_points),
        percent(_share(node), n=None, language=language) if known else _DASH,
        percent(node.coverage or 0.0, n=None, language=language) if answered else _DASH,
        level,
    )


def _share(node: NodeScore) -> float:
    return (node.score or 0.0) / node.max_points


def _number(value: float) -> str:
    """Write points with up to two decimals, and none that say nothing."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
