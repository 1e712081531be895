"""Worked cases: those of every pack hold, and one that does not is told by figure."""

from __future__ import annotations

from fractions import Fraction

import pytest

from taji.assess.cases import CaseAnswerError, run
from taji.base.text import Text
from taji.catalogue.case import Case, Expected
from taji.catalogue.load import available, cases_of, model, questionnaire

MODELS = available("models")


def case(answers: dict[str, object], expect: dict[str, Expected], **more: object) -> Case:
    return Case(
        name=Text(zh="试算", en="a trial"),
        date="2026-01-01",
        answers=answers,
        expect=expect,
        tolerance=Fraction(0),
        source="the test",
        **more,
    )


@pytest.mark.parametrize("name", MODELS)
def test_every_worked_case_of_a_pack_holds(name: str) -> None:
    failures = []
    for worked in cases_of(name):
        found = model(name, profile=worked.profile, options=worked.options)
        failures += run(found, questionnaire(found.questionnaire), worked)

    assert [failure.render("en") for failure in failures] == []


def test_a_wrong_case_names_node_figure_and_both_values() -> None:
    wrong = case({"q5": "most"}, {"q5": Expected(points=Fraction(10), level="3")})

    found = run(model("sme2024"), questionnaire("sme2024"), wrong)

    assert [(f.node, f.figure, f.expected, f.found) for f in found] == [
        ("q5", "points", "10", "7.5"),
        ("q5", "level", "3", "-"),
    ]
    assert "q5" in found[0].render("zh")


def test_a_case_may_expect_a_figure_to_be_empty() -> None:
    expected = {"total": Expected(empty=("score",)), "q5": Expected(empty=("score",))}

    found = run(model("sme2024"), questionnaire("sme2024"), case({"q5": "most"}, expected))

    assert [(f.node, f.figure) for f in found] == [("q5", "score")]


def test_a_case_about_a_node_that_is_not_shown_fails() -> None:
    expected = {"people.1": Expected(points=Fraction(1))}

    found = run(model("cmmm"), questionnaire("cmmm"), case({}, expected))

    assert [(f.node, f.figure) for f in found] == [("people.1", "node")]


@pytest.mark.parametrize("answers", [{"q99": 1}, {"q5": "nearly"}, {"q1": ["a", "z"]}])
def test_a_case_that_answers_what_is_not_asked_is_refused(answers: dict[str, object]) -> None:
    with pytest.raises(CaseAnswerError) as caught:
        run(model("sme2024"), questionnaire("sme2024"), case(answers, {"q5": Expected()}))

    assert caught.value.code == "assess.case_answer"
    assert caught.value.fields["item"] in answers
