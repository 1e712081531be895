"""Give needs to providers at the least cost, or the highest score, within their capacities.

Decides who takes what, with a proven bound. Does not read files or clocks (``taji.desk``), nor
say what a score means.

Three parts take turns until the answer is proven or time is up: prices of the needs give a bound
and guesses (``gap_bound``, ``gap_search``), what the bound rules out is dropped, and integer
programmes improve parts of the best guess or finish the proof (``gap_core``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.match.gap_bound import Bounded, climb, fix
from taji.match.gap_core import UNSTOPPABLE, need_prices, shortage, solve_core
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
#: Needs in a part that is improved by an integer programme: at first, at least, at most. [needs]
PART, PART_LEAST, PART_MOST = 40, 12, 160
#: Time of one part; and of the first try at a proof, doubled with every try. [s]
PART_SECONDS, PROOF_SECONDS = 1.5, 2.0
#: Parts between two tries at a proof.
PARTS_BETWEEN = 12
#: Pairs of each need, on average, in the narrow programme over all needs. [pairs]
NARROW = 3.0
#: Share of the distance to the bound that a pair of a part may waste. [fraction]
WASTE = 0.1
#: Parts without a better assignment after which the work ends, however much time is left.
PATIENCE = 400


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
        self._bounded = Bounded(-math.inf, np.zeros(table.cost.shape[1]))

    @property
    def proven(self) -> bool:
        """Whether nothing can be better than the best known."""
        return self.best is not None and self.bound >= self.value - 1e-9 * abs(self.value)

    def run(self) -> bool:
        """Work until proven or out of time; return whether it was cut short."""
        try:
            self._climb(ROUNDS)
            self._parts()
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

    # --- parts and proof -----------------------------------------------------------------

    def _parts(self) -> None:
        size, stale, tries, seconds = float(PART), 0, 0, PROOF_SECONDS
        while not self.proven and not self.none_exists and self.left() > 0:
            if tries % PARTS_BETWEEN == 0:
                self._prove(min(seconds, self.left()))
                seconds *= 2
                if self.best is None:
                    tries += PARTS_BETWEEN
                    continue
                waste = self._waste()
                if not self.proven:
                    self._narrow(min(seconds, UNSTOPPABLE, self.left()), waste)
            tries += 1
            if self.proven or self.left() <= 0 or self.best is None:
                continue
            better, quick = self._part(size, waste)
            size = min(size * 1.1, PART_MOST) if quick else max(size * 0.8, PART_LEAST)
            stale = 0 if better else stale + 1
            if stale >= PATIENCE:
                break
            if better and stale == 0 and tries % PARTS_BETWEEN == 0:
                self._climb(ROUNDS_AGAIN)

    def _waste(self) -> FloatArray:
        profit = self._bounded.prices[None, :] - self.table.cost
        return Knapsacks(self.table.units, self.table.room).forced(profit).taken

    def _narrow(self, seconds: float, waste: FloatArray) -> None:
        """Place all needs anew on the pairs that waste least at the prices of the bound."""
        assert self.best is not None, "what is known may be kept"
        every = np.arange(self.table.cost.shape[1])
        finite = np.sort(waste[np.isfinite(waste)])
        limit = finite[min(len(finite) - 1, int(NARROW * len(every)))]
        open_ = waste <= limit
        open_[self.best, every] = True
        core = solve_core(
            self.table,
            open_,
            needs=every,
            room=self.table.most,
            hint=self.best,
            seconds=seconds,
            seed=self.seed,
        )
        self._take(core.chosen)

    def _part(self, size: float, waste: FloatArray) -> tuple[bool, bool]:
        """Take some providers' needs and place them anew among those providers."""
        assert self.best is not None, "a part is a part of an assignment"
        providers, needs_all = self.table.cost.shape
        count = min(providers, max(2, round(size * providers / needs_all)))
        some = np.sort(self.rng.choice(providers, count, replace=False))
        needs = np.flatnonzero(np.isin(self.best, some))
        if len(needs) < 2:
            return False, True
        if len(needs) > PART_MOST:
            needs = np.sort(self.rng.choice(needs, PART_MOST, replace=False))
        open_ = np.zeros(self.table.cost.shape, dtype=np.bool_)
        open_[some] = waste[some] <= max(
            WASTE * (self.value - self._bounded.value), 2 * self.table.step
        )
        open_[self.best, np.arange(needs_all)] = True
        kept = np.ones(needs_all, dtype=np.bool_)
        kept[needs] = False
        used = np.bincount(
            self.best[kept],
            weights=self.table.effort[self.best[kept], np.flatnonzero(kept)],
            minlength=providers,
        )
        limit = min(PART_SECONDS, self.left())
        core = solve_core(
            self.table,
            open_,
            needs=needs,
            room=np.maximum(self.table.most - used, 0),
            hint=self.best,
            seconds=limit,
            seed=self.seed,
        )
        before = math.fsum(self.table.cost[self.best[needs], needs])
        step = self.table.step or 1e-9 * abs(before)
        finished = core.bound >= before - step or (
            core.chosen is not None
            and core.bound
            >= math.fsum(self.table.cost[core.chosen[needs], needs]) - step * (1 - 1e-6)
        )
        return self._take(core.chosen), finished

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
