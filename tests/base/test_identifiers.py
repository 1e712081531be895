"""Keys of enterprises."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from taji.base.identifiers import clean_key, is_uscc, valid_uscc

LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def codes(count, seed=2026):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        digits = "".join(rng.choice(list("0123456789"), 8))
        body = digits + "".join(rng.choice(list(LETTERS), 9))
        yield body + uscc.calc_check_digit(body)


def test_whole_columns_are_judged_as_python_stdnum_judges_one_code():
    rng = np.random.default_rng(7)
    keys = []
    for code in codes(500):
        keys.append(code)
        place = int(rng.integers(18))
        keys.append(code[:place] + str(rng.choice(list(LETTERS + "IOZ-中"))) + code[place + 1 :])

    judged = valid_uscc(pl.Series(keys)).to_list()

    assert judged == [uscc.is_valid(key) and len(key) == 18 for key in keys]
    assert 500 <= sum(judged) < 600


@given(st.lists(st.one_of(st.none(), st.text(max_size=24)), max_size=20))
def test_any_text_is_judged_alike_alone_and_in_a_column(keys):
    judged = valid_uscc(pl.Series(keys, dtype=pl.String)).to_list()

    assert judged == [key is not None and key == key.upper() and is_uscc(key) for key in keys]


def test_a_credit_code_is_the_same_however_it_was_typed():
    (code,) = codes(1)
    wide = code.translate({ord(c): ord(c) + 0xFEE0 for c in LETTERS})
    spaced = f"{code[:6]} {code[6:12]}-{code[12:]}"

    assert {clean_key(text) for text in (code, code.lower(), f" {code}\u3000", wide, spaced)} == {
        code
    }


@pytest.mark.parametrize("key", ["厂-007", "A 1", "abc", "2024-0001"])
def test_a_bureaus_own_number_is_kept_as_it_is(key):
    assert clean_key(f" {key} ") == key
