"""Read CSV and its kin record by record: any encoding of the contract, in bounded memory.

Decides encoding, delimiter and where a record ends. A row's number is that of its record,
as a spreadsheet counts it: line breaks inside quotes do not count. Nothing is repaired by
guessing: text that does not split into records is refused from the row on where it breaks.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import polars as pl

from taji.store.records import frame_of
from taji.store.unreadable import CsvBrokenError, EncodingUnknownError, NulBytesError, TooLargeError

__all__ = ["detect_delimiter", "detect_encoding", "frames", "records"]

#: Tried in this order, each to the last byte. GB18030 holds GBK and GB 2312.
ENCODINGS = ("utf-8", "gb18030")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITERS = (",", ";", "\t")
#: Longest line that is read; a line holds no more than some hundreds of answers. [characters]
LINE_LIMIT = 1 << 22
#: As in workbooks. [columns]
COLUMNS_LIMIT = 5_000
_CHUNK = 1 << 20
_SAMPLE_RECORDS = 20
#: A batch: some ten thousand rows, small beside any memory. [characters]
_CHUNK_CHARACTERS = 1 << 22


def detect_encoding(path: Path, named: str | None = None) -> str:
    """Return the first encoding in which every byte of the file is text.

    Parameters
    ----------
    path : Path
        The file.
    named : str, optional
        The encoding, where the caller knows it: it is checked all the same.

    Raises
    ------
    EncodingUnknownError
        If the bytes are text in none of them.
    NulBytesError
        If there is a NUL among them.
    """
    with path.open("rb") as handle:
        head = handle.read(4)
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    tried = (named,) if named else (marked,) if marked else ENCODINGS
    offset = 0
    for encoding in tried:
        wrong = _first_wrong_byte(path, encoding)
        if wrong is None:
            return encoding
        offset = max(offset, wrong)
    raise EncodingUnknownError(file=path.name, tried=", ".join(tried), offset=offset)


def detect_delimiter(
    path: Path, encoding: str, recognise: Callable[[Sequence[str]], int] | None
) -> str:
    """Return the delimiter under which the head of the file shows most known names.

    Where no name is known, the one that splits most of the first records evenly.
    """

    def promise(delimiter: str) -> tuple[int, int, int]:
        head: list[list[str]] = []
        try:
            for _, record in islice(records(path, encoding, delimiter), _SAMPLE_RECORDS):
                head.append(record)
        except CsvBrokenError:  # the delimiter is told all the same, and the break again later
            pass
        except TooLargeError as error:
            return (COLUMNS_LIMIT, 1, int(str(error.fields["value"])))
        widths = [len(record) for record in head if record]
        known = max((recognise(record) for record in head), default=0) if recognise else 0
        usual = max(set(widths), key=widths.count, default=1)
        return (known, (usual > 1) * widths.count(usual), usual)

    return max(DELIMITERS, key=promise)


def frames(
    path: Path, encoding: str, delimiter: str, *, skip: int, width: int
) -> Iterator[pl.DataFrame]:
    """Yield the records after the first ``skip`` as frames of ``width`` columns.

    The file goes through in chunks. One without a quotation mark is split as a whole, by the
    same rules that ``records`` follows one record at a time.

    Raises
    ------
    CsvBrokenError, TooLargeError
        As ``records``.
    """
    row = 0
    with path.open("r", encoding=encoding, newline="") as handle:
        while chunk := handle.read(_CHUNK_CHARACTERS):
            chunk += _rest_of_line(path, handle, row)
            lines = _split_lines(chunk, delimiter, width) if row >= skip else None
            if lines is not None:
                frame = _split_cells(lines, delimiter, width, row + 1)
                row += len(lines)
            else:
                found = _split_records(path, chunk, handle, delimiter, row)
                over = max(skip - row, 0)
                frame = frame_of(row + over + 1, found[over:], width)
                row += len(found)
            if frame.height:
                yield frame


def records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every record with its number, counted from 1; an empty line is an empty record.

    Raises
    ------
    CsvBrokenError
        If quotes do not close, or a cell or line is beyond the limits.
    TooLargeError
        If a record has more cells than a table has columns.
    """
    row = 0
    with path.open("r", encoding=encoding, newline="") as handle:
        for record in _chunk_records(path, "", handle, delimiter, row, whole=True):
            row += 1
            yield row, record


def _chunk_records(
    path: Path,
    chunk: str,
    handle: io.TextIOBase,
    delimiter: str,
    row: int,
    *,
    whole: bool = False,
) -> Iterator[list[str]]:
    """Yield the records that begin in ``chunk``; a last one may go on in ``handle``.

    With ``whole``, go on to the end of the file.
    """
    inside = False

    def lines() -> Iterator[str]:
        nonlocal inside
        for line in io.StringIO(chunk, newline=""):
            inside = True
            yield line
        while (inside or whole) and (line := handle.readline(LINE_LIMIT)):
            if len(line) >= LINE_LIMIT and not line.endswith(("\n", "\r")):
                raise _LineLengthError
            inside = True
            yield line

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    try:
        while True:
            inside = False
            record = next(reader, None)
            if record is None:
                return
            row += 1
            _within(path, row, len(record))
            yield record
    except csv.Error as error:
        raise CsvBrokenError(file=path.name, row=row + 1, problem=_problem(str(error))) from error
    except _LineLengthError as error:
        raise CsvBrokenError(file=path.name, row=row + 1, problem="line") from error


def _split_records(
    path: Path, chunk: str, handle: io.TextIOBase, delimiter: str, row: int
) -> list[list[str]]:
    """Split a chunk into records at once; one by one where a record may go on behind it."""
    try:
        lines = io.StringIO(chunk, newline="")
        found = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return list(_chunk_records(path, chunk, handle, delimiter, row))
    widest = max(range(len(found)), key=lambda place: len(found[place]))
    _within(path, row + widest + 1, len(found[widest]))
    return found


def _within(path: Path, row: int, cells: int) -> None:
    if cells > COLUMNS_LIMIT:
        raise TooLargeError(
            file=path.name,
            what_en=f"the number of cells in row {row}",
            what_zh=f"第 {row} 行的单元格数",
            value=cells,
            limit=COLUMNS_LIMIT,
        )


def _rest_of_line(path: Path, handle: io.TextIOBase, row: int) -> str:
    rest = handle.readline(LINE_LIMIT)
    if len(rest) >= LINE_LIMIT and not rest.endswith(("\n", "\r")):
        raise CsvBrokenError(file=path.name, row=row + 1, problem="line")
    return rest


def _split_lines(chunk: str, delimiter: str, width: int) -> pl.Series | None:
    """Return the lines of a chunk that splits evenly and holds no quotes; else None."""
    chunk = chunk.replace("\r\n", "\n")
    if '"' in chunk:  # many exports write an empty text as two quotation marks
        for _ in range(2):
            chunk = chunk.replace(f'{delimiter}""{delimiter}', 2 * delimiter)
        chunk = chunk.replace(f'{delimiter}""\n', f"{delimiter}\n")
    if '"' in chunk or "\r" in chunk:
        return None
    lines = pl.Series([chunk.removesuffix("\n")]).str.split("\n").explode()
    filled = lines.str.strip_chars().str.len_bytes() > 0
    even = lines.str.count_matches(delimiter, literal=True) == width - 1
    short = lines.str.len_bytes() < csv.field_size_limit()
    return lines if bool(((even | ~filled) & short).all()) else None


def _split_cells(lines: pl.Series, delimiter: str, width: int, first: int) -> pl.DataFrame:
    names = [str(place) for place in range(width)]
    frame = pl.DataFrame(
        {"row": pl.int_range(first, first + len(lines), dtype=pl.Int64, eager=True), "line": lines}
    )
    filled = frame.filter(
        pl.col("line").str.replace_all(delimiter, "", literal=True).str.strip_chars() != ""
    )
    cells = filled["line"].str.split_exact(delimiter, width - 1).struct.rename_fields(names)
    return filled.select("row").hstack(cells.struct.unnest())


class _LineLengthError(Exception):
    pass


def _problem(told: str) -> str:
    if "field larger" in told:
        return "cell"
    return "open_quote" if "unexpected end" in told else "quote"


def _first_wrong_byte(path: Path, encoding: str) -> int | None:
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
    except LookupError:
        return 0
    read, lines = 0, 1
    with path.open("rb") as handle:
        while True:
            chunk = handle.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return max(read + error.start, 0)
            nul = text.find("\0")
            if nul >= 0:
                raise NulBytesError(file=path.name, line=lines + text.count("\n", 0, nul))
            lines += text.count("\n")
            if not chunk:
                return None
            read += len(chunk)
