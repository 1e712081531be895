"""Draw panels by lot, so that nobody can be sure to judge a certain application.

Decides with which probability each pair is chosen, at most a cap, and draws whole panels with
exactly these probabilities; every number and load holds in every draw. Whoever bids for a friend's
application gets it at best with the probability of the cap [1]_.

References
----------
.. [1] S. Jecmen, H. Zhang, R. Liu, N. B. Shah, V. Conitzer and F. Fang, "Mitigating Manipulation
   in Peer Review via Randomized Reviewer Assignments", *NeurIPS* 2020, arXiv:2006.16437.
"""

from __future__ import annotations

import numpy as np

from taji.base.arrays import FloatArray, IntArray
from taji.match.panel_call import NONE, Call
from taji.match.panel_flow import best_flow

__all__ = ["UNIT", "draw", "parts"]

#: Probabilities are held as whole parts of a seat, so that sums stay exact. [parts]
UNIT = 1_000_000


def parts(call: Call, *, cap: float, share: FloatArray | None = None) -> IntArray | None:
    """Say with which probability each pair is chosen.

    Parameters
    ----------
    cap : float
        The most of a pair. [fraction]
    share : FloatArray, shape (n_pair,), optional
        Probabilities found elsewhere, exact only up to rounding: made exact here. Without them
        the probabilities of the highest expected sum are found. [fraction]

    Returns
    -------
    IntArray, shape (n_pair,), or None
        In parts of ``UNIT``; None where the cap leaves too few. [parts]
    """
    most = np.full(len(call.application), int(np.floor(cap * UNIT + 1e-6)))
    if share is not None:
        most = np.minimum(most, np.floor(np.maximum(share, 0.0) * UNIT).astype(np.int64) + 2)
    return best_flow(call, unit=UNIT, capacity=most)


def draw(call: Call, probability: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw whole panels with given probabilities.

    Parameters
    ----------
    probability : IntArray, shape (n_pair,)
        As from ``parts``. [parts]
    rng : Generator
        Where chance comes from.

    Returns
    -------
    IntArray, shape (n_pair,)
        1 where chosen; every reviewer's load is his expected one, rounded up or down.

    Notes
    -----
    While a pair is undecided there is a cycle of undecided arcs in the network of applications,
    organisations, reviewers and loads. Along it as much is moved one way as decides an arc, or
    the other way, with probabilities that leave every expectation as it is [1]_.

    References
    ----------
    .. [1] R. Gandhi, S. Khuller, S. Parthasarathy and A. Srinivasan, "Dependent rounding and its
       applications to approximation algorithms", *Journal of the ACM* 53 (2006) 324-360.
    """
    network = _Network(call, probability)
    network.decide(rng)
    return (network.amount[: len(probability)] // UNIT).astype(np.int64)


class _Network:
    """Arcs with whole amounts; those that are no whole seats are undecided."""

    def __init__(self, call: Call, probability: IntArray) -> None:
        first = call.applications + call.reviewers
        group = call.groups()
        grouped = np.flatnonzero(group != NONE)
        sink = first + int(group.max(initial=NONE)) + 1
        of_group, at = np.unique(group[grouped], return_index=True)
        load = np.bincount(call.reviewer, probability, call.reviewers).astype(np.int64)
        held = np.bincount(group[grouped], probability[grouped]).astype(np.int64)
        tail = [np.where(group != NONE, first + group, call.application)]
        head = [call.applications + call.reviewer]
        tail += [call.application[grouped[at]], call.applications + np.arange(call.reviewers)]
        head += [first + of_group, np.full(call.reviewers, sink)]
        self.tail = np.concatenate(tail).tolist()
        self.head = np.concatenate(head).tolist()
        self.amount = np.concatenate([probability, held, load])
        self.open: dict[int, dict[int, None]] = {}
        for arc in np.flatnonzero(self.amount % UNIT).tolist():
            for node in (self.tail[arc], self.head[arc]):
                self.open.setdefault(node, {})[arc] = None

    def decide(self, rng: np.random.Generator) -> None:
        """Move along cycles until every arc is decided."""
        nodes: list[int] = []
        arcs: list[int] = []
        place: dict[int, int] = {}
        while True:
            if not nodes:
                start = next((node for node, out in self.open.items() if out), None)
                if start is None:
                    return
                nodes, arcs, place = [start], [], {start: 0}
            node = nodes[-1]
            last = arcs[-1] if arcs else -1
            arc = next((arc for arc in self.open[node] if arc != last), None)
            if arc is None:  # the walk began here and its arcs are decided by now
                nodes, arcs, place = [], [], {}
                continue
            after = self.head[arc] if self.tail[arc] == node else self.tail[arc]
            arcs.append(arc)
            if after not in place:
                place[after] = len(nodes)
                nodes.append(after)
                continue
            begin = place[after]
            self._move(nodes[begin:], arcs[begin:], rng)
            for gone in nodes[begin + 1 :]:
                del place[gone]
            nodes, arcs = nodes[: begin + 1], arcs[:begin]

    def _move(self, nodes: list[int], arcs: list[int], rng: np.random.Generator) -> None:
        along = [self.tail[arc] == node for node, arc in zip(nodes, arcs, strict=True)]
        over = [int(self.amount[arc]) % UNIT for arc in arcs]
        up = min(UNIT - f if ahead else f for f, ahead in zip(over, along, strict=True))
        down = min(f if ahead else UNIT - f for f, ahead in zip(over, along, strict=True))
        step = up if rng.integers(up + down) < down else -down
        for arc, ahead in zip(arcs, along, strict=True):
            self.amount[arc] += step if ahead else -step
            if self.amount[arc] % UNIT == 0:
                del self.open[self.tail[arc]][arc]
                del self.open[self.head[arc]][arc]
