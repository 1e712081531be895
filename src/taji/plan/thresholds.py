"""The rules of an assessment model as sums of yes and no, for one firm.

Turns a model, and the answers that a firm has given, into *facts* (this tick is set, this answer
has reached that place) that do not hold yet, whole-number weights of these facts, and for every
level the tests that they must pass. The optimiser then buys facts.

Decides which models can be planned with: those in which a level asks for sums of points, or
counts of single answers. Minima, ladders, caps and parts that can be pruned are refused. Does not
decide levels: every plan is scored again with the program itself (``taji.assess.compile``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, lcm

import polars as pl

from taji.assess.aims import Aim, aims_of
from taji.assess.compile import Program
from taji.assess.moves import Value, moves_of, places
from taji.base.errors import TajiError
from taji.base.text import Text
from taji.catalogue.measure import Case, Effect
from taji.catalogue.model import Model, Node
from taji.catalogue.questionnaire import Item
from taji.plan.instance import Condition

__all__ = ["Fact", "NotLinearError", "Reach", "Rules", "given", "reach_of", "rules_of"]

_ZERO = Fraction(0)


class NotLinearError(TajiError):
    """The levels of a model cannot be written as sums of single answers."""

    code = "plan.not_linear"
    sentences = {
        "en": "Model {model} cannot be planned with: node {node} {reason}. Roadmaps need a model "
        "whose levels ask for sums of points or counts of single answers, such as sme2024.",
        "zh": "模型 {model} 不能用于规划：节点 {node} {reason}。"
        "路线图需要按分值合计或单项计数定级的模型，例如 sme2024。",
    }


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """An answer has reached a place, counted from the lowest answer upwards; 1 for a tick."""

    node: str
    column: str
    place: int


@dataclass(frozen=True, slots=True)
class Reach:
    """What an effect makes of an answer.

    Attributes
    ----------
    node, column
        The leaf that reads the answer, and the column it stands in.
    place : int
        The place that is reached.
    changes : mapping
        Columns and their values once it is reached.
    """

    node: str
    column: str
    place: int
    changes: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The levels of a model for one firm.

    Attributes
    ----------
    facts : tuple of Fact
        What does not hold yet.
    needs : tuple of frozenset of int
        Facts without which a fact does not count.
    granted : frozenset of int
        Facts that are answered already and count as soon as what they need holds.
    tests : mapping of str to tuple of Condition
        By level, lowest first; the lowest level has none.
    gains : tuple of int
        Points of the total that each fact is worth; one rung of a part that is no part of the
        total counts one point. [1 / ``unit`` points]
    unit : int
    """

    facts: tuple[Fact, ...]
    needs: tuple[frozenset[int], ...]
    granted: frozenset[int]
    tests: Mapping[str, tuple[Condition, ...]]
    gains: tuple[int, ...]
    unit: int

    def brought(self, reaches: Iterable[Reach]) -> frozenset[int]:
        """Return the places of the facts that these answers make true."""
        by_column: dict[tuple[str, str], int] = {}
        for reach in reaches:
            key = (reach.node, reach.column)
            by_column[key] = max(reach.place, by_column.get(key, 0))
        return frozenset(
            at
            for at, fact in enumerate(self.facts)
            if by_column.get((fact.node, fact.column), 0) >= fact.place
        )


@dataclass(frozen=True, slots=True)
class _Sum:
    """Points that are there already, and what each fact adds. [points]"""

    have: Fraction
    adds: Mapping[Fact, Fraction]


def rules_of(program: Program, sheet: pl.DataFrame) -> Rules:
    """Return the rules of a model for a firm.

    Parameters
    ----------
    program : Program
    sheet : polars.DataFrame, shape (1, any)
        The firm's canonical answers. What it left blank earns nothing.

    Raises
    ------
    NotLinearError
        If the model's levels cannot be written so, or it has none.
    """
    return _Reader(program, sheet).rules()


def reach_of(program: Program, effect: Effect, case: Case) -> tuple[Reach, ...]:
    """Return what an effect makes of the answers that the model reads; nothing where it has none.

    Raises
    ------
    NotLinearError
        If the model reads the answer as a number without bands.
    """
    wanted = effect.reaches(case)
    if wanted is None:
        return ()
    found = []
    for node in program.model.nodes:
        for item in _items(node, program):
            if item.id == effect.item:
                found += [_reach(node, item, effect, wanted, program)]
    return tuple(found)


def given(program: Program, sheet: pl.DataFrame, reaches: Iterable[Reach]) -> pl.DataFrame:
    """Return the sheet as it is once these answers are reached; none becomes worse.

    A number that is higher in the place where the firm is already takes the place of the lower.
    """
    changes: dict[str, tuple[int, Value]] = {}
    now: dict[tuple[str, str], int] = {}
    for reach in reaches:
        key = (reach.node, reach.column)
        if key not in now:
            now[key] = _place(reach, program, sheet)
        if reach.place <= max(0, now[key]):
            continue
        for column, value in reach.changes.items():
            before = changes.get(column, (0, value))
            if reach.place > before[0] or (reach.place == before[0] and _more(value, before[1])):
                changes[column] = (reach.place, value)
    own = sheet.schema
    return sheet.with_columns(
        pl.lit(value).cast(own[column]).alias(column)
        for column, (_, value) in changes.items()
        if column in own
    )


def _place(reach: Reach, program: Program, sheet: pl.DataFrame) -> int:
    node = program.model.by_id[reach.node]
    move = next(m for m in moves_of(node, program.questionnaire) if m.column == reach.column)
    return int(places(node, move, sheet, program.questionnaire)[0])


def _more(value: Value, before: Value) -> bool:
    if isinstance(value, str) or isinstance(before, str):
        return False
    return value > before


def _items(node: Node, program: Program) -> tuple[Item, ...]:
    if node.question is None:
        return ()
    item = program.questionnaire.items.get(node.question)
    return (item,) if item is not None else program.questionnaire.items_of(node.question)


def _reach(node: Node, item: Item, effect: Effect, wanted: object, program: Program) -> Reach:
    columns = (item.id, *item.columns)
    moves = [m for m in moves_of(node, program.questionnaire) if m.column in columns]
    if effect.tick is not None:
        column = f"{item.id}/{effect.tick}"
        for move in moves:
            if move.column == column:
                return Reach(node.id, column, 1, move.changes)
        return Reach(node.id, column, 0, {column: True})
    if item.kind == "single":
        for move in moves:
            if move.to == wanted:
                return Reach(node.id, item.id, move.place, move.changes)
        return Reach(node.id, item.id, 0, {})
    assert isinstance(wanted, int)
    if item.kind == "scale" and node.bands is None:
        return Reach(node.id, item.id, wanted, {item.id: wanted})
    if node.bands is None:
        raise _refused(program.model, node, "按数值连续计分", "is scored by a number without bands")
    ranked = sorted(node.bands, key=lambda band: band.points)
    place = next(
        place
        for place, band in enumerate(ranked)
        if (band.from_ is None or wanted >= band.from_)
        and (band.over is None or wanted > band.over)
        and (band.to is None or wanted <= band.to)
        and (band.below is None or wanted < band.below)
    )
    return Reach(node.id, item.id, place, {item.id: float(wanted)})


def _refused(model: Model, node: Node, zh: str, en: str) -> NotLinearError:
    return NotLinearError(model=model.id, node=node.id, reason=Text(zh=zh, en=en))


class _Reader:
    """Reads a model for one firm."""

    def __init__(self, program: Program, sheet: pl.DataFrame) -> None:
        self.program, self.model = program, program.model
        self.sheet = program.sheets(sheet)
        self.needs: dict[Fact, frozenset[Fact]] = {}
        self.answered: set[Fact] = set()
        self._sums: dict[str, _Sum] = {}

    def rules(self) -> Rules:
        """Return what the model says about this firm."""
        if not self.model.levels or "total" not in self.model.by_id:
            node = self.model.nodes[-1]
            raise _refused(self.model, node, "没有总的等级", "has no levels of a total")
        total = self.sum_of("total")
        levels = {
            level.id: tuple(self._test(aim) for aim in aims_of(self.model, place))
            for place, level in enumerate(self.model.levels)
        }
        worth = dict(total.adds)
        for node in self.model.nodes:
            if node.is_level and node.question is not None:
                own = self.sum_of(node.id).adds
                worth |= {fact: rungs for fact, rungs in own.items() if fact not in worth}
        facts = sorted({*worth, *(f for tests in levels.values() for t in tests for f in t.adds)})
        at = {fact: place for place, fact in enumerate(facts)}
        unit = lcm(*(weight.denominator for weight in worth.values()), 1)
        needs = {fact: self.needs.get(fact, frozenset()) for fact in facts}
        return Rules(
            facts=tuple(facts),
            needs=tuple(frozenset(at[n] for n in needs[fact] if n in at) for fact in facts),
            granted=frozenset(at[fact] for fact in facts if fact in self.answered),
            tests={
                level: tuple(test.numbered(at) for test in tests) for level, tests in levels.items()
            },
            gains=tuple(int(worth.get(fact, _ZERO) * unit) for fact in facts),
            unit=unit,
        )

    def sum_of(self, name: str) -> _Sum:
        """Return the points of a node as a sum."""
        if name not in self._sums:
            node = self.model.by_id[name]
            self._sums[name] = self._leaf(node) if node.question else self._branch(node)
        return self._sums[name]

    def _branch(self, node: Node) -> _Sum:
        if node.rule not in ("sum", "mean", "weighted_mean"):
            raise _refused(self.model, node, f"使用规则 {node.rule}", f"has the rule {node.rule}")
        weights = {
            child: Fraction(1)
            if node.rule == "sum"
            else node.max / self.model.by_id[child].max * self._share(node, child)
            for child in node.of
        }
        have, adds = _ZERO, dict[Fact, Fraction]()
        for child, weight in weights.items():
            part = self.sum_of(child)
            have += weight * part.have
            for fact, points in part.adds.items():
                adds[fact] = adds.get(fact, _ZERO) + weight * points
        return _Sum(have, adds)

    def _share(self, node: Node, child: str) -> Fraction:
        if node.weights is None:
            return Fraction(1, len(node.of))
        return node.weights[child] / sum(node.weights.values(), _ZERO)

    def _leaf(self, node: Node) -> _Sum:
        if node.rule not in ("sum", "bands", "mean") or node.prune is not None:
            raise _refused(
                self.model, node, "封顶或可剪除", "has a cap or an answer that prunes it"
            )
        items = _items(node, self.program)
        have, adds = _ZERO, dict[Fact, Fraction]()
        for item in items:
            for fact, points, held in self._answers(node, item):
                share = node.max * points / len(items)
                if held:
                    have += share
                elif share:
                    adds[fact] = adds.get(fact, _ZERO) + share
        return _Sum(have, adds)

    def _answers(self, node: Node, item: Item) -> Iterator[tuple[Fact, Fraction, bool]]:
        """Yield the places of an item, the share of its most that each adds, and whether it is held."""
        moves = [
            m
            for m in moves_of(node, self.program.questionnaire)
            if m.column in (item.id, *item.columns)
        ]
        if item.kind == "multi":
            yield from self._ticks(node, item)
            return
        values = self._values(node, item)
        if len(values) != len(moves) + 1:
            raise _refused(self.model, node, "按数值连续计分", "is scored by a number")
        most = max(values)
        if most <= 0 or min(values) < 0:
            raise _refused(self.model, node, "含有负分", "has negative points")
        now = int(places(node, moves[0], self.sheet, self.program.questionnaire)[0])
        blank = self.sheet.get_column(item.id)[0] is None
        if not blank and values[max(0, now)]:
            yield Fact(node.id, item.id, 0), values[max(0, now)] / most, True
        start = values[max(0, now)] if not blank else _ZERO
        for move in moves:
            if move.place > now and values[move.place] > start:
                yield Fact(node.id, item.id, move.place), (values[move.place] - start) / most, False
                start = values[move.place]

    def _values(self, node: Node, item: Item) -> list[Fraction]:
        if node.points is not None:
            return sorted(node.points.get(option, _ZERO) for option in item.option_ids)
        if node.bands is not None:
            return sorted(band.points for band in node.bands)
        if item.kind == "scale" and item.question.high is not None:
            return [Fraction(rung) for rung in range(int(item.question.high) + 1)]
        return []

    def _ticks(self, node: Node, item: Item) -> Iterator[tuple[Fact, Fraction, bool]]:
        points, requires = node.points or {}, node.requires or {}
        if any(value < 0 for value in points.values()):
            raise _refused(self.model, node, "含有负分", "has negative points")
        most = sum((points.get(o, _ZERO) for o in item.option_ids), _ZERO)
        if any(set(needed) & set(requires) for needed in requires.values()):
            raise _refused(self.model, node, "选项层层依赖", "has options that need each other")
        ticked = {o: bool(self.sheet.get_column(f"{item.id}/{o}")[0]) for o in item.option_ids}
        for option in item.option_ids:
            fact = Fact(node.id, f"{item.id}/{option}", 1)
            lacking = [o for o in requires.get(option, ()) if not ticked[o]]
            if lacking:
                self.needs[fact] = frozenset(Fact(node.id, f"{item.id}/{o}", 1) for o in lacking)
                self.answered |= {fact} if ticked[option] else set()
            yield fact, points.get(option, _ZERO) / most, ticked[option] and not lacking

    def _test(self, aim: Aim) -> _AimSum:
        if aim.count is None:
            total = self.sum_of(aim.node)
            return _AimSum(total.adds, aim.value - total.have, aim.strict)
        held, adds = 0, dict[Fact, Fraction]()
        for name in aim.nodes:
            fact = self._reaching(self.model.by_id[name], aim)
            if fact is None:
                held += 1
            else:
                adds[fact] = Fraction(1)
        return _AimSum(adds, Fraction(aim.count - held), False)

    def _reaching(self, node: Node, aim: Aim) -> Fact | None:
        """Return the one fact with which a counted node reaches the value; None where it has."""
        items = _items(node, self.program)
        if len(items) != 1 or items[0].kind == "multi":
            raise _refused(self.model, node, "不是单个答案", "is counted and no single answer")
        total = self.sum_of(node.id)
        reached = total.have
        if reached >= aim.value:
            return None
        for fact in sorted(total.adds):
            reached += total.adds[fact]
            if reached >= aim.value:
                return fact
        raise _refused(self.model, node, "达不到所要求的值", "cannot reach the value asked for")


@dataclass(frozen=True, slots=True)
class _AimSum:
    """A test before facts have numbers."""

    adds: Mapping[Fact, Fraction]
    lacking: Fraction
    strict: bool

    def numbered(self, at: Mapping[Fact, int]) -> Condition:
        unit = lcm(*(weight.denominator for weight in self.adds.values()), 1)
        lacking = self.lacking * unit
        needed = floor(lacking) + 1 if self.strict else ceil(lacking)
        weights = tuple((at[fact], int(weight * unit)) for fact, weight in self.adds.items())
        return Condition(weights, needed)
