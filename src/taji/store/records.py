"""Turn numbered records of text into frames: the common shape of text files and workbooks."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

__all__ = ["Record", "frame_of"]

#: Number of the row as a spreadsheet shows it, and its cells.
Record = tuple[int, Sequence[str | None]]


def frame_of(first: int, cells: Sequence[Sequence[str | None]], width: int) -> pl.DataFrame:
    """Return a frame of ``row``, ``"0"`` … and, where a record is longer, ``overflow``.

    Records without content are left out; shorter ones are filled with nulls, for spreadsheets
    save no separators after a row's last cell.

    Parameters
    ----------
    first : int
        Number of the first record.
    cells : sequence of sequence of str or None
        Records, numbered on from ``first``.
    width : int
        Number of columns of the header.

    Examples
    --------
    >>> frame_of(2, [["A", "1"], ["", " "], ["B"]], 2).rows()
    [(2, 'A', '1'), (4, 'B', None)]
    """
    rows = [row for row, record in enumerate(cells, start=first) if _filled(record)]
    if len(rows) < len(cells):
        cells = [cells[row - first] for row in rows]
    overflow: list[str | None] = []
    if any(len(record) != width for record in cells):
        overflow = [_beyond(record[width:]) for record in cells]
        cells = [(*record[:width], *(None,) * (width - len(record))) for record in cells]
    columns = zip(*cells, strict=True) if cells else [()] * width
    frame = pl.DataFrame(
        {
            "row": pl.Series(rows, dtype=pl.Int64),
            **{str(i): pl.Series(values, dtype=pl.String) for i, values in enumerate(columns)},
        }
    )
    if any(overflow):
        frame = frame.with_columns(pl.Series("overflow", overflow, dtype=pl.String))
    return frame


def _filled(record: Sequence[str | None]) -> bool:
    if record and record[0] and not record[0].isspace():
        return True
    return any(cell and not cell.isspace() for cell in record)


def _beyond(cells: Sequence[str | None]) -> str | None:
    return " | ".join(cell.strip() for cell in cells if cell and not cell.isspace()) or None
