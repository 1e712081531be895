"""The portrait as a workbook: data to calculate with, and the notes that go with them.

Every sheet says in its first row whether the data are simulated, has its heads in the
reader's language and, under them, the names that ``estimates.csv`` and the code use. Text is
always text: a label that begins with ``=`` is no formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from taji.base.text import Language
from taji.report.blocks import Bullets, Facts, Notice, Paragraph
from taji.report.content import PortraitContent
from taji.report.estimates import Cell
from taji.report.labels import split_node
from taji.report.notes import design_facts, limits, model_notes, provenance
from taji.report.numbers import WHOLE_PERCENT_BELOW
from taji.report.sentences import Writer, published_share
from taji.report.story import writer_of

__all__ = ["write_xlsx"]

#: A fixed moment, so that the same portrait is the same bytes whenever it is written.
_CREATED = datetime(2000, 1, 1)
_WIDTHS: Mapping[str, int] = {"text": 34, "label": 22, "id": 16, "number": 12, "wide": 90}


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: the name in the code, the phrase of its head, how its cells are shown."""

    name: str
    phrase: str
    kind: str = "label"


class _Book:
    """An open workbook with its formats."""

    def __init__(self, path: Path | str, write: Writer) -> None:
        options = {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        }
        self.write = write
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties(
            {
                "title": write.phrases("title", city=write.content.city[write.language]),
                "comments": write.phrases("banner") if write.content.simulated else "",
                "created": _CREATED,
            }
        )
        add = self._book.add_format
        wrap = {"text_wrap": True, "valign": "top"}
        self.plain: Format = add({"valign": "top"})
        self.wrapped: Format = add(wrap)
        self.bold: Format = add({"bold": True})
        self.head: Format = add({"bold": True, "bottom": 1, "bg_color": "#F3F6F9", **wrap})
        self.key: Format = add({"italic": True, "font_color": "#4D5965", "bottom": 2})
        self.notice: Format = add({"bold": True, "font_color": "#7A1F00", "bg_color": "#FFF1E0"})
        self.withheld: Format = add({"italic": True, "font_color": "#4D5965", "align": "right"})
        self.numbers: dict[str, Format] = {
            name: add({"num_format": pattern, "valign": "top"})
            for name, pattern in {
                "whole": "0%",
                "tenth": "0.0%",
                "count": "#,##0",
                "score": "0.00",
                "money": "#,##0",
            }.items()
        }

    def close(self) -> None:
        self._book.close()

    def sheet(self, phrase: str, columns: Sequence[_Column]) -> Worksheet:
        """Add a sheet with its three heads, frozen under them."""
        phrases, content = self.write.phrases, self.write.content
        sheet = self._book.add_worksheet(phrases(phrase)[:31])
        title = phrases("title", city=content.city[self.write.language])
        notice = phrases("banner") if content.simulated else f"{title} · {content.period}"
        sheet.write_string(0, 0, notice, self.notice if content.simulated else self.bold)
        for place, column in enumerate(columns):
            sheet.write_string(1, place, phrases(column.phrase), self.head)
            sheet.write_string(2, place, column.name, self.key)
            sheet.set_column(place, place, _WIDTHS[column.kind])
        sheet.freeze_panes(3, 1)
        sheet.hide_gridlines(2)
        sheet.repeat_rows(0, 2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def rows(
        self,
        sheet: Worksheet,
        columns: Sequence[_Column],
        rows: Iterable[tuple[Sequence[Any], Format]],
    ) -> None:
        """Write rows; the format of a row is that of its numbers."""
        last = 2
        for last, (row, number) in enumerate(rows, start=3):
            for place, (value, column) in enumerate(zip(row, columns, strict=True)):
                self._cell(sheet, last, place, value, column, number)
        if last > 2:
            sheet.autofilter(2, 0, last, len(columns) - 1)

    def _cell(
        self, sheet: Worksheet, row: int, place: int, value: Any, column: _Column, number: Format
    ) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, place, value)
        elif isinstance(value, int | float):
            sheet.write_number(row, place, value, number if column.kind == "number" else None)
        elif column.kind == "number":
            sheet.write_string(row, place, value, self.withheld)
        else:
            wrap = column.kind in ("text", "wide")
            sheet.write_string(row, place, str(value), self.wrapped if wrap else self.plain)


_ESTIMATES = (
    _Column("question", "x_question_id", "id"),
    _Column("", "x_question", "text"),
    _Column("option", "x_option", "id"),
    _Column("", "x_answer"),
    _Column("statistic", "x_statistic", "id"),
    _Column("by", "x_by", "id"),
    _Column("group", "x_group", "id"),
    _Column("", "x_group_name"),
    _Column("estimate", "x_estimate", "number"),
    _Column("se", "x_se", "number"),
    _Column("ci_low", "x_ci_low", "number"),
    _Column("ci_high", "x_ci_high", "number"),
    _Column("confidence", "x_confidence", "number"),
    _Column("n", "x_n", "number"),
    _Column("base", "x_base", "number"),
    _Column("deff", "x_deff", "number"),
    _Column("suppressed", "x_suppressed", "id"),
)


def write_xlsx(content: PortraitContent, path: Path | str, *, language: Language) -> None:
    """Write ``portrait.xlsx``: data in full precision, notes, provenance.

    Parameters
    ----------
    content : PortraitContent
        What the portrait says.
    path : Path or str
        File to write.
    language : {"zh", "en"}
        Language of the reader.
    """
    write = writer_of(content, language)
    book = _Book(path, write)
    _findings(book)
    _estimates(book)
    _levels(book)
    _peers(book)
    _benchmarks(book)
    _method(book)
    _provenance(book)
    book.close()


def _share_format(book: _Book, n: float | None) -> Format:
    return book.numbers["whole" if n is None or n < WHOLE_PERCENT_BELOW else "tenth"]


def _shares(book: _Book, cell: Cell | None) -> list[Any]:
    """Estimate, interval, n and base of a cell; a withheld one says so."""
    if cell is not None and cell.withheld:
        return [book.write.phrases("withheld"), None, None, None, None]
    if cell is None:
        return [None] * 5
    return [cell.estimate, cell.low, cell.high, cell.n, cell.base]


_SHARE_COLUMNS = (
    _Column("estimate", "x_estimate", "number"),
    _Column("ci_low", "x_ci_low", "number"),
    _Column("ci_high", "x_ci_high", "number"),
)
#: Counts stand in columns of kind id, so that the row's per cent format leaves them alone.
_COUNT_COLUMNS = (_Column("n", "x_n", "id"), _Column("base", "x_base", "id"))


def _findings(book: _Book) -> None:
    write = book.write
    columns = (
        _Column("", "h_finding", "text"),
        *_SHARE_COLUMNS,
        *_COUNT_COLUMNS,
        _Column("published", "x_published", "number"),
        _Column("", "x_sentence", "wide"),
    )
    sheet = book.sheet("sheet_findings", columns)
    lines = write.findings()
    rows: list[tuple[Sequence[Any], Format]] = []
    findings = write.content.questionnaire.findings
    for finding, line in zip(findings, lines, strict=False):
        cell = write.cell_of(finding)
        note = write.join([s for s in (line.sentence, line.published, line.warning) if s])
        rows.append(
            (
                (
                    finding.statement[write.language],
                    *_shares(book, cell),
                    published_share(finding.published),
                    note,
                ),
                _share_format(book, cell.n if cell else None),
            )
        )
    rows += [
        ((line.figure, *[None] * 6, line.sentence), book.numbers["score"])
        for line in lines[len(findings) :]
    ]
    book.rows(sheet, columns, rows)


def _estimates(book: _Book) -> None:
    sheet = book.sheet("sheet_estimates", _ESTIMATES)
    withheld = book.write.phrases("withheld")
    number = book.numbers["score"]
    for row, values in enumerate(book.write.content.estimates.iter_rows(named=True), start=3):
        _estimate(book, sheet, row, values, withheld, number)
    sheet.autofilter(2, 0, max(3, 2 + book.write.content.estimates.height), len(_ESTIMATES) - 1)


def _estimate(
    book: _Book,
    sheet: Worksheet,
    row: int,
    values: Mapping[str, Any],
    withheld: str,
    score: Format,
) -> None:
    labels, statistic = book.write.labels, values["statistic"]
    question, option = values["question"], values["option"] or ""
    by, group = values["by"] or "", values["group"] or ""
    share = labels.scale(question, statistic).kind == "percent"
    number = _share_format(book, values["n"]) if share else score
    words = {
        0: question,
        1: labels.question(question),
        2: option,
        3: labels.option(question, option) if option else "",
        4: statistic,
        5: by,
        6: group,
        7: labels.group(by, group) if group else book.write.phrases("whole_city"),
    }
    for place, word in words.items():
        if word:
            sheet.write_string(row, place, word)
    formats = {
        "confidence": book.numbers["whole"],
        "n": book.numbers["count"],
        "base": book.numbers["count"],
        "deff": score,
    }
    for place, column in enumerate(_ESTIMATES[8:16], start=8):
        value = values.get(column.name)
        if value is not None:
            sheet.write_number(row, place, value, formats.get(column.name, number))
        elif values["suppressed"] and column.name == "estimate":
            sheet.write_string(row, place, withheld, book.withheld)
    sheet.write_boolean(row, 16, bool(values["suppressed"]))


def _levels(book: _Book) -> None:
    write = book.write
    columns = (
        _Column("", "x_model", "text"),
        _Column("level", "x_level", "id"),
        _Column("", "x_level_name"),
        _Column("by", "x_by", "id"),
        _Column("", "x_group_name"),
        *_SHARE_COLUMNS,
        *_COUNT_COLUMNS,
    )
    sheet = book.sheet("sheet_levels", columns)
    rows: list[tuple[Sequence[Any], Format]] = []
    for cell in write.estimates:
        pair = split_node(cell.key.question)
        if pair is None or pair[1] != "total" or cell.key.statistic != "proportion":
            continue
        key = cell.key
        group = write.labels.group(key.by, key.group) if key.group else write.phrases("whole_city")
        name = write.labels.level(pair[0], key.option)
        rows.append(
            (
                (
                    write.labels.model(pair[0]),
                    key.option,
                    name,
                    key.by,
                    group,
                    *_shares(book, cell),
                ),
                _share_format(book, cell.n),
            )
        )
    book.rows(sheet, columns, rows)


def _peers(book: _Book) -> None:
    write, score = book.write, book.numbers["score"]
    numbers = ("p10", "p25", "median", "p75", "p90", "median_low", "median_high")
    columns = (
        _Column("model", "x_model", "text"),
        _Column("node", "x_node", "id"),
        _Column("", "x_node_name"),
        _Column("by", "x_by", "id"),
        _Column("group", "x_group", "id"),
        _Column("", "x_group_name"),
        _Column("n", "x_n", "id"),
        *(_Column(name, f"x_{name}", "number") for name in numbers),
    )
    sheet = book.sheet("sheet_peers", columns)
    rows: list[tuple[Sequence[Any], Format]] = []
    for row in write.content.peers.iter_rows(named=True):
        by, group = row["by"] or "", row["group"] or ""
        name = write.labels.group(by, group) if group else write.phrases("whole_city")
        head = (
            write.labels.model(row["model"]),
            row["node"],
            write.labels.node(row["model"], row["node"]),
            by,
            group,
            name,
            row["n"],
        )
        rows.append(((*head, *(row[name] for name in numbers)), score))
    book.rows(sheet, columns, rows)


def _benchmarks(book: _Book) -> None:
    write, language = book.write, book.write.language
    columns = (
        _Column("benchmark", "x_benchmark", "id"),
        _Column(f"indicator_{language}", "x_indicator", "text"),
        _Column("ours", "x_ours", "number"),
        _Column("ci_low", "x_ci_low", "number"),
        _Column("ci_high", "x_ci_high", "number"),
        _Column("n", "x_n", "id"),
        _Column("theirs", "x_theirs", "number"),
        _Column("unit", "x_unit", "id"),
        _Column("year", "x_year", "id"),
        _Column("source", "x_source", "text"),
        _Column("confidence", "x_known"),
        _Column(f"comparable_{language}", "x_comparable", "text"),
    )
    sheet = book.sheet("sheet_benchmarks", columns)
    rows: list[tuple[Sequence[Any], Format]] = []
    for row in write.content.benchmarks.iter_rows(named=True):
        number = (
            _share_format(book, row["n"]) if row["unit"] == "fraction" else book.numbers["score"]
        )
        values = {**row, "confidence": _known(write, row["confidence"])}
        if row["ours"] is None:
            values["ours"] = write.phrases("withheld")
        rows.append((tuple(values[column.name] for column in columns), number))
    book.rows(sheet, columns, rows)


def _known(write: Writer, confidence: str | None) -> str:
    return write.phrases.either(f"confidence_{confidence}", confidence or "")


_NOTES = (_Column("item", "x_item", "text"), _Column("value", "x_value", "wide"))


def _method(book: _Book) -> None:
    write = book.write
    sheet = book.sheet("sheet_method", _NOTES)
    rows: list[tuple[str, str]] = [*design_facts(write).pairs]
    rows += [(write.phrases("limits"), line) for line in limits(write).items]
    for title, blocks in model_notes(write):
        for block in blocks:
            if isinstance(block, Paragraph | Notice):
                rows.append((title, block.text))
            elif isinstance(block, Bullets):
                rows += [(title, line) for line in block.items]
            elif isinstance(block, Facts):
                rows += [*block.pairs]
    if not write.content.segments:
        note = write.content.segments_note
        text = note[write.language] if note else write.phrases("no_segments")
        rows.append((write.phrases("segments"), text))
    rows.append((write.phrases("x_suppressed"), write.phrases("tables_lead")))
    book.rows(sheet, _NOTES, [(row, book.plain) for row in rows])


def _provenance(book: _Book) -> None:
    sheet = book.sheet("sheet_provenance", _NOTES)
    write = book.write
    rows = [(write.phrases("provenance"), write.phrases("provenance_lead"))]
    rows += [*provenance(write).pairs]
    book.rows(sheet, _NOTES, [(row, book.plain) for row in rows])
