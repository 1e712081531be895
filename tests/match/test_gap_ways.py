"""Near-best loads, mixtures of them, dives and exchanges: the parts of the assignment's search."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from tests.match.gap_checker import best_of_all, check, instance

from taji.match.gap import assign
from taji.match.gap_bound import bounded_by, climb
from taji.match.gap_core import need_prices
from taji.match.gap_dive import dive
from taji.match.gap_exchange import exchange
from taji.match.gap_loads import all_within, mixture, near_best
from taji.match.gap_table import Table


def _never():
    return False


def _table(kind, providers, needs, seed):
    score, effort, capacity = instance(kind, providers, needs, seed)
    return Table.of(score, effort, capacity)


def _prices(table):
    start = need_prices(table)
    return climb(table, start, 1.01 * float(start.sum()), rounds=100, stop=_never).prices


@pytest.mark.parametrize("seed", range(20))
def test_near_best_loads_are_the_best_of_all_subsets_in_order(seed):
    rng = np.random.default_rng(seed)
    effort, room = rng.integers(0 if seed % 4 == 0 else 1, 7, 8), int(rng.integers(5, 20))
    profit = np.round(rng.uniform(-1, 6, 8), 3)
    subsets = [c for size in range(9) for c in combinations(range(8), size)]
    values = [profit[list(c)].sum() for c in subsets if effort[list(c)].sum() <= room]

    best, loads = near_best(profit, effort, room, most=12, within=100.0)

    assert best == pytest.approx(max(values))
    assert (loads @ effort <= room).all()
    assert len({load.tobytes() for load in loads}) == len(loads)
    expected = sorted(values, reverse=True)[:12]
    assert (loads @ profit).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(20))
def test_all_loads_within_a_loss_are_those_of_all_subsets(seed):
    rng = np.random.default_rng(seed)
    effort, room = rng.integers(1, 7, 8), int(rng.integers(5, 20))
    profit = rng.uniform(-1, 6, 8)
    subsets = [c for size in range(9) for c in combinations(range(8), size)]
    subsets = [c for c in subsets if effort[list(c)].sum() <= room]
    best = max(profit[list(c)].sum() for c in subsets)
    expected = {c for c in subsets if profit[list(c)].sum() >= best - 3.0}
    arguments = {"needs": np.arange(8), "loss": 3.0, "stop": _never}

    loads = all_within(profit, effort, room, most=256, **arguments)

    assert {tuple(np.flatnonzero(load).tolist()) for load in loads} == expected
    assert len(loads) == len(expected)
    assert all_within(profit, effort, room, most=len(expected) - 1, **arguments) is None
    assert (
        all_within(profit, effort, room, most=256, **(arguments | {"stop": lambda: True})) is None
    )


@pytest.mark.parametrize(("kind", "within"), [("C", 30.0), ("D", 30.0), ("E", 300.0)])
def test_a_mixture_ends_where_its_cost_is_the_bound_of_its_prices(kind, within):
    table = _table(kind, 4, 24, 1)

    mix = mixture(table, _prices(table), within=within, turns=80, stop=_never)

    bound = bounded_by(table, mix.prices).value
    assert bound <= mix.cost + 1e-6
    assert mix.cost - bound <= 0.01 * within + 1e-6
    assert mix.share.min() >= -1e-9


def test_an_exchange_finds_the_best_assignment_of_most_small_instances():
    gaps = []
    for seed in range(12):
        score, effort, capacity = instance("D", 3, 8, seed)
        best = best_of_all(score, effort, capacity, sense="min", every_need=True)
        table = Table.of(score, effort, capacity)

        found = exchange(
            table,
            table.cost.argmin(axis=0),
            prices=table.cost.min(axis=0),
            blur=2.0,
            steps=600,
            rng=np.random.default_rng(seed),
            stop=_never,
        )

        if best is None:
            assert found is None
        else:
            gaps.append(check(score, effort, capacity, found, every_need=True) / best - 1)

    assert min(gaps) == 0
    assert max(gaps) < 0.05
    assert np.median(gaps) == 0


def test_an_exchange_never_hands_back_anything_worse_than_it_was_given():
    score, effort, capacity = instance("C", 4, 40, 3)
    table = Table.of(score, effort, capacity)
    kept = assign(score, effort, capacity, sense="min", every_need=True, left=lambda: 600.0)

    found = exchange(
        table,
        kept.provider,
        prices=_prices(table),
        blur=1.0,
        steps=50,
        rng=np.random.default_rng(1),
        stop=_never,
    )

    assert check(score, effort, capacity, found, every_need=True) == kept.value


def test_an_exchange_keeps_to_pairs_that_are_offered():
    score, effort, capacity = instance("D", 4, 30, 5)
    hidden = np.random.default_rng(5).random(score.shape) < 0.4
    hidden[score.argmin(axis=0), np.arange(30)] = False
    score[hidden] = np.nan
    table = Table.of(np.where(hidden, np.inf, score), effort, capacity * 1.2)

    found = exchange(
        table,
        table.cost.argmin(axis=0),
        prices=table.cost.min(axis=0),
        blur=2.0,
        steps=800,
        rng=np.random.default_rng(2),
        stop=_never,
    )

    assert found is not None
    check(score, effort, capacity * 1.2, found, every_need=True)


@pytest.mark.parametrize("kind", "CDE")
def test_a_dive_places_every_need_within_all_capacities_near_the_bound(kind):
    score, effort, capacity = instance(kind, 10, 100, 1)
    table = Table.of(score, effort, capacity)
    prices = _prices(table)

    found = dive(table, prices, blur=2.0, whim=0.0, rng=np.random.default_rng(1), stop=_never)

    value = check(score, effort, capacity, found, every_need=True)
    assert value <= 1.05 * bounded_by(table, prices).value


def test_a_dive_that_is_stopped_hands_back_nothing():
    table = _table("D", 10, 100, 1)

    found = dive(
        table,
        need_prices(table),
        blur=2.0,
        whim=0.0,
        rng=np.random.default_rng(1),
        stop=lambda: True,
    )

    assert found is None
