"""Open any file of answers as a table of raw cells: CSV, XLSX, XLS, ODS, Parquet, SPSS.

Decides what kind of file it is (by content, not by name), on which sheets the table stands
and which row is its header. Does not decide what a column or a cell means
(``taji.survey.intake``): cells leave here as text, except Parquet's, which keep their types.

The frames of a table have a column ``row`` (the row as a spreadsheet shows it; the number of
the case where a file has no header row), one column per header named by its place ``"0"``,
``"1"``, …, and ``overflow`` where a row had filled cells beyond the header.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Literal

import polars as pl

from taji.store.delimited import detect_delimiter, detect_encoding, frames, records
from taji.store.isolated import read_apart
from taji.store.parquet import parquet_batches, parquet_names
from taji.store.records import Record, frame_of
from taji.store.spss import SpssHead
from taji.store.unreadable import (
    DamagedError,
    EmptyFileError,
    FileMissingError,
    SeveralSheetsError,
    SheetMissingError,
    UnknownKindError,
)

__all__ = [
    "BATCH_ROWS",
    "Kind",
    "RawTable",
    "TableSource",
    "open_table",
    "open_tables",
    "read_table",
]

Kind = Literal["csv", "xlsx", "xls", "xlsb", "ods", "parquet", "spss"]
#: Says how many of these cells are names that the reader knows.
Recognise = Callable[[Sequence[str]], int]

#: Rows of a batch: large enough that work per batch vanishes, small beside any memory. [rows]
BATCH_ROWS = 50_000
#: Titles and notes above a header take a few rows. [rows]
HEADER_SEARCH_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """A table that can be read batch by batch, more than once.

    Attributes
    ----------
    file, sheet : str, str or None
        Where it stands; ``sheet`` is None for files without sheets.
    kind : Kind
        What the content is, whatever the file is called.
    headers : tuple of str
        Cells of the header row, in order; empty text where a cell is blank.
    header_row : int or None
        Row of the header as a spreadsheet shows it; None where the format has names instead.
    encoding : str or None
        Encoding of a text file.
    labels : mapping of int to str
        Long labels of columns by place (SPSS).
    value_labels : mapping of int to mapping
        Labels of the codes of a column, by place (SPSS).
    """

    file: str
    sheet: str | None
    kind: Kind
    headers: tuple[str, ...]
    header_row: int | None
    encoding: str | None = None
    labels: Mapping[int, str] = field(default_factory=dict)
    value_labels: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    open: Callable[[], Iterator[pl.DataFrame]] = field(repr=False)

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the rows under the header; rows without any content are left out."""
        return self.open()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """A table read whole: its source, and one frame of all rows."""

    source: TableSource
    frame: pl.DataFrame


def read_table(
    path: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    recognise: Recognise | None = None,
) -> RawTable:
    """Read the one table of a file whole.

    Parameters
    ----------
    path, sheet, encoding, recognise
        As for ``open_tables``.

    Raises
    ------
    SeveralSheetsError
        If more than one sheet looks like the table.
    UnreadableError
        As ``open_tables``.
    """
    source = open_table(path, sheet=sheet, encoding=encoding, recognise=recognise)
    frames = list(source.batches())
    if frames:
        return RawTable(source=source, frame=pl.concat(frames, how="diagonal_relaxed"))
    names = {str(place): pl.String for place in range(len(source.headers))}
    return RawTable(source=source, frame=pl.DataFrame(schema={"row": pl.Int64, **names}))


def open_table(
    path: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    recognise: Recognise | None = None,
) -> TableSource:
    """Open the one table of a file; parameters and errors as for ``read_table``."""
    sources = open_tables(path, sheet=sheet, encoding=encoding, recognise=recognise)
    if len(sources) > 1:
        names = ", ".join(str(source.sheet) for source in sources)
        raise SeveralSheetsError(file=Path(path).name, sheets=names)
    return sources[0]


def open_tables(
    path: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    recognise: Recognise | None = None,
) -> tuple[TableSource, ...]:
    """Open every table of a file.

    Parameters
    ----------
    path : str or Path
        The file. Its kind is told by its content; the suffix is not asked.
    sheet : str, optional
        The only sheet to read. Otherwise every visible sheet on which ``recognise`` knows at
        least half as many names as on the best one (a sheet per district, say).
    encoding : str, optional
        Encoding of a text file; otherwise UTF-8 (or what its mark says), then GB18030.
    recognise : callable, optional
        How many of a row's cells are known names: the header is the first row that has most
        of them. Without it the header is the first row with content.

    Returns
    -------
    tuple of TableSource
        At least one.

    Raises
    ------
    UnreadableError
        One of its kinds: the file is missing, empty, of an unknown kind, damaged, encrypted,
        too large, or in no known encoding. Text may also break in ``TableSource.batches``.
    """
    path = Path(path)
    kind = _kind(path)
    if sheet is not None and kind not in ("xlsx", "xls", "xlsb", "ods"):
        raise SheetMissingError(file=path.name, sheet=sheet, sheets="-")
    if kind == "csv":
        return (_open_csv(path, encoding, recognise),)
    if kind == "parquet":
        return (_open_parquet(path),)
    if kind == "spss":
        return (_open_spss(path, encoding),)
    return _open_workbook(path, kind, sheet, recognise)


# --- kinds ---------------------------------------------------------------------------------

_NOT_TABLES = {
    b"%PDF": "PDF",
    b"\x1f\x8b": "gzip",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"SQLite format 3": "SQLite",
    b"\x7fELF": "ELF",
    b"MZ": "EXE",
}


def _kind(path: Path) -> Kind:
    """Tell the kind of a file by its first bytes."""
    try:
        with path.open("rb") as handle:
            head = handle.read(512)
    except OSError as error:
        problem = "folder" if path.is_dir() else "permission" if path.exists() else "absent"
        raise FileMissingError(file=str(path), problem=problem) from error
    if not head:
        raise EmptyFileError(file=path.name)
    if head.startswith(b"PK"):
        return _zipped_kind(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "xls"
    if head.startswith((b"PAR1", b"PARE")):
        return "parquet"
    if head.startswith((b"$FL2", b"$FL3")):
        return "spss"
    looks = next((name for mark, name in _NOT_TABLES.items() if head.startswith(mark)), None)
    if looks is None and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"{\\rtf")):
        looks = "HTML/XML" if b"<" in head[:8] else "RTF"
    if looks is not None:
        raise UnknownKindError(file=path.name, looks=looks)
    return "csv"


def _zipped_kind(path: Path) -> Kind:
    from taji.store.archives import SafeArchive

    archive = SafeArchive(path, "zip")
    try:
        names = {name.lower() for name in archive.entries}
    finally:
        archive.close()
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "xl/workbook.xml" in names or any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    raise UnknownKindError(file=path.name, looks="zip")


# --- text ----------------------------------------------------------------------------------


def _open_csv(path: Path, encoding: str | None, recognise: Recognise | None) -> TableSource:
    encoding = detect_encoding(path, encoding)
    delimiter = detect_delimiter(path, encoding, recognise)
    head = list(islice(records(path, encoding, delimiter), HEADER_SEARCH_ROWS))
    found = _header(head, recognise)
    if found is None:
        raise EmptyFileError(file=path.name)
    row, headers = found

    def batches() -> Iterator[pl.DataFrame]:
        return frames(path, encoding, delimiter, skip=row, width=len(headers))

    return TableSource(
        file=path.name,
        sheet=None,
        kind="csv",
        headers=headers,
        header_row=row,
        encoding=encoding,
        open=batches,
    )


# --- workbooks -----------------------------------------------------------------------------


def _open_workbook(
    path: Path, kind: Kind, sheet: str | None, recognise: Recognise | None
) -> tuple[TableSource, ...]:
    sheets: dict[str, list[_Block]] = {}
    for part in read_apart("workbook", path.resolve(), kind=kind, sheet=sheet):
        assert isinstance(part, tuple)
        name, first, cells = part
        sheets.setdefault(name, []).append((first, cells))
    found: list[tuple[int, TableSource]] = []
    for name, blocks in sheets.items():
        header = _header(islice(_numbered(blocks), HEADER_SEARCH_ROWS), recognise)
        if header is None:
            continue
        row, headers = header
        parts = tuple(_under(blocks, row, len(headers)))
        source = TableSource(
            file=path.name,
            sheet=name,
            kind=kind,
            headers=headers,
            header_row=row,
            open=partial(iter, parts),
        )
        found.append((recognise(headers) if recognise else 0, source))
        blocks.clear()
    if not found:
        raise EmptyFileError(file=path.name)
    if recognise is None:
        return (found[0][1],)
    best = max(known for known, _ in found)
    return tuple(s for known, s in found if known * 2 >= best and known > 0) or (found[0][1],)


_Block = tuple[int, list[list[str | None]]]


def _under(blocks: Iterable[_Block], header: int, width: int) -> Iterator[pl.DataFrame]:
    """Yield the rows under the header."""
    for first, cells in blocks:
        over = max(header + 1 - first, 0)
        frame = frame_of(first + over, cells[over:], width)
        if frame.height:
            yield frame


def _numbered(blocks: Iterable[_Block]) -> Iterator[Record]:
    return chain.from_iterable(enumerate(cells, start=first) for first, cells in blocks)


# --- typed files ---------------------------------------------------------------------------


def _open_parquet(path: Path) -> TableSource:
    names = parquet_names(path)
    if not names:
        raise EmptyFileError(file=path.name)

    def batches() -> Iterator[pl.DataFrame]:
        first = 1
        for frame in parquet_batches(path, BATCH_ROWS):
            yield _with_rows(frame, first)
            first += frame.height

    return TableSource(
        file=path.name, sheet=None, kind="parquet", headers=names, header_row=None, open=batches
    )


def _open_spss(path: Path, encoding: str | None) -> TableSource:
    parts = read_apart("spss", path.resolve(), kind="SPSS", encoding=encoding)
    head = next(parts, None)
    if not isinstance(head, SpssHead):
        raise DamagedError(file=path.name, kind="SPSS", problem="reader")
    frames: list[pl.DataFrame] = []
    first = 1
    for columns in parts:
        assert isinstance(columns, list)
        frame = pl.DataFrame(
            {str(i): pl.Series(values, dtype=pl.String) for i, values in enumerate(columns)}
        )
        frames.append(_with_rows(frame, first))
        first += frame.height
    if not head.names:
        raise EmptyFileError(file=path.name)
    return TableSource(
        file=path.name,
        sheet=None,
        kind="spss",
        headers=head.names,
        header_row=None,
        labels=head.labels,
        value_labels=head.value_labels,
        open=partial(iter, tuple(frames)),
    )


def _with_rows(frame: pl.DataFrame, first: int) -> pl.DataFrame:
    return frame.select(
        pl.int_range(first, first + frame.height, dtype=pl.Int64, eager=True).alias("row"),
        pl.all(),
    )


# --- records to frames ---------------------------------------------------------------------


def _header(
    head: Iterable[Record], recognise: Recognise | None
) -> tuple[int, tuple[str, ...]] | None:
    """Return the row and the cells of the header, or None where nothing has content."""
    best: tuple[int, int, tuple[str, ...]] | None = None
    for row, record in head:
        cells = tuple((cell or "").strip() for cell in record)
        if not any(cells):
            continue
        known = recognise(cells) if recognise else 0
        if best is None or known > best[0]:
            best = (known, row, cells)
    if best is None:
        return None
    _, row, cells = best
    while not cells[-1]:
        cells = cells[:-1]
    return row, cells
