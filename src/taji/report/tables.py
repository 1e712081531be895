"""Every estimate as tables: each question for the city, then by group."""

from __future__ import annotations

from collections.abc import Iterator

from taji.catalogue.model import Model
from taji.report.blocks import Table
from taji.report.content import Domain
from taji.report.estimates import Cell
from taji.report.labels import split_node
from taji.report.sentences import Writer

__all__ = ["question_tables"]


def question_tables(write: Writer) -> Iterator[tuple[str, tuple[Table, ...]]]:
    """Yield the tables of each question, and of each model, under its title."""
    for question in write.estimates.questions():
        if split_node(question) is None:
            city = _city(write, question)
            folded = [t for d in write.content.domains if (t := _by(write, question, d))]
            yield write.labels.short(question), (city, *folded)
    for model in write.content.models:
        tables = [t for t in (_levels(write, model), _nodes(write, model)) if t]
        for domain in write.content.domains:
            tables += [t for t in (_nodes_by(write, model, domain),) if t]
        if tables:
            yield write.labels.model(model.id), tuple(tables)


def _city(write: Writer, question: str) -> Table:
    pairs = write.estimates.keys_of(question)
    rows = []
    for option, statistic in pairs:
        cell = write.estimates.cell(question, option, statistic=statistic)
        scale = write.labels.scale(question, statistic)
        rows.append((_answer(write, question, option, statistic), *write.cell_words(cell, scale)))
    return Table(
        caption=write.labels.question(question),
        heads=(write.phrases("h_answer"), *write.cell_heads()),
        rows=tuple(rows),
        numeric=frozenset({1, 2, 3, 4}),
        muted=write.muted,
    )


def _answer(write: Writer, question: str, option: str, statistic: str) -> str:
    words = write.phrases.either(f"statistic_{statistic}", statistic)
    if not option:
        return words
    name = write.labels.option(question, option)
    return name if statistic == "proportion" else f"{name} ({words})"


def _brief(write: Writer, cell: Cell | None, question: str, statistic: str) -> str:
    """Write estimate and interval in one cell of a wide table."""
    scale = write.labels.scale(question, statistic)
    figure, bounds, _, _ = write.cell_words(cell, scale)
    return figure if figure in write.muted else f"{figure} ({bounds})"


def _by(write: Writer, question: str, domain: Domain) -> Table | None:
    """One row a group, one column an answer; n is that of the group's first answer."""
    if question == domain.by:
        return None
    pairs = write.estimates.keys_of(question)
    rows = []
    for group in domain.groups:
        cells = [
            write.estimates.cell(question, option, statistic=statistic, by=domain.by, group=group)
            for option, statistic in pairs
        ]
        if all(cell is None for cell in cells):
            continue
        words = [
            _brief(write, cell, question, statistic)
            for cell, (_, statistic) in zip(cells, pairs, strict=True)
        ]
        rows.append((write.labels.group(domain.by, group), _n(write, cells), *words))
    if not rows:
        return None
    heads = (_answer(write, question, *pair) for pair in pairs)
    return Table(
        caption=write.phrases(
            "by_groups",
            question=write.labels.short(question),
            domain=domain.title[write.language],
        ),
        heads=(write.phrases("h_group"), write.phrases("h_n"), *heads),
        rows=tuple(rows),
        numeric=frozenset(range(1, len(pairs) + 2)),
        muted=write.muted,
        folded=True,
    )


def _n(write: Writer, cells: list[Cell | None]) -> str:
    known = [cell.n for cell in cells if cell is not None and cell.shown and cell.n is not None]
    if known:
        return f"{max(known):,.0f}"
    return write.phrases("not_asked")


def _levels(write: Writer, model: Model) -> Table | None:
    named = [
        (write.labels.level(model.id, level.id), cell)
        for level in model.levels
        if (cell := write.estimates.cell(f"{model.id}:total", level.id)) is not None
    ]
    if not named:
        return None
    scale = write.labels.scale("", "proportion")
    return Table(
        caption=write.phrases("table_levels", model=model.title[write.language]),
        heads=(write.phrases("h_level"), *write.cell_heads()),
        rows=tuple((name, *write.cell_words(cell, scale)) for name, cell in named),
        numeric=frozenset({1, 2, 3, 4}),
        muted=write.muted,
    )


def _nodes(write: Writer, model: Model) -> Table | None:
    rows = []
    for node in model.shown:
        question = f"{model.id}:{node.id}"
        cell = write.estimates.cell(question, statistic="mean")
        if cell is None:
            continue
        words = write.cell_words(cell, write.labels.scale(question, "mean"))
        rows.append((node.title[write.language], f"{float(node.max):g}", *words))
    if not rows:
        return None
    return Table(
        caption=write.phrases("table_model", model=model.title[write.language]),
        heads=(write.phrases("h_node"), write.phrases("h_max"), *write.cell_heads()),
        rows=tuple(rows),
        numeric=frozenset({1, 2, 3, 4, 5}),
        muted=write.muted,
    )


def _nodes_by(write: Writer, model: Model, domain: Domain) -> Table | None:
    """One row a node, one column a group: nodes are many, and so are groups."""
    rows = []
    for node in model.shown:
        question = f"{model.id}:{node.id}"
        cells = [
            write.estimates.cell(question, statistic="mean", by=domain.by, group=group)
            for group in domain.groups
        ]
        if any(cell is not None for cell in cells):
            words = (_brief(write, cell, question, "mean") for cell in cells)
            rows.append((node.title[write.language], *words))
    if not rows:
        return None
    return Table(
        caption=write.phrases(
            "by_groups",
            question=write.phrases("table_model", model=model.title[write.language]),
            domain=domain.title[write.language],
        ),
        heads=(
            write.phrases("h_node"),
            *(write.labels.group(domain.by, group) for group in domain.groups),
        ),
        rows=tuple(rows),
        numeric=frozenset(range(1, len(domain.groups) + 1)),
        muted=write.muted,
        folded=True,
    )
