"""Lay scores out as the contract's table: one row per firm and node.

Decides the order of rows and columns: firms as they came, nodes in the order of the pack,
``total`` last. Does not compute a score (``taji.assess.compile``) nor write a file
(``taji.engine.local``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from taji.assess.compile import Program
from taji.base.arrays import FloatArray, IntArray

__all__ = ["COLUMNS", "Blocks", "arrow_table", "blocks", "polars_frame"]

#: The contract's columns, in order.
COLUMNS = (
    "enterprise",
    "model",
    "node",
    "points",
    "max_points",
    "score",
    "coverage",
    "level",
    "level_best",
)


@dataclass(frozen=True, slots=True)
class Blocks:
    """The figures of a batch, firm by firm and node by node, and the places they belong to.

    Attributes
    ----------
    enterprise : polars.Series, shape (n_firm,)
        Keys.
    firm, node : IntArray, shape (n_firm * n_node,)
        Places in ``enterprise`` and in the program's nodes.
    max_points : FloatArray, shape (n_firm * n_node,)
        Upper ends of the nodes' ranges. [points]
    points, score, coverage : polars.Series, shape (n_firm * n_node,)
        As told by the program. [points, points, fraction]
    level, level_best : polars.Series, shape (n_firm * n_node,)
        Places in the program's levels; null where there is none.
    """

    enterprise: pl.Series
    firm: IntArray
    node: IntArray
    max_points: FloatArray
    points: pl.Series
    score: pl.Series
    coverage: pl.Series
    level: pl.Series
    level_best: pl.Series


def blocks(answers: pl.DataFrame, program: Program) -> Blocks:
    """Score a batch of answers and line its figures up, firm by firm.

    Raises
    ------
    AnswerError
        If a value is none of its question's answers.
    """
    wide = program.wide(answers)
    n, k = len(answers), len(program.nodes)
    most = [float(node.max) for node in program.model.shown]
    lined = wide.select(
        _lined([c.points for c in program.nodes], "points"),
        _lined([c.score for c in program.nodes], "score"),
        _lined([c.coverage for c in program.nodes], "coverage"),
        _lined([c.level for c in program.nodes], "level"),
        _lined([c.level_best for c in program.nodes], "level_best"),
    )
    return Blocks(
        enterprise=answers.get_column("enterprise").cast(pl.String),
        firm=np.repeat(np.arange(n, dtype=np.int32), k),
        node=np.tile(np.arange(k, dtype=np.int32), n),
        max_points=np.tile(np.array(most, dtype=np.float64), n),
        **{name: lined.get_column(name) for name in lined.columns},
    )


def arrow_table(found: Blocks, program: Program) -> pa.Table:
    """Return a batch as an Arrow table whose texts are dictionary-encoded, for writing."""
    one = pa.array(np.zeros(len(found.firm), dtype=np.int32))
    nodes = pa.array([c.node for c in program.nodes], pa.string())
    levels = pa.array(program.levels, pa.string())
    encoded = pa.DictionaryArray.from_arrays
    return pa.table(
        [
            encoded(pa.array(found.firm), found.enterprise.to_arrow().cast(pa.string())),
            encoded(one, pa.array([program.model.id], pa.string())),
            encoded(pa.array(found.node), nodes),
            found.points.to_arrow(),
            pa.array(found.max_points),
            found.score.to_arrow(),
            found.coverage.to_arrow(),
            encoded(found.level.cast(pl.Int32).to_arrow(), levels),
            encoded(found.level_best.cast(pl.Int32).to_arrow(), levels),
        ],
        names=list(COLUMNS),
    )


def polars_frame(found: Blocks, program: Program) -> pl.DataFrame:
    """Return a batch as a frame whose texts are plain strings."""
    nodes = pl.Series([c.node for c in program.nodes], dtype=pl.String)
    levels = pl.Series(program.levels, dtype=pl.String)
    columns = {
        "enterprise": found.enterprise.gather(found.firm),
        "model": pl.repeat(program.model.id, len(found.firm), dtype=pl.String, eager=True),
        "node": nodes.gather(found.node),
        "points": found.points,
        "max_points": pl.Series(found.max_points),
        "score": found.score,
        "coverage": found.coverage,
        "level": levels.gather(found.level),
        "level_best": levels.gather(found.level_best),
    }
    return pl.DataFrame(columns)


def _lined(columns: list[str | None], name: str) -> pl.Expr:
    """Return columns of a wide frame as one, row by row."""
    if all(c is None for c in columns):
        absent = pl.repeat(None, pl.len() * len(columns), dtype=pl.UInt8)
        return absent.alias(name)
    beside = [pl.lit(None, dtype=pl.UInt8) if c is None else pl.col(c) for c in columns]
    return pl.concat_arr(beside).explode().alias(name)
