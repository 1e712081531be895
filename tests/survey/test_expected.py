"""Precision to be expected of a round, against the estimator that will be used in the end."""

from __future__ import annotations

import polars as pl
import pytest

from taji.survey import estimate
from taji.survey.design import Design
from taji.survey.expected import EXPECTED, ProgressError, expected_precision

STRATA = pl.DataFrame(
    {
        "stratum": ["small", "medium", "large"],
        "population": [900, 120, 12],
        "drawn": [60, 30, 12],
        "received": [40, 10, 6],
    }
)


def _answers(sizes: str) -> pl.DataFrame:
    """As many firms as ``sizes`` says, one half of them with a plan in every stratum."""
    rows = [
        {"stratum": name, "firms": population, "plan": float(at % 2)}
        for name, population, n in STRATA.select("stratum", "population", sizes).rows()
        for at in range(n)
    ]
    return pl.DataFrame(rows)


@pytest.mark.parametrize(
    ("column", "sizes"), [("half_width", "received"), ("half_width_full", "drawn")]
)
def test_half_widths_are_those_that_the_estimator_gives_on_such_answers(column: str, sizes: str):
    design = Design.from_mapping({"strata": "stratum", "population": "firms"})
    frame = _answers(sizes)
    (city,) = estimate.mean(frame, "plan", design)
    parts = {e.group: e for e in estimate.mean(frame, "plan", design, by="stratum")}

    out = expected_precision(STRATA)

    for stratum, half in out.select("stratum", column).rows():
        found = city if stratum is None else parts[stratum]
        assert half == pytest.approx((found.ci_high - found.ci_low) / 2, abs=1e-12)


def test_the_city_stands_first_and_the_columns_are_as_documented():
    out = expected_precision(STRATA)

    assert out.schema == EXPECTED
    assert out.row(0)[:4] == (None, 1032, 102, 56)


@pytest.mark.parametrize("received", [0, 1])
def test_a_stratum_with_no_or_one_answer_prevents_an_estimate_and_is_named(received: int):
    few = STRATA.with_columns(
        received=pl.when(stratum="medium").then(received).otherwise("received")
    )

    out = expected_precision(few)

    assert out.filter("prevents")["stratum"].to_list() == [None, "medium"]
    assert out.filter("prevents")["half_width"].to_list() == [None, None]
    assert out["half_width_full"].null_count() == 0


def test_a_stratum_of_one_firm_that_answered_prevents_nothing():
    lone = pl.DataFrame(
        {"stratum": ["a", "b"], "population": [100, 1], "drawn": [10, 1], "received": [10, 1]}
    )

    out = expected_precision(lone)

    assert not out["prevents"].any()
    assert out["half_width"][2] == 0


def test_a_census_has_no_width():
    whole = STRATA.with_columns(drawn="population", received="population")

    assert expected_precision(whole)["half_width"].to_list() == [0.0] * 4


def test_unequal_weights_show_in_the_effect_of_weighting():
    even = pl.DataFrame(
        {"stratum": ["a", "b"], "population": [100, 200], "drawn": [10, 20], "received": [10, 20]}
    )
    uneven = even.with_columns(received=pl.Series([10, 5]))

    assert expected_precision(even)["deff"][0] == pytest.approx(1)
    # Ten weights of 10 and five of 40: 15 (10 · 100 + 5 · 1600) / 300².
    assert expected_precision(uneven)["deff"][0] == pytest.approx(1.5)


def test_a_share_that_is_expected_to_be_small_has_a_narrower_interval():
    half, small = (expected_precision(STRATA, share=p)["half_width"][0] for p in (0.5, 0.1))

    assert small == pytest.approx(half * 0.6)


@pytest.mark.parametrize(
    "wrong", [{"received": 61}, {"drawn": 901}, {"received": None}, {"received": -1}]
)
def test_numbers_that_contradict_each_other_are_refused(wrong: dict[str, int | None]):
    bad = STRATA.with_columns(
        pl.when(stratum="small").then(pl.lit(value)).otherwise(name).alias(name)
        for name, value in wrong.items()
    )

    with pytest.raises(ProgressError) as caught:
        expected_precision(bad)

    assert caught.value.fields["stratum"] == "small"


def test_before_the_first_answer_everything_is_still_to_come():
    none = STRATA.with_columns(received=pl.lit(0))

    out = expected_precision(none)

    assert out["half_width"].null_count() == 4
    assert out["deff"].null_count() == 4
    assert out["half_width_full"].null_count() == 0
