"""Which cells would betray a firm by themselves."""

from __future__ import annotations

import polars as pl
import pytest

from taji.compare.contributors import COUNTS
from taji.compare.sensitive import Rules, judge


def cell(**fields) -> pl.DataFrame:
    base = dict.fromkeys(COUNTS) | {
        "question": "q", "option": "o", "kind": "multi", "money": False, "by": "", "group": "",
    }  # fmt: skip
    row = pl.DataFrame([base | fields], schema=COUNTS)
    return row.with_columns(published=pl.lit(fields.get("n") != -1))


def why(**fields) -> str | None:
    return judge(cell(**fields), Rules())["why"][0]


@pytest.mark.parametrize(
    ("n", "ticking", "reason"),
    [
        (0, 0, None),
        (1, 0, "few_firms"),
        (2, 2, "few_firms"),
        (3, 0, None),
        (3, 3, None),
        (9, 1, "few_ticking"),
        (9, 2, "few_ticking"),
        (9, 3, None),
        (9, 6, None),
        (9, 7, "few_others"),
        (9, 8, "few_others"),
        (9, 9, None),
    ],
)
def test_a_share_is_sensitive_when_one_or_two_firms_stand_behind_it(n, ticking, reason):
    assert why(n=n, ticking=ticking) == reason


@pytest.mark.parametrize(
    ("largest", "total", "reason"),
    [
        ([76.0, 5.0], 100.0, "dominance"),
        ([75.0, 5.0], 100.0, None),
        ([50.0, 36.0], 100.0, "dominance"),
        ([50.0, 35.0], 100.0, None),
    ],
)
def test_an_amount_is_sensitive_when_one_or_two_firms_make_most_of_it(largest, total, reason):
    found = why(kind="quantity", money=True, n=9, total=total, total_abs=total, largest=largest)

    assert found == reason


def test_a_score_is_not_looked_at_for_dominance():
    assert why(kind="quantity", n=9, total=10.0, total_abs=10.0, largest=[9.0, 1.0]) is None


def test_a_cell_that_nobody_publishes_is_not_sensitive():
    counts = cell(n=1, ticking=1).with_columns(published=pl.lit(False))

    assert judge(counts, Rules())["why"].to_list() == [None]


def test_the_protection_of_an_amount_is_what_the_rule_lacks():
    counts = cell(
        kind="quantity", money=True, n=9, total=100.0, total_abs=100.0, largest=[90.0, 6.0]
    )

    need = judge(counts, Rules())["need"][0]

    # 90 / 0.75 - 100 = 20; (90 + 6) / 0.85 - 100 = 12.9; 9 - (100 - 96) = 5
    assert need == pytest.approx(20)
