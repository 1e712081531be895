"""The firms behind every cell."""

from __future__ import annotations

import numpy as np
import polars as pl

from taji.compare.contributors import COUNTS, Scale, contributors
from taji.survey.design import Design
from taji.survey.measures import Amount, Choice
from taji.survey.tabulate import tabulate

KEY = ["question", "option", "by", "group"]


def test_every_estimate_rests_on_as_many_firms_as_were_counted():
    rng = np.random.default_rng(0)
    n = 80
    frame = pl.DataFrame(
        {
            "size": rng.choice(["s", "m", None], n).tolist(),
            "plan": rng.choice(["yes", "no", None], n).tolist(),
            "tick": rng.choice([True, False, None], n).tolist(),
            "revenue": rng.choice([1.0, 5.0, None], n).tolist(),
            "w": rng.choice([0.0, 2.0, 3.0], n).tolist(),
        },
        schema_overrides={"tick": pl.Boolean, "revenue": pl.Float64},
        strict=False,
    )
    measures = [
        Choice("plan", ("yes", "no"), pl.col("plan")),
        Choice("tick", ("yes",), pl.col("tick"), asked=pl.col("plan") == "yes"),
        Amount("revenue", pl.col("revenue"), ("total",)),
    ]

    estimates = tabulate(frame, measures, Design.from_mapping({"weight": "w"}), by=["size"])
    counts = contributors(frame, measures, by=["size"], weight=frame["w"].to_numpy())

    assert counts.columns == list(COUNTS)
    both = estimates.with_columns(pl.col(KEY).fill_null("")).join(counts, on=KEY, how="left")
    assert both["n"].to_list() == both["n_right"].to_list()
    totals = both.filter(pl.col("statistic") == "total")
    # Judged are the answers; the estimate is for all that were asked, in proportion to weight.
    groups = pl.col("size").is_in(["m", "s"])
    asked = [
        frame["w"].sum(),
        *frame.filter(groups).group_by("size").agg(pl.sum("w")).sort("size")["w"],
    ]
    np.testing.assert_allclose(
        totals["estimate"], totals["total"] * pl.Series(asked) / totals["weight"]
    )
    unknown = counts.filter(pl.col("by") == "size", pl.col("group") == "")
    assert unknown.height == 4


def test_the_largest_contributions_are_weighted_and_come_first():
    frame = pl.DataFrame({"revenue": [10.0, 50.0, 20.0, None]})
    measures = [Amount("revenue", pl.col("revenue"))]

    out = contributors(
        frame,
        measures,
        by=[],
        weight=np.array([10.0, 1.0, 1.0, 1.0]),
        scales={"revenue": Scale(money=True)},
        leaders=2,
    ).row(0, named=True)

    assert out["largest"] == [100.0, 50.0]
    assert (out["total"], out["n"], out["weight"], out["money"]) == (170.0, 3, 12.0, True)
