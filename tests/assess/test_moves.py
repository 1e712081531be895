"""Sheets on which answers are given differently."""

from __future__ import annotations

import numpy as np
import polars as pl

from taji.assess.moves import changed

SHEETS = pl.DataFrame({"q": ["a", None, "c"], "t": [True, False, None], "n": [1, 2, 3]})


def test_copies_follow_each_other_and_each_has_its_own_changes():
    out = changed(SHEETS, [(0, {"q": "z"}), (1, {"t": True})], copies=2)

    assert out["q"].to_list() == ["z", "z", "z", "a", None, "c"]
    assert out["t"].to_list() == [True, False, None, True, True, True]
    assert out["n"].to_list() == [1, 2, 3, 1, 2, 3]
    assert out.schema == SHEETS.schema


def test_a_mask_changes_single_firms_and_a_later_pick_goes_over_an_earlier():
    rows = np.array([[True, False, True]])

    out = changed(SHEETS, [(rows, {"q": "x"}), (np.array([[False, False, True]]), {"q": "y"})])

    assert out["q"].to_list() == ["x", None, "y"]
    assert SHEETS["q"].to_list() == ["a", None, "c"], "the sheets themselves stay"
