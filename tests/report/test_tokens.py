"""Colours that everybody can read."""

from __future__ import annotations

import numpy as np
import pytest

from taji.report.tokens import COLOURS, HEAT, HEAT_WHITE_OVER

AA = 4.5


def rgb(colour):
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def luminance(colour):
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("words", "ground"),
    [
        ("ink", "ground"),
        ("muted", "ground"),
        ("muted", "panel"),
        ("ours", "ground"),
        ("theirs", "ground"),
        ("notice", "notice_ground"),
    ],
)
def test_text_stands_out_from_its_ground(words, ground):
    assert contrast(rgb(getattr(COLOURS, words)), rgb(getattr(COLOURS, ground))) >= AA


def test_numbers_on_the_heat_map_stand_out_whatever_the_share():
    stops = np.array([rgb(colour) for colour in HEAT])
    for share in np.linspace(0, 1, 501):
        place = share * (len(HEAT) - 1)
        low = min(int(place), len(HEAT) - 2)
        ground = stops[low] + (place - low) * (stops[low + 1] - stops[low])
        words = np.ones(3) if share > HEAT_WHITE_OVER else np.zeros(3)
        assert contrast(words, ground) >= AA, share


def test_the_heat_map_grows_darker_all_the_way():
    assert np.all(np.diff([luminance(rgb(colour)) for colour in HEAT]) < 0)


def test_ours_and_theirs_differ_in_lightness_from_the_pale_marks():
    assert contrast(rgb(COLOURS.ours), rgb(COLOURS.ours_soft)) >= 3
    assert contrast(rgb(COLOURS.theirs), rgb(COLOURS.ground)) >= 3
