"""Needs assigned to providers within capacities."""

from __future__ import annotations

import numpy as np
import pytest
from tests.match.gap_checker import best_of_all, check, instance

from taji.match.gap import assign
from taji.match.gap_bound import climb
from taji.match.gap_core import need_prices
from taji.match.gap_knapsack import Knapsacks
from taji.match.gap_table import Table


def _ample():
    return 600.0


def _small(seed):
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 4)), int(rng.integers(1, 6)))
    score = np.round(rng.uniform(-5 if seed % 3 == 0 else 1, 20, shape), (seed % 3) * 3)
    score[rng.random(shape) < 0.2] = np.nan
    effort = np.round(rng.uniform(1, 10, shape), (seed % 2) * 2 if seed % 5 else 12)
    capacity = np.round(rng.uniform(3, max(6.0, 10 * shape[1] / shape[0]), shape[0]), 1)
    return score, effort, capacity


@pytest.mark.parametrize("batch", range(10))
def test_no_assignment_of_a_small_instance_is_better_than_the_one_found(batch):
    for seed in range(batch * 32, batch * 32 + 32):
        score, effort, capacity = _small(seed)
        sense, every = "min" if seed % 2 else "max", seed % 4 < 2

        out = assign(score, effort, capacity, sense=sense, every_need=every, left=_ample)

        best = best_of_all(score, effort, capacity, sense=sense, every_need=every)
        if best is None:
            assert out.status == "infeasible", seed
            continue
        value = check(score, effort, capacity, out.provider, every_need=every)
        assert out.status == "optimal", seed
        assert value == pytest.approx(best, abs=1e-7), seed
        assert out.value == pytest.approx(value, abs=1e-9), seed


@pytest.mark.parametrize("kind", "ABCDE")
def test_instances_of_the_published_types_are_solved_to_the_proven_optimum(kind):
    score, effort, capacity = instance(kind, 4, 20, 7)

    out = assign(score, effort, capacity, sense="min", every_need=True, left=_ample)

    assert out.status == "optimal"
    assert out.gap == 0
    assert check(score, effort, capacity, out.provider, every_need=True) == out.value == out.bound


def test_the_same_instance_gives_the_same_assignment():
    score, effort, capacity = instance("D", 4, 16, 3)
    runs = [
        assign(score, effort, capacity, sense="min", every_need=True, left=_ample, seed=5)
        for _ in range(2)
    ]

    assert runs[0].provider.tolist() == runs[1].provider.tolist()


def test_highest_scores_are_lowest_costs_with_the_sign_turned():
    score, effort, capacity = instance("C", 3, 12, 1)

    low = assign(score, effort, capacity, sense="min", every_need=True, left=_ample)
    high = assign(-score, effort, capacity, sense="max", every_need=True, left=_ample)

    assert high.value == -low.value
    assert high.bound == -low.bound


class _Ends:
    """A clock that ends, or a hand on Ctrl-C, after so many looks."""

    def __init__(self, looks, raises):
        self.looks, self.raises = looks, raises

    def __call__(self):
        self.looks -= 1
        if self.looks <= 0 and self.raises:
            raise KeyboardInterrupt
        return 600.0 if self.looks > 0 else 0.0


@pytest.mark.parametrize("raises", [False, True], ids=["time is up", "Ctrl-C"])
def test_work_that_is_cut_short_gives_the_best_so_far_with_its_bound(raises):
    score, effort, capacity = instance("D", 5, 40, 2)

    out = assign(score, effort, capacity, sense="min", every_need=True, left=_Ends(60, raises))

    value = check(score, effort, capacity, out.provider, every_need=True)
    assert (out.status, out.stopped) == ("feasible", True)
    assert out.bound <= value == out.value
    assert 0 < out.gap < 0.2


def test_capacities_that_do_not_suffice_are_told_with_what_is_missing():
    score, effort = np.ones((2, 3)), np.full((2, 3), 4.0)

    out = assign(score, effort, np.array([5.0, 5.0]), sense="max", every_need=True, left=_ample)

    assert out.status == "infeasible"
    assert out.short.sum() == pytest.approx(3.0)


def test_the_bound_of_the_prices_is_never_above_the_optimum_and_holds_the_relaxation():
    for seed in range(20):
        score, effort, capacity = instance("C", 3, 6, seed)
        best = best_of_all(score, effort, capacity, sense="min", every_need=True)
        if best is None:
            continue
        table = Table.of(score, effort, capacity)

        out = climb(table, need_prices(table), best + 5, rounds=60, stop=lambda: False)

        assert out.value <= best + 1e-9


def test_forcing_a_pair_costs_what_solving_anew_says():
    rng = np.random.default_rng(4)
    effort, capacity = rng.integers(1, 6, (2, 5)), np.array([7, 9])
    profit = rng.uniform(-2, 6, (2, 5))
    knapsacks = Knapsacks(effort, capacity)
    best, _ = knapsacks.solve(profit)

    forced = knapsacks.forced(profit)

    for provider in range(2):
        subsets = [
            (rows, profit[provider, list(rows)].sum())
            for mask in range(32)
            for rows in [tuple(n for n in range(5) if mask >> n & 1)]
            if effort[provider, list(rows)].sum() <= capacity[provider]
        ]
        assert best[provider] == pytest.approx(max(v for _, v in subsets))
        for need in range(5):
            taken = max(v for rows, v in subsets if need in rows)
            left = max(v for rows, v in subsets if need not in rows)
            assert forced.taken[provider, need] == pytest.approx(best[provider] - taken)
            assert forced.left[provider, need] == pytest.approx(best[provider] - left)
