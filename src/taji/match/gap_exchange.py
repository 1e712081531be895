"""Make an assignment better by chains of needs that take each other's places.

Decides which needs move, and when an overloaded provider is put up with on the way. Decides
nothing about proof, nor which part of an instance is worked on (``taji.match.gap``): every
assignment that is handed back holds, and is checked before it counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taji.base.arrays import FloatArray, IntArray
from taji.match.gap_search import overload_price
from taji.match.gap_table import Table

__all__ = ["exchange"]

#: Needs that move in one chain, at most.
CHAIN = 6
#: At a dead end the price of overload rises where there is some, and falls where there is none.
DEARER, CHEAPER = 1.2, 0.8
#: Costs are blurred anew at every so many dead ends; after so many without a better assignment
#: the search goes back to the best.
BLUR_EVERY, BACK_AFTER = 4, 40
#: A pair that is not offered costs so much, and a gain below this is none. [blur]
NEVER, LEAST_GAIN = 1e6, 1e-3
#: Providers are told apart by so many bits along a chain; two that share one never meet in it.
BITS = 31

_Single = NDArray[np.float32]


def exchange(
    table: Table,
    chosen: IntArray,
    *,
    prices: FloatArray,
    blur: float,
    steps: int,
    rng: np.random.Generator,
    stop: Callable[[], bool],
) -> IntArray | None:
    """Search around an assignment.

    Parameters
    ----------
    table : Table
    chosen : IntArray, shape (n_need,)
        Offered pairs only; capacities may be exceeded.
    prices : FloatArray, shape (n_need,)
        They are taken off the costs, so that single precision does. [cost]
    blur : float
        Costs are blurred by up to as much either way: what two places differ by. [cost]
    steps : int
        Moves, dead ends among them.
    rng : numpy.random.Generator
        Blurs the costs.
    stop : callable
        Asked at every dead end whether to stop.

    Returns
    -------
    IntArray, shape (n_need,), or None
        The best assignment met, ``chosen`` itself if it holds and none is better; None where
        none holds.

    Notes
    -----
    A need that moves may push another out of its place, that one a third, until the last
    finds a place that is free or that the first has left: cyclic and path exchanges [1]_. The
    best chain is looked for by a label for every place, extended one need at a time to providers
    that the chain has not touched. Overload has a price for every provider that swings about
    what makes it worth while [2]_; blurred costs let the search leave a dead end.

    References
    ----------
    .. [1] R. K. Ahuja, J. B. Orlin and D. Sharma, "Very large-scale neighborhood search".
       *International Transactions in Operational Research* 7, 2000, 301-317.
    .. [2] M. Yagiura, T. Ibaraki and F. Glover, "A path relinking approach with ejection chains
       for the generalized assignment problem". *European Journal of Operational Research* 169,
       2006, 548-569.
    """
    cost = np.minimum((table.cost - prices) / blur, NEVER)
    search = _Search(cost, table.effort, table.most, overload_price(table) / (2 * blur))
    every = np.arange(len(chosen))
    best = chosen if table.feasible(chosen) else None
    value = float(cost[chosen, every].sum()) if best is not None else np.inf
    search.place(chosen, cost + rng.uniform(-1, 1, cost.shape))
    ends = stale = 0
    for _ in range(steps):
        moved = search.step()
        if not search.overloaded.any():
            now = float(cost[search.chosen, every].sum())
            if now < value - LEAST_GAIN and table.feasible(search.chosen):
                best, value, stale = search.chosen.copy(), now, 0
        if moved:
            continue
        if stop():
            break
        ends, stale = ends + 1, stale + 1
        search.reprice()
        if ends % BLUR_EVERY == 0:
            back = best is not None and stale > BACK_AFTER
            stale = 0 if back else stale
            start = best if back and best is not None else search.chosen
            search.place(start, cost + rng.uniform(-1, 1, cost.shape))
    return best


@dataclass(frozen=True, slots=True)
class _Chain:
    """Needs in the order in which each takes the next one's place.

    Attributes
    ----------
    gain : float
        What it changes; negative is better. [blur]
    needs : list of int
    last : int
        Where the last need goes; -1 for where the first comes from.
    """

    gain: float
    needs: list[int]
    last: int


class _Search:
    """Where every need is, and what every move would change.

    Costs that are not offered are large numbers here, so that sums stay numbers.
    """

    def __init__(
        self, cost: FloatArray, effort: FloatArray, most: FloatArray, overload: float
    ) -> None:
        self.effort, self.most = effort.astype(np.float32), most
        self.price = np.full(len(most), overload)
        self._every = np.arange(cost.shape[1])
        shape = (cost.shape[1], cost.shape[1])
        # row: a place, by the need that has it; column: a need that could take it
        self._cost, self._effort = np.empty(shape, np.float32), np.empty(shape, np.float32)
        self._take, self._room = np.empty(shape, np.float32), np.empty(shape, np.float32)

    def place(self, chosen: IntArray, cost: FloatArray) -> None:
        """Begin anew from an assignment, at other costs."""
        self.cost = cost.astype(np.float32)
        self.chosen = chosen.copy()
        held = self.effort[chosen, self._every]
        self.load = np.bincount(chosen, weights=held, minlength=len(self.most))
        self._effort[:] = self.effort[chosen]
        self._cost[:] = self.cost[chosen]
        self._cost[chosen[:, None] == chosen[None, :]] = NEVER

    @property
    def overloaded(self) -> NDArray[np.bool_]:
        """Which providers have more than they can take, shape (n_provider,)."""
        over: NDArray[np.bool_] = self.load > self.most * (1 + 1e-6)
        return over

    def reprice(self) -> None:
        """Make overload dearer where there is some; cheaper everywhere where there is none."""
        over = self.overloaded
        self.price = np.where(over, self.price * DEARER, self.price)
        if not over.any():
            self.price = self.price * CHEAPER

    def step(self) -> bool:
        """Make the best move; return whether there was one."""
        self._weigh()
        chain = min(self._shift(), self._swap(), key=lambda chain: chain.gain)
        if chain.gain > -LEAST_GAIN:
            chain = min(self._chain(True), self._chain(False), key=lambda chain: chain.gain)
        if chain.gain > -LEAST_GAIN:
            return False
        first, places = self.chosen[chain.needs[0]], self.chosen[chain.needs[1:]]
        last = first if chain.last < 0 else chain.last
        for need, to in zip(chain.needs, [*places.tolist(), int(last)], strict=True):
            self._move(need, to)
        return True

    # --- what moves change -----------------------------------------------------------------

    def _weigh(self) -> None:
        """Weigh every move: leaving, entering, and taking the place of another need."""
        chosen, every = self.chosen, self._every
        over = self.load - self.most
        paid = self.price * np.maximum(over, 0)
        cost, effort = self.cost[chosen, every], self.effort[chosen, every]
        spare = (over[chosen] - effort).astype(np.float32)
        price = self.price[chosen].astype(np.float32)
        gone = (-paid[chosen] - cost).astype(np.float32)
        self._leave: _Single = price * np.maximum(spare, 0) + gone
        added = np.maximum(over[:, None] + self.effort, 0) * self.price[:, None] - paid[:, None]
        self._enter: _Single = (self.cost + added).astype(np.float32)
        self._enter[chosen, every] = NEVER
        take = np.add(self._effort, spare[:, None], out=self._take)
        np.maximum(take, 0, out=take)
        take *= price[:, None]
        take += self._cost
        take += gone[:, None]

    def _shift(self) -> _Chain:
        to = self._enter.argmin(axis=0)
        change = self._leave + self._enter[to, self._every]
        need = int(change.argmin())
        return _Chain(float(change[need]), [need], int(to[need]))

    def _swap(self) -> _Chain:
        both = np.add(self._take, self._take.T, out=self._room)
        at = int(both.argmin())
        place, need = divmod(at, len(self._every))
        return _Chain(float(both.flat[at]), [need, place], -1)

    def _chain(self, closed: bool) -> _Chain:
        """Find the best chain that ends where it began, or in a place that is free."""
        every, bit = self._every, np.int32(1) << (self.chosen % BITS).astype(np.int32)
        reach = self._take
        if not closed:
            reach = np.add(self._take, self._leave[None, :], out=self._room)
        before = reach.argmin(axis=1)
        label = reach[every, before]
        touched, first, trail = bit[before] | bit, before, [before]
        best = _Chain(0.0, [], -1)
        for length in range(2, CHAIN + 1):
            if closed:
                ends, to = label + self._take[first, every], None
            else:
                free = np.int32(1) << (np.arange(len(self.most)) % BITS).astype(np.int32)
                met = (free[:, None] & touched[None, :]) != 0
                enter = np.where(met, np.float32(NEVER), self._enter)
                to = enter.argmin(axis=0)
                ends = label + enter[to, every]
            end = int(ends.argmin())
            if ends[end] < best.gain - LEAST_GAIN:
                last = -1 if to is None else int(to[end])
                best = _Chain(float(ends[end]), _walked(trail, end), last)
            if length == CHAIN:
                break
            reach = np.add(self._take, label[None, :], out=self._room)
            reach[(touched[None, :] & bit[:, None]) != 0] = NEVER
            before = reach.argmin(axis=1)
            label = reach[every, before]
            touched, first = touched[before] | bit, first[before]
            trail.append(before)
        return best

    def _move(self, need: int, to: int) -> None:
        at = self.chosen[need]
        self.load[at] -= self.effort[at, need]
        self.load[to] += self.effort[to, need]
        self.chosen[need] = to
        self._effort[need], self._cost[need] = self.effort[to], self.cost[to]
        left, met = self.chosen == at, self.chosen == to
        self._cost[left, need] = self.cost[at, need]
        self._cost[need, met] = NEVER
        self._cost[met, need] = NEVER


def _walked(trail: list[IntArray], end: int) -> list[int]:
    """Follow a chain back from its last need."""
    needs = [end]
    for before in reversed(trail):
        needs.append(int(before[needs[-1]]))
    return needs[::-1]
