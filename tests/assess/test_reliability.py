"""Tables of what is found, given what was claimed, and how a firm's errors hang together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from taji.assess.compile import compile_model
from taji.assess.firm_errors import firm_errors
from taji.assess.reliability import RELIABILITY, assumed, measured, reliability_table
from taji.assess.rungs import MISSING, Unit, places_of, sheets_of, units_of
from taji.catalogue.chances import chance_rule
from taji.catalogue.load import model, questionnaire

RULE = chance_rule()
RUNGS = Unit("s", "s", "rung", (0, 1, 2, 3, 4))
TICK = Unit("q/a", "q", "tick", (False, True))


def pairs(*counted):
    """Claimed and found places of one unit, from (claimed, found, times)."""
    rows = np.array([(c, t) for c, t, times in counted for _ in range(times)])
    return rows[:, :1], rows[:, 1:]


def test_without_pairs_the_assumption_stands_and_is_called_so():
    found = assumed([RUNGS, TICK], RULE)

    assert found.track == "assumed"
    assert found.pairs == 0
    assert np.isnan(found.same)
    assert found.tables[1] == pytest.approx(np.array([[0.94, 0.06], [0.15, 0.85]]))
    assert found.errors.together == float(RULE.together)
    assert found.errors.slope == 0.0


def test_a_row_is_the_dirichlet_mean_over_the_pool_of_its_kind():
    claimed, found = pairs((4, 4, 6), (4, 3, 2))
    table = measured([RUNGS], claimed, found, track="expert", rule=RULE).tables[0]
    pool = {0: 6 + 5 * 0.70, -1: 2 + 5 * 0.24, -2: 5 * 0.06}
    total = sum(pool.values())

    assert table[4, 4] == pytest.approx((6 + 10 * pool[0] / total) / 18)
    assert table[4, 3] == pytest.approx((2 + 10 * pool[-1] / total) / 18)
    assert table.sum(axis=1) == pytest.approx(np.ones(5))


def test_a_unit_with_few_pairs_borrows_from_its_kind_and_not_from_another():
    rare = Unit("r", "r", "rung", (0, 1, 2, 3, 4))
    claimed = np.full((400, 3), MISSING)
    found = claimed.copy()
    claimed[:, 0], found[:, 0] = 4, 3
    told = measured([RUNGS, rare, TICK], claimed, found, track="expert", rule=RULE)

    assert told.tables[0][4, 3] > 0.98
    assert told.tables[1][4, 3] > 0.9
    assert told.tables[2] == pytest.approx(assumed([RUNGS, rare, TICK], RULE).tables[2])


def test_many_pairs_outweigh_everything_assumed():
    claimed, found = pairs((2, 2, 5000), (2, 1, 5000))
    table = measured([RUNGS], claimed, found, track="expert", rule=RULE).tables[0]

    assert table[2, 1] == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize(("rho", "slope"), [(0.0, 0.0), (0.5, 0.0), (0.2, 0.5), (0.5, -0.4)])
def test_how_errors_hang_together_is_found_again(rho, slope):
    rng = np.random.default_rng(11)
    n, k = 1500, 20
    table = np.array([[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.1, 0.2, 0.7]])
    able = rng.standard_normal((n, 1))
    claimed = np.digitize(able + rng.standard_normal((n, k)), [-0.5, 0.7])
    whole = (claimed / 2).mean(axis=1)
    centre = np.array([[whole[claimed[:, j] == c].mean() for c in range(3)] for j in range(k)])
    beyond = whole[:, None] - np.take_along_axis(centre, claimed.T, axis=1).T
    normal = slope * beyond / beyond.std() + np.sqrt(1 - slope**2) * (
        np.sqrt(rho) * rng.standard_normal((n, 1)) + np.sqrt(1 - rho) * rng.standard_normal((n, k))
    )
    cuts = ndtri(np.cumsum(table, axis=1)[:, :-1])
    found = (normal[..., None] > cuts[claimed]).sum(axis=-1)

    told = firm_errors([table] * k, claimed, found, claimed, rule=RULE)

    assert told.together == pytest.approx(rho, abs=0.05)
    assert told.slope == pytest.approx(slope, abs=0.05)


def test_the_table_for_a_reader_names_answers_and_pairs():
    claimed, found = pairs((4, 3, 2))
    told = reliability_table([RUNGS], measured([RUNGS], claimed, found, track="repeat", rule=RULE))
    row = told.filter(claimed="4", found="3").row(0, named=True)

    assert told.schema == RELIABILITY
    assert row["track"] == "repeat"
    assert row["pairs"] == 2


def test_sheets_written_from_places_stand_at_these_places(random_sheets):
    rng = np.random.default_rng(3)
    for name in ("sme2024", "dmat", "cmmm"):
        chosen = model(name)
        program = compile_model(chosen, questionnaire(chosen.questionnaire))
        units = units_of([program])
        answers = program.sheets(random_sheets(program.questionnaire, 40, rng))
        own = answers.select(*program.columns)
        claimed = places_of(units, own)
        wanted = np.where(
            claimed >= 0,
            rng.integers(0, [len(unit.values) for unit in units], claimed.shape),
            claimed,
        )

        written = sheets_of(units, wanted[None], claimed, own, program.questionnaire)
        unchanged = sheets_of(units, claimed[None], claimed, own, program.questionnaire)

        assert np.array_equal(places_of(units, written), wanted)
        assert program.wide(unchanged).equals(program.wide(answers))
