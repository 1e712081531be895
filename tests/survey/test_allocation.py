"""Sharing a sample out over strata."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taji.survey.allocation import (
    Allocation,
    AllocationRuleError,
    NoSpreadError,
    SampleTooLargeError,
    SampleTooSmallError,
    allocate,
)

RULES = ("proportional", "equal", "power:0.5", "power:0", "power:1", "neyman:revenue")


def share_out(sizes, size, rule, minimum=0, variances=None):
    return allocate(
        sizes,
        size=size,
        allocation=Allocation.parse(rule),
        minimum=minimum,
        variances=variances,
    )


# Worked by hand: quotas, their whole parts, and the remainders that get the rest.
@pytest.mark.parametrize(
    ("rule", "size", "minimum", "expected"),
    [
        # 62.5, 27.5, 10.0 of 100: the half goes to the larger of two equal remainders
        ("proportional", 100, 0, {"small": 63, "medium": 27, "large": 10}),
        # 6.25, 2.75, 1.00 of 10: one left, to 0.75
        ("proportional", 10, 0, {"small": 6, "medium": 3, "large": 1}),
        # large is lifted from 0.5 to 2; 3 remain as 250:110 = 2.08, 0.92
        ("proportional", 5, 0, {"small": 3, "medium": 1, "large": 1}),
        ("proportional", 6, 2, {"small": 2, "medium": 2, "large": 2}),
        ("equal", 12, 0, {"small": 4, "medium": 4, "large": 4}),
        # 50 each, but large holds 40: 55 each for the others
        ("equal", 150, 0, {"small": 55, "medium": 55, "large": 40}),
        # roots 15.811, 10.488, 6.325 sum to 32.624: 14.54, 9.64, 5.82 of 30
        ("power:0.5", 30, 0, {"small": 14, "medium": 10, "large": 6}),
    ],
)
def test_allocation_agrees_with_hand_worked_tables(rule, size, minimum, expected):
    assert share_out({"small": 250, "medium": 110, "large": 40}, size, rule, minimum) == expected


def test_neyman_agrees_with_the_textbook_when_the_quotas_are_whole():
    # N S = 400*10, 300*20, 100*60 = 4000, 6000, 6000: of 32 this gives 8, 12, 12
    drawn = share_out(
        {"a": 400, "b": 300, "c": 100},
        32,
        "neyman:revenue",
        variances={"a": Fraction(100), "b": Fraction(400), "c": Fraction(3600)},
    )

    assert drawn == {"a": 8, "b": 12, "c": 12}


@given(
    strata=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 50)), min_size=2, max_size=4),
    share=st.floats(0.05, 1.0),
    minimum=st.integers(1, 2),
)
def test_no_whole_numbers_beat_neyman(strata, share, minimum):
    sizes = {str(i): n for i, (n, _) in enumerate(strata)}
    variances = {str(i): Fraction(v) for i, (_, v) in enumerate(strata)}
    least = sum(min(minimum, n) for n in sizes.values())
    size = max(least, round(share * sum(sizes.values())))
    if not any(variances.values()):
        return

    drawn = share_out(sizes, size, "neyman:revenue", minimum, variances)

    best = min(
        variance_of_total(sizes, variances, dict(zip(sizes, counts, strict=True)))
        for counts in product(*(range(min(minimum, n), n + 1) for n in sizes.values()))
        if sum(counts) == size
    )
    assert variance_of_total(sizes, variances, drawn) == best


def variance_of_total(sizes, variances, drawn):
    return sum(Fraction(sizes[h] ** 2, drawn[h]) * variances[h] for h in sizes)


def test_neyman_gives_a_varying_stratum_its_first_firm_before_any_a_second():
    drawn = share_out(
        {"a": 1000, "b": 5},
        2,
        "neyman:revenue",
        variances={"a": Fraction(10**6), "b": Fraction(1)},
    )

    assert drawn == {"a": 1, "b": 1}


@given(
    counts=st.lists(st.integers(1, 400), min_size=1, max_size=12),
    rule=st.sampled_from(RULES),
    share=st.floats(0, 1),
    minimum=st.integers(0, 5),
)
def test_every_allocation_meets_the_size_and_the_bounds(counts, rule, share, minimum):
    sizes = {f"{i:02}": n for i, n in enumerate(counts)}
    variances = {h: Fraction(1 + n % 7) for h, n in sizes.items()}
    least = max(1, sum(min(minimum, n) for n in counts))
    size = least + round(share * (sum(counts) - least))

    drawn = share_out(sizes, size, rule, minimum, variances)

    assert sum(drawn.values()) == size
    assert all(min(minimum, n) <= drawn[h] <= n for h, n in sizes.items())


@given(
    counts=st.lists(st.integers(1, 400), min_size=2, max_size=8),
    rule=st.sampled_from(RULES),
    order=st.randoms(use_true_random=False),
)
def test_allocation_does_not_depend_on_the_order_of_strata(counts, rule, order):
    sizes = {f"{i:02}": n for i, n in enumerate(counts)}
    variances = {h: Fraction(1 + n % 7) for h, n in sizes.items()}
    mixed = list(sizes)
    order.shuffle(mixed)
    size = max(1, sum(counts) // 3)

    straight = share_out(sizes, size, rule, 0, variances)
    shuffled = share_out({h: sizes[h] for h in mixed}, size, rule, 0, variances)

    assert straight == shuffled


def test_equal_powers_are_the_two_ends_of_the_power_rule():
    sizes = {"a": 371, "b": 54, "c": 9}

    assert share_out(sizes, 40, "power:1") == share_out(sizes, 40, "proportional")
    assert share_out(sizes, 20, "power:0") == share_out(sizes, 20, "equal")


def test_a_size_under_the_minima_is_refused_with_the_size_to_ask_for():
    with pytest.raises(SampleTooSmallError) as caught:
        share_out({"a": 50, "b": 40, "c": 1}, 4, "proportional", minimum=2)

    assert caught.value.code == "survey.sample_too_small"
    assert caught.value.fields["needed"] == 5  # 2 + 2 + the one that c holds
    assert "5" in caught.value.render("zh")


def test_a_size_over_the_register_is_refused_with_its_size():
    with pytest.raises(SampleTooLargeError) as caught:
        share_out({"a": 5, "b": 4}, 10, "equal")

    assert caught.value.fields == {"size": 10, "population": 9}


@pytest.mark.parametrize("size", [0, -3])
def test_a_sample_of_nobody_is_refused(size):
    with pytest.raises(SampleTooSmallError):
        share_out({"a": 5}, size, "equal")


def test_neyman_without_spread_is_refused_by_the_name_of_the_column():
    with pytest.raises(NoSpreadError) as caught:
        share_out({"a": 5}, 2, "neyman:revenue", variances={"a": Fraction(0)})

    assert caught.value.fields["column"] == "revenue"


@pytest.mark.parametrize(
    "text",
    ["", "random", "power", "power:x", "power:2", "power:-1", "power:nan", "neyman:", "equal:3"],
)
def test_an_unknown_rule_is_refused(text):
    with pytest.raises(AllocationRuleError) as caught:
        Allocation.parse(text)

    assert caught.value.code == "survey.allocation_rule"


@pytest.mark.parametrize("text", ["proportional", "equal", "power:0.35", "neyman:营业收入"])
def test_a_rule_is_written_as_it_is_read(text):
    assert str(Allocation.parse(text)) == text
