"""Give needs to providers at the least cost, or the highest score, within their capacities.

Decides who takes what, with a proven bound. Does not read files or clocks (``taji.desk``), nor
say what a score means.

Prices of the needs give a bound and guesses (``gap_bound``, ``gap_search``). Then, in turns until
the answer is proven or time is up: what the bound rules out is dropped and the rest tried for a
proof; the needs are placed anew on pairs that hardly waste anything at the prices, and parts
of that are improved; what comes of it is crossed with the best known (``gap_core``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.match.gap_bound import Bounded, climb, fix
from taji.match.gap_core import Core, need_prices, shortage, solve_core
from taji.match.gap_knapsack import Knapsacks
from taji.match.gap_search import complete, improve
from taji.match.gap_table import Table

__all__ = ["Assigned", "Status", "assign"]

Status = Literal["optimal", "feasible", "infeasible", "unknown"]

#: Instances up to so many pairs get their first prices from the linear relaxation. [pairs]
RELAXED_MOST = 60_000
#: Rounds of the first climb, and of the climb after the best known has become better.
ROUNDS, ROUNDS_AGAIN = 300, 80
#: Every so many better bounds a guess is completed and improved; until one holds, every time.
GUESS_EVERY = 10
#: Time of the first try at a proof, doubled with every try. [s]
PROOF_SECONDS = 2.0
#: After the first try, a proof is tried while the distance is at most so many steps, or such a share.
NEAR_STEPS, NEAR_SHARE = 8, 1e-3
#: Pairs of each need, on average, in the narrow programme over all needs at first, and at most; how
#: much wider it becomes once it is solved out; its pairs at most. [pairs]
NARROW, NARROW_MOST, WIDER, NARROW_PAIRS = 1.6, 6.0, 1.25, 60_000
#: The same where two assignments are crossed. [pairs]
CROSSED = 1.2
#: Time of a narrow programme. [s]
NARROW_SECONDS = 8.0
#: Needs in a part that is placed anew: at first, at least, at most. [needs]
PART, PART_LEAST, PART_MOST = 30, 12, 160
#: Time of one part. [s]
PART_SECONDS = 0.4
#: Share of the distance to the bound that a pair of a part may waste. [fraction]
WASTE = 0.1
#: Parts in a row without a better assignment after which a descent ends.
STALE = 60
#: Turns without a better value or bound after which the work ends, however much time is left.
PATIENCE = 6


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who takes what, and how good that is.

    Attributes
    ----------
    status : Status
        ``optimal`` and ``infeasible`` are proven; ``unknown``: nothing found, nothing proven.
    provider : IntArray, shape (n_need,)
        The provider of each need, -1 for none.
    value, bound : float
        Sum of the scores, and what no assignment can surpass; NaN where there is none. [score]
    short : FloatArray, shape (n_provider,)
        Where infeasible: capacity that is missing; NaN if that is not known.
    stopped : bool
        Whether somebody stopped it, or time did.
    """

    status: Status
    provider: IntArray
    value: float
    bound: float
    short: FloatArray
    stopped: bool

    @property
    def gap(self) -> float:
        """Distance to the bound as a share of it. [fraction]"""
        if self.value == self.bound:
            return 0.0
        return abs(self.value - self.bound) / max(abs(self.bound), 1e-9)


def assign(
    score: FloatArray,
    effort: FloatArray,
    capacity: FloatArray,
    *,
    sense: Literal["min", "max"],
    every_need: bool,
    left: Callable[[], float],
    seed: int = 1,
    heard: Callable[[float, float], None] = lambda value, bound: None,
) -> Assigned:
    r"""Solve the generalised assignment problem.

    Parameters
    ----------
    score : FloatArray, shape (n_provider, n_need)
        Value of a pair; NaN where it is not offered. [score]
    effort : FloatArray, shape (n_provider, n_need)
        What the pair takes of the provider's capacity.
    capacity : FloatArray, shape (n_provider,)
    sense : {"min", "max"}
        Whether low or high scores are wanted.
    every_need : bool
        Whether every need must be met; otherwise one may be left out, at a score of zero.
    left : callable
        Seconds that are left. [s]
    seed : int
        Chooses which parts are improved.
    heard : callable
        Told the best value and the bound whenever one becomes better.

    Returns
    -------
    Assigned
        The best so far if time is up or the person at the terminal presses Ctrl-C.

    Notes
    -----
    .. math:: \min \sum_{ij} c_{ij} x_{ij}, \quad \sum_i x_{ij} = 1, \quad
              \sum_j r_{ij} x_{ij} \le b_i, \quad x \in \{0, 1\}.

    Examples
    --------
    >>> score = np.array([[8.0, 5.0, 9.0], [7.0, 6.0, np.nan]])
    >>> out = assign(score, np.ones((2, 3)), np.array([2.0, 1.0]), sense="max",
    ...     every_need=True, left=lambda: 10.0)
    >>> out.status, out.provider.tolist(), out.value
    ('optimal', [0, 1, 0], 23.0)
    """
    sign = 1.0 if sense == "min" else -1.0
    cost = np.where(np.isnan(score), np.inf, sign * score)
    providers = len(capacity)
    if not every_need:  # being left out is a provider that costs nothing and has no end
        cost = np.vstack([cost, np.zeros(cost.shape[1])])
        effort = np.vstack([effort, np.zeros(effort.shape[1])])
        capacity = np.append(capacity, 0.0)
    table = Table.of(cost, effort, capacity)
    if not np.isfinite(table.cost).any(axis=0).all():
        none = np.full(cost.shape[1], -1)
        return Assigned("infeasible", none, np.nan, np.nan, np.zeros(providers), False)
    hunt = _Hunt(table, left, seed, lambda v, b: heard(sign * v, sign * b))
    stopped = hunt.run()
    short = np.zeros(providers)
    if hunt.best is None:
        status: Status = "infeasible" if hunt.none_exists else "unknown"
        if hunt.none_exists:
            short = shortage(table, seconds=max(2.0, left()))[:providers]
        none = np.full(cost.shape[1], -1)
        return Assigned(status, none, np.nan, sign * hunt.bound, short, stopped)
    found = np.where(hunt.best < providers, hunt.best, -1)
    value, bound = hunt.value, min(hunt.bound, hunt.value)
    proven = hunt.proven
    return Assigned(
        "optimal" if proven else "feasible",
        found,
        sign * value,
        sign * (value if proven else bound),
        short,
        stopped and not proven,
    )


class _Hunt:
    """The best assignment known, the bound known, and the ways to make either better."""

    def __init__(
        self,
        table: Table,
        left: Callable[[], float],
        seed: int,
        heard: Callable[[float, float], None],
    ) -> None:
        self.table, self.left, self.heard = table, left, heard
        self.seed, self.rng = seed, np.random.default_rng(seed)
        self.best: IntArray | None = None
        self.value, self.bound = math.inf, -math.inf
        self.none_exists = False
        self._risen = 0
        self._narrow, self._size = NARROW, float(PART)
        self._bounded = Bounded(-math.inf, np.zeros(table.cost.shape[1]))

    @property
    def proven(self) -> bool:
        """Whether nothing can be better than the best known."""
        return self.best is not None and self.bound >= self.value - 1e-9 * abs(self.value)

    def run(self) -> bool:
        """Work until proven or out of time; return whether it was cut short."""
        try:
            self._climb(ROUNDS)
            self._turns()
        except KeyboardInterrupt:
            return True
        return not (self.proven or self.none_exists)

    # --- bound ---------------------------------------------------------------------------

    def _climb(self, rounds: int) -> None:
        pairs = int(np.isfinite(self.table.cost).sum())
        start = self._bounded.prices
        if not math.isfinite(self.bound):
            start = need_prices(self.table) if pairs <= RELAXED_MOST else _least(self.table)
        bounded = climb(
            self.table,
            start,
            self.value if self.best is not None else _hoped(self.table, start),
            rounds=rounds,
            stop=lambda: self.left() <= 0,
            met=lambda risen, taken: self._guess(risen, taken, start),
        )
        self._keep(bounded)

    def _keep(self, bounded: Bounded) -> None:
        if bounded.value > self._bounded.value:
            self._bounded = bounded
        self._raise(self.table.raised(bounded.value))

    def _raise(self, bound: float) -> None:
        if bound > self.bound:
            self.bound = bound
            self.heard(self.value, self.bound)

    # --- assignments ---------------------------------------------------------------------

    def _guess(self, risen: Bounded, taken: BoolArray, prices: FloatArray) -> float:
        self._keep(risen)
        self._risen += 1
        if self.best is None or self._risen % GUESS_EVERY == 0:
            self._take(improve(self.table, complete(self.table, taken, prices)))
        return self.value

    def _take(self, chosen: IntArray | None) -> bool:
        """Keep an assignment that holds and is better; return whether it is better."""
        if chosen is None or not self.table.feasible(chosen):
            return False
        value = self.table.value(chosen)
        if value >= self.value - 1e-12 * abs(value):
            return False
        self.best, self.value = chosen, value
        self.heard(self.value, self.bound)
        return True

    # --- search --------------------------------------------------------------------------

    def _turns(self) -> None:
        """Try a proof, search from a new place, cross what both places have; and again."""
        seconds, turn, stale = PROOF_SECONDS, 0, 0
        while self._open() and stale < PATIENCE:
            known = (self.value, self.bound)
            if self.best is None or not turn or self._near():
                self._prove(min(seconds, self.left()))
                seconds *= 2
            if self.best is None or not self._open():
                continue
            waste = self._waste()
            found = self._descended(self._fresh(waste, turn), waste)
            if turn and self._open():
                crossed = self._crossed(self.best, found, waste)
                self._descended(crossed, waste)
            turn += 1
            stale = stale + 1 if known == (self.value, self.bound) else 0
            if self.value < known[0] and self._open():
                self._climb(ROUNDS_AGAIN)

    def _open(self) -> bool:
        return not self.proven and not self.none_exists and self.left() > 0

    def _near(self) -> bool:
        """Whether the distance to the bound is one that a proof may close."""
        far = max(NEAR_STEPS * self.table.step, NEAR_SHARE * abs(self.bound))
        return self.value - self.bound <= far

    def _waste(self) -> FloatArray:
        """How far each pair, forced, takes the bound up, shape (n_provider, n_need). [cost]"""
        profit = self._bounded.prices[None, :] - self.table.cost
        return Knapsacks(self.table.units, self.table.room).forced(profit).taken

    def _fresh(self, waste: FloatArray, turn: int) -> IntArray:
        """Place all needs on the pairs that waste least; from the second turn on without a hint."""
        assert self.best is not None, "a proof was tried before"
        needs = self.table.cost.shape[1]
        if self._narrow * needs > NARROW_PAIRS:
            return self.best
        hint = None if turn else self.best
        core = self._placed(self._least_waste(waste, self._narrow), hint, self.seed + turn)
        if core.proven:
            self._narrow = min(self._narrow * WIDER, NARROW_MOST)
        self._take(core.chosen)
        return self.best if core.chosen is None else core.chosen

    def _crossed(self, first: IntArray, second: IntArray, waste: FloatArray) -> IntArray:
        """Place all needs on pairs of either assignment, or that hardly waste anything."""
        every = np.arange(len(first))
        open_ = self._least_waste(waste, CROSSED)
        open_[first, every] = open_[second, every] = True
        core = self._placed(open_, first, self.seed)
        self._take(core.chosen)
        return first if core.chosen is None else core.chosen

    def _least_waste(self, waste: FloatArray, pairs: float) -> BoolArray:
        """The pairs that waste least: so many for each need on average, one at least."""
        needs = waste.shape[1]
        finite = np.sort(waste[np.isfinite(waste)])
        least: BoolArray = waste <= finite[min(len(finite) - 1, int(pairs * needs))]
        least[waste.argmin(axis=0), np.arange(needs)] = True
        if self.best is not None:
            least[self.best, np.arange(needs)] = True
        return least

    def _placed(self, open_: BoolArray, hint: IntArray | None, seed: int) -> Core:
        """Place all needs on open pairs."""
        return solve_core(
            self.table,
            open_,
            needs=np.arange(open_.shape[1]),
            room=self.table.most,
            hint=hint,
            seconds=min(NARROW_SECONDS, self.left()),
            seed=seed,
        )

    def _descended(self, chosen: IntArray, waste: FloatArray) -> IntArray:
        """Place the needs of a few providers anew, of others then, until that no longer helps."""
        stale = 0
        while stale < STALE and self._open():
            better, whole = self._part(chosen, waste)
            # parts as large as can be solved out in their time
            self._size = min(self._size * 1.02, PART_MOST) if whole else self._size * 0.9
            self._size = max(self._size, PART_LEAST)
            stale = stale + 1 if better is None else 0
            if better is not None:
                chosen = better
                self._take(chosen)
        return chosen

    def _part(self, chosen: IntArray, waste: FloatArray) -> tuple[IntArray | None, bool]:
        """Place some providers' needs anew among them: what is better, and if that is all."""
        table, every = self.table, np.arange(len(chosen))
        providers = len(table.capacity)
        count = min(providers, max(2, round(self._size * providers / len(chosen))))
        some = self._concerned(chosen, waste, count)
        needs = np.flatnonzero(np.isin(chosen, some))
        if len(needs) < 2:
            return None, True
        if len(needs) > PART_MOST:
            needs = np.sort(self.rng.choice(needs, PART_MOST, replace=False))
        value = table.value(chosen)
        open_ = np.zeros(table.cost.shape, dtype=np.bool_)
        limit = max(WASTE * (value - self._bounded.value), 2 * table.step)
        open_[some] = waste[some] <= limit
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

    def _concerned(self, chosen: IntArray, waste: FloatArray, count: int) -> IntArray:
        """Draw providers: those that have wasteful pairs, and those that should have the needs."""
        every = np.arange(len(chosen))
        here = waste[chosen, every]
        weight = here / max(here.sum(), 1e-300) + 1.0 / len(chosen)
        drawn = self.rng.choice(
            every, min(len(every), count), replace=False, p=weight / weight.sum()
        )
        pairs = np.column_stack([chosen[drawn], waste[:, drawn].argmin(axis=0)]).ravel()
        others = self.rng.permutation(len(waste))
        line = np.concatenate([pairs, others])
        first = np.sort(np.unique(line, return_index=True)[1])[:count]
        return np.sort(line[first])

    def _prove(self, seconds: float) -> None:
        """Try to show that nothing among the pairs that are left is better."""
        every = np.arange(self.table.cost.shape[1])
        target = self.value
        if self.best is None:
            open_ = np.isfinite(self.table.cost)
        else:
            open_ = ~fix(self.table, self._bounded, target).outside
            if not open_.any(axis=0).all():
                self._raise(target)
                return
        core = solve_core(
            self.table,
            open_,
            needs=every,
            room=self.table.most,
            hint=self.best,
            seconds=seconds,
            seed=self.seed,
            proof=True,
        )
        self._take(core.chosen)
        if math.isinf(core.bound) and core.bound > 0:
            if self.best is None:
                self.none_exists = True
            else:
                self._raise(target)
        elif math.isfinite(core.bound):
            self._raise(min(self.table.raised(core.bound - 1e-9 * abs(core.bound)), target))


def _least(table: Table) -> FloatArray:
    least: FloatArray = table.cost.min(axis=0)
    return least


def _hoped(table: Table, prices: FloatArray) -> float:
    """Guess what an assignment may cost while none is known: a little over the prices."""
    total = float(np.abs(_least(table)).sum())
    return float(prices.sum()) + 0.02 * max(total, 1e-6)
