"""What the next level asks of a firm, as quantities that can be measured.

Decides which tests stand between a level and the one above it, whether the levels are
tests, bands of the total or rungs of a ladder. Does not decide levels
(``taji.assess.level``) nor which answers would help (``taji.assess.why``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np
import polars as pl

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.base.text import Text
from taji.catalogue.model import CountAtLeast, LevelBand, LevelTests, Model, Node, ScoreAtLeast

__all__ = ["Aim", "additive", "aims_of", "climbed", "ladder_of", "leaves"]


@dataclass(frozen=True, slots=True)
class Aim:
    """One test of a level.

    Attributes
    ----------
    test : str
        Short form, the same in every language: ``total >= 40``, ``6 of 16 >= 2``.
    title : Text
        The same for a reader.
    nodes : tuple of str
        The node whose points are asked for, or the nodes that are counted.
    value : Fraction
        What a node must reach. [points]
    count : int or None
        How many nodes must reach it; None where there is one.
    strict : bool
        ``value`` itself is not enough.
    """

    test: str
    title: Text
    nodes: tuple[str, ...]
    value: Fraction
    count: int | None = None
    strict: bool = False

    @property
    def node(self) -> str:
        """The node asked for; empty where nodes are counted."""
        return self.nodes[0] if self.count is None else ""

    @property
    def needed(self) -> float:
        """What ``measured`` must reach. [points, or number of nodes]"""
        return float(self.value if self.count is None else self.count)

    def measured(self, wide: pl.DataFrame) -> FloatArray:
        """Return what each firm has, shape (n_firm,). [points, or number of nodes]

        A pruned node has nothing.
        """
        columns = [wide.get_column(f"{node}:points").to_numpy() for node in self.nodes]
        points = np.nan_to_num(np.array(columns, dtype=np.float64))  # null comes as NaN
        if self.count is None:
            alone: FloatArray = points[0]
            return alone
        reached: FloatArray = (points >= float(self.value)).sum(axis=0, dtype=np.float64)
        return reached

    def met(self, measured: FloatArray) -> BoolArray:
        """Return whether it is enough."""
        met: BoolArray = measured > self.needed if self.strict else measured >= self.needed
        return met


def ladder_of(model: Model) -> Node | None:
    """Return the total where it is a ladder: there the next level is the next rung."""
    total = model.by_id.get("total")
    return total if total is not None and total.rule == "ladder" else None


def aims_of(model: Model, level: int, *, rung: int | None = None) -> tuple[Aim, ...]:
    """Return the tests of the level at a place in the model's levels.

    Parameters
    ----------
    model : Model
        What is asked about.
    level : int
        Place of the level aimed at.
    rung : int, optional
        Of a ladder: place of the first rung that is not reached.
    """
    ladder = ladder_of(model)
    if ladder is not None and rung is not None:
        if rung >= len(ladder.of):
            return ()
        node = model.by_id[ladder.of[rung]]
        return (_score(node, (ladder.reach or Fraction(1)) * node.max),)
    aimed = model.levels[level]
    if isinstance(aimed, LevelTests):
        return tuple(_test(model, test) for test in aimed.tests)
    return _of_band(model, aimed)


def climbed(model: Model, wide: pl.DataFrame) -> IntArray:
    """Return how many rungs of the total each firm has reached in order, shape (n_firm,)."""
    ladder = ladder_of(model)
    assert ladder is not None
    standing = np.ones(len(wide), dtype=bool)
    height = np.zeros(len(wide), dtype=np.int64)
    for name in ladder.of:
        node = model.by_id[name]
        points = wide.get_column(f"{name}:points")
        enough = float((ladder.reach or Fraction(1)) * node.max)
        standing &= (points.is_null() | (points >= enough)).to_numpy()
        height += standing
    return height


def leaves(model: Model, nodes: Sequence[str]) -> tuple[Node, ...]:
    """Return the leaves under nodes, in the order of the pack."""
    wanted, under = list(nodes), set()
    while wanted:
        node = model.by_id[wanted.pop()]
        under.add(node.id)
        wanted += [child for child in node.of if child not in under]
    return tuple(n for n in model.nodes if n.id in under and n.question is not None)


def additive(model: Model, aim: Aim) -> bool:
    """Return whether answers help independently of each other.

    Then the fewest answers that suffice are the most helpful ones, and taking them in
    order is exact. Caps, options that need others, minima and ladders break this.
    """
    if aim.count is not None:
        return all(model.by_id[node].question is not None for node in aim.nodes)
    wanted = list(aim.nodes)
    while wanted:
        node = model.by_id[wanted.pop()]
        if node.rule in ("capped_sum", "min", "ladder") or node.requires:
            return False
        wanted += node.of
    return True


def _test(model: Model, test: ScoreAtLeast | CountAtLeast) -> Aim:
    if isinstance(test, ScoreAtLeast):
        return _score(model.by_id[test.node], test.value)
    short = f"{test.count} of {len(test.of)} >= {float(test.value):g}"
    title = Text(
        zh=f"{test.title.zh}：{len(test.of)} 项中至少 {test.count} 项达到 {float(test.value):g}",
        en=f"{test.title.en}: {test.count} of {len(test.of)} at {float(test.value):g} or more",
    )
    return Aim(short, title, test.of, test.value, test.count)


def _score(node: Node, value: Fraction, *, strict: bool = False) -> Aim:
    sign, number = (">" if strict else ">="), f"{float(value):g}"
    more = ("超过", "over") if strict else ("至少", "at least")
    title = Text(zh=f"{node.title.zh}{more[0]} {number}", en=f"{node.title.en} {more[1]} {number}")
    return Aim(f"{node.id} {sign} {number}", title, (node.id,), value, None, strict)


def _of_band(model: Model, band: LevelBand) -> tuple[Aim, ...]:
    total, decimals = model.by_id["total"], model.level_decimals
    lower = band.from_ if band.from_ is not None else band.over
    if lower is None:
        return ()
    if decimals is None:
        return (_score(total, lower, strict=band.from_ is None),)
    # the least rounded total that is enough, and the least total that rounds up to it
    unit = 10**decimals
    least = ceil(lower * unit) if band.from_ is not None else floor(lower * unit) + 1
    return (_score(total, (least - Fraction(1, 2)) / unit),)
