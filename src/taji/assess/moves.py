"""Answers that a firm could give instead, and the sheets on which it does.

Decides what one changed answer is: one tick, one choice, one rung or one band of a
question. Does not decide which of them help (``taji.assess.why`` scores the sheets).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl

from taji.base.arrays import BoolArray, IntArray
from taji.catalogue.model import Band, Node
from taji.catalogue.questionnaire import Item, Questionnaire

__all__ = ["Move", "Value", "best_answers", "changed", "moves_of", "places"]

#: The smallest step above an open bound that scoring tells from the bound itself.
JUST_OVER = Fraction(1, 10**6)

Value = bool | str | int | float


@dataclass(frozen=True, slots=True)
class Move:
    """One answer given differently.

    Attributes
    ----------
    node : str
        Leaf that reads it.
    column : str
        Column of the answer: the item, or the option of a tick.
    to : str
        The answer as a reader sees it: an option, ``1`` for a tick, ``>10`` for a share.
    place : int
        Its place from the lowest answer upwards; the steps of a move are counted in these.
    changes : mapping
        Columns and their new values.
    """

    node: str
    column: str
    to: str
    place: int
    changes: Mapping[str, Value]


def moves_of(node: Node, questionnaire: Questionnaire) -> tuple[Move, ...]:
    """Return every single answer to a leaf's question but the lowest."""
    return tuple(
        move for item in items_of_leaf(node, questionnaire) for move in _of_item(node, item)
    )


def best_answers(node: Node, questionnaire: Questionnaire) -> dict[str, Value]:
    """Return the answers with which a leaf earns the most."""
    changes: dict[str, Value] = {}
    for item in items_of_leaf(node, questionnaire):
        moves = _of_item(node, item)
        for move in moves if item.kind == "multi" else moves[-1:]:
            changes |= move.changes
    return changes


def changed(
    sheets: pl.DataFrame,
    picks: Sequence[tuple[BoolArray | int, Mapping[str, Value]]],
    *,
    copies: int = 1,
) -> pl.DataFrame:
    """Return copies of the sheets, one set after another, on which picks have their answers.

    Parameters
    ----------
    sheets : polars.DataFrame, shape (n_firm, any)
        Answers.
    picks : sequence of (rows, changes)
        Where the answers are changed, as a mask of shape (n_copy, n_firm) or the number of a
        copy, and the columns with their new values. A later pick goes over an earlier one; a
        column that the sheets do not have is passed by.
    copies : int
        How many copies.

    Returns
    -------
    polars.DataFrame, shape (n_copy * n_firm, any)
    """
    n = len(sheets)
    by_column: dict[str, list[tuple[BoolArray | int, Value]]] = {}
    for rows, changes in picks:
        for column, value in changes.items():
            by_column.setdefault(column, []).append((rows, value))
    unchanged = np.tile(np.arange(n), (copies, 1))
    told = []
    for column in sheets.columns:
        if column not in by_column:
            continue
        given = by_column[column]
        at = unchanged.copy()
        for place, (rows, _) in enumerate(given):
            at[rows] = n + place
        own = sheets.get_column(column)
        values = pl.Series(column, [value for _, value in given], dtype=own.dtype)
        told.append(pl.concat([own, values])[at.reshape(-1)])
    return sheets[unchanged.reshape(-1)].with_columns(told)


def places(node: Node, move: Move, sheets: pl.DataFrame, questionnaire: Questionnaire) -> IntArray:
    """Return the place of each firm's present answer, shape (n_firm,).

    0 where it is missing, -1 where the firm has no such business.
    """
    answer = sheets.get_column(move.column)
    if answer.dtype == pl.Boolean:
        return _filled(answer, False).cast(pl.Int64).to_numpy()
    item = next(i for i in items_of_leaf(node, questionnaire) if i.id == move.column)
    if item.kind == "scale":
        return _filled(answer, 0).to_numpy()
    if node.bands is not None:
        place = np.zeros(len(answer), dtype=np.int64)
        for band_place, band in enumerate(ranked_bands(node)):
            place[within(band, answer).to_numpy()] = band_place
        return place
    if answer.dtype != pl.String:
        return np.zeros(len(answer), dtype=np.int64)
    known = {option: place for place, option in enumerate(_ranked_options(node, item))}
    if node.prune is not None:
        known[node.prune] = -1
    found = answer.replace_strict(known, default=0, return_dtype=pl.Int64)
    return found.to_numpy()


def _filled(answer: pl.Series, value: Value) -> pl.Series:
    """Return answers with blanks filled; most sheets have none, and looking costs less."""
    return answer.fill_null(value) if answer.null_count() else answer


def items_of_leaf(node: Node, questionnaire: Questionnaire) -> tuple[Item, ...]:
    assert node.question is not None
    item = questionnaire.items.get(node.question)
    return (item,) if item is not None else questionnaire.items_of(node.question)


def _of_item(node: Node, item: Item) -> list[Move]:
    if item.kind == "multi":
        return _ticks(node, item)
    return [
        Move(node.id, item.id, said, place, {item.id: value})
        for place, (said, value) in enumerate(answers_of(node, item))
        if place > 0
    ]


def answers_of(node: Node, item: Item) -> list[tuple[str, Value]]:
    """Return the answers from the lowest upwards, as a reader sees them and as values."""
    if item.kind == "single":
        return [(option, option) for option in _ranked_options(node, item)]
    if node.bands is not None:
        return [_into(band) for band in ranked_bands(node)]
    high = item.question.high if item.question.high is not None else Fraction(100)
    if item.kind == "scale":
        return [(str(rung), rung) for rung in range(int(high) + 1)]
    return [("0", 0.0), (f"{float(high):g}", float(high))]


def _ticks(node: Node, item: Item) -> list[Move]:
    points = node.points or {}
    alone = {f"{item.id}/{o.id}": False for o in item.question.options if o.exclusive}
    moves = []
    for option in item.option_ids:
        column = f"{item.id}/{option}"
        if points.get(option, 0) > 0:
            others = {c: value for c, value in alone.items() if c != column}
            moves.append(Move(node.id, column, "1", 1, {**others, column: True}))
    return moves


def _ranked_options(node: Node, item: Item) -> list[str]:
    points = node.points or {}
    options = [o for o in item.option_ids if o != node.prune]
    return sorted(options, key=lambda o: points.get(o, Fraction(0)))


def ranked_bands(node: Node) -> list[Band]:
    return sorted(node.bands or (), key=lambda band: band.points)


def _into(band: Band) -> tuple[str, float]:
    """Return the nearest answer inside a band, as a reader sees it and as a number."""
    if band.over is not None:
        return f">{float(band.over):g}", float(band.over + JUST_OVER)
    lower = band.from_ if band.from_ is not None else Fraction(0)
    return f"{float(lower):g}", float(lower)


def within(band: Band, answer: pl.Series) -> pl.Series:
    inside = answer.is_not_null()
    if band.from_ is not None:
        inside &= answer >= float(band.from_)
    if band.over is not None:
        inside &= answer > float(band.over)
    if band.to is not None:
        inside &= answer <= float(band.to)
    if band.below is not None:
        inside &= answer < float(band.below)
    return inside.fill_null(False)
