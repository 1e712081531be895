"""Cells of a question as a table."""

from __future__ import annotations

import numpy as np
import polars as pl

from taji.compare.cells import blocks, lay_out, whole_groups
from taji.compare.contributors import contributors
from taji.compare.sensitive import Rules, judge
from taji.survey.measures import Amount, Choice

RULES = Rules()
FRAME = pl.DataFrame(
    {
        "size": ["s"] * 8 + ["m"] * 7 + ["l"] * 2 + [None],
        "stage": ["none", "some"] * 9,
        "revenue": [float(i) for i in range(18)],
    }
)


def judged(measures) -> pl.DataFrame:
    counts = contributors(FRAME, measures, by=["size"])
    named = (pl.col("by") == "") | (pl.col("group") != "")
    return judge(counts.with_columns(published=named), RULES).with_columns(partner=False)


def test_all_sums_hold_among_the_true_values():
    measures = [
        Choice("stage", ("none", "some"), pl.col("stage")),
        Choice("size", ("s", "m", "l"), pl.col("size")),
        Amount("revenue", pl.col("revenue")),
    ]
    for part in blocks(judged(measures)):
        table = lay_out(part, RULES).problem.table
        assert len(table.relations) > 0
        for relation in table.relations:
            np.testing.assert_allclose(
                (relation.signs * table.value[relation.cells]).sum(), 0, atol=1e-9
            )
        assert (table.low <= table.value).all()
        assert (table.value <= table.high).all()


def test_questions_that_break_the_city_down_are_laid_out_together():
    measures = [
        Choice("stage", ("none", "some"), pl.col("stage")),
        Choice("size", ("s", "m", "l"), pl.col("size")),
    ]
    counts = contributors(FRAME, measures, by=["size", "stage"])
    both = judge(counts.with_columns(published=pl.lit(True)), RULES)

    parts = list(blocks(both))

    assert [p["question"].unique().sort().to_list() for p in parts] == [["size", "stage"]]


def test_a_tiny_group_takes_the_cheapest_partner_with_it():
    measures = [Choice("stage", ("none", "some"), pl.col("stage"))]

    whole = whole_groups(judged(measures), RULES)

    # 2 large firms and the one of unknown size are 3 together: nobody else need go
    assert whole.filter(pl.col("group") != "")["group"].to_list() == ["l"]


def test_a_size_is_hidden_only_with_all_its_rows():
    measures = [Choice("stage", ("none", "some"), pl.col("stage"))]
    block = lay_out(judged(measures), RULES)
    shown = np.ones(block.rows.height, dtype=np.bool_)
    first = (block.rows["group"] == "s").arg_max()
    shown[first] = False

    one = block.pattern(shown)
    shown[(block.rows["group"] == "s").to_numpy()] = False
    both = block.pattern(shown)

    size = next(i for i, rows in block.problem.carried.items() if first in rows)
    assert not one[size]
    assert both[size]
