"""Score firms on this machine: a frame in memory, or a file of any length in batches.

Decides how rows are read, computed and written in bounded memory, two batches at a time:
one is scored while the one before it is written. Does not decide a single score
(``taji.assess``); the size of a batch changes no figure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from taji.assess.compile import Program
from taji.base.errors import TajiError
from taji.engine.tidy import Blocks, Room, arrow_table, blocks, polars_frame

__all__ = ["BATCH_ROWS", "KeyMissingError", "Scored", "SuffixError", "score_file", "score_frame"]

#: Firms scored at a time. With some 50 nodes a batch is two hundred megabytes of results:
#: large enough to keep two cores busy, small enough for a laptop.
BATCH_ROWS = 65_536


class KeyMissingError(TajiError):
    """The answers do not say whose they are."""

    code = "engine.key_missing"
    sentences = {
        "en": "The answers have no column `enterprise` (found: {found}). Name the column that "
        "holds the credit code or key `enterprise`, or read the file with `taji assess`, which "
        "knows its other names.",
        "zh": "答卷没有 `enterprise` 列（现有列：{found}）。请将统一社会信用代码或编号所在列命名为 "
        "`enterprise`，或用 `taji assess` 读取文件，它认得该列的其他名称。",
    }


class SuffixError(TajiError):
    """The result cannot be written in the kind of file that was named."""

    code = "engine.suffix"
    sentences = {
        "en": "Scores cannot be written to {path}: the name must end in .csv or .parquet.",
        "zh": "无法把得分写入 {path}：文件名须以 .csv 或 .parquet 结尾。",
    }


@dataclass(frozen=True, slots=True)
class Scored:
    """What was written.

    Attributes
    ----------
    path : Path
        The file.
    firms, rows : int
        Firms scored and rows written.
    seconds : float
        Wall time. [s]
    """

    path: Path
    firms: int
    rows: int
    seconds: float


def score_frame(answers: pl.DataFrame, program: Program) -> pl.DataFrame:
    """Return the tidy scores of firms, in the order of ``answers``.

    Parameters
    ----------
    answers : polars.DataFrame
        Canonical answers: ``enterprise`` and the columns of the questionnaire's items; a
        column that is absent was answered by nobody.
    program : Program
        A compiled model.

    Returns
    -------
    polars.DataFrame
        ``enterprise, model, node, points, max_points, score, coverage, level, level_best``.

    Raises
    ------
    KeyMissingError
        If there is no column ``enterprise``.
    AnswerError
        If a value is none of its question's answers.
    """
    _keyed(answers.columns)
    return polars_frame(blocks(answers, program), program)


def score_file(
    source: Path | str | pl.LazyFrame,
    program: Program,
    out: Path,
    *,
    batch_rows: int = BATCH_ROWS,
    told: Callable[[int], None] | None = None,
) -> Scored:
    """Score the answers of a Parquet file (or a lazy frame) into a CSV or Parquet file.

    The file appears whole or not at all: it is written beside itself and then renamed.

    Parameters
    ----------
    source : Path, str or polars.LazyFrame
        Canonical answers.
    program : Program
        A compiled model.
    out : Path
        Ends in ``.csv`` or ``.parquet``.
    batch_rows : int
        Firms scored at a time. [rows]
    told : callable, optional
        Is given the number of firms after every batch, for a progress bar.

    Raises
    ------
    SuffixError, KeyMissingError, AnswerError
        See each.
    """
    started = time.perf_counter()
    lazy = source if isinstance(source, pl.LazyFrame) else pl.scan_parquet(source)
    names = lazy.collect_schema().names()
    _keyed(names)
    wanted = [name for name in names if name == "enterprise" or name in program.columns]
    firms = 0
    with _writer(Path(out), program) as write, ThreadPoolExecutor(1) as beside:
        writing: Future[None] | None = None
        rooms = cycle((Room(), Room()))  # one is scored in while the other is written from
        for batch in _batches(lazy.select(wanted), batch_rows):
            found = blocks(batch, program, room=next(rooms))
            if writing is not None:
                writing.result()
            writing = beside.submit(write, found)
            firms += len(batch)
            if told is not None:
                told(len(batch))
        if writing is not None:
            writing.result()
    rows = firms * len(program.nodes)
    return Scored(Path(out), firms, rows, time.perf_counter() - started)


def _keyed(names: list[str]) -> None:
    if "enterprise" not in names:
        raise KeyMissingError(found=", ".join(names[:12]) or "-")


def _batches(lazy: pl.LazyFrame, batch_rows: int) -> Iterator[pl.DataFrame]:
    """Yield the rows in order; at least one batch, so that an empty file has its columns."""
    some = False
    for batch in lazy.collect_batches(chunk_size=batch_rows, maintain_order=True):
        for start in range(0, len(batch), batch_rows):
            some = True
            yield batch.slice(start, batch_rows)
    if not some:
        yield pl.DataFrame(schema=lazy.collect_schema())


Write = Callable[[Blocks], None]


@contextmanager
def _writer(out: Path, program: Program) -> Iterator[Write]:
    """Hand out what writes a batch; rename the file at the end, or leave none."""
    kinds = {".csv": _csv, ".parquet": _parquet}
    kind = kinds.get(out.suffix.lower())
    if kind is None:
        raise SuffixError(path=str(out))
    part = out.with_name(f".{out.name}.part")
    try:
        with kind(part, program) as write:
            yield write
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _csv(path: Path, program: Program) -> Iterator[Write]:
    with path.open("wb") as file:

        def write(found: Blocks) -> None:
            polars_frame(found, program).write_csv(file, include_header=file.tell() == 0)

        yield write


@contextmanager
def _parquet(path: Path, program: Program) -> Iterator[Write]:
    with open_parquet(path, program) as writer:

        def write(found: Blocks) -> None:
            table = arrow_table(found, program)
            writer.write_table(table, row_group_size=len(table) or None)

        yield write


def open_parquet(path: Path, program: Program) -> pq.ParquetWriter:
    """Return a writer of score tables.

    Texts and the few distinct figures are dictionary-encoded, so that a row costs some two
    bytes; readers see plain strings.
    """
    empty = pl.DataFrame(schema={"enterprise": pl.String})
    schema = arrow_table(blocks(empty, program), program).schema
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=True,
        write_statistics=["enterprise", "node"],
        store_schema=False,
    )
