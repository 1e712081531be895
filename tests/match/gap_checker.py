"""An assignment recomputed from the raw instance: value, feasibility, and the best by trying all."""

from __future__ import annotations

from itertools import product

import numpy as np


def instance(kind: str, providers: int, needs: int, seed: int):
    """The OR-Library's types A-E by their recipes (Chu and Beasley 1997, Laguna et al. 1995)."""
    rng = np.random.default_rng(seed)
    shape = (providers, needs)
    if kind in "AB":
        effort, score = rng.integers(5, 26, shape), rng.integers(10, 51, shape)
        cheapest = score.argmin(axis=0)
        most = max(effort[p, cheapest == p].sum() for p in range(providers))
        capacity = 0.6 * (needs / providers) * 15 + 0.4 * most
        capacity = np.floor(np.full(providers, capacity * (0.7 if kind == "B" else 1.0)))
    elif kind == "C":
        effort, score = rng.integers(5, 26, shape), rng.integers(10, 51, shape)
        capacity = np.floor(0.8 * effort.sum(axis=1) / providers)
    elif kind == "D":
        effort = rng.integers(1, 101, shape)
        score = 111 - effort + rng.integers(-10, 11, shape)
        capacity = np.floor(0.8 * effort.sum(axis=1) / providers)
    else:
        effort = np.maximum(1, np.rint(1 - 10 * np.log(1 - rng.random(shape))))
        score = np.rint(1000 / effort - 10 * rng.random(shape))
        capacity = np.floor(0.8 * effort.sum(axis=1) / providers)
    return score.astype(float), effort.astype(float), capacity.astype(float)


def check(score, effort, capacity, chosen, *, every_need):
    """Return the value, having found every pair offered and every capacity kept."""
    loads, value = [0.0] * len(capacity), 0.0
    for need, provider in enumerate(chosen.tolist()):
        if provider < 0:
            assert not every_need, f"need {need} has nobody"
            continue
        assert not np.isnan(score[provider, need]), f"need {need} has a pair that is not offered"
        loads[provider] += effort[provider, need]
        value += score[provider, need]
    for load, most in zip(loads, capacity, strict=True):
        assert load <= most + 1e-9 * max(1.0, most)
    return value


def best_of_all(score, effort, capacity, *, sense, every_need):
    """Return the best value by trying every assignment; None if there is none."""
    providers, needs = score.shape
    values = []
    for choice in product(range(0 if every_need else -1, providers), repeat=needs):
        loads, value = [0.0] * providers, 0.0
        for need, provider in enumerate(choice):
            if provider >= 0:
                loads[provider] += effort[provider, need]
                value += score[provider, need]
        if value == value and all(
            a <= b + 1e-9 * max(1.0, b) for a, b in zip(loads, capacity, strict=True)
        ):
            values.append(value)
    if not values:
        return None
    return min(values) if sense == "min" else max(values)
