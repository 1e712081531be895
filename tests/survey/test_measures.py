"""What is tabulated of a questionnaire, and on which base."""

from __future__ import annotations

import polars as pl
import pytest

from taji.base.text import Text
from taji.catalogue.questionnaire import (
    Condition,
    Option,
    Question,
    Questionnaire,
    Section,
)
from taji.survey.design import Design
from taji.survey.measures import Amount, Choice, Quotient, measures_of, present, wide_scores
from taji.survey.tabulate import tabulate


def text(word: str) -> Text:
    return Text(zh=word, en=word)


def options(*ids: str) -> tuple[Option, ...]:
    return tuple(Option(id=one, label=text(one)) for one in ids)


def questionnaire(*questions: Question) -> Questionnaire:
    section = Section(id="all", title=text("all"), questions=questions)
    return Questionnaire(
        id="test",
        version="1.0",
        title=text("test"),
        source=("made for this test",),
        confidence="house",
        sections=(section,),
    )


PLAN = Question(id="plan", kind="single", label=text("plan"), options=options("yes", "no"))
LINKS = Question(
    id="links",
    kind="multi",
    label=text("links"),
    options=options("design", "sales"),
    asked_if=Condition(question="plan", any_of=("yes",)),
)
AUTOMATED = Question(id="automated", kind="share", label=text("automated"))
STAFF = Question(id="staff", kind="number", label=text("staff"), unit=text("people"))
LEVEL = Question(id="level", kind="scale", label=text("level"), low="0", high="5")
NOTE = Question(id="note", kind="text", label=text("note"))
ANSWERS = pl.DataFrame(
    {
        "enterprise": ["1", "2", "3", "4"],
        "plan": ["yes", "yes", "no", None],
        "links/design": [True, None, True, False],
        "links/sales": [False, None, False, True],
        "automated": [20.0, 40.0, None, 90.0],
        "staff": [10.0, 20.0, 30.0, 40.0],
        "level": [1, 2, 3, 4],
    }
)


def table(*questions: Question, frame: pl.DataFrame = ANSWERS) -> pl.DataFrame:
    return tabulate(frame, measures_of(questionnaire(*questions)), Design())


def test_each_kind_of_answer_has_its_statistics():
    found = table(PLAN, LINKS, AUTOMATED, STAFF, LEVEL, NOTE)

    assert found.select("question", "option", "statistic").rows() == [
        ("plan", "yes", "proportion"),
        ("plan", "no", "proportion"),
        ("links", "design", "proportion"),
        ("links", "sales", "proportion"),
        ("automated", None, "mean"),
        ("staff", None, "mean"),
        ("staff", None, "total"),
        ("level", None, "mean"),
    ]


def test_the_mean_of_a_share_is_a_fraction():
    assert table(AUTOMATED)["estimate"].to_list() == [pytest.approx(0.5)]


def test_the_total_of_a_number_counts_the_firms_stood_for():
    frame = ANSWERS.with_columns(weight=pl.Series([2.0, 1.0, 1.0, 1.0]))

    found = tabulate(frame, measures_of(questionnaire(STAFF)), Design(weight="weight"))

    assert found["estimate"].to_list() == [pytest.approx(22), pytest.approx(110)]


def test_a_skipped_question_is_estimated_among_those_who_were_asked():
    # Firms 1 and 2 were asked and 1 answered; 3 was not asked though it answered; 4 did not
    # say whether it has a plan, but answered, so it was asked.
    found = table(PLAN, LINKS).filter(pl.col("question") == "links")

    assert found.select("option", "estimate", "n", "base").rows() == [
        ("design", 0.5, 2, 3),
        ("sales", 0.5, 2, 3),
    ]


def test_a_skip_rule_whose_question_is_not_in_the_data_leaves_everybody_asked():
    found = table(PLAN, LINKS, frame=ANSWERS.drop("plan"))

    assert found.select("n", "base").rows() == [(3, 4), (3, 4)]


def test_a_total_stands_in_for_nobody_if_who_was_skipped_is_not_in_the_data():
    measure = Amount("staff", pl.col("staff"), ("total",), asked=pl.col("plan") == "yes")
    frame = ANSWERS.with_columns(staff=pl.Series([10.0, None, None, None]))

    known, unknown = (tabulate(data, [measure], Design()) for data in (frame, frame.drop("plan")))

    assert known.select("estimate", "n", "base").rows() == [(20.0, 1, 2)]
    assert unknown.select("estimate", "n", "base").rows() == [(10.0, 1, 1)]


def test_a_column_that_is_not_in_the_data_makes_no_row():
    assert [m.question for m in present(measures_of(questionnaire(PLAN, STAFF)), ANSWERS)] == [
        "plan",
        "staff",
    ]
    assert table(STAFF, frame=ANSWERS.drop("staff")).is_empty()


def test_a_ratio_rests_on_firms_that_answered_both():
    ratio = Quotient("per head", pl.col("automated"), pl.col("staff"))

    found = tabulate(ANSWERS, [ratio], Design())

    assert found.select("statistic", "estimate", "n").rows() == [
        ("ratio", pytest.approx(150 / 70), 3)
    ]


def test_scores_are_laid_out_by_firm_with_the_level_of_the_total():
    scores = pl.DataFrame(
        {
            "enterprise": ["1", "1", "2", "2"],
            "model": ["m"] * 4,
            "node": ["base", "total", "base", "total"],
            "score": [3.0, 30.0, None, 60.0],
            "level": [None, "1", None, "2"],
        }
    )

    wide = wide_scores(scores)

    assert wide.to_dicts() == [
        {"enterprise": "1", "m:base": 3.0, "m:total": 30.0, "m:total/level": "1"},
        {"enterprise": "2", "m:base": None, "m:total": 60.0, "m:total/level": "2"},
    ]
    share = tabulate(wide, [Choice("m:total", ("1", "2"), pl.col("m:total/level"))], Design())
    assert share["estimate"].to_list() == [0.5, 0.5]


def test_a_firm_that_answered_too_little_for_a_score_has_no_level_in_the_city():
    scores = pl.DataFrame(
        {
            "enterprise": ["1", "2", "3"],
            "model": ["m"] * 3,
            "node": ["total"] * 3,
            "score": [30.0, None, 60.0],
            "level": ["1", "0", "2"],
        }
    )
    levels = Choice("m:total", ("0", "1", "2"), pl.col("m:total/level"))

    share = tabulate(wide_scores(scores), [levels], Design())

    assert share["estimate"].to_list() == [0.0, 0.5, 0.5]
    assert share.select("n", "base").unique().rows() == [(2, 3)]
