"""Every estimate as tables: each question for the city, then by group."""

from __future__ import annotations

from collections.abc import Iterator

from taji.catalogue.model import Model
from taji.report.blocks import Table
from taji.report.content import Domain
from taji.report.estimates import Cell
from taji.report.labels import split_node
from taji.report.pictures import Pictures

__all__ = ["question_tables"]


def question_tables(pictures: Pictures) -> Iterator[tuple[str, tuple[Table, ...]]]:
    """Yield the tables of each question, and of each model, under its title."""
    write = pictures.writer
    models = {model.id: model for model in write.content.models}
    for question in write.estimates.questions():
        if split_node(question) is None:
            city = _city(pictures, question)
            folded = [t for d in write.content.domains if (t := _by(pictures, question, d))]
            yield write.labels.short(question), (city, *folded)
    for model in models.values():
        tables = [t for t in (_levels(pictures, model), _nodes(pictures, model)) if t]
        for domain in write.content.domains:
            tables += [t for t in (_nodes_by(pictures, model, domain),) if t]
        if tables:
            yield write.labels.model(model.id), tuple(tables)


def _city(pictures: Pictures, question: str) -> Table:
    write = pictures.writer
    pairs = write.estimates.keys_of(question)
    rows = []
    for option, statistic in pairs:
        cell = write.estimates.cell(question, option, statistic=statistic)
        scale = write.labels.scale(question, statistic)
        rows.append(
            (_answer(pictures, question, option, statistic), *pictures.cell_words(cell, scale))
        )
    return Table(
        caption=write.labels.question(question),
        heads=(write.phrases("h_answer"), *pictures.cell_heads()),
        rows=tuple(rows),
        numeric=frozenset({1, 2, 3, 4}),
        muted=pictures.muted,
    )


def _answer(pictures: Pictures, question: str, option: str, statistic: str) -> str:
    write = pictures.writer
    words = write.phrases.either(f"statistic_{statistic}", statistic)
    if not option:
        return words
    name = write.labels.option(question, option)
    return name if statistic == "proportion" else f"{name} ({words})"


def _brief(pictures: Pictures, cell: Cell | None, question: str, statistic: str) -> str:
    """Write estimate and interval in one cell of a wide table."""
    scale = pictures.writer.labels.scale(question, statistic)
    figure, bounds, _, _ = pictures.cell_words(cell, scale)
    return figure if figure in pictures.muted else f"{figure} ({bounds})"


def _by(pictures: Pictures, question: str, domain: Domain) -> Table | None:
    """One row a group, one column an answer; n is that of the group's first answer."""
    if question == domain.by:
        return None
    write = pictures.writer
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
            _brief(pictures, cell, question, statistic)
            for cell, (_, statistic) in zip(cells, pairs, strict=True)
        ]
        rows.append((write.labels.group(domain.by, group), _n(pictures, cells), *words))
    if not rows:
        return None
    heads = (_answer(pictures, question, *pair) for pair in pairs)
    return Table(
        caption=write.phrases(
            "by_groups",
            question=write.labels.short(question),
            domain=domain.title[write.language],
        ),
        heads=(write.phrases("h_group"), write.phrases("h_n"), *heads),
        rows=tuple(rows),
        numeric=frozenset(range(1, len(pairs) + 2)),
        muted=pictures.muted,
        folded=True,
    )


def _n(pictures: Pictures, cells: list[Cell | None]) -> str:
    known = [cell.n for cell in cells if cell is not None and cell.shown and cell.n is not None]
    if known:
        return f"{max(known):,.0f}"
    return pictures.writer.phrases("not_asked")


def _levels(pictures: Pictures, model: Model) -> Table | None:
    write = pictures.writer
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
        heads=(write.phrases("h_level"), *pictures.cell_heads()),
        rows=tuple((name, *pictures.cell_words(cell, scale)) for name, cell in named),
        numeric=frozenset({1, 2, 3, 4}),
        muted=pictures.muted,
    )


def _nodes(pictures: Pictures, model: Model) -> Table | None:
    write = pictures.writer
    rows = []
    for node in model.shown:
        question = f"{model.id}:{node.id}"
        cell = write.estimates.cell(question, statistic="mean")
        if cell is None:
            continue
        words = pictures.cell_words(cell, write.labels.scale(question, "mean"))
        rows.append((node.title[write.language], f"{float(node.max):g}", *words))
    if not rows:
        return None
    return Table(
        caption=write.phrases("table_model", model=model.title[write.language]),
        heads=(write.phrases("h_node"), write.phrases("h_max"), *pictures.cell_heads()),
        rows=tuple(rows),
        numeric=frozenset({1, 2, 3, 4, 5}),
        muted=pictures.muted,
    )


def _nodes_by(pictures: Pictures, model: Model, domain: Domain) -> Table | None:
    """One row a node, one column a group: nodes are many, and so are groups."""
    write = pictures.writer
    rows = []
    for node in model.shown:
        question = f"{model.id}:{node.id}"
        cells = [
            write.estimates.cell(question, statistic="mean", by=domain.by, group=group)
            for group in domain.groups
        ]
        if any(cell is not None for cell in cells):
            words = (_brief(pictures, cell, question, "mean") for cell in cells)
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
        muted=pictures.muted,
        folded=True,
    )
