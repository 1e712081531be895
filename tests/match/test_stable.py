"""Matchings that no pair would leave."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from taji.match.stable import (
    Preferences,
    blocking_pairs,
    ranks,
    stable_for_needs,
    stable_for_providers,
)


def _random(seed, needs, providers, each, *, ties=False):
    rng = np.random.default_rng(seed)
    provider = np.concatenate([rng.choice(providers, each, replace=False) for _ in range(needs)])
    scores = rng.integers(0, 3, (2, len(provider))) if ties else rng.random((2, len(provider)))
    return Preferences(
        np.repeat(np.arange(needs), each),
        provider,
        scores[0].astype(float),
        scores[1].astype(float),
        rng.integers(0, 3, providers),
        needs,
    )


def _breaks(wishes, chosen):
    """Blocking pairs, found pair by pair from the raw lists."""
    mine = {
        (n, p): s for n, p, s in zip(wishes.need, wishes.provider, wishes.need_score, strict=True)
    }
    theirs = {
        (n, p): s
        for n, p, s in zip(wishes.need, wishes.provider, wishes.provider_score, strict=True)
    }
    held = {p: [n for n, q in enumerate(chosen) if q == p] for p in range(len(wishes.capacity))}
    found = 0
    for need, provider in mine:
        now = chosen[need]
        if now == provider or (now >= 0 and mine[need, now] >= mine[need, provider]):
            continue
        room = len(held[provider]) < wishes.capacity[provider]
        found += room or any(
            theirs[other, provider] < theirs[need, provider] for other in held[provider]
        )
    return found


def _holds(wishes, chosen):
    pairs = set(zip(wishes.need.tolist(), wishes.provider.tolist(), strict=True))
    assert all((n, p) in pairs for n, p in enumerate(chosen.tolist()) if p >= 0)
    load = np.bincount(chosen[chosen >= 0], minlength=len(wishes.capacity))
    assert (load <= wishes.capacity).all()


@pytest.mark.parametrize("seed", range(40))
def test_each_side_gets_the_best_of_all_stable_matchings(seed):
    wishes = _random(seed, 4, 3, 2)
    listed = [[-1, *wishes.provider[wishes.need == n].tolist()] for n in range(wishes.needs)]
    place = {
        (n, p): s for n, p, s in zip(wishes.need, wishes.provider, wishes.need_score, strict=True)
    }
    stable = [
        np.array(choice)
        for choice in product(*listed)
        if (np.bincount([p for p in choice if p >= 0], minlength=3) <= wishes.capacity).all()
        if _breaks(wishes, choice) == 0
    ]

    for_needs, for_providers = stable_for_needs(wishes), stable_for_providers(wishes)

    gladness = [[place.get((n, p), -1.0) for n, p in enumerate(one)] for one in stable]
    found = {
        name: tuple(int(p) for p in one)
        for name, one in (("needs", for_needs), ("providers", for_providers))
    }
    assert {tuple(one.tolist()) for one in stable} >= set(found.values())
    best = np.max(gladness, axis=0)
    worst = np.min(gladness, axis=0)
    assert [place.get((n, p), -1.0) for n, p in enumerate(for_needs)] == best.tolist()
    assert [place.get((n, p), -1.0) for n, p in enumerate(for_providers)] == worst.tolist()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("solve", [stable_for_needs, stable_for_providers])
def test_nobody_would_leave_a_larger_matching(solve, ties):
    wishes = _random(5, 300, 20, 6, ties=ties)
    wishes = Preferences(
        wishes.need,
        wishes.provider,
        wishes.need_score,
        wishes.provider_score,
        wishes.capacity * 7,
        wishes.needs,
    )

    chosen = solve(wishes)

    _holds(wishes, chosen)
    assert blocking_pairs(wishes, chosen) == _breaks(wishes, chosen.tolist()) == 0


def test_a_matching_that_is_not_stable_is_found_out():
    wishes = _random(8, 30, 6, 4)
    chosen = stable_for_needs(wishes)
    chosen[np.flatnonzero(chosen >= 0)[:3]] = -1

    assert blocking_pairs(wishes, chosen) == _breaks(wishes, chosen.tolist()) > 0


def test_ties_do_not_depend_on_the_order_of_the_rows():
    wishes = _random(3, 60, 8, 4, ties=True)
    order = np.random.default_rng(1).permutation(len(wishes.need))
    shuffled = Preferences(
        wishes.need[order],
        wishes.provider[order],
        wishes.need_score[order],
        wishes.provider_score[order],
        wishes.capacity,
        wishes.needs,
    )

    for solve in (stable_for_needs, stable_for_providers):
        assert solve(wishes).tolist() == solve(shuffled).tolist()


def test_ranks_count_from_the_first_choice():
    wishes = Preferences(
        np.array([0, 0, 1]),
        np.array([0, 1, 1]),
        np.array([2.0, 1.0, 1.0]),
        np.array([1.0, 1.0, 2.0]),
        np.array([0, 2]),
        2,
    )

    mine, theirs = ranks(wishes, stable_for_needs(wishes))

    assert (mine.tolist(), theirs.tolist()) == ([2.0, 1.0], [2.0, 1.0])
