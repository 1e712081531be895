"""Numbers as people type them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taji.base.numerals import half_width, read_money, read_number, read_share

decimals = st.decimals(
    min_value=Decimal("-1e9"), max_value=Decimal("1e9"), places=3, allow_nan=False
)
FULL_WIDTH = str.maketrans("0123456789.,%-+", "０１２３４５６７８９．，％－＋")


@given(decimals)
def test_a_number_is_read_back_in_every_width_and_with_thousands_separators(value):
    for text in (f"{value}", f"{value:,}", f" {value:,}\u3000"):
        assert read_number(text) == value
        assert read_number(text.translate(FULL_WIDTH)) == value


@given(decimals)
def test_a_share_says_whether_it_stood_bare(value):
    assert read_share(f"{value}") == (value, True)
    assert read_share(f"{value}%") == (value, False)
    assert read_share(f"{value}％".translate(FULL_WIDTH)) == (value, False)


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_none_and_never_an_accident(text):
    for value in (read_number(text), read_money(text)):
        assert value is None or value.is_finite()
    share = read_share(text)
    assert share is None or share[0].is_finite()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1,23",
        "1.234,5",
        "12,3456",
        "10²",
        "1e999",
        "nan",
        "inf",
        "١٢",
        "1-2",
        "--1",
        "0x1",
    ],
)
def test_a_spelling_with_more_than_one_reading_or_none_is_no_number(text):
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "per", "yuan"),
    [
        ("350", 1, 350),
        ("350", 10_000, 3_500_000),
        ("350万元", 1, 3_500_000),
        ("350万", 10_000, 3_500_000),
        ("１．２亿", 10_000, 120_000_000),
        ("1.2亿元", 1, 120_000_000),
        ("1亿2000万", 1, 120_000_000),
        ("3千万", 1, 30_000_000),
        ("1，234", 1, 1_234),
        ("￥3,500,000", 10_000, 3_500_000),
        ("人民币350元整", 10_000, 350),
        ("3.5 million yuan", 1, 3_500_000),
        ("-20万", 1, -200_000),
        ("0.1万", 1, 1_000),
    ],
)
def test_money_is_read_exactly_with_the_unit_it_names_or_that_of_the_question(text, per, yuan):
    assert read_money(text, per=per) == yuan


@pytest.mark.parametrize("text", ["$5", "5 USD", "€5", "1万2", "2000万1亿", "万", "约350万", ""])
def test_another_currency_or_an_unclear_amount_is_no_money(text):
    assert read_money(text) is None


def test_superscripts_are_not_folded_into_digits():
    assert half_width("10²") == "10²"
