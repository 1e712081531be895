"""One estimate at a time, through svy or without it."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from taji.survey import estimate
from taji.survey.design import Design
from taji.survey.measures import Amount
from taji.survey.tabulate import tabulate

DESIGN = {"strata": "size", "weight": "weight", "population": "firms"}


def survey() -> pl.DataFrame:
    rng = np.random.default_rng(11)
    size = rng.integers(0, 3, 120)
    return pl.DataFrame(
        {
            "size": size.astype(str),
            "firms": 300 + size,
            "weight": rng.uniform(1, 4, 120),
            "robots": np.where(rng.random(120) < 0.2, np.nan, rng.poisson(4, 120)),
            "staff": rng.integers(5, 80, 120),
            "plan": rng.choice(["yes", "no"], 120),
            "zone": rng.choice(np.array(["a", "b", None], dtype=object), 120).tolist(),
        }
    ).with_columns(pl.col("robots").fill_nan(None))


def agree(ours: tuple[estimate.Estimate, ...], theirs: tuple[estimate.Estimate, ...]) -> None:
    assert [(e.group, e.option, e.n) for e in ours] == [(e.group, e.option, e.n) for e in theirs]
    for name in ("value", "se", "ci_low", "ci_high"):
        np.testing.assert_allclose(
            [getattr(e, name) for e in ours], [getattr(e, name) for e in theirs], rtol=1e-10
        )


@pytest.mark.parametrize("by", [None, "zone"])
@pytest.mark.parametrize(
    "verb",
    [
        lambda frame, design, by: estimate.mean(frame, "robots", design, by=by),
        lambda frame, design, by: estimate.total(frame, "staff", design, by=by),
        lambda frame, design, by: estimate.proportion(frame, "plan", design, by=by),
        lambda frame, design, by: estimate.ratio(frame, "robots", "staff", design, by=by),
    ],
    ids=["mean", "total", "proportion", "ratio"],
)
def test_svy_and_our_own_path_give_the_same(verb, by):
    frame, design = survey(), Design.from_mapping(DESIGN)
    # A stratum of one firm, surely drawn and silent, changes nothing but the path.
    lone = pl.DataFrame({"size": ["9"], "firms": [1], "weight": [0.0], "staff": [0]})

    theirs = verb(frame, design, by)
    ours = verb(pl.concat([frame, lone], how="diagonal_relaxed"), design, by)

    assert {e.by_engine for e in theirs} == {"svy"}
    assert {e.by_engine for e in ours} == {"taji"}
    agree(ours, theirs)


@pytest.mark.parametrize("by", [None, "zone"])
def test_svy_agrees_with_bulk_tabulation(by):
    frame, design = survey(), Design.from_mapping(DESIGN)

    ours = estimate.mean(frame, "robots", design, by=by)

    table = tabulate(frame, [Amount("robots", pl.col("robots"))], design, by=["zone"])
    rows = table.filter(pl.col("by").is_null() if by is None else pl.col("by") == by)
    for name, column in (("value", "estimate"), ("se", "se"), ("ci_low", "ci_low")):
        np.testing.assert_allclose([getattr(e, name) for e in ours], rows[column], rtol=1e-10)


@pytest.mark.parametrize("blank", [None, float("nan")], ids=["null", "nan"])
def test_a_total_with_blanks_is_computed_here_as_in_bulk(blank):
    frame, design = survey(), Design.from_mapping(DESIGN)
    frame = frame.with_columns(pl.col("robots").fill_null(pl.lit(blank, dtype=pl.Float64)))

    ours = estimate.total(frame, "robots", design, by="zone", blanks="mean")
    full = estimate.total(frame, "staff", design, by="zone", blanks="mean")

    table = tabulate(frame, [Amount("robots", pl.col("robots"), ("total",))], design, by=["zone"])
    rows = table.filter(pl.col("by") == "zone")
    assert [(e.value, e.se, e.n) for e in ours] == rows.select("estimate", "se", "n").rows()
    assert (rows["n"] < rows["base"]).all()
    assert [{e.by_engine for e in found} for found in (ours, full)] == [{"taji"}, {"svy"}]


def test_what_svy_does_not_cover_is_computed_here():
    frame = survey()
    calibrate = {"margins": {"plan": {"yes": 500, "no": 400}}}

    found = estimate.proportion(
        frame, "plan", Design.from_mapping({**DESIGN, "calibrate": calibrate})
    )

    assert {e.by_engine for e in found} == {"taji"}
    assert {e.option: (e.value, e.se) for e in found} == {
        "no": (pytest.approx(4 / 9), 0),
        "yes": (pytest.approx(5 / 9), 0),
    }


def test_a_group_of_one_has_no_interval():
    frame = pl.DataFrame({"robots": [1.0, 2.0, 4.0], "zone": ["a", "b", "b"]})

    lone, _ = estimate.mean(frame, "robots", Design(), by="zone")

    assert (lone.group, lone.value, lone.n) == ("a", 1.0, 1)
    assert math.isnan(lone.ci_low)
