"""Turn the standings of children into the standing of their parent, rule by rule.

Decides how pruning, missing answers and ladders pass upwards. Does not read answers
(``taji.assess.leaf``) nor decide levels (``taji.assess.level``).

A pruned child leaves a mean and its weight, so that the weights left are renormalised; in
a sum it earns nothing and weighs nothing. A branch all of whose children are pruned is
pruned itself. A pruned rung of a ladder asks nothing and lets the next be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

import polars as pl

from taji.assess.leaf import Standing
from taji.assess.ratio import Column, Ratio, Sheet, at_least, divided, linear
from taji.catalogue.model import Node

__all__ = ["averaged", "combined", "ladder", "least", "summed"]

Weighted = tuple[Fraction, Standing]


def averaged(children: Sequence[Weighted], *, sheet: Sheet, node: str) -> Standing:
    """Return the weighted mean of children, the pruned ones left out."""
    if len(children) == 1:
        return children[0][1]
    weight, live = _weight(children, sheet, node)
    weights = _whole_weights(children) if weight else _shares(children)

    def mean(part: str) -> Ratio:
        terms = [(w, getattr(c, part), c.live) for w, (_, c) in zip(weights, children, strict=True)]
        return linear(sheet, terms, weight=weight, node=node)

    return Standing(mean("worst"), mean("best"), mean("answered"), live)


def summed(children: Sequence[Weighted], *, most: Fraction, sheet: Sheet, node: str) -> Standing:
    """Return the sum of children, each weighing its own maximum, out of ``most``."""
    weight, live = _weight(children, sheet, node)
    if weight is None and sum(w for w, _ in children) == most:
        return averaged(children, sheet=sheet, node=node)

    def total(part: str) -> Ratio:
        terms = [(w / most, getattr(c, part), c.live) for w, c in children]
        return linear(sheet, terms, weight=None, node=node)

    answered = averaged(children, sheet=sheet, node=node).answered
    return Standing(total("worst"), total("best"), answered, live)


def least(
    children: Sequence[Standing],
    *,
    most: Fraction,
    coverage_min: Fraction,
    sheet: Sheet,
    node: str,
) -> Standing:
    """Return the least of the children; its score is the least of theirs."""
    equal = [(Fraction(1), child) for child in children]
    answered = averaged(equal, sheet=sheet, node=node).answered
    live = _weight(equal, sheet, node)[1]
    scores = [_score(child, most, coverage_min, node) for child in children]
    return Standing(
        _least([c.worst for c in children], children, sheet, node),
        _least([c.best for c in children], children, sheet, node),
        answered,
        live,
        pl.min_horizontal(scores),
    )


def ladder(
    rungs: Sequence[Standing],
    *,
    most: Fraction,
    reach: Fraction,
    coverage_min: Fraction,
    sheet: Sheet,
    node: str,
) -> Standing:
    """Return the rungs reached in order, and the share of the first that is not.

    Notes
    -----
    The answered share is the mean over the rungs read: up to and including the first that
    is not reached on the worst reading. The score climbs by the scores of the rungs, and
    is empty where it comes to stand on a rung too little of which was answered.
    """
    worst_height, worst = _climbed([r.worst for r in rungs], rungs, reach, sheet, node)
    _, best = _climbed([r.best for r in rungs], rungs, reach, sheet, node)
    read = []
    for place, rung in enumerate(rungs):
        counts = pl.col(worst_height.name) >= place
        step = worst_height.step
        if rung.live is not None:
            counts, step = counts & (pl.col(rung.live.name) == 1), max(step, rung.live.step)
        read.append(sheet.add(counts, bound=1, after=step, node=node))
    answered = _mean_of_read(rungs, read, sheet, node)
    live = _weight([(Fraction(1), r) for r in rungs], sheet, node)[1]
    score = _ladder_score(rungs, reach, coverage_min, sheet, node)
    return Standing(worst, best, answered, live, score * float(most / len(rungs)))


def combined(
    node: Node,
    children: Sequence[tuple[Node, Standing]],
    *,
    coverage_min: Fraction,
    sheet: Sheet,
) -> Standing:
    """Return the standing of a branch by its rule."""
    standings = [standing for _, standing in children]
    if node.rule == "sum":
        own = [(child.max, standing) for child, standing in children]
        return summed(own, most=node.max, sheet=sheet, node=node.id)
    if node.rule == "min":
        return least(standings, most=node.max, coverage_min=coverage_min, sheet=sheet, node=node.id)
    if node.rule == "ladder":
        return ladder(
            standings,
            most=node.max,
            reach=node.reach if node.reach is not None else Fraction(1),
            coverage_min=coverage_min,
            sheet=sheet,
            node=node.id,
        )
    weights = node.weights or {}
    weighted = [(weights.get(child.id, Fraction(1)), standing) for child, standing in children]
    return averaged(weighted, sheet=sheet, node=node.id)


def _shares(children: Sequence[Weighted]) -> list[Fraction]:
    total = sum((w for w, _ in children), Fraction(0))
    return [w / total for w, _ in children]


def _whole_weights(children: Sequence[Weighted]) -> list[Fraction]:
    unit = lcm(*(w.denominator for w, _ in children))
    whole = [int(w * unit) for w, _ in children]
    shared = gcd(*whole)
    return [Fraction(w // shared) for w in whole]


def _weight(
    children: Sequence[Weighted], sheet: Sheet, node: str
) -> tuple[Column | None, Column | None]:
    """Return the weight left after pruning (at least 1) and whether any is left."""
    if all(child.live is None for _, child in children):
        return None, None
    weights = [int(w) for w in _whole_weights(children)]
    fixed = sum(w for w, (_, c) in zip(weights, children, strict=True) if c.live is None)
    left, step = pl.lit(fixed), 0
    for weight, (_, child) in zip(weights, children, strict=True):
        if child.live is not None:
            left, step = left + pl.col(child.live.name) * weight, max(step, child.live.step)
    column = sheet.add(left.clip(lower_bound=1), bound=sum(weights), after=step, node=node)
    if fixed:
        return column, None
    return column, sheet.add(left > 0, bound=1, after=step, node=node)


def _least(ratios: Sequence[Ratio], of: Sequence[Standing], sheet: Sheet, node: str) -> Ratio:
    """Return the least fraction, a pruned one counting as whole."""
    rows = list(dict.fromkeys(r.by for r in ratios if r.by is not None))
    bottom = lcm(*(r.bottom for r in ratios))
    by = sheet.product(rows, node)
    bound = bottom * (by.bound if by else 1)
    tops = []
    for ratio, child in zip(ratios, of, strict=True):
        term = pl.col(ratio.top.name).cast(pl.Int128) * (bottom // ratio.bottom)
        for column in rows:
            if column != ratio.by:
                term = term * pl.col(column.name)
        if child.live is not None:
            term = pl.when(pl.col(child.live.name) == 1).then(term)
        tops.append(term)
    steps = (
        [r.step for r in ratios] + [c.live.step for c in of if c.live] + ([by.step] if by else [])
    )
    top = sheet.add(pl.min_horizontal(tops).fill_null(0), bound=bound, after=max(steps), node=node)
    return Ratio(top, bottom, by)


def _climbed(
    ratios: Sequence[Ratio],
    rungs: Sequence[Standing],
    reach: Fraction,
    sheet: Sheet,
    node: str,
) -> tuple[Column, Ratio]:
    """Return how many rungs are reached in order, and that number plus the next one's share."""
    reached = [
        _or_pruned(at_least(ratio, reach, node), rung)
        for ratio, rung in zip(ratios, rungs, strict=True)
    ]
    steps = [r.step for r in ratios] + [r.live.step for r in rungs if r.live]
    height = _height(reached, max(steps), sheet, node)
    bottom = lcm(*(r.bottom for r in ratios))
    by: Column | None = None
    if any(r.by for r in ratios):
        chosen = _at(height, [pl.col(r.by.name) if r.by else pl.lit(1) for r in ratios], pl.lit(1))
        bound = max(r.by.bound for r in ratios if r.by)
        by = sheet.add(chosen, bound=bound, after=max(height.step, *steps), node=node)
    bound = len(rungs) * bottom * (by.bound if by else 1)
    next_up = _at(
        height,
        [pl.col(r.top.name).cast(pl.Int128) * (bottom // r.bottom) for r in ratios],
        pl.lit(0, pl.Int128),
    )
    whole = pl.col(height.name).cast(pl.Int128) * bottom
    if by is not None:
        whole = whole * pl.col(by.name)
    after = max(height.step, *steps, by.step if by else 0)
    top = sheet.add(whole + next_up, bound=bound, after=after, node=node)
    return height, Ratio(top, bottom * len(rungs), by)


def _height(reached: Sequence[pl.Expr], after: int, sheet: Sheet, node: str) -> Column:
    """Return how many hold in order before the first that does not."""
    count = pl.lit(len(reached))
    for place in reversed(range(len(reached))):
        count = pl.when(reached[place]).then(count).otherwise(place)
    return sheet.add(count, bound=len(reached), after=after, node=node)


def _at(height: Column, values: Sequence[pl.Expr], otherwise: pl.Expr) -> pl.Expr:
    """Return the value of the first rung that is not reached."""
    chosen = otherwise
    for place, value in enumerate(values):
        chosen = pl.when(pl.col(height.name) == place).then(value).otherwise(chosen)
    return chosen


def _or_pruned(reached: pl.Expr, rung: Standing) -> pl.Expr:
    return reached if rung.live is None else reached | (pl.col(rung.live.name) == 0)


def _mean_of_read(
    rungs: Sequence[Standing], read: Sequence[Column], sheet: Sheet, node: str
) -> Ratio:
    count = sum((pl.col(column.name) for column in read), pl.lit(0)).clip(lower_bound=1)
    step = max(column.step for column in read)
    number = sheet.add(count, bound=len(read), after=step, node=node)
    terms = [(Fraction(1), r.answered, column) for r, column in zip(rungs, read, strict=True)]
    return linear(sheet, terms, weight=number, node=node)


def _ladder_score(
    rungs: Sequence[Standing], reach: Fraction, coverage_min: Fraction, sheet: Sheet, node: str
) -> pl.Expr:
    """Return the rungs climbed by scores, and the share of the next. [rungs]"""
    tops, bottoms, known, steps = [], [], [], []
    for rung in rungs:
        top, bottom = _cross(rung, sheet, node)
        tops.append(top)
        bottoms.append(bottom)
        enough = at_least(rung.answered, coverage_min, node) & (pl.col(bottom.name) > 0)
        known.append(enough)
        steps += [top.step, bottom.step, rung.answered.step]
    reached = []
    for top, bottom, enough, rung in zip(tops, bottoms, known, rungs, strict=True):
        share = Ratio(top, 1, bottom)
        reached.append(_or_pruned(enough & at_least(share, reach, node), rung))
    height = _height(reached, max(steps), sheet, node)
    one = pl.lit(1.0)
    shares = [
        pl.when(enough).then(
            pl.min_horizontal(
                pl.col(t.name).cast(pl.Float64) / pl.col(b.name).cast(pl.Float64), one
            )
        )
        for t, b, enough in zip(tops, bottoms, known, strict=True)
    ]
    score = pl.col(height.name) + _at(height, shares, pl.lit(0.0))
    name = f"{node}\x1fscore"
    sheet.put(score.alias(name), after=max(height.step, *steps))
    return pl.col(name)


def _cross(rung: Standing, sheet: Sheet, node: str) -> tuple[Column, Column]:
    """Return a rung's score as numerator and denominator: worst over answered."""
    worst, answered = rung.worst, rung.answered
    same = worst.by == answered.by
    top = [worst.top, *([answered.by] if answered.by and not same else [])]
    bottom = [answered.top, *([worst.by] if worst.by and not same else [])]
    return (
        _scaled(top, answered.bottom, sheet, node),
        _scaled(bottom, worst.bottom, sheet, node),
    )


def _scaled(columns: Sequence[Column], factor: int, sheet: Sheet, node: str) -> Column:
    bound, expr = factor, pl.lit(factor, pl.Int128)
    for column in columns:
        bound, expr = bound * column.bound, expr * pl.col(column.name)
    return sheet.add(expr, bound=bound, after=max(c.step for c in columns), node=node)


def _score(child: Standing, most: Fraction, coverage_min: Fraction, node: str) -> pl.Expr:
    share = divided(child.worst, child.answered, most, node).clip(upper_bound=float(most))
    enough = at_least(child.answered, coverage_min, node)
    if child.live is not None:
        enough = enough & (pl.col(child.live.name) == 1)
    return pl.when(enough).then(share)
