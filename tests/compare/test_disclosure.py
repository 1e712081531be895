"""Nothing that is published betrays a firm."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from taji.compare.contributors import Scale, contributors
from taji.compare.disclosure import (
    EMPTIED,
    LeakError,
    Rules,
    UncountedError,
    protect,
    refuse_leaks,
    verify_published,
    withhold_peers,
)
from taji.survey.design import Design
from taji.survey.measures import Amount, Choice, Measure
from taji.survey.tabulate import tabulate

MINIMUM = 3
KEY = ["question", "option", "by", "group"]


def firms(rng: np.random.Generator, n: int, weights: bool = False) -> pl.DataFrame:
    """A survey with ticks, a choice, an amount, two breakdowns."""
    size = rng.choice(list("sml"), n, p=[0.6, 0.3, 0.1])
    return pl.DataFrame(
        {
            "size": size,
            "district": rng.choice(list("abcde"), n, p=[0.3, 0.3, 0.2, 0.15, 0.05]),
            "plan": rng.random(n) < 0.12,
            "help": rng.random(n) < 0.9,
            "stage": rng.choice(["none", "some", "most"], n, p=[0.5, 0.4, 0.1]),
            "revenue": rng.lognormal(3, 1.5, n),
            "w": rng.uniform(20, 60, n) if weights else np.full(n, 40.0),
        }
    )


MEASURES: tuple[Measure, ...] = (
    Choice("plan", ("yes",), pl.col("plan")),
    Choice("help", ("yes",), pl.col("help")),
    Choice("stage", ("none", "some", "most"), pl.col("stage")),
    Amount("revenue", pl.col("revenue"), ("mean", "total")),
)
DESIGN = Design.from_mapping({"weight": "w"})
SCALES = {"revenue": Scale(money=True)}


def estimated(frame: pl.DataFrame, by=("size", "district"), measures=MEASURES):
    estimates = tabulate(frame, measures, DESIGN, by=by)
    counts = contributors(frame, measures, by=by, weight=frame["w"].to_numpy(), scales=SCALES)
    return estimates, counts


def sensitive(counts: pl.DataFrame) -> pl.DataFrame:
    """The rule for shares, written down once more."""
    few = [pl.col("n"), pl.col("ticking"), pl.col("n") - pl.col("ticking")]
    return counts.filter(
        pl.col("ticking").is_not_null(),
        pl.any_horizontal(c.is_between(1, MINIMUM - 1) for c in few),
    )


def deduce(estimates: pl.DataFrame, counts: pl.DataFrame, value: str) -> dict[tuple, tuple]:
    """Attack the published file: interval of ``value`` for every sensitive cell.

    ``value`` is ``ticking`` or ``weighted``. Group sizes and weights are known; published shares
    are read off the file; the sums are written down anew, without the library.
    """
    rows = counts.filter(pl.col("ticking").is_not_null()).to_dicts()
    shown = {
        tuple(r[k] or "" for k in KEY): r["estimate"]
        for r in estimates.filter(~pl.col("suppressed")).to_dicts()
    }
    scale = "n" if value == "ticking" else "weight"
    index = {tuple(r[k] for k in KEY): i for i, r in enumerate(rows)}
    bounds = [(0.0, float(r[scale])) for r in rows]
    for key, i in index.items():
        if key in shown:
            known = shown[key] * rows[i][scale]
            bounds[i] = (known - 1e-7, known + 1e-7)
    equations, right = [], []
    for (question, option, by, group), i in index.items():
        if by == "":
            for other in {k[2] for k in index if k[2]}:
                line = np.zeros(len(rows))
                line[[j for k, j in index.items() if k[:3] == (question, option, other)]] = 1
                line[i] = -1
                equations.append(line)
                right.append(0.0)
        if rows[i]["kind"] == "single" and option == "none":
            line = np.zeros(len(rows))
            line[[j for k, j in index.items() if (k[0], *k[2:]) == (question, by, group)]] = 1
            equations.append(line)
            right.append(float(rows[i][scale]))
    found = {}
    for r in sensitive(counts).to_dicts():
        key = tuple(r[k] for k in KEY)
        c = np.zeros(len(rows))
        c[index[key]] = 1
        ends = [
            sign * linprog(sign * c, A_eq=equations, b_eq=right, bounds=bounds).fun
            for sign in (1, -1)
        ]
        found[key] = (ends[0], ends[1], r["n"], r["weight"])
    return found


def primary_only(estimates: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    keys = sensitive(counts).select(KEY).with_columns(suppressed=True)
    return (
        estimates.with_columns(pl.col(KEY).fill_null(""))
        .join(keys, on=KEY, how="left")
        .with_columns(pl.col("suppressed").fill_null(False))
    )


def test_the_published_file_withstands_an_attack_that_primary_suppression_does_not():
    rng = np.random.default_rng(2026)
    leaky = 0
    for _ in range(12):
        estimates, counts = estimated(firms(rng, 65))

        before = deduce(primary_only(estimates, counts), counts, "ticking")
        after = deduce(protect(estimates, counts).estimates, counts, "ticking")

        leaky += any(high - low < 0.5 for low, high, *_ in before.values())
        for low, high, n, _ in after.values():
            assert high - low >= min(MINIMUM, n) - 1e-4
    assert leaky >= 10


def test_unequal_weights_known_to_the_attacker_pin_no_cell():
    rng = np.random.default_rng(8)
    for _ in range(5):
        estimates, counts = estimated(firms(rng, 65, weights=True))

        after = deduce(protect(estimates, counts).estimates, counts, "weighted")

        for low, high, n, weight in after.values():
            assert high - low > 0.5 * weight / n  # half an average firm, at the very least


def test_a_suppressed_row_keeps_its_key_and_loses_every_number():
    estimates, counts = estimated(firms(np.random.default_rng(1), 65))

    out = protect(estimates, counts).estimates

    gone = out.filter("suppressed")
    assert gone.height > 0
    assert gone.select(EMPTIED).null_count().row(0) == (gone.height,) * len(EMPTIED)
    names = ["question", "option", "statistic", "by", "group"]
    assert out.select(names).equals(estimates.select(names).with_columns(pl.col(KEY).fill_null("")))
    assert (out.filter(~pl.col("suppressed"))["n"] >= MINIMUM).all()


def test_shares_of_all_and_of_none_are_shown_when_enough_firms_stand_behind_them():
    frame = pl.DataFrame(
        {"size": ["s"] * 5 + ["m"] * 6, "plan": [True] * 5 + [False] * 6, "w": [1.0] * 11}
    )
    measures = [Choice("plan", ("yes",), pl.col("plan"))]

    out = protect(*estimated(frame, ("size",), measures))

    assert out.reasons.height == 0


def test_the_size_of_a_tiny_group_is_hidden_by_the_same_partner_in_every_question():
    district = ["a"] * 2 + ["b"] * 12 + ["c"] * 20 + ["d"] * 30
    frame = pl.DataFrame({"district": district, "w": np.ones(64)}).with_columns(
        pl.Series(f"q{i}", np.arange(64) % (i + 2) == 0) for i in range(2)
    )
    measures = [Choice(f"q{i}", ("yes",), pl.col(f"q{i}")) for i in range(2)]

    out = protect(*estimated(frame, ("district",), measures)).estimates

    for question in ("q0", "q1"):
        mine = out.filter(pl.col("question") == question, pl.col("by") == "district")
        hidden = mine.filter("suppressed")["group"].to_list()
        assert hidden == ["a", "b"]


def test_two_breakdowns_that_cross_are_read_as_one_table():
    frame = pl.DataFrame(
        {
            "size": ["s"] * 14 + ["m"] * 14 + ["l"] * 14,
            "district": (["a"] * 1 + ["b"] * 6 + ["c"] * 7)
            + (["a"] * 6 + ["b"] * 4 + ["c"] * 4) * 2,
            "w": np.ones(42),
        }
    )
    measures = [Choice(q, None, pl.col(q)) for q in ("size", "district")]

    out = protect(*estimated(frame, ("size", "district"), measures)).estimates

    hidden = {
        frozenset(((q, o), (b, g)))
        for q, o, b, g in out.filter("suppressed").select(KEY).iter_rows()
    }
    shown = {
        frozenset(((q, o), (b, g)))
        for q, o, b, g in out.filter(~pl.col("suppressed")).select(KEY).iter_rows()
    }
    assert frozenset((("size", "s"), ("district", "a"))) in hidden
    assert not hidden & shown


def test_the_base_of_a_later_question_does_not_tell_a_withheld_share():
    plan = [True] * 2 + [False] * 18 + [True] * 5 + [False] * 10 + [True] * 12 + [False] * 10
    frame = pl.DataFrame(
        {
            "district": ["a"] * 20 + ["b"] * 15 + ["c"] * 22,
            "plan": plan,
            "years": [float(i % 5 + 1) if p else None for i, p in enumerate(plan)],
            "w": np.ones(57),
        }
    )
    measures = [
        Choice("plan", ("yes",), pl.col("plan")),
        Amount("years", pl.col("years"), ("mean",), asked=pl.col("plan")),
    ]
    estimates, counts = estimated(frame, ("district",), measures)
    rulings = {"years": (("plan", "yes"),)}

    blind = protect(estimates, counts).estimates
    seeing = protect(estimates, counts, rulings=rulings).estimates

    def hidden(frame, question):
        mine = frame.filter(pl.col("question") == question, pl.col("suppressed"))
        return set(mine["group"].to_list())

    assert hidden(seeing, "plan") <= hidden(seeing, "years")
    assert verify_published(seeing, counts, rulings=rulings) == ()
    if not hidden(blind, "plan") <= hidden(blind, "years"):
        leaks = verify_published(blind, counts, rulings=rulings)
        assert {leak.why for leak in leaks} == {"base"}


def test_an_amount_that_one_firm_dominates_is_withheld_with_a_partner():
    frame = pl.DataFrame(
        {
            "size": ["s"] * 6 + ["m"] * 6 + ["l"] * 6,
            "revenue": [900.0, 9, 8, 7, 6, 5] + [50.0] * 6 + [70.0] * 6,
            "w": np.ones(18),
        }
    )
    estimates, counts = estimated(frame, ("size",), MEASURES[3:])

    out = protect(estimates, counts)

    why = dict(out.reasons.select("group", "why").iter_rows())
    assert why["s"] == "dominance"
    assert sorted(why.values()) == ["dominance", "secondary"]
    assert out.estimates.filter("suppressed").height == 4  # mean and total of both groups
    assert verify_published(out.estimates, counts) == ()


def test_the_second_largest_cannot_estimate_the_largest_within_p_per_cent():
    revenue = [60.0, 39.0, 1.0, 1.0] + [25.0] * 8
    frame = pl.DataFrame({"size": ["s"] * 4 + ["m"] * 4 + ["l"] * 4, "revenue": revenue})
    frame = frame.with_columns(w=pl.lit(1.0))
    estimates, counts = estimated(frame, ("size",), MEASURES[3:])
    lenient = Rules(dominance=(), p=3.0)

    out = protect(estimates, counts, rules=Rules(dominance=()))

    assert out.reasons.filter(pl.col("group") == "s")["why"].to_list() == ["p_percent"]
    assert protect(estimates, counts, rules=lenient).reasons.height == 0


def test_the_last_gate_finds_what_somebody_put_back_by_hand():
    estimates, counts = estimated(firms(np.random.default_rng(6), 65))
    safe = protect(estimates, counts).estimates
    assert verify_published(safe, counts) == ()
    key = sensitive(counts).select(KEY).row(0)
    mine = pl.struct(KEY) == pl.struct(*(pl.lit(k).alias(n) for n, k in zip(KEY, key, strict=True)))
    edited = safe.with_columns(suppressed=pl.when(mine).then(False).otherwise("suppressed"))
    numbered = safe.with_columns(n=pl.when("suppressed").then(7).otherwise("n"))

    leaks = verify_published(edited, counts)

    assert ("published", *key) in {(k.why, k.question, k.option, k.by, k.group) for k in leaks}
    assert {k.why for k in verify_published(numbered, counts)} == {"numbers"}
    assert {k.why for k in verify_published(primary_only(estimates, counts), counts)} >= {"deduced"}
    with pytest.raises(LeakError) as caught:
        refuse_leaks(leaks)
    assert caught.value.code == "compare.leak"
    assert caught.value.fields["leaks"] == len(leaks)
    refuse_leaks(())


def test_an_estimate_whose_firms_nobody_counted_is_refused_by_name():
    estimates, counts = estimated(firms(np.random.default_rng(6), 65))

    with pytest.raises(UncountedError) as caught:
        protect(estimates, counts.filter(pl.col("question") != "plan"))

    assert caught.value.code == "compare.uncounted"
    assert caught.value.fields["question"] == "plan"
    assert "企业计数" in caught.value.render("zh")


@pytest.mark.parametrize("seed", range(12))
def test_rounds_of_any_shape_are_protected_and_pass_the_last_gate(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    sizes = list("smlx")[: int(rng.integers(1, 5))]
    frame = firms(rng, n).with_columns(
        size=pl.Series(rng.choice([*sizes, None], n).tolist(), dtype=pl.String),
        same=pl.lit("only"),
        score=pl.Series(rng.choice([0.0, 50.0, 100.0, None], n).tolist(), dtype=pl.Float64),
        plan=pl.Series(rng.choice([True, False, None], n).tolist(), dtype=pl.Boolean),
    )
    measures = [
        *MEASURES,
        Choice("size", None, pl.col("size")),
        Choice("district", None, pl.col("district")),
        Choice("same", None, pl.col("same")),
        Amount("score", pl.col("score"), ("mean",)),
    ]
    by = ("size", "district", "same")
    estimates = tabulate(frame, measures, DESIGN, by=by)
    scales = SCALES | {"score": Scale(low=0.0, high=100.0)}
    counts = contributors(frame, measures, by=by, weight=frame["w"].to_numpy(), scales=scales)

    out = protect(estimates, counts)

    assert verify_published(out.estimates, counts) == ()
    assert out.optimal


def test_the_order_of_firms_and_of_rows_changes_nothing():
    frame = firms(np.random.default_rng(9), 65)
    estimates, counts = estimated(frame)
    shuffled_estimates, shuffled_counts = estimated(frame.sample(fraction=1, shuffle=True, seed=3))

    straight = protect(estimates, counts)
    shuffled = protect(
        shuffled_estimates.sample(fraction=1, shuffle=True, seed=1),
        shuffled_counts.sample(fraction=1, shuffle=True, seed=2),
    )

    assert straight.reasons.equals(shuffled.reasons)
    assert straight.optimal


def test_a_peer_group_whose_mean_is_withheld_is_not_shown_among_the_peers():
    peers = pl.DataFrame(
        {"model": ["m", "m"], "node": ["total"] * 2, "by": ["size"] * 2, "group": ["s", "l"]}
    )
    estimates = pl.DataFrame(
        {
            "question": ["m:total"] * 2,
            "option": [None, None],
            "by": ["size"] * 2,
            "group": ["s", "l"],
            "suppressed": [True, False],
        },
        schema_overrides={"option": pl.String},
    )

    assert withhold_peers(peers, estimates)["group"].to_list() == ["l"]
