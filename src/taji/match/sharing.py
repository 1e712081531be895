"""Share firms out among experts: as evenly as can be, nobody to a firm that is barred to them.

Decides who takes which firm when every firm wants a number of different experts. Does not decide
what bars an expert (a conflict, another district), nor which firms are to be assessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from ortools.graph.python import min_cost_flow

__all__ = ["Shared", "share_out"]

#: Left unassigned costs more than any load can: as many firms as possible find an expert. [cost]
UNASSIGNED = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Shared:
    """Who takes what.

    Attributes
    ----------
    pairs : tuple of (firm, expert)
        In the order of the firms.
    short : mapping of str to int
        Firms that found fewer experts than they wanted, and how many are missing. [experts]
    """

    pairs: tuple[tuple[str, str], ...]
    short: Mapping[str, int]


def share_out(
    wanted: Mapping[str, int],
    experts: Sequence[str],
    *,
    barred: Set[tuple[str, str]] = frozenset(),
    load: Mapping[str, int] | None = None,
    most: int | None = None,
) -> Shared:
    r"""Give every firm its experts so that the squares of their loads add up to the least.

    Parameters
    ----------
    wanted : mapping of str to int
        Different experts that each firm wants. [experts]
    experts : sequence of str
        Who can be asked; ties go to those named first.
    barred : set of (firm, expert)
        Pairs that must not be.
    load : mapping of str to int, optional
        Firms that an expert has already. [firms]
    most : int, optional
        The most that an expert may have, what he has already counted. [firms]

    Notes
    -----
    A flow of least cost from firms to experts: the :math:`k`-th firm of an expert costs
    :math:`2k - 1`, so that loads of :math:`l_e` cost :math:`\sum l_e^2`, which is least where
    they are most even [1]_. The result is the optimum, not a guess, and the same every time.

    References
    ----------
    .. [1] R. K. Ahuja, T. L. Magnanti and J. B. Orlin, *Network Flows*. Prentice Hall, 1993,
       section 14.3.

    Examples
    --------
    >>> out = share_out({"f1": 1, "f2": 1, "f3": 2}, ["an", "bo"], barred={("f1", "an")})
    >>> out.pairs
    (('f1', 'bo'), ('f2', 'an'), ('f3', 'an'), ('f3', 'bo'))
    """
    firms, held = list(wanted), dict(load or {})
    total = sum(wanted.values())
    if not experts or not total:
        return Shared((), {firm: count for firm, count in wanted.items() if count})
    flow = min_cost_flow.SimpleMinCostFlow()
    source, sink = 0, 1
    of_firm = {firm: 2 + at for at, firm in enumerate(firms)}
    of_expert = {expert: 2 + len(firms) + at for at, expert in enumerate(experts)}
    offered: dict[int, tuple[str, str]] = {}
    for firm in firms:
        flow.add_arc_with_capacity_and_unit_cost(source, of_firm[firm], wanted[firm], 0)
        for expert in experts:
            if (firm, expert) not in barred:
                arc = flow.add_arc_with_capacity_and_unit_cost(
                    of_firm[firm], of_expert[expert], 1, 0
                )
                offered[arc] = (firm, expert)
    for expert in experts:
        already = held.get(expert, 0)
        room = total if most is None else max(0, min(total, most - already))
        for place in range(min(room, len(firms))):
            cost = 2 * (already + place) + 1
            flow.add_arc_with_capacity_and_unit_cost(of_expert[expert], sink, 1, cost)
    flow.add_arc_with_capacity_and_unit_cost(source, sink, total, UNASSIGNED)
    flow.set_node_supply(source, total)
    flow.set_node_supply(sink, -total)
    if flow.solve() != flow.OPTIMAL:  # pragma: no cover - the arc past everybody is always there
        raise AssertionError("a flow that can always be sent was not found")
    pairs = tuple(pair for arc, pair in offered.items() if flow.flow(arc))
    given = dict.fromkeys(firms, 0)
    for firm, _ in pairs:
        given[firm] += 1
    return Shared(pairs, {f: n - given[f] for f, n in wanted.items() if n > given[f]})
