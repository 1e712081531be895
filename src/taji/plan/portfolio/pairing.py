"""Find the set of changes of one half and that of the other after which least lacks together.

Decides how they are sought: sets are points in the space of what they use, looked up in trees.
Which sets there are is ``taji.plan.portfolio.changes``'s.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from taji.base.arrays import FloatArray, IntArray
from taji.plan.portfolio.changes import Sets

__all__ = ["Base", "Pair", "closest"]

#: Rows that are looked along; a tree in more dimensions is no faster than trying all.
DIMENSIONS = 6
#: Sets of the first band of a half, each further one being as large as all before it; how many
#: are looked up at once.
BAND, AT_ONCE = 2_048, 4_096


@dataclass(frozen=True, slots=True)
class Base:
    """The choice that is changed.

    Attributes
    ----------
    prices, left : FloatArray, shape (n_row,)
        Price of each row; what is left over of it. [points per smallest unit; smallest units]
    lack : float
        What the choice lacks to the bound at the prices. [points]
    hair : float
        Differences below this are rounding. [points]
    """

    prices: FloatArray
    left: FloatArray
    lack: float
    hair: float


@dataclass(frozen=True, slots=True)
class Pair:
    """What was found.

    Attributes
    ----------
    at : tuple of (int, int) or None
        The two sets; None where none keep the rows and lack less than was asked.
    lack : float
        What then lacks, or what was asked. [points]
    finished : bool
        Whether all were looked at.
    """

    at: tuple[int, int] | None
    lack: float
    finished: bool


def closest(
    base: Base, first: Sets, second: Sets, *, room: float, go_on: Callable[[], bool]
) -> Pair:
    r"""Find the two sets that keep the rows and after which least lacks, less than ``room``.

    Parameters
    ----------
    base : Base
        The choice that is changed.
    first, second : Sets
        Sets of changes of two halves.
    room : float
        What may lack at most. [points]
    go_on : callable
        Asked before every look.

    Notes
    -----
    Of two sets that together lose :math:`\ell` and leave :math:`t_r \ge 0` of the rows, what
    lacks is at least :math:`\ell + \sum_r \pi_r t_r`. So the partner of a set lies no further
    from the point that uses all it leaves, along all rows together, than ``room`` less what
    both lose. Bands of sets that lose alike are looked up in each other, the smaller one in the
    tree of the larger one.
    """
    typical = base.prices * (np.abs(first.more).mean(axis=1) + np.abs(second.more).mean(axis=1))
    keen = np.argsort(-typical, kind="stable")[:DIMENSIONS]
    halves = (_Half(base, first, keen), _Half(base, second, keen))
    target = (base.prices * base.left)[keen]
    pairs = itertools.product(halves[0].bands, halves[1].bands)
    best = Pair(None, room, finished=True)
    for bands in sorted(pairs, key=lambda pair: pair[0].least + pair[1].least):
        few, many = sorted(bands, key=lambda band: band.last - band.first)
        rows = few.within(best.lack - many.least)
        for begin in range(0, len(rows), AT_ONCE):
            if not go_on():
                return Pair(best.at, best.lack, finished=False)
            one, other = _near(
                few, many, rows[begin : begin + AT_ONCE], target, best.lack + base.hair
            )
            if len(one):
                both = (one, other) if few is bands[0] else (other, one)
                best = _better(base, halves, both, best)
    return best


class _Half:
    """Sets of one half as points, in bands that lose alike."""

    def __init__(self, base: Base, sets: Sets, keen: IntArray) -> None:
        self.sets, self.own = sets, sets.real - base.prices @ sets.more
        self.points = np.ascontiguousarray((base.prices[keen, None] * sets.more[keen]).T)
        ends = [0]
        while ends[-1] < len(sets.lost):
            ends.append(min(max(BAND, 2 * ends[-1]), len(sets.lost)))
        self.bands = [_Band(self, *piece) for piece in itertools.pairwise(ends)]


class _Band:
    """Some sets of a half, and the tree of their points."""

    def __init__(self, half: _Half, first: int, last: int) -> None:
        self.half, self.first, self.last = half, first, last
        self.least = float(half.sets.lost[first])
        self.tree = cKDTree(half.points[first:last], balanced_tree=False)

    def within(self, room: float) -> IntArray:
        """The sets that lose no more than ``room``."""
        lost = self.half.sets.lost[self.first : self.last]
        return np.arange(self.first, self.first + np.searchsorted(lost, room, side="right"))


def _near(
    few: _Band, many: _Band, rows: IntArray, target: FloatArray, room: float
) -> tuple[IntArray, IntArray]:
    """Sets of a band and those of the other that lie near enough to what they leave."""
    radius = np.maximum(room - few.half.sets.lost[rows] - many.least, 0.0)
    hits = many.tree.query_ball_point(
        target - few.half.points[rows], radius, p=1, workers=-1, return_sorted=True
    )
    counts = np.fromiter(map(len, hits), dtype=np.int64, count=len(rows))
    some = np.flatnonzero(counts)
    if not len(some):
        return rows[:0], rows[:0]
    other = np.concatenate([np.array(hits[at], dtype=np.int64) for at in some])
    return np.repeat(rows, counts), many.first + other


def _better(
    base: Base, halves: tuple[_Half, _Half], both: tuple[IntArray, IntArray], best: Pair
) -> Pair:
    """The best of some pairs that keep the rows, or the best so far."""
    first, second = both
    lack = base.lack + halves[0].own[first] + halves[1].own[second]
    good = np.flatnonzero(lack < best.lack - base.hair)
    more = halves[0].sets.more[:, first[good]] + halves[1].sets.more[:, second[good]]
    good = good[np.all(more <= base.left[:, None], axis=0)]
    if not len(good):
        return best
    at = good[np.lexsort((second[good], first[good], lack[good]))[0]]
    return Pair((int(first[at]), int(second[at])), float(lack[at]), finished=True)
