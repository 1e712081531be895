"""Decide the level of a firm from its standings, on whole numbers.

Decides which level a total or a set of tests gives. Does not decide how a missing answer
counts: it is asked once with the worst and once with the best standings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from math import floor
from operator import and_

import polars as pl

from taji.assess.leaf import Standing
from taji.assess.ratio import Column, Ratio, Sheet, above, at_least
from taji.catalogue.model import LevelBand, LevelTests, Model, ScoreAtLeast, Test

__all__ = ["Levels", "level_of_node", "level_of_total", "levels_of"]

#: Chooses the worst or the best fraction of a standing.
Reading = Callable[[Standing], Ratio]


class Levels:
    """The level ids that a program's results can show, as small codes."""

    def __init__(self, model: Model) -> None:
        rungs = max((floor(n.max) for n in model.nodes if n.is_level), default=-1)
        ids = [str(rung) for rung in range(rungs + 1)] + [level.id for level in model.levels]
        self.ids: tuple[str, ...] = tuple(dict.fromkeys(ids))

    def code(self, level: str) -> pl.Expr:
        """Return the code of a level."""
        return pl.lit(self.ids.index(level), dtype=pl.UInt8)


def levels_of(model: Model) -> Levels:
    """Return the codes of a model's levels."""
    return Levels(model)


def level_of_node(standing: Standing, most: Fraction, read: Reading, node: str) -> pl.Expr:
    """Return the code of a node that is itself a level: the highest rung it reaches."""
    ratio = read(standing)
    factor = most / ratio.bottom
    if ratio.by is None and factor == 1:
        return pl.col(ratio.top.name).cast(pl.UInt8)
    chain = pl.lit(0, dtype=pl.UInt8)
    for rung in range(1, floor(most) + 1):
        reached = at_least(ratio, rung / most, node)
        chain = pl.when(reached).then(pl.lit(rung, dtype=pl.UInt8)).otherwise(chain)
    return chain


def level_of_total(
    model: Model, standings: Mapping[str, Standing], read: Reading, *, levels: Levels, sheet: Sheet
) -> tuple[pl.Expr, int]:
    """Return the code of the highest level that holds, and the step it can be read after."""
    most = {node.id: node.max for node in model.nodes}
    steps = [s.step for s in map(read, standings.values())]
    steps += [s.live.step for s in standings.values() if s.live]
    total, scale = read(standings["total"]), most["total"]
    if model.level_decimals is not None:
        total, scale = _rounded(total, scale, model.level_decimals, sheet), Fraction(1)
        steps.append(total.step)
    chain = pl.lit(None, dtype=pl.UInt8)
    for level in model.levels:
        holds = (
            _inside(level, total, scale)
            if isinstance(level, LevelBand)
            else _passes(level, standings, most, read)
        )
        chain = pl.when(holds).then(levels.code(level.id)).otherwise(chain)
    return chain, max(steps)


def _rounded(total: Ratio, most: Fraction, decimals: int, sheet: Sheet) -> Ratio:
    """Return the total rounded half up to ``decimals``, out of 1 instead of its maximum."""
    unit = 10**decimals
    up = 2 * most.numerator * unit
    down = 2 * most.denominator * total.bottom
    by = pl.col(total.by.name).cast(pl.Int128) if total.by else pl.lit(1, dtype=pl.Int128)
    doubled = pl.col(total.top.name).cast(pl.Int128) * up + by * (down // 2)
    bound = max(total.top.bound * up * 2, down * (total.by.bound if total.by else 1))
    wide = sheet.add(doubled, bound=bound, after=total.step, node="total")
    under = pl.lit(down, dtype=pl.Int128) * by
    rounded = pl.col(wide.name).cast(pl.Int128) // under
    top: Column = sheet.add(rounded, bound=int(most * unit) + 1, after=wide.step, node="total")
    return Ratio(top, unit)


def _inside(level: LevelBand, total: Ratio, scale: Fraction) -> pl.Expr:
    tests = []
    if level.from_ is not None:
        tests.append(at_least(total, level.from_ / scale, "total"))
    if level.over is not None:
        tests.append(above(total, level.over / scale, "total"))
    if level.to is not None:
        tests.append(~above(total, level.to / scale, "total"))
    if level.below is not None:
        tests.append(~at_least(total, level.below / scale, "total"))
    return reduce(and_, tests, pl.lit(True))


def _passes(
    level: LevelTests,
    standings: Mapping[str, Standing],
    most: Mapping[str, Fraction],
    read: Reading,
) -> pl.Expr:
    tests = [_holds(test, standings, most, read) for test in level.tests]
    return reduce(and_, tests, pl.lit(True))


def _holds(
    test: Test, standings: Mapping[str, Standing], most: Mapping[str, Fraction], read: Reading
) -> pl.Expr:
    def reaches(node: str, value: Fraction) -> pl.Expr:
        standing = standings[node]
        reached = at_least(read(standing), value / most[node], node)
        if standing.live is not None:
            reached = reached & (pl.col(standing.live.name) == 1)
        return reached

    if isinstance(test, ScoreAtLeast):
        return reaches(test.node, test.value)
    return pl.sum_horizontal(reaches(node, test.value) for node in test.of) >= test.count
