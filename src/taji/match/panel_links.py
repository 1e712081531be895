"""Whether reviewers' scores can be compared: does the graph of panels hang together?

Decides which applications and reviewers are linked by panels, how firmly, and how groups that
nothing links are joined at the least loss. Reviewers without a panel are no part of the graph.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh

from taji.base.arrays import BoolArray, IntArray
from taji.match.panel_call import Call
from taji.match.panel_swap import Choices, Exchange, Seating

__all__ = ["crossing", "firmness", "groups_of", "join"]

#: Up to this many nodes all eigenvalues are computed, beyond it the second alone. [nodes]
DENSE = 1500
#: Applications of a group whose exchanges are weighed against each other: any good link will do,
#: and a large group has thousands. [applications]
AT_ONCE = 20


def groups_of(call: Call, chosen: BoolArray) -> IntArray:
    """Number the groups of linked applications and reviewers.

    Returns
    -------
    IntArray, shape (applications + reviewers,)
        Applications first; applications of one number are linked. Reviewers without a panel
        each have a number of their own, above all others.
    """
    nodes = call.applications + call.reviewers
    tail, head = call.application[chosen], call.applications + call.reviewer[chosen]
    graph = coo_array((np.ones(len(tail)), (tail, head)), shape=(nodes, nodes))
    label = connected_components(graph, directed=False)[1].astype(np.int64)
    seen, rank = np.unique(label[: call.applications], return_inverse=True)
    number = np.full(nodes, len(seen)) + np.arange(nodes)
    for_group = np.full(nodes, -1)
    for_group[seen] = np.arange(len(seen))
    number[: call.applications] = rank
    known = for_group[label[call.applications :]]
    number[call.applications :] = np.where(known >= 0, known, number[call.applications :])
    return number


def firmness(call: Call, chosen: BoolArray) -> float:
    r"""Return the second eigenvalue of the normalised Laplacian of the panels' graph.

    Returns
    -------
    float
        0 where the graph falls apart; the larger, the better severities can be told apart.

    Notes
    -----
    :math:`L = I - D^{-1/2} A D^{-1/2}`; its second eigenvalue is 0 exactly if the graph is
    not connected [1]_.

    References
    ----------
    .. [1] F. R. K. Chung, *Spectral Graph Theory*. Providence: AMS, 1997, lemma 1.7.
    """
    applications, a = np.unique(call.application[chosen], return_inverse=True)
    reviewers, r = np.unique(call.reviewer[chosen], return_inverse=True)
    shape = (len(applications), len(reviewers))
    degree_a, degree_r = np.bincount(a), np.bincount(r)
    weight = 1.0 / np.sqrt(degree_a[a] * degree_r[r])
    half = coo_array((weight, (a, r)), shape=shape).tocsr()
    # the graph is bipartite: eigenvalues are 1 - singular values of this block
    small = half @ half.T if shape[0] <= shape[1] else half.T @ half
    if small.shape[0] < 2:
        return 1.0
    if small.shape[0] <= DENSE:
        second = float(np.linalg.eigvalsh(small.toarray())[-2])
    else:
        start = np.ones(small.shape[0])
        shifted = small + diags_array(np.full(small.shape[0], 1.0))
        second = float(np.sort(eigsh(shifted, k=2, which="LA", v0=start)[0])[0]) - 1.0
    return max(0.0, 1.0 - float(np.sqrt(max(second, 0.0))))


def crossing(call: Call, group: IntArray, number: int) -> IntArray:
    """Return the pairs that would link a group with the rest."""
    inside_a = group[call.application] == number
    inside_r = group[call.applications + call.reviewer] == number
    return np.flatnonzero(inside_a != inside_r)


def join(call: Call, chosen: IntArray, *, keep: float) -> IntArray:
    """Exchange reviewers until the graph is connected or no exchange joins two groups.

    Parameters
    ----------
    chosen : IntArray, shape (n_pair,)
        Panels that keep every rule; 1 where chosen.
    keep : float
        Prefer exchanges that leave every panel this total. [points of the table]

    Returns
    -------
    IntArray, shape (n_pair,)
        Each step takes the exchange, of the smallest group, that leaves the lowest panel highest,
        up to ``keep``, and then loses the least of the sum.
    """
    seating = Seating(call, chosen)
    while True:
        group = groups_of(call, seating.chosen)
        count = int(group[: call.applications].max(initial=0)) + 1
        if count == 1:
            return seating.chosen.astype(np.int64)
        sizes = np.bincount(group[: call.applications], minlength=count)
        for number in np.argsort(sizes, kind="stable").tolist():
            step = _best_link(seating, group, number, count, keep)
            if step is not None:
                seating.apply(step)
                break
        else:
            return seating.chosen.astype(np.int64)


def _best_link(
    seating: Seating, group: IntArray, number: int, count: int, keep: float
) -> Exchange | None:
    inside = np.flatnonzero(group[: seating.call.applications] == number)
    for start in range(0, len(inside), AT_ONCE):
        step = _link_of(seating, group, inside[start : start + AT_ONCE], count, keep)
        if step is not None:
            return step
    return None


def _link_of(
    seating: Seating, group: IntArray, applications: IntArray, count: int, keep: float
) -> Exchange | None:
    call = seating.call
    linking = []
    for application in applications.tolist():
        found = seating.swaps(seating.panel(application))
        apart = (
            group[call.application[found.into]]
            != group[call.applications + call.reviewer[found.into]]
        )
        wanted = (apart & (found.into >= 0)).any(axis=1)
        linking.append((found, wanted))
    every = Choices(
        low=np.concatenate([found.low for found, _ in linking]),
        change=np.concatenate([found.change for found, _ in linking]),
        out=np.concatenate([found.out for found, _ in linking]),
        into=np.concatenate([found.into for found, _ in linking]),
    )
    wanted = np.concatenate([wanted for _, wanted in linking])
    for step in every.in_order(wanted, up_to=keep):
        if seating.allowed(step):
            seating.apply(step)
            fewer = int(groups_of(call, seating.chosen)[: call.applications].max()) + 1 < count
            seating.apply(Exchange(step.into, step.out))
            if fewer:
                return step
    return None
