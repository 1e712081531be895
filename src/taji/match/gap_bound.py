"""Prices of the needs that prove how good an assignment can be at best.

Decides the bound and which pairs cannot be part of anything better. Does not find assignments
(``taji.match.gap_search``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from taji.base.arrays import BoolArray, FloatArray
from taji.match.gap_knapsack import Knapsacks
from taji.match.gap_table import Table

__all__ = ["Bounded", "Fixed", "bounded_by", "climb", "fix"]

#: Rounds without a better bound before the step is halved, and the step at which to stop.
PATIENCE, LAST_STEP = 15, 0.004
#: Share of the direction before that is kept: it takes the zigzag out. [fraction]
KEPT = 0.3
#: What floating point may lose in a sum of prices. [fraction of the value]
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Bounded:
    """A proven bound.

    Attributes
    ----------
    value : float
        No assignment costs less. [cost]
    prices : FloatArray, shape (n_need,)
        Prices of the needs that prove it. [cost]
    """

    value: float
    prices: FloatArray


@dataclass(frozen=True, slots=True)
class Fixed:
    """Pairs that a better assignment must have and cannot have.

    Attributes
    ----------
    inside, outside : BoolArray, shape (n_provider, n_need)
    """

    inside: BoolArray
    outside: BoolArray


def climb(
    table: Table,
    start: FloatArray,
    target: float,
    *,
    rounds: int,
    stop: Callable[[], bool],
    met: Callable[[Bounded, BoolArray], float] | None = None,
) -> Bounded:
    r"""Raise the prices of the needs until the bound no longer rises.

    Parameters
    ----------
    table : Table
        The instance, costs to be made small.
    start : FloatArray, shape (n_need,)
        Prices to begin with. [cost]
    target : float
        Cost of the best assignment known. [cost]
    rounds : int
        At most so many.
    stop : callable
        Asked in every round whether time is up.
    met : callable, optional
        Shown the bound and what the providers take whenever it has risen; returns the cost of
        the best assignment known. [cost]

    Notes
    -----
    Each need's constraint is priced at :math:`u_j` and each provider solves its knapsack [1]_:

    .. math:: L(u) = \sum_j u_j - \sum_i \max_x \Bigl\{ \sum_j (u_j - c_{ij}) x_j :
              \sum_j r_{ij} x_j \le b_i \Bigr\} \le \text{optimum}.

    Any :math:`u` gives a bound; subgradient steps of length
    :math:`\pi (target - L) / \lVert g \rVert^2` look for the best [2]_. It is at least the bound
    of the linear relaxation.

    References
    ----------
    .. [1] M. L. Fisher, R. Jaikumar and L. N. Van Wassenhove, "A multiplier adjustment method for
       the generalized assignment problem". *Management Science* 32(9), 1986, 1095-1103.
    .. [2] M. Held, P. Wolfe and H. P. Crowder, "Validation of subgradient optimization".
       *Mathematical Programming* 6, 1974, 62-88.
    """
    knapsacks = Knapsacks(table.units, table.room)
    prices = best_prices = start.copy()
    best, pi, stale = -np.inf, 1.0, 0
    direction = np.zeros(len(start))
    for rounds_done in range(rounds):
        value, taken = _relaxed(table, knapsacks, prices)
        if not rounds_done or value > best:
            stale = stale if value - best < 1e-4 * (target - best) else 0
            best, best_prices = value, prices
            if met is not None:
                target = min(target, met(_safe(best, prices), taken))
        else:
            stale += 1
        if stale >= PATIENCE:
            pi, stale, prices = pi / 2, 0, best_prices
            direction = np.zeros(len(start))
        slope = 1.0 - taken.sum(axis=0)
        direction = (1 - KEPT) * slope + KEPT * direction
        length = float(direction @ direction)
        if length == 0 or pi < LAST_STEP or table.raised(best) >= target or stop():
            break
        # while the best known is far, a step to it would leap over the top
        prices = prices + pi * max(target - value, 1e-6 * abs(target)) / length * direction
    return _safe(best, best_prices)


def bounded_by(table: Table, prices: FloatArray) -> Bounded:
    """Return the bound that prices prove."""
    value, _ = _relaxed(table, Knapsacks(table.units, table.room), prices)
    return _safe(value, prices)


def fix(table: Table, bounded: Bounded, target: float) -> Fixed:
    """Find pairs without which, or with which, nothing costs less than ``target``.

    Notes
    -----
    The bound is computed again with each pair forced in, and forced out; where it then reaches
    the best known cost (less one step, where costs are whole) the pair is settled [1]_.

    References
    ----------
    .. [1] M. Posta, J. A. Ferland and P. Michelon, "An exact method with variable fixing for
       solving the generalized assignment problem". *Computational Optimization and
       Applications* 52, 2012, 629-644.
    """
    knapsacks = Knapsacks(table.units, table.room)
    forced = knapsacks.forced(bounded.prices[None, :] - table.cost)
    slack = target - table.step * (1 - 1e-6) - bounded.value
    at_all = np.isfinite(table.cost)
    return Fixed(at_all & (forced.left > slack), ~at_all | (forced.taken > slack))


def _safe(value: float, prices: FloatArray) -> Bounded:
    return Bounded(value - ROUNDING * abs(value), prices)


def _relaxed(table: Table, knapsacks: Knapsacks, prices: FloatArray) -> tuple[float, BoolArray]:
    values, taken = knapsacks.solve(prices[None, :] - table.cost)
    return float(prices.sum() - values.sum()), taken
