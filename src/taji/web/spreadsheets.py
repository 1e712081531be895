"""Tables that leave the platform for a spreadsheet, and never as a program for it.

A cell that begins like a formula is written as text: in XLSX by its type, in CSV behind an
apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import polars as pl
import xlsxwriter

__all__ = ["CSV", "PARQUET", "XLSX", "csv_parts", "plain_text", "safe_frame", "xlsx_bytes"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
PARQUET = "application/vnd.apache.parquet"

#: Rows of CSV that go out at once. [rows]
PART = 1_000
#: What a spreadsheet takes for the beginning of a formula or of a command.
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def plain_text(cell: Any) -> Any:
    """Return a cell of CSV that no spreadsheet runs.

    Examples
    --------
    >>> plain_text("=1+1"), plain_text("-5"), plain_text(None), plain_text(-5)
    ("'=1+1", "'-5", '', -5)
    """
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.startswith(STARTS):
        return "'" + cell
    return cell


def safe_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose text no spreadsheet runs."""
    text = pl.col(pl.String)
    runs = text.str.slice(0, 1).is_in(STARTS)
    return frame.with_columns(pl.when(runs).then("'" + text).otherwise(text).name.keep())


def csv_parts(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield CSV that Excel opens as UTF-8, some rows at a time."""
    yield "\ufeff".encode() + _lines([head])
    rest = iter(rows)
    while part := list(islice(rest, PART)):
        yield _lines([plain_text(cell) for cell in row] for row in part)


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def xlsx_bytes(
    head: Sequence[str], rows: Iterable[Sequence[Any]], *, widths: Sequence[int] = ()
) -> bytes:
    """Write a workbook of one sheet: numbers as numbers, everything else as text."""
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"in_memory": True, "constant_memory": False})
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True, "bottom": 1})
    for column, cell in enumerate(head):
        sheet.write_string(0, column, cell, bold)
    for row, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells):
            if cell is None or cell == "":
                continue
            if isinstance(cell, int | float):
                sheet.write_number(row, column, cell)
            else:
                sheet.write_string(row, column, str(cell))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    book.close()
    return held.getvalue()
