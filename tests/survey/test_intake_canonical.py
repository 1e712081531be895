"""Canonical answers are recognised by their types and judged in one scan."""

from __future__ import annotations

import polars as pl
import pytest

from taji.catalogue.load import questionnaire
from taji.survey.intake import canonical_schema, check_canonical, is_canonical, violations

ZHUZHOU = [questionnaire("zhuzhou2021")]
GOOD = pl.DataFrame(
    {
        "enterprise": ["a", "b", "c"],
        "plan": ["yes", None, "no"],
        "links/design": [True, None, False],
        "links/none": [False, None, True],
        "headcount": pl.Series([1, None, 7], dtype=pl.Int32),
        "key_process_automation": [0.0, None, 100.0],
        "weight": ["x", "y", "z"],
    }
)


def check(frame, **chosen):
    assert is_canonical(frame.schema, ZHUZHOU)
    return check_canonical(frame.lazy(), ZHUZHOU, **chosen)


def test_good_answers_are_found_good():
    found = check(GOOD)

    assert found.ok
    assert found.rows == 3


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("plan", ["yes", "maybe", "no"]),
        ("links/none", [True, None, True]),
        ("headcount", [1, None, -7]),
        ("key_process_automation", [0.0, float("nan"), 100.0]),
        ("key_process_automation", [0.0, 100.5, 100.0]),
    ],
)
def test_each_wrong_cell_is_counted_under_its_column(column, values):
    found = check(GOOD.with_columns(pl.Series(column, values, strict=False)))

    assert found.wrong == {column: 1}
    assert not found.ok


@pytest.mark.parametrize(
    ("keys", "missing", "repeated"),
    [
        (["a", "b", "a"], 0, 1),
        (["a", None, "c"], 1, 0),
        ([None, None, "c"], 2, 0),
        (["a", "", "c"], 1, 0),
        (["a", "a", "a"], 0, 2),
    ],
)
def test_missing_and_repeated_keys_are_counted(keys, missing, repeated):
    found = check(GOOD.with_columns(pl.Series("enterprise", keys)))

    assert (found.keys_missing, found.keys_repeated) == (missing, repeated)


@pytest.mark.parametrize("kind", [pl.Categorical(), pl.Enum(["yes", "no"])])
def test_a_categorical_serves_for_text(kind):
    assert check(GOOD.with_columns(pl.col("plan").cast(kind))).ok


@pytest.mark.parametrize(
    "change",
    [
        pl.lit("1").alias("links/design"),
        pl.lit(1).alias("links/design"),
        pl.lit("35").alias("key_process_automation"),
        pl.lit(1).alias("enterprise"),
    ],
)
def test_columns_that_must_be_read_first_are_not_canonical(change):
    assert not is_canonical(GOOD.with_columns(change).schema, ZHUZHOU)


def test_amounts_of_a_form_in_another_unit_must_be_read_first():
    assert not is_canonical(GOOD.with_columns(revenue=pl.lit(350.0)).schema, ZHUZHOU)


@pytest.mark.parametrize(
    ("shares", "unclear"),
    [
        ([0.35, None, 1.0], True),
        ([0.35, None, 0.0], True),
        ([0.35, None, 35.0], False),
        ([1.0, None, 0.0], False),
    ],
)
def test_a_column_of_shares_with_two_readings_is_named(shares, unclear):
    found = check(GOOD.with_columns(pl.Series("key_process_automation", shares)))

    assert found.unclear == (("key_process_automation",) if unclear else ())
    assert found.ok is not unclear


@pytest.mark.parametrize("spelling", ["links", "links[design]", "Links.Service", "企业规模"])
def test_answers_under_another_spelling_must_be_read_first(spelling):
    assert not is_canonical(GOOD.with_columns(pl.lit("x").alias(spelling)).schema, ZHUZHOU)


def test_columns_that_are_no_question_leave_answers_canonical():
    extra = GOOD.with_columns(pl.lit("x").alias("stratum"), pl.lit("y").alias("id"))

    assert is_canonical(extra.schema, ZHUZHOU)


@pytest.mark.parametrize(
    ("key", "false", "other"),
    [("91110000600037341L", 0, 2), ("91110000600037342L", 1, 2), ("plant-7", 0, 3)],
)
def test_a_key_that_claims_to_be_a_credit_code_is_checked(key, false, other):
    found = check(GOOD.with_columns(pl.Series("enterprise", ["a", key, "c"])))

    assert (found.keys_false, found.keys_other) == (false, other)
    assert found.ok is (false == 0)


def test_a_frame_without_key_or_without_answers_is_not_canonical():
    assert not is_canonical(GOOD.drop("enterprise").schema, ZHUZHOU)
    assert not is_canonical(GOOD.select("enterprise", "weight").schema, ZHUZHOU)


def test_the_rules_are_expressions_that_a_caller_may_run_in_his_own_scan():
    rules = violations(GOOD.schema, ZHUZHOU)

    wrong = GOOD.lazy().select(rule.alias(name) for name, rule in rules.items()).collect()

    assert not any(wrong.select(pl.all().fill_null(False).any()).row(0))


def test_the_schema_names_every_column_of_every_item():
    (pack,) = ZHUZHOU

    names = [column for item in pack.items.values() for column in item.columns]

    assert list(canonical_schema(pack)) == ["enterprise", *names]
