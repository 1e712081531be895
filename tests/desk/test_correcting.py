"""The demo round corrected by experts who saw some of its firms."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from taji.desk.correcting import (
    CORRECTED,
    Corrections,
    ModelChoiceError,
    StrangerAssessedError,
    correct,
)
from taji.desk.request import PortraitRequest
from taji.desk.rounds import answered, joined
from taji.desk.steps import SILENT
from taji.survey.design_errors import DesignColumnError
from taji.survey.two_phase import FewAssessedError

#: Ticks that experts do not find.
CLAIMED = pl.col("q6/policy", "q6/products", "q7/policy", "q9/workflow", "q9/data", "q10/people")


@pytest.fixture(scope="module")
def own(request_of_demo: PortraitRequest) -> pl.DataFrame:
    came = answered(request_of_demo, steps=SILENT)
    return joined(came).sheets["sme2024"]


@pytest.fixture(scope="module")
def expert(own: pl.DataFrame) -> pl.DataFrame:
    """Thirty firms drawn at random, of whose ticks experts do not find all."""
    drawn = own.sample(30, seed=3)
    return drawn.with_columns(CLAIMED & False)


@pytest.fixture(scope="module")
def corrected(request_of_demo: PortraitRequest, expert: pl.DataFrame) -> Corrections:
    return correct(request_of_demo, expert)


def test_a_city_that_overstates_itself_is_corrected_downwards(corrected: Corrections):
    assert corrected.estimates is not None
    total = corrected.estimates.row(0, named=True)

    assert corrected.estimates.schema == CORRECTED
    assert (total["node"], total["level"], total["statistic"]) == ("total", None, "mean")
    assert total["corrected"] < total["own"] - 2
    assert total["ci_low"] < total["corrected"] < total["ci_high"]
    assert (total["n"], total["n_assessed"]) == (65, 30)
    assert total["gain"] > 1.5


def test_shares_of_levels_are_corrected_and_add_up_to_all_firms(corrected: Corrections):
    assert corrected.estimates is not None
    shares = corrected.estimates.filter(statistic="proportion")

    assert shares["level"].to_list() == ["0", "1", "2", "3", "4"]
    assert shares["own"].sum() == pytest.approx(1)
    assert shares["corrected"].sum() == pytest.approx(1, abs=0.1)
    assert shares["ci_low"].min() >= 0


def test_agreement_of_both_tracks_is_told_by_question_and_of_the_total(corrected: Corrections):
    table, differences = corrected.agreement, corrected.differences
    assert table is not None
    assert differences is not None

    assert table.filter(question="q9", option="workflow")["agreement"].item() < 1
    assert table.filter(question="q9", option="incentive")["agreement"].item() == 1
    assert table.filter(question="s_finance")["metric"].item() == "ordinal"
    assert differences.n == 30
    assert differences.mean_low > 0
    assert 0 < corrected.scores.value < 1


def test_the_same_answers_give_the_same_tables(
    corrected: Corrections, request_of_demo: PortraitRequest, expert: pl.DataFrame
):
    again = correct(request_of_demo, expert, model="sme2024")

    assert again.estimates.equals(corrected.estimates)
    assert again.agreement.equals(corrected.agreement)


def test_firms_assessed_inside_groups_are_weighted_by_their_group(
    request_of_demo: PortraitRequest, own: pl.DataFrame, corrected: Corrections
):
    sizes = joined(answered(request_of_demo, steps=SILENT)).answers.select("enterprise", "size")
    drawn = own.join(sizes, on="enterprise").sample(fraction=1.0, seed=5, shuffle=True)
    drawn = drawn.group_by("size", maintain_order=True).head(6)

    out = correct(request_of_demo, drawn.drop("size"), strata="size")

    total = out.estimates.row(0, named=True)
    assert total["corrected"] == pytest.approx(total["own"])
    assert total["degrees_of_freedom"] == total["n_assessed"] - sizes["size"].n_unique() - 1


def test_assessed_firms_that_did_not_answer_are_named(
    request_of_demo: PortraitRequest, expert: pl.DataFrame
):
    strangers = expert.with_columns(
        enterprise=pl.when(pl.int_range(pl.len()) == 4).then(pl.lit("X1")).otherwise("enterprise")
    )

    with pytest.raises(StrangerAssessedError) as caught:
        correct(request_of_demo, strangers)

    assert caught.value.fields == {"count": 1, "first": "X1"}


def test_too_few_assessed_firms_are_refused(request_of_demo: PortraitRequest, expert: pl.DataFrame):
    with pytest.raises(FewAssessedError):
        correct(request_of_demo, expert.head(1))


def test_a_model_that_the_round_is_not_scored_by_is_refused(
    request_of_demo: PortraitRequest, expert: pl.DataFrame
):
    with pytest.raises(ModelChoiceError) as caught:
        correct(request_of_demo, expert, model="cmmm")
    with pytest.raises(ModelChoiceError):
        correct(replace(request_of_demo, models=()), expert)

    assert caught.value.fields["known"] == "sme2024"


def test_an_unknown_column_of_groups_is_refused(
    request_of_demo: PortraitRequest, expert: pl.DataFrame
):
    with pytest.raises(DesignColumnError):
        correct(request_of_demo, expert, strata="nowhere")
