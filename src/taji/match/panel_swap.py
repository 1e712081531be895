"""Better panels by exchanges: raise a low panel, or join groups that nothing links.

Decides which single exchange is the best at each step; a step keeps every rule of the call.
An exchange either gives a seat to somebody with room, or two panels swap a reviewer, or a third
reviewer with room fills the seat that a swap leaves. Whole search, one step at a time: not a
proof (``taji.match.panel_model``), but fast on tables of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.match.panel_call import NONE, Call, totals

__all__ = ["Choices", "Exchange", "Seating", "raise_low"]

#: What a total must gain before it counts as a gain: below it is rounding. [points of the table]
WORTH_IT = 1e-9


@dataclass(frozen=True, slots=True)
class Exchange:
    """Pairs that leave and pairs that come."""

    out: tuple[int, ...]
    into: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """Exchanges to choose from, each with the lowest total it leaves and what the sum gains.

    Attributes
    ----------
    low, change : FloatArray, shape (n_exchange,)
        Lowest total of the panels touched, afterwards; change of the sum. [points of the table]
    out, into : IntArray, shape (n_exchange, 2)
        Pairs that leave and that come; -1 where there is no second one.
    """

    low: FloatArray
    change: FloatArray
    out: IntArray
    into: IntArray

    def in_order(self, wanted: BoolArray, *, up_to: float) -> Iterator[Exchange]:
        """Yield those wanted, the highest ``low`` first (above ``up_to`` all alike), then by gain."""
        at = np.flatnonzero(wanted)
        order = np.lexsort((self.into[at, 0], -self.change[at], -np.minimum(self.low[at], up_to)))
        for place in at[order].tolist():
            yield Exchange(
                tuple(pair for pair in self.out[place].tolist() if pair >= 0),
                tuple(pair for pair in self.into[place].tolist() if pair >= 0),
            )


class Seating:
    """Who sits where, kept up to date over exchanges."""

    def __init__(self, call: Call, chosen: IntArray) -> None:
        self.call = call
        self.chosen = chosen.astype(bool)
        self.total = totals(call, chosen.astype(float))
        self.load = np.bincount(call.reviewer[self.chosen], minlength=call.reviewers)
        self._key = call.application * call.reviewers + call.reviewer
        self._first = np.searchsorted(call.application, np.arange(call.applications + 1))
        self._held: list[list[int]] = [[] for _ in range(call.reviewers)]
        for pair in np.flatnonzero(self.chosen).tolist():
            self._held[call.reviewer[pair]].append(pair)

    def pairs_of(self, application: int) -> IntArray:
        """Return all pairs of an application."""
        return np.arange(self._first[application], self._first[application + 1])

    def panel(self, application: int) -> IntArray:
        """Return the chosen pairs of an application."""
        pairs = self.pairs_of(application)
        return np.asarray(pairs[self.chosen[pairs]])

    def find(self, application: IntArray, reviewer: IntArray) -> IntArray:
        """Find pairs by their names; -1 where the table has none."""
        wanted = application * self.call.reviewers + reviewer
        at = np.minimum(np.searchsorted(self._key, wanted), len(self._key) - 1)
        return np.where(self._key[at] == wanted, at, -1)

    def allowed(self, exchange: Exchange) -> bool:
        """Whether loads, organisations and specialities still hold after an exchange."""
        call = self.call
        if len(set(exchange.into)) < len(exchange.into) or any(
            self.chosen[pair] for pair in exchange.into
        ):
            return False
        change: dict[int, int] = {}
        for pair, step in (*((p, -1) for p in exchange.out), *((p, 1) for p in exchange.into)):
            reviewer = int(call.reviewer[pair])
            change[reviewer] = change.get(reviewer, 0) + step
        if any(
            not call.least_load <= self.load[reviewer] + step <= call.most_load
            for reviewer, step in change.items()
            if step
        ):
            return False
        self.apply(exchange)
        sound = all(self._sound(int(call.application[pair])) for pair in exchange.into)
        self.apply(Exchange(exchange.into, exchange.out))
        return sound

    def _sound(self, application: int) -> bool:
        panel = self.panel(application)
        organisation = self.call.organisation[self.call.reviewer[panel]]
        organisation = organisation[organisation != NONE]
        return len(np.unique(organisation)) == len(organisation) and all(
            self.chosen[want].any()
            for want in self.call.wants
            if self.call.application[want[0]] == application
        )

    def apply(self, exchange: Exchange) -> None:
        """Make an exchange."""
        for pairs, step in ((exchange.out, -1), (exchange.into, 1)):
            for pair in pairs:
                self.chosen[pair] = step > 0
                held = self._held[self.call.reviewer[pair]]
                held.append(pair) if step > 0 else held.remove(pair)
                self.load[self.call.reviewer[pair]] += step
                self.total[self.call.application[pair]] += step * self.call.affinity[pair]

    def swaps(self, leaving: IntArray) -> Choices:
        """Gather the exchanges of pairs of one application with whoever has room or a seat."""
        application = int(self.call.application[leaving[0]])
        listed = self.pairs_of(application)
        coming = listed[~self.chosen[listed]]
        room = coming[self.load[self.call.reviewer[coming]] < self.call.most_load]
        coming, given = self._holders(coming)
        out, into = [], []
        for pair in leaving.tolist():
            alone = np.full((len(room), 2), -1)
            out.append(np.where([True, False], pair, alone))
            into.append(np.where([True, False], room[:, None], alone))
            others = self.call.application[given]
            back = self.find(others, np.full(len(others), self.call.reviewer[pair]))
            fits = back >= 0
            out.append(np.stack([np.full(int(fits.sum()), pair), given[fits]], axis=1))
            into.append(np.stack([coming[fits], back[fits]], axis=1))
        return self._weighed(np.concatenate(out), np.concatenate(into))

    def thirds(self, leaving: IntArray) -> Choices:
        """Gather the exchanges in which a third reviewer with room fills the seat that is left."""
        application = int(self.call.application[leaving[0]])
        listed = self.pairs_of(application)
        worst = self.call.affinity[leaving].min()
        coming, given = self._holders(
            listed[~self.chosen[listed] & (self.call.affinity[listed] > worst)]
        )
        fill = {b: self._best_free(b) for b in np.unique(self.call.application[given]).tolist()}
        filled = np.array([fill[b] for b in self.call.application[given].tolist()], dtype=np.int64)
        fits = filled >= 0
        out, into = [], []
        for pair in leaving.tolist():
            out.append(np.stack([np.full(int(fits.sum()), pair), given[fits]], axis=1))
            into.append(np.stack([coming[fits], filled[fits]], axis=1))
        return self._weighed(np.concatenate(out), np.concatenate(into))

    def _holders(self, coming: IntArray) -> tuple[IntArray, IntArray]:
        """Pair every coming pair with the pairs that its reviewer holds now."""
        held = [self._held[reviewer] for reviewer in self.call.reviewer[coming].tolist()]
        count = [len(pairs) for pairs in held]
        given = np.array([pair for pairs in held for pair in pairs], dtype=np.int64)
        return np.repeat(coming, count), given

    def _best_free(self, application: int) -> int:
        """Return the best pair of an application whose reviewer has room; -1 if there is none."""
        listed = self.pairs_of(application)
        free = ~self.chosen[listed] & (self.load[self.call.reviewer[listed]] < self.call.most_load)
        listed = listed[free]
        return int(listed[np.argmax(self.call.affinity[listed])]) if len(listed) else -1

    def _weighed(self, out: IntArray, into: IntArray) -> Choices:
        points = np.append(self.call.affinity, 0.0)
        step = points[into] - points[out]
        total = self.total[self.call.application[out]] + step
        low = np.where(out[:, 1] < 0, total[:, 0], total.min(axis=1))
        return Choices(low=low, change=step.sum(axis=1), out=out, into=into)


def raise_low(
    call: Call, chosen: IntArray, target: float, *, go_on: Callable[[], bool]
) -> IntArray:
    """Raise panels below a target, the lowest first.

    Parameters
    ----------
    chosen : IntArray, shape (n_pair,)
        Panels that keep every rule; 1 where chosen.
    target : float
        The total that every panel should reach. [points of the table]
    go_on : callable
        Asked before every step; False ends the search.

    Returns
    -------
    IntArray, shape (n_pair,)
        Panels that keep every rule. A step leaves every panel that it touches above the one that
        was raised, so that the lowest total never falls.
    """
    seating = Seating(call, chosen)
    while go_on():
        worst = int(np.argmin(seating.total))
        if seating.total[worst] >= target:
            break
        step = _best_rise(seating, worst, target)
        if step is None:  # the lowest stays: to raise others would cost the sum for nothing
            break
        seating.apply(step)
    return seating.chosen.astype(np.int64)


def _best_rise(seating: Seating, application: int, target: float) -> Exchange | None:
    now = float(seating.total[application])
    for gather in (seating.swaps, seating.thirds):
        found = gather(seating.panel(application))
        for step in found.in_order(found.low > now + WORTH_IT, up_to=target):
            if seating.allowed(step):
                return step
    return None
