"""What an attacker can deduce of the cells that a published table withholds.

Turns a table (cells tied by sums that everybody knows) and a pattern of hidden cells into the
interval that each hidden cell must lie in. Decides nothing: which cells are sensitive and how
wide an interval must be is ``taji.compare.disclosure``'s matter, which others to hide
``taji.compare.suppression``'s.

The attacker knows every published cell, every relation, and for every hidden cell the
bounds ``low`` and ``high`` that anyone would know beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import ortools.linear_solver.pywraplp as pywraplp  # its package shows itself to mypy only in part
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from taji.base.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Attacker", "Deduced", "Relation", "Table", "attack"]

Direction = Literal["highest", "lowest"]


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """A sum that everybody knows to be zero: ``sum(signs * value[cells]) == 0``.

    Attributes
    ----------
    cells : IntArray, shape (n_term,)
        Indices of the cells.
    signs : FloatArray, shape (n_term,)
        +1 for the parts, -1 for their total.
    """

    cells: IntArray
    signs: FloatArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Table:
    """Cells and the sums that tie them.

    Attributes
    ----------
    value : FloatArray, shape (n_cell,)
        True values; the relations hold among them.
    low, high : FloatArray, shape (n_cell,)
        What an attacker knows of a cell beforehand, finite.
    relations : tuple of Relation
        The known sums.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Deduced:
    """The interval that an attacker deduces for each cell; a published one is a point.

    Attributes
    ----------
    low, high : FloatArray, shape (n_cell,)
    """

    low: FloatArray
    high: FloatArray

    @property
    def width(self) -> FloatArray:
        """How much the attacker is left in the dark."""
        return self.high - self.low


def attack(table: Table, hidden: BoolArray, *, cells: Iterable[int] | None = None) -> Deduced:
    """Deduce the tightest interval of every hidden cell by linear programming.

    Parameters
    ----------
    table : Table
    hidden : BoolArray, shape (n_cell,)
        True for the cells that are not published.
    cells : iterable of int, optional
        The hidden cells to attack; all of them where not given. Others keep the bounds known
        beforehand.

    Returns
    -------
    Deduced

    Notes
    -----
    For each hidden cell the two programmes :math:`\\max y_p, \\min y_p` subject to the relations,
    :math:`l_i \\le y_i \\le u_i` for hidden and :math:`y_i = a_i` for published cells [1]_.

    References
    ----------
    .. [1] M. Fischetti and J. J. Salazar-González, "Solving the cell suppression problem on
       tabular data with linear constraints", *Management Science* 47(7), 2001, 1008-1027.
       doi:10.1287/mnsc.47.7.1008.9805

    Examples
    --------
    Three districts sum to a city of 12. Hiding one betrays it; hiding two does not.

    >>> import numpy as np
    >>> table = Table(
    ...     value=np.array([12.0, 2.0, 4.0, 6.0]), low=np.zeros(4), high=np.full(4, 20.0),
    ...     relations=(Relation(np.arange(4), np.array([-1.0, 1.0, 1.0, 1.0])),))
    >>> attack(table, np.array([False, True, False, False])).width[1]
    np.float64(0.0)
    >>> two = attack(table, np.array([False, True, True, False]))
    >>> two.low[1], two.high[1]
    (np.float64(0.0), np.float64(6.0))
    """
    low, high = table.value.copy(), table.value.copy()
    low[hidden], high[hidden] = table.low[hidden], table.high[hidden]
    attacker = Attacker(table, hidden)
    for cell in np.flatnonzero(hidden) if cells is None else cells:
        if hidden[cell]:
            low[cell], _ = attacker.extreme(int(cell), "lowest")
            high[cell], _ = attacker.extreme(int(cell), "highest")
    return Deduced(low, high)


class Attacker:
    """The linear programmes of one pattern, one for each group of hidden cells that hang together.

    Parameters
    ----------
    table : Table
    hidden : BoolArray, shape (n_cell,)
    """

    def __init__(self, table: Table, hidden: BoolArray) -> None:
        self._table = table
        self._programme: dict[int, _Programme] = {}
        for cells, relations in _components(table, hidden):
            programme = _Programme(table, cells, relations)
            self._programme.update(dict.fromkeys(cells, programme))

    def extreme(self, cell: int, direction: Direction) -> tuple[float, FloatArray]:
        """Return the highest or lowest value that ``cell`` can have, and why.

        Returns
        -------
        value : float
        shadow : FloatArray, shape (n_relation,)
            Dual value of every relation: what proves that the cell can go no further.
        """
        value, duals = self._programme[cell].solve(cell, direction)
        shadow = np.zeros(len(self._table.relations))
        for relation, dual in duals.items():
            shadow[relation] = dual
        return value, shadow


class _Programme:
    """One linear programme whose objective moves from cell to cell, so each start is warm."""

    def __init__(self, table: Table, cells: list[int], relations: list[int]) -> None:
        self._solver: Any = pywraplp.Solver.CreateSolver("GLOP")
        inside = set(cells)
        self._variable = {
            c: self._solver.NumVar(float(table.low[c]), float(table.high[c]), "") for c in cells
        }
        self._rows: dict[int, Any] = {}
        for r in relations:
            relation = table.relations[r]
            terms = [
                (int(c), float(s))
                for c, s in zip(relation.cells, relation.signs, strict=True)
                if int(c) in inside
            ]
            known = float(sum(s * table.value[c] for c, s in terms))
            row = self._solver.Constraint(known, known)
            for c, s in terms:
                row.SetCoefficient(self._variable[c], s)
            self._rows[r] = row

    def solve(self, cell: int, direction: Direction) -> tuple[float, dict[int, float]]:
        objective = self._solver.Objective()
        objective.SetCoefficient(self._variable[cell], 1.0)
        objective.SetOptimizationDirection(direction == "highest")
        status = self._solver.Solve()
        if status != pywraplp.Solver.OPTIMAL:  # the true table is feasible and bounds are finite
            raise ArithmeticError(f"the attack on cell {cell} ended with solver status {status}")
        value = float(objective.Value())
        duals = {r: float(row.dual_value()) for r, row in self._rows.items()}
        objective.SetCoefficient(self._variable[cell], 0.0)
        return value, duals


def _components(table: Table, hidden: BoolArray) -> Iterator[tuple[list[int], list[int]]]:
    """Hidden cells that share a relation, directly or through others, with those relations."""
    n_cell = len(table.value)
    ends = [(r, int(c)) for r, rel in enumerate(table.relations) for c in rel.cells if hidden[c]]
    size = n_cell + len(table.relations)
    rows, cols = [n_cell + r for r, _ in ends], [c for _, c in ends]
    graph = coo_array((np.ones(len(ends)), (rows, cols)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    members: dict[int, tuple[list[int], list[int]]] = {}
    for c in np.flatnonzero(hidden):
        members.setdefault(int(label[c]), ([], []))[0].append(int(c))
    for r in sorted({r for r, _ in ends}):
        members[int(label[n_cell + r])][1].append(r)
    yield from members.values()
