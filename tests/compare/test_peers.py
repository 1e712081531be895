"""Percentiles among peers, and the spread of peer groups."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from taji.compare.peers import PeerColumnError, percentiles, spread
from taji.survey.design import Design

NAMES = {"total": ("m", "total")}


def placed(frame, *, design=None, ladder=((),), minimum=5):
    sample = (design or Design()).bind(frame)
    return percentiles(frame, "total", sample=sample, ladder=ladder, minimum=minimum)


def scores(*values, **columns):
    return pl.DataFrame(
        {"enterprise": [str(i) for i in range(len(values))], "total": values, **columns},
        schema_overrides={"total": pl.Float64},
    )


def test_ties_share_their_mid_rank():
    out = placed(scores(10, 20, 20, 20, 30))

    assert out["percentile"].to_list() == [0.1, 0.5, 0.5, 0.5, 0.9]


def test_the_order_and_the_scale_of_scores_change_no_percentile():
    rng = np.random.default_rng(1)
    values = rng.uniform(0, 100, 40)
    order = rng.permutation(40)

    straight = placed(scores(*values))
    turned = placed(scores(*(values[order] * 3 + 7)))

    wanted = straight.select("percentile", "low", "high").to_numpy()[order]
    np.testing.assert_allclose(turned.select("percentile", "low", "high").to_numpy(), wanted)


def test_the_interval_holds_the_percentile_and_stays_in_the_unit_interval():
    frame = scores(*np.random.default_rng(2).uniform(0, 100, 30))

    out = placed(frame)

    assert ((out["low"] >= 0) & (out["high"] <= 1)).all()
    assert ((out["low"] <= out["percentile"]) & (out["percentile"] <= out["high"])).all()


def test_a_firm_with_too_few_peers_is_compared_on_the_next_rung():
    frame = scores(
        *range(12),
        industry=["a"] * 6 + ["b"] * 6,
        size=["s"] * 5 + ["m"] + ["m"] * 3 + [None] * 3,
    )
    ladder = (("industry", "size"), ("industry",), ("size",), ())

    out = placed(frame, ladder=ladder)

    assert out["by"][0] == "industry*size"
    assert out["group"][0] == "a*s"
    assert out["n"][0] == 5
    assert out["by"].to_list()[5:] == ["industry"] * 7
    assert out["n"].to_list()[5:] == [6] * 7


def test_a_city_with_too_few_firms_gives_no_percentile():
    out = placed(scores(1, 2, 3, 4))

    assert out.select("percentile", "low", "high", "by", "n").null_count().row(0) == (4,) * 5


def test_a_firm_without_a_score_has_no_percentile_and_is_no_peer():
    out = placed(scores(1, 2, 3, 4, 5, None))

    assert out["n"].to_list() == [5] * 5 + [None]
    assert out["percentile"].to_list() == [0.1, 0.3, 0.5, 0.7, 0.9, None]


def test_when_every_firm_of_the_city_answered_there_is_nothing_uncertain():
    frame = scores(*range(20)).with_columns(firms=pl.lit(20))

    out = placed(frame, design=Design.from_mapping({"population": "firms"}))

    assert out["low"].to_list() == pytest.approx(out["percentile"].to_list(), abs=1e-4)
    assert out["high"].to_list() == pytest.approx(out["percentile"].to_list(), abs=1e-4)


def test_heavy_peers_count_for_the_firms_they_stand_for():
    frame = scores(1, 2, 3, 4, 5).with_columns(w=pl.Series([30.0, 10, 10, 10, 10]))

    out = placed(frame, design=Design.from_mapping({"weight": "w"}))

    # the third firm: 40 of the 60 others lie below, and it stands for itself
    assert out["percentile"][2] == pytest.approx(40.5 / 61)


@pytest.mark.parametrize("n", [6, 12, 30])
def test_intervals_cover_the_true_percentile_of_a_drawn_firm(n):
    rng = np.random.default_rng(n)
    city = np.sort(rng.normal(50, 15, 200))
    true = (np.arange(200) + 0.5) / 200
    covered = []
    for _ in range(400):
        drawn = rng.choice(200, n, replace=False)
        frame = scores(*city[drawn]).with_columns(firms=pl.lit(200))
        out = placed(frame, design=Design.from_mapping({"population": "firms"}))
        truth = true[drawn][0]  # one firm a draw: independent trials
        covered.append(out["low"][0] - 1e-9 <= truth <= out["high"][0] + 1e-9)

    # 400 trials at 0.95 have a standard error of 0.011; exact intervals err on the wide side
    assert np.mean(covered) > 0.95 - 3 * 0.011


def test_intervals_cover_in_a_stratified_sample_with_unequal_weights():
    rng = np.random.default_rng(77)
    size = np.repeat(["s", "m", "l"], [300, 80, 20])
    city = rng.normal(40, 12, 400) + 10 * (size == "m") + 25 * (size == "l")
    true = (city[:, None] > city).mean(1) + 0.5 / 400
    covered = []
    for _ in range(300):
        drawn = np.concatenate(
            [rng.choice(np.flatnonzero(size == s), 8, replace=False) for s in "sml"]
        )
        frame = scores(*city[drawn]).with_columns(
            size=pl.Series(size[drawn]),
            firms=pl.Series([{"s": 300, "m": 80, "l": 20}[s] for s in size[drawn]]),
        )
        design = Design.from_mapping({"strata": "size", "population": "firms"})
        out = placed(frame, design=design)
        one = int(rng.integers(24))
        covered.append(out["low"][one] - 1e-9 <= true[drawn][one] <= out["high"][one] + 1e-9)

    assert np.mean(covered) > 0.95 - 3 * 0.0126


def test_a_ladder_column_that_is_not_there_is_named():
    with pytest.raises(PeerColumnError) as caught:
        placed(scores(1, 2, 3, 4, 5), ladder=(("industry",), ()))

    assert caught.value.code == "compare.peer_column"
    assert caught.value.fields["column"] == "industry"


DESIGNS = {
    "srs": ("apisrs", {"population": "fpc"}),
    "srs_nofpc": ("apisrs", {"weight": "pw"}),
    "strat": ("apistrat", {"strata": "stype", "weight": "pw", "population": "fpc"}),
    "clus1": ("apiclus1", {"cluster": "dnum", "weight": "pw", "population": "fpc"}),
    "clus2": (
        "apiclus2",
        {"cluster": ["dnum", "snum"], "population": ["fpc1", "fpc2"]},
    ),
}


@pytest.mark.outside
@pytest.mark.parametrize("name", DESIGNS)
def test_quantiles_and_their_interval_agree_with_another_program(name, shared):
    file, design = DESIGNS[name]
    frame = pl.read_csv(shared / "oracle" / f"api_{file}.csv", infer_schema_length=None)
    frame = frame.with_columns(total=pl.col("api00").cast(pl.Float64))
    sample = Design.from_mapping(design).bind(frame)
    theirs = json.loads((shared / "oracle" / "survey_api_oracle.json").read_text())
    table = np.array(theirs[name]["svyquantile_api00"], dtype=float).ravel()

    out = spread(frame, NAMES, sample=sample, by=(), minimum=5).row(0, named=True)

    assert (out["p25"], out["median"], out["p75"]) in (tuple(table[0:3]), tuple(table[0::4]))
    ours = (out["median_low"], out["median_high"])
    assert ours in ((table[4], table[7]), (table[5], table[6]))


def test_groups_under_the_minimum_are_not_shown():
    frame = scores(*range(12), size=["s"] * 8 + ["m"] * 4)

    out = spread(frame, NAMES, sample=Design().bind(frame), by=("size",), minimum=5)

    assert out.select("by", "group", "n").rows() == [(None, None, 12), ("size", "s", 8)]


def test_a_quantile_that_would_be_the_score_of_a_firm_that_stands_out_is_not_shown():
    frame = scores(*range(10))

    out = spread(frame, NAMES, sample=Design().bind(frame), by=(), minimum=5).row(0, named=True)

    assert (out["p10"], out["p25"], out["median"], out["p75"], out["p90"]) == (None, 2, 4, 7, None)


def test_weights_move_the_quantiles():
    frame = scores(*range(30)).with_columns(w=pl.Series([10.0] * 10 + [1.0] * 20))
    even = spread(frame, NAMES, sample=Design().bind(frame), by=(), minimum=5)
    weighted = spread(
        frame, NAMES, sample=Design.from_mapping({"weight": "w"}).bind(frame), by=(), minimum=5
    )

    assert even["median"][0] == 14
    assert weighted["median"][0] == 5


def test_woodruff_intervals_cover_the_median_of_the_city():
    rng = np.random.default_rng(5)
    city = rng.gamma(3, 10, 1000)
    true = np.sort(city)[499]
    covered = []
    for _ in range(300):
        frame = scores(*rng.choice(city, 40, replace=False))
        out = spread(frame, NAMES, sample=Design().bind(frame), by=(), minimum=5)
        covered.append(out["median_low"][0] <= true <= out["median_high"][0])

    assert 0.90 < np.mean(covered) < 0.99
