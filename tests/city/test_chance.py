"""Random numbers that belong to a firm."""

from __future__ import annotations

import hashlib

import numpy as np
from scipy import stats

from taji.city.chance import below, normal, pick, uniform

KEYS = [str(number) for number in range(4000)]


def test_a_number_is_the_hash_of_seed_decision_and_key():
    digest = hashlib.blake2b(b"7\nplan\nfirm", digest_size=8).digest()

    expected = (int.from_bytes(digest, "big") // 2**11 + 0.5) / 2**53
    assert uniform(7, "plan", ["firm"]).tolist() == [expected]


def test_numbers_do_not_depend_on_who_else_is_asked():
    assert uniform(1, "plan", KEYS)[::-1].tolist() == uniform(1, "plan", KEYS[::-1]).tolist()


def test_numbers_are_uniform_and_decisions_independent():
    # Kolmogorov-Smirnov and a correlation; fixed seeds, false alarm one in a thousand each.
    plan, links = uniform(1, "plan", KEYS), uniform(1, "links", KEYS)

    assert stats.kstest(plan, "uniform").pvalue > 0.001
    assert stats.pearsonr(plan, links).pvalue > 0.001
    assert stats.kstest(normal(1, "plan", KEYS), "norm").pvalue > 0.001


def test_things_are_picked_by_their_shares():
    shares = [0.2, 0.0, 0.5, 0.3]

    count = np.bincount(pick(1, "industry", KEYS, shares), minlength=4)

    assert count[1] == 0
    observed, expected = np.delete(count, 1), np.delete(shares, 1) * len(KEYS)
    assert stats.chisquare(observed, expected).pvalue > 0.001


def test_whole_numbers_stay_below_their_limit():
    assert set(below(1, "word", KEYS, 3).tolist()) == {0, 1, 2}
