"""The pictures of a portrait: which rows each has, its title, its text and its numbers.

Decides what is drawn and what the title says. How it is drawn is ``taji.report.charts``;
which numbers may be shown was decided before (disclosure control).

A title states the finding. It names a difference between groups only where their intervals
do not overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from taji.base.text import Language
from taji.catalogue.model import Model, Node
from taji.catalogue.questionnaire import Finding
from taji.report import charts
from taji.report.blocks import Figure, Paragraph, Table
from taji.report.charts import Axis, DotRow, HeatCell, MatrixCell, StripRow
from taji.report.content import Domain
from taji.report.estimates import Cell
from taji.report.numbers import FEW, Scale, count, interval, percent
from taji.report.sentences import Writer, published_share

__all__ = ["Pictures"]

T = TypeVar("T")
_PERCENT = Scale(kind="percent")
_SHARES = Axis(low=0, high=1, format=".0%", ticks=(0, 0.25, 0.5, 0.75, 1))
_HALVES = Axis(low=0, high=1, format=".0%", ticks=(0, 0.5, 1))
#: Columns of small dot plots side by side, and of a heat map, that stay readable on A4.
_MATRIX_COLUMNS = 5
_HEAT_COLUMNS = 16


@dataclass(frozen=True, slots=True)
class Pictures:
    """Draws the figures of one portrait in ``font``."""

    writer: Writer
    font: str

    @property
    def _language(self) -> Language:
        return self.writer.language

    # ---- findings -------------------------------------------------------------------------

    def findings(self) -> list[Figure]:
        """All findings as dots with intervals, the most frequent first."""
        write = self.writer
        pairs = [
            (finding, cell)
            for finding in write.content.questionnaire.findings
            if (cell := write.cell_of(finding)) is not None
        ]
        pairs.sort(key=lambda pair: -(pair[1].estimate or 0.0) if pair[1].shown else 1.0)
        named = [(finding.statement[self._language], cell) for finding, cell in pairs]
        extremes = write.extremes(named)
        if extremes is None:
            return []
        others = [published_share(finding.published) for finding, _ in pairs]
        legend = [write.phrases("legend_dots", confidence=write.confidence)]
        if any(other is not None for other in others):
            legend.append(write.phrases("legend_published"))
        rows = [
            self._dot(_capital(name), cell, other)
            for (name, cell), other in zip(named, others, strict=True)
        ]
        title = write.phrases("title_findings", **self._ends(extremes))
        table = self._cells_table("h_finding", title, named, others)
        return [self._dots("findings", title, rows, legend, table)]

    def links(self) -> list[Figure]:
        """Every question of several ticks that more than one finding comes from, in full."""
        write = self.writer
        sources = [finding.question for finding in write.content.questionnaire.findings]
        figures = []
        for question in dict.fromkeys(q for q in sources if sources.count(q) > 1):
            named = [
                (write.labels.option(question, option), cell)
                for option, statistic in write.estimates.keys_of(question)
                if statistic == "proportion"
                and (cell := write.estimates.cell(question, option)) is not None
            ]
            named.sort(key=lambda pair: -(pair[1].estimate or 0.0) if pair[1].shown else 1.0)
            extremes = write.extremes(named)
            if extremes is None:
                continue
            title = write.phrases(
                "title_links", question=write.labels.short(question), **self._ends(extremes)
            )
            legend = [write.phrases("legend_bars", confidence=write.confidence)]
            rows = [self._dot(name, cell, None) for name, cell in named]
            table = self._cells_table("h_answer", title, named)
            figures.append(self._dots(f"links-{question}", title, rows, legend, table, bars=True))
        return figures

    def levels(self) -> list[Figure]:
        """Firms over the levels of each model, from the lowest level to the highest."""
        write = self.writer
        figures = []
        for model in write.content.models:
            named = [
                (write.labels.level(model.id, level.id), cell)
                for level in model.levels
                if (cell := write.estimates.cell(f"{model.id}:total", level.id)) is not None
            ]
            top = write.most_frequent_level(model)
            if top is None:
                continue
            figure = percent(top.estimate or 0.0, n=top.n, language=self._language)
            name = write.labels.level(model.id, top.key.option)
            title = (
                f"{model.title[self._language]}{write.phrases('colon')}"
                f"{write.phrases('title_levels', level=name, figure=figure)}"
            )
            legend = [write.phrases("legend_bars", confidence=write.confidence)]
            rows = [self._dot(name, cell, None) for name, cell in named]
            table = self._cells_table("h_level", title, named)
            figures.append(self._dots(f"levels-{model.id}", title, rows, legend, table, bars=True))
        return figures

    def _dot(self, name: str, cell: Cell, other: float | None) -> DotRow:
        write = self.writer
        if cell.shown is None:
            key = "withheld" if cell.withheld else "not_asked"
            return DotRow(label=name, text=write.phrases(key))
        estimate, low, high = cell.shown
        fields = write.numbers(cell, _PERCENT)
        text = f"{fields['figure']}  n={fields['n']}"
        return DotRow(label=name, text=text, estimate=estimate, low=low, high=high, other=other)

    def _ends(self, extremes: tuple[str, Cell, str, Cell]) -> dict[str, str]:
        top, most, bottom, least = extremes
        return {
            "top": top,
            "high": percent(most.estimate or 0.0, n=most.n, language=self._language),
            "bottom": bottom,
            "low": percent(least.estimate or 0.0, n=least.n, language=self._language),
        }

    def _dots(
        self,
        name: str,
        title: str,
        rows: Sequence[DotRow],
        legend: Sequence[str],
        table: Table,
        *,
        bars: bool = False,
        axis: Axis = _SHARES,
    ) -> Figure:
        wide, narrow = (
            charts.dots(rows, axis=axis, font=self.font, narrow=slim, bars=bars)
            for slim in (False, True)
        )
        return Figure(
            id=f"figure-{name}",
            title=title,
            caption=_join(self._language, legend),
            alt=_alt(title, table),
            wide=wide,
            narrow=narrow,
            table=table,
        )

    def _cells_table(
        self,
        head: str,
        caption: str,
        named: Sequence[tuple[str, Cell]],
        others: Sequence[float | None] = (),
    ) -> Table:
        phrases = self.writer.phrases
        published = any(other is not None for other in others)
        rows = []
        for place, (name, cell) in enumerate(named):
            row = [name, *self.cell_words(cell, _PERCENT)]
            if published:
                other = others[place]
                row.append(
                    "–" if other is None else percent(other, n=None, language=self._language)
                )
            rows.append(tuple(row))
        heads = [phrases(head), *self.cell_heads()]
        if published:
            heads.append(phrases("h_published"))
        return Table(
            caption=caption,
            heads=tuple(heads),
            rows=tuple(rows),
            numeric=frozenset(range(1, len(heads))),
            muted=self.muted,
        )

    @property
    def muted(self) -> frozenset[str]:
        """Words that stand for an absence."""
        return frozenset({self.writer.phrases("withheld"), self.writer.phrases("not_asked")})

    def cell_heads(self) -> tuple[str, str, str, str]:
        """Heads of the four columns that ``cell_words`` fills."""
        phrases = self.writer.phrases
        return (
            phrases("h_estimate"),
            phrases("h_interval", confidence=self.writer.confidence),
            phrases("h_n"),
            phrases("h_base"),
        )

    def cell_words(self, cell: Cell | None, scale: Scale) -> tuple[str, str, str, str]:
        """Write a cell in a row of a table: estimate, interval, n, base."""
        phrases = self.writer.phrases
        if cell is not None and cell.withheld:
            return (phrases("withheld"),) + (phrases("not_asked"),) * 3
        if cell is None or cell.shown is None:
            return (phrases("not_asked"),) * 4
        fields = self.writer.numbers(cell, scale)
        base = phrases("not_asked") if cell.base is None else count(cell.base)
        return fields["figure"], fields["interval"], fields["n"], base

    # ---- by domain ------------------------------------------------------------------------

    def domains(self) -> list[Figure]:
        """The findings by group, one figure a break-down and at most five findings in each."""
        write = self.writer
        findings = [f for f in write.content.questionnaire.findings if write.cell_of(f)]
        figures = []
        for domain in write.content.domains:
            shown = self._groups_shown(domain, findings)
            if not shown:
                continue
            parts = _chunks(findings, _MATRIX_COLUMNS)
            figures += [
                self._domain(domain, shown, part, place, len(parts))
                for place, part in enumerate(parts, start=1)
            ]
        return figures

    def _groups_shown(
        self, domain: Domain, findings: Sequence[Finding]
    ) -> dict[str, dict[Finding, Cell | None]]:
        """Groups with at least one number, in the order of the domain."""
        found: dict[str, dict[Finding, Cell | None]] = {}
        for group in domain.groups:
            cells = {f: self._group_cell(f, domain.by, group) for f in findings}
            if any(cell is not None and cell.shown for cell in cells.values()):
                found[group] = cells
        return found

    def _group_cell(self, finding: Finding, by: str, group: str) -> Cell | None:
        return self.writer.estimates.cell(finding.question, finding.option, by=by, group=group)

    def _domain(
        self,
        domain: Domain,
        groups: Mapping[str, Mapping[Finding, Cell | None]],
        findings: Sequence[Finding],
        part: int,
        parts: int,
    ) -> Figure:
        write, phrases = self.writer, self.writer.phrases
        cells, rows = [], []
        for group, by_finding in groups.items():
            name = write.labels.group(domain.by, group)
            most = max(c.n or 0 for c in by_finding.values() if c is not None and c.shown)
            row = (
                f"{name} (n={count(most)})" if self._language == "en" else f"{name} n={count(most)}"
            )
            words = [name]
            for finding in findings:
                cell = by_finding[finding]
                cells.append(self._matrix_cell(row, finding, cell))
                words.append(self._brief(cell))
            rows.append(tuple(words))
        title = self._domain_title(domain, groups, findings)
        marks = [write.labels.mark(f.question, f.option) for f in findings]
        table = Table(
            caption=title,
            heads=(phrases("h_group"), *marks),
            rows=tuple(rows),
            numeric=frozenset(range(1, len(marks) + 1)),
            muted=self.muted,
        )
        legend = [
            phrases("legend_dots", confidence=write.confidence),
            phrases("legend_city"),
            phrases("legend_n", few=FEW),
        ]
        missing = [
            write.labels.group(domain.by, group) for group in domain.groups if group not in groups
        ]
        if missing:
            names = phrases("list_comma").join(missing)
            legend.append(phrases("heat_withheld", groups=names))
        picture = charts.matrix(cells, axis=_HALVES, font=self.font, columns=_MATRIX_COLUMNS)
        return Figure(
            id=f"figure-by-{domain.by}-{part}",
            title=title,
            caption=_join(self._language, legend),
            alt=_alt(title, table),
            wide=picture,
            narrow=None,
            table=table,
        )

    def _matrix_cell(self, row: str, finding: Finding, cell: Cell | None) -> MatrixCell:
        write = self.writer
        column = write.labels.mark(finding.question, finding.option)
        city = write.cell_of(finding)
        reference = city.estimate if city is not None and city.shown else None
        if cell is None or cell.shown is None:
            note = write.phrases("withheld" if cell is not None and cell.withheld else "not_asked")
            return MatrixCell(row=row, column=column, note=note, reference=reference)
        estimate, low, high = cell.shown
        return MatrixCell(
            row=row, column=column, estimate=estimate, low=low, high=high, reference=reference
        )

    def _brief(self, cell: Cell | None) -> str:
        """Write estimate and interval in one cell."""
        figure, bounds, n, _ = self.cell_words(cell, _PERCENT)
        return figure if figure in self.muted else f"{figure} ({bounds}) n={n}"

    def _domain_title(
        self,
        domain: Domain,
        groups: Mapping[str, Mapping[Finding, Cell | None]],
        findings: Sequence[Finding],
    ) -> str:
        write, phrases = self.writer, self.writer.phrases
        name = domain.title[self._language]
        if len(groups) < 2:
            return phrases("title_domain_one", domain=name)
        best: tuple[float, str, str, str, Cell, Cell] | None = None
        for finding in findings:
            shown = [
                (group, cell)
                for group, cells in groups.items()
                if (cell := cells[finding]) is not None and cell.shown and (cell.n or 0) >= FEW / 3
            ]
            if len(shown) < 2:
                continue
            top = max(shown, key=lambda pair: pair[1].estimate or 0.0)
            bottom = min(shown, key=lambda pair: pair[1].estimate or 0.0)
            gap = (top[1].low or 0.0) - (bottom[1].high or 0.0)
            if gap > 0 and (best is None or gap > best[0]):
                mark = write.labels.mark(finding.question, finding.option)
                best = (gap, mark, top[0], bottom[0], top[1], bottom[1])
        if best is None:
            return phrases("title_domain_overlap", domain=name)
        _, mark, high, low, most, least = best
        ends = self._ends(
            (write.labels.group(domain.by, high), most, write.labels.group(domain.by, low), least)
        )
        return phrases(
            "title_domain_apart",
            domain=name,
            mark=mark,
            top=ends["top"],
            high=ends["high"],
            bottom=ends["bottom"],
            low=ends["low"],
        )

    # ---- heat map -------------------------------------------------------------------------

    def heat_maps(self) -> list[Figure]:
        """Mean scores of nodes by the first break-down, as shares of the most."""
        if not self.writer.content.domains:
            return []
        domain = self.writer.content.domains[0]
        figures = []
        for model in self.writer.content.models:
            figures += self._heat_of(model, domain)
        return figures

    def _heat_of(self, model: Model, domain: Domain) -> list[Figure]:
        write = self.writer
        nodes = [
            node
            for node in model.shown
            if (cell := write.estimates.cell(f"{model.id}:{node.id}", statistic="mean"))
            and cell.shown
        ]
        groups = self._heat_groups(model, domain, nodes)
        if not nodes or not groups:
            return []
        branches = [node for node in nodes if node.of]
        leaves = [node for node in nodes if not node.of]
        phrases = write.phrases
        parts = [
            (phrases("heat_overview"), part) for part in _chunks(branches[::-1], _HEAT_COLUMNS)
        ]
        chunks = _chunks(leaves, _HEAT_COLUMNS)
        parts += [
            (phrases("heat_leaves", part=place, parts=len(chunks)), part)
            for place, part in enumerate(chunks, start=1)
        ]
        return [
            self._heat(model, domain, groups, part, f"{place}", name)
            for place, (name, part) in enumerate(parts, start=1)
            if part
        ]

    def _heat_groups(self, model: Model, domain: Domain, nodes: Sequence[Node]) -> list[str]:
        """Groups with any number, the highest total first."""

        def total(group: str) -> float:
            cell = self._node_cell(model, "total", domain.by, group)
            return cell.estimate if cell is not None and cell.estimate is not None else -1.0

        shown = [
            group
            for group in domain.groups
            if any(
                (cell := self._node_cell(model, node.id, domain.by, group)) is not None
                and cell.shown
                for node in nodes
            )
        ]
        return sorted(shown, key=lambda group: -total(group))

    def _node_cell(self, model: Model, node: str, by: str = "", group: str = "") -> Cell | None:
        question = f"{model.id}:{node}"
        return self.writer.estimates.cell(question, statistic="mean", by=by, group=group)

    def _heat(
        self,
        model: Model,
        domain: Domain,
        groups: Sequence[str],
        nodes: Sequence[Node],
        place: str,
        part: str,
    ) -> Figure:
        write, phrases = self.writer, self.writer.phrases
        cells, rows = [], []
        for group in ("", *groups):
            by = domain.by if group else ""
            name = write.labels.group(by, group) if group else phrases("heat_city")
            total = self._node_cell(model, "total", by, group)
            n = count(total.n) if total is not None and total.n is not None and total.shown else "–"
            words = [f"{name} n={n}"]
            for node in nodes:
                cell = self._node_cell(model, node.id, by, group)
                text, share = self._heat_words(cell, float(node.max))
                column = node.title[self._language]
                cells.append(HeatCell(row=f"{name} n={n}", column=column, share=share, text=text))
                words.append(text)
            rows.append(tuple(words))
        title = phrases("heat_part", title=self._heat_title(model, nodes), part=part)
        table = Table(
            caption=title,
            heads=(domain.title[self._language], *(node.title[self._language] for node in nodes)),
            rows=tuple(rows),
            numeric=frozenset(range(1, len(nodes) + 1)),
            muted=frozenset({"*", "–"}),
        )
        legend = [phrases("legend_heat")]
        missing = [write.labels.group(domain.by, g) for g in domain.groups if g not in groups]
        if missing:
            legend.append(phrases("heat_withheld", groups=phrases("list_comma").join(missing)))
        return Figure(
            id=f"figure-heat-{model.id}-{place}",
            title=title,
            caption=_join(self._language, legend),
            alt=_alt(title, table),
            wide=charts.heat_map(cells, font=self.font, upright=self._language == "zh"),
            narrow=None,
            table=table,
        )

    @staticmethod
    def _heat_words(cell: Cell | None, most: float) -> tuple[str, float | None]:
        if cell is not None and cell.withheld:
            return "*", None
        if cell is None or cell.estimate is None:
            return "–", None
        share = cell.estimate / most
        return f"{round(100 * share) + 0}", share

    def _heat_title(self, model: Model, nodes: Sequence[Node]) -> str:
        write = self.writer
        shares = [
            (node.title[self._language], share)
            for node in nodes
            if node.id != "total"
            and (share := self._heat_words(self._node_cell(model, node.id), float(node.max))[1])
            is not None
        ]
        if not shares:
            return model.title[self._language]
        top = max(shares, key=lambda pair: pair[1])
        bottom = min(shares, key=lambda pair: pair[1])
        return write.phrases(
            "title_heat",
            model=model.title[self._language],
            top=top[0],
            high=percent(top[1], n=None, language=self._language),
            bottom=bottom[0],
            low=percent(bottom[1], n=None, language=self._language),
        )

    # ---- peers ----------------------------------------------------------------------------

    def peers(self) -> list[Figure]:
        """How total scores are spread among peers, one figure a model."""
        figures = []
        for model in self.writer.content.models:
            frame = self.writer.content.peers.filter(
                (pl.col("model") == model.id) & (pl.col("node") == "total")
            )
            if frame.height:
                figures.append(self._peers_of(model, frame))
        return figures

    def _peers_of(self, model: Model, frame: pl.DataFrame) -> Figure:
        write, phrases = self.writer, self.writer.phrases
        scale = write.labels.scale(f"{model.id}:total", "mean")
        rows: list[StripRow] = []
        words: list[tuple[str, ...]] = []
        named: list[tuple[str, float, str]] = []
        kinds = frame.get_column("by").fill_null("").unique(maintain_order=True).to_list()
        for by in kinds:
            if len(kinds) > 1 and by:
                heading = " · ".join(write.labels.domain(part) for part in by.split("+"))
                rows.append(StripRow(label=heading, heading=True))
            part = frame.filter(pl.col("by").fill_null("") == by)
            for row in part.sort("median", descending=True).iter_rows(named=True):
                name = (
                    write.labels.group(by, row["group"] or "")
                    if row["group"]
                    else phrases("whole_city")
                )
                median = scale.write(row["median"], n=row["n"], language=self._language)
                rows.append(_strip(name, f"{median}  n={count(row['n'])}", row))
                named.append((name, row["median"], median))
                words.append((name, count(row["n"]), *self._spread(row, scale)))
        title = self._peers_title(model, named)
        table = Table(
            caption=title,
            heads=(
                phrases("h_group"),
                phrases("h_n"),
                phrases("h_quantiles"),
                phrases("h_interval", confidence=write.confidence),
            ),
            rows=tuple(words),
            numeric=frozenset({1, 2, 3}),
            muted=self.muted,
        )
        most = float(model.by_id["total"].max)
        axis = Axis(low=0, high=most, format="~g")
        wide, narrow = (
            charts.strips(rows, axis=axis, font=self.font, narrow=slim) for slim in (False, True)
        )
        return Figure(
            id=f"figure-peers-{model.id}",
            title=title,
            caption=phrases("legend_strips", confidence=write.confidence),
            alt=_alt(title, table),
            wide=wide,
            narrow=narrow,
            table=table,
        )

    def _spread(self, row: Mapping[str, float | None], scale: Scale) -> tuple[str, str]:
        names = ("p10", "p25", "median", "p75", "p90")
        written = [
            "–" if (q := row[k]) is None else scale.write(q, n=row["n"], language=self._language)
            for k in names
        ]
        low, high = row["median_low"], row["median_high"]
        if low is None or high is None:
            return " / ".join(written), "–"
        bounds = interval(low, high, scale, n=row["n"], language=self._language)
        return " / ".join(written), bounds

    def _peers_title(self, model: Model, named: Sequence[tuple[str, float, str]]) -> str:
        top = max(named, key=lambda one: one[1])
        bottom = min(named, key=lambda one: one[1])
        key = "title_peers" if top[0] != bottom[0] else "title_peers_one"
        return self.writer.phrases(
            key,
            model=model.title[self._language],
            top=top[0],
            high=top[2],
            bottom=bottom[0],
            low=bottom[2],
        )

    # ---- benchmarks -----------------------------------------------------------------------

    def benchmarks(self) -> list[Figure | Paragraph]:
        """Ours beside theirs, one figure for each unit."""
        frame = self.writer.content.benchmarks
        if not frame.height:
            return [Paragraph(self.writer.phrases("no_benchmarks"))]
        units = frame.get_column("unit").fill_null("").unique(maintain_order=True).to_list()
        return [
            self._benchmark(frame.filter(pl.col("unit").fill_null("") == unit), unit, str(place))
            for place, unit in enumerate(units, start=1)
        ]

    def _benchmark(self, frame: pl.DataFrame, unit: str, place: str) -> Figure:
        write, phrases, language = self.writer, self.writer.phrases, self._language
        scale, axis = _unit_scale(unit, frame)
        rows: list[DotRow] = []
        words: list[tuple[str, ...]] = []
        verdicts = {"above": 0, "below": 0, "same": 0}
        for row in frame.iter_rows(named=True):
            ours, low, high, theirs, n = (
                row[k] for k in ("ours", "ci_low", "ci_high", "theirs", "n")
            )
            name = row[f"indicator_{language}"]
            other = "–" if theirs is None else scale.write(theirs, n=None, language=language)
            if ours is None:
                rows.append(DotRow(label=name, text=phrases("withheld"), other=theirs))
                mine, bounds = phrases("withheld"), "–"
            else:
                mine = scale.write(ours, n=n, language=language)
                low, high = (ours if b is None else b for b in (low, high))
                bounds = interval(low, high, scale, n=n, language=language)
                rows.append(
                    DotRow(
                        label=name,
                        text=f"{mine} / {other}",
                        estimate=ours,
                        low=low,
                        high=high,
                        other=theirs,
                    )
                )
                if theirs is not None:
                    verdicts[_verdict(low, high, theirs)] += 1
            words.append(
                (
                    name,
                    mine,
                    bounds,
                    "–" if n is None else count(n),
                    other,
                    str(row["year"] or "–"),
                    row["source"] or "–",
                    phrases.either(
                        f"confidence_{row['confidence']}", str(row["confidence"] or "–")
                    ),
                    row[f"comparable_{language}"] or "–",
                )
            )
        title = phrases("title_benchmarks", total=sum(verdicts.values()), **verdicts)
        table = Table(
            caption=title,
            heads=tuple(
                phrases(key, confidence=write.confidence)
                for key in (
                    "h_indicator",
                    "h_ours",
                    "h_interval",
                    "h_n",
                    "h_theirs",
                    "h_year",
                    "h_source",
                    "x_known",
                    "h_comparable",
                )
            ),
            rows=tuple(words),
            numeric=frozenset({1, 2, 3, 4, 5}),
            muted=self.muted,
        )
        legend = [phrases("legend_benchmarks", confidence=write.confidence)]
        return self._dots(f"benchmarks-{place}", title, rows, legend, table, axis=axis)


def _strip(name: str, text: str, row: Mapping[str, float | None]) -> StripRow:
    values = [row[k] for k in ("p10", "p25", "median", "p75", "p90")]
    known = tuple(v for v in values if v is not None)
    quantiles = (known[0], known[1], known[2], known[3], known[4]) if len(known) == 5 else None
    return StripRow(
        label=name,
        text=text,
        quantiles=quantiles,
        median_low=row["median_low"],
        median_high=row["median_high"],
    )


def _unit_scale(unit: str, frame: pl.DataFrame) -> tuple[Scale, Axis]:
    """How a benchmark's numbers are written, and their axis."""
    if unit in ("fraction", "proportion", "share"):
        return _PERCENT, _SHARES
    if unit in ("percent", "per cent", "%"):
        ticks = (0.0, 25.0, 50.0, 75.0, 100.0)
        return Scale(kind="share"), Axis(low=0, high=100, format="~g", ticks=ticks, suffix="%")
    columns = ("ours", "ci_high", "theirs")
    most = max((frame.get_column(c).cast(pl.Float64).max() or 0.0) for c in columns)
    return Scale(kind="plain", span=float(str(most))), Axis(
        low=0, high=float(str(most)) or 1.0, format="~g"
    )


def _verdict(low: float, high: float, theirs: float) -> str:
    if low > theirs:
        return "above"
    return "below" if high < theirs else "same"


def _chunks(items: Sequence[T], most: int) -> list[list[T]]:
    """Cut into parts of at most ``most``, as even as can be."""
    if not items:
        return []
    parts = -(-len(items) // most)
    size = -(-len(items) // parts)
    return [list(items[i : i + size]) for i in range(0, len(items), size)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _join(language: Language, sentences: Sequence[str]) -> str:
    return ("" if language == "zh" else " ").join(sentences)


def _alt(title: str, table: Table) -> str:
    """Say a picture in words: its title and its first numbers; the rest is in the table."""
    lines = [f"{row[0]} {row[1]}" if len(row) > 1 else row[0] for row in table.rows[:8]]
    more = "…" if len(table.rows) > 8 else ""
    return f"{title}. " + "; ".join(lines) + more
