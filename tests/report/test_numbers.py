"""How numbers are written."""

from __future__ import annotations

import pytest

from taji.base.text import Text
from taji.report.numbers import Scale, count, interval, money, percent, plain

NBSP = "\u00a0"
PERCENT = Scale(kind="percent")


@pytest.mark.parametrize(
    ("share", "n", "zh", "en"),
    [
        (0.0923, 65, "9%", f"9{NBSP}%"),
        (0.0923, 199, "9%", f"9{NBSP}%"),
        (0.0923, 200, "9.2%", f"9.2{NBSP}%"),
        (0.0, 65, "0%", f"0{NBSP}%"),
        (-1e-12, 65, "0%", f"0{NBSP}%"),
        (1.0, 65, "100%", f"100{NBSP}%"),
    ],
)
def test_a_share_is_as_precise_as_its_answers_allow(share, n, zh, en):
    assert percent(share, n=n, language="zh") == zh
    assert percent(share, n=n, language="en") == en


@pytest.mark.parametrize(("share", "n", "zh"), [(0.001, 65, "<1%"), (0.0001, 500, "<0.1%")])
def test_a_share_that_is_not_nothing_is_not_written_as_nothing(share, n, zh):
    assert percent(share, n=n, language="zh") == zh
    assert percent(1 - share, n=n, language="zh").startswith(">99")


@pytest.mark.parametrize(
    ("language", "written"), [("zh", "4%–18%"), ("en", f"4–18{NBSP}%")], ids=["zh", "en"]
)
def test_an_interval_has_an_en_dash_and_its_unit(language, written):
    assert interval(0.04, 0.18, PERCENT, n=65, language=language) == written


def test_an_interval_whose_ends_have_different_units_keeps_both():
    written = interval(9e6, 3e8, Scale(kind="money"), n=65, language="zh")

    assert written == "900万元–3.00亿元"


@pytest.mark.parametrize(
    ("yuan", "zh", "en"),
    [
        (0.0, "0元", f"0{NBSP}yuan"),
        (880.0, "880元", f"880{NBSP}yuan"),
        (3.2e7, "3,200万元", f"32.0{NBSP}million yuan"),
        (2.04e10, "204亿元", f"20.4{NBSP}billion yuan"),
    ],
)
def test_money_is_said_in_the_unit_that_people_say(yuan, zh, en):
    assert money(yuan, language="zh") == zh
    assert money(yuan, language="en") == en


@pytest.mark.parametrize("value", [-0.0, -0.04, -1e-9])
def test_no_number_is_a_negative_zero(value):
    assert plain(value, 1) == "0.0"
    assert count(-0.2) == "0"


def test_points_are_written_to_about_a_hundredth_of_their_range():
    hundred, eight = Scale(kind="plain", span=100.0), Scale(kind="plain", span=8.0)

    assert hundred.write(43.71, n=65, language="zh") == "44"
    assert hundred.write(43.71, n=2000, language="zh") == "43.7"
    assert eight.write(3.456, n=65, language="zh") == "3.5"


def test_a_quantity_carries_its_unit():
    scale = Scale(kind="plain", span=1e6, unit=Text(zh="人", en="persons"))

    assert scale.write(118.2, n=65, language="zh") == "118人"
    assert interval(92, 144, scale, n=65, language="en") == f"92–144{NBSP}persons"
