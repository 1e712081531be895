"""Size classes by headcount and revenue."""

from __future__ import annotations

import polars as pl
import pytest

from taji.catalogue.load import register
from taji.survey.sizes import size_class

RULE = register("size_class").rule
MILLION = 1_000_000.0


def classes(headcount, revenue):
    firms = pl.DataFrame({"x": headcount, "y": revenue}, strict=False)
    return firms.select(size_class(pl.col("x"), pl.col("y"), RULE).alias("size"))["size"].to_list()


@pytest.mark.parametrize(
    ("headcount", "revenue", "expected"),
    [
        (1000, 400 * MILLION, "large"),
        (999, 400 * MILLION, "medium"),
        (1000, 400 * MILLION - 0.01, "medium"),
        (300, 20 * MILLION, "medium"),
        (299, 20 * MILLION, "small"),
        (300, 20 * MILLION - 0.01, "small"),
        (20, 3 * MILLION, "small"),
        (19, 3 * MILLION, "micro"),
        (20, 3 * MILLION - 0.01, "micro"),
        (0, 0.0, "micro"),
    ],
)
def test_a_limit_belongs_to_the_class_above_it(headcount, revenue, expected):
    assert classes([headcount], [revenue]) == [expected]


def test_a_firm_with_many_people_and_little_revenue_drops_until_both_limits_hold():
    assert classes([5000, 5000, 5], [10 * MILLION, MILLION, 900 * MILLION]) == [
        "small",
        "micro",
        "micro",
    ]


def test_a_firm_of_unknown_headcount_or_revenue_has_no_class():
    nan = float("nan")

    found = classes([None, 50, -1, 50, 50], [MILLION, None, MILLION, nan, -5.0])

    assert found == [None] * 5
