"""A generalised assignment as a table: every provider against every need.

Decides how scores become costs to be made small, how efforts become whole units, and what a
solver may do with rounding. Does not solve (``taji.match.gap``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from taji.base.arrays import FloatArray, IntArray

__all__ = ["Table", "whole_units"]

#: Decimals that people type; finer efforts are rounded so that the bound stays a bound.
DECIMALS = 6
#: Units of the largest capacity, and of all capacities together, at most: the knapsacks take
#: memory and time by them. [units]
UNITS_MOST, UNITS_ALL = 20_000, 4_000_000
#: A load may exceed its capacity by what sums of decimals lose. [fraction]
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Table:
    """The instance as matrices.

    Attributes
    ----------
    cost : FloatArray, shape (n_provider, n_need)
        To be made small; infinite where a pair is not offered or cannot fit.
    effort : FloatArray, shape (n_provider, n_need)
        [the unit of the capacities]
    capacity : FloatArray, shape (n_provider,)
    units, room : IntArray
        Effort and capacity in whole units, never stricter than the originals. [units]
    step : float
        All costs are multiples of it; 0 where they are not. [cost]
    """

    cost: FloatArray
    effort: FloatArray
    capacity: FloatArray
    units: IntArray
    room: IntArray
    step: float

    @classmethod
    def of(cls, cost: FloatArray, effort: FloatArray, capacity: FloatArray) -> Table:
        """Make the table of an instance."""
        fits = np.isfinite(cost) & (effort <= _most(capacity)[:, None])
        cost = np.where(fits, cost, np.inf)
        effort = np.where(fits, effort, 0.0)
        units, room = whole_units(effort, capacity)
        return cls(cost, effort, capacity, units, room, _step(cost[fits]))

    @property
    def most(self) -> FloatArray:
        """Capacity with what a sum may lose, shape (n_provider,)."""
        return _most(self.capacity)

    def raised(self, bound: float) -> float:
        """Return the least cost that an assignment can have at or above a bound. [cost]"""
        if not self.step or not math.isfinite(bound):
            return bound
        return math.ceil(bound / self.step - 1e-6) * self.step

    def loads(self, chosen: IntArray) -> FloatArray:
        """Return the load of every provider, shape (n_provider,)."""
        needs = np.arange(len(chosen))
        taken = self.effort[chosen, needs]
        return np.bincount(chosen, weights=taken, minlength=len(self.capacity)).astype(np.float64)

    def value(self, chosen: IntArray) -> float:
        """Return the cost of an assignment. [cost]"""
        return math.fsum(self.cost[chosen, np.arange(len(chosen))])

    def part(self, providers: IntArray, needs: IntArray) -> Table:
        """Return the table of some providers and some needs, with all their capacity."""
        cells = np.ix_(providers, needs)
        return Table(
            self.cost[cells],
            self.effort[cells],
            self.capacity[providers],
            self.units[cells],
            self.room[providers],
            self.step,
        )

    def feasible(self, chosen: IntArray) -> bool:
        """Return whether every pair is offered and every capacity is kept."""
        finite = np.isfinite(self.cost[chosen, np.arange(len(chosen))])
        return bool(finite.all() and (self.loads(chosen) <= self.most).all())


def whole_units(effort: FloatArray, capacity: FloatArray) -> tuple[IntArray, IntArray]:
    """Return efforts and capacities in whole units, exact where they are short decimals.

    Notes
    -----
    Otherwise efforts are rounded down: what fits still fits, so that a bound on the rounded
    instance is a bound on the true one.

    Examples
    --------
    >>> whole_units(np.array([[0.5, 1.5]]), np.array([2.2]))
    (array([[1, 3]]), array([4]))
    """
    most = min(UNITS_MOST, max(100, UNITS_ALL // max(1, len(capacity))))
    for decimals in range(DECIMALS + 1):
        scaled = effort * 10**decimals
        units = np.rint(scaled)
        if np.abs(scaled - units).max(initial=0) <= 1e-7:
            whole = units.astype(np.int64)
            divisor = max(1, int(np.gcd.reduce(whole, axis=None))) if whole.size else 1
            room = np.floor(_most(capacity) * 10**decimals / divisor).astype(np.int64)
            whole //= divisor
            # beyond everything that a provider could take there is nothing to count
            room = np.minimum(room, whole.sum(axis=1))
            if room.max(initial=0) <= most:
                return whole, room
            break
    total = np.minimum(capacity, effort.sum(axis=1)).max(initial=1.0)
    grid = most / 4 / max(total, 1e-300)
    room = np.floor(np.minimum(_most(capacity), effort.sum(axis=1)) * grid)
    return np.floor(effort * grid).astype(np.int64), room.astype(np.int64)


def _most(capacity: FloatArray) -> FloatArray:
    return capacity + TOLERANCE * np.maximum(1.0, np.abs(capacity))


def _step(costs: FloatArray) -> float:
    for decimals in range(DECIMALS + 1):
        scaled = costs * 10**decimals
        whole = np.rint(scaled)
        if np.abs(scaled - whole).max(initial=0) <= 1e-7 * max(1.0, 10 ** (decimals - 3)):
            divisor = int(np.gcd.reduce(whole.astype(np.int64))) if whole.size else 1
            return float(max(1, divisor)) / 10.0**decimals
    return 0.0
