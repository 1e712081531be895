"""Panels: what is chosen, held against trying everything."""

from __future__ import annotations

import numpy as np
import pytest
from tests.match import panel_checker as checker
from tests.match.panel_checker import Raw

from taji.match.panel import assign
from taji.match.panel_call import NONE, Call
from taji.match.panel_found import PanelError, Panels


def ample() -> float:
    return 600.0


def small(seed: int) -> Raw:
    """Three to four applications, four to five reviewers, gaps, conflicts, sometimes more rules."""
    rng = np.random.default_rng(seed)
    applications = [f"A{i}" for i in range(rng.integers(3, 5))]
    reviewers = [f"R{i}" for i in range(rng.integers(4, 6))]
    pairs = [(a, r) for a in applications for r in reviewers if rng.random() < 0.9]
    value = {pair: float(rng.integers(0, 100)) / 100 for pair in pairs}
    skills = {r: frozenset({"xy"[rng.integers(2)]}) for r in reviewers}
    wants = {a: frozenset("x") for a in applications if rng.random() < 0.5}
    more = seed % 3 == 0
    return Raw(
        affinity=value,
        conflict=frozenset(pair for pair in pairs if rng.random() < 0.1),
        k=2,
        most=int(rng.integers(2, 4)),
        least=int(rng.integers(0, 2)),
        organisation={r: "uvw"[rng.integers(3)] for r in reviewers} if seed % 2 else {},
        speciality=skills if more else {},
        requires=wants if more else {},
    )


def call_of(raw: Raw) -> tuple[Call, list[tuple[str, str]]]:
    applications, reviewers = raw.applications, raw.reviewers
    pairs = sorted(pair for pair in raw.affinity if pair not in raw.conflict)
    bodies = sorted(set(raw.organisation.values()))
    wants = tuple(
        np.array(
            [i for i, (b, r) in enumerate(pairs) if b == a and skill in raw.speciality.get(r, ())],
            dtype=np.int64,
        )
        for a in applications
        for skill in sorted(raw.requires.get(a, ()))
    )
    call = Call(
        applications=len(applications),
        reviewers=len(reviewers),
        application=np.array([applications.index(a) for a, _ in pairs], dtype=np.int64),
        reviewer=np.array([reviewers.index(r) for _, r in pairs], dtype=np.int64),
        affinity=np.array([raw.affinity[pair] for pair in pairs]),
        per_application=raw.k,
        most_load=raw.most,
        least_load=raw.least,
        organisation=np.array(
            [bodies.index(raw.organisation[r]) if raw.organisation else NONE for r in reviewers],
            dtype=np.int64,
        ),
        wants=wants,
    )
    return call, pairs


def picked(found: Panels, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair, taken in zip(pairs, found.chosen, strict=True) if taken]


@pytest.mark.parametrize("mode", ["fair", "sum"])
@pytest.mark.parametrize("block", range(10))
def test_small_calls_are_solved_as_trying_everything_solves_them(mode: str, block: int):
    for seed in range(block * 20, block * 20 + 20):
        raw = small(seed)
        call, pairs = call_of(raw)
        truth = checker.best(raw, mode)
        if truth is None:
            with pytest.raises(PanelError):
                assign(call, mode=mode, seed=seed, left=ample)
            continue
        found = assign(call, mode=mode, seed=seed, left=ample)
        ways = picked(found, pairs)
        assert checker.faults(raw, ways) == [], seed
        least, total = checker.least_and_sum(raw, ways)
        assert (found.least, found.sum) == pytest.approx((least, total), abs=1e-9)
        assert total == pytest.approx(truth[1], abs=1e-6), seed
        if mode == "fair":
            assert least == pytest.approx(truth[0], abs=1e-6), seed
            assert found.least_bound >= least - 1e-6
        assert found.status == "optimal"
