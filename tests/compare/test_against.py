"""Our estimates beside published figures."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from taji.catalogue.benchmark import Benchmark
from taji.compare.against import BENCHMARKS, against, benchmark_measures, difference
from taji.survey.design import Design
from taji.survey.tabulate import tabulate


def indicator(**fields):
    return {
        "id": "high",
        "title": {"zh": "三级及以上", "en": "Level 3 or above"},
        "year": 2021,
        "unit": "per_cent",
        "population": {"zh": "企业", "en": "firms"},
        "n": "400+",
        "source": ["a", "b"],
        "confidence": "one_source",
        "comparable": {"zh": "口径相近", "en": "Nearly the same"},
        **fields,
    }


PACK = Benchmark.model_validate(
    {
        "id": "nation",
        "version": "1.0",
        "title": {"zh": "全国", "en": "Nation"},
        "source": ["test"],
        "confidence": "one_source",
        "indicators": [
            indicator(value=20, ours={"model": "m", "levels": ["3", "4"]}),
            indicator(id="low", n=None, value=50, ours={"model": "m", "levels": ["1"]}),
            indicator(id="other", value=10, ours={"model": "absent", "levels": ["1"]}),
            indicator(id="background", value=30),
        ],
    }
)
FRAME = pl.DataFrame({"m:total/level": ["1"] * 20 + ["2"] * 10 + ["3"] * 8 + ["4"] * 2})


def compared(suppressed: tuple[str, ...] = ()) -> pl.DataFrame:
    estimates = tabulate(FRAME, benchmark_measures([PACK]), Design())
    levels = pl.DataFrame(
        [("m:total", level, None, None) for level in "1234"],
        schema=["question", "option", "by", "group"],
        orient="row",
    )
    both = pl.concat([estimates, levels], how="diagonal_relaxed").with_columns(
        suppressed=pl.col("question").eq("m:total") & pl.col("option").is_in(suppressed)
    )
    return against([PACK], both)


def test_levels_are_added_up_by_one_measure_so_that_the_interval_is_right():
    out = compared()

    assert out.columns == list(BENCHMARKS)
    row = out.row(0, named=True)
    assert (row["ours"], row["n"], row["theirs"], row["unit"]) == (0.25, 40, 0.2, "fraction")
    assert row["ci_low"] < 0.25 < row["ci_high"]
    assert row["difference"] == pytest.approx(0.05)
    assert row["difference_low"] < row["ci_low"] - 0.2  # their error widens it
    assert (row["theirs_n"], row["source"]) == (400, "a; b")
    assert "400" in row["note_zh"]


def test_a_figure_without_a_sample_size_is_said_to_be_taken_as_exact():
    row = compared().row(1, named=True)

    assert row["difference_low"] == pytest.approx(row["ci_low"] - 0.5)
    assert row["difference_high"] == pytest.approx(row["ci_high"] - 0.5)
    assert "exact" in row["note_en"]


def test_what_cannot_be_compared_says_why_and_shows_no_difference():
    out = compared()

    assert out["status"].to_list() == ["compared", "compared", "not_measured", "not_comparable"]
    assert out["ours"].to_list()[2:] == [None, None]
    assert out["theirs"].to_list()[2:] == [0.1, 0.3]


def test_a_sum_of_shares_is_withheld_when_one_of_them_is():
    out = compared(suppressed=("4",))

    assert out["status"].to_list()[:2] == ["withheld", "compared"]
    assert out.row(0, named=True)["ours"] is None


def test_the_interval_of_a_difference_covers_the_truth():
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(2000):
        ours, theirs = rng.binomial(60, 0.3), rng.binomial(300, 0.4)
        p = ours / 60
        half = 1.96 * np.sqrt((p * (1 - p) + 1.96**2 / 240) / 60) / (1 + 1.96**2 / 60)
        middle = (p + 1.96**2 / 120) / (1 + 1.96**2 / 60)
        found = difference((p, middle - half, middle + half), theirs / 300, n=300, confidence=0.95)
        covered.append(found.low <= -0.1 <= found.high)

    assert 0.935 < np.mean(covered) < 0.97  # 2,000 trials: standard error 0.005
