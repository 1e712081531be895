"""The self scores of all corrected by the expert scores of some.

Truth: R's ``survey::twophase`` (``reference/two_phase.R`` made the JSON beside it), and cities drawn
again and again.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from taji.survey.design import Design, Sample
from taji.survey.two_phase import FewAssessedError, two_phase

REFERENCE = Path(__file__).parent / "reference"
FIRMS = pl.read_csv(REFERENCE / "two_phase.csv").with_columns(all=pl.lit(2280))
TRUTH = json.loads((REFERENCE / "two_phase.json").read_text("utf-8"))
STRATIFIED = {"strata": "stratum", "population": "population"}
#: First design, column of the assessed, column of the groups that these were drawn in.
DESIGNS = {
    "simple": ({"population": "all"}, "simple", None),
    "stratified": (STRATIFIED, "simple", None),
    "crossed": (STRATIFIED, "by_half", "half"),
    "nested": (STRATIFIED, "by_stratum", "stratum"),
}


def _inputs(name: str, statistic: str):
    mapping, chosen, groups = DESIGNS[name]
    own, expert = FIRMS["x"].to_numpy(), FIRMS["y"].to_numpy()
    if statistic == "proportion":
        own, expert = (own >= 60) * 1.0, (expert >= 60) * 1.0
    expert = np.where(FIRMS[chosen] == 1, expert, np.nan)
    strata = None if groups is None else FIRMS[groups].to_list()
    return Design.from_mapping(mapping).bind(FIRMS), own, expert, strata


@pytest.mark.parametrize("statistic", ["mean", "proportion"])
@pytest.mark.parametrize("name", DESIGNS)
def test_estimates_and_errors_are_those_of_r(name: str, statistic: str):
    sample, own, expert, strata = _inputs(name, statistic)

    out = two_phase(sample, own, expert, strata=strata, statistic=statistic)

    for found, kind in ((out.corrected, "regression"), (out.assessed, "expansion")):
        truth = TRUTH[f"{name}/{kind}/{statistic}"]
        assert found.value == pytest.approx(truth["value"], rel=1e-9)
        assert found.se == pytest.approx(truth["se"], rel=1e-8)


@pytest.mark.parametrize("name", DESIGNS)
def test_the_total_of_a_stratified_draw_is_the_mean_times_the_firms(name: str):
    sample, own, expert, strata = _inputs(name, "mean")

    mean, total = (
        two_phase(sample, own, expert, strata=strata, statistic=s) for s in ("mean", "total")
    )

    for part in ("corrected", "own", "assessed"):
        a, b = getattr(mean, part), getattr(total, part)
        assert b.value == pytest.approx(2280 * a.value)
        assert b.se == pytest.approx(2280 * a.se)


def test_assessing_everybody_gives_the_expert_scores_own_estimate():
    sample, own, _, _ = _inputs("stratified", "mean")
    expert = FIRMS["y"].to_numpy()

    out = two_phase(sample, own, expert)
    plain = two_phase(sample, expert, expert).own

    assert out.corrected.value == pytest.approx(plain.value)
    assert out.corrected.se == pytest.approx(plain.se)
    assert out.gain == pytest.approx(1)


def test_calibrated_first_phase_weights_are_respected():
    mapping = {
        "population": "all",
        "calibrate": {"margins": {"stratum": {"a": 1800, "b": 420, "c": 60}}, "method": "linear"},
    }
    sample = Design.from_mapping(mapping).bind(FIRMS)
    own, everybody = FIRMS["x"].to_numpy(), FIRMS["y"].to_numpy()
    some = np.where(FIRMS["simple"] == 1, everybody, np.nan)

    whole = two_phase(sample, own, everybody)
    out = two_phase(sample, own, some)

    assert whole.corrected.se == pytest.approx(two_phase(sample, everybody, everybody).own.se)
    assert out.corrected.se > whole.corrected.se
    assert out.corrected.value == pytest.approx(
        two_phase(_inputs("stratified", "mean")[0], own, some).corrected.value
    )


def test_a_clustered_first_phase_with_everybody_assessed_has_the_usual_variance():
    frame = FIRMS.with_columns(town=pl.int_range(200) % 20, towns=pl.lit(60))
    sample = Design.from_mapping({"cluster": "town", "population": "towns"}).bind(frame)
    own, expert = FIRMS["x"].to_numpy(), FIRMS["y"].to_numpy()

    out = two_phase(sample, own, expert)

    assert out.corrected.se == pytest.approx(two_phase(sample, expert, expert).own.se)
    assert out.corrected.df == 19


def test_a_firm_without_a_self_score_stands_outside():
    sample, own, expert, _ = _inputs("simple", "mean")
    blank = own.copy()
    blank[:10] = np.nan

    out = two_phase(sample, blank, expert)

    assert out.own.n == 190
    assert out.own.value == pytest.approx(own[10:].mean())


def test_a_share_that_no_expert_found_has_an_interval_above_zero():
    sample, _, expert, _ = _inputs("simple", "mean")
    nobody = np.where(np.isnan(expert), np.nan, 0.0)
    claimed = (FIRMS["x"].to_numpy() > 60) * 1.0

    out = two_phase(sample, claimed, nobody, statistic="proportion")

    assert out.corrected.value == 0
    assert 0.03 < out.corrected.ci_high < 0.1
    assert out.correlation is None


def test_a_self_score_that_says_nothing_gains_nothing():
    sample, own, expert, _ = _inputs("simple", "mean")

    out = two_phase(sample, np.full_like(own, 50.0), expert)

    assert out.slope == 0
    assert out.correlation is None
    assert out.gain == pytest.approx(1)
    assert out.corrected.value == pytest.approx(out.assessed.value)


@pytest.mark.parametrize("assessed", [0, 1, 2])
def test_too_few_assessed_firms_are_an_error_that_says_how_many_it_takes(assessed: int):
    sample, own, expert, _ = _inputs("simple", "mean")
    few = np.full_like(expert, np.nan)
    few[:assessed] = 40.0

    with pytest.raises(FewAssessedError) as caught:
        two_phase(sample, own, few)

    assert caught.value.fields["assessed"] == assessed
    assert "专家" in caught.value.render("zh")


def test_a_group_without_assessed_firms_is_named():
    sample, own, expert, strata = _inputs("nested", "mean")
    hidden = np.where(FIRMS["stratum"] == "b", np.nan, expert)

    with pytest.raises(FewAssessedError) as caught:
        two_phase(sample, own, hidden, strata=strata)

    assert caught.value.fields["stratum"] == "b"
    assert caught.value.fields["assessed"] == 0


SIZES, DRAWN = np.array([1800, 420, 80]), np.array([90, 70, 40])


def _city(rng: np.random.Generator):
    stratum = np.repeat([0, 1, 2], SIZES)
    true = np.array([40, 55, 68])[stratum] + rng.normal(0, 12, len(stratum))
    own = np.clip(true + 8 + rng.normal(0, 6, len(stratum)), 0, 100)
    return own, np.clip(true + rng.normal(0, 5, len(stratum)), 0, 100)


def _draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Places of the firms that answered, and which of them experts assessed."""
    starts = np.concatenate(([0], np.cumsum(SIZES)[:-1]))
    parts = [
        start + rng.choice(size, n, replace=False)
        for start, size, n in zip(starts, SIZES, DRAWN, strict=True)
    ]
    chosen = np.zeros(DRAWN.sum(), dtype=bool)
    chosen[rng.choice(DRAWN.sum(), 60, replace=False)] = True
    return np.concatenate(parts), chosen


@pytest.mark.parametrize("statistic", ["mean", "proportion"])
def test_intervals_hold_the_truth_of_a_known_city_as_often_as_they_say(statistic: str):
    rng = np.random.default_rng(2026)
    own, expert = _city(rng)
    if statistic == "proportion":
        own, expert = (own >= 55) * 1.0, (expert >= 55) * 1.0
    frame = pl.DataFrame({"s": np.repeat([0, 1, 2], DRAWN), "N": np.repeat(SIZES, DRAWN)})
    sample: Sample = Design.from_mapping({"strata": "s", "population": "N"}).bind(frame)
    truth, held, gains = expert.mean(), [], []
    for _ in range(1500):
        rows, chosen = _draw(rng)
        seen = np.where(chosen, expert[rows], np.nan)
        out = two_phase(sample, own[rows], seen, statistic=statistic)
        held.append(out.corrected.ci_low <= truth <= out.corrected.ci_high)
        gains.append(out.gain)

    assert 0.93 <= np.mean(held) <= 0.97
    assert np.median(gains) > 1.2
