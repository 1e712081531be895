"""Change between rounds whose samples share firms.

Truth: paired formulas, R's survey on the stacked rounds (``reference/change.R`` made the JSON beside
it), and populations drawn again and again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from taji.compare.change import CHANGES, NothingSharedError, Round, change
from taji.compare.moves import correlation_withheld
from taji.compare.overlap import ClusteredChangeError, Overlap
from taji.survey import estimate
from taji.survey.design import Design
from taji.survey.measures import Amount, Choice
from taji.survey.tabulate import tabulate

REFERENCE = Path(__file__).parent / "reference"
FIRMS = pl.read_csv(REFERENCE / "change.csv")
TRUTH = json.loads((REFERENCE / "change.json").read_text("utf-8"))
STRATIFIED = {"strata": "stratum", "population": "population"}
MEASURES = (
    Amount("score", pl.col("score")),
    Choice(
        "plan",
        ("yes", "no"),
        pl.when(pl.col("plan") == 1).then(pl.lit("yes")).otherwise(pl.lit("no")),
    ),
)


def _round(frame: pl.DataFrame, mapping: dict[str, Any], by: tuple[str, ...] = ()) -> Round:
    design = Design.from_mapping(mapping)
    table = tabulate(frame, MEASURES, design, by=by).with_columns(suppressed=pl.lit(False))
    return Round(frame, design.bind(frame), MEASURES, table)


def _frames(before: pl.Series, after: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    keys = ("enterprise", "stratum", "population")
    return (
        FIRMS.filter(before).select(*keys, score="score_before", plan="plan_before"),
        FIRMS.filter(after).select(*keys, score="score_after", plan="plan_after"),
    )


ALL = pl.repeat(value=True, n=FIRMS.height, eager=True)
SAME = _frames(ALL, ALL)
PART = _frames(FIRMS["in_before"] == 1, FIRMS["in_after"] == 1)


def _one(table: pl.DataFrame, question: str, **where: object) -> dict[str, Any]:
    if question == "plan":
        where = {"option": "yes", **where}
    by = pl.col("by").is_null() if "by" not in where else pl.lit(value=True)
    return table.filter(by, question=question, **where).row(0, named=True)


@pytest.mark.parametrize("question", ["score", "plan"])
def test_the_same_firms_twice_have_the_error_that_r_gives(question: str):
    out = _one(change(*(_round(f, STRATIFIED) for f in SAME)), question)

    assert out["change"] == pytest.approx(TRUTH[f"same/{question}"]["change"])
    assert out["se"] == pytest.approx(TRUTH[f"same/{question}"]["se"], rel=1e-9)
    assert out["n_both"] == 240


@pytest.mark.parametrize("question", ["score", "plan"])
def test_rounds_that_share_some_firms_have_nearly_the_error_that_r_gives(question: str):
    out = _one(change(*(_round(f, {}) for f in PART)), question)

    # R counts the firms outside a round into n / (n - 1).
    assert out["change"] == pytest.approx(TRUTH[f"part/{question}"]["change"])
    assert out["se"] == pytest.approx(TRUTH[f"part/{question}"]["se"], rel=0.01)


def test_the_same_firms_twice_have_the_interval_of_their_paired_differences():
    before, after = SAME
    paired = before.with_columns(difference=after["score"] - before["score"])
    (truth,) = estimate.mean(paired, "difference", Design.from_mapping(STRATIFIED))

    out = _one(change(*(_round(f, STRATIFIED) for f in SAME)), "score")

    assert out["change"] == pytest.approx(truth.value)
    assert out["se"] == pytest.approx(truth.se)
    assert (out["ci_low"], out["ci_high"]) == pytest.approx((truth.ci_low, truth.ci_high))


def test_a_group_changes_by_the_paired_differences_of_its_firms():
    truth = estimate.mean(
        SAME[0].with_columns(difference=SAME[1]["score"] - SAME[0]["score"]),
        "difference",
        Design.from_mapping(STRATIFIED),
        by="stratum",
    )

    table = change(*(_round(f, STRATIFIED, ("stratum",)) for f in SAME))

    for part in truth:
        out = _one(table, "score", by="stratum", group=part.group)
        assert (out["change"], out["se"]) == pytest.approx((part.value, part.se))


def test_rounds_without_a_firm_in_common_have_the_sum_of_both_variances():
    strangers = PART[1].with_columns(enterprise="new " + pl.col("enterprise"))
    rounds = _round(PART[0], STRATIFIED), _round(strangers, STRATIFIED)

    out = _one(change(*rounds), "score")

    ses = [_one(r.estimates, "score")["se"] for r in rounds]
    assert out["se"] == pytest.approx(np.hypot(*ses))
    assert out["n_both"] == 0


def test_the_covariance_of_two_simple_samples_is_that_of_tam():
    rng = np.random.default_rng(5)
    frame = pl.DataFrame({"N": [500] * 80})
    design = Design.from_mapping({"population": "N"})
    keys = pl.Series([f"f{at}" for at in range(140)])
    x, y = rng.normal(0, 1, 80), rng.normal(0, 1, 80)
    x[60:], y[:20] = 0, 0
    x[:60] -= x[:60].mean() * (np.arange(60) < 60)
    y[20:] -= y[20:].mean()
    sample = design.bind(frame)

    found = Overlap.of(sample, keys[:80], sample, keys[60:]).covariance(x / 80, y / 80)

    # Shared: rows 60-79 of the first and 0-19 of the second.
    spread = (x[60:] * y[:20]).sum() / 20 * 80 / 79
    assert found == pytest.approx((20 / 80**2 - 1 / 500) * spread, abs=1e-15)


@pytest.mark.parametrize("keep", [1.0, 0.7, 0.25])
def test_the_stated_error_is_that_of_rounds_drawn_again_and_again(keep: float):
    """Of 400 firms 100 answer twice; a panel of ``keep`` stays, or (0.25) chance alone keeps them."""
    rng = np.random.default_rng(11)
    base = rng.normal(50, 10, 400)
    now = base + 5 + rng.normal(0, 4, 400)
    design = Design.from_mapping({"population": "N"})
    sample = design.bind(pl.DataFrame({"N": [400] * 100}))
    names = pl.Series([str(at) for at in range(400)])
    estimates, variances = [], []
    for _ in range(600):
        first = rng.permutation(400)[:100]
        second = rng.permutation(400)[:100]
        if keep != 0.25:
            stay = round(100 * keep)
            rest = rng.permutation(np.setdiff1d(np.arange(400), first))[: 100 - stay]
            second = np.concatenate((rng.permutation(first)[:stay], rest))
        one, two = base[first], now[second]
        overlap = Overlap.of(sample, names[first.tolist()], sample, names[second.tolist()])
        z1, z2 = (one - one.mean()) / 100, (two - two.mean()) / 100
        own = sum((1 - 0.25) * v.var(ddof=1) / 100 for v in (one, two))
        variances.append(own - 2 * overlap.covariance(z1, z2))
        estimates.append(two.mean() - one.mean())

    assert np.mean(variances) == pytest.approx(np.var(estimates, ddof=1), rel=0.13)


def test_firms_that_moved_to_another_stratum_still_count_as_the_same_firms():
    before, after = SAME
    moved = after.with_columns(
        stratum=pl.when(pl.int_range(pl.len()) < 10).then(pl.lit("b")).otherwise("stratum")
    ).with_columns(population=pl.when(stratum="b").then(250).otherwise(890))

    out = _one(change(_round(before, STRATIFIED), _round(moved, STRATIFIED)), "score")
    apart = np.hypot(
        *(_one(_round(f, STRATIFIED).estimates, "score")["se"] for f in (before, moved))
    )

    assert 0 < out["se"] < 0.75 * apart
    assert out["n_both"] == 240


def test_calibrated_weights_leave_the_same_firms_their_paired_error():
    mapping = {
        "population": "all",
        "calibrate": {"margins": {"stratum": {"a": 900, "b": 240}}, "method": "linear"},
    }
    before, after = (f.with_columns(all=pl.lit(1140)) for f in SAME)
    paired = before.with_columns(score=after["score"] - before["score"])
    truth = _one(_round(paired, mapping).estimates, "score")

    out = _one(change(_round(before, mapping), _round(after, mapping)), "score")

    assert (out["change"], out["se"]) == pytest.approx((truth["estimate"], truth["se"]))


def test_a_row_that_either_round_withholds_is_withheld():
    rounds = [_round(f, STRATIFIED, ("stratum",)) for f in SAME]
    hidden = (pl.col("group") == "b").fill_null(value=False) & (pl.col("question") == "score")
    for at in (0, 1):
        pair = list(rounds)
        table = rounds[at].estimates.with_columns(suppressed=hidden)
        numbers = ("estimate", "se", "ci_low", "ci_high", "n")
        table = table.with_columns(pl.when(~hidden).then(pl.col(n)).alias(n) for n in numbers)
        pair[at] = Round(rounds[at].frame, rounds[at].sample, MEASURES, table)

        out = change(*pair)

        row = _one(out, "score", by="stratum", group="b")
        told = [name for name in CHANGES if name not in ("question", "statistic", "by", "group")]
        assert [row[name] for name in told] == [None] * (len(told) - 1) + [True]
        assert out["suppressed"].sum() == 1


def _ticks(kept: int, left: int, came: int, never: int) -> tuple[np.ndarray, np.ndarray]:
    before = [1] * (kept + left) + [0] * (came + never)
    after = [1] * kept + [0] * left + [1] * came + [0] * never
    return np.array(before, float), np.array(after, float)


def _shares(counts: tuple[int, int, int, int]) -> dict[str, Any]:
    before, after = _ticks(*counts)
    size = len(before)
    keys = [f"f{at}" for at in range(size)]
    frames = (
        pl.DataFrame({"enterprise": keys, "score": 0.0, "plan": ticks, "N": 10 * size})
        for ticks in (before, after)
    )
    return _one(change(*(_round(f, {"population": "N"}) for f in frames)), "plan")


def test_one_two_or_no_firms_that_moved_cannot_be_told_apart():
    """Both shares are published; only the error of their change could tell who moved."""
    held = {_shares((10 - n, n, n, 30 - n))["se"] for n in (0, 1, 2, 3)}

    assert len({round(se, 12) for se in held}) == 1
    assert _shares((6, 4, 4, 26))["se"] > max(held)


def test_a_share_that_did_not_change_still_has_a_width():
    out = _shares((20, 0, 0, 20))

    assert out["change"] == 0
    assert out["ci_low"] < -0.02
    assert out["ci_high"] > 0.02


def test_a_share_that_nobody_ticked_in_either_round_has_a_width():
    out = _shares((0, 0, 0, 40))

    assert out["ci_low"] < -0.05
    assert out["ci_high"] > 0.05


def test_where_many_moved_the_error_of_a_share_is_exactly_that_of_pairs():
    before, after = _ticks(20, 5, 12, 23)

    out = _shares((20, 5, 12, 23))

    assert correlation_withheld(before, after) == 0
    paired = (after - before).var(ddof=1) / 60 * 0.9
    assert out["se"] == pytest.approx(paired**0.5)


@pytest.mark.parametrize("shared", [1, 2])
def test_one_or_two_shared_firms_do_not_show_in_the_error_of_a_mean(shared: int):
    after = PART[1].with_columns(
        enterprise=pl.when(pl.int_range(pl.len()) < shared)
        .then("enterprise")
        .otherwise("new " + pl.col("enterprise"))
    )
    rounds = _round(PART[0], STRATIFIED), _round(after, STRATIFIED)

    out = _one(change(*rounds), "score")

    ses = [_one(r.estimates, "score")["se"] for r in rounds]
    assert out["n_both"] == shared
    assert out["se"] == pytest.approx(np.hypot(*ses))


def test_rows_keep_the_columns_of_the_contract_and_the_order_of_the_later_round():
    rounds = [_round(f, STRATIFIED, ("stratum",)) for f in SAME]

    out = change(*rounds)

    assert out.schema == CHANGES
    keys = ["question", "option", "by", "group"]
    assert out.select(keys).equals(rounds[1].estimates.select(keys))


def test_rounds_without_a_common_figure_are_refused():
    one, two = (_round(f, STRATIFIED) for f in SAME)
    other = two.estimates.with_columns(question="other " + pl.col("question"))

    with pytest.raises(NothingSharedError) as caught:
        change(one, Round(two.frame, two.sample, two.measures, other))

    assert caught.value.fields == {"before": 3, "after": 3}


def test_rounds_drawn_by_clusters_are_refused():
    mapping = {"cluster": "park"}
    frames = [f.with_columns(park=pl.int_range(pl.len()) % 20) for f in SAME]

    with pytest.raises(ClusteredChangeError) as caught:
        change(*(_round(f, mapping) for f in frames))

    assert caught.value.fields["clusters"] == 20


def test_the_interval_of_a_mean_is_of_t():
    out = _one(change(*(_round(f, STRATIFIED) for f in SAME)), "score")

    half = stats.t.ppf(0.975, 238) * out["se"]
    assert out["ci_high"] - out["change"] == pytest.approx(half)
