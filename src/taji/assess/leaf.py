"""Turn the answers to one question into exact fractions: what they earn, at worst and at best.

Decides what a missing answer, a missing tick and an answer outside the question's range
mean. Does not decide how questions add up (``taji.assess.branch``) nor what an option is
worth (the pack).

Missing answers: at worst they earn nothing, at best they earn the most that they could.
A multi-select question may be answered in part (a null in some option's column): its
answered share is the share of the positive points whose ticks are known. An exclusive
option that is ticked ("none of these") answers every other tick with no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from math import lcm
from operator import and_

import polars as pl

from taji.assess.ratio import Column, Ratio, Sheet, width
from taji.base.errors import TajiError
from taji.base.text import Text
from taji.catalogue.model import Band, Node
from taji.catalogue.questionnaire import Item

__all__ = ["READ", "Answers", "Mapped", "ModelError", "Standing", "item_standing"]

#: Shares are typed as 10 or computed as 0.1 x 100, which binary floats hold with an error
#: of some 1e-15. Numbers are compared with thresholds as whole multiples of this, far
#: finer than anyone reports and far coarser than that error. [the answer's unit]
RESOLUTION = Fraction(1, 10**9)


#: The step after which answers are read: what each earned stands in the next one.
READ = 1


class ModelError(TajiError):
    """The model and the questionnaire do not fit each other."""

    code = "assess.model"
    sentences = {
        "en": "Node {node} of model {model} cannot be scored: {reason}. Run `taji models check`.",
        "zh": "模型 {model} 的节点 {node} 无法计分：{reason}。请运行 `taji models check` 检查。",
    }


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a node stands, as fractions of its own maximum.

    Attributes
    ----------
    worst, best : Ratio
        Earned share if every missing answer earned nothing, or the most. [fraction]
    answered : Ratio
        Share of the node's weight that was answered. [fraction]
    live : Column or None
        1 where the node counts, 0 where it is pruned; None: it always counts.
    score : polars.Expr or None
        Score of a rule whose score is not ``worst / answered``. [points]
    single : Ratio or None
        Earned share where one answer is all there is; null where it is missing. [fraction]
    """

    worst: Ratio
    best: Ratio
    answered: Ratio
    live: Column | None = None
    score: pl.Expr | None = None
    single: Ratio | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """An answer and the column that says whether its value was understood."""

    column: str
    raw: str
    pruned: str | None
    allowed: str


@dataclass(slots=True)
class Answers:
    """The columns of answers that a program reads, and how each was understood."""

    columns: dict[str, type[pl.DataType]] = field(default_factory=dict)
    mapped: list[Mapped] = field(default_factory=list)

    def read(self, column: str, dtype: type[pl.DataType]) -> pl.Expr:
        """Return the answers of one column in their canonical type."""
        self.columns[column] = dtype
        return pl.col(column)


def item_standing(
    node: Node, item: Item, *, sheet: Sheet, answers: Answers, model: str
) -> Standing:
    """Return what one item of a leaf's question earns.

    Raises
    ------
    ModelError
        If the node's rule cannot read answers of this kind, or can earn nothing.
    """
    if item.kind == "multi":
        return _ticks(node, item, sheet=sheet, answers=answers, model=model)
    if node.points is not None:
        return _choice(node, item, sheet=sheet, answers=answers, model=model)
    if node.bands is not None:
        return _banded(node, item, sheet=sheet, answers=answers, model=model)
    return _number(node, item, sheet=sheet, answers=answers, model=model)


def _ticks(node: Node, item: Item, *, sheet: Sheet, answers: Answers, model: str) -> Standing:
    if node.points is None:
        reason = Text(
            zh=f"题目 {item.id} 的选项没有分值", en=f"the ticks of {item.id} have no points"
        )
        raise ModelError(node=node.id, model=model, reason=reason)
    options = {option.id: option for option in item.question.options}
    points = {o: node.points.get(o, Fraction(0)) for o in options}
    total = sum((p for p in points.values() if p > 0), Fraction(0))
    most = _most(node, total, model=model)
    unit = lcm(*(p.denominator for p in points.values()), most.denominator)
    worth = {o: int(p * unit) for o, p in points.items()}
    tick = {o: answers.read(f"{item.id}/{o}", pl.Boolean) for o in options}
    exclusive = [tick[o] for o, option in options.items() if option.exclusive]
    requires = {o: [tick[r] for r in rs] for o, rs in (node.requires or {}).items()}

    counts = {o: reduce(and_, [tick[o], *requires.get(o, [])]) for o in options}
    blank = {o: tick[o].is_null() for o in options}
    undecided = {o: expr.is_null() for o, expr in counts.items()}
    top, whole = int(most * unit), int(total * unit)
    gains = {o: max(w, 0) for o, w in worth.items()}
    losses = -sum(w for w in worth.values() if w < 0)

    def add(expr: pl.Expr, bound: int, *, after: int = 0) -> Column:
        return sheet.add(expr, bound=bound, after=after, node=node.id)

    def hidden(where: Mapping[str, pl.Expr]) -> Column:
        return add(_exclusively(exclusive, _worth_where(where, gains, node.id)), whole)

    worst = add(_worth_where(counts, worth, node.id), whole + losses)
    missing = hidden(blank)
    gain = hidden(undecided) if requires else missing
    best = pl.col(worst.name) + pl.col(gain.name)
    if losses or top != whole:  # a sum may dip below 0 or pass the cap
        best = best.clip(0, top)
        worst = add(pl.col(worst.name).clip(0, top), top, after=1)
    return Standing(
        worst=Ratio(worst, top),
        best=Ratio(add(best, top, after=1), top),
        answered=Ratio(add(whole - pl.col(missing.name), whole, after=1), whole),
    )


def _worth_where(where: Mapping[str, pl.Expr], worth: Mapping[str, int], node: str) -> pl.Expr:
    """Return the sum of what the options are worth for which something holds."""
    kind = width(sum(map(abs, worth.values())), node)
    total = pl.lit(0, dtype=kind)
    for option, holds in where.items():
        if worth[option]:
            value = pl.lit(worth[option], dtype=kind)
            total = total + pl.when(holds).then(value).otherwise(pl.lit(0, dtype=kind))
    return total


def _exclusively(exclusive: list[pl.Expr], expr: pl.Expr) -> pl.Expr:
    """Return nothing to gain where an exclusive option is ticked."""
    for ticked in exclusive:
        expr = pl.when(ticked).then(pl.lit(0, dtype=pl.Int16)).otherwise(expr)
    return expr


def _choice(node: Node, item: Item, *, sheet: Sheet, answers: Answers, model: str) -> Standing:
    assert node.points is not None
    allowed = [o for o in item.option_ids or tuple(node.points) if o != node.prune]
    points = {o: node.points.get(o, Fraction(0)) for o in allowed}
    most = _most(node, max(points.values(), default=Fraction(0)), model=model)
    share = {o: min(Fraction(1), max(Fraction(0), p / most)) for o, p in points.items()}
    bottom = lcm(*(s.denominator for s in share.values()))
    text = answers.read(item.id, pl.Int64 if item.kind == "scale" else pl.String)
    chain: pl.Expr | None = None
    for option, part in share.items():
        test = text == (int(option) if item.kind == "scale" else option)
        chain = _then(chain, test, int(part * bottom))
    said = ", ".join(item.option_ids or tuple(node.points))
    return _single(node, item, chain, bottom, said, sheet=sheet, answers=answers)


def _banded(node: Node, item: Item, *, sheet: Sheet, answers: Answers, model: str) -> Standing:
    assert node.bands is not None
    most = _most(node, max((b.points for b in node.bands), default=Fraction(0)), model=model)
    share = [min(Fraction(1), max(Fraction(0), b.points / most)) for b in node.bands]
    bottom = lcm(*(s.denominator for s in share))
    steps = _steps(node, item, sheet=sheet, answers=answers)
    chain: pl.Expr | None = None
    for band, part in zip(node.bands, share, strict=True):
        chain = _then(chain, _inside(band, steps), int(part * bottom))
    lowest = min((b.from_ if b.from_ is not None else b.over or 0) for b in node.bands)
    highest = max((b.to if b.to is not None else b.below or 0) for b in node.bands)
    said = f"{float(lowest):g} - {float(highest):g}"
    return _single(node, item, chain, bottom, said, sheet=sheet, answers=answers)


def _number(node: Node, item: Item, *, sheet: Sheet, answers: Answers, model: str) -> Standing:
    high = item.question.high
    if high is None and item.kind == "share":
        high = Fraction(100)
    if high is None or item.kind not in ("scale", "share", "number", "money"):
        reason = Text(
            zh=f"规则 {node.rule} 需要分值、分段或有上限的量表",
            en=f"rule {node.rule} needs points, bands or a scale with an upper end",
        )
        raise ModelError(node=node.id, model=model, reason=reason)
    _most(node, high, model=model)
    said = f"{float(item.question.low or 0):g} - {float(high):g}"
    low = item.question.low or Fraction(0)
    steps = _steps(node, item, sheet=sheet, answers=answers)
    inside = (steps >= _step(max(low, Fraction(0)))) & (steps <= _step(high))
    if item.kind == "scale":
        value = answers.read(item.id, pl.Int64)
        chain = pl.when(inside).then(value * high.denominator)
        return _single(node, item, chain, high.numerator, said, sheet=sheet, answers=answers)
    chain = pl.when(inside).then(steps.cast(pl.Int64))
    top = int(high / RESOLUTION)
    return _single(node, item, chain, top, said, sheet=sheet, answers=answers)


def _single(
    node: Node,
    item: Item,
    chain: pl.Expr | None,
    bottom: int,
    said: str,
    *,
    sheet: Sheet,
    answers: Answers,
) -> Standing:
    """Return the standing of one value, null where missing, out of ``bottom``."""
    given = chain if chain is not None else pl.lit(None)
    raw = sheet.add(given, bound=bottom, after=READ, node=node.id)
    live = None
    if node.prune is not None:
        kept = pl.col(item.id).ne_missing(pl.lit(node.prune))
        live = sheet.add(kept, bound=1, after=READ, node=node.id)
    answers.mapped.append(Mapped(item.id, raw.name, live.name if live else None, said))
    value, full = pl.col(raw.name), pl.lit(bottom)
    worst = sheet.add(value.fill_null(0), bound=bottom, after=raw.step, node=node.id)
    best = sheet.add(value.fill_null(full), bound=bottom, after=raw.step, node=node.id)
    known = sheet.add(value.is_not_null(), bound=1, after=raw.step, node=node.id)
    return Standing(
        Ratio(worst, bottom),
        Ratio(best, bottom),
        Ratio(known, 1),
        live,
        single=Ratio(raw, bottom),
    )


def _then(chain: pl.Expr | None, test: pl.Expr, value: int) -> pl.Expr:
    # mypy: the two stages of a chain have different types in Polars
    return (pl.when(test) if chain is None else chain.when(test)).then(value)  # type: ignore[attr-defined]


def _steps(node: Node, item: Item, *, sheet: Sheet, answers: Answers) -> pl.Expr:
    """Return the answer as whole multiples of the resolution, null where it is no number."""
    if item.kind == "scale":
        steps = answers.read(item.id, pl.Int64).cast(pl.Float64) * float(1 / RESOLUTION)
    else:
        number = answers.read(item.id, pl.Float64).fill_nan(None)
        steps = (number * float(1 / RESOLUTION)).round()
    name = f"{node.id}\x1f{item.id}"  # a column, for every threshold reads it
    sheet.put(steps.alias(name), after=0)
    return pl.col(name)


def _step(threshold: Fraction) -> float:
    return float(threshold / RESOLUTION)


def _inside(band: Band, steps: pl.Expr) -> pl.Expr:
    tests = [
        steps >= _step(band.from_) if band.from_ is not None else None,
        steps > _step(band.over) if band.over is not None else None,
        steps <= _step(band.to) if band.to is not None else None,
        steps < _step(band.below) if band.below is not None else None,
    ]
    given = [t for t in tests if t is not None]
    return reduce(and_, given) if given else steps.is_not_null()


def _most(node: Node, otherwise: Fraction, *, model: str) -> Fraction:
    most = node.cap if node.rule == "capped_sum" and node.cap is not None else otherwise
    if most <= 0:
        reason = Text(zh="任何答案都不得分", en="no answer earns anything")
        raise ModelError(node=node.id, model=model, reason=reason)
    return most
