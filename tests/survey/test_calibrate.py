"""Calibration of weights to register totals."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taji.survey.calibrate import (
    CalibrationTargets,
    EmptyMarginError,
    MarginTotalsError,
    MarginValueError,
    NegativeWeightError,
    NotConvergedError,
    calibrate,
)

SIZES = {"s": 45.0, "m": 35.0, "l": 20.0}
PARKS = {"north": 55.0, "south": 45.0}


def answers(n: int = 90, seed: int = 7) -> tuple[pl.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame(
        {
            "size": rng.permutation(np.repeat(["s", "m", "l"], n // 3)),
            "park": rng.permutation(np.repeat(["north", "south"], n // 2)),
            "staff": rng.integers(5, 60, n).astype(float),
        }
    )
    return frame, rng.uniform(0.5, 2, n)


@pytest.mark.parametrize("method", ["linear", "raking", "logit"])
def test_new_weights_reproduce_every_total(method):
    frame, weight = answers()
    targets = CalibrationTargets(
        margins={"size": SIZES, "park": PARKS},
        totals={"staff": 3100},
        method=method,
        bounds=(0.05, 8),
    )

    out = calibrate(frame, weight, targets).weight

    totals = frame.with_columns(w=out)
    for column, margin in (("size", SIZES), ("park", PARKS)):
        found = dict(totals.group_by(column).agg(pl.col("w").sum()).rows())
        assert found == {value: pytest.approx(total) for value, total in margin.items()}
    assert out @ frame["staff"].to_numpy() == pytest.approx(3100)


def test_raking_is_iterative_proportional_fitting():
    frame, weight = answers()
    fitted = weight.copy()
    for _ in range(500):
        for column, margin in (("size", SIZES), ("park", PARKS)):
            for value, total in margin.items():
                here = (frame[column] == value).to_numpy()
                fitted[here] *= total / fitted[here].sum()

    out = calibrate(frame, weight, CalibrationTargets(margins={"size": SIZES, "park": PARKS}))

    np.testing.assert_allclose(out.weight, fitted, rtol=1e-9)


def test_one_margin_is_poststratification_whatever_the_method():
    frame, weight = answers()
    mass = frame.with_columns(w=weight).select(pl.col("w").sum().over("size")).to_series()
    expected = weight * frame["size"].replace_strict(SIZES).to_numpy() / mass.to_numpy()

    for method in ("linear", "raking", "logit"):
        targets = CalibrationTargets(margins={"size": SIZES}, method=method)
        np.testing.assert_allclose(calibrate(frame, weight, targets).weight, expected, rtol=1e-9)


def test_logit_keeps_the_ratio_of_weights_between_its_bounds():
    frame, weight = answers()
    targets = CalibrationTargets(
        margins={"size": SIZES, "park": PARKS}, method="logit", bounds=(0.2, 2.2)
    )

    ratio = calibrate(frame, weight, targets).weight / weight

    assert ratio.min() > 0.2
    assert ratio.max() < 2.2


@given(factor=st.floats(0.01, 100))
def test_raked_weights_do_not_depend_on_the_scale_of_the_design_weights(factor):
    frame, weight = answers()
    targets = CalibrationTargets(margins={"size": SIZES, "park": PARKS})

    scaled = calibrate(frame, weight * factor, targets).weight

    np.testing.assert_allclose(scaled, calibrate(frame, weight, targets).weight, rtol=1e-8)


def test_weights_that_fit_already_stay():
    frame, weight = answers()
    mass = frame.with_columns(w=weight).group_by("size").agg(pl.col("w").sum())
    targets = CalibrationTargets(margins={"size": dict(mass.rows())})

    np.testing.assert_allclose(calibrate(frame, weight, targets).weight, weight, rtol=1e-9)


def test_margins_of_different_populations_are_refused():
    frame, weight = answers()
    targets = CalibrationTargets(margins={"size": SIZES, "park": {"north": 55, "south": 55}})

    with pytest.raises(MarginTotalsError) as caught:
        calibrate(frame, weight, targets)

    assert caught.value.code == "survey.margin_totals"
    assert (caught.value.fields["first_total"], caught.value.fields["second_total"]) == (100, 110)
    assert "名录" in caught.value.render("zh")


def test_a_category_without_a_respondent_is_refused():
    frame, weight = answers()
    targets = CalibrationTargets(margins={"size": SIZES | {"micro": 5.0}})

    with pytest.raises(EmptyMarginError) as caught:
        calibrate(frame, weight, targets)

    assert caught.value.fields["value"] == "micro"


@pytest.mark.parametrize("value", ["xl", None])
def test_a_respondent_whom_no_margin_counts_is_refused_by_row(value):
    frame, weight = answers()
    size = frame["size"].to_list()
    size[4] = value

    with pytest.raises(MarginValueError) as caught:
        calibrate(
            frame.with_columns(size=pl.Series(size)),
            weight,
            CalibrationTargets(margins={"size": SIZES}),
        )

    assert (caught.value.fields["row"], caught.value.fields["value"]) == (5, value)


@pytest.mark.parametrize("staff", [None, float("nan"), "many"])
def test_an_amount_that_is_no_number_is_refused_by_row(staff):
    frame = pl.DataFrame({"staff": [1.0, staff]}, strict=False)
    if isinstance(staff, str):
        frame = pl.DataFrame({"staff": ["1", staff]})

    with pytest.raises(MarginValueError) as caught:
        calibrate(frame, np.ones(2), CalibrationTargets(totals={"staff": 9}))

    assert caught.value.fields["row"] == 2


def test_totals_out_of_reach_are_told_with_how_near_they_came():
    frame, weight = answers()
    targets = CalibrationTargets(
        margins={"size": SIZES}, totals={"staff": 10}, method="logit", bounds=(0.5, 2)
    )

    with pytest.raises(NotConvergedError) as caught:
        calibrate(frame, weight, targets)

    assert caught.value.code == "survey.not_converged"
    assert caught.value.fields["method"] == "logit"


def test_linear_weights_under_zero_are_refused():
    # Three firms with 12 staff must stand for three with 2: the large one counts against.
    frame = pl.DataFrame({"staff": [1.0, 1.0, 10.0], "firm": [1.0, 1.0, 1.0]})
    targets = CalibrationTargets(totals={"staff": 2, "firm": 3}, method="linear")

    with pytest.raises(NegativeWeightError) as caught:
        calibrate(frame, np.ones(3), targets)

    assert caught.value.fields["count"] == 1
