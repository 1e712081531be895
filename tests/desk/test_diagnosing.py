"""The diagnosis of one firm."""

from __future__ import annotations

import polars as pl
import pytest

from taji.assess.cases import answer_frame
from taji.base.text import Text
from taji.catalogue.load import available, cases_of, model, questionnaire, questionnaire_of
from taji.compare.placing import PeerScores
from taji.desk.diagnosing import OneSheetError, OtherPeersError, diagnose, program_of
from taji.report.content import Domain
from taji.survey.design import Design

SHEET = {
    "q1": ["a"],
    "q2": 30,
    "q3": 15,
    "q4": ["finance", "hr"],
    "q5": "several",
    "q6": ["policy"],
    "q7": ["none"],
    "q8": "aware",
    "q9": ["itops"],
    "q10": ["people"],
    "q11": 2,
    "q12": "flat",
    "q13": "up",
    "q14": "up",
    "q15": "flat",
    "s_finance": 2,
    "s_hr": 1,
    "s_production": 1,
    "s_quality": 1,
    "s_purchasing": 1,
    "s_marketing": 1,
    "s_office": 0,
}


@pytest.fixture(scope="module")
def program():
    return program_of("sme2024")


def sheet(**changed):
    return answer_frame(questionnaire("sme2024"), SHEET | changed)


def test_a_diagnosis_says_what_the_worked_cases_say(program):
    for case in cases_of("sme2024"):
        if case.options or "total" not in case.expect:
            continue
        told = diagnose(answer_frame(questionnaire("sme2024"), case.answers), program=program)
        expected = case.expect["total"]

        if expected.score is not None:
            assert told.score == pytest.approx(float(expected.score))
        if expected.level is not None:
            assert told.level.id == expected.level
        if expected.level_best is not None:
            assert told.level_best.id == expected.level_best


def test_the_tree_is_told_from_the_top_and_every_shown_node_once(program):
    told = diagnose(sheet(), program=program)
    depth = {node.node: node.depth for node in told.nodes}

    assert told.nodes[0].node == "total"
    assert [n.node for n in told.nodes if n.parent == "total"] == ["base", "management", "results"]
    assert (depth["base"], depth["base.equipment"], depth["q1"], depth["s_hr"]) == (1, 2, 3, 0)
    assert sorted(depth) == sorted(node.id for node in model("sme2024").shown)


def test_the_answers_named_meet_their_condition_when_they_are_given(program):
    told = diagnose(sheet(), program=program)
    before = {barrier.test for barrier in told.barriers}
    assert before

    for barrier in told.barriers:
        changes = barrier.singles[:1] or barrier.together
        assert changes, barrier.test
        better = sheet()
        for change in changes:
            better = better.with_columns(_given(change.column, program, told, change))
        after = diagnose(better, program=program)
        assert after.level.place > told.level.place or barrier.test not in {
            left.test for left in after.barriers
        }


def _given(column, program, told, change):
    """The answer of a change as a value; its words are those of the options."""
    kind = program.columns[column]
    if kind == pl.Boolean:
        return pl.lit(True).alias(column)
    if kind == pl.String:
        options = program.questionnaire.items[column].question.options
        value = next(option.id for option in options if option.label == change.after)
        return pl.lit(value).alias(column)
    number = float("".join(c for c in change.after.en if c.isdigit() or c == "."))
    number += 0.01 if "over" in change.after.en else 0.0
    return pl.lit(number).cast(kind).alias(column)


def test_answers_are_said_in_both_languages(program):
    told = diagnose(sheet(), program=program)
    changes = [c for b in told.barriers for c in (*b.singles, *b.together)]
    ticks = [change for change in changes if change.option is not None]

    assert all(change.question.zh and change.after.en for change in changes)
    assert {change.after.zh for change in ticks} <= {"选中"}


def test_blanks_are_told_by_coverage_and_two_levels(program):
    told = diagnose(sheet(q13=None, s_hr=None), program=program)

    assert told.coverage == pytest.approx(0.93)
    assert told.level.place <= told.level_best.place
    assert diagnose(sheet(**dict.fromkeys(SHEET)), program=program).score is None


def test_what_is_not_settled_is_said(program):
    told = diagnose(sheet(), program=program)

    assert any("等级规则" in doubt.what.zh for doubt in told.doubts)


def test_the_highest_level_has_nothing_above_it(program):
    full = cases_of("sme2024")[0]
    told = diagnose(answer_frame(questionnaire("sme2024"), full.answers), program=program)

    assert (told.level.id, told.next_level, told.barriers) == ("4", None, ())


@pytest.mark.parametrize("name", sorted(set(available("models")) - {"sme2022"}))
def test_every_model_diagnoses_a_blank_sheet(name):
    compiled = program_of(name)
    told = diagnose(pl.DataFrame({"enterprise": ["x"]}), program=compiled)

    assert len(told.nodes) == len(compiled.nodes)
    assert told.coverage in (0.0, None)
    assert compiled.questionnaire.id == questionnaire_of(name).id


def ready(key="sme2024@1.0"):
    frame = pl.DataFrame(
        {"enterprise": [f"F{i}" for i in range(9)], "t": [10.0 * i for i in range(9)], "size": "s"}
    )
    return PeerScores.of(
        frame, "t", model=key, sample=Design().bind(frame), ladder=[("size",), ()], minimum=5
    )


def test_the_place_among_peers_is_of_the_newest_score_and_names_the_group(program):
    domain = Domain(
        by="size", title=Text(zh="规模", en="Size"), groups={"s": Text(zh="小型", en="small")}
    )
    told = diagnose(sheet(), program=program, peers=ready(), groups={"size": "s"}, domains=[domain])
    below = sum(10.0 * i < told.score for i in range(9))

    assert told.standing.peers.zh == "小型"
    assert told.standing.n == 10
    assert told.standing.percentile == pytest.approx((below + 0.5) / 10)
    assert told.standing.low < told.standing.percentile < told.standing.high


def test_several_sheets_or_peers_of_another_model_are_refused(program):
    with pytest.raises(OneSheetError):
        diagnose(pl.concat([sheet(), sheet()]), program=program)
    with pytest.raises(OtherPeersError) as caught:
        diagnose(sheet(), program=program, peers=ready("dmat@1.0"))

    assert caught.value.fields == {"peers": "dmat@1.0", "model": "sme2024@1.0"}
