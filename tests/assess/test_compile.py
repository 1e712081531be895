"""Rules, missing answers, pruning and levels, on models small enough to work by hand."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taji.assess.compile import AnswerError, Program, UnscorableError, compile_model
from taji.assess.leaf import ModelError
from taji.assess.ratio import TooLargeError
from taji.catalogue.load import model as pack_model
from taji.catalogue.load import questionnaire as pack_questionnaire
from taji.catalogue.model import Model
from taji.catalogue.questionnaire import Questionnaire

WORD = {"zh": "题", "en": "word"}
UNIT = {"zh": "%", "en": "per cent"}


def options(*ids: str, exclusive: str | None = None) -> list[dict[str, Any]]:
    return [{"id": i, "label": WORD, "exclusive": i == exclusive} for i in ids]


QUESTIONS: list[dict[str, Any]] = [
    {"id": "t", "kind": "multi", "options": options("a", "b", "c", "none", exclusive="none")},
    {"id": "u", "kind": "multi", "options": options("a", "b", "bad")},
    {"id": "one", "kind": "single", "options": options("no", "half", "all", "na")},
    {"id": "two", "kind": "single", "options": options("no", "half", "all", "na")},
    {"id": "r", "kind": "scale", "low": 0, "high": 4},
    {"id": "p", "kind": "share", "low": 0, "high": 100, "unit": UNIT},
]
PACK = {"version": "1.0", "title": WORD, "source": ["the test"], "confidence": "house"}
SHEET = Questionnaire.model_validate(
    {
        **PACK,
        "id": "trial",
        "sections": [
            {"id": "s", "title": WORD, "questions": [{**q, "label": WORD} for q in QUESTIONS]}
        ],
    }
)
CHOICE = {"no": 0, "half": "1/2", "all": 1, "na": 0}


def program(
    nodes: Sequence[dict[str, Any]], levels: Sequence[dict[str, Any]] = (), **more: Any
) -> Program:
    raw = {
        **PACK,
        "id": "trial",
        "questionnaire": "trial",
        "document": "-",
        "date": "2026",
        "unit": WORD,
        "coverage_min": "0.7",
        "coverage_confidence": "house",
        "level_confidence": "house",
        "level_source": ["the test"],
        "nodes": [{"title": WORD, **n} for n in nodes],
        "levels": [{"title": WORD, **v} for v in levels]
        or [{"id": "all", "title": WORD, "from": 0}],
        **more,
    }
    known = {key: value for key, value in raw.items() if key in Model.model_fields}
    return compile_model(Model.model_validate(known), SHEET)


def told(compiled: Program, node: str, **answers: Any) -> tuple[Any, ...]:
    """Return points, score, coverage, level and level_best of one firm."""
    frame = pl.DataFrame(
        {"enterprise": ["a"], **{k.replace("__", "/"): [v] for k, v in answers.items()}}
    )
    wide = compiled.wide(frame)
    names = next(n for n in compiled.nodes if n.node == node)
    figures = [wide.item(0, c) for c in (names.points, names.score, names.coverage)]
    codes = [wide.item(0, c) for c in (names.level, names.level_best) if c is not None]
    return (*figures, *(None if c is None else compiled.levels[c] for c in codes))


TICKS = {"id": "t", "rule": "sum", "question": "t", "points": {"a": 1, "b": 1, "c": 2}, "max": 8}


def leaf(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "rule": "sum", "question": name, "points": CHOICE, "max": 1, **more}


def test_ticks_earn_their_points_and_a_missing_tick_lowers_coverage() -> None:
    compiled = program([TICKS])

    answers = {"t__a": True, "t__b": False, "t__c": None, "t__none": False}
    assert told(compiled, "t", **answers) == (2.0, None, 0.5)
    assert told(compiled, "t", **{**answers, "t__c": True}) == (6.0, 6.0, 1.0)


def test_none_of_these_answers_every_tick_and_differs_from_no_answer() -> None:
    compiled = program([TICKS])

    assert told(compiled, "t", t__none=True) == (0.0, 0.0, 1.0)
    assert told(compiled, "t", t__none=None) == (0.0, None, 0.0)
    assert told(compiled, "t") == (0.0, None, 0.0)


def test_an_option_that_needs_others_counts_only_with_them() -> None:
    total = {"id": "total", "rule": "sum", "of": ["t"], "max": 8}
    bands = [{"id": "low", "from": 0, "below": 8}, {"id": "full", "from": 8, "to": 8}]
    compiled = program([{**TICKS, "requires": {"c": ["a", "b"]}}, total], bands)

    assert told(compiled, "t", t__a=True, t__b=False, t__c=True)[0] == 2.0
    assert told(compiled, "t", t__a=True, t__b=True, t__c=True)[0] == 8.0
    # b unknown: c counts at best and not at worst
    assert told(compiled, "total", t__a=True, t__c=True)[3:] == ("low", "full")
    assert told(compiled, "total", t__a=False, t__c=True)[3:] == ("low", "low")


def test_a_cap_holds_and_the_score_stays_in_range() -> None:
    capped = {"id": "u", "rule": "capped_sum", "question": "u", "cap": 1, "max": 10}
    compiled = program([{**capped, "points": {"a": 1, "b": 1, "bad": 0}}], coverage_min="0.5")

    assert told(compiled, "u", u__a=True, u__b=True, u__bad=False) == (10.0, 10.0, 1.0)
    assert told(compiled, "u", u__a=True) == (10.0, 10.0, 0.5)


def test_negative_points_never_take_a_node_below_nothing() -> None:
    compiled = program(
        [
            {
                "id": "u",
                "rule": "sum",
                "question": "u",
                "points": {"a": 2, "b": 2, "bad": -3},
                "max": 4,
            }
        ]
    )

    assert told(compiled, "u", u__a=True, u__b=True, u__bad=True)[0] == 1.0
    assert told(compiled, "u", u__a=True, u__b=False, u__bad=True)[0] == 0.0


@pytest.mark.parametrize(
    ("share", "points"),
    [
        (10, 0),
        (0.1 * 100, 0),
        (10.0 + 1e-12, 0),
        (10.001, 3),
        (30, 3),
        (30.0 - 1e-12, 3),
        (30.01, 9),
    ],
)
def test_a_share_on_a_boundary_falls_on_the_documented_side(share: float, points: float) -> None:
    bands = [
        {"from": 0, "to": 10, "points": 0},
        {"over": 10, "to": 30, "points": 3},
        {"over": 30, "to": 100, "points": 9},
    ]
    compiled = program([{"id": "p", "rule": "bands", "question": "p", "bands": bands, "max": 9}])

    assert told(compiled, "p", p=float(share))[0] == points


def test_a_share_can_count_by_itself() -> None:
    compiled = program([{"id": "p", "rule": "mean", "question": "p", "max": 10}])

    assert told(compiled, "p", p=12.5) == (1.25, 1.25, 1.0)
    assert told(compiled, "p", p=float("nan")) == (0.0, None, 0.0)


def test_a_rung_is_a_level_at_worst_and_at_best() -> None:
    compiled = program([{"id": "r", "rule": "mean", "question": "r", "max": 4, "is_level": True}])

    assert told(compiled, "r", r=3) == (3.0, 3.0, 1.0, "3", "3")
    assert told(compiled, "r") == (0.0, None, 0.0, "0", "4")


def test_pruning_leaves_a_mean_and_its_weight_but_not_a_sum() -> None:
    both = [leaf("one", prune="na"), leaf("two", prune="na")]
    branch = {"of": ["one", "two"], "max": 4}
    mean = program(
        [*both, {"id": "m", "rule": "weighted_mean", "weights": {"one": 1, "two": 3}, **branch}]
    )
    total = program([*both, {"id": "m", "rule": "sum", **branch, "max": 2}])

    assert told(mean, "m", one="half", two="na") == (2.0, 2.0, 1.0)
    assert told(mean, "m", one="half", two="all") == (3.5, 3.5, 1.0)
    assert told(total, "m", one="half", two="na") == (0.5, 0.5, 1.0)
    assert told(mean, "two", two="na") == (None, None, None)


def test_a_branch_without_any_business_is_pruned_itself() -> None:
    inner = {"id": "m", "rule": "mean", "of": ["one", "two"], "max": 1}
    outer = {"id": "o", "rule": "mean", "of": ["m", "r"], "max": 10}
    rung = {"id": "r", "rule": "mean", "question": "r", "max": 1}
    compiled = program([leaf("one", prune="na"), leaf("two", prune="na"), rung, inner, outer])

    assert told(compiled, "m", one="na", two="na") == (None, None, None)
    assert told(compiled, "o", one="na", two="na", r=3) == (7.5, 7.5, 1.0)


def test_the_least_child_decides_and_one_without_business_does_not() -> None:
    nodes = [
        leaf("one", prune="na"),
        leaf("two"),
        {"id": "m", "rule": "min", "of": ["one", "two"], "max": 10},
    ]
    compiled = program(nodes, coverage_min="0.5")

    assert told(compiled, "m", one="all", two="half") == (5.0, 5.0, 1.0)
    assert told(compiled, "m", one="na", two="half") == (5.0, 5.0, 1.0)
    assert told(compiled, "m", one="all") == (0.0, 10.0, 0.5)


def ladder() -> Program:
    nodes = [
        leaf("one"),
        leaf("two"),
        {"id": "r", "rule": "mean", "question": "r", "max": 1},
        {"id": "total", "rule": "ladder", "of": ["one", "two", "r"], "reach": "1/2", "max": 3},
    ]
    bands = [{"id": str(i), "from": i, "below": i + 1} for i in range(3)] + [{"id": "3", "from": 3}]
    return program(nodes, bands)


def test_a_ladder_reads_up_to_the_first_rung_that_is_not_reached() -> None:
    assert told(ladder(), "total", one="all", two="no", r=4)[:3] == (1.0, 1.0, 1.0)
    assert told(ladder(), "total", one="half", two="all", r=1)[:3] == (2.25, 2.25, 1.0)
    assert told(ladder(), "total", one="half", two="half", r=2) == (3.0, 3.0, 1.0, "3", "3")


def test_a_ladder_counts_only_the_rungs_it_read_as_answered() -> None:
    # nothing is known of the rung it stands on, and rung three was not read
    assert told(ladder(), "total", one="all", r=4) == (1.0, None, 0.5, "1", "3")
    assert told(ladder(), "total", one="no") == (0.0, 0.0, 1.0, "0", "0")


def test_a_total_is_rounded_half_up_where_the_model_says_so() -> None:
    nodes = [
        {"id": "p", "rule": "mean", "question": "p", "max": 100},
        {"id": "total", "rule": "sum", "of": ["p"], "max": 100},
    ]
    bands = [{"id": "low", "from": 0, "to": 25}, {"id": "high", "over": 25, "to": 100}]
    whole, exact = program(nodes, bands, level_decimals=0), program(nodes, bands)

    assert told(whole, "total", p=25.49)[3:] == ("low", "low")
    assert told(whole, "total", p=25.5)[3:] == ("high", "high")
    assert told(exact, "total", p=25.01)[3:] == ("high", "high")


def test_points_of_a_score_are_the_nearest_float_to_the_fraction() -> None:
    rungs = program([{"id": "r", "rule": "mean", "question": "r", "max": "1/7"}])

    for rung in range(5):
        assert told(rungs, "r", r=rung)[0] == float(Fraction(rung, 28))
    # a literal divisor would give 0.30000000000000004
    assert 6 / 20 == 0.3


def test_weights_with_many_digits_are_still_exact() -> None:
    nodes = [
        leaf("one"),
        leaf("two"),
        {
            "id": "total",
            "rule": "weighted_mean",
            "of": ["one", "two"],
            "weights": {"one": "0.123456789123456789", "two": "0.876543210876543211"},
            "max": 1,
        },
    ]
    edge = "0.5617283945617283945"
    bands = [{"id": "low", "from": 0, "below": edge}, {"id": "high", "from": edge, "to": 1}]

    assert told(program(nodes, bands), "total", one="all", two="half")[3] == "high"
    above = [{**bands[0], "below": edge + "1"}, {**bands[1], "from": edge + "1"}]
    assert told(program(nodes, above), "total", one="all", two="half")[3] == "low"


def test_numbers_beyond_any_column_are_refused_by_node() -> None:
    tiny = {"id": "total", "rule": "weighted_mean", "of": ["one", "two"], "max": 1}
    weights = {"one": 1, "two": "0." + "1" * 45}

    with pytest.raises(TooLargeError) as caught:
        program([leaf("one"), leaf("two"), {**tiny, "weights": weights}])

    assert caught.value.code == "assess.too_large"
    assert caught.value.fields["node"] == "total"


@pytest.mark.parametrize(
    ("answers", "column", "value"),
    [
        ({"one": "nearly"}, "one", "nearly"),
        ({"r": 7}, "r", 7),
        ({"p": 140.0}, "p", 140.0),
    ],
)
def test_an_answer_that_the_question_does_not_have_is_refused(
    answers: dict[str, Any], column: str, value: object
) -> None:
    bands = [{"from": 0, "to": 100, "points": 1}]
    nodes = [leaf("one", prune="na"), {"id": "r", "rule": "mean", "question": "r", "max": 4}]
    compiled = program(
        [*nodes, {"id": "p", "rule": "bands", "question": "p", "bands": bands, "max": 1}]
    )
    frame = pl.DataFrame({"enterprise": ["a", "b"], **{k: [v, None] for k, v in answers.items()}})

    with pytest.raises(AnswerError) as caught:
        compiled.wide(frame)

    assert caught.value.code == "assess.answer"
    assert (caught.value.fields["column"], caught.value.fields["value"]) == (column, value)
    assert caught.value.fields["rows"] == 1


def test_a_node_that_reads_no_question_is_refused() -> None:
    with pytest.raises(ModelError) as caught:
        program([leaf("one", question="missing")])

    assert caught.value.fields["node"] == "one"
    assert "没有题目 missing" in caught.value.render("zh")


def test_a_model_that_lacks_facts_says_why_it_cannot_score() -> None:
    reason = {"zh": "缺少权重。", "en": "The weights are missing."}

    with pytest.raises(UnscorableError) as caught:
        program([leaf("one")], unscorable=reason)

    assert caught.value.code == "assess.unscorable"
    assert "缺少权重。" in caught.value.render("zh")


def test_a_column_that_is_absent_was_answered_by_nobody() -> None:
    compiled = program([TICKS, leaf("one")])

    wide = compiled.wide(pl.DataFrame({"enterprise": ["a", "b", "c"]}))

    assert wide["one:coverage"].to_list() == [0.0, 0.0, 0.0]
    assert wide["t:points"].to_list() == [0.0, 0.0, 0.0]
    assert compiled.wide(pl.DataFrame({"enterprise": []})).height == 0


ORDER = {"q5": ["none", "one", "several", "most", "all"], "q12": ["up", "flat", "down"]}


@settings(max_examples=40, deadline=None)
@given(
    choice=st.sampled_from(sorted(ORDER)),
    low=st.integers(0, 3),
    share=st.floats(0, 99),
    more=st.floats(0.01, 1),
    rung=st.integers(0, 3),
    ticked=st.sets(st.sampled_from("abcd")),
)
def test_a_better_answer_never_lowers_points_or_level(
    choice: str, low: int, share: float, more: float, rung: int, ticked: set[str]
) -> None:
    compiled = SME
    low = min(low, len(ORDER[choice]) - 2)
    base = {
        choice: ORDER[choice][low],
        "q2": share,
        "s_hr": rung,
        **{f"q1/{o}": o in ticked for o in "abcd"},
    }
    better = [
        base,
        {**base, choice: ORDER[choice][low + 1]},
        {**base, "q2": share + more},
        {**base, "s_hr": rung + 1},
        *({**base, f"q1/{o}": True} for o in "abcd"),
        {k: v for k, v in base.items() if k != "q2"} | {"q3": share},
    ]
    wide = compiled.wide(pl.DataFrame(better, infer_schema_length=None))

    for column in ("total:points", "base:points", "total:level", "s_hr:points", "s_hr:level"):
        values = wide[column].to_list()
        assert min(values[:-1]) == values[0], column


SME = compile_model(pack_model("sme2024"), pack_questionnaire("sme2024"))
