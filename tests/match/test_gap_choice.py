"""Choices of one load for every provider: whatever they find or rule out, trying all says so too."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from scipy import sparse
from tests.match.gap_checker import best_of_all, check, instance

from taji.match.gap import _Hunt
from taji.match.gap_bound import bounded_by, climb
from taji.match.gap_choice import Choice
from taji.match.gap_core import need_prices
from taji.match.gap_partition import partition
from taji.match.gap_relaxed import relaxed, rows_of
from taji.match.gap_table import Table
from taji.match.gap_triples import broken, filled

#: Enough for the best assignment of ``_hard``. [cost]
RISE = 30.0


def _never():
    return False


def _kept(chosen):
    return None


def _bounded(table, rounds=100):
    start = need_prices(table)
    return climb(table, start, 1.01 * float(start.sum()), rounds=rounds, stop=_never)


@pytest.mark.parametrize("kind", "CDE")
@pytest.mark.parametrize("seed", range(4))
def test_a_choice_of_loads_finds_the_best_assignment_and_shows_that_none_is_better(kind, seed):
    score, effort, capacity = instance(kind, 3, 8, seed)
    best = best_of_all(score, effort, capacity, sense="min", every_need=True)
    if best is None:
        return
    table = Table.of(score, effort, capacity)
    bounded = bounded_by(table, _bounded(table).prices)

    for target, there in [(best + 1, True), (best + 0.25, True), (best + 9, True), (best, False)]:
        out = partition(table, bounded, target, most=10_000, stop=_never).run(_never, _kept)

        assert out.proven
        assert (out.chosen is not None) == there
        assert out.bound == (best if there else np.inf)
        if there:
            assert check(score, effort, capacity, out.chosen, every_need=True) == best


def _every_load(table):
    """All loads that fit, so that nothing rests on a bound."""
    provider, held = [], []
    for at, room in enumerate(table.most):
        for load in product([False, True], repeat=table.cost.shape[1]):
            mine = np.array(load)
            offered = np.isfinite(table.cost[at, mine]).all()
            if offered and table.effort[at, mine].sum() <= room:
                provider.append(at)
                held.append(load)
    return np.array(provider), np.array(held)


@pytest.mark.parametrize("decimals", [0, 2, 12])
@pytest.mark.parametrize("seed", range(15))
def test_the_choice_among_all_loads_is_the_best_assignment_whatever_the_prices(seed, decimals):
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(2, 5)), 6)
    effort = rng.integers(2, 9, shape).astype(float)
    score = np.round(30 - effort + rng.uniform(-3, 3, shape), decimals)
    capacity = np.floor(effort.sum(axis=1) / shape[0] * rng.uniform(0.8, 1.1))
    best = best_of_all(score, effort, capacity, sense="min", every_need=True)
    table = Table.of(score, effort, capacity)
    prices = rng.uniform(0, 40, shape[1])
    found = []

    choice = Choice(table, *_every_load(table), target=1000.0, prices=prices)
    out = choice.run(_never, found.append)

    assert out.proven
    assert choice.over
    if best is None:
        assert out.chosen is None
        assert out.bound == np.inf
    else:
        value = check(score, effort, capacity, out.chosen, every_need=True)
        assert value == pytest.approx(best, rel=1e-8)
        assert out.bound == pytest.approx(value, rel=1e-12)
        assert found[-1].tolist() == out.chosen.tolist()


def _hard():
    """An instance whose choice takes many nodes, with a bound that leaves much to do."""
    score, effort, capacity = instance("D", 4, 20, 7)
    table = Table.of(score, effort, capacity)
    bounded = _bounded(table)
    return (
        table,
        bounded,
        partition(table, bounded, bounded.value + RISE, most=300_000, stop=_never),
    )


def test_a_choice_that_is_stopped_again_and_again_ends_as_one_that_is_not():
    table, bounded, whole = _hard()
    straight = whole.run(_never, _kept)
    _, _, choice = _hard()
    bounds, turns = [bounded.value], 0
    while not choice.over:
        looks = iter([False] * (3 + turns) + [True] * 1_000)
        out = choice.run(lambda looks=looks: next(looks), _kept)
        turns += 1
        bounds.append(out.bound)
        assert bounds[-1] <= straight.bound + 1e-6 or out.proven

    assert turns > 1
    assert out.proven
    assert straight.chosen is not None
    assert table.value(out.chosen) == table.value(straight.chosen) == out.bound


def test_a_choice_that_is_told_of_something_as_good_finds_nothing_better():
    table, _, whole = _hard()
    best = table.value(whole.run(_never, _kept).chosen)
    _, _, choice = _hard()

    choice.below(best)
    out = choice.run(_never, _kept)

    assert out.proven
    assert out.chosen is None
    assert out.bound == np.inf


def test_loads_that_are_too_many_are_not_chosen_among():
    table, bounded, whole = _hard()
    count = len(whole.provider)

    assert partition(table, bounded, bounded.value + RISE, most=count, stop=_never) is not None
    assert partition(table, bounded, bounded.value + RISE, most=count - 1, stop=_never) is None


@pytest.mark.parametrize("seed", range(10))
def test_triples_are_those_that_a_mixture_breaks_and_whole_loads_never_do(seed):
    rng = np.random.default_rng(seed)
    rows = (rng.random((12, 7)) < 0.4).astype(float)
    share = rng.uniform(0, 0.6, 12)
    every = list(combinations(range(7), 3))
    sums = {t: share[rows[:, t].sum(axis=1) >= 2].sum() for t in every}

    found = broken(sparse.csr_array(rows), share, most=1_000)
    counted = filled(sparse.csr_array(rows), found).toarray()

    assert {tuple(t) for t in found.tolist()} <= {t for t in every if sums[t] > 1}
    worst = max(sums, key=sums.get)
    assert len(found) == 0 if sums[worst] <= 1.05 else found[0].tolist() == list(worst)
    for column, triple in enumerate(found.tolist()):
        assert counted[:, column].tolist() == (rows[:, triple].sum(axis=1) >= 2).tolist()


def test_a_mixture_meets_every_need_and_its_prices_say_what_one_more_costs():
    table = Table.of(*instance("C", 3, 6, 0))
    provider, held = _every_load(table)
    cost = np.where(held, table.cost[provider], 0.0).sum(axis=1)
    rows = rows_of(provider, held, 3)

    mix = relaxed(rows, cost, np.zeros(6), 1_000.0)

    assert mix.missed == pytest.approx(0, abs=1e-9)
    assert mix.share @ rows[:, np.arange(6)].toarray() == pytest.approx(np.ones(6))
    assert mix.cost == pytest.approx(mix.prices.sum())
    assert (cost - rows @ mix.prices).min() == pytest.approx(0, abs=1e-6)


def test_a_choice_that_may_take_longer_than_is_left_ends_with_the_time():
    left = 1e9

    def clock():
        nonlocal left
        left -= 0.01
        return left

    hunt = _Hunt(Table.of(*instance("D", 5, 30, 1)), clock, 1, lambda value, bound: None)
    hunt._climb(50)
    hunt._choice = hunt._counted()
    assert not hunt._choice.over
    left = 0.2

    hunt._partition(100.0)

    assert left > -0.1
    assert not hunt._choice.over
