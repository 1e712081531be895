"""The pictures of findings, of renewed links and of levels: rows, title, text, numbers.

Decides what is drawn and what the title says. How it is drawn is ``taji.report.charts``;
which numbers may be shown was decided before (disclosure control). Groups compared are in
``taji.report.by_group``, peers and benchmarks in ``taji.report.beside``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from taji.catalogue.model import Model
from taji.report import charts
from taji.report.blocks import Figure, Table
from taji.report.charts import Axis, DotRow
from taji.report.estimates import Cell
from taji.report.numbers import Scale, percent
from taji.report.sentences import Writer, published_share

__all__ = [
    "PERCENT",
    "SHARES",
    "alt_text",
    "chunks",
    "dot_figure",
    "ends",
    "findings",
    "levels",
    "links",
]

T = TypeVar("T")
PERCENT = Scale(kind="percent")
SHARES = Axis(low=0, high=1, format=".0%", ticks=(0, 0.25, 0.5, 0.75, 1))
#: How many rows of a picture its text names; the table beside it has all. [rows]
_SPOKEN = 8


def findings(write: Writer, font: str) -> list[Figure]:
    """All findings as dots with intervals, the most frequent first."""
    pairs = [
        (finding, cell)
        for finding in write.content.questionnaire.findings
        if (cell := write.cell_of(finding)) is not None
    ]
    pairs.sort(key=lambda pair: _rank(pair[1]))
    named = [(finding.statement[write.language], cell) for finding, cell in pairs]
    extremes = write.extremes(named)
    if extremes is None:
        return []
    others = [published_share(finding.published) for finding, _ in pairs]
    legend = [write.phrases("legend_dots", confidence=write.confidence)]
    if any(other is not None for other in others):
        legend.append(write.phrases("legend_published"))
    rows = [
        _dot(write, name[:1].upper() + name[1:], cell, other)
        for (name, cell), other in zip(named, others, strict=True)
    ]
    title = write.phrases("title_findings", **ends(write, extremes))
    table = _cells_table(write, "h_finding", title, named, others)
    kicker = write.content.questionnaire.title[write.language]
    return [dot_figure("findings", kicker, title, rows, write.join(legend), table, font=font)]


def links(write: Writer, font: str) -> list[Figure]:
    """Every question of several ticks that more than one finding comes from, in full."""
    sources = [finding.question for finding in write.content.questionnaire.findings]
    figures = []
    for question in dict.fromkeys(q for q in sources if sources.count(q) > 1):
        named = [
            (write.labels.option(question, option), cell)
            for option, statistic in write.estimates.keys_of(question)
            if statistic == "proportion"
            and (cell := write.estimates.cell(question, option)) is not None
        ]
        named.sort(key=lambda pair: _rank(pair[1]))
        extremes = write.extremes(
            [pair for pair in named if not write.labels.is_exclusive(question, pair[1].key.option)]
        )
        if extremes is None:
            continue
        short = write.labels.short(question)
        title = write.hedged(
            write.phrases("title_links", question=short, **ends(write, extremes)),
            [cell for _, cell in named],
        )
        legend = write.phrases("legend_bars", confidence=write.confidence)
        rows = [_dot(write, name, cell, None) for name, cell in named]
        table = _cells_table(write, "h_answer", title, named)
        kicker = write.labels.question(question)
        name = f"links-{question}"
        figures.append(dot_figure(name, kicker, title, rows, legend, table, font=font, bars=True))
    return figures


def levels(write: Writer, font: str) -> list[Figure]:
    """Firms over the levels of each model, from the lowest level to the highest."""
    figures = []
    for model in write.content.models:
        named = [
            (write.labels.level(model.id, level.id), cell)
            for level in model.levels
            if (cell := write.estimates.cell(f"{model.id}:total", level.id)) is not None
        ]
        if not any(cell.shown for _, cell in named):
            continue
        title = _levels_title(write, model)
        legend = write.phrases("legend_bars", confidence=write.confidence)
        rows = [_dot(write, name, cell, None) for name, cell in named]
        table = _cells_table(write, "h_level", title, named)
        kicker, name = model.title[write.language], f"levels-{model.id}"
        figures.append(dot_figure(name, kicker, title, rows, legend, table, font=font, bars=True))
    return figures


def _levels_title(write: Writer, model: Model) -> str:
    top = write.most_frequent_level(model)
    if top is None:
        return write.phrases("title_levels_withheld")
    return write.phrases(
        "title_levels",
        level=write.labels.level(model.id, top.key.option),
        figure=percent(top.estimate or 0.0, n=top.n, language=write.language),
    )


def dot_figure(
    name: str,
    kicker: str,
    title: str,
    rows: Sequence[DotRow],
    caption: str,
    table: Table,
    *,
    font: str,
    bars: bool = False,
    axis: Axis = SHARES,
) -> Figure:
    """Draw rows of dots, for a page and for a telephone."""
    wide, narrow = (
        charts.dots(rows, axis=axis, font=font, narrow=slim, bars=bars) for slim in (False, True)
    )
    return Figure(
        id=f"figure-{name}",
        kicker=kicker,
        title=title,
        caption=caption,
        alt=alt_text(title, table),
        wide=wide,
        narrow=narrow,
        table=table,
    )


def ends(write: Writer, extremes: tuple[str, Cell, str, Cell]) -> dict[str, str]:
    """Write the largest and the smallest of several shares for a title."""
    top, most, bottom, least = extremes
    return {
        "top": top,
        "high": percent(most.estimate or 0.0, n=most.n, language=write.language),
        "bottom": bottom,
        "low": percent(least.estimate or 0.0, n=least.n, language=write.language),
    }


def alt_text(title: str, table: Table) -> str:
    """Say a picture in words: its title and its first numbers."""
    lines = [f"{row[0]} {row[1]}" for row in table.rows[:_SPOKEN]]
    more = "…" if len(table.rows) > _SPOKEN else ""
    return f"{title}. " + "; ".join(lines) + more


def chunks(items: Sequence[T], most: int) -> list[list[T]]:
    """Cut into parts of at most ``most``, as even as can be.

    Examples
    --------
    >>> chunks("abcdefg", 3)
    [['a', 'b', 'c'], ['d', 'e', 'f'], ['g']]
    """
    if not items:
        return []
    parts = -(-len(items) // most)
    size = -(-len(items) // parts)
    return [list(items[i : i + size]) for i in range(0, len(items), size)]


def _rank(cell: Cell) -> float:
    """Most frequent first, cells without a number last."""
    return -(cell.estimate or 0.0) if cell.shown else 1.0


def _dot(write: Writer, name: str, cell: Cell, other: float | None) -> DotRow:
    if cell.shown is None:
        return DotRow(label=name, text=write.phrases("withheld" if cell.withheld else "not_asked"))
    estimate, low, high = cell.shown
    fields = write.numbers(cell, PERCENT)
    text = f"{fields['figure']} ({fields['interval']})  n={fields['n']}"
    return DotRow(label=name, text=text, estimate=estimate, low=low, high=high, other=other)


def _cells_table(
    write: Writer,
    head: str,
    caption: str,
    named: Sequence[tuple[str, Cell]],
    others: Sequence[float | None] = (),
) -> Table:
    published = any(other is not None for other in others)
    heads = [write.phrases(head), *write.cell_heads()]
    if published:
        heads.append(write.phrases("h_published"))
    rows = []
    for place, (name, cell) in enumerate(named):
        row = [name, *write.cell_words(cell, PERCENT)]
        if published:
            other = others[place]
            row.append("–" if other is None else percent(other, n=None, language=write.language))
        rows.append(tuple(row))
    return Table(
        caption=caption,
        heads=tuple(heads),
        rows=tuple(rows),
        numeric=frozenset(range(1, len(heads))),
        muted=write.muted,
    )
