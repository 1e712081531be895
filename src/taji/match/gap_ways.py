"""Ways to an assignment, and from one to a better one.

Decides which pairs and which needs each way works on. In which order the ways are gone, and when
to stop, is decided by who asks (``taji.match.gap``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from taji.base.arrays import BoolArray, IntArray
from taji.match.gap_bound import Bounded
from taji.match.gap_core import Core, solve_core
from taji.match.gap_dive import dive
from taji.match.gap_exchange import exchange
from taji.match.gap_knapsack import Knapsacks
from taji.match.gap_table import Table

__all__ = ["Ways"]

#: Pairs of each need, on average, in the narrow programme over all needs at first, and at most; how
#: much wider it becomes once it is solved out; its pairs at most. [pairs]
NARROW, NARROW_MOST, WIDER, NARROW_PAIRS = 1.6, 6.0, 1.25, 60_000
#: The same where two assignments are crossed. [pairs]
CROSSED = 1.2
#: Time of a narrow programme, and of what is made of it. [s]
NARROW_SECONDS, SLICE = 6.0, 12.0
#: Needs in a part that is placed anew: at first, at least, at most. [needs]
PART, PART_LEAST, PART_MOST = 30, 12, 160
#: Time of one part. [s]
PART_SECONDS = 0.4
#: Share of the distance to the bound that a pair of a part may waste. [fraction]
WASTE = 0.1
#: Parts in a row without a better assignment after which a descent ends.
STALE = 60
#: How far chance prefers one load to another in dives after the first. [fraction]
WHIM = 0.3
#: Needs of a part whose needs are exchanged: from and to; steps of one part; parts in a row
#: without a better assignment after which a shuffle ends.
SHUFFLED, SHUFFLE_STEPS, SHUFFLES = (30.0, 90.0), 300, 25


class Ways:
    """The ways, at the prices of a bound: ``at`` comes before any of them.

    Parameters
    ----------
    table : Table
    left : callable
        Seconds that are left. [s]
    seed : int
    take : callable
        Shown every assignment that is found.
    """

    def __init__(
        self,
        table: Table,
        left: Callable[[], float],
        seed: int,
        take: Callable[[IntArray], object],
    ) -> None:
        self.table, self.left, self.take = table, left, take
        self.seed, self.rng = seed, np.random.default_rng(seed)
        self._narrow, self._size = NARROW, float(PART)
        self._every = np.arange(table.cost.shape[1])
        self.bounded = Bounded(-np.inf, np.zeros(len(self._every)))
        self.waste = np.zeros(table.cost.shape)

    def at(self, bounded: Bounded) -> None:
        """Go on at the prices of a bound."""
        self.bounded = bounded
        profit = bounded.prices[None, :] - self.table.cost
        # how far each pair, forced, takes the bound up, shape (n_provider, n_need) [cost]
        self.waste = Knapsacks(self.table.units, self.table.room).forced(profit).taken

    @property
    def blur(self) -> float:
        """What the third best place of a need wastes, typically. [cost]"""
        rank = min(2, len(self.waste) - 1)
        third = np.partition(self.waste, rank, axis=0)[rank]
        third = third[np.isfinite(third) & (third > 0)]
        return float(np.median(third)) if len(third) else max(self.table.step, 1e-6)

    # --- all needs -------------------------------------------------------------------------

    def dived(self, best: IntArray, turn: int) -> IntArray:
        """Settle provider after provider, with some whim after the first; exchange needs then."""
        found = dive(
            self.table,
            self.bounded.prices,
            blur=self.blur,
            whim=WHIM if turn else 0.0,
            rng=self.rng,
            stop=self._over,
        )
        if found is None or not np.isfinite(self.table.value(found)):
            return best
        self.take(found)
        return self.shuffled(found)

    def narrowed(self, best: IntArray, turn: int) -> IntArray:
        """Place all needs on the pairs that waste least, at first with a hint; then in parts."""
        if self._narrow * len(self._every) > NARROW_PAIRS:
            return self.descended(best)
        open_ = self._least_waste(self._narrow, best)
        core = self._placed(open_, None if turn else best, self.seed + turn)
        if core.proven:
            self._narrow = min(self._narrow * WIDER, NARROW_MOST)
        return self.descended(best if core.chosen is None else core.chosen)

    def crossed(self, first: IntArray, second: IntArray) -> IntArray:
        """Place all needs on pairs of either assignment, or that hardly waste anything."""
        open_ = self._least_waste(CROSSED, first)
        open_[second, self._every] = True
        core = self._placed(open_, first, self.seed)
        return self.descended(first if core.chosen is None else core.chosen)

    def _least_waste(self, pairs: float, best: IntArray) -> BoolArray:
        """The pairs that waste least: so many for each need on average, one at least."""
        finite = np.sort(self.waste[np.isfinite(self.waste)])
        rank = min(len(finite) - 1, int(pairs * len(self._every)))
        least: BoolArray = self.waste <= finite[rank]
        least[self.waste.argmin(axis=0), self._every] = True
        least[best, self._every] = True
        return least

    def _placed(self, open_: BoolArray, hint: IntArray | None, seed: int) -> Core:
        """Place all needs on open pairs."""
        core = solve_core(
            self.table,
            open_,
            needs=self._every,
            room=self.table.most,
            hint=hint,
            seconds=min(NARROW_SECONDS, self.left()),
            seed=seed,
        )
        if core.chosen is not None:
            self.take(core.chosen)
        return core

    # --- parts -----------------------------------------------------------------------------

    def shuffled(self, chosen: IntArray) -> IntArray:
        """Exchange needs among a few providers, among others then, until that no longer helps."""
        providers, stale, blur = len(self.table.capacity), 0, self.blur
        value = self.table.value(chosen)
        while stale < SHUFFLES and not self._over():
            wanted = self.rng.uniform(*SHUFFLED) * providers / len(chosen)
            some = self._concerned(chosen, min(providers, max(2, round(wanted))))
            needs = np.flatnonzero(np.isin(chosen, some))
            found = exchange(
                self.table.part(some, needs),
                np.searchsorted(some, chosen[needs]),
                prices=self.bounded.prices[needs],
                blur=blur,
                steps=SHUFFLE_STEPS,
                rng=self.rng,
                stop=self._over,
            )
            stale += 1
            if found is None:
                continue
            chosen = chosen.copy()
            chosen[needs] = some[found]
            now = self.table.value(chosen)
            if now < value:
                stale, value = 0, now
                self.take(chosen)
        return chosen

    def descended(self, chosen: IntArray) -> IntArray:
        """Place the needs of a few providers anew, of others then, until that no longer helps."""
        stale, until = 0, self.left() - SLICE
        while stale < STALE and self.left() > max(0.0, until):
            better, whole = self._part(chosen)
            # parts as large as can be solved out in their time
            self._size = min(self._size * 1.02, PART_MOST) if whole else self._size * 0.9
            self._size = max(self._size, PART_LEAST)
            stale = stale + 1 if better is None else 0
            if better is not None:
                chosen = better
                self.take(chosen)
        return chosen

    def _part(self, chosen: IntArray) -> tuple[IntArray | None, bool]:
        """Place some providers' needs anew among them: what is better, and if that is all."""
        table, every = self.table, self._every
        providers = len(table.capacity)
        count = min(providers, max(2, round(self._size * providers / len(chosen))))
        some = self._concerned(chosen, count)
        needs = np.flatnonzero(np.isin(chosen, some))
        if len(needs) < 2:
            return None, True
        if len(needs) > PART_MOST:
            needs = np.sort(self.rng.choice(needs, PART_MOST, replace=False))
        value = table.value(chosen)
        open_ = np.zeros(table.cost.shape, dtype=np.bool_)
        limit = max(WASTE * (value - self.bounded.value), 2 * table.step)
        open_[some] = self.waste[some] <= limit
        open_[chosen, every] = True
        kept = np.setdiff1d(every, needs)
        effort = table.effort[chosen[kept], kept]
        used = np.bincount(chosen[kept], weights=effort, minlength=providers)
        core = solve_core(
            table,
            open_,
            needs=needs,
            room=np.maximum(table.most - used, 0),
            hint=chosen,
            seconds=min(PART_SECONDS, self.left()),
            seed=self.seed,
        )
        new = core.chosen
        if new is None or not table.feasible(new) or table.value(new) >= value:
            return None, core.proven
        return new, core.proven

    def _concerned(self, chosen: IntArray, count: int) -> IntArray:
        """Draw providers: those that have wasteful pairs, and those that should have the needs."""
        every = self._every
        here = self.waste[chosen, every]
        weight = here / max(here.sum(), 1e-300) + 1.0 / len(chosen)
        drawn = self.rng.choice(
            every, min(len(every), count), replace=False, p=weight / weight.sum()
        )
        pairs = np.column_stack([chosen[drawn], self.waste[:, drawn].argmin(axis=0)]).ravel()
        others = self.rng.permutation(len(self.waste))
        line = np.concatenate([pairs, others])
        first = np.sort(np.unique(line, return_index=True)[1])[:count]
        return np.sort(line[first])

    def _over(self) -> bool:
        return self.left() <= 0
