"""Bulk tabulation: what its numbers mean, and what must not change them."""

from __future__ import annotations

from itertools import chain, combinations, pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taji.survey.design import Design, LoneUnitError
from taji.survey.measures import Amount, Choice, Quotient, present
from taji.survey.tabulate import (
    ESTIMATES,
    BreakdownError,
    GroupsError,
    IntervalChoiceError,
    finish,
    tabulate,
    tabulate_batches,
)
from taji.survey.tabulate_cells import merge, partial

NUMBERS = ("estimate", "se", "ci_low", "ci_high", "deff")


def survey(n: int = 400, seed: int = 2026) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    size = rng.integers(0, 4, n)
    plan = rng.choice(["none", "draft", "done"], n)
    plan = np.where(rng.random(n) < 0.1, None, plan)
    revenue = np.where(rng.random(n) < 0.2, np.nan, rng.lognormal(15, 1, n))
    return pl.DataFrame(
        {
            "size": size.astype(str),
            "firms": 500 + 100 * size,
            "park": (rng.integers(0, 12, n) + 20 * size).astype(str),
            "weight": rng.uniform(1, 9, n),
            "plan": plan,
            "revenue": revenue,
            "staff": rng.integers(5, 300, n).astype(float),
            "robot": rng.choice(np.array([True, False, None], dtype=object), n).tolist(),
            "district": rng.choice(["lusong", "hetang", "shifeng"], n).tolist(),
        }
    ).with_columns(pl.col("revenue").fill_nan(None))


MEASURES = (
    Choice("plan", ("none", "draft", "done"), pl.col("plan")),
    Choice("robot", ("yes",), pl.col("robot")),
    Amount("revenue", pl.col("revenue"), ("mean", "total")),
    Quotient("each", pl.col("revenue"), pl.col("staff")),
)
CALIBRATE = {"margins": {"district": {"lusong": 900, "hetang": 700, "shifeng": 400}}}
DESIGNS = {
    "weights alone": {"weight": "weight"},
    "strata": {"strata": "size", "population": "firms"},
    "strata, uneven weights": {"strata": "size", "weight": "weight", "population": "firms"},
    "clusters": {"strata": "size", "cluster": "park", "weight": "weight"},
    "calibrated": {"strata": "size", "weight": "weight", "calibrate": CALIBRATE},
    "calibrated clusters": {
        "strata": "size",
        "cluster": "park",
        "weight": "weight",
        "calibrate": CALIBRATE,
    },
    "calibrated to a number": {
        "strata": "size",
        "weight": "weight",
        "calibrate": {"margins": CALIBRATE["margins"], "totals": {"staff": 320_000}},
    },
}


def same(ours: pl.DataFrame, theirs: pl.DataFrame, tolerance: float = 1e-12) -> None:
    keys = ["question", "option", "statistic", "by", "group", "n", "base"]
    assert ours.select(keys).rows() == theirs.select(keys).rows()
    for number in NUMBERS:
        np.testing.assert_allclose(
            ours[number].cast(pl.Float64).fill_null(np.nan),
            theirs[number].cast(pl.Float64).fill_null(np.nan),
            rtol=tolerance,
            atol=1e-300,
            err_msg=number,
        )


@pytest.mark.parametrize("mapping", DESIGNS.values(), ids=DESIGNS.keys())
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_any_split_into_batches_gives_the_same_numbers(mapping, data):
    frame, design = survey(), Design.from_mapping(mapping)
    cuts = sorted(data.draw(st.lists(st.integers(0, frame.height), max_size=6)))
    edges = [0, *cuts, frame.height]
    batches = [frame[a:b] for a, b in pairwise(edges)]
    whole = tabulate(frame, MEASURES, design, by=["district"])

    split = tabulate_batches(batches, MEASURES, design.bind(frame), by=["district"])

    same(split, whole)


@pytest.mark.parametrize("mapping", DESIGNS.values(), ids=DESIGNS.keys())
def test_partitions_can_be_merged_in_any_order(mapping):
    frame, design = survey(), Design.from_mapping(mapping)
    sample = design.bind(frame)
    rows = np.random.default_rng(1).permutation(frame.height)
    parts = [
        partial(frame[piece], piece, sample, MEASURES, ["district"])
        for piece in np.array_split(rows, 3)
    ]

    left = finish(merge(merge(parts[0], parts[1]), parts[2]), sample, ["district"], 0.95, "logit")
    right = finish(merge(parts[2], merge(parts[1], parts[0])), sample, ["district"], 0.95, "logit")

    same(left, right)
    same(left, tabulate(frame, MEASURES, design, by=["district"]))


@pytest.mark.parametrize("mapping", DESIGNS.values(), ids=DESIGNS.keys())
def test_the_order_of_rows_changes_nothing(mapping):
    frame, design = survey(), Design.from_mapping(mapping)

    shuffled = tabulate(frame.sample(fraction=1, shuffle=True, seed=3), MEASURES, design)

    same(shuffled, tabulate(frame, MEASURES, design))


def test_amounts_in_another_unit_scale_and_nothing_else_changes():
    frame, design = survey(), Design.from_mapping(DESIGNS["strata"])
    yuan = tabulate(frame, [Amount("revenue", pl.col("revenue"), ("mean", "total"))], design)

    wan = tabulate(frame, [Amount("revenue", pl.col("revenue") / 1e4, ("mean", "total"))], design)

    for number in ("estimate", "se", "ci_low", "ci_high"):
        np.testing.assert_allclose(wan[number] * 1e4, yuan[number], rtol=1e-12)
    np.testing.assert_allclose(wan["deff"], yuan["deff"], rtol=1e-12)


@pytest.mark.parametrize("name", ["strata", "strata, uneven weights", "clusters", "calibrated"])
def test_an_amount_far_from_zero_keeps_its_digits(name):
    frame, design = survey().drop_nulls("revenue"), Design.from_mapping(DESIGNS[name])
    near = Amount("near", pl.col("staff"))
    # 2**30 and whole numbers: the far amounts themselves are exact.
    far = Amount("far", pl.col("staff") + 2.0**30)

    table = tabulate(frame, [near, far], design, by=["district"])

    errors = [table.filter(pl.col("question") == name)["se"] for name in ("near", "far")]
    np.testing.assert_allclose(errors[1], errors[0], rtol=1e-10)


@pytest.mark.parametrize("mapping", DESIGNS.values(), ids=DESIGNS.keys())
def test_the_shares_of_all_options_add_to_one(mapping):
    table = tabulate(survey(), MEASURES[:1], Design.from_mapping(mapping), by=["district"])

    sums = table.group_by("group").agg(pl.col("estimate").sum())

    np.testing.assert_allclose(sums["estimate"], 1, rtol=1e-12)


@pytest.mark.parametrize("mapping", DESIGNS.values(), ids=DESIGNS.keys())
def test_a_share_is_the_mean_of_its_indicator(mapping):
    indicator = Amount("robot", pl.col("robot").cast(pl.Float64))

    table = tabulate(survey(), [MEASURES[1], indicator], Design.from_mapping(mapping), by=["size"])

    share = table.filter(pl.col("statistic") == "proportion")
    mean = table.filter(pl.col("statistic") == "mean")
    for number in ("estimate", "se", "deff"):
        np.testing.assert_allclose(share[number], mean[number], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("mapping", DESIGNS.values(), ids=DESIGNS.keys())
def test_a_ratio_to_one_is_the_mean(mapping):
    ratio = Quotient("ratio", pl.col("revenue"), pl.lit(1.0))

    table = tabulate(survey(), [MEASURES[2], ratio], Design.from_mapping(mapping), by=["size"])

    mean, ratio_rows = (table.filter(pl.col("statistic") == name) for name in ("mean", "ratio"))
    for number in ("estimate", "se", "deff"):
        np.testing.assert_allclose(ratio_rows[number], mean[number], rtol=1e-9)


def plain_variance(sample, influence: np.ndarray) -> float:
    """The textbook formula, row by row, for one stage."""
    if sample.calibrated is not None:
        x, ratio = sample.calibrated.auxiliary, sample.calibrated.ratio
        x, ratio = x[sample.calibrated.code], ratio[sample.calibrated.code]
        design = sample.weight / ratio
        root = np.sqrt(design)[:, None]
        slopes = np.linalg.lstsq(root * x, root[:, 0] * influence, rcond=1e-12)[0]
        influence = influence - x @ slopes
    (stage,) = sample.stages
    scores = pl.DataFrame({"leaf": sample.leaf, "u": sample.weight * influence}).with_columns(
        stratum=stage.stratum[sample.leaf]
    )
    if stage.unit is not None:
        scores = scores.group_by("stratum", "leaf").agg(pl.col("u").sum())
    spread = scores.group_by("stratum").agg(pl.col("u").var(), n=pl.len()).sort("stratum")
    finite = 1 - stage.fraction[spread["stratum"].to_numpy()]
    return float((finite * spread["n"].to_numpy() * spread["u"].to_numpy()).sum())


@pytest.mark.parametrize("mapping", DESIGNS.values(), ids=DESIGNS.keys())
def test_errors_are_those_of_the_formula_written_out(mapping):
    frame, design = survey(), Design.from_mapping(mapping)
    sample = design.bind(frame)
    table = tabulate(frame, MEASURES, design, by=["district"]).filter(pl.col("group") == "hetang")
    inside = (frame["district"] == "hetang").to_numpy()
    w = sample.weight
    revenue, staff = frame["revenue"].to_numpy(), frame["staff"].to_numpy()
    given = inside & ~np.isnan(revenue)
    revenue = np.where(given, revenue, 0.0)
    done = (frame["plan"] == "done").fill_null(value=False).to_numpy() & inside
    planned = frame["plan"].is_not_null().to_numpy() & inside

    expected = {}
    for statistic, y, x in (
        ("mean", revenue, given),
        ("ratio", revenue, np.where(given, staff, 0.0)),
        ("proportion", done, planned),
    ):
        value = (w * y).sum() / (w * x).sum()
        expected[statistic] = (value, (y - value * x) / (w * x).sum())
    firms, mean = (w * inside).sum(), (w * revenue).sum() / (w * given).sum()
    expected["total"] = (
        firms * mean,
        firms / (w * given).sum() * (revenue - mean * given) + mean * inside,
    )

    for statistic, (value, influence) in expected.items():
        rows = table.filter(pl.col("statistic") == statistic)
        ours = rows.filter(pl.col("option").is_null() | (pl.col("option") == "done"))
        assert ours["estimate"].to_list() == [pytest.approx(value, rel=1e-12)]
        assert ours["se"][0] ** 2 == pytest.approx(plain_variance(sample, influence), rel=1e-9)


@pytest.mark.parametrize("mapping", DESIGNS.values(), ids=DESIGNS.keys())
def test_a_total_stands_in_for_the_silent_and_not_for_the_skipped(mapping):
    frame, design = survey(), Design.from_mapping(mapping)
    sample, w = design.bind(frame), design.bind(frame).weight
    asked = pl.col("plan") != "none"
    table = tabulate(
        frame, [Amount("revenue", pl.col("revenue"), ("total",), asked)], design, by=["district"]
    )

    for group in (None, "lusong", "hetang", "shifeng"):
        inside = frame.select(asked.fill_null(value=False)).to_series().to_numpy()
        if group is not None:
            inside = inside & (frame["district"] == group).to_numpy()
        y = frame["revenue"].to_numpy()
        given = inside & ~np.isnan(y)
        y = np.where(given, y, 0.0)
        a, d = (w * inside).sum(), (w * given).sum()
        mean = (w * y).sum() / d
        influence = a / d * (y - mean * given) + mean * inside

        ours = table.row(by_predicate=pl.col("group").eq_missing(group), named=True)
        assert (ours["n"], ours["base"]) == (given.sum(), inside.sum())
        assert given.sum() < inside.sum() < frame.height
        assert ours["estimate"] == pytest.approx(a * mean, rel=1e-12)
        assert ours["se"] ** 2 == pytest.approx(plain_variance(sample, influence), rel=1e-9)


@pytest.mark.parametrize("mapping", DESIGNS.values(), ids=DESIGNS.keys())
def test_a_total_is_the_mean_times_the_firms_asked(mapping):
    frame, design = survey(), Design.from_mapping(mapping)
    weight = frame.select("district", w=design.bind(frame).weight)
    firms = {None: weight["w"].sum()} | dict(weight.group_by("district").agg(pl.sum("w")).rows())

    table = tabulate(frame, [MEASURES[2]], design, by=["district"])

    mean, total = (table.filter(pl.col("statistic") == one) for one in ("mean", "total"))
    times = [firms[group] for group in mean["group"]]
    np.testing.assert_allclose(total["estimate"], mean["estimate"] * pl.Series(times), rtol=1e-12)


@pytest.mark.parametrize("mapping", DESIGNS.values(), ids=DESIGNS.keys())
def test_without_blanks_a_total_is_the_weighted_sum(mapping):
    frame, design = survey(), Design.from_mapping(mapping)
    sample = design.bind(frame)

    table = tabulate(frame, [Amount("staff", pl.col("staff"), ("total",))], design, by=["district"])

    for ours in table.iter_rows(named=True):
        inside = frame["district"].is_in([ours["group"]]).to_numpy() | (ours["group"] is None)
        y = np.where(inside, frame["staff"].to_numpy(), 0.0)
        assert ours["estimate"] == pytest.approx(sample.weight @ y, rel=1e-13)
        variance = plain_variance(sample, y)
        # Calibrated to staff itself, the city's total has no error.
        assert ours["se"] ** 2 == pytest.approx(variance, rel=1e-9, abs=1e-12 * (y @ y))


def test_a_total_with_blanks_is_computed_by_hand():
    # 4 of 40 firms, 2 answered (1, 3): mean 2, total 40 * 2. Influences are 10 times
    # 2 * (1 - 2) + 2, 2 * (3 - 2) + 2, 2, 2; variance (1 - 4/40) 4/3 * 800. As many answers
    # drawn simply: 40**2 (1 - 2/40) s2 / 2 with s2 of (1, 3) = 2.
    frame = pl.DataFrame({"firms": [40] * 4, "robots": [1.0, 3.0, None, None]})
    measure = Amount("robots", pl.col("robots"), ("total",))

    (total,) = tabulate(frame, [measure], Design.from_mapping({"population": "firms"})).to_dicts()

    assert total["estimate"] == pytest.approx(80)
    assert total["se"] ** 2 == pytest.approx(0.9 * 4 / 3 * 800)
    assert total["deff"] == pytest.approx(960 / 1520)
    assert (total["n"], total["base"]) == (2, 4)


def test_over_all_samples_and_all_blanks_a_total_is_right_on_average():
    robots = np.array([0.0, 1.0, 1.0, 4.0, 9.0, 30.0])
    design = Design.from_mapping({"population": "firms"})
    measure = Amount("robots", pl.col("robots"), ("total",))
    samples = list(combinations(robots, 3))
    silences = list(chain.from_iterable(combinations(range(3), size) for size in range(3)))

    totals = []
    for sample in samples:
        for silent in silences:
            kept = [None if at in silent else value for at, value in enumerate(sample)]
            frame = pl.DataFrame({"firms": [6] * 3, "robots": pl.Series(kept, dtype=pl.Float64)})
            totals += tabulate(frame, [measure], design)["estimate"].to_list()

    assert len(totals) == 20 * 7
    assert np.mean(totals) == pytest.approx(robots.sum(), rel=1e-12)


@pytest.mark.parametrize("group", [None, "hetang"])
def test_the_error_of_a_total_is_near_that_of_the_jackknife(group):
    frame = survey(4000)
    inside = np.ones(4000, dtype=bool) if group is None else (frame["district"] == group).to_numpy()
    y, w = frame["revenue"].to_numpy(), frame["weight"].to_numpy()
    given = inside & ~np.isnan(y)
    a, d, t = w * inside, w * given, w * np.where(given, y, 0.0)
    without = (a.sum() - a) * (t.sum() - t) / (d.sum() - d) * 4000 / 3999
    jackknife = 3999 / 4000 * ((without - without.mean()) ** 2).sum()

    table = tabulate(frame, [MEASURES[2]], Design(weight="weight"), by=["district"])

    ours = table.filter(pl.col("statistic") == "total", pl.col("group").eq_missing(group))
    assert ours["se"].item() ** 2 == pytest.approx(jackknife, rel=5e-3)


def test_firms_that_are_all_alike_leave_no_error_however_many_are_silent():
    frame = survey().with_columns(
        same=pl.when(pl.col("revenue").is_not_null()).then(pl.lit(2.0**30 + 1))
    )
    design = Design.from_mapping(DESIGNS["strata"])
    firms = frame.unique("size")["firms"].sum()

    (total,) = tabulate(frame, [Amount("same", pl.col("same"), ("total",))], design).to_dicts()

    assert total["n"] < total["base"]
    assert total["estimate"] == pytest.approx(firms * (2.0**30 + 1), rel=1e-14)
    assert total["se"] < 1e-13 * total["estimate"]


def test_a_calibrated_margin_has_no_error():
    design = Design.from_mapping(DESIGNS["calibrated"])
    measure = Choice("district", ("lusong", "hetang", "shifeng"), pl.col("district"))

    table = tabulate(survey(), [measure], design)

    np.testing.assert_allclose(table["estimate"], [0.45, 0.35, 0.2], rtol=1e-12)
    assert table["se"].to_list() == [0, 0, 0]


def test_domains_keep_the_other_firms_in_the_sample():
    # By hand: 4 of 40 firms; y = (1, 3, 0, 0) inside the domain. Total 10 * 4 = 40;
    # variance 40**2 (1 - 4/40) s2 / 4 with s2 of (1, 3, 0, 0) = 2.
    frame = pl.DataFrame(
        {"firms": [40] * 4, "robots": [1.0, 3.0, 7.0, 9.0], "zone": ["a", "a", "b", "b"]}
    )
    design = Design.from_mapping({"population": "firms"})

    table = tabulate(frame, [Amount("robots", pl.col("robots"), ("total",))], design, by=["zone"])

    a = table.row(by_predicate=pl.col("group") == "a", named=True)
    assert a["estimate"] == pytest.approx(40)
    assert a["se"] == pytest.approx(np.sqrt(1600 * 0.9 * 2 / 4))
    assert (a["n"], a["base"], a["by"]) == (2, 2, "zone")


def test_answers_missing_leave_the_estimate_and_show_in_n():
    frame = pl.DataFrame({"firms": [40] * 4, "plan": ["yes", "no", None, None]})
    design = Design.from_mapping({"population": "firms"})

    table = tabulate(frame, [Choice("plan", ("yes", "no"), pl.col("plan"))], design)

    assert table["estimate"].to_list() == [0.5, 0.5]
    assert table["n"].to_list() == [2, 2]
    assert table["base"].to_list() == [4, 4]


def test_firms_not_asked_are_outside_the_base():
    frame = pl.DataFrame(
        {"firms": [40] * 4, "any": ["y", "y", "n", "n"], "plan": ["yes", None, "yes", None]}
    )
    measure = Choice("plan", ("yes",), pl.col("plan"), asked=pl.col("any") == "y")

    table = tabulate(frame, [measure], Design.from_mapping({"population": "firms"}))

    assert table.select("estimate", "n", "base").rows() == [(1.0, 1, 2)]


def test_an_answer_that_is_no_option_stays_in_the_base():
    frame = pl.DataFrame({"firms": [40] * 4, "plan": ["yes", "other", "other", "no"]})

    table = tabulate(
        frame,
        [Choice("plan", ("yes", "no"), pl.col("plan"))],
        Design.from_mapping({"population": "firms"}),
    )

    assert table["estimate"].to_list() == [0.25, 0.25]


def test_a_group_in_which_nobody_answered_has_a_row_and_no_numbers():
    frame = pl.DataFrame({"robots": [1.0, 2.0, None], "zone": ["a", "a", "b"]})

    measure = Amount("robots", pl.col("robots"), ("mean", "total"))

    table = tabulate(frame, [measure], Design(), by=["zone"])

    for silent in table.filter(pl.col("group") == "b").to_dicts():
        assert [silent[number] for number in NUMBERS] == [None] * 5
        assert (silent["n"], silent["base"]) == (0, 1)
    # The city's mean stands for the firm of the silent group as for any other.
    city = table.filter(pl.col("by").is_null())
    assert city["estimate"].to_list() == [1.5, 4.5]


def test_one_answer_has_an_estimate_and_no_interval():
    frame = pl.DataFrame({"plan": ["yes", "no", "no"], "zone": ["a", "b", "b"]})

    table = tabulate(frame, [Choice("plan", ("yes",), pl.col("plan"))], Design(), by=["zone"])

    lone = table.row(by_predicate=pl.col("group") == "a", named=True)
    assert (lone["estimate"], lone["ci_low"], lone["ci_high"]) == (1.0, None, None)


def test_a_firm_without_a_group_counts_for_the_city_alone():
    frame = pl.DataFrame({"plan": ["yes", "no", "no"], "zone": ["a", "a", None]})

    table = tabulate(frame, [Choice("plan", ("yes",), pl.col("plan"))], Design(), by=["zone"])

    assert table.select("group", "n").rows() == [(None, 3), ("a", 2)]


def test_a_weight_of_zero_holds_a_place_and_gives_no_answer():
    frame = pl.DataFrame({"w": [2.0, 2.0, 0.0], "robots": [1.0, 3.0, 99.0]})

    measures = [Amount("robots", pl.col("robots")), Choice("many", ("yes",), pl.col("robots") > 2)]
    table = tabulate(frame, measures, Design(weight="w"))

    assert table.select("estimate", "n").rows() == [(2.0, 2), (0.5, 2)]


def test_columns_are_the_contract_and_an_unasked_question_makes_no_row():
    frame = pl.DataFrame({"plan": ["yes", "no"]})

    table = tabulate(frame, [Choice("absent", ("yes",), pl.col("absent"))], Design())

    assert table.schema == ESTIMATES
    assert table.height == 0


@pytest.mark.parametrize("interval", ["logit", "beta", "arcsine", "linear"])
def test_intervals_of_shares_stay_between_zero_and_one(interval):
    table = tabulate(
        survey(60), MEASURES[:2], Design(weight="weight"), by=["park"], interval=interval
    ).drop_nulls("ci_low")

    assert table.height > 30
    assert {0.0, 1.0} <= set(table["estimate"])
    assert table.filter((pl.col("ci_low") < 0) | (pl.col("ci_high") > 1)).is_empty()
    assert table.filter(pl.col("ci_low") > pl.col("estimate") + 1e-12).is_empty()
    assert table.filter(pl.col("ci_high") < pl.col("estimate") - 1e-12).is_empty()


def test_a_stratum_with_one_firm_is_refused_by_name():
    frame = pl.DataFrame({"size": ["s", "s", "m"], "robots": [1.0, 2.0, 3.0]})

    with pytest.raises(LoneUnitError) as caught:
        tabulate(frame, [Amount("robots", pl.col("robots"))], Design(strata=("size",)))

    assert caught.value.fields["labels"] == ("m",)


def test_an_unknown_breakdown_is_refused():
    with pytest.raises(BreakdownError) as caught:
        tabulate(survey(), MEASURES, Design(), by=["colour"])

    assert caught.value.fields["column"] == "colour"


@pytest.mark.parametrize(("interval", "confidence"), [("wald", 0.95), ("beta", 95.0)])
def test_an_unknown_interval_or_confidence_is_refused(interval, confidence):
    with pytest.raises(IntervalChoiceError) as caught:
        tabulate(survey(), MEASURES, Design(), interval=interval, confidence=confidence)

    assert caught.value.code == "survey.interval"


def test_options_left_open_are_those_in_the_data():
    table = tabulate(survey(), [Choice("plan", None, pl.col("plan"))], Design())

    assert table["option"].to_list() == ["done", "draft", "none"]
    assert [m.options for m in present([MEASURES[0]], survey())] == [("none", "draft", "done")]


def test_a_breakdown_that_names_every_firm_is_refused():
    frame = pl.DataFrame({"enterprise": [str(at) for at in range(3000)], "robots": [1.0] * 3000})

    with pytest.raises(GroupsError) as caught:
        tabulate(frame, [Amount("robots", pl.col("robots"))], Design(), by=["enterprise"])

    assert (caught.value.fields["column"], caught.value.fields["groups"]) == ("enterprise", 3000)


def test_an_empty_group_label_is_no_group_for_empty_means_the_city():
    frame = pl.DataFrame({"plan": ["yes", "no", "no"], "zone": ["a", "a", ""]})

    table = tabulate(frame, [Choice("plan", ("yes",), pl.col("plan"))], Design(), by=["zone"])

    assert table.select("by", "group", "n").rows() == [(None, None, 3), ("zone", "a", 2)]


def test_a_breakdown_named_twice_is_tabulated_once():
    table = tabulate(survey(), MEASURES, Design(), by=["size", "size"])

    same(table, tabulate(survey(), MEASURES, Design(), by=["size"]))


def test_a_question_may_be_its_own_breakdown():
    table = tabulate(survey(), MEASURES[:1], Design(), by=["plan"])

    own = table.filter(pl.col("group") == pl.col("option"))
    assert own["estimate"].to_list() == [1, 1, 1]


def test_no_respondents_give_rows_without_numbers():
    table = tabulate(survey().clear(), MEASURES, Design(weight="weight"), by=["size"])

    assert table["n"].sum() == 0
    assert table["estimate"].null_count() == table.height == 7


def test_the_interval_of_a_mean_stops_where_its_values_do():
    frame = pl.DataFrame({"automated": [0.0, 0.0, 0.0, 0.9]})
    free, cut = (
        tabulate(frame, [Amount("automated", pl.col("automated"), ends=ends)], Design())
        for ends in ((-np.inf, np.inf), (0.0, 1.0))
    )

    assert free["ci_low"].item() < 0
    assert cut["ci_low"].item() == 0.0
    assert cut["ci_high"].item() == free["ci_high"].item()
