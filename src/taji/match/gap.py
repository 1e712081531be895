"""Give needs to providers at the least cost, or the highest score, within their capacities.

Decides who takes what, with a proven bound. Does not read files or clocks (``taji.desk``), nor
say what a score means.

Prices of the needs give a bound and guesses (``gap_bound``, ``gap_search``); mixing loads of the
providers makes the prices sharp (``gap_loads``). Then, in turns until the answer is proven or time
is up: what the bound rules out is dropped and the rest tried for a proof, as a choice of loads where
they are few (``gap_partition``), pair by pair elsewhere (``gap_core``), and a new assignment is
searched for and improved (``gap_ways``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.match.gap_bound import Bounded, bounded_by, climb, fix
from taji.match.gap_choice import Choice
from taji.match.gap_core import Core, need_prices, shortage, solve_core
from taji.match.gap_loads import mixture
from taji.match.gap_partition import partition
from taji.match.gap_search import complete, improve
from taji.match.gap_table import Table
from taji.match.gap_ways import Ways

__all__ = ["Assigned", "Status", "assign"]

Status = Literal["optimal", "feasible", "infeasible", "unknown"]

#: Instances up to so many pairs get their first prices from the linear relaxation. [pairs]
RELAXED_MOST = 60_000
#: Rounds of the first climb, and of the climb after the best known has become better.
ROUNDS, ROUNDS_AGAIN = 300, 80
#: Every so many better bounds a guess is completed and improved; until one holds, every time.
GUESS_EVERY = 10
#: Time of the first try at a proof, doubled with every try; share of the time that is left which a
#: later try may take. [s, fraction]
PROOF_SECONDS, PROOF_SHARE = 2.0, 0.15
#: After the first try, a proof is tried in every other turn, while the distance is at most so many
#: steps, or such a share.
NEAR_STEPS, NEAR_SHARE = 8, 5e-4
#: The bound is raised by at least such a part of the distance at a time. [1/fraction]
RISES = 8
#: Loads are mixed, and dives made, on so many pairs and needs at most: an exchange holds a table
#: of needs by needs. [pairs, needs]
LOADS_PAIRS, LOADS_NEEDS = 20_000, 2_000
#: A proof chooses among so many loads at most; among fewer where a smaller rise of the bound can be
#: asked for; entries of loads by needs at most, which take a byte each. [loads, bytes]
LOADS_MOST, LOADS_FEW, LOADS_CELLS = 300_000, 60_000, 60_000_000
#: Mixtures for the best bound, at most, their time, and how far the prices of one go from those
#: before it. [1, s, what places of a need differ by]
MIXTURES, MIXING_SECONDS, NEAR = 20, 3.0, 3.0
#: The ways; the share of the time of the one that has found the better assignment; what a turn
#: counts at least. [fraction, s]
DIVE, NARROW = 0, 1
FAVOUR, LEAST_SECONDS = 0.75, 1e-3
#: Turns without a better value or bound after which the work ends, however much time is left.
PATIENCE = 30


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
        self.ways = Ways(table, left, seed, self._take)
        self.best: IntArray | None = None
        self.value, self.bound = math.inf, -math.inf
        self.none_exists = False
        self._loads = table.cost.size <= LOADS_PAIRS and table.cost.shape[1] <= LOADS_NEEDS
        self._risen = 0
        # the best that each way has found, and its time [cost, s]
        self._reached, self._spent = [math.inf, math.inf], [0.0, 0.0]
        self._bounded = Bounded(-math.inf, np.zeros(table.cost.shape[1]))
        # loads that a proof chooses among; the distance at which they are too many [cost]
        self._choice: Choice | None = None
        self._many = math.inf

    @property
    def proven(self) -> bool:
        """Whether nothing can be better than the best known."""
        return self.best is not None and self.bound >= self.value - 1e-9 * abs(self.value)

    def run(self) -> bool:
        """Work until proven or out of time; return whether it was cut short."""
        try:
            self._climb(ROUNDS)
            self._mix()
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

    def _mix(self) -> None:
        """Mix loads until the prices are those of the best bound."""
        if not self._loads or not self._open():
            return
        self.ways.at(self._bounded)
        until = self.left() - MIXING_SECONDS
        mix = mixture(
            self.table,
            self._bounded.prices,
            within=NEAR * self.ways.blur,
            turns=MIXTURES,
            stop=lambda: self.left() <= max(0.0, until),
        )
        self._keep(bounded_by(self.table, mix.prices))

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
        seconds, searched, turn, stale = PROOF_SECONDS, 0.0, 0, 0
        while self._open() and stale < PATIENCE:
            known = (self.value, self.bound)
            if self.best is None or not turn or self._choice or (turn % 2 == 0 and self._near()):
                allowed = min(seconds, self.left() * PROOF_SHARE if turn else self.left())
                if self.best is not None and self._loads:
                    # a choice goes on where it was: it gets as much time as the search
                    self._partition(max(allowed, searched))
                if self._open() and self._choice is None:
                    self._prove(allowed)
                seconds *= 2
            if self.best is None or not self._open():
                continue
            searched = self.left()
            self._search(turn)
            searched -= self.left()
            turn += 1
            stale = stale + 1 if known == (self.value, self.bound) else 0
            if self.value < known[0] and self._open():
                self._climb(ROUNDS_AGAIN)

    def _search(self, turn: int) -> None:
        """Search from a new place, mostly the way that has found the better assignment."""
        assert self.best is not None, "a proof was tried before"
        self.ways.at(self._bounded)
        began, best = self.left(), self.best
        way = self._way()
        if way == DIVE:
            found = self.ways.dived(best, turn)
        else:
            found = self.ways.narrowed(best, turn)
            if turn > 1 and self._open():
                found = self.ways.crossed(best, found)
        self._reached[way] = min(self._reached[way], self.table.value(found))
        self._spent[way] += began - self.left() + LEAST_SECONDS

    def _way(self) -> int:
        """Choose so that the way that has found the better assignment gets its share of time."""
        if not self._loads:
            return NARROW
        ahead = DIVE if self._reached[DIVE] <= self._reached[NARROW] else NARROW
        behind = self._spent[1 - ahead] < (1 - FAVOUR) * sum(self._spent)
        return 1 - ahead if behind else ahead

    def _open(self) -> bool:
        return not self.proven and not self.none_exists and self.left() > 0

    def _near(self) -> bool:
        """Whether the distance to the bound is one that a proof may close."""
        far = max(NEAR_STEPS * self.table.step, NEAR_SHARE * abs(self.bound))
        return self.value - self.bound <= far

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
        self._concluded(core, target)

    def _partition(self, seconds: float) -> None:
        """Raise the bound: no choice of loads costs less than so much, or one is best."""
        until = max(0.0, self.left() - seconds)
        while self._open() and self.left() > until:
            self._choice = self._choice or self._counted()
            if self._choice is None:
                return
            self._choice.below(self.value)
            target = self._choice.target
            core = self._choice.run(lambda: self.left() <= until, self._take)
            self._concluded(core, target)
            if not self._choice.over:
                return
            self._choice = None
            if not core.proven:
                self._many = -math.inf
                return

    def _counted(self) -> Choice | None:
        """Count out loads for as large a rise of the bound as few loads, or a step, allow."""
        whole = self.value - self.bound
        least = max(self.table.step, whole / RISES)
        if self.bound + least - self._bounded.value >= self._many:
            return None
        cells = LOADS_CELLS // len(self._bounded.prices)
        for part in (whole, whole / 2, whole / 4, least):
            last = part <= least
            target = min(self.value, self.table.raised(self.bound + max(part, least)))
            most = min(LOADS_MOST if last else LOADS_FEW, cells)
            choice = partition(
                self.table,
                self._bounded,
                target,
                most=most,
                stop=lambda: self.left() <= 0,
            )
            if choice is not None or last:
                break
        if choice is None:
            self._many = self.bound + least - self._bounded.value
        return choice

    def _concluded(self, core: Core, target: float) -> None:
        """Keep what a programme over all that can be better than a known cost has shown."""
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
