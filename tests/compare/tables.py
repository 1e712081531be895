"""Small tables for the tests of disclosure control."""

from __future__ import annotations

import numpy as np

from taji.compare.attack import Relation, Table
from taji.compare.suppression import Problem

MINIMUM = 3


def relation(total: int, parts: list[int]) -> Relation:
    return Relation(np.array([total, *parts]), np.array([-1.0] + [1.0] * len(parts)))


def crossed(counts: np.ndarray) -> Table:
    """Counts by row and column, with both margins and the grand total as cells."""
    full = np.zeros(np.array(counts.shape) + 1)
    full[1:, 1:] = counts
    full[1:, 0], full[0, 1:], full[0, 0] = counts.sum(1), counts.sum(0), counts.sum()
    cell = np.arange(full.size).reshape(full.shape)
    relations = tuple(relation(int(line[0]), line[1:].tolist()) for line in [*cell, *cell.T])
    high = np.full(full.size, 10.0 * full.max() + 10)
    return Table(value=full.ravel(), low=np.zeros(full.size), high=high, relations=relations)


def problem(table: Table, costs: np.ndarray | None = None) -> Problem:
    """Cells of one or two firms are sensitive and need an interval of three."""
    zero = np.zeros(len(table.value))
    sensitive = (table.value > 0) & (table.value < MINIMUM)
    return Problem(
        table=table,
        above=zero,
        below=zero,
        span=np.where(sensitive, float(MINIMUM), 0.0),
        forced=sensitive,
        cost=np.ones(len(zero), dtype=np.int64) if costs is None else costs,
        carried={},
    )
