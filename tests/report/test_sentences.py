"""Findings as sentences."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from taji.report.story import writer_of

NBSP = "\u00a0"


def with_cell(content, question, option, **values):
    """The same portrait with the city's figure of one answer replaced."""
    this = (
        (pl.col("question") == question)
        & pl.col("option").eq_missing(option)
        & pl.col("by").is_null()
    )
    columns = [
        pl.when(this).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    ]
    return replace(content, estimates=content.estimates.with_columns(columns))


@pytest.fixture
def nine(content):
    return with_cell(content, "plan", "yes", estimate=0.0923, ci_low=0.04, ci_high=0.18, n=65)


def test_a_finding_says_figure_interval_and_n_in_chinese(nine):
    line = writer_of(nine, "zh").findings()[0]

    assert line.sentence == "9%（95%置信区间 4%–18%，n=65）的企业制定了中长期数字化规划。"
    assert line.figure == "9%"


def test_a_finding_says_figure_interval_and_n_in_english(nine):
    line = writer_of(nine, "en").findings()[0]

    assert line.sentence == (
        f"9{NBSP}% (95{NBSP}% interval 4–18{NBSP}%, n = 65) of firms "
        "have a medium- or long-term digital plan."
    )


def test_a_published_figure_stands_beside_and_is_compared_with_the_interval(nine, content):
    inside = writer_of(nine, "en").findings()[0]
    apart = with_cell(content, "plan", "yes", estimate=0.5, ci_low=0.4, ci_high=0.6)

    assert f"9{NBSP}%" in inside.published
    assert "inside" in inside.published
    assert "outside" in writer_of(apart, "en").findings()[0].published


def test_a_published_upper_limit_agrees_unless_the_whole_interval_is_above(content):
    agrees = with_cell(content, "links", "sales", estimate=0.12, ci_low=0.05, ci_high=0.2)
    differs = with_cell(content, "links", "sales", estimate=0.3, ci_low=0.2, ci_high=0.4)

    assert "compatible" in writer_of(agrees, "en").findings()[4].published
    assert "outside" in writer_of(differs, "en").findings()[4].published


def test_a_withheld_finding_says_so_and_shows_no_number(content):
    hidden = with_cell(content, "plan", "yes", estimate=None, ci_low=None, suppressed=True)

    line = writer_of(hidden, "zh").findings()[0]

    assert "不予公布" in line.sentence
    assert line.figure == "–"
    assert not any(c.isdigit() for c in line.sentence)


def test_a_finding_without_an_estimate_is_not_passed_over_in_silence(content):
    gone = replace(content, estimates=content.estimates.filter(pl.col("question") != "plan"))

    assert "没有关于" in writer_of(gone, "zh").findings()[0].sentence


def test_few_answers_carry_a_warning(content):
    few = with_cell(content, "plan", "yes", n=12)

    assert "12" in writer_of(few, "zh").findings()[0].sentence
    assert "只宜看方向" in writer_of(few, "zh").findings()[0].warning
    assert writer_of(content, "zh").findings()[0].warning == ""


def test_a_model_gives_its_mean_and_its_most_frequent_level(content):
    lines = writer_of(content, "en").findings()[-2:]
    level = writer_of(content, "en").most_frequent_level(content.models[0])

    assert lines[0].figure.endswith("pts")
    assert "of 100 points" in lines[0].sentence
    assert level is not None
    assert level.key.option in {one.id for one in content.models[0].levels}


def test_a_level_is_called_most_frequent_only_if_no_withheld_one_can_be_larger(content):
    def writer(p):
        one = with_cell(content, "sme2024:total", "1", estimate=p, suppressed=False)
        for level in ("0", "2", "4"):
            one = with_cell(one, "sme2024:total", level, estimate=None, suppressed=True)
        return writer_of(with_cell(one, "sme2024:total", "3", estimate=0.1, suppressed=False), "en")

    assert "most frequent" in writer(0.6).findings()[-1].sentence
    assert "most frequent" not in writer(0.4).findings()[-1].sentence
    assert writer(0.4).most_frequent_level(content.models[0]) is None
