"""The cheapest safe pattern, and the attack that it withstands."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from taji.compare.attack import attack
from taji.compare.suppression import Problem, UnprotectableError, exposed, suppress

from .tables import MINIMUM, crossed, problem


def brute_force_cost(puzzle: Problem) -> int:
    """The cheapest of all patterns that an attacker cannot undo, by trying each one."""
    free = np.flatnonzero(~puzzle.forced)
    best = int(puzzle.cost.sum())
    for choice in product((False, True), repeat=len(free)):
        hidden = puzzle.forced.copy()
        hidden[free[list(choice)]] = True
        cost = int(puzzle.cost[hidden].sum())
        if cost < best and exposed(puzzle, hidden).size == 0:
            best = cost
    return best


def test_hundreds_of_tables_leak_under_primary_suppression_alone_and_none_after():
    rng = np.random.default_rng(7)
    shapes = rng.integers(2, 7, (300, 2))
    puzzles = [problem(crossed(rng.poisson(rng.choice([2, 4, 8]), s))) for s in shapes]

    leaky = sum(exposed(p, p.forced).size > 0 for p in puzzles)
    answers = [suppress(p) for p in puzzles]

    assert leaky > 150
    for puzzle, answer in zip(puzzles, answers, strict=True):
        deduced = attack(puzzle.table, answer.hidden)
        assert (deduced.width[puzzle.forced] >= MINIMUM - 1e-6).all()
        assert answer.optimal


def test_the_pattern_is_as_cheap_as_the_best_of_all_patterns_tried_one_by_one():
    rng = np.random.default_rng(11)
    puzzles = []
    while len(puzzles) < 25:
        table = crossed(rng.poisson(3, (2, 2)))
        puzzle = problem(table, rng.integers(1, 20, 9))
        if exposed(puzzle, puzzle.forced).size:
            puzzles.append(puzzle)

    answers = [suppress(p) for p in puzzles]

    assert [a.cost for a in answers] == [brute_force_cost(p) for p in puzzles]


def test_the_pattern_is_the_same_every_time():
    rng = np.random.default_rng(3)
    puzzles = [problem(crossed(rng.poisson(3, (5, 6)))) for _ in range(5)]

    first, second = ([suppress(p) for p in puzzles] for _ in range(2))

    for a, b in zip(first, second, strict=True):
        assert a.hidden.tolist() == b.hidden.tolist()


def test_a_cell_whose_bounds_are_known_to_be_narrow_is_refused_by_name():
    table = crossed(np.array([[1, 5], [5, 5]]))
    narrow = table.high.copy()
    narrow[4] = 2.0
    puzzle = problem(table)
    puzzle.table.high[:] = narrow

    with pytest.raises(UnprotectableError) as caught:
        suppress(puzzle)

    assert caught.value.code == "compare.unprotectable"
    assert caught.value.fields["cell"] == 4
