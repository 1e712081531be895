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

from taji.store.unreadable import CsvBrokenError, EncodingUnknownError, NulBytesError, TooLargeError

__all__ = ["detect_delimiter", "detect_encoding", "records"]

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
        try:
            head = [r for _, r in islice(records(path, encoding, delimiter), _SAMPLE_RECORDS)]
        except (CsvBrokenError, TooLargeError):
            return (-1, 0, 0)
        widths = [len(record) for record in head if record]
        known = max((recognise(record) for record in head), default=0) if recognise else 0
        usual = max(set(widths), key=widths.count, default=1)
        return (known, (usual > 1) * widths.count(usual), usual)

    return max(DELIMITERS, key=promise)


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
    try:
        with path.open("r", encoding=encoding, newline="") as handle:
            for record in csv.reader(_lines(handle), delimiter=delimiter, strict=True):
                row += 1
                if len(record) > COLUMNS_LIMIT:
                    raise TooLargeError(
                        file=path.name,
                        what_en=f"the number of cells in row {row}",
                        what_zh=f"第 {row} 行的单元格数",
                        value=len(record),
                        limit=COLUMNS_LIMIT,
                    )
                yield row, record
    except csv.Error as error:
        raise CsvBrokenError(file=path.name, row=row + 1, problem=_problem(str(error))) from error
    except _LineLengthError as error:
        raise CsvBrokenError(file=path.name, row=row + 1, problem="line") from error


class _LineLengthError(Exception):
    pass


def _lines(handle: io.TextIOBase) -> Iterator[str]:
    """Yield lines; a file of one endless line must not be read into memory."""
    while line := handle.readline(LINE_LIMIT):
        if len(line) >= LINE_LIMIT and not line.endswith(("\n", "\r")):
            raise _LineLengthError
        yield line


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
