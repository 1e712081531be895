"""Drawing a sample, and proving later that it was so drawn."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import polars as pl
import pytest
from scipy import stats

from taji.survey.sampling import Certificate, ColumnTakenError, draw, replay
from taji.survey.sampling_frame import (
    DuplicateKeyError,
    EmptyRegisterError,
    MissingValueError,
    NoKeyColumnError,
    NotANumberError,
    UnknownColumnError,
)

DESIGN = ["stratum", "stratum_size", "stratum_drawn", "weight"]


@pytest.fixture
def register():
    rng = np.random.default_rng(2021)
    count = 240
    return pl.DataFrame(
        {
            "enterprise": [f"F{i:03}" for i in range(count)],
            "industry": rng.choice(["37", "30", "32"], count, p=[0.5, 0.3, 0.2]),
            "size": rng.choice(["small", "medium"], count, p=[0.8, 0.2]),
            "revenue": rng.lognormal(7, 1, count).round(2),
        }
    )


def draw_24(register, **changes):
    request = {"size": 24, "strata": ["industry", "size"], "seed": 11} | changes
    return draw(register, **request)


def test_a_sample_holds_register_rows_with_their_stratum_and_weight(register):
    sample = draw_24(register).sample

    held = Counter(register.select("industry", "size").iter_rows())
    taken = Counter(sample.select("industry", "size").iter_rows())
    assert sample.columns == [*register.columns, *DESIGN]
    assert sample.select(register.columns).join(register, on=register.columns).height == 24
    for row in sample.iter_rows(named=True):
        stratum = (row["industry"], row["size"])
        assert row["stratum"] == "|".join(stratum)
        assert row["stratum_size"] == held[stratum]
        assert row["stratum_drawn"] == taken[stratum]
        assert row["weight"] == held[stratum] / taken[stratum]
    assert sample["weight"].sum() == pytest.approx(register.height)


def test_the_draw_is_the_same_as_with_a_shell():
    # for k in A B C D E F; do printf "taji-hash-srs@1\n1\n$k" | sha256sum; done
    # begins 07 (A), 53 (B), f9 (C), 83 (D), dd (E), a2 (F)
    register = pl.DataFrame({"id": list("FEDCBA")})

    drawn = draw(register, size=3, strata=[], seed=1)

    assert drawn.sample["id"].to_list() == ["A", "B", "D"]


def test_each_firm_is_drawn_equally_often_over_seeds(register):
    """Chi-square over firms of each stratum; false alarms one in a thousand, seeds fixed.

    Inclusions of one stratum sum to a constant, so the statistic is scaled by
    (N - 1) / (N (1 - f)) to have N - 1 degrees of freedom.
    """
    seeds = 600
    times = Counter()
    for seed in range(seeds):
        drawn = draw_24(register, seed=seed)
        times.update(drawn.sample["enterprise"])
    chi2, freedom = 0.0, 0
    for part in drawn.certificate.allocated:
        firms = register.filter(pl.concat_str("industry", "size", separator="|") == part.stratum)[
            "enterprise"
        ]
        f = part.drawn / part.size
        counts = np.array([times[firm] for firm in firms])
        chi2 += (
            ((counts - seeds * f) ** 2).sum() / (seeds * f * (1 - f)) * (part.size - 1) / part.size
        )
        freedom += part.size - 1

    assert stats.chi2.sf(chi2, freedom) > 0.001
    assert stats.chi2.cdf(chi2, freedom) > 0.001  # nor suspiciously even


def test_pairs_of_firms_are_drawn_as_in_simple_random_sampling():
    register = pl.DataFrame({"id": [f"{i}" for i in range(10)]})
    seeds, together = 2000, np.zeros((10, 10))
    for seed in range(seeds):
        rows = draw(register, size=4, strata=[], seed=seed).sample["id"].cast(int).to_numpy()
        together[np.ix_(rows, rows)] += 1
    pairs = together[np.triu_indices(10, 1)]

    expected = seeds * 4 * 3 / (10 * 9)
    # A pair's count is binomial; five standard errors over 45 pairs: false alarm 3e-5.
    assert abs(pairs - expected).max() < 5 * np.sqrt(expected * (1 - 4 * 3 / 90))


def test_row_order_and_column_types_change_nothing(register):
    straight = draw_24(register)
    shuffled = draw_24(register.sample(fraction=1, shuffle=True, seed=5))
    typed = draw_24(register.with_columns(pl.col("industry").cast(pl.Int64)))

    assert shuffled.sample.equals(straight.sample)
    assert shuffled.certificate == straight.certificate
    assert typed.certificate == straight.certificate


def test_other_seeds_draw_other_firms(register):
    samples = {tuple(draw_24(register, seed=seed).sample["enterprise"]) for seed in range(20)}

    assert len(samples) == 20


def test_a_larger_sample_of_the_same_seed_contains_the_smaller(register):
    smaller = draw_24(register, size=24).sample
    larger = draw_24(register, size=60).sample

    assert set(smaller["enterprise"]) < set(larger["enterprise"])


@pytest.mark.parametrize("allocation", ["proportional", "equal", "power:0.5", "neyman:revenue"])
def test_a_certificate_replays_the_draw_after_a_trip_through_json(register, allocation):
    drawn = draw_24(register, allocation=allocation, minimum=2)
    certificate = Certificate.model_validate_json(drawn.certificate.model_dump_json())

    shown = replay(register.reverse(), certificate, sample=drawn.sample.reverse())

    assert shown.same
    assert shown.result == "same"


def test_a_certificate_names_no_firm(register):
    text = draw_24(register).certificate.model_dump_json()

    assert not re.search(r"F\d{3}", text)


def without_a_row(register):
    return register.slice(1)


def with_a_firm_that_grew(register):
    first = pl.int_range(pl.len()) == 0
    return register.with_columns(
        pl.when(first).then(pl.lit("large")).otherwise("size").alias("size")
    )


def with_a_new_key(register):
    return register.with_columns(pl.col("enterprise").replace("F000", "F999"))


@pytest.mark.parametrize("change", [without_a_row, with_a_firm_that_grew, with_a_new_key])
def test_a_changed_register_is_named(register, change):
    certificate = draw_24(register).certificate

    assert replay(change(register), certificate).result == "register_changed"


def test_a_changed_register_names_the_strata_that_changed(register):
    first = register.row(0, named=True)
    certificate = draw_24(register).certificate

    shown = replay(without_a_row(register), certificate)

    assert "240 → 239" in shown.detail.en
    assert f"{first['industry']}|{first['size']}: " in shown.detail.en


def test_a_changed_neyman_column_is_a_changed_register(register):
    certificate = draw_24(register, allocation="neyman:revenue").certificate

    shown = replay(register.with_columns(pl.col("revenue") * 2), certificate)

    assert shown.result == "register_changed"


def test_a_column_that_the_draw_does_not_read_may_change(register):
    certificate = draw_24(register).certificate

    shown = replay(register.with_columns(telephone=pl.lit("0731")), certificate)

    assert shown.result == "same"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 12},
        {"size": 25},
        {"size": 100_000},
        {"minimum": 2},
        {"allocation": "equal"},
        {"algorithm": "taji-hash-srs@2"},
    ],
    ids=str,
)
def test_a_changed_seed_or_parameter_is_told_from_a_changed_register(register, change):
    certificate = draw_24(register).certificate.model_copy(update=change)

    assert replay(register, certificate).result == "seed_or_algorithm_changed"


def test_a_forged_sample_hash_is_found(register):
    forged = draw_24(register).certificate.model_copy(update={"sample_sha256": "0" * 64})

    assert replay(register, forged).result == "seed_or_algorithm_changed"


def test_seed_and_register_changed_together_are_both_named(register):
    certificate = draw_24(register).certificate.model_copy(update={"seed": 12})

    shown = replay(without_a_row(register), certificate)

    assert shown.result == "register_and_request_changed"


def test_a_sample_with_a_firm_swapped_in_is_found(register):
    drawn = draw_24(register)
    outsider = register.join(drawn.sample, on="enterprise", how="anti")["enterprise"][0]
    insider = drawn.sample["enterprise"][0]
    swapped = drawn.sample.with_columns(pl.col("enterprise").replace(insider, outsider))

    assert replay(register, drawn.certificate, sample=swapped).result == "sample_changed"


def test_values_that_contain_the_separator_make_different_strata():
    register = pl.DataFrame({"id": list("abcd"), "x": ["p|q", "p"] * 2, "y": ["r", "q|r"] * 2})

    drawn = draw(register, size=4, strata=["x", "y"], seed=1)

    assert len(drawn.certificate.allocated) == 2
    assert replay(register, drawn.certificate, sample=drawn.sample).same


def test_a_column_named_stratum_may_itself_make_the_strata():
    register = pl.DataFrame({"id": list("abcd"), "stratum": ["x", "y"] * 2})

    drawn = draw(register, size=2, strata=["stratum"], seed=1)

    assert drawn.sample["stratum"].to_list() == ["x", "y"]


@pytest.mark.parametrize("key", ["enterprise", "uscc", "统一社会信用代码", "id", "企业编号"])
def test_every_name_of_the_key_is_known(key):
    drawn = draw(pl.DataFrame({key: ["x", "y"]}), size=1, strata=[], seed=1)

    assert drawn.sample.height == 1


def test_a_register_without_a_key_is_refused():
    with pytest.raises(NoKeyColumnError) as caught:
        draw(pl.DataFrame({"name": ["x"]}), size=1, strata=[], seed=1)

    assert "统一社会信用代码" in caught.value.render("zh")


def test_an_enterprise_that_stands_twice_is_refused(register):
    with pytest.raises(DuplicateKeyError) as caught:
        draw_24(pl.concat([register, register.head(2)]))

    assert caught.value.fields["count"] == 2
    assert caught.value.fields["keys"] == "F000, F001"


@pytest.mark.parametrize("blank", [None, "", "  "])
@pytest.mark.parametrize("column", ["enterprise", "size"])
def test_a_blank_key_or_stratum_is_refused_with_its_row(register, column, blank):
    third = pl.int_range(pl.len()) == 2
    holed = register.with_columns(
        pl.when(third).then(pl.lit(blank)).otherwise(column).alias(column)
    )

    with pytest.raises(MissingValueError) as caught:
        draw_24(holed)

    assert caught.value.fields == {"column": column, "count": 1, "rows": "3"}


def test_a_neyman_column_of_words_is_refused_with_its_row(register):
    with pytest.raises(NotANumberError) as caught:
        draw_24(register, allocation="neyman:size")

    assert caught.value.fields["row"] == 1


def test_an_unknown_column_is_refused_with_those_that_are_there(register):
    with pytest.raises(UnknownColumnError) as caught:
        draw_24(register, strata=["district"])

    assert "industry" in str(caught.value.fields["found"])


def test_an_empty_register_is_refused(register):
    with pytest.raises(EmptyRegisterError):
        draw_24(register.clear())


def test_a_register_that_already_has_weights_is_refused(register):
    with pytest.raises(ColumnTakenError) as caught:
        draw_24(register.with_columns(weight=pl.lit(1.0)))

    assert caught.value.fields["column"] == "weight"


def test_neyman_reads_numbers_as_text_as_it_reads_numbers(register):
    text = register.with_columns(pl.col("revenue").cast(pl.String))

    straight = draw_24(register, allocation="neyman:revenue")

    assert draw_24(text, allocation="neyman:revenue").certificate == straight.certificate
