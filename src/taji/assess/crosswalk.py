"""Estimate a firm under a model whose questionnaire it never saw, from answers to another.

Decides, row by row, between which two answers each target answer lies, and what the target
model makes of that: scored with the model's own program at the lowest and at the highest
answers that fit, and once in the middle. What the bounds are is the crosswalk's
(``taji.catalogue.crosswalk``); what they leave open over many firms,
``taji.assess.crosswalk_loss`` says. The result is an estimate, never an assessment under the
target's standard.

How each node is told
    ``score_low``, ``score_high``  scores of the sheets that hold the lowest and the highest
                                   answers that fit; what the source does not speak of is the
                                   lowest, and the highest, that there is.
    ``score``       of the sheet that holds the lowest answers that fit where the source speaks and
                    blanks elsewhere, by the model's own rule of coverage: empty where too
                    little is spoken of.
    ``coverage``    share of the node's weight of which the source says something. [fraction]
    ``loss``        ``(score_high - score_low)`` over what it is when nothing is known. [fraction]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from operator import and_

import polars as pl

from taji.assess.compile import NodeColumns, Program
from taji.assess.leaf import RESOLUTION
from taji.base.errors import TajiError
from taji.catalogue.crosswalk import AnswerTest, Crosswalk
from taji.catalogue.questionnaire import Item, Questionnaire
from taji.catalogue.rungs import Rungs, rungs_of

__all__ = ["Bridge", "CrosswalkError", "EstimateColumns", "Sheets", "UnorderedError", "bridge"]

#: A column that is always there, so that a sheet of which nothing is known has its rows.
ROW = "\x1frow"

_TYPES: Mapping[str, type[pl.DataType]] = {
    "multi": pl.Boolean,
    "scale": pl.Int64,
    "share": pl.Float64,
    "number": pl.Float64,
    "money": pl.Float64,
}


Bounds = Mapping[str, tuple[pl.Expr, ...]]
_NOTHING = pl.lit(None, dtype=pl.Float64)


class CrosswalkError(TajiError):
    """A crosswalk does not lead from this questionnaire to this model."""

    code = "assess.crosswalk"
    sentences = {
        "en": "Crosswalk {crosswalk} leads from {source} to {target}, not from {asked} to {model}. "
        "Choose another with `taji models list`.",
        "zh": "对照表 {crosswalk} 是从 {source} 到 {target} 的，不是从 {asked} 到 {model}。"
        "可用 `taji models list` 另选。",
    }


class UnorderedError(TajiError):
    """A model reads answers that have no lowest and highest, so nothing can be bounded."""

    code = "assess.unordered"
    sentences = {
        "en": "Model {model} cannot be estimated: its answers {answers} have no order from lowest "
        "to highest. Assess it from its own questionnaire.",
        "zh": "模型 {model} 不能估计：答案 {answers} 没有高低次序。请用其自身的问卷评测。",
    }


@dataclass(frozen=True, slots=True)
class EstimateColumns:
    """Names of the columns in which a bridge tells one node; levels only where it has them."""

    node: str
    score_low: str
    score: str
    score_high: str
    coverage: str
    loss: str
    level_low: str | None
    level_high: str | None


@dataclass(frozen=True, slots=True)
class Sheets:
    """Three answer sheets of the target, row for row with the source answers."""

    low: pl.DataFrame
    middle: pl.DataFrame
    high: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Bridge:
    """A crosswalk compiled for one target program.

    Attributes
    ----------
    crosswalk, program
        What was compiled.
    columns : mapping
        Columns of source answers that are read, and their canonical types.
    nodes : tuple of EstimateColumns
        The target's nodes, in the order of its pack.
    rungs : mapping
        Target column to its answers in order.
    spoken : frozenset of str
        Target columns of which some source answer says something.
    """

    crosswalk: Crosswalk
    program: Program
    columns: Mapping[str, type[pl.DataType]]
    nodes: tuple[EstimateColumns, ...]
    rungs: Mapping[str, Rungs]
    spoken: frozenset[str]
    _places: tuple[pl.Expr, ...]
    _ends: tuple[tuple[pl.Expr, ...], ...]
    #: What each node's interval spans when nothing is known. [points]
    _widest: Mapping[str, float]

    def sheets(self, answers: pl.DataFrame) -> Sheets:
        """Return what source answers say of the target's answers.

        A source column that is absent was answered by nobody.

        Parameters
        ----------
        answers : polars.DataFrame, shape (n_firm, any)
            Canonical answers to the source questionnaire.
        """
        started = answers.select(
            pl.first().is_null().alias(ROW),
            *(_column(answers, name, dtype) for name, dtype in self.columns.items()),
        )
        places = _straight(started, self._places)
        low, middle, high = (_straight(places, exprs) for exprs in self._ends)
        return Sheets(low, middle, high)

    def wide(self, answers: pl.DataFrame) -> pl.DataFrame:
        """Return one row per firm and the columns of all nodes, in the order of ``answers``.

        Raises
        ------
        AnswerError
            Never for answers that intake let in.
        """
        sheets = self.sheets(answers)
        low, middle, high = map(self.program.wide, (sheets.low, sheets.middle, sheets.high))
        columns: dict[str, pl.Series] = {}
        for names, told in zip(self.nodes, self.program.nodes, strict=True):
            bottom, top = low.get_column(told.score), high.get_column(told.score)
            columns[names.score_low] = bottom
            columns[names.score] = middle.get_column(told.score)
            columns[names.score_high] = top
            columns[names.coverage] = middle.get_column(told.coverage)
            columns[names.loss] = (top - bottom) / self._widest[told.node]
            if told.level is not None and names.level_low and names.level_high:
                columns[names.level_low] = low.get_column(told.level)
                columns[names.level_high] = high.get_column(told.level)
        return pl.DataFrame([series.alias(name) for name, series in columns.items()])

    def reach(self) -> dict[str, float]:
        """Return the share of every node's weight on which the crosswalk may say something."""
        best = [
            _answer(its, pl.lit(float(_highest(its))), self.program.columns[name]).alias(name)
            for name, its in self.rungs.items()
            if name in self.spoken
        ]
        told = self.program.wide(pl.DataFrame({ROW: [False]}).with_columns(best))
        return {names.node: told.item(0, names.coverage) for names in self.program.nodes}


def bridge(crosswalk: Crosswalk, source: Questionnaire, program: Program) -> Bridge:
    """Compile a crosswalk for a target program.

    Parameters
    ----------
    crosswalk : Crosswalk
        Checked bounds.
    source : Questionnaire
        What was answered.
    program : Program
        The target model, compiled for one profile and one set of readings.

    Raises
    ------
    CrosswalkError
        If the crosswalk leads elsewhere.
    UnorderedError
        If the target reads answers that have no order.
    """
    rungs, without = rungs_of(program.model, program.questionnaire)
    if crosswalk.to != program.model.id or crosswalk.from_ != source.id:
        raise CrosswalkError(
            crosswalk=crosswalk.key,
            source=crosswalk.from_,
            target=crosswalk.to,
            asked=source.id,
            model=program.model.id,
        )
    if without:
        raise UnorderedError(model=program.model.id, answers=", ".join(sorted(without)))
    columns: dict[str, type[pl.DataType]] = {}
    least: dict[str, tuple[pl.Expr, ...]] = {}
    most: dict[str, tuple[pl.Expr, ...]] = {}
    for bound in crosswalk.mappings:
        target = rungs.get(bound.answer)
        if target is None:
            continue  # another profile of the target reads it
        holds = reduce(
            and_,
            [_meets(source.items[name], test, columns) for name, test in bound.if_.items()],
        )
        for end, value in ((least, bound.at_least), (most, bound.at_most)):
            place = target.place(value)
            if place is not None:
                said = pl.when(holds).then(pl.lit(float(place), dtype=pl.Float64))
                end[bound.answer] = (*end.get(bound.answer, ()), said)
    compiled = Bridge(
        crosswalk=crosswalk,
        program=program,
        columns=columns,
        nodes=tuple(map(_named, program.nodes)),
        rungs=rungs,
        spoken=frozenset(least) | frozenset(most),
        _places=_places(least, most),
        _ends=_ends(rungs, program, least, most),
        _widest=dict.fromkeys((told.node for told in program.nodes), 1.0),
    )
    return replace(compiled, _widest=_spans(compiled))


def _places(least: Bounds, most: Bounds) -> tuple[pl.Expr, ...]:
    """Return the highest of the bounds from below and the lowest of those from above."""
    return (
        pl.col(ROW),
        *(pl.max_horizontal(bounds).alias(f"{name}\x1fleast") for name, bounds in least.items()),
        *(pl.min_horizontal(bounds).alias(f"{name}\x1fmost") for name, bounds in most.items()),
    )


def _ends(
    rungs: Mapping[str, Rungs], program: Program, least: Bounds, most: Bounds
) -> tuple[tuple[pl.Expr, ...], ...]:
    """Return the columns of the lowest, the middle and the highest sheet."""
    low, middle, high = [pl.col(ROW)], [pl.col(ROW)], [pl.col(ROW)]
    for name, its in rungs.items():
        dtype = program.columns[name]
        below = pl.col(f"{name}\x1fleast") if name in least else _NOTHING
        above = pl.col(f"{name}\x1fmost") if name in most else _NOTHING
        bottom = _answer(its, below.fill_null(float(_lowest(its))), dtype)
        top = _answer(its, above.fill_null(float(_highest(its))), dtype)
        low.append(bottom.alias(name))
        high.append(top.alias(name))
        said = below.is_not_null() | above.is_not_null()
        middle.append(pl.when(said).then(bottom).alias(name))
    return tuple(low), tuple(middle), tuple(high)


def _straight(frame: pl.DataFrame, exprs: tuple[pl.Expr, ...]) -> pl.DataFrame:
    """Return columns as they are asked for: every one is needed, there is nothing to plan."""
    plan = pl.QueryOptFlags.none()
    done: pl.DataFrame = frame.lazy().select(exprs).collect(engine="in-memory", optimizations=plan)
    return done


def _spans(compiled: Bridge) -> dict[str, float]:
    nobody = compiled.wide(pl.DataFrame({"enterprise": ["-"]}))
    return {
        n.node: nobody.item(0, n.score_high) - nobody.item(0, n.score_low) for n in compiled.nodes
    }


def _named(told: NodeColumns) -> EstimateColumns:
    ranked = told.level is not None
    return EstimateColumns(
        node=told.node,
        score_low=f"{told.node}:score_low",
        score=f"{told.node}:score",
        score_high=f"{told.node}:score_high",
        coverage=f"{told.node}:coverage",
        loss=f"{told.node}:loss",
        level_low=f"{told.node}:level_low" if ranked else None,
        level_high=f"{told.node}:level_high" if ranked else None,
    )


def _meets(item: Item, test: AnswerTest, columns: dict[str, type[pl.DataType]]) -> pl.Expr:
    """Return whether an answer meets a test; null where it is blank."""
    dtype = _TYPES.get(item.kind, pl.String)
    columns |= dict.fromkeys(item.columns, dtype)
    if item.kind == "multi":
        ticks = [pl.col(f"{item.id}/{option}") for option in test.ticked]
        ticks += [~pl.col(f"{item.id}/{option}") for option in test.not_ticked]
        return reduce(and_, ticks)
    if item.kind == "single":
        return pl.col(item.id).is_in(_options(item.option_ids, test))
    steps = (pl.col(item.id).cast(pl.Float64).fill_nan(None) / float(RESOLUTION)).round()
    ends = []
    if test.at_least is not None:
        ends.append(steps >= _step(test.at_least))
    if test.at_most is not None:
        ends.append(steps <= _step(test.at_most))
    return reduce(and_, ends)


def _options(order: Sequence[str], test: AnswerTest) -> list[str]:
    start = 0 if test.at_least is None else order.index(str(test.at_least))
    stop = len(order) if test.at_most is None else order.index(str(test.at_most)) + 1
    return [o for o in order[start:stop] if not test.one_of or o in test.one_of]


def _step(threshold: object) -> float:
    return float(Fraction(str(threshold)) / RESOLUTION)


def _lowest(rungs: Rungs) -> Fraction:
    return Fraction(rungs.values[0]) if rungs.continuous else Fraction(0)


def _highest(rungs: Rungs) -> Fraction:
    return Fraction(rungs.values[-1]) if rungs.continuous else Fraction(len(rungs.values) - 1)


def _answer(rungs: Rungs, place: pl.Expr, dtype: type[pl.DataType]) -> pl.Expr:
    """Return the canonical answer that stands at a place; null where there is none."""
    if rungs.continuous:
        return place.cast(dtype)
    first = rungs.values[0]
    if isinstance(first, int) and not isinstance(first, bool):
        return (place + first).cast(dtype)
    answer = pl.lit(None, dtype=dtype)
    for at, value in enumerate(rungs.values):
        answer = pl.when(place == at).then(pl.lit(value, dtype=dtype)).otherwise(answer)
    return answer


def _column(answers: pl.DataFrame, name: str, dtype: type[pl.DataType]) -> pl.Expr:
    if name not in answers.columns:
        return pl.lit(None, dtype=dtype).alias(name)
    return pl.col(name).cast(dtype)
