"""Choose one load for every provider so that every need is met once, at the least cost.

Decides by branch and bound which of given loads are taken, and proves it. Which loads come into
question is decided by who asks (``taji.match.gap_partition``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.match.gap_bound import ROUNDING
from taji.match.gap_core import Core
from taji.match.gap_relaxed import Relaxed, relaxed, rows_of
from taji.match.gap_table import Table
from taji.match.gap_triples import broken, filled

__all__ = ["Choice"]

#: Loads of the first mixture of a node, and new ones of each after it.
FIRST, MORE = 500, 300
#: A mixture is good enough when it costs no more than the bound and this share of the distance.
CLOSE = 0.01
#: A need may be missed at so many distances; at so many times as much where it then is.
MISSED, DEARER = 10.0, 10.0
#: Triples added at a time; rounds of it at the root, down to a depth, and below that; a round
#: after one that raised the bound by a smaller share of the distance is not made.
TRIPLES, ROUNDS, ROUNDS_BELOW, SHALLOW, WORTH = 50, 30, 2, 6, 0.01
#: Pairs that are tried both ways before a node is split: down to depths, and below.
TRIED = ((3, 8), (8, 4))
TRIED_BELOW = 2
#: A smaller share is rounding; what floating point may lose in a bound. [fraction]
LEAST, LOST = 1e-6, 1e-11


@dataclass(frozen=True, slots=True)
class _Node:
    """What is left of the loads.

    Attributes
    ----------
    loads : IntArray, shape (n_left,)
    active : BoolArray, shape (n_left,)
        Which of them the last mixture could use.
    prices : FloatArray, shape (n_row,)
        Of needs, providers and triples. [cost]
    triples : IntArray, shape (n_triple, 3)
    bound : float
        No choice costs less. [cost]
    depth : int
    """

    loads: IntArray
    active: BoolArray
    prices: FloatArray
    triples: IntArray
    bound: float
    depth: int


class Choice:
    r"""The loads, what is left of them at the nodes that are open, and the best choice so far.

    Parameters
    ----------
    table : Table
    provider : IntArray, shape (n_load,)
        Whose load it is.
    held : BoolArray, shape (n_load, n_need)
        What it holds. The loads of a provider differ.
    target : float
        Only choices that cost less are looked for. [cost]
    prices : FloatArray, shape (n_need,)
        Prices of a good bound. [cost]

    Notes
    -----
    At each node the loads are mixed at the least cost, and triples of rows that the mixture breaks
    are forbidden (``taji.match.gap_triples``). The prices :math:`u` of needs and
    :math:`w \le 0` of triples prove, whatever the solver says,

    .. math:: L = \sum_j u_j + \sum_t w_t + \sum_i \min_{k \in K_i}
              \Bigl( c_k - \sum_{j \in k} u_j - \sum_{t \ni k} w_t \Bigr),

    and a load that is worse than the best of its provider by more than the distance from :math:`L`
    to ``target`` is dropped. Then the node is split by a pair that is met in part: the provider
    takes that need, or it does not [1]_. Of some pairs, the one is taken by which both halves rise
    most.

    References
    ----------
    .. [1] M. Savelsbergh, "A branch-and-price algorithm for the generalized assignment problem".
       *Operations Research* 45(6), 1997, 831-841.
    """

    def __init__(
        self,
        table: Table,
        provider: IntArray,
        held: BoolArray,
        *,
        target: float,
        prices: FloatArray,
    ) -> None:
        self.table, self.provider, self.held, self.near = table, provider, held, prices
        self.target = target
        self.chosen: IntArray | None = None
        self.cost = np.where(held, table.cost[provider], 0.0).sum(axis=1)
        count, providers = len(provider), len(table.capacity)
        every = np.arange(count)
        self.rows = rows_of(provider, held, providers)
        none = np.zeros((0, 3), np.int64)
        start = np.concatenate([prices, np.zeros(providers)])
        root = _Node(every, np.zeros(count, np.bool_), start, none, -np.inf, 0)
        self._open = [root] if self._can_do(every) else []
        self._doubtful = np.inf
        # more than any load can be worth [cost]
        self._dearest = 10 * float(np.abs(self.cost).max(initial=0) + np.abs(prices).sum())

    @property
    def over(self) -> bool:
        """Whether nothing is left to do, proven or not."""
        return not self._open

    def below(self, target: float) -> None:
        """From now on look only for what costs less than this. [cost]"""
        self.target = min(self.target, target)

    def run(self, stop: Callable[[], bool], found: Callable[[IntArray], object]) -> Core:
        """Go on until it is settled or time is up; nothing that is done is lost then.

        Parameters
        ----------
        stop : callable
            Asked before every mixture whether time is up.
        found : callable
            Shown every better choice, as the provider of each need.

        Returns
        -------
        Core
            The bound holds for choices that cost less than ``target``: infinite if there is none.
        """
        while self._open:
            node = self._open[-1]
            halves = self._worked(node, stop, found) if node.bound <= self._limit else []
            if halves is None:
                break
            self._open[-1:] = halves
        bounds = [self._doubtful, *(node.bound for node in self._open)]
        if min(bounds) < np.inf:
            return Core(self.chosen, min(*bounds, self.target), proven=False)
        return Core(self.chosen, np.inf if self.chosen is None else self.target, proven=True)

    @property
    def _limit(self) -> float:
        """What costs more is of no interest. [cost]"""
        step = self.table.step
        if not step:
            return self.target - ROUNDING * abs(self.target)
        return self.table.raised(self.target) - step * (1 - 1e-6) + LOST * abs(self.target)

    # --- one node ------------------------------------------------------------------------

    def _worked(
        self, node: _Node, stop: Callable[[], bool], found: Callable[[IntArray], object]
    ) -> list[_Node] | None:
        """Return the halves of a node that is still of interest; None when time is up."""
        below = ROUNDS_BELOW if node.depth < SHALLOW else 0
        before = -np.inf
        for left in range(ROUNDS if not node.depth else below, -1, -1):
            mixed = self._mixed(node, stop)
            if mixed is None:
                return None
            node, mix = mixed
            if node.bound > self._limit or self._taken(node, mix, found):
                return []
            if not left or node.bound - before < WORTH * (self._limit - node.bound):
                break
            before = node.bound
            triples = broken(self.rows[node.loads], mix.share, most=TRIPLES)
            if not len(triples):
                break
            node = self._with(node, triples)
        return self._split(node, mix, stop)

    def _mixed(self, node: _Node, stop: Callable[[], bool]) -> tuple[_Node, Relaxed] | None:
        """Mix until no load is missing; drop the loads that are too dear. None: time is up."""
        rows = self._rows(node)
        cost, whose = self.cost[node.loads], self.provider[node.loads]
        needs, providers = len(self.near), len(self.table.capacity)
        prices, active = node.prices, node.active.copy()
        mix: Relaxed | None = None
        best, proof, lost, within = -np.inf, prices, np.zeros(len(cost)), 0.0
        while not stop():
            priced = prices.copy()
            priced[needs : needs + providers] = 0.0
            priced[needs + providers :] = np.minimum(priced[needs + providers :], 0.0)
            rest = cost - rows @ priced
            least = np.full(providers, np.inf)
            np.minimum.at(least, whose, rest)
            bound = float(priced.sum() + least.sum())
            if bound > best:
                best, proof, lost = bound, priced, rest - least[whose]
            distance = self._limit - best
            if distance < 0:
                return replace(node, bound=best), Relaxed(best, np.zeros(len(cost)), 0.0, proof)
            if mix is None:
                if active.sum() < FIRST:
                    active[np.argsort(lost, kind="stable")[:FIRST]] = True
            else:
                called = rest - prices[needs : needs + providers][whose]
                called[active] = np.inf
                wanted = np.flatnonzero(called < -1e-9 * abs(self._limit))
                near = mix.cost - best <= CLOSE * distance and not _whole(mix.share)
                if near or not len(wanted):
                    if mix.missed <= LEAST or within > self._dearest:
                        break
                    within *= DEARER
                active[wanted[np.argsort(called[wanted], kind="stable")[:MORE]]] = True
            some = np.flatnonzero(active)
            within = within or MISSED * max(distance, LEAST)
            mix = relaxed(rows[some], cost[some], self.near, within)
            prices = mix.prices
        else:
            return None
        kept = lost <= self._limit - best
        share = np.zeros(len(cost))
        share[some] = mix.share
        node = _Node(node.loads[kept], active[kept], proof, node.triples, best, node.depth)
        return node, replace(mix, share=share[kept])

    def _rows(self, node: _Node) -> sparse.csr_array:
        rows = self.rows[node.loads]
        if not len(node.triples):
            return rows
        return sparse.hstack([rows, filled(rows, node.triples)]).tocsr()

    def _with(self, node: _Node, triples: IntArray) -> _Node:
        """Add triples that the node does not know; those without a price are forgotten."""
        whole = self.rows.shape[1]
        priced = node.prices[whole:] < 0
        known = {tuple(triple) for triple in node.triples[priced].tolist()}
        new = [triple for triple in triples.tolist() if tuple(triple) not in known]
        added = np.array(new, np.int64).reshape(-1, 3)
        prices = np.concatenate(
            [node.prices[:whole], node.prices[whole:][priced], np.zeros(len(new))]
        )
        return replace(node, prices=prices, triples=np.vstack([node.triples[priced], added]))

    def _taken(self, node: _Node, mix: Relaxed, found: Callable[[IntArray], object]) -> bool:
        """Keep a mixture of whole loads; return whether that settles the node."""
        if mix.missed > LEAST or not _whole(mix.share):
            return False
        picked = node.loads[mix.share > 0.5]
        held, whose = self.held[picked], self.provider[picked]
        if not (held.sum(axis=0) == 1).all() or len(np.unique(whose)) < len(whose):
            return False
        chosen: IntArray = np.where(held, whose[:, None], -1).max(axis=0)
        value = self.table.value(chosen)
        if value < self.target and self.table.feasible(chosen):
            self.chosen, self.target = chosen, value
            found(chosen)
        return node.bound > self._limit

    # --- halves --------------------------------------------------------------------------

    def _split(self, node: _Node, mix: Relaxed, stop: Callable[[], bool]) -> list[_Node] | None:
        """Split by a pair that is met in part, the one that raises both halves most."""
        held, whose = self.held[node.loads], self.provider[node.loads]
        in_part = np.flatnonzero(mix.share > LEAST)
        met = np.zeros(self.table.cost.shape)
        np.add.at(met, whose[in_part], mix.share[in_part, None] * held[in_part])
        partly = np.minimum(met, 1 - met)
        tried = next((most for depth, most in TRIED if node.depth < depth), TRIED_BELOW)
        order = np.argsort(-partly, axis=None, kind="stable")[:tried]
        order = order[partly.ravel()[order] > LEAST]
        if not len(order):  # rounding hides what it is: nothing is claimed about this node
            self._doubtful = min(self._doubtful, node.bound)
            return []
        best, halves = -1.0, []
        for pair in order.tolist():
            if stop():
                return None
            at, need = divmod(pair, len(self.near))
            inside = held[:, need] == (whose == at)
            outside = ~(held[:, need] & (whose == at))
            rise = 0.0 if len(order) == 1 else self._rise(node, inside, mix.cost)
            rise *= 0.0 if len(order) == 1 else self._rise(node, outside, mix.cost)
            if rise > best:
                best, halves = rise, [outside, inside]
        return [self._half(node, part) for part in halves if self._can_do(node.loads[part])]

    def _rise(self, node: _Node, part: BoolArray, cost: float) -> float:
        """Return by how much a mixture of the active loads of a half costs more. [cost]"""
        some = np.flatnonzero(part & node.active)
        most = self._limit - cost
        rows = self._rows(replace(node, loads=node.loads[some]))
        within = MISSED * max(self._limit - node.bound, LEAST)
        mix = relaxed(rows, self.cost[node.loads[some]], self.near, within)
        return max(min(mix.cost - cost, most), 1e-3 * abs(most))

    def _half(self, node: _Node, part: BoolArray) -> _Node:
        return replace(node, loads=node.loads[part], active=node.active[part], depth=node.depth + 1)

    def _can_do(self, loads: IntArray) -> bool:
        """Whether every provider has a load, and every need one that holds it."""
        return bool(
            len(np.unique(self.provider[loads])) == len(self.table.capacity)
            and self.held[loads].any(axis=0).all()
        )


def _whole(share: FloatArray) -> bool:
    """Whether every load is taken as a whole or not at all."""
    return bool(np.abs(share - share.round()).max(initial=0.0) <= LEAST)
