"""The fixed phrases."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import taji.report
from taji.report.phrases import all_phrases

SOURCES = Path(taji.report.__file__).parent


def blanks(phrase):
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


def test_both_languages_of_a_phrase_have_the_same_blanks():
    apart = {
        key: (blanks(text.zh), blanks(text.en))
        for key, text in all_phrases().items()
        if blanks(text.zh) != blanks(text.en)
    }

    assert apart == {}


def test_every_phrase_that_the_code_names_is_there():
    code = "".join(path.read_text("utf-8") for path in SOURCES.rglob("*.py"))
    page = (SOURCES / "templates/portrait.html.j2").read_text("utf-8")
    named = set(re.findall(r'\bphrases?\(\s*"(\w+)"', code + page))

    assert len(named) > 60
    assert named - set(all_phrases()) == set()


def test_every_phrase_is_used():
    code = "".join(path.read_text("utf-8") for path in SOURCES.rglob("*.py"))
    page = (SOURCES / "templates/portrait.html.j2").read_text("utf-8")
    built = (
        "confidence_",
        "calibration_",
        "interval_",
        "lone_",
        "design_",
        "statistic_",
        "portfolio_way_",
        "h_",
        "x_",
    )
    unused = {
        key for key in all_phrases() if f'"{key}"' not in code + page and not key.startswith(built)
    }

    assert unused == set()


def test_english_phrases_have_no_chinese_punctuation():
    wide = [
        key for key, text in all_phrases().items() if re.search(r"[，。：；“”（）《》]", text.en)
    ]

    assert wide == []
