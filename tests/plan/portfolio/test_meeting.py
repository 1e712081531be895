"""Changes of two halves that meet: held against every choice, and against its own proofs."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from tests.plan.portfolio.checker import best, check
from tests.plan.portfolio.test_solve import EXACT, MARGIN, chosen, large_case, lay, small_case

from taji.plan.portfolio.answer import answer
from taji.plan.portfolio.changes import changes_of, halves, limit_of, sets_of
from taji.plan.portfolio.instance import NOTHING
from taji.plan.portfolio.meeting import Round
from taji.plan.portfolio.polishing import losses, polish
from taji.plan.portfolio.solve import solve

#: No programme is left over: what is found and proven is by changes that meet.
MEETING = replace(EXACT, widths=(), rounds=(Round(4_000), Round(50_000)))


@pytest.mark.parametrize("batch", range(4))
def test_what_meets_is_the_best_of_all_choices_where_it_is_called_proven(batch: int):
    proven = 0
    for seed in range(50 * batch, 50 * batch + 50):
        rows, limits, floors, every = small_case(seed)
        truth = best(rows, limits, floors, every=every)
        out = solve(lay(rows, limits, floors, every=every), MEETING)
        if truth is None:
            assert out.choice is None, seed
            continue
        assert out.bound >= float(truth) - 1e-9, seed
        if out.choice is None:
            continue
        assert check(rows, chosen(rows, out), limits, floors, every=every).broken == (), seed
        if out.gap <= 1e-12:
            assert out.value == pytest.approx(float(truth), abs=1e-9), seed
            proven += 1
    assert proven > 20


@pytest.mark.parametrize(("floors", "ties"), [(0, False), (2, False), (0, True)])
def test_few_firms_are_proven_best_as_by_the_exact_programme(floors: int, ties: bool):
    table = large_case(22, 3, floors=floors, ties=ties)

    met, exact = solve(table, MEETING), solve(table, EXACT)

    assert exact.gap <= 1e-12
    assert met.bound >= exact.value - 1e-9
    assert met.value <= exact.value + 1e-9
    if not ties:
        assert met.programmes == 0
        assert met.value == pytest.approx(exact.value, abs=1e-9)
        assert met.gap <= 1e-12


def test_more_sets_never_widen_the_gap():
    table = large_case(300, 8)
    plan = replace(MARGIN, gap=1e-12, near=1.0)

    few, many = (
        solve(table, replace(plan, rounds=rounds))
        for rounds in ((Round(4_000),), (Round(4_000), Round(60_000)))
    )

    assert few.programmes == many.programmes == 0
    assert few.choice is not None
    assert many.choice is not None
    assert np.all(table.over(many.choice) <= 0)
    assert many.gap <= few.gap


def test_what_is_proven_holds_for_the_better_choices_of_more_work():
    table = large_case(120, 2)
    plan = replace(MARGIN, gap=1e-12, near=1.0)

    quick, thorough = (
        solve(table, replace(plan, rounds=rounds))
        for rounds in ((Round(500),), (Round(4_000), Round(24_000), Round(200_000)))
    )

    assert thorough.value >= quick.value
    assert quick.bound >= thorough.value


@pytest.mark.parametrize("limit", [0.0, 1.0, 3.0])
def test_all_sets_that_lose_no_more_than_the_limit_are_listed_once(limit: float):
    table = large_case(9, 6)
    outcome = solve(table, EXACT)
    assert outcome.choice is not None
    lost = losses(table, outcome.prices)
    changes = changes_of(table, lost, outcome.choice)
    half = halves(changes)[0]
    every = [()]
    for group in half:
        every += [(*made, int(c)) for made in every for c in group]
    wanted = sorted(tuple(sorted(m)) for m in every if changes.lost[list(m)].sum() <= limit)

    found = sets_of(changes, half, limit=limit, most=100_000)

    listed = [tuple(sorted(found.changes(at))) for at in range(len(found.lost))]
    assert sorted(listed) == wanted
    assert found.lost == pytest.approx([changes.lost[list(m)].sum() for m in listed])


def test_no_more_sets_lie_within_the_limit_than_were_allowed():
    table = large_case(80, 1)
    outcome = solve(table, MARGIN)
    assert outcome.choice is not None
    changes = changes_of(table, losses(table, outcome.prices), outcome.choice)
    for half in halves(changes):
        limit = limit_of(changes, half, room=1e6, most=3_000)

        assert limit > 0
        assert 300 < len(sets_of(changes, half, limit=limit, most=10_000).lost) <= 3_000


def test_a_bound_that_is_known_from_elsewhere_closes_no_option_of_the_best_choice():
    """What an option may lose is measured from the bound at the prices, not from a lower one."""
    tried = 0
    for seed in range(120):
        rows, limits, floors, every = small_case(seed)
        truth = best(rows, limits, floors, every=every)
        if truth is None:
            continue
        table = lay(rows, limits, floors, every=every)
        outcome = solve(table, EXACT)
        for start in nearly(table, outcome.choice):
            polished = polish(
                table,
                outcome.prices,
                start,
                bound=answer(table, outcome.prices).bound,
                known=float(truth),
                gap=0.0,
                widths=(table.options,),
                effort=EXACT.effort,
                share=EXACT.share,
                whole=True,
            )

            assert polished.value == pytest.approx(float(truth), abs=1e-9), seed
            tried += 1
    assert tried > 200


def nearly(table, choice):
    """Choices that keep the rows and differ from one in what two firms get."""
    options = range(NOTHING, max(int(block.option.max()) for block in table.blocks) + 1)
    for one, other in combinations(range(table.size), 2):
        for here, there in product(options, repeat=2):
            changed = choice.copy()
            changed[one], changed[other] = here, there
            if not offered(table, changed) or not table.fits(changed):
                continue
            if table.value_of(changed) < table.value_of(choice):
                yield changed


def offered(table, choice):
    """Whether every firm has what is chosen for it."""
    return all(
        ((block.option == choice[block.firm]).any(axis=0) | (choice[block.firm] == NOTHING)).all()
        for block in table.blocks
    )
