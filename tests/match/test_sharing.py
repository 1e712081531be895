"""Firms shared out among experts."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest

from taji.match.sharing import share_out


def _loads(pairs):
    return Counter(expert for _, expert in pairs)


def test_loads_differ_by_one_at_most_where_nothing_is_barred():
    out = share_out({f"f{n}": 1 for n in range(17)}, ["a", "b", "c", "d", "e"])

    assert sorted(_loads(out.pairs).values()) == [3, 3, 3, 4, 4]
    assert out.short == {}


def test_a_firm_that_wants_two_experts_gets_two_different_ones():
    out = share_out({"f1": 2, "f2": 2, "f3": 1}, ["a", "b", "c"])

    assert len(set(out.pairs)) == len(out.pairs) == 5


def test_nobody_gets_a_firm_that_is_barred_even_if_it_stays_unassigned():
    out = share_out({"f1": 1, "f2": 2}, ["a", "b"], barred={("f1", "a"), ("f1", "b"), ("f2", "b")})

    assert out.pairs == (("f2", "a"),)
    assert out.short == {"f1": 1, "f2": 1}


def test_what_an_expert_has_already_counts_and_the_most_is_kept():
    out = share_out({f"f{n}": 1 for n in range(4)}, ["a", "b"], load={"a": 3}, most=3)

    assert _loads(out.pairs) == {"b": 3}
    assert sum(out.short.values()) == 1


@pytest.mark.parametrize("seed", range(12))
def test_no_other_sharing_is_more_even(seed):
    rng = np.random.default_rng(seed)
    firms, experts = [f"f{n}" for n in range(5)], ["a", "b", "c"]
    barred = {(f, e) for f in firms for e in experts if rng.random() < 0.3}
    free = [[e for e in experts if (f, e) not in barred] or [None] for f in firms]

    out = share_out(dict.fromkeys(firms, 1), experts, barred=barred)

    best = min(
        sum(n**2 for e, n in Counter(choice).items() if e is not None) for choice in product(*free)
    )
    assert sum(n**2 for n in _loads(out.pairs).values()) == best
    assert len(out.pairs) == sum(choice != [None] for choice in free)


def test_without_experts_every_firm_is_short():
    assert share_out({"f": 2}, []).short == {"f": 2}
