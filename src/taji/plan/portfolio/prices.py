"""Find the prices at which the firms' own answers bound the value of every portfolio best.

Decides the prices of limits and floors by cutting planes inside a box that grows and shrinks
with success, and says when no portfolio keeps all rows. Does not make a portfolio of it
(``taji.plan.portfolio.mixing``, ``taji.plan.portfolio.core``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from taji.base.arrays import FloatArray
from taji.plan.portfolio.answer import Answer, answer
from taji.plan.portfolio.instance import ChoiceArray, Portfolio
from taji.plan.portfolio.planes import Planes

__all__ = ["Box", "Descent", "descend", "least_value", "price_scale", "stake"]

#: A step that gains this share of what the planes promised is taken; this much more widens the box.
TAKEN, WIDENED = 0.05, 0.5
#: The box grows to so many times the scale of prices at most.
HIGHEST = 1e4


@dataclass(frozen=True, slots=True)
class Box:
    """Where prices may lie, and where and how far from there the search begins.

    Attributes
    ----------
    low, high, start, radius : FloatArray, shape (n_row,)
        Least and highest price, first price, first half width. [points per smallest unit]
    """

    low: FloatArray
    high: FloatArray
    start: FloatArray
    radius: FloatArray

    def inside(self, other: Box) -> Box:
        """What of the box lies in another one."""
        low, high = np.maximum(self.low, other.low), np.minimum(self.high, other.high)
        return Box(low, high, self.start, self.radius)


@dataclass(frozen=True, slots=True)
class Descent:
    """Where the search ended.

    Attributes
    ----------
    prices : FloatArray, shape (n_row,)
        The best prices found. [points per smallest unit]
    answer : Answer
        What the firms take there, with the bound.
    mixture : tuple of (FloatArray, ChoiceArray)
        Answers whose mixture keeps the rows: for each, its share in each cell. [fraction]
    missing : float
        How far the planes say that the bound could still sink. [points]
    steps : int
        Passes that were made.
    impossible : bool
        Whether the bound sank under what any portfolio is worth: none keeps the rows.
    """

    prices: FloatArray
    answer: Answer
    mixture: tuple[tuple[FloatArray, ChoiceArray], ...]
    missing: float
    steps: int
    impossible: bool

    def at_edge(self, box: Box) -> bool:
        """Whether a price lies on an inner edge of the box: the best may lie outside."""
        low = (self.prices <= box.low) & (box.low > 0)
        return bool(np.any(low | (self.prices >= box.high)))


def price_scale(portfolio: Portfolio) -> FloatArray:
    """A price of each row that is of the order of what is at stake, shape (n_row,)."""
    rows = portfolio.rows
    free = answer(portfolio, np.zeros(len(rows.bound)))
    worth = stake(portfolio)
    whole = np.abs(np.where(rows.sign > 0, rows.bound, 0.0))
    at_hand = free.use.sum(axis=1)
    np.maximum.at(at_hand, rows.use, whole)
    scale: FloatArray = worth / np.maximum(at_hand[rows.use], 1.0)
    return scale


def stake(portfolio: Portfolio) -> float:
    """What all open firms could be worth at most, whatever they use. [points]"""
    total = 0.0
    for block in portfolio.blocks:
        largest = np.zeros(len(block.firm))
        for worth in block.value:
            np.maximum(largest, np.abs(worth), out=largest)
        total += float(largest.sum())
    return total or 1.0


def _mixture(planes: Planes, best: Answer) -> tuple[tuple[FloatArray, ChoiceArray], ...]:
    """The mixture of answers at the least point, or the best answer alone before there is one."""
    return planes.mixture() or ((np.ones_like(best.surplus), best.choice),)


def least_value(portfolio: Portfolio) -> float:
    """Less than this no choice is worth, whatever it keeps. [points]"""
    total = portfolio.settled
    for block in portfolio.blocks:
        worst = block.value.min(axis=0, initial=np.inf)
        total += float((worst if portfolio.compulsory else np.minimum(worst, 0.0)).sum())
    return total


def descend(
    portfolio: Portfolio,
    box: Box,
    *,
    scale: FloatArray,
    tolerance: float,
    steps: int,
    go_on: Callable[[], bool] = lambda: True,
    worst: float | None = None,
    unit: float | None = None,
) -> Descent:
    r"""Minimise the bound over the prices of a box.

    Parameters
    ----------
    portfolio : Portfolio
        The firms.
    box : Box
        Where to search.
    scale : FloatArray, shape (n_row,)
        A typical price of each row. [points per smallest unit]
    tolerance : float
        Ends when the planes promise no more than this share of the bound. [fraction]
    steps : int
        Ends after this many passes.
    go_on : callable
        Asked before every pass.
    worst : float, optional
        Less than this no choice can be worth: a bound below it proves that none keeps the rows.
        [points]
    unit : float, optional
        What is at stake. [points]

    Notes
    -----
    Cutting planes [1]_, one for each cell and pass, so that firms of one district are learnt
    about together; the next prices are the least point of the planes inside a box around the
    best prices so far [2]_. The multipliers of the planes at the end say which mixture of
    answers keeps the rows: the fractional optimum.

    References
    ----------
    .. [1] J. E. Kelley, "The Cutting-Plane Method for Solving Convex Programs", *SIAM Journal*
       8, 1960, 703-712. doi:10.1137/0108053
    .. [2] R. E. Marsten, W. W. Hogan and J. W. Blankenship, "The Boxstep Method for Large-Scale
       Optimization", *Operations Research* 23, 1975, 389-405. doi:10.1287/opre.23.3.389
    """
    rows = portfolio.rows
    worst = least_value(portfolio) if worst is None else worst
    best = answer(portfolio, box.start)
    centre, radius, done = box.start, box.radius, 1
    unit = stake(portfolio) if unit is None else unit
    planes = Planes(rows, scale=scale, unit=unit)
    planes.add(box.start, best)
    missing, impossible = np.inf, False
    while done < steps and len(centre) and go_on():
        low, high = np.maximum(box.low, centre - radius), np.minimum(box.high, centre + radius)
        least = planes.lowest(low, high)
        if least is None:
            break
        missing = best.bound - portfolio.settled - least.value
        inside = not np.any((least.prices <= low) & (low > box.low)) and not np.any(
            (least.prices >= high) & (high < box.high)
        )
        if missing <= tolerance * unit:
            if inside or np.all(radius >= HIGHEST * scale):
                break
            radius = np.minimum(radius * 4, HIGHEST * scale)
            continue
        here = answer(portfolio, least.prices)
        done += 1
        planes.add(least.prices, here)
        gained = best.bound - here.bound
        if gained > 0:
            best, centre = here, least.prices
        if gained > WIDENED * missing:
            radius = np.minimum(radius * 2, HIGHEST * scale)
        elif gained < TAKEN * missing:
            radius = radius / 2
        if best.bound < worst - 1e-9 * unit:
            impossible = True
            break
    return Descent(centre, best, _mixture(planes, best), float(missing), done, impossible)
