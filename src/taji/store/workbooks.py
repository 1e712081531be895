"""Read the cells of XLSX, XLS and ODS workbooks as the text that a person sees.

Decides how a cell becomes text: the value of a formula and never the formula, ``35%`` for
0.35 in a percentage format, an error such as ``#DIV/0!`` as such. Before the cells are
read, the workbook's XML is walked once in a bounded way: two cells at far corners, or one
repeated a million times, cannot make the reader fill the memory.

Runs in the reader process (``taji.store.isolated``); does not look for headers.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from xml.parsers import expat

import python_calamine as calamine

from taji.store.archives import SafeArchive
from taji.store.unreadable import PasswordNeededError, SheetMissingError, TooLargeError

__all__ = ["Cells", "read_workbook"]

#: Rows of text, each as long as the sheet is wide.
Cells = list[list[str | None]]

#: The longest of our questionnaires needs some hundreds. [columns]
COLUMNS_LIMIT = 5_000
#: Height times width of a sheet, empty cells included; beyond it CSV or Parquet serves. [cells]
CELLS_LIMIT = 30_000_000

#: Built-in number formats 0% and 0.00% of OOXML.
_PERCENT_FORMATS = {"9", "10"}
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.')
_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_BLOCK = 5_000
_Attributes = dict[str, str]
_Value = str | float | bool | dt.date | dt.time | dt.timedelta

#: What stands in a formula cell that no program has calculated yet.
UNCALCULATED = "#UNCALCULATED"


@dataclass
class _Sheet:
    """What the walk through a sheet's XML found, by row and column, from 0.

    ``percent`` are the columns of percentages, ``marks`` what stands in cells without a value.
    """

    rows: int = 0
    columns: int = 0
    percent: dict[int, list[int]] = field(default_factory=dict)
    marks: dict[int, dict[int, str]] = field(default_factory=dict)

    def mark(self, row: int, column: int, text: str) -> None:
        """Note what stands in a cell that has no value to read."""
        self.marks.setdefault(row, {})[column] = text

    def reach(self, archive: SafeArchive, row: int, column: int) -> None:
        """Note that a cell stands here, and stop when the sheet would be too large."""
        self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)
        file = archive.path.name
        if self.columns > COLUMNS_LIMIT:
            raise _too_wide(file, self.columns)
        if self.rows * self.columns > CELLS_LIMIT:
            raise _too_many(file, self.rows * self.columns)


def read_workbook(
    path: Path, kind: str, sheet: str | None = None
) -> Iterator[tuple[str, int, Cells]]:
    """Yield the visible sheets of a workbook block by block.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        ``xlsx``, ``ods``, ``xls`` or ``xlsb``, as its content says.
    sheet : str, optional
        Read this sheet only, hidden or not.

    Yields
    ------
    tuple of (str, int, Cells)
        Name of the sheet, number of the block's first row as a spreadsheet shows it, and the
        cells.

    Raises
    ------
    UnreadableError
        If the workbook is damaged, encrypted, too large, or lacks the sheet.
    """
    walked = _walk(path, kind)
    try:
        book = calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError as error:
        raise PasswordNeededError(file=path.name) from error
    names = [meta.name for meta in book.sheets_metadata]
    visible = [
        meta.name
        for meta in book.sheets_metadata
        if meta.visible == calamine.SheetVisibleEnum.Visible
        and meta.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    if sheet is not None and sheet not in names:
        raise SheetMissingError(file=path.name, sheet=sheet, sheets=", ".join(names))
    for name in visible if sheet is None else [sheet]:
        for first, cells in _blocks(path, book.get_sheet_by_name(name), walked.get(name)):
            yield name, first, cells


def _blocks(
    path: Path, sheet: calamine.CalamineSheet, walked: _Sheet | None
) -> Iterator[tuple[int, Cells]]:
    (_, left), (bottom, right) = sheet.start or (0, 0), sheet.end or (-1, -1)
    if right >= COLUMNS_LIMIT:
        raise _too_wide(path.name, right + 1)
    if (bottom + 1) * (right + 1) > CELLS_LIMIT:
        raise _too_many(path.name, (bottom + 1) * (right + 1))
    block: Cells = []
    row = -1
    for row, values in enumerate(_rows(sheet, walked)):
        cells: list[str | None] = [None] * left
        cells += map(_text, values)
        if walked is not None:
            _amend(cells, row, left, values, walked)
        block.append(cells)
        if len(block) == _BLOCK:
            yield row + 2 - len(block), block
            block = []
    if block:
        yield row + 2 - len(block), block


def _rows(sheet: calamine.CalamineSheet, walked: _Sheet | None) -> Iterator[list[_Value]]:
    """Yield the rows that hold a value, and on to the last that holds a marked cell."""
    read = 0
    if sheet.start is not None:
        for values in sheet.iter_rows():
            read += 1
            yield values
    last = max(walked.marks, default=-1) if walked else -1
    for _ in range(read, last + 1):
        yield []


def _amend(
    cells: list[str | None], row: int, left: int, values: list[_Value], walked: _Sheet
) -> None:
    """Show percentages as such, and what stands in cells without a usable value."""
    for column in walked.percent.get(row, ()):
        value = values[column - left] if left <= column < left + len(values) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            cells[column] = _percent(value)
    for column, mark in walked.marks.get(row, {}).items():
        cells += [None] * (column + 1 - len(cells))
        cells[column] = cells[column] or mark


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _percent(value: float) -> str:
    shown = (Decimal(repr(value)) * 100).normalize()
    return f"{shown:f}%"


def _walk(path: Path, kind: str) -> dict[str, _Sheet]:
    """Walk the XML of a zipped workbook; older binary kinds have none."""
    if kind == "xls":
        return {}
    archive = SafeArchive(path, kind)
    try:
        if kind == "ods":
            walked = _walk_ods(archive)
        elif kind == "xlsx":
            walked = _walk_xlsx(archive)
        else:
            walked = {}
        # Every part is unpacked once under the limits, as the reader will do without them.
        archive.check(set(archive.entries) - archive.seen)
        return walked
    finally:
        archive.close()


# --- XLSX ----------------------------------------------------------------------------------


def _walk_xlsx(archive: SafeArchive) -> dict[str, _Sheet]:
    percent = _percent_styles(archive)
    targets: dict[str, str] = {}
    sheets: list[tuple[str, str]] = []

    def relation(name: str, attributes: _Attributes) -> None:
        if name == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def listed(name: str, attributes: _Attributes) -> None:
        if name == "sheet":
            reference = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), reference))

    _parse(archive, "xl/_rels/workbook.xml.rels", relation)
    _parse(archive, "xl/workbook.xml", listed)
    walked = {}
    for name, reference in sheets:
        target = targets.get(reference, "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in archive.entries and "worksheet" in part.lower():
            walked[name] = _walk_sheet(archive, part, percent)
    # A sheet under an unexpected name is walked for its size all the same.
    for part in set(archive.entries) - archive.seen:
        if re.search(r"sheet[^/]*\.xml$", part, re.IGNORECASE):
            _walk_sheet(archive, part, percent)
    return walked


def _percent_styles(archive: SafeArchive) -> set[str]:
    """Return the indices of the cell styles that show a percentage."""
    formats, styles, inside = set(_PERCENT_FORMATS), [], [False]

    def start(name: str, attributes: _Attributes) -> None:
        if name == "numFmt":
            code = _QUOTED.sub("", attributes.get("formatCode", ""))
            (formats.add if "%" in code else formats.discard)(attributes.get("numFmtId", ""))
        elif name == "cellXfs":
            inside[0] = True
        elif name == "xf" and inside[0]:
            styles.append(attributes.get("numFmtId", "0"))

    def end(name: str) -> None:
        inside[0] = inside[0] and name != "cellXfs"

    if "xl/styles.xml" in archive.entries:
        _parse(archive, "xl/styles.xml", start, end)
    return {str(index) for index, number in enumerate(styles) if number in formats}


def _walk_sheet(archive: SafeArchive, part: str, percent: set[str]) -> _Sheet:
    sheet = _Sheet()
    row, column = -1, -1
    style: str | None = None
    formula = valued = error = False
    shown: list[str] = []

    def start(name: str, attributes: _Attributes) -> None:
        nonlocal row, column, style, formula, valued, error
        if name == "c":
            column += 1
            place = attributes.get("r")
            if place is not None:
                row, column = _place(archive, place)
            formula, valued, error = False, False, attributes.get("t") == "e"
            shown.clear()
            style = attributes.get("s")
        elif name == "row":
            number = attributes.get("r", "")
            row, column = (
                (int(number) - 1 if number.isascii() and number.isdigit() else row + 1),
                -1,
            )
        elif name == "f":
            formula = True
        elif name in ("v", "is"):
            valued = True

    def end(name: str) -> None:
        if name != "c" or not (valued or formula):  # a cell that is only painted holds nothing
            return
        sheet.reach(archive, max(row, 0), column)
        if error:
            sheet.mark(row, column, "".join(shown).strip() or "#ERROR")
        elif not valued:
            sheet.mark(row, column, UNCALCULATED)
        elif style in percent:
            sheet.percent.setdefault(row, []).append(column)

    def text(piece: str) -> None:
        if error and valued and len(shown) < 8:
            shown.append(piece[:32])

    _parse(archive, part, start, end, text)
    return sheet


def _place(archive: SafeArchive, place: str) -> tuple[int, int]:
    found = _PLACE.fullmatch(place)
    if found is None or int(found[2]) == 0:
        raise archive.damaged("cell_place")
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


# --- ODS -----------------------------------------------------------------------------------


def _walk_ods(archive: SafeArchive) -> dict[str, _Sheet]:
    walked: dict[str, _Sheet] = {}
    sheet, row, column, rows, total = _Sheet(), 0, 0, 1, 0

    def start(name: str, attributes: _Attributes) -> None:
        nonlocal sheet, row, column, rows, total
        if name == "table":
            sheet, row = walked.setdefault(attributes.get("table:name", ""), _Sheet()), 0
        elif name == "table-row":
            column, rows = 0, _repeat(archive, attributes, "table:number-rows-repeated")
        elif name in ("table-cell", "covered-table-cell"):
            times = _repeat(archive, attributes, "table:number-columns-repeated")
            kind = attributes.get("office:value-type")
            if kind is not None or "table:formula" in attributes:
                sheet.reach(archive, row + rows - 1, column + times - 1)
                total += rows * times
                if total > CELLS_LIMIT:
                    raise _too_many(archive.path.name, total)
                if kind == "percentage":
                    for down in range(rows):
                        across = range(column, column + times)
                        sheet.percent.setdefault(row + down, []).extend(across)
            column += times

    def end(name: str) -> None:
        nonlocal row
        if name == "table-row":
            row += rows

    _parse(archive, "content.xml", start, end)
    return walked


def _repeat(archive: SafeArchive, attributes: _Attributes, name: str) -> int:
    text = attributes.get(name, "1")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise archive.damaged("cell_place")
    return max(int(text), 1)


# --- XML -----------------------------------------------------------------------------------


def _parse(
    archive: SafeArchive,
    part: str,
    start: Callable[[str, _Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Walk one part with expat; names lose their prefix, entities are refused."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise archive.damaged("entities")

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, found: start(name.rpartition(":")[2], found)
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    if text is not None:
        parser.CharacterDataHandler = text
    archive.seen.add(part)
    try:
        for chunk in archive.chunks(part):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise archive.damaged("xml") from error


def _too_wide(file: str, columns: int) -> TooLargeError:
    return TooLargeError(
        file=file,
        what_en="the number of columns",
        what_zh="列数",
        value=columns,
        limit=COLUMNS_LIMIT,
    )


def _too_many(file: str, cells: int) -> TooLargeError:
    return TooLargeError(
        file=file, what_en="the number of cells", what_zh="单元格数", value=cells, limit=CELLS_LIMIT
    )
