"""Lay estimates out as a table and write them: one row per firm and node of the target.

Decides the order of rows and columns, and that every row says that it is an estimate. Does
not compute one (``taji.assess.crosswalk``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from taji.assess.crosswalk import Bridge, EstimateColumns
from taji.engine.local import KeyMissingError, SuffixError

__all__ = ["BASIS", "COLUMNS", "estimate_file", "estimate_frame"]

#: Firms estimated at a time; three sheets of each are scored. [rows]
BATCH_ROWS = 16_384

#: What the figures are, in every row of a table that may travel alone.
BASIS = "estimate/估计"

#: Columns of the result, in order.
COLUMNS = (
    "enterprise",
    "model",
    "node",
    "max_points",
    "score_low",
    "score",
    "score_high",
    "level_low",
    "level_high",
    "coverage",
    "loss",
    "basis",
)


def estimate_frame(answers: pl.DataFrame, bridge: Bridge) -> pl.DataFrame:
    """Return the tidy estimates of firms, in the order of ``answers``.

    Parameters
    ----------
    answers : polars.DataFrame
        Canonical answers to the source questionnaire, with ``enterprise``.
    bridge : Bridge
        A compiled crosswalk.

    Returns
    -------
    polars.DataFrame
        ``COLUMNS``.

    Raises
    ------
    KeyMissingError
        If there is no column ``enterprise``.
    """
    if "enterprise" not in answers.columns:
        raise KeyMissingError(found=", ".join(answers.columns[:12]) or "-")
    wide, n, k = bridge.wide(answers), len(answers), len(bridge.nodes)
    most = [float(node.max) for node in bridge.program.model.shown]
    levels = pl.Series(bridge.program.levels, dtype=pl.String)
    nodes = pl.Series([names.node for names in bridge.nodes], dtype=pl.String)
    keys = answers.get_column("enterprise").cast(pl.String)

    def figures(name: Callable[[EstimateColumns], str]) -> pl.Series:
        return _lined([wide.get_column(name(names)) for names in bridge.nodes], pl.Float64)

    def places(name: Callable[[EstimateColumns], str | None]) -> pl.Series:
        empty = pl.Series([None], dtype=pl.UInt8).new_from_index(0, n)
        columns = (name(names) for names in bridge.nodes)
        read = [empty if c is None else wide.get_column(c) for c in columns]
        return levels.gather(_lined(read, pl.UInt8))

    columns = {
        "enterprise": keys.gather(np.repeat(np.arange(n), k)),
        "model": pl.repeat(bridge.program.model.id, n * k, dtype=pl.String, eager=True),
        "node": nodes.gather(np.tile(np.arange(k), n)),
        "max_points": pl.Series(np.tile(np.array(most), n)),
        "score_low": figures(lambda names: names.score_low),
        "score": figures(lambda names: names.score),
        "score_high": figures(lambda names: names.score_high),
        "level_low": places(lambda names: names.level_low),
        "level_high": places(lambda names: names.level_high),
        "coverage": figures(lambda names: names.coverage),
        "loss": figures(lambda names: names.loss),
        "basis": pl.repeat(BASIS, n * k, dtype=pl.String, eager=True),
    }
    return pl.DataFrame(columns)


def estimate_file(
    answers: pl.LazyFrame,
    bridge: Bridge,
    out: Path,
    *,
    batch_rows: int = BATCH_ROWS,
    told: Callable[[int], None] | None = None,
) -> int:
    """Write the estimates of all firms, batch by batch; return how many firms there were.

    The size of a batch changes no figure. The file appears whole or not at all.

    Parameters
    ----------
    answers : polars.LazyFrame
        Canonical answers to the source questionnaire.
    bridge : Bridge
        A compiled crosswalk.
    out : Path
        Ends in ``.csv`` or ``.parquet``.
    batch_rows : int
        Firms estimated at a time. [rows]
    told : callable, optional
        Is given the number of firms after every batch.

    Raises
    ------
    SuffixError, KeyMissingError
        See each.
    """
    names = answers.collect_schema().names()
    wanted = [name for name in names if name == "enterprise" or name in bridge.columns]
    firms = 0
    with _writer(out) as write:
        for batch in _batches(answers.select(wanted), batch_rows):
            write(estimate_frame(batch, bridge))
            firms += len(batch)
            if told is not None:
                told(len(batch))
    return firms


def _lined(columns: list[pl.Series], dtype: type[pl.DataType]) -> pl.Series:
    """Return columns as one, row by row."""
    lined = pl.DataFrame([c.cast(dtype).alias(str(at)) for at, c in enumerate(columns)])
    listed = pl.concat_list(pl.all()).explode(empty_as_null=False, keep_nulls=True)
    return lined.select(listed).to_series()


def _batches(lazy: pl.LazyFrame, batch_rows: int) -> Iterator[pl.DataFrame]:
    some = False
    for batch in lazy.collect_batches(chunk_size=batch_rows, maintain_order=True):
        for start in range(0, len(batch), batch_rows):
            some = True
            yield batch.slice(start, batch_rows)
    if not some:
        yield pl.DataFrame(schema=lazy.collect_schema())


@contextmanager
def _writer(out: Path) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Hand out what writes a batch; rename the file at the end, or leave none."""
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise SuffixError(path=str(out))
    part = out.with_name(f".{out.name}.part")
    writer: pq.ParquetWriter | None = None
    try:
        with part.open("wb") as file:

            def write(found: pl.DataFrame) -> None:
                nonlocal writer
                if out.suffix.lower() == ".csv":
                    found.write_csv(file, include_header=file.tell() == 0)
                    return
                table = found.to_arrow(compat_level=pl.CompatLevel.oldest())
                writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
                writer.write_table(table)

            yield write
            if writer is not None:
                writer.close()
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
