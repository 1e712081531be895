"""What an attacker deduces, against another solver and against arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from taji.compare.attack import Table, attack

from .tables import crossed, relation


def linprog_interval(table: Table, hidden: np.ndarray, cell: int) -> tuple[float, float]:
    """The same question put to another solver, whole table, no tricks."""
    a = np.zeros((len(table.relations), len(table.value)))
    for row, rel in zip(a, table.relations, strict=True):
        row[rel.cells] = rel.signs
    bounds = [
        (lo, hi) if h else (v, v)
        for lo, hi, v, h in zip(table.low, table.high, table.value, hidden, strict=True)
    ]
    c = np.zeros(len(table.value))
    c[cell] = 1.0
    low = linprog(c, A_eq=a, b_eq=np.zeros(len(a)), bounds=bounds)
    high = linprog(-c, A_eq=a, b_eq=np.zeros(len(a)), bounds=bounds)
    return low.fun, -high.fun


def test_every_interval_agrees_with_another_solver():
    rng = np.random.default_rng(5)
    for _ in range(20):
        table = crossed(rng.poisson(4, rng.integers(2, 5, 2)))
        hidden = rng.random(len(table.value)) < 0.5

        out = attack(table, hidden)

        for cell in np.flatnonzero(hidden):
            low, high = linprog_interval(table, hidden, int(cell))
            assert (out.low[cell], out.high[cell]) == pytest.approx((low, high), abs=1e-7)


def test_a_published_cell_is_a_point_and_a_lone_hidden_one_is_worked_out():
    table = crossed(np.array([[1, 5], [6, 7]]))
    hidden = table.value == 1

    out = attack(table, hidden)

    assert out.low.tolist() == out.high.tolist() == table.value.tolist()


def test_a_hidden_cell_that_no_sum_holds_keeps_what_is_known_beforehand():
    table = Table(value=np.array([4.0]), low=np.array([0.0]), high=np.array([9.0]), relations=())

    out = attack(table, np.array([True]))

    assert (out.low[0], out.high[0]) == (0.0, 9.0)


def test_two_breakdowns_of_one_hidden_total_are_read_together():
    # 0 = city, 1-2 by size, 3-4 by district; the sizes give the city away
    table = Table(
        value=np.array([2.0, 1.0, 1.0, 0.0, 2.0]),
        low=np.zeros(5),
        high=np.full(5, 10.0),
        relations=(relation(0, [1, 2]), relation(0, [3, 4])),
    )

    out = attack(table, np.array([True, False, False, True, True]))

    assert out.width[0] == pytest.approx(0.0)
    assert (out.low[4], out.high[4]) == (0.0, 2.0)
