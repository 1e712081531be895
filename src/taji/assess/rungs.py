"""Answers as places on scales: what is read to ask how sure a level is, and written back.

A *unit* is one answer that can be wrong by itself: a tick, a choice, a rung, or a number read
in bands. Its answers stand on places from 0, the lowest, as the model's points rank them.
Decides which answers of a sheet are units and which of them are missing. Does not say how far
a place can be trusted (``taji.assess.reliability``) nor score (``taji.assess.compile``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from taji.assess.compile import Program
from taji.assess.moves import Value, answers_of, items_of_leaf, ranked_bands, within
from taji.base.arrays import BoolArray, IntArray
from taji.catalogue.chances import AnswerKind
from taji.catalogue.model import Band, Node
from taji.catalogue.questionnaire import Item, Questionnaire

__all__ = ["APART", "MISSING", "Unit", "places_of", "sheets_of", "units_of"]

#: Asked and not answered.
MISSING = -1
#: Not asked by a rule, or of no concern to the firm: kept as it is.
APART = -2

#: A number that no bands divide is read in this many equal parts of its range.
PARTS = 10


@dataclass(frozen=True, slots=True)
class Unit:
    """One answer that can be wrong by itself.

    Attributes
    ----------
    column, item : str
        Its canonical column, and the item that it belongs to.
    kind : {"tick", "choice", "rung", "share"}
        What its answers are.
    values : tuple
        An answer of each place, the lowest first.
    bands : tuple of Band
        Of a number: the bands that make its places; empty for equal parts of its range.
    prune : str or None
        The answer by which it does not apply.
    asked_if : tuple of (str, str or bool), or None
        Columns and values one of which puts the question; None: it is put to everybody.
    """

    column: str
    item: str
    kind: AnswerKind
    values: tuple[Value, ...]
    bands: tuple[Band, ...] = ()
    prune: str | None = None
    asked_if: tuple[tuple[str, str | bool], ...] | None = None


def units_of(programs: Sequence[Program]) -> tuple[Unit, ...]:
    """Return the units that a model reads under any of its readings, in the order of its nodes.

    An option that excludes all others follows from the ticks beside it and is none. Where
    readings rank the answers otherwise, the first one's ranking names the places.

    Examples
    --------
    >>> from taji.assess.compile import compile_model
    >>> from taji.catalogue.load import model, questionnaire
    >>> units = units_of([compile_model(model("sme2024"), questionnaire("sme2024"))])
    >>> units[0].column, units[0].kind, len(units)
    ('q1/a', 'tick', 60)
    """
    found: dict[str, Unit] = {}
    for program in programs:
        leaves = (node for node in program.model.nodes if node.question is not None)
        for node in leaves:
            for item in items_of_leaf(node, program.questionnaire):
                for unit in _units(node, item, program):
                    if unit.column in program.columns:
                        found.setdefault(unit.column, unit)
    return tuple(found.values())


def places_of(units: Sequence[Unit], answers: pl.DataFrame) -> IntArray:
    """Return where each answer stands, shape (n_firm, n_unit); ``MISSING`` and ``APART`` under 0.

    A question that a rule did not put is ``APART``, not missing; where the answer that the rule
    asks for is itself missing, so is this one.
    """
    found = np.full((len(answers), len(units)), MISSING, dtype=np.int64)
    for at, unit in enumerate(units):
        if unit.column in answers.columns:
            found[:, at] = _place(unit, answers.get_column(unit.column))
        if unit.asked_if is not None:
            blank = found[:, at] == MISSING
            found[blank & _skipped(unit.asked_if, answers), at] = APART
    return found


def sheets_of(
    units: Sequence[Unit],
    places: IntArray,
    claimed: IntArray,
    own: pl.DataFrame,
    questionnaire: Questionnaire,
) -> pl.DataFrame:
    """Return copies of sheets, one set after another, on which the units stand at these places.

    Parameters
    ----------
    units : sequence of Unit
    places : IntArray, shape (n_copy, n_firm, n_unit)
        Where they stand: an answer at the place that was claimed, or under 0, stays as it is.
    claimed : IntArray, shape (n_firm, n_unit)
        Where they stood, from ``places_of``.
    own : polars.DataFrame, shape (n_firm, n_column)
        The claimed answers in their canonical types.
    questionnaire : Questionnaire
        Tells which options exclude all others.

    Returns
    -------
    polars.DataFrame, shape (n_copy * n_firm, n_column)
    """
    copies, n, _ = places.shape
    rows = np.tile(np.arange(n), copies)
    columns = dict(zip(own.columns, own[rows].get_columns(), strict=True))
    moved: dict[str, BoolArray] = {}
    for at, unit in enumerate(units):
        place = places[..., at]
        stays = (place < 0) | (place == claimed[:, at])
        if not stays.all():
            said = own.get_column(unit.column)
            values = pl.concat([pl.Series(unit.column, unit.values, dtype=said.dtype), said])
            columns[unit.column] = values.gather(
                np.where(stays.reshape(-1), len(unit.values) + rows, place.reshape(-1))
            )
            if unit.kind == "tick":
                moved[unit.item] = moved.get(unit.item, False) | ~stays.reshape(-1)
    _follow(units, columns, moved, questionnaire)
    return pl.DataFrame(list(columns.values()))


def _units(node: Node, item: Item, program: Program) -> Iterator[Unit]:
    asked_if = _asked_if(item, program)
    if item.kind == "multi":
        for option in item.question.options:
            if not option.exclusive:
                column = f"{item.id}/{option.id}"
                yield Unit(column, item.id, "tick", (False, True), asked_if=asked_if)
        return
    if item.kind == "single":
        values = tuple(value for _, value in answers_of(node, item))
        yield Unit(item.id, item.id, "choice", values, prune=node.prune, asked_if=asked_if)
    elif item.kind == "scale":
        rungs = tuple(range(int(item.question.low or 0), int(item.question.high or 0) + 1))
        yield Unit(item.id, item.id, "rung", rungs, asked_if=asked_if)
    elif node.bands is not None:
        inside = tuple(value for _, value in answers_of(node, item))
        bands = tuple(ranked_bands(node))
        yield Unit(item.id, item.id, "share", inside, bands=bands, asked_if=asked_if)
    elif item.kind == "share":
        low = float(item.question.low or 0)
        high = 100.0 if item.question.high is None else float(item.question.high)
        middles = tuple(low + (high - low) * (part + 0.5) / PARTS for part in range(PARTS))
        yield Unit(item.id, item.id, "share", middles, asked_if=asked_if)


def _asked_if(item: Item, program: Program) -> tuple[tuple[str, str | bool], ...] | None:
    rule = item.question.asked_if
    if rule is None:
        return None
    told: list[tuple[str, str | bool]] = []
    for other in program.questionnaire.items_of(rule.question):
        if other.kind == "multi":
            told += [(f"{other.id}/{option}", True) for option in rule.any_of]
        else:
            told += [(other.id, option) for option in rule.any_of]
    return tuple(told)


def _skipped(asked_if: Sequence[tuple[str, str | bool]], answers: pl.DataFrame) -> BoolArray:
    """Say where the rule's answer is known and does not put the question."""
    known = np.zeros(len(answers), dtype=np.bool_)
    put = np.zeros(len(answers), dtype=np.bool_)
    for column, value in asked_if:
        if column in answers.columns:
            said = answers.get_column(column)
            known |= said.is_not_null().to_numpy()
            put |= (said == value).fill_null(False).to_numpy()
    return known & ~put


def _place(unit: Unit, said: pl.Series) -> IntArray:
    blank = said.is_null().to_numpy()
    if unit.kind == "tick":
        place = said.cast(pl.Int64).fill_null(MISSING).to_numpy()
    elif unit.kind == "choice":
        known = {value: place for place, value in enumerate(unit.values)}
        if unit.prune is not None:
            known[unit.prune] = APART
        text = said.cast(pl.String)
        place = text.replace_strict(known, default=MISSING, return_dtype=pl.Int64).to_numpy()
    elif unit.kind == "rung":
        place = (said.cast(pl.Int64) - int(unit.values[0])).fill_null(MISSING).to_numpy()
    else:
        place = _numbered(unit, said)
    return np.where(blank, MISSING, place)


def _numbered(unit: Unit, said: pl.Series) -> IntArray:
    place = np.full(len(said), MISSING, dtype=np.int64)
    for number, band in enumerate(unit.bands):
        place[within(band, said).to_numpy()] = number
    if not unit.bands:
        first, second = float(unit.values[0]), float(unit.values[1])
        steps = (said.cast(pl.Float64) - first) / (second - first)
        rounded = np.rint(steps.fill_null(0.0).to_numpy())
        place = np.clip(rounded, 0, PARTS - 1).astype(np.int64)
    return place


def _follow(
    units: Sequence[Unit],
    columns: dict[str, pl.Series],
    moved: Mapping[str, BoolArray],
    questionnaire: Questionnaire,
) -> None:
    """Let "none of these" follow the ticks beside it, where one of them moved."""
    for name, rows in moved.items():
        item = questionnaire.items[name]
        alone = [f"{name}/{o.id}" for o in item.question.options if o.exclusive]
        ticks = [columns[unit.column] for unit in units if unit.item == name]
        frame = pl.DataFrame([tick.alias(str(at)) for at, tick in enumerate(ticks)])
        some = frame.select(pl.any_horizontal(pl.all())).to_series()
        for at, column in enumerate(alone):
            if column in columns:
                nothing = ~some if at == 0 else pl.repeat(False, len(some), eager=True)
                columns[column] = columns[column].zip_with(pl.Series(~rows), nothing)
