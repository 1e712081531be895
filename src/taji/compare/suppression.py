"""Which further cells must be withheld so that the withheld ones cannot be worked out.

Turns a table with sensitive cells into the cheapest pattern of hidden cells under which no
attacker comes closer to a sensitive cell than its protection allows, exactly. Decides the pattern;
does not decide which cells are sensitive nor what they cost (``taji.compare.disclosure``).

The method is the integer programme with cut generation of Fischetti and Salazar-González [1]_:
the master problem (CP-SAT) proposes a pattern, the attacker's linear programmes try it, and each
success of the attacker is turned by its dual into an inequality that every safe pattern obeys.

References
----------
.. [1] M. Fischetti and J. J. Salazar-González, "Solving the cell suppression problem on tabular
   data with linear constraints", *Management Science* 47(7), 2001, 1008-1027.
   doi:10.1287/mnsc.47.7.1008.9805
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from ortools.sat.python import cp_model

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.base.errors import TajiError
from taji.compare.attack import Attacker, Table

__all__ = ["Problem", "Suppression", "UnprotectableError", "exposed", "suppress"]

#: Coefficients of a cut are held as integers on this grid and rounded up, so that a cut is
#: never stricter than the truth.
GRID = 10**8

#: An interval that falls short by less than this is rounding of the linear programme.
#: [fraction of the protection]
TOLERANCE = 1e-6

#: Bound on the work of one master problem, in the solver's own deterministic seconds. A pattern
#: proved optimal is the same on every machine, as costs differ from cell to cell.
WORK = 30.0


class UnprotectableError(TajiError):
    """Even hiding everything would not protect a cell."""

    code = "compare.unprotectable"
    sentences = {
        "en": (
            "Cell {cell} cannot be protected even if its whole table is withheld: what anyone "
            "knows beforehand already gives it away. Do not publish a total that contains it, "
            "or widen the bounds that are assumed to be known."
        ),
        "zh": (
            "即使整张表都不公布，单元格 {cell} 仍无法保护：事先已知的信息足以推出其数值。"
            "请不要公布包含该单元格的合计，或放宽假定为已知的上下界。"
        ),
    }


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Problem:
    """A table, what is sensitive in it, and what hiding costs.

    Attributes
    ----------
    table : Table
    above, below, span : FloatArray, shape (n_cell,)
        Protection of each cell: the attacker's interval must reach at least ``above`` over and
        ``below`` under the true value, and be at least ``span`` wide; zeros for a cell that is
        not sensitive. [unit of the cell]
    forced : BoolArray, shape (n_cell,)
        Cells hidden whatever it costs (the sensitive ones, and those never published).
    cost : IntArray, shape (n_cell,)
        Loss of information by hiding a cell, positive. [arbitrary]
    carried : mapping of int to tuple of int
        A cell that is hidden only if all the others named are hidden: a group's size is on show
        as long as one row of the group is.
    """

    table: Table
    above: FloatArray
    below: FloatArray
    span: FloatArray
    forced: BoolArray
    cost: IntArray
    carried: dict[int, tuple[int, ...]]

    @property
    def sensitive(self) -> IntArray:
        """Cells that need protection."""
        return np.flatnonzero((self.above > 0) | (self.below > 0) | (self.span > 0))


@dataclass(frozen=True, slots=True, eq=False)
class Suppression:
    """A safe pattern.

    Attributes
    ----------
    hidden : BoolArray, shape (n_cell,)
    cost : int
        Sum of the costs of the hidden cells.
    optimal : bool
        Whether the pattern is proved to be the cheapest; a safe but unproved one is returned
        when the bound on work was reached.
    """

    hidden: BoolArray
    cost: int
    optimal: bool


@dataclass(frozen=True, slots=True)
class _Cut:
    """``sum(coefficient * hidden[cell]) >= bound`` for every safe pattern."""

    cells: tuple[int, ...]
    coefficients: tuple[int, ...]
    bound: int


def suppress(problem: Problem) -> Suppression:
    """Find the cheapest safe pattern.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    Suppression

    Raises
    ------
    UnprotectableError
        If a cell is not protected even when everything is hidden.

    Notes
    -----
    Let :math:`x_i` be 1 where cell *i* is hidden, :math:`L_i = a_i - l_i`, :math:`U_i = u_i - a_i`.
    If the attacker's duals prove that :math:`y_p - a_p \\le \\sum_i r_i (y_i - a_i)`, then the
    pattern leaves at most :math:`\\sum_i x_i (r_i^+ U_i + r_i^- L_i)` above the true value, and a
    safe one must make this at least the protection asked for.
    The first cuts are those that a single relation gives; for tables whose rows do not cross
    they are the whole truth and the attack merely confirms the first pattern.

    Hiding more never helps the attacker, so a size whose rows are all hidden counts as hidden.
    """
    cuts = list(_line_cuts(problem))
    while True:
        hidden, optimal = _master(problem, cuts)
        new = list(_attack_cuts(problem, hidden))
        if not new:
            return Suppression(hidden, int(problem.cost[hidden].sum()), optimal)
        cuts += new


def exposed(problem: Problem, hidden: BoolArray) -> IntArray:
    """Return the sensitive cells that a pattern fails to protect."""
    attacker = Attacker(problem.table, hidden)
    return np.array(
        [
            p
            for p in problem.sensitive.tolist()
            if not hidden[p] or any(_failures(problem, attacker, p))
        ],
        dtype=np.int64,
    )


def _master(problem: Problem, cuts: Sequence[_Cut]) -> tuple[BoolArray, bool]:
    """The cheapest pattern that obeys the cuts, and whether it is proved to be."""
    fixed = _with_sizes(problem, problem.forced)
    left = [rest for cut in cuts if (rest := _after(cut, fixed)) is not None]
    model = cp_model.CpModel()
    x: dict[int, cp_model.IntVar] = {}
    for i in sorted({i for cut in left for i in cut.cells}):
        for cell in (i, *problem.carried.get(i, ())):
            if not fixed[cell] and cell not in x:
                x[cell] = model.new_bool_var("")
    for size in x.keys() & problem.carried.keys():
        for row in problem.carried[size]:
            if not fixed[row]:
                model.add_implication(x[size], x[row])
    for cut in left:
        terms = [x[i] for i in cut.cells]
        model.add(cp_model.LinearExpr.weighted_sum(terms, cut.coefficients) >= cut.bound)
    costs = [int(problem.cost[i]) for i in x]
    model.minimize(cp_model.LinearExpr.weighted_sum(list(x.values()), costs))
    if not left:
        return fixed, True
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 8
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = WORK
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        # Hiding everything obeys every cut (one that nothing could meet is never made), so
        # only exhausted work leads here: hide everything rather than betray anyone.
        return np.ones(len(fixed), dtype=np.bool_), False
    hidden = fixed.copy()
    hidden[[i for i, v in x.items() if i not in problem.carried and solver.boolean_value(v)]] = True
    return _with_sizes(problem, hidden), status == cp_model.OPTIMAL


def _with_sizes(problem: Problem, hidden: BoolArray) -> BoolArray:
    """A size is hidden once all rows that show it are."""
    out = hidden.copy()
    for size, rows in problem.carried.items():
        out[size] = hidden[list(rows)].all()
    return out


def _after(cut: _Cut, fixed: BoolArray) -> _Cut | None:
    """What a cut still asks once some cells are hidden anyway; None when it is content."""
    terms = list(zip(cut.cells, cut.coefficients, strict=True))
    bound = cut.bound - sum(k for i, k in terms if fixed[i])
    if bound <= 0:
        return None
    free = [(i, min(k, bound)) for i, k in terms if not fixed[i]]
    return _Cut(tuple(i for i, _ in free), tuple(k for _, k in free), bound)


def _line_cuts(problem: Problem) -> Iterator[_Cut]:
    """What one relation alone demands of a pattern that protects a cell in it."""
    table = problem.table
    up, down = table.high - table.value, table.value - table.low
    asks = (problem.above, problem.below, problem.span)
    for relation in table.relations:
        for p, sign in zip(relation.cells.tolist(), relation.signs, strict=True):
            if all(ask[p] <= 0 for ask in asks):
                continue
            others = relation.cells[relation.cells != p]
            same = relation.signs[relation.cells != p] == sign
            rise = np.where(same, down[others], up[others])  # room for cell p to go up
            fall = np.where(same, up[others], down[others])
            nothing = np.zeros_like(rise)
            yield from _cut(p, problem.above[p], others, rise)
            yield from _cut(p, problem.below[p], others, fall)
            for (own_up, by_rise), (own_down, by_fall) in product(
                ((up[p], nothing), (0.0, rise)), ((down[p], nothing), (0.0, fall))
            ):
                # the span is at most (own room or the others') up plus the same down
                need = problem.span[p] - own_up - own_down
                yield from _cut(p, need, others, by_rise + by_fall)


def _attack_cuts(problem: Problem, hidden: BoolArray) -> Iterator[_Cut]:
    """One inequality for every sensitive cell that the pattern fails to protect."""
    attacker = Attacker(problem.table, hidden)
    cells = np.arange(len(problem.cost))
    for p in problem.sensitive.tolist():
        for need, reach in _failures(problem, attacker, p):
            for cut in _cut(p, need, cells, reach):
                fresh = tuple(i for i in cut.cells if not hidden[i])
                if not fresh:
                    raise UnprotectableError(cell=p)
                yield cut
                yield _Cut(fresh, (1,) * len(fresh), 1)


def _failures(problem: Problem, attacker: Attacker, p: int) -> Iterator[tuple[float, FloatArray]]:
    """Protections of cell ``p`` that are not met, each with the reach its duals allow."""
    value = float(problem.table.value[p])
    high, shadow_high = attacker.extreme(p, "highest")
    low, shadow_low = attacker.extreme(p, "lowest")
    asks = (
        (float(problem.above[p]), high - value, ((1.0, shadow_high),)),
        (float(problem.below[p]), value - low, ((-1.0, -shadow_low),)),
        (float(problem.span[p]), high - low, ((1.0, shadow_high), (-1.0, -shadow_low))),
    )
    for need, found, proofs in asks:
        if found < need - TOLERANCE * max(need, 1.0):
            reach = sum(_reach(problem.table, p, sign, shadow) for sign, shadow in proofs)
            yield need, np.asarray(reach)


def _reach(table: Table, p: int, sign: float, shadow: FloatArray) -> FloatArray:
    """How far each cell, once hidden, lets ``sign * y_p`` rise, by the duals ``shadow``."""
    reduced = np.zeros(len(table.value))
    reduced[p] = sign
    for dual, relation in zip(shadow, table.relations, strict=True):
        if dual != 0.0:
            reduced[relation.cells] -= dual * relation.signs
    room = np.where(reduced > 0, table.high - table.value, table.value - table.low)
    return np.abs(np.where(np.abs(reduced) < 1e-9, 0.0, reduced)) * room


def _cut(p: int, need: float, cells: IntArray, reach: FloatArray) -> Iterator[_Cut]:
    """The inequality "reach of the hidden cells is at least need", on the integer grid."""
    if need <= 0:
        return
    useful = reach > 0
    if not useful.any():
        raise UnprotectableError(cell=p)
    whole = need == round(need) and np.allclose(reach, np.round(reach), rtol=0, atol=1e-7)
    grid = int(need) if whole else GRID  # counts of firms keep small coefficients
    share = np.minimum(reach[useful] / need, 1.0)
    coefficients = np.ceil(share * grid - 1e-3).astype(np.int64)
    yield _Cut(tuple(cells[useful].tolist()), tuple(coefficients.tolist()), grid)
