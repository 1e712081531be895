"""The choice of a portfolio, held against every choice of small ones."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.portfolio.checker import best, check

from taji.plan.portfolio.answer import answer
from taji.plan.portfolio.core import Effort, Solver, settle_exactly
from taji.plan.portfolio.instance import NOTHING, Floor, Portfolio, in_units, lay_out
from taji.plan.portfolio.shortage import find_shortage
from taji.plan.portfolio.solve import Outcome, Plan, solve

USES = ("use_money", "use_days")
#: Proven: all options are open in the last programme.
EXACT = Plan(
    gap=0.0,
    widths=(4, 10_000),
    effort=Effort(nodes=100_000, gap=0.0, seconds=60.0, seed=1),
    tolerance=1e-9,
)
MARGIN = Plan(
    gap=1e-6,
    widths=(150, 400),
    effort=Effort(nodes=60, gap=0.0, seconds=60.0, seed=1),
)


def lay(rows: Sequence[Mapping[str, Any]], limits, floors=(), *, every=False) -> Portfolio:
    firms = list(dict.fromkeys(row["enterprise"] for row in rows))
    counts = [sum(row["enterprise"] == firm for row in rows) for firm in firms]
    columns = [in_units(np.array([float(row[use]) for row in rows])) for use in USES]
    group = [next(r["group_district"] for r in rows if r["enterprise"] == f) for f in firms]
    return lay_out(
        np.concatenate([[0], np.cumsum(counts)]),
        np.array([float(row["value"]) for row in rows]),
        [column for column, _ in columns],
        limits=[
            None if use not in limits else limits[use] * scale
            for use, (_, scale) in zip(USES, columns, strict=True)
        ],
        floors=[
            Floor(
                np.array([g == floor["value"] for g in group]),
                USES.index(floor["use"]),
                floor["min"] * columns[USES.index(floor["use"])][1],
            )
            for floor in floors
        ],
        compulsory=every,
    )


def chosen(rows: Sequence[Mapping[str, Any]], out: Outcome) -> dict[str, str]:
    assert out.choice is not None
    firms = list(dict.fromkeys(row["enterprise"] for row in rows))
    options = {f: [r["option"] for r in rows if r["enterprise"] == f] for f in firms}
    return {f: options[f][c] for f, c in zip(firms, out.choice, strict=True) if c != NOTHING}


def small_case(seed: int):
    """A case of a few firms: some with ties, some lumpy, some with floors that cannot be met."""
    rng = np.random.default_rng(seed)
    ties, lumpy, every = (bool(x) for x in rng.random(3) < (0.4, 0.3, 0.3))
    rows = []
    for firm in range(int(rng.integers(1, 6))):
        district = str(rng.integers(0, 2))
        for option in range(int(rng.integers(1, 5))):
            money = float(rng.integers(1, 6) * 10) if ties else round(rng.uniform(1, 60), 2)
            if lumpy and rng.random() < 0.3:
                money *= 4
            rows.append(
                {
                    "enterprise": f"e{firm}",
                    "option": f"o{option}",
                    "value": float(rng.integers(1, 5)) if ties else round(rng.uniform(1, 30), 2),
                    "use_money": round(money, 2),
                    "use_days": float(rng.integers(0, 4)),
                    "group_district": district,
                }
            )
    limits = {"use_money": round(rng.uniform(20, 150), 2)}
    if rng.random() < 0.7:
        limits["use_days"] = float(rng.integers(0, 9))
    floors = [
        {
            "group": "group_district",
            "value": str(district),
            "use": "use_money",
            "min": round(rng.uniform(5, 60), 2),
        }
        for district in range(2)
        if rng.random() < 0.4
    ]
    return rows, limits, floors, every


@pytest.mark.parametrize("batch", range(8))
def test_a_small_portfolio_is_the_best_of_all_choices(batch: int):
    solver: Solver = "scip" if batch % 2 else "highs"
    plan = replace(EXACT, effort=replace(EXACT.effort, solver=solver))
    for seed in range(50 * batch, 50 * batch + 50):
        rows, limits, floors, every = small_case(seed)
        truth = best(rows, limits, floors, every=every)

        out = solve(lay(rows, limits, floors, every=every), plan)

        if truth is None:
            assert out.choice is None, seed
            assert out.impossible, seed
            continue
        found = check(rows, chosen(rows, out), limits, floors, every=every)
        assert found.broken == (), seed
        assert found.value == pytest.approx(float(truth), abs=1e-9), seed
        assert out.bound == pytest.approx(float(truth), abs=1e-6), seed


@pytest.mark.parametrize("batch", range(4))
def test_what_is_lacking_is_lacking_and_enough(batch: int):
    seen = 0
    for seed in range(50 * batch, 50 * batch + 50):
        rows, limits, floors, every = small_case(seed)
        if best(rows, limits, floors, every=every) is not None:
            continue
        table = lay(rows, limits, floors, every=every)
        loose = np.ones(len(table.rows.bound), dtype=bool)
        found = find_shortage(table, loose, widths=(10_000,), effort=EXACT.effort)

        assert found.choice is not None
        assert found.short.max() > 0
        wider = replace(table, rows=replace(table.rows, bound=table.rows.bound + found.short))
        assert solve(wider, EXACT).choice is not None
        seen += 1
    assert seen


def large_case(n: int, seed: int, *, floors: int = 0, ties: bool = False):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 7, n)
    starts = np.concatenate([[0], np.cumsum(counts)])
    use = np.rint(rng.uniform(100, 100_000, (3, starts[-1])))
    value = np.round(use.sum(axis=0) / 1e4 * rng.uniform(0.5, 1.5, starts[-1]), 2)
    if ties:
        use, value = np.ceil(use / 25_000) * 25_000, np.ceil(value / 5) * 5
    district = rng.integers(0, max(floors, 1), n)
    limits = [float(np.rint(0.3 * row.sum() / counts.mean())) for row in use]
    least = [0.9 * limits[0] / floors for _ in range(floors)]
    return lay_out(
        starts,
        value,
        list(use),
        limits=limits,
        floors=[Floor(district == g, 0, np.rint(x)) for g, x in enumerate(least)],
    )


@pytest.mark.parametrize(("floors", "ties"), [(0, False), (6, False), (6, True)])
def test_a_large_portfolio_keeps_its_rows_and_nears_its_bound(floors: int, ties: bool):
    table = large_case(3_000, 5, floors=floors, ties=ties)

    out = solve(table, MARGIN)

    assert out.choice is not None
    assert np.all(table.over(out.choice) <= 0)
    assert out.value == pytest.approx(table.value_of(out.choice), rel=1e-12)
    assert answer(table, out.prices).bound >= out.bound - 1e-6
    assert 0 <= out.gap < 2e-3


def test_the_same_portfolio_gives_the_same_choice():
    first, again = (solve(large_case(2_000, 9, floors=4), MARGIN) for _ in range(2))

    assert first.choice is not None
    assert again.choice is not None
    assert first.choice.tobytes() == again.choice.tobytes()


def test_many_firms_are_priced_by_a_sample_first_and_bounded_by_all(monkeypatch):
    monkeypatch.setattr("taji.plan.portfolio.finding.SAMPLE", 500)
    table = large_case(4_000, 3, floors=3)

    out = solve(table, MARGIN)

    assert out.choice is not None
    assert np.all(table.over(out.choice) <= 0)
    assert out.bound == pytest.approx(answer(table, out.prices).bound, rel=1e-9)
    assert out.gap < 2e-3


def test_an_earlier_choice_is_kept_where_nothing_better_is_found():
    table = large_case(500, 4)
    first = solve(table, MARGIN)
    wider = replace(table, rows=replace(table.rows, bound=table.rows.bound + 1))

    out = solve(wider, MARGIN, prices=first.prices, before=first.choice)

    assert out.value >= first.value


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), more=st.floats(0, 80))
def test_more_money_is_never_worth_less(seed: int, more: float):
    rows, limits, _, _ = small_case(seed)
    richer = {**limits, "use_money": round(limits["use_money"] + more, 2)}

    poor, rich = (solve(lay(rows, lim), EXACT) for lim in (limits, richer))

    assert rich.value >= poor.value - 1e-9


def test_no_time_still_gives_a_bound_and_a_choice_that_keeps_the_rows_or_none():
    table = large_case(500, 4)

    out = solve(table, MARGIN, go_on=lambda: False)

    assert out.bound >= solve(table, MARGIN).value
    assert out.choice is None or np.all(table.over(out.choice) <= 0)


def test_ctrl_c_ends_a_proof_and_is_passed_on():
    rng = np.random.default_rng(0)
    use = np.rint(rng.uniform(100, 100_000, (5, 650)))
    value = np.round(use.mean(axis=0) * rng.uniform(0.2, 1.8, 650) / 100, 2)
    limits = [float(np.floor(0.03 * row.sum())) for row in use]
    table = lay_out(np.arange(0, 651, 10), value, list(use), limits=limits)
    effort = Effort(nodes=10**9, gap=0.0, seconds=600.0, seed=1, solver="scip")
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    pressed = threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGINT))
    pressed.start()

    try:
        found = settle_exactly(table, effort)
    finally:
        pressed.join()
        signal.signal(signal.SIGINT, before)

    assert heard == [signal.SIGINT]
    assert not found.proven
    assert np.isfinite(found.bound)
    assert found.choice is None or table.fits(found.choice)
