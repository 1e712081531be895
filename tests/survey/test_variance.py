"""Variance under a design: the truth by drawing every possible sample."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import polars as pl
import pytest

from taji.survey.design import Design
from taji.survey.measures import Amount, Choice
from taji.survey.tabulate import tabulate

FIRMS = {"small": [3.0, 8.0, 1.0, 10.0, 6.0], "large": [40.0, 55.0, 31.0, 90.0]}
DRAWN = {"small": 3, "large": 2}


def every_sample(firms: dict[str, list[float]], drawn: dict[str, int]) -> list[pl.DataFrame]:
    """All stratified samples without replacement, equally likely."""
    choices = [list(combinations(range(len(firms[size])), drawn[size])) for size in firms]
    samples = []
    for chosen in product(*choices):
        rows = [
            {"size": size, "firms": len(firms[size]), "robots": firms[size][at], "odd": at % 2}
            for size, places in zip(firms, chosen, strict=True)
            for at in places
        ]
        samples.append(pl.DataFrame(rows))
    return samples


def totals(samples: list[pl.DataFrame], design: Design, group: str | None) -> list[tuple]:
    measure = Amount("robots", pl.col("robots"), ("total",))
    found = []
    for sample in samples:
        table = tabulate(sample, [measure], design, by=["odd"])
        wanted = table.filter(pl.col("group").eq_missing(pl.lit(group, dtype=pl.String)))
        # A sample without a firm of the domain estimates its total as 0, surely.
        if wanted.is_empty() or wanted["estimate"][0] is None:
            found.append((0.0, 0.0))
        else:
            found.append((wanted["estimate"][0], wanted["se"][0]))
    return found


@pytest.mark.parametrize("group", [None, "0", "1"], ids=["city", "even firms", "odd firms"])
@pytest.mark.parametrize("strata", [("small",), ("small", "large")], ids=["simple", "stratified"])
def test_over_all_samples_totals_and_variances_are_true_on_average(strata, group):
    firms = {size: FIRMS[size] for size in strata}
    design = Design.from_mapping({"strata": "size", "population": "firms"})
    truth = sum(
        value
        for size in firms
        for at, value in enumerate(firms[size])
        if group is None or at % 2 == int(group)
    )

    found = totals(every_sample(firms, DRAWN), design, group)

    estimates, errors = np.array(found).T
    assert estimates.mean() == pytest.approx(truth, rel=1e-12)
    assert (errors**2).mean() == pytest.approx(estimates.var(), rel=1e-12)


def test_over_all_two_stage_samples_variances_of_totals_are_true_on_average():
    # Three parks of unequal size; two are drawn, and two firms in each.
    parks = [[3.0, 9.0, 4.0], [20.0, 26.0], [1.0, 7.0, 2.0, 8.0]]
    design = Design.from_mapping({"cluster": ["park", "firm"], "population": ["parks", "firms"]})
    measure = Amount("robots", pl.col("robots"), ("total",))
    estimates, variances, chances = [], [], []
    for pair in combinations(range(3), 2):
        inside = [list(combinations(range(len(parks[park])), 2)) for park in pair]
        for chosen in product(*inside):
            rows = [
                {"park": park, "firm": at, "parks": 3, "firms": len(parks[park])}
                | {"robots": parks[park][at]}
                for park, places in zip(pair, chosen, strict=True)
                for at in places
            ]
            table = tabulate(pl.DataFrame(rows), [measure], design)
            estimates.append(table["estimate"][0])
            variances.append(table["se"][0] ** 2)
            chances.append(1 / 3 / len(inside[0]) / len(inside[1]))

    mean = np.average(estimates, weights=chances)

    assert mean == pytest.approx(sum(map(sum, parks)), rel=1e-12)
    true = np.average((np.array(estimates) - mean) ** 2, weights=chances)
    assert np.average(variances, weights=chances) == pytest.approx(true, rel=1e-12)


def test_two_stages_with_rows_as_last_units_need_no_column_for_them():
    rng = np.random.default_rng(5)
    frame = pl.DataFrame(
        {
            "park": np.repeat(["a", "b", "c"], 4),
            "firm": np.arange(12),
            "parks": [9] * 12,
            "firms": np.repeat([10, 20, 30], 4),
            "robots": rng.normal(size=12),
        }
    )
    measures = [Amount("robots", pl.col("robots"), ("mean", "total"))]
    named = Design.from_mapping({"cluster": ["park", "firm"], "population": ["parks", "firms"]})
    rows = Design.from_mapping({"cluster": "park", "population": ["parks", "firms"]})

    ours, theirs = tabulate(frame, measures, rows), tabulate(frame, measures, named)

    np.testing.assert_allclose(ours["se"], theirs["se"], rtol=1e-12)


def test_a_stratum_counted_in_full_adds_no_variance():
    frame = pl.DataFrame(
        {"size": ["l", "l", "s", "s"], "firms": [2, 2, 8, 8], "robots": [9.0, 3.0, 5.0, 5.0]}
    )
    design = Design.from_mapping({"strata": "size", "population": "firms"})
    measures = [
        Amount("robots", pl.col("robots"), ("mean", "total")),
        Choice("large", ("l",), pl.col("size")),
    ]

    table = tabulate(frame, measures, design)

    assert table["se"].to_list() == [0.0, 0.0, 0.0]
    assert table["ci_low"].to_list() == table["estimate"].to_list()
