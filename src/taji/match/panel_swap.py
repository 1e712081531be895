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

from taji.base.arrays import BoolArray, IntArray
from taji.match.panel_call import NONE, Call, totals

__all__ = ["Seating", "raise_low"]

#: What a total must gain before it counts as a gain: below it is rounding. [points of the table]
WORTH_IT = 1e-9


@dataclass(frozen=True, slots=True)
class Exchange:
    """Pairs that leave and pairs that come, and the totals of panels afterwards."""

    out: tuple[int, ...]
    into: tuple[int, ...]


class Seating:
    """Who sits where, kept up to date over exchanges."""

    def __init__(self, call: Call, chosen: IntArray) -> None:
        self.call = call
        self.chosen = chosen.astype(bool)
        self.total = totals(call, chosen.astype(float))
        self.load = np.bincount(call.reviewer[self.chosen], minlength=call.reviewers)
        self._key = call.application * call.reviewers + call.reviewer
        self._first = np.searchsorted(call.application, np.arange(call.applications + 1))
        self._by_reviewer = np.argsort(call.reviewer, kind="stable")
        self._held = np.searchsorted(
            call.reviewer[self._by_reviewer], np.arange(call.reviewers + 1)
        )

    def pairs_of(self, application: int) -> IntArray:
        """Return all pairs of an application."""
        return np.arange(self._first[application], self._first[application + 1])

    def panel(self, application: int) -> IntArray:
        """Return the chosen pairs of an application."""
        pairs = self.pairs_of(application)
        return np.asarray(pairs[self.chosen[pairs]])

    def held_by(self, reviewer: int) -> IntArray:
        """Return the chosen pairs of a reviewer."""
        pairs = self._by_reviewer[self._held[reviewer] : self._held[reviewer + 1]]
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
                self.load[self.call.reviewer[pair]] += step
                self.total[self.call.application[pair]] += step * self.call.affinity[pair]

    def exchanges(self, leaving: int) -> Iterator[tuple[float, float, Exchange]]:
        """Yield exchanges in which ``leaving`` leaves its panel, with what they bring.

        Yields
        ------
        float
            The lowest total among the panels touched, afterwards. [points of the table]
        float
            Change of the sum. [points of the table]
        Exchange
        """
        call = self.call
        a, r = int(call.application[leaving]), int(call.reviewer[leaving])
        coming = self.pairs_of(a)
        coming = coming[~self.chosen[coming]]
        gain = call.affinity[coming] - call.affinity[leaving]
        room: BoolArray = self.load[call.reviewer[coming]] < call.most_load
        for pair, more in zip(coming[room].tolist(), gain[room].tolist(), strict=True):
            yield self.total[a] + more, more, Exchange((leaving,), (pair,))
        for pair, more in zip(coming.tolist(), gain.tolist(), strict=True):
            given = self.held_by(int(call.reviewer[pair]))
            others = call.application[given]
            back = self.find(others, np.full(len(others), r))
            for from_b, to_b in zip(
                given[back >= 0].tolist(), back[back >= 0].tolist(), strict=True
            ):
                yield self._after(a, more, (leaving, from_b), (pair, to_b))

    def thirds(self, leaving: int) -> Iterator[tuple[float, float, Exchange]]:
        """Yield exchanges in which a third reviewer with room fills the seat that is left."""
        call = self.call
        a = int(call.application[leaving])
        coming = self.pairs_of(a)
        coming = coming[~self.chosen[coming] & (call.affinity[coming] > call.affinity[leaving])]
        for pair in coming.tolist():
            more = float(call.affinity[pair] - call.affinity[leaving])
            for from_b in self.held_by(int(call.reviewer[pair])).tolist():
                fill = self.pairs_of(int(call.application[from_b]))
                fill = fill[~self.chosen[fill] & (self.load[call.reviewer[fill]] < call.most_load)]
                if len(fill):
                    best = int(fill[np.argmax(call.affinity[fill])])
                    yield self._after(a, more, (leaving, from_b), (pair, best))

    def _after(
        self, a: int, more: float, out: tuple[int, int], into: tuple[int, int]
    ) -> tuple[float, float, Exchange]:
        b = int(self.call.application[out[1]])
        step = float(self.call.affinity[into[1]] - self.call.affinity[out[1]])
        low = min(self.total[a] + more, self.total[b] + step)
        return float(low), more + step, Exchange(out, into)


def raise_low(
    call: Call, chosen: IntArray, target: float, *, go_on: Callable[[], bool]
) -> IntArray:
    """Raise panels below a target, the lowest first, without lowering another below it.

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
        Panels that keep every rule; no total below the target has fallen.
    """
    seating = Seating(call, chosen)
    stuck: set[int] = set()
    while True:
        low = [int(a) for a in np.flatnonzero(seating.total < target) if int(a) not in stuck]
        if not low or not go_on():
            return seating.chosen.astype(np.int64)
        worst = min(low, key=lambda a: (seating.total[a], a))
        step = _best_rise(seating, worst, target)
        if step is None:
            stuck.add(worst)
        else:
            seating.apply(step)


def _best_rise(seating: Seating, application: int, target: float) -> Exchange | None:
    now = float(seating.total[application])
    for search in (seating.exchanges, seating.thirds):
        found = [
            (-min(low, target), -change, step)
            for leaving in seating.panel(application).tolist()
            for low, change, step in search(leaving)
            if low > now + WORTH_IT
        ]
        found.sort(key=lambda item: (item[0], item[1], item[2].out, item[2].into))
        for _, _, step in found:
            if seating.allowed(step):
                return step
    return None
