"""The invented register of the demo city."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from taji.base.identifiers import is_uscc
from taji.catalogue.load import register as register_pack
from taji.city.firms import invent_register

# GB 32100-2015 and GB 11714, written here again from the standards' formulas.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def code_check(body):
    rest = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body)) % 31
    return ALPHABET[(31 - rest) % 31]


def organisation_check(body):
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    rest = 11 - sum(BASE36.index(c) * w for c, w in zip(body, weights, strict=True)) % 11
    return "X" if rest == 10 else "0" if rest == 11 else str(rest)


def test_there_are_about_three_thousand_firms_each_once(truth):
    register = truth.register

    assert 2900 <= register.height <= 3100
    assert register["enterprise"].n_unique() == register.height
    assert register["name"].n_unique() == register.height
    assert register.null_count().row(0) == (0,) * register.width


def test_credit_codes_are_valid_in_both_check_digits(truth):
    for code in truth.register["enterprise"]:
        assert is_uscc(code)
        assert code[17] == code_check(code[:17])
        assert code[16] == organisation_check(code[8:16])


def test_every_code_and_name_is_marked_as_invented(truth):
    register = truth.register
    real = {code[:6] for code in register_pack("zhuzhou_districts").codes}

    assert set(register["invented"]) == {1}
    assert all(name.endswith("（虚构）") for name in register["name"])
    assert {code[2:8] for code in register["enterprise"]} == {"430299"}
    assert "430299" not in real
    assert {code[8:10] for code in register["enterprise"]} == {"XU"}


def test_sizes_follow_the_rule_from_headcount_and_revenue(truth):
    rule = register_pack("size_class").rule

    for firm in truth.register.iter_rows(named=True):
        expected = next(
            size.id
            for size in rule.classes
            if firm["headcount"] >= size.headcount_min and firm["revenue"] >= size.revenue_min
        )
        assert firm["size"] == expected


def test_only_micro_small_and_medium_firms_are_in_the_register(truth):
    share = dict(truth.register["size"].value_counts(normalize=True).iter_rows())

    assert set(share) == {"micro", "small", "medium"}
    assert share["small"] > share["micro"] > share["medium"] > 0.02


def test_industries_and_districts_are_codes_of_the_registers(truth):
    assert set(truth.register["industry"]) <= set(register_pack("gbt4754").codes)
    assert set(truth.register["district"]) == set(register_pack("zhuzhou_districts").codes)


@pytest.mark.parametrize(
    ("industry", "district", "why"),
    [
        ("37", "430204", "rail equipment around the works of Shifeng"),
        ("30", "430281", "ceramics in Liling"),
        ("32", "430202", "hard alloys in Hetang"),
        ("18", "430203", "clothing in Lusong"),
        ("26", "430281", "fireworks in Liling"),
    ],
)
def test_industries_sit_where_zhuzhou_has_them(truth, industry, district, why):
    there = truth.register.filter(pl.col("industry") == industry)["district"]

    assert there.mode().to_list() == [district], why


def test_headcount_and_revenue_are_skewed_like_those_of_real_firms(truth):
    small = truth.register.filter(pl.col("size") != "medium")
    for column in ("headcount", "revenue"):
        values = small[column].to_numpy()
        assert values.mean() > 1.3 * np.median(values)
    logs = np.log(truth.register.select("headcount", "revenue").to_numpy())
    assert np.corrcoef(logs.T)[0, 1] > 0.8


def test_the_same_truth_seed_gives_the_same_register_and_another_another(city, truth):
    assert invent_register(city).equals(truth.register)
    other = invent_register(city.model_copy(update={"truth_seed": 1}))
    assert not other.equals(truth.register)
    assert other["headcount"].to_list() != truth.register["headcount"].to_list()
