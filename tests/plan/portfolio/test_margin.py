"""What a search leaves open: that all others are settled, and that the next search may rely on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from tests.plan.portfolio.test_solve import MARGIN

from taji.plan.portfolio.answer import answer
from taji.plan.portfolio.drawing import draw
from taji.plan.portfolio.finding import Search, find
from taji.plan.portfolio.instance import NOTHING, Floor, Portfolio, lay_out
from taji.plan.portfolio.margin import Margin, reopen
from taji.plan.portfolio.narrowing import laid
from taji.plan.portfolio.solve import Outcome, solve

FLOORS = 3
PLAN = replace(MARGIN, gap=1e-4)


@pytest.fixture(scope="module", autouse=True)
def samples_are_small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("taji.plan.portfolio.finding.SAMPLE", 1_000)
        patch.setattr("taji.plan.portfolio.finding.FEW", 50)
        patch.setattr("taji.plan.portfolio.finding.AROUND", 0.1)
        yield


@pytest.fixture(scope="module")
def table() -> Portfolio:
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 7, 6_000)
    starts = np.concatenate([[0], np.cumsum(counts)])
    use = np.rint(rng.uniform(100, 100_000, (3, starts[-1])))
    limits = [float(np.rint(0.1 * row.sum())) for row in use]
    district = rng.integers(0, FLOORS, len(counts))
    return lay_out(
        starts,
        np.round(rng.uniform(1, 100, starts[-1]), 2),
        list(use),
        limits=limits,
        floors=[Floor(district == g, 0, np.rint(0.25 * limits[0])) for g in range(FLOORS)],
    )


@pytest.fixture(scope="module")
def first(table: Portfolio) -> Outcome:
    return solve(table, PLAN)


def margin_of(out: Outcome) -> Margin:
    assert out.margin is not None
    assert out.choice is not None
    return out.margin


def limited(table: Portfolio, share: float) -> Portfolio:
    """The same firms with ``share`` of the second resource."""
    bound = table.rows.bound.copy()
    bound[1] = np.floor(share * bound[1])
    return replace(table, rows=replace(table.rows, bound=bound))


def again(table: Portfolio, first: Outcome, *, margin: Margin | None = None) -> Outcome:
    return solve(table, PLAN, prices=first.prices, before=first.choice, margin=margin)


@pytest.mark.parametrize("seed", range(20))
def test_every_firm_takes_at_prices_of_the_box_what_the_margin_says(
    table: Portfolio, first: Outcome, seed: int
):
    margin = margin_of(first)
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 2, len(margin.low)) if seed % 2 else rng.random(len(margin.low))
    taken = answer(table, margin.low + corner * (margin.high - margin.low)).choice

    kept = set(zip(margin.firm.tolist(), margin.option.tolist(), strict=True))
    is_open = np.zeros(table.size, dtype=bool)
    is_open[margin.firm] = True
    assert 0.02 < is_open.mean() < 0.7
    assert np.array_equal(taken[~is_open], margin.choice[~is_open])
    for firm in np.flatnonzero(is_open & (taken != NOTHING)).tolist():
        assert (firm, int(taken[firm])) in kept


def test_what_is_reopened_uses_and_is_worth_what_all_do(table: Portfolio, first: Outcome):
    rest = reopen(table, margin_of(first))

    assert first.choice is not None
    assert np.array_equal(rest.over(first.choice), table.over(first.choice))
    assert rest.value_of(first.choice) == pytest.approx(table.value_of(first.choice), rel=1e-12)
    inside = answer(rest, first.prices)
    assert inside.bound == pytest.approx(answer(table, first.prices).bound, rel=1e-12)


@pytest.mark.parametrize("share", [0.98, 0.995, 1.0, 1.004, 1.02])
def test_the_open_firms_alone_give_what_all_give(table: Portfolio, first: Outcome, share: float):
    changed = limited(table, share)

    out, whole = again(changed, first, margin=margin_of(first)), again(changed, first)

    assert (out.inside, whole.inside) == (True, False)
    assert out.choice is not None
    assert whole.choice is not None
    assert changed.fits(out.choice)
    assert out.value == pytest.approx(changed.value_of(out.choice), rel=1e-12)
    assert out.bound == pytest.approx(answer(changed, out.prices).bound, rel=1e-12)
    assert out.bound == pytest.approx(whole.bound, rel=1e-6)
    assert out.bound >= whole.value
    assert out.gap < 2e-3


def test_one_margin_serves_search_after_search(table: Portfolio, first: Outcome):
    last = first
    for share in (1.004, 1.008, 1.0):
        last = again(limited(table, share), last, margin=margin_of(last))
        assert last.inside


@pytest.mark.parametrize("share", [0.4, 2.5])
def test_all_firms_are_looked_at_once_prices_leave_the_box(
    table: Portfolio, first: Outcome, share: float
):
    changed = limited(table, share)

    out = again(changed, first, margin=margin_of(first))

    assert not out.inside
    assert out.choice is not None
    assert changed.fits(out.choice)
    assert out.bound == pytest.approx(answer(changed, out.prices).bound, rel=1e-9)
    assert out.bound == pytest.approx(solve(changed, PLAN).bound, rel=1e-5)
    assert out.gap < 2e-3


def test_an_earlier_choice_that_gives_settled_firms_something_else_is_looked_at_with_all(
    table: Portfolio, first: Outcome
):
    margin = margin_of(first)
    assert first.choice is not None
    settled = np.setdiff1d(np.arange(table.size), margin.firm)
    other = first.choice.copy()
    other[settled[margin.choice[settled] != NOTHING][0]] = NOTHING
    wider = replace(table, rows=replace(table.rows, bound=table.rows.bound + 1e4))

    out = solve(wider, PLAN, prices=first.prices, before=other, margin=margin)

    assert wider.fits(other)
    assert not out.inside
    assert out.value >= wider.value_of(other)


@pytest.mark.parametrize("firms", [1_500, 6_000])
def test_the_answers_that_are_mixed_use_what_there_is_together(table: Portfolio, firms: int):
    few = draw(table, firms, seed=1) if firms < table.size else table
    cheap = solve(few, PLAN).prices * 0.97
    search = Search(tolerance=1e-9, seed=1, go_on=lambda: True)

    found = find(few, cheap, None, search)

    settled = laid(found.portfolio, np.full(few.size, NOTHING, np.int32), found.choice)
    rest = np.where(found.whole, 0.0, few.rows.signed(few.use_of(settled)))
    for share, said in found.descent.mixture:
        use = found.portfolio.use_of(said) * share
        rest = rest + few.rows.signed(use)
    hair = 1e-6 * np.abs(few.rows.bound)
    assert np.all(rest <= few.rows.bound + hair)
    scarce = found.descent.prices > 0
    assert scarce.any()
    assert np.all(rest[scarce] >= (few.rows.bound - hair)[scarce])
