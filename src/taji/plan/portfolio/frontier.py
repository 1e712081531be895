"""What more of a resource buys, and what each floor costs.

Decides at which amounts the portfolio is chosen anew, and how. More is never worth less: each
choice begins with that for the amount before, which still fits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from taji.base.arrays import FloatArray
from taji.plan.portfolio.instance import ChoiceArray, Portfolio
from taji.plan.portfolio.solve import Outcome, Plan, solve

__all__ = ["FloorCost", "Point", "cost_of_floors", "frontier", "without_floors"]


@dataclass(frozen=True, slots=True)
class Point:
    """What an amount of the resource is worth; ``value`` is None where no choice fits.

    Attributes
    ----------
    amount : float
        The limit. [smallest units]
    value, bound : float or None
        What was found, and what none can pass. [points]
    """

    amount: float
    value: float | None
    bound: float | None


@dataclass(frozen=True, slots=True)
class FloorCost:
    """What a floor costs: the value without it less the value with it, 0 at least. [points]"""

    row: int
    cost: float


def frontier(
    portfolio: Portfolio,
    row: int,
    amounts: Sequence[float],
    plan: Plan,
    *,
    prices: FloatArray,
    go_on: Callable[[], bool] = lambda: True,
) -> tuple[Point, ...]:
    """Choose anew at several amounts of the resource of a limit.

    Parameters
    ----------
    portfolio : Portfolio
        The firms.
    row : int
        Row of the limit.
    amounts : sequence of float
        Its amounts, ascending. [smallest units]
    plan : Plan
        How to work at each.
    prices : FloatArray, shape (n_row,)
        Prices to begin with. [points per smallest unit]
    go_on : callable
        Asked before each amount.
    """
    points: list[Point] = []
    before: ChoiceArray | None = None
    for amount in amounts:
        if not go_on():
            break
        bound = portfolio.rows.bound.copy()
        bound[row] = amount
        table = replace(portfolio, rows=replace(portfolio.rows, bound=bound))
        out = solve(table, plan, prices=prices if before is not None else None, before=before)
        if out.choice is None:
            points.append(Point(amount, None, None))
            continue
        before, prices = out.choice, out.prices
        points.append(Point(amount, out.value, max(out.bound, out.value)))
    return tuple(points)


def without_floors(portfolio: Portfolio, drop: Sequence[int]) -> Portfolio:
    """The same portfolio without some rows."""
    rows = portfolio.rows
    kept = np.setdiff1d(np.arange(len(rows.bound)), np.array(drop, dtype=np.int64))
    left = replace(
        rows,
        use=rows.use[kept],
        sign=rows.sign[kept],
        bound=rows.bound[kept],
        member=rows.member[kept],
    )
    return replace(portfolio, rows=left)


def cost_of_floors(
    portfolio: Portfolio,
    outcome: Outcome,
    plan: Plan,
    *,
    most: int,
    go_on: Callable[[], bool] = lambda: True,
) -> tuple[FloorCost, ...]:
    """Choose anew without each of the floors that have the highest price times amount.

    A floor whose price is 0 costs nothing and is left out.

    Parameters
    ----------
    portfolio : Portfolio
        The firms.
    outcome : Outcome
        The choice with all floors.
    plan : Plan
        How to work on each.
    most : int
        How many floors are looked at.
    go_on : callable
        Asked before each.
    """
    stake = np.where(portfolio.rows.sign < 0, outcome.prices * -portfolio.rows.bound, 0.0)
    out = []
    for row in np.argsort(-stake, kind="stable")[:most]:
        if stake[row] <= 0 or not go_on():
            break
        less = without_floors(portfolio, [int(row)])
        prices = np.delete(outcome.prices, row)
        free = solve(less, plan, prices=prices, before=outcome.choice)
        out.append(FloorCost(int(row), max(0.0, free.value - outcome.value)))
    return tuple(out)
