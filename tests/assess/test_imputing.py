"""From whom a missing answer is taken."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from taji.assess.imputing import hot_deck
from taji.assess.rungs import APART, MISSING, Unit
from taji.catalogue.chances import chance_rule

RULE = chance_rule()
UNITS = tuple(Unit(name, name, "rung", (0, 1, 2, 3, 4)) for name in "abcd")
CHANCE = np.random.default_rng(2).random((500, 4))


def deck(rows, *, draws=500, **columns):
    keys = [f"F{at:03}" for at in range(len(rows))]
    frame = pl.DataFrame({"enterprise": keys, **columns})
    return hot_deck(UNITS, frame, np.array(rows), rule=RULE, draws=draws, seed=1)


def test_firms_that_answer_alike_give():
    low, high = [[0, 0, 0, 0]] * 30, [[4, 4, 4, 4]] * 30
    filled = deck(low + high).filled("X", np.array([4, 4, 3, MISSING]), {}, CHANCE)

    assert (filled[:, 3] == 4).all()
    assert (filled[:, :3] == [4, 4, 3]).all()


def test_one_donor_gives_all_that_is_missing():
    rows = [[2, 2, 0, 0], [2, 2, 4, 4]] * 20
    filled = deck(rows).filled("X", np.array([2, 2, MISSING, MISSING]), {}, CHANCE)

    assert (filled[:, 2] == filled[:, 3]).all()
    assert 0.35 < (filled[:, 2] == 4).mean() < 0.65


def test_where_too_few_have_all_of_it_each_item_has_its_own_donor():
    rows = [[2, 2, 1, MISSING]] * 20 + [[2, 2, MISSING, 3]] * 20
    filled = deck(rows).filled("X", np.array([2, 2, MISSING, MISSING]), {}, CHANCE)

    assert (filled[:, 2:] == [1, 3]).all()


def test_a_firm_never_gives_to_itself_and_nobody_invents():
    rows = [[1, 1, 1, MISSING]] * 5
    filled = deck(rows).filled("F002", np.array(rows[2]), {}, CHANCE)

    assert (filled[:, 3] == MISSING).all()


def test_what_does_not_apply_stays():
    filled = deck([[1, 1, 1, 1]] * 20).filled("X", np.array([1, 1, APART, MISSING]), {}, CHANCE)

    assert (filled == [1, 1, APART, 1]).all()


def test_the_same_group_is_nearer():
    rows = [[2, 2, 2, 0]] * 20 + [[2, 2, 2, 4]] * 20
    size = ["micro"] * 20 + ["small"] * 20
    one = deck(rows, size=size).filled("X", np.array([2, 2, 2, MISSING]), {"size": "small"}, CHANCE)

    assert (one[:, 3] == 4).all()


def test_draws_differ_by_more_than_the_choice_among_neighbours():
    """The approximate Bayesian bootstrap: a share of draws varies as donors drawn anew would."""
    rows = [[2, 2, 2, 0 if at % 2 else 4] for at in range(10)]
    means = []
    for seed in range(300):
        keys = [f"F{at:03}" for at in range(10)]
        made = hot_deck(
            UNITS,
            pl.DataFrame({"enterprise": keys}),
            np.array(rows),
            rule=RULE,
            draws=1,
            seed=seed,
        )
        chance = np.random.default_rng(seed).random((1, 4))
        drawn = [
            made.filled("X", np.array([2, 2, 2, MISSING]), {}, (chance + at / 40) % 1)[0, 3] == 4
            for at in range(40)
        ]
        means.append(np.mean(drawn))

    assert np.mean(means) == pytest.approx(0.5, abs=0.05)
    assert np.var(means) == pytest.approx(0.25 / 10, rel=0.35)  # Var of a bootstrap mean of ten
