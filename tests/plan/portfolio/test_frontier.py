"""What more of a resource buys, what floors cost, and how uneven support is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plan.portfolio.test_solve import EXACT, MARGIN, large_case, lay, small_case

from taji.plan.portfolio.concentration import gini, lorenz
from taji.plan.portfolio.frontier import cost_of_floors, frontier
from taji.plan.portfolio.solve import solve


def test_more_of_a_resource_is_never_worth_less_along_the_frontier():
    table = large_case(1_500, 8, floors=3)
    first = solve(table, MARGIN)
    limit = table.rows.bound[0]

    points = frontier(
        table,
        0,
        [np.floor(limit * m) for m in (0.97, 0.99, 0.9999, 1.0, 1.0001, 1.05)],
        MARGIN,
        prices=first.prices,
    )

    values = [point.value for point in points if point.value is not None]
    assert len(values) == 6
    assert values == sorted(values)
    assert all(point.bound >= point.value for point in points if point.value is not None)


def test_the_cost_of_a_floor_is_what_is_won_without_it():
    for seed in range(200):
        rows, limits, floors, every = small_case(seed)
        table = lay(rows, limits, floors, every=every)
        whole = solve(table, EXACT)
        if whole.choice is None or not floors:
            continue
        for found in cost_of_floors(table, whole, EXACT, most=9):
            left = [floor for place, floor in enumerate(floors) if place != found.row - len(limits)]
            free = solve(lay(rows, limits, left, every=every), EXACT)
            assert found.cost == pytest.approx(free.value - whole.value, abs=1e-6)


amounts = st.lists(st.floats(0, 1e6), min_size=1, max_size=30).map(np.array)


@given(amounts)
def test_gini_is_twice_the_area_between_equality_and_the_curve(amount):
    firms, support = lorenz(amount)

    area = float(np.trapezoid(support, firms))
    assert gini(amount) == pytest.approx(1 - 2 * area, abs=1e-9)


@given(amounts, st.floats(0.01, 100))
def test_gini_does_not_change_with_the_unit(amount, factor):
    if amount.sum() > 1e-3:
        assert gini(factor * amount) == pytest.approx(gini(amount), abs=1e-9)
