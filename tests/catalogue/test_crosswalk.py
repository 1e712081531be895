"""Crosswalk packs: what is a fault of one, told by path."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from taji.catalogue.check import check
from taji.catalogue.load import available, crosswalk, model, questionnaire, questionnaire_of
from taji.catalogue.rungs import Rungs, rungs_of

WORD = {"zh": "题", "en": "word"}


def faults(folder: Path, *mappings: dict[str, Any], **head: Any) -> set[tuple[str, str]]:
    """Path and code of every fault of a crosswalk from sme2024 to dmat."""
    raw = {
        "id": "trial",
        "version": "1.0",
        "title": WORD,
        "source": ["the test"],
        "confidence": "house",
        "from": "sme2024",
        "to": "dmat",
        "mappings": [{"because": WORD, "confidence": "judgement", **m} for m in mappings],
        **head,
    }
    file = folder / "trial.yaml"
    file.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    return {(problem.path, problem.code) for problem in check(file)}


def bound(
    answer: str, at_least: Any = None, at_most: Any = None, **conditions: Any
) -> dict[str, Any]:
    ends = {"at_least": at_least, "at_most": at_most}
    return {
        "answer": answer,
        **{key: value for key, value in ends.items() if value is not None},
        "if": conditions,
    }


RUNG = {"at_least": 2}


def test_a_sound_crosswalk_has_no_fault(tmp_path):
    assert faults(tmp_path, bound("q4/mes", 3, s_production=RUNG)) == set()


@pytest.mark.parametrize(
    ("mapping", "path", "code"),
    [
        (bound("q4/nothing", 3, s_production=RUNG), "answer", "unknown"),
        (bound("q4/mes", 6, s_production=RUNG), "at_least", "range"),
        (bound("q4/mes", "half", s_production=RUNG), "at_least", "range"),
        (bound("q4/mes", 4, 3, s_production=RUNG), "at_least", "range"),
        (bound("q11/energy_monitoring", "perhaps", s_energy=RUNG), "at_least", "range"),
        (bound("q2/none", 1, s_energy=RUNG), "at_least", "range"),
        (bound("q4/mes", 3, s_nothing=RUNG), "if.s_nothing", "unknown"),
        (bound("q4/mes", 3, s_production={"at_least": 5}), "if.s_production.at_least", "range"),
        (bound("q4/mes", 3, q5={"one_of": ["some"]}), "if.q5.one_of", "range"),
        (bound("q4/mes", 3, q4={"ticked": ["machines"]}), "if.q4.ticked", "range"),
        (bound("q4/mes", 3, q2={"ticked": ["a"]}), "if.q2.ticked", "shape"),
        (bound("q4/mes", 3, q4={"at_least": 1}), "if.q4.at_least", "shape"),
        (bound("q4/mes", 3, q2={"at_least": 60, "at_most": 40}), "if", "never"),
        (bound("q4/mes", 3, q4={"ticked": ["none", "safety"]}), "if", "never"),
        (bound("q4/mes", 3, q4={"ticked": ["hr"], "not_ticked": ["hr"]}), "if", "never"),
        (bound("q4/mes", 3, q5={"at_least": "most", "one_of": ["one"]}), "if", "never"),
        (bound("q4/mes", 3), "if", "empty"),
        (bound("q4/mes", s_production=RUNG), "", "empty"),
        (bound("q4/mes", 3, q5={}), "if.q5", "empty"),
    ],
)
def test_a_fault_is_told_by_path(tmp_path, mapping, path, code):
    found = faults(tmp_path, mapping)

    assert found == {(f"mappings[0].{path}".rstrip("."), f"catalogue.{code}")}


def test_bounds_that_may_hold_together_must_leave_an_answer(tmp_path):
    low = bound("q4/mes", at_most=2, s_quality={"at_most": 1})
    high = bound("q4/mes", 3, s_production=RUNG)
    apart = bound("q4/mes", at_most=2, s_production={"at_most": 1})

    assert faults(tmp_path, low, high) == {("mappings[1].at_least", "catalogue.at_odds")}
    assert faults(tmp_path, apart, high) == set()


@pytest.mark.parametrize(("key", "value"), [("from", "sme1999"), ("to", "isa95")])
def test_an_unknown_questionnaire_or_model_is_a_fault(tmp_path, key, value):
    found = faults(tmp_path, bound("q4/mes", 3, s_production=RUNG), **{key: value})

    assert found == {(key, "catalogue.unknown")}


@pytest.mark.parametrize("name", available("crosswalks"))
def test_every_bound_has_a_short_reason_in_both_languages(name):
    for one in crosswalk(name).mappings:
        assert "\n" not in one.because.zh + one.because.en
        assert len(one.because.en) <= 120


@pytest.mark.parametrize("name", available("crosswalks"))
def test_a_bound_from_below_rests_on_what_is_there_and_one_from_above_on_what_is_not(name):
    """So that a better answer never lowers an estimate."""
    for one in crosswalk(name).mappings:
        down = {"at_most"} | ({"ticked"} if one.at_most is not None else set())
        for test in one.if_.values():
            keys = test.model_fields_set
            if one.at_least is not None:
                assert keys <= {"at_least", "ticked"}
                assert "none" not in test.ticked
            else:
                assert keys <= down
                assert set(test.ticked) <= {"none"}


def test_options_stand_in_the_order_of_what_they_earn():
    rungs, without = rungs_of(model("cmmm"), questionnaire_of("cmmm"))

    assert rungs["data.3"].values == ("none", "partly", "mostly", "full")
    assert rungs["logistics.1"].values == ("none", "partly", "mostly", "full")  # na has no place
    assert without == frozenset()


def test_numbers_between_the_ends_have_a_place_and_others_none():
    rungs, _ = rungs_of(model("sme2024"), questionnaire("sme2024"))

    assert rungs["q2"].place(35) == Fraction(35)
    assert rungs["q2"].place(101) is None
    assert rungs["q2"].place("many") is None


def test_a_tick_has_two_places():
    assert Rungs("q2/a", (False, True)).place(1) == 1
    assert Rungs("q2/a", (False, True)).place("1") is None
