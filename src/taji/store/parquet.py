"""Read Parquet files batch by batch, typed as they are.

Decides which column types can be answers. Read through Arrow, which refuses damaged files
with an error where other readers end the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from taji.store.isolated import read_apart
from taji.store.unreadable import DamagedError, TooLargeError

__all__ = ["check_scannable", "parquet_batches", "parquet_names", "scan_whole"]

COLUMNS_LIMIT = 5_000
#: Rows times columns; a nation's answers are 50 million by some hundreds. [cells]
CELLS_LIMIT = 20_000_000_000


#: Up to this size a file is tried out before it is scanned in place; a larger one is the work
#: of a program, and its trial would cost as much as its use. [bytes]
TRIED_UP_TO = 64 << 20


def check_scannable(path: Path) -> None:
    """Make sure that Polars can scan the file in place: some damaged files make it crash.

    Call it before ``pl.scan_parquet`` on a file that came from outside.

    Raises
    ------
    DamagedError
        If the footer, or (up to ``TRIED_UP_TO``) any page, cannot be read.
    """
    parquet_names(path)
    if path.stat().st_size <= TRIED_UP_TO:
        for _ in read_apart("probe", path.resolve(), kind="Parquet"):
            pass


def scan_whole(path: Path) -> None:
    """Decode every cell of a Parquet file, keeping none; runs in the reader process."""
    frame = pl.scan_parquet(path)
    flat = [name for name, kind in frame.collect_schema().items() if not kind.is_nested()]
    frame.select(pl.col(flat).hash().sum()).collect(engine="streaming")


def parquet_names(path: Path) -> tuple[str, ...]:
    """Return the names of the columns.

    Raises
    ------
    DamagedError
        If the footer cannot be read.
    TooLargeError
        If it declares more than a survey has.
    """
    with _open(path) as file:
        names = tuple(file.schema_arrow.names)
        cells = file.metadata.num_rows * len(names)
    for value, limit, what_en, what_zh in (
        (len(names), COLUMNS_LIMIT, "the number of columns", "列数"),
        (cells, CELLS_LIMIT, "the number of cells", "单元格数"),
    ):
        if value > limit:
            raise TooLargeError(
                file=path.name, what_en=what_en, what_zh=what_zh, value=value, limit=limit
            )
    return names


def parquet_batches(path: Path, size: int) -> Iterator[pl.DataFrame]:
    """Yield the rows as frames of at most ``size`` rows, columns named ``"0"``, ``"1"``, ….

    Raises
    ------
    DamagedError
        If a page cannot be read or holds what its type does not allow.
    """
    with _open(path) as file:
        batches = file.iter_batches(batch_size=size)
        while True:
            try:
                batch = next(batches, None)
                if batch is None:
                    return
                batch.validate(full=True)
                names = [str(place) for place in range(batch.num_columns)]
                frame = pl.DataFrame(pl.from_arrow(batch.rename_columns(names)))
            except (pa.ArrowException, OSError, ValueError, pl.exceptions.PolarsError) as error:
                raise _damaged(path) from error
            yield frame.select(_plain(frame[name]) for name in names)


def _plain(column: pl.Series) -> pl.Series:
    """Keep the types that answers have; show the others as text."""
    kind = column.dtype
    if kind.is_numeric() and not kind.is_decimal():
        return column
    if kind in (pl.Boolean, pl.String, pl.Date, pl.Categorical, pl.Enum):
        return column
    if isinstance(kind, pl.List):
        return column.cast(pl.List(pl.String)).list.join("|")
    if kind == pl.Binary:
        return column.cast(pl.String, strict=False)
    if isinstance(kind, pl.Struct):
        return column.struct.json_encode()
    return column.cast(pl.String)


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> DamagedError:
    return DamagedError(file=path.name, kind="Parquet", problem="reader")
