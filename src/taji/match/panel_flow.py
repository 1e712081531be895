"""Panels as a flow of least cost: exact, whole, and fast on millions of pairs.

Decides the panels of the highest weighted sum under numbers, loads and organisations. A
speciality that must be on a panel is no flow: that is ``taji.match.panel_model``'s.
"""

from __future__ import annotations

import numpy as np
from ortools.graph.python import max_flow, min_cost_flow

from taji.base.arrays import FloatArray, IntArray
from taji.match.panel_call import NONE, Call

__all__ = ["best_flow", "short_applications", "short_reviewers"]

#: Affinities are rounded to whole costs, the largest to about this: finer than anybody scores,
#: and far from where 64 bits end. [cost]
LARGEST_COST = 1e7


def best_flow(
    call: Call,
    weight: FloatArray | None = None,
    *,
    unit: int = 1,
    capacity: IntArray | None = None,
) -> IntArray | None:
    r"""Find the flow of the highest weighted affinity.

    Parameters
    ----------
    call : Call
        Its ``wants`` are not looked at.
    weight : FloatArray, shape (applications,), optional
        What a point of each application counts; 1 where not given.
    unit : int
        Parts that a seat is cut into; with more than 1 the flow is a share. [parts]
    capacity : IntArray, shape (n_pair,), optional
        The most of each pair; ``unit`` where not given. [parts]

    Returns
    -------
    IntArray, shape (n_pair,), or None
        How much of each pair is chosen; None where no flow fits. [parts]

    Notes
    -----
    An application sends ``per_application`` units over its pairs to reviewers, those of one
    organisation through one node of capacity 1; a reviewer keeps ``least_load`` and passes up
    to ``most_load - least_load`` on. All capacities are whole, so the optimum is [1]_. Costs are
    affinities at a power of ten that makes the largest about :data:`LARGEST_COST`: the sum is
    the greatest up to half of the last place per seat.

    References
    ----------
    .. [1] R. K. Ahuja, T. L. Magnanti and J. B. Orlin, *Network Flows*. Prentice Hall, 1993,
       theorem 9.10.
    """
    worth = call.affinity if weight is None else weight[call.application] * call.affinity
    cost = -np.rint(worth * _scale(worth)).astype(np.int64)
    flow = min_cost_flow.SimpleMinCostFlow()
    tail, extra, nodes = _nodes(call)
    room = np.full(len(cost), unit) if capacity is None else capacity
    flow.add_arcs_with_capacity_and_unit_cost(tail, call.applications + call.reviewer, room, cost)
    if len(extra):
        flow.add_arcs_with_capacity_and_unit_cost(
            extra[:, 0], extra[:, 1], np.full(len(extra), unit), np.zeros(len(extra), np.int64)
        )
    sink = nodes - 1
    reviewers = call.applications + np.arange(call.reviewers)
    flow.add_arcs_with_capacity_and_unit_cost(
        reviewers,
        np.full(call.reviewers, sink),
        np.full(call.reviewers, (call.most_load - call.least_load) * unit),
        np.zeros(call.reviewers, np.int64),
    )
    supply = np.zeros(nodes, np.int64)
    supply[: call.applications] = call.per_application * unit
    supply[reviewers] = -call.least_load * unit
    supply[sink] = -supply.sum()
    flow.set_nodes_supplies(np.arange(nodes), supply)
    if supply[sink] > 0 or flow.solve() != flow.OPTIMAL:
        return None
    return np.asarray(flow.flows(np.arange(len(cost))), dtype=np.int64)


def _scale(worth: FloatArray) -> float:
    largest = float(np.abs(worth).max(initial=0.0)) or 1.0
    return float(10.0 ** np.floor(np.log10(LARGEST_COST / largest)))


def _nodes(call: Call) -> tuple[IntArray, IntArray, int]:
    """Say where each pair's arc begins, the arcs to nodes of organisations, how many nodes."""
    group = call.groups()
    first = call.applications + call.reviewers
    grouped = group != NONE
    tail = np.where(grouped, first + group, call.application)
    pairs = np.stack([call.application[grouped], first + group[grouped]], axis=1)
    extra = np.unique(pairs, axis=0) if len(pairs) else pairs
    return tail, extra, first + len(extra) + 1


def short_applications(call: Call) -> tuple[IntArray, int]:
    """Find applications that together find too few seats among those who may judge them.

    Returns
    -------
    IntArray
        The applications; empty where every one finds its number.
    int
        Seats that they find at most. [seats]
    """
    reached, sent = _cut(call, call.per_application, call.most_load)
    if sent == call.seats:
        return np.empty(0, np.int64), call.seats
    short = np.flatnonzero(reached[: call.applications])
    return short, sent - call.per_application * (call.applications - len(short))


def short_reviewers(call: Call) -> tuple[IntArray, int]:
    """Find reviewers who together cannot have their least load, and the most they can have."""
    reached, sent = _cut(call, call.per_application, call.least_load)
    if sent == call.reviewers * call.least_load:
        return np.empty(0, np.int64), sent
    inside = reached[call.applications : call.applications + call.reviewers]
    short = np.flatnonzero(~inside)
    return short, sent - call.least_load * (call.reviewers - len(short))


def _cut(call: Call, seats: int, load: int) -> tuple[np.ndarray, int]:
    """Send as much as fits; tell which nodes the source still reaches, and how much was sent."""
    tail, extra, nodes = _nodes(call)
    sink, source = nodes - 1, nodes
    flow = max_flow.SimpleMaxFlow()
    reviewers = call.applications + np.arange(call.reviewers)
    for tails, heads, room in (
        (tail, call.applications + call.reviewer, 1),
        (extra[:, 0], extra[:, 1], 1),
        (reviewers, np.full(call.reviewers, sink), load),
        (np.full(call.applications, source), np.arange(call.applications), seats),
    ):
        if len(tails):
            flow.add_arcs_with_capacity(tails, heads, np.full(len(tails), room))
    flow.solve(source, sink)
    reached = np.zeros(nodes + 1, dtype=bool)
    reached[list(flow.get_source_side_min_cut())] = True
    return reached, int(flow.optimal_flow())
