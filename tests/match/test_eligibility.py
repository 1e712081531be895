"""Who may serve whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from taji.match.concentration import gini, largest_share
from taji.match.eligibility import Need, Provider, refusals

NEED = Need(
    id="n",
    enterprise="e",
    text="",
    days=10,
    capability=frozenset({"§mes"}),
    industry="ceramics",
    district="liling",
    budget=30_000,
    licence=frozenset({"a1"}),
)
PROVIDER = Provider(
    id="p",
    name="p",
    text="",
    capacity=10,
    capability=frozenset({"§mes", "§aps"}),
    industry=frozenset({"ceramics"}),
    district=frozenset({"liling"}),
    price=3_000,
    licence=frozenset({"a1"}),
)


def test_a_provider_that_has_all_and_just_enough_may_serve():
    assert refusals(NEED, PROVIDER) == ()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"capability": frozenset({"§aps"})}, "capability"),
        ({"industry": frozenset({"rail"})}, "industry"),
        ({"district": frozenset({"chaling"})}, "region"),
        ({"price": 3_000.01}, "price"),
        ({"price": None}, "price"),
        ({"conflict": frozenset({"e"})}, "conflict"),
        ({"licence": frozenset()}, "licence"),
        ({"capacity": 9.5}, "capacity"),
    ],
)
def test_each_hard_fact_alone_refuses_and_says_which(change, word):
    (reason,) = refusals(NEED, replace(PROVIDER, **change))

    assert reason.en.startswith(word)


def test_a_provider_that_limits_nothing_serves_everywhere():
    open_ = replace(PROVIDER, industry=frozenset(), district=frozenset())

    assert refusals(NEED, open_) == ()


def test_every_reason_is_told_not_the_first_only():
    found = refusals(
        replace(NEED, avoid=frozenset({"p"})), replace(PROVIDER, capacity=1, price=9e9)
    )

    assert len(found) == 3


def test_concentration_is_nothing_where_nobody_has_work():
    assert gini(np.zeros(3)) == largest_share(np.zeros(3)) == 0
    assert largest_share(np.array([1.0, 3.0])) == 0.75
