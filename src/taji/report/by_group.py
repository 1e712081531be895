"""The pictures that compare groups of firms: findings by group, and the heat maps of a model.

A title names a difference between groups only where their intervals do not overlap: with
sixty firms in ten groups something always looks large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taji.catalogue.model import Model, Node
from taji.catalogue.questionnaire import Finding
from taji.report import charts
from taji.report.blocks import Figure, Table
from taji.report.charts import Axis, HeatCell, MatrixCell
from taji.report.content import Domain
from taji.report.estimates import Cell
from taji.report.numbers import FEW, count, percent
from taji.report.pictures import PERCENT, alt_text, chunks, ends
from taji.report.sentences import Writer

__all__ = ["domains", "heat_maps"]

Groups = Mapping[str, Mapping[int, Cell | None]]

_HALVES = Axis(low=0, high=1, format=".0%", ticks=(0, 0.5, 1))
#: Small plots that stand side by side, and the rows that may stand twice on a sheet.
_COLUMNS = 5
_ROWS_TWICE = 14
#: Columns of a heat map that stay readable on A4.
_HEAT_COLUMNS = 16
#: Groups with fewer answers than this are not named as ends of a difference. [firms]
_NAMED = 10


def domains(write: Writer, font: str) -> list[Figure]:
    """The findings by group, one figure for each break-down."""
    findings = [f for f in write.content.questionnaire.findings if write.cell_of(f)]
    figures: list[Figure] = []
    for domain in write.content.domains:
        crowded = len(_groups(write, domain, findings)) > _ROWS_TWICE
        parts = chunks(findings, _COLUMNS) if crowded else [findings]
        for place, part in enumerate(parts, start=1):
            groups = _groups(write, domain, part)
            if groups:
                figures.append(_domain(write, domain, groups, part, f"{domain.by}-{place}", font))
    return figures


def _groups(write: Writer, domain: Domain, findings: Sequence[Finding]) -> Groups:
    """Groups with at least one number, in the order of the domain; cells by finding's place."""
    found: dict[str, dict[int, Cell | None]] = {}
    for group in domain.groups:
        cells = {
            place: write.estimates.cell(f.question, f.option, by=domain.by, group=group)
            for place, f in enumerate(findings)
        }
        if any(cell is not None and cell.shown for cell in cells.values()):
            found[group] = cells
    return found


def _domain(
    write: Writer,
    domain: Domain,
    groups: Groups,
    findings: Sequence[Finding],
    name: str,
    font: str,
) -> Figure:
    phrases = write.phrases
    marks = [write.labels.mark(f.question, f.option) for f in findings]
    cells, rows = [], []
    for group, by_place in groups.items():
        row = write.labels.group(domain.by, group)
        most = max(c.n or 0 for c in by_place.values() if c is not None and c.shown)
        for place, finding in enumerate(findings):
            cell = by_place[place]
            cells.append(_matrix_cell(write, row, f"n={count(most)}", finding, cell))
        rows.append((row, *(_brief(write, by_place[place]) for place in range(len(findings)))))
    title = _domain_title(write, domain, groups, marks)
    table = Table(
        caption=title,
        heads=(phrases("h_group"), *marks),
        rows=tuple(rows),
        numeric=frozenset(range(1, len(marks) + 1)),
        muted=write.muted,
    )
    legend = [
        phrases("legend_dots", confidence=write.confidence),
        phrases("legend_city"),
        phrases("legend_withheld"),
        phrases("legend_n", few=FEW),
        *_missing(write, domain, groups),
    ]
    return Figure(
        id=f"figure-by-{name}",
        kicker=write.content.questionnaire.title[write.language],
        title=title,
        caption=write.join(legend),
        alt=alt_text(title, table),
        wide=charts.matrix(cells, axis=_HALVES, font=font),
        narrow=None,
        table=table,
    )


def _missing(
    write: Writer, domain: Domain, groups: Mapping[str, object] | Sequence[str]
) -> list[str]:
    """Name the groups of a break-down that a picture leaves out."""
    names = [write.labels.group(domain.by, g) for g in domain.groups if g not in groups]
    if not names:
        return []
    return [write.phrases("heat_withheld", groups=write.phrases("list_comma").join(names))]


def _matrix_cell(
    write: Writer, name: str, n: str, finding: Finding, cell: Cell | None
) -> MatrixCell:
    column = write.labels.mark(finding.question, finding.option)
    city = write.cell_of(finding)
    reference = city.estimate if city is not None and city.shown else None
    if cell is None or cell.shown is None:
        note = "*" if cell is not None and cell.withheld else "–"
        return MatrixCell(row=name, n=n, column=column, note=note, reference=reference)
    estimate, low, high = cell.shown
    return MatrixCell(
        row=name, n=n, column=column, estimate=estimate, low=low, high=high, reference=reference
    )


def _brief(write: Writer, cell: Cell | None) -> str:
    """Write estimate, interval and n in one cell."""
    figure, bounds, n, _ = write.cell_words(cell, PERCENT)
    return figure if figure in write.muted else f"{figure} ({bounds}) n={n}"


def _domain_title(write: Writer, domain: Domain, groups: Groups, marks: Sequence[str]) -> str:
    name = domain.title[write.language]
    if len(groups) < 2:
        return write.phrases("title_domain_one", domain=name)
    gaps = [gap for place in range(len(marks)) if (gap := _gap(groups, place)) is not None]
    if not gaps:
        return write.phrases("title_domain_overlap", domain=name)
    _, place, top, most, bottom, least = max(gaps, key=lambda gap: gap[0])
    named = (write.labels.group(domain.by, top), most, write.labels.group(domain.by, bottom), least)
    return write.phrases("title_domain_apart", domain=name, mark=marks[place], **ends(write, named))


def _gap(groups: Groups, place: int) -> tuple[float, int, str, Cell, str, Cell] | None:
    """Return how far apart the intervals of the highest and the lowest group are, if they are."""
    shown = [
        (group, cell)
        for group, cells in groups.items()
        if (cell := cells[place]) is not None and cell.shown and (cell.n or 0) >= _NAMED
    ]
    if len(shown) < 2:
        return None
    top, most = max(shown, key=lambda pair: pair[1].estimate or 0.0)
    bottom, least = min(shown, key=lambda pair: pair[1].estimate or 0.0)
    gap = (most.low or 0.0) - (least.high or 0.0)
    return (gap, place, top, most, bottom, least) if gap > 0 else None


def heat_maps(write: Writer, font: str) -> list[Figure]:
    """Mean scores of nodes by the first break-down, as shares of the most."""
    if not write.content.domains:
        return []
    domain = write.content.domains[0]
    return [
        figure for model in write.content.models for figure in _heats(write, model, domain, font)
    ]


def _heats(write: Writer, model: Model, domain: Domain, font: str) -> list[Figure]:
    nodes = [node for node in model.shown if _node_cell(write, model, node.id) is not None]
    groups = _heat_groups(write, model, domain, nodes)
    if not nodes or not groups:
        return []
    parts = [
        (write.phrases("heat_overview"), part)
        for part in chunks(_from_the_top(model, nodes), _HEAT_COLUMNS)
    ]
    leaves = chunks([node for node in nodes if not node.of], _HEAT_COLUMNS)
    for place, part in enumerate(leaves, start=1):
        key = "heat_leaves" if len(leaves) > 1 else "heat_leaves_all"
        parts.append((write.phrases(key, part=place, parts=len(leaves)), part))
    return [
        _heat(write, model, domain, groups, part, name, f"{model.id}-{place}", font)
        for place, (name, part) in enumerate(parts, start=1)
    ]


def _from_the_top(model: Model, nodes: Sequence[Node]) -> list[Node]:
    """Branches from the total down, level by level."""
    wanted = {node.id for node in nodes if node.of}
    queue, seen = ["total"], dict[str, None]()
    while queue:
        one = queue.pop(0)
        if one in model.by_id and one not in seen:
            seen[one] = None
            queue.extend(model.by_id[one].of)
    rest = [node.id for node in nodes if node.id not in seen]
    return [model.by_id[one] for one in (*seen, *rest) if one in wanted]


def _heat_groups(write: Writer, model: Model, domain: Domain, nodes: Sequence[Node]) -> list[str]:
    """Groups with any number, the highest total first."""

    def total(group: str) -> float:
        cell = _node_cell(write, model, "total", domain.by, group)
        return -1.0 if cell is None or cell.estimate is None else cell.estimate

    shown = [
        group
        for group in domain.groups
        if any(
            (cell := _node_cell(write, model, node.id, domain.by, group)) is not None and cell.shown
            for node in nodes
        )
    ]
    return sorted(shown, key=lambda group: -total(group))


def _node_cell(
    write: Writer, model: Model, node: str, by: str = "", group: str = ""
) -> Cell | None:
    return write.estimates.cell(f"{model.id}:{node}", statistic="mean", by=by, group=group)


def _heat(
    write: Writer,
    model: Model,
    domain: Domain,
    groups: Sequence[str],
    nodes: Sequence[Node],
    part: str,
    name: str,
    font: str,
) -> Figure:
    cells, rows = [], []
    for group in ("", *groups):
        by = domain.by if group else ""
        row = write.labels.group(by, group) if group else write.phrases("heat_city")
        total = _node_cell(write, model, "total", by, group)
        n = "n=–" if total is None or total.n is None else f"n={count(total.n)}"
        words = [f"{row} {n}"]
        for node in nodes:
            text, share = _heat_words(_node_cell(write, model, node.id, by, group), node)
            column = node.title[write.language]
            cells.append(HeatCell(row=row, n=n, column=column, share=share, text=text))
            words.append(text)
        rows.append(tuple(words))
    title = _heat_title(write, model, nodes)
    table = Table(
        caption=title,
        heads=(write.phrases("h_group"), *(node.title[write.language] for node in nodes)),
        rows=tuple(rows),
        numeric=frozenset(range(1, len(nodes) + 1)),
        muted=frozenset({"*", "–"}),
    )
    legend = [write.phrases("legend_heat"), *_missing(write, domain, groups)]
    return Figure(
        id=f"figure-heat-{name}",
        kicker=write.phrases("heat_part", model=model.title[write.language], part=part),
        title=title,
        caption=write.join(legend),
        alt=alt_text(title, table),
        wide=charts.heat_map(cells, font=font, upright=write.language == "zh"),
        narrow=None,
        table=table,
    )


def _heat_words(cell: Cell | None, node: Node) -> tuple[str, float | None]:
    if cell is not None and cell.withheld:
        return "*", None
    if cell is None or cell.estimate is None:
        return "–", None
    share = cell.estimate / float(node.max)
    return f"{abs(round(100 * share))}", share


def _heat_title(write: Writer, model: Model, nodes: Sequence[Node]) -> str:
    shares = [
        (node.title[write.language], share)
        for node in nodes
        if node.id != "total"
        and (share := _heat_words(_node_cell(write, model, node.id), node)[1]) is not None
    ]
    if not shares:
        return model.title[write.language]
    top = max(shares, key=lambda pair: pair[1])
    bottom = min(shares, key=lambda pair: pair[1])
    title = write.phrases(
        "title_heat",
        top=top[0],
        high=percent(top[1], n=None, language=write.language),
        bottom=bottom[0],
        low=percent(bottom[1], n=None, language=write.language),
    )
    return write.hedged(title, [_node_cell(write, model, node.id) for node in nodes])
