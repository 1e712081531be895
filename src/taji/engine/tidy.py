"""Lay scores out as the contract's table: one row per firm and node.

Decides the order of rows and columns: firms as they came, nodes in the order of the pack,
``total`` last. Does not compute a score (``taji.assess.compile``) nor write a file
(``taji.engine.local``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from taji.assess.compile import Program
from taji.base.arrays import FloatArray, IntArray

__all__ = ["COLUMNS", "Blocks", "Room", "arrow_table", "blocks", "polars_frame"]

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

#: No model has this many levels.
NO_LEVEL = 255


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
    points, score, coverage : pyarrow.Array, shape (n_firm * n_node,)
        As told by the program. [points, points, fraction]
    level, level_best : pyarrow.Array, shape (n_firm * n_node,)
        Places in the program's levels; null where there is none.
    """

    enterprise: pl.Series
    firm: IntArray
    node: IntArray
    max_points: FloatArray
    points: pa.Array
    score: pa.Array
    coverage: pa.Array
    level: pa.Array
    level_best: pa.Array


class Room:
    """Memory in which batches take turns.

    Giving a hundred megabytes back and asking for them again, batch after batch, costs as
    much time as scoring does. Blocks made in a room are gone with the next made there.
    """

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[Any]] = {}

    def take(self, name: str, shape: tuple[int, int], dtype: type[np.generic]) -> NDArray[Any]:
        """Return an array of what was there before."""
        size = shape[0] * shape[1]
        kept = self._kept.get(name)
        if kept is None or len(kept) < size:
            kept = self._kept[name] = np.empty(size, dtype=dtype)
        return kept[:size].reshape(shape)


def blocks(answers: pl.DataFrame, program: Program, *, room: Room | None = None) -> Blocks:
    """Score a batch of answers and line its figures up, firm by firm.

    Parameters
    ----------
    answers : polars.DataFrame
        Canonical answers with ``enterprise``.
    program : Program
        A compiled model.
    room : Room, optional
        Where to put the figures; fresh memory where it is left out.

    Raises
    ------
    AnswerError
        If a value is none of its question's answers.
    """
    wide, room = program.wide(answers), room or Room()
    n, k = len(answers), len(program.nodes)
    most = tuple(float(node.max) for node in program.model.shown)
    return Blocks(
        enterprise=answers.get_column("enterprise").cast(pl.String),
        firm=_firms(n, k),
        node=_nodes(n, k),
        max_points=_maxima(n, most),
        points=_figures(
            wide, [c.points for c in program.nodes], room.take("points", (n, k), np.float64)
        ),
        score=_figures(
            wide, [c.score for c in program.nodes], room.take("score", (n, k), np.float64)
        ),
        coverage=_figures(
            wide, [c.coverage for c in program.nodes], room.take("coverage", (n, k), np.float64)
        ),
        level=_places(wide, [c.level for c in program.nodes], room.take("level", (n, k), np.uint8)),
        level_best=_places(
            wide, [c.level_best for c in program.nodes], room.take("level_best", (n, k), np.uint8)
        ),
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
            found.points,
            pa.array(found.max_points),
            found.score,
            found.coverage,
            encoded(found.level, levels),
            encoded(found.level_best, levels),
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
        "points": pl.Series(found.points),
        "max_points": pl.Series(found.max_points),
        "score": pl.Series(found.score),
        "coverage": pl.Series(found.coverage),
        "level": levels.gather(pl.Series(found.level)),
        "level_best": levels.gather(pl.Series(found.level_best)),
    }
    return pl.DataFrame(columns)


# Batches are of one size but for the last: what does not depend on answers is made once.


@lru_cache(maxsize=2)
def _firms(n: int, k: int) -> IntArray:
    return np.repeat(np.arange(n, dtype=np.int32), k)


@lru_cache(maxsize=2)
def _nodes(n: int, k: int) -> IntArray:
    return np.tile(np.arange(k, dtype=np.int32), n)


@lru_cache(maxsize=2)
def _maxima(n: int, most: tuple[float, ...]) -> FloatArray:
    return np.tile(np.array(most, dtype=np.float64), n)


def _figures(wide: pl.DataFrame, columns: list[str], lined: FloatArray) -> pa.Array:
    """Return columns of figures as one, row by row."""
    gaps = False
    for place, column in enumerate(columns):
        series = wide.get_column(column)
        gaps = gaps or series.has_nulls()
        lined[:, place] = series.to_numpy()  # null becomes NaN
    flat = lined.reshape(-1)
    return pa.array(flat, mask=np.isnan(flat) if gaps else None)


def _places(wide: pl.DataFrame, columns: list[str | None], lined: NDArray[np.uint8]) -> pa.Array:
    """Return columns of level codes as one, row by row; nodes without a level are null."""
    lined.fill(NO_LEVEL)
    for place, column in enumerate(columns):
        if column is not None:
            lined[:, place] = wide.get_column(column).fill_null(NO_LEVEL).to_numpy()
    flat = lined.reshape(-1)
    return pa.array(flat, mask=flat == NO_LEVEL)
