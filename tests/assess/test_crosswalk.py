"""Estimates through a crosswalk: exact by hand, sound against sheets drawn at random, monotone."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taji.assess.compile import Program, compile_model
from taji.assess.crosswalk import Bridge, CrosswalkError, UnorderedError, bridge
from taji.assess.crosswalk_loss import crosswalk_loss, drawn, unspoken
from taji.catalogue.crosswalk import Crosswalk
from taji.catalogue.files import pack_file
from taji.catalogue.load import crosswalk, model, questionnaire, questionnaire_of
from taji.catalogue.model import Model
from taji.catalogue.questionnaire import Questionnaire
from taji.catalogue.resolve import resolve
from taji.catalogue.yaml import read

WORD = {"zh": "题", "en": "word"}
PACK = {"version": "1.0", "title": WORD, "source": ["the test"], "confidence": "house"}
TARGETS = ("dmat", "cmmm", "siri")


def options(*ids: str) -> list[dict[str, Any]]:
    return [{"id": i, "label": WORD, "exclusive": i == "none"} for i in ids]


QUESTIONS: list[dict[str, Any]] = [
    {"id": "t", "kind": "multi", "options": options("a", "b", "none")},
    {"id": "one", "kind": "single", "options": options("no", "half", "all")},
    {"id": "r", "kind": "scale", "low": 0, "high": 4},
]
SHEET = Questionnaire.model_validate(
    {
        **PACK,
        "id": "small",
        "sections": [
            {"id": "s", "title": WORD, "questions": [{**q, "label": WORD} for q in QUESTIONS]}
        ],
    }
)
NODES: list[dict[str, Any]] = [
    {"id": "t", "rule": "sum", "question": "t", "points": {"a": 1, "b": 2, "none": 0}, "max": 3},
    {
        "id": "one",
        "rule": "sum",
        "question": "one",
        "points": {"no": 0, "half": "1/2", "all": 1},
        "max": 1,
    },
    {"id": "r", "rule": "mean", "question": "r", "max": 4, "is_level": True},
    {
        "id": "total",
        "rule": "weighted_mean",
        "of": ["t", "one", "r"],
        "weights": {"t": 50, "one": 20, "r": 30},
        "max": 100,
    },
]
LEVELS = [{"id": "low", "from": 0, "below": 50}, {"id": "high", "from": 50, "to": 100}]


def small_program(nodes: list[dict[str, Any]] = NODES) -> Program:
    raw = {
        **PACK,
        "id": "small_model",
        "questionnaire": "small",
        "document": "-",
        "date": "2026",
        "unit": WORD,
        "coverage_min": "0.7",
        "nodes": [{"title": WORD, **n} for n in nodes],
        "levels": [{"title": WORD, **level} for level in LEVELS],
    }
    return compile_model(Model.model_validate(raw), SHEET)


def small_bridge(*mappings: dict[str, Any]) -> Bridge:
    raw = {
        **PACK,
        "id": "self",
        "from": "small",
        "to": "small_model",
        "mappings": [{"because": WORD, "confidence": "facts", **m} for m in mappings],
    }
    return bridge(Crosswalk.model_validate(raw), SHEET, small_program())


#: Every answer of the small questionnaire says exactly what it is.
ONTO_ITSELF: list[dict[str, Any]] = [
    *({"answer": f"t/{o}", "at_least": 1, "if": {"t": {"ticked": [o]}}} for o in ("a", "b")),
    *({"answer": f"t/{o}", "at_most": 0, "if": {"t": {"not_ticked": [o]}}} for o in ("a", "b")),
    *(
        {"answer": "one", "at_least": o, "at_most": o, "if": {"one": {"one_of": [o]}}}
        for o in ("no", "half", "all")
    ),
    *({"answer": "r", "at_least": n, "if": {"r": {"at_least": n}}} for n in range(1, 5)),
    *({"answer": "r", "at_most": n, "if": {"r": {"at_most": n}}} for n in range(4)),
]


def told(compiled: Bridge, node: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    wide = compiled.wide(
        pl.DataFrame({"enterprise": ["e"], **{k: [v] for k, v in answers.items()}})
    )
    names = next(n for n in compiled.nodes if n.node == node)
    figures = ("score_low", "score", "score_high", "coverage", "loss")
    found = {f: wide.item(0, getattr(names, f)) for f in figures}
    if names.level_low is not None and names.level_high is not None:
        levels = compiled.program.levels
        found["levels"] = tuple(
            levels[wide.item(0, c)] for c in (names.level_low, names.level_high)
        )
    return found


def test_bounds_of_two_answers_give_the_interval_that_is_worked_out_by_hand():
    compiled = small_bridge(
        {"answer": "t/b", "at_least": 1, "if": {"r": {"at_least": 2}}},
        {"answer": "r", "at_least": 1, "at_most": 3, "if": {"one": {"one_of": ["half"]}}},
    )

    found = told(compiled, "total", {"r": 2, "one": "half"})

    # t: b is ticked, a is not known: 2/3 to 1. r: 1/4 to 3/4. one: nothing known: 0 to 1.
    low = 100 * (Fraction(50, 100) * Fraction(2, 3) + Fraction(30, 100) * Fraction(1, 4))
    high = 100 * (Fraction(50, 100) + Fraction(20, 100) + Fraction(30, 100) * Fraction(3, 4))
    coverage = Fraction(50, 100) * Fraction(2, 3) + Fraction(30, 100)
    assert found["score_low"] == pytest.approx(float(low), rel=1e-14)
    assert found["score_high"] == pytest.approx(float(high), rel=1e-14)
    assert found["coverage"] == pytest.approx(float(coverage), rel=1e-14)
    assert found["loss"] == pytest.approx(float((high - low) / 100), rel=1e-14)
    assert found["score"] is None  # 63 % is spoken of, 70 % is needed
    assert found["levels"] == ("low", "high")


def test_the_score_rests_on_the_least_that_fits_where_the_source_speaks():
    compiled = small_bridge(
        {"answer": "t/a", "at_least": 1, "if": {"r": {"at_least": 2}}},
        {"answer": "t/b", "at_most": 0, "if": {"r": {"at_most": 3}}},
        {"answer": "r", "at_least": 2, "if": {"r": {"at_least": 2}}},
    )

    found = told(compiled, "total", {"r": 2})

    earned = Fraction(50) * Fraction(1, 3) + Fraction(30) * Fraction(2, 4)
    assert found["coverage"] == pytest.approx(0.8, rel=1e-14)
    assert found["score"] == pytest.approx(float(earned / Fraction(8, 10)), rel=1e-14)
    assert found["score_low"] <= found["score"] <= found["score_high"]


def test_the_highest_bound_from_below_and_the_lowest_from_above_hold():
    compiled = small_bridge(
        {"answer": "r", "at_least": 1, "if": {"t": {"ticked": ["a"]}}},
        {"answer": "r", "at_least": 2, "if": {"t": {"ticked": ["a", "b"]}}},
        {"answer": "r", "at_most": 3, "if": {"one": {"at_most": "all"}}},
        {"answer": "r", "at_most": 2, "if": {"one": {"at_most": "half"}}},
    )

    found = told(compiled, "r", {"t/a": True, "t/b": True, "t/none": False, "one": "half"})

    assert (found["score_low"], found["score_high"], found["loss"]) == (2.0, 2.0, 0.0)
    assert found["levels"] == ("2", "2")


def test_a_blank_source_answer_meets_no_condition():
    compiled = small_bridge(
        {"answer": "r", "at_most": 1, "if": {"t": {"not_ticked": ["a"]}, "one": {"one_of": ["no"]}}}
    )

    assert told(compiled, "r", {"t/a": None, "one": "no"})["loss"] == 1.0
    assert told(compiled, "r", {"t/a": False, "one": None})["loss"] == 1.0
    assert told(compiled, "r", {"t/a": False, "one": "no"})["score_high"] == 1.0


@pytest.mark.parametrize(
    ("ticks", "one", "r"),
    [((True, False), "half", 3), ((False, False), "no", 0), ((True, True), "all", 4)],
)
def test_a_crosswalk_onto_itself_loses_nothing_and_gives_the_same_score(ticks, one, r):
    compiled = small_bridge(*ONTO_ITSELF)
    none = not any(ticks)
    answers = {"t/a": ticks[0], "t/b": ticks[1], "t/none": none, "one": one, "r": r}
    own = compiled.program.wide(pl.DataFrame({k: [v] for k, v in answers.items()}))

    for names in compiled.program.nodes:
        found = told(compiled, names.node, answers)
        score = own.item(0, names.score)
        assert (found["score_low"], found["score"], found["score_high"]) == (score, score, score)
        assert (found["coverage"], found["loss"]) == (1.0, 0.0)
        if names.level is not None:
            level = compiled.program.levels[own.item(0, names.level)]
            assert found["levels"] == (level, level)


def test_a_tick_that_costs_points_counts_as_lower_than_none():
    nodes = [{**NODES[0], "points": {"a": 3, "b": -1, "none": 0}}, *NODES[1:]]
    raw = {
        **PACK,
        "id": "self",
        "from": "small",
        "to": "small_model",
        "mappings": [
            {
                "answer": "t/a",
                "at_least": 1,
                "if": {"r": {"at_least": 1}},
                "because": WORD,
                "confidence": "facts",
            }
        ],
    }
    compiled = bridge(Crosswalk.model_validate(raw), SHEET, small_program(nodes))

    found = told(compiled, "t", {"r": 1})

    assert (found["score_low"], found["score_high"]) == (2.0, 3.0)


def test_a_crosswalk_to_another_model_is_refused():
    with pytest.raises(CrosswalkError) as caught:
        bridge(crosswalk("sme2024_to_dmat"), questionnaire("sme2024"), program("siri"))

    assert caught.value.fields["target"] == "dmat"
    assert "对照表" in caught.value.render("zh")


def test_answers_without_an_order_are_refused():
    twisted = {**NODES[1], "id": "again", "points": {"no": 1, "half": "1/2", "all": 0}}
    compiled = small_program([*NODES[:3], twisted, {**NODES[3], "of": ["t", "one", "r"]}])
    raw = {**PACK, "id": "self", "from": "small", "to": "small_model", "mappings": []}

    with pytest.raises(UnorderedError) as caught:
        bridge(Crosswalk.model_construct(**raw, from_="small"), SHEET, compiled)

    assert caught.value.fields["answers"] == "one"


# --- the three crosswalks of this library ------------------------------------------------


@cache
def program(target: str) -> Program:
    return compile_model(model(target), questionnaire_of(target))


@cache
def shipped(target: str) -> Bridge:
    return bridge(crosswalk(f"sme2024_to_{target}"), questionnaire("sme2024"), program(target))


@pytest.mark.parametrize("target", TARGETS)
def test_a_blank_source_sheet_covers_nothing_and_loses_everything(target):
    compiled = shipped(target)
    wide = compiled.wide(pl.DataFrame({"enterprise": ["blank"]}))

    for names in compiled.nodes:
        assert wide.item(0, names.coverage) == 0.0, names.node
        assert wide.item(0, names.loss) == 1.0, names.node
        assert wide.item(0, names.score) is None, names.node


@pytest.mark.parametrize("target", TARGETS)
def test_rows_are_estimated_one_by_one(target):
    compiled, rng = shipped(target), np.random.default_rng(5)
    answers = _with_blanks(drawn(questionnaire("sme2024"), 40, rng=rng), rng)

    whole = compiled.wide(answers)
    parts = [compiled.wide(answers.reverse().slice(at, 7)) for at in range(0, 40, 7)]

    assert pl.concat(parts).reverse().equals(whole)


def _with_blanks(answers: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Leave out some answers, ticks of one question together."""
    blank: dict[str, Any] = {}
    columns = []
    for column in answers.columns[1:]:
        question = column.split("/")[0]
        lacks = blank.setdefault(question, rng.random(len(answers)) < 0.15)
        columns.append(pl.when(~pl.Series(lacks)).then(pl.col(column)).alias(column))
    return answers.with_columns(columns)


def _agreeing(target: str, firm: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A target sheet, drawn at random among those that agree with every bound of the pack.

    Bounds are read from the file's own text and judged here, answer by answer.
    """
    bounds = _bounds(target)
    sheet: dict[str, Any] = {}
    for item in questionnaire_of(target).items.values():
        for column in item.columns:
            allowed = _orders(item, column)
            said = [b for b in bounds.get(column, ()) if _holds(b["if"], firm)]
            kept = [v for v in allowed if all(_within(v, b, allowed) for b in said)]
            assert kept, f"nothing agrees with the bounds on {column}"
            if not said and "na" in item.option_ids and rng.random() < 0.3:
                kept = ["na"]
            extreme = rng.random()
            place = 0 if extreme < 0.2 else -1 if extreme > 0.8 else int(rng.integers(len(kept)))
            sheet[column] = kept[place]
    return sheet


@cache
def _bounds(target: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for bound in resolve(read(pack_file("crosswalks", f"sme2024_to_{target}")), {})["mappings"]:
        found.setdefault(bound["answer"], []).append(bound)
    return found


def _orders(item: Any, column: str) -> list[Any]:
    if item.kind == "multi":
        return [False] if column.endswith(("/none", "/not_collected_digitally")) else [False, True]
    if item.kind == "scale":
        return list(range(int(item.question.low), int(item.question.high) + 1))
    return [o for o in ("no", "none", "partly", "mostly", "yes", "full") if o in item.option_ids]


def _within(value: Any, bound: Mapping[str, Any], allowed: list[Any]) -> bool:
    place = allowed.index(value)
    return place >= allowed.index(bound.get("at_least", allowed[0])) and place <= allowed.index(
        bound.get("at_most", allowed[-1])
    )


STEPS = {
    "q5": ["none", "one", "several", "most", "all"],
    "q8": ["none", "aware", "plan", "started", "changed", "top"],
}


def _holds(tests: Mapping[str, Mapping[str, Any]], firm: Mapping[str, Any]) -> bool:
    for item, test in tests.items():
        for key, wanted in test.items():
            if key in ("ticked", "not_ticked"):
                ticks = [firm[f"{item}/{o}"] for o in wanted]
                if any(t is None or t != (key == "ticked") for t in ticks):
                    return False
                continue
            answer = firm[item]
            if answer is None:
                return False
            have, need = (
                (STEPS[item].index(answer), STEPS[item].index(wanted))
                if item in STEPS
                else (answer, wanted)
            )
            if (have < need) if key == "at_least" else (have > need):
                return False
    return True


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_target_sheet_that_agrees_with_the_bounds_scores_within_the_interval(target, seed):
    compiled, rng = shipped(target), np.random.default_rng(seed)
    answers = _with_blanks(drawn(questionnaire("sme2024"), 8, rng=rng), rng)
    each = 6
    firms = [f for f in answers.iter_rows(named=True) for _ in range(each)]
    sheets = pl.DataFrame([_agreeing(target, firm, rng) for firm in firms])

    own = compiled.program.wide(sheets)
    interval = compiled.wide(answers.select(pl.all().repeat_by(each).explode()))

    for names, scored in zip(compiled.nodes, compiled.program.nodes, strict=True):
        score = own.get_column(scored.score)
        low, high = interval.get_column(names.score_low), interval.get_column(names.score_high)
        live = score.is_not_null()  # a node that is pruned has no score of its own
        assert (low <= score + 1e-9).filter(live).all(), names.node
        assert (score <= high + 1e-9).filter(live).all(), names.node
        middle = interval.get_column(names.score)
        assert (low <= middle + 1e-9).all(), names.node
        assert (middle <= high + 1e-9).all(), names.node
        if scored.level is not None:
            level = own.get_column(scored.level)
            assert (interval.get_column(str(names.level_low)) <= level).all(), names.node
            assert (level <= interval.get_column(str(names.level_high))).all(), names.node


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_better_source_answer_never_lowers_either_end(target, seed):
    compiled, rng = shipped(target), np.random.default_rng(seed)
    answers = _with_blanks(drawn(questionnaire("sme2024"), 30, rng=rng), rng)
    better = pl.DataFrame(
        [_better(row, rng) for row in answers.iter_rows(named=True)], schema=answers.schema
    )

    before, after = compiled.wide(answers), compiled.wide(better)

    for names in compiled.nodes:
        for column in (names.score_low, names.score_high):
            assert (before.get_column(column) <= after.get_column(column) + 1e-12).all(), column


def _better(firm: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The same firm with some answers raised."""
    raised = dict(firm)
    for column, answer in firm.items():
        if column == "enterprise" or answer is None or rng.random() > 0.2:
            continue
        question, _, option = column.partition("/")
        if option == "none":
            continue
        if option:
            raised |= {column: True, f"{question}/none": False}
        elif question in STEPS:
            order = STEPS[question]
            raised[column] = order[min(order.index(answer) + 1, len(order) - 1)]
        elif isinstance(answer, float):
            raised[column] = min(100.0, answer * 1.7)
        elif isinstance(answer, int):
            raised[column] = min(4, answer + 1)
    return raised


@pytest.mark.parametrize("target", TARGETS)
def test_the_table_of_a_crosswalk_is_the_mean_over_the_firms_it_is_given(target):
    compiled = shipped(target)
    answers = drawn(questionnaire("sme2024"), 60, rng=np.random.default_rng(2))

    table = crosswalk_loss(compiled, answers)
    wide = compiled.wide(answers)

    assert table["node"].to_list() == [n.node for n in compiled.nodes]
    for names, (_, coverage, loss) in zip(compiled.nodes, table.iter_rows(), strict=True):
        assert loss == pytest.approx(wide[names.loss].mean())
        assert wide[names.coverage].max() <= coverage + 1e-12 or names.node == "total"
        assert (coverage == 0.0) == (loss == 1.0)


def test_coverage_of_a_crosswalk_is_the_weight_of_the_answers_it_speaks_of():
    compiled = small_bridge(
        {"answer": "t/b", "at_least": 1, "if": {"r": {"at_least": 2}}},
        {"answer": "r", "at_most": 3, "if": {"one": {"one_of": ["half"]}}},
    )

    table = dict(
        crosswalk_loss(compiled, drawn(SHEET, 5, rng=np.random.default_rng(1)))
        .select("node", "coverage")
        .iter_rows()
    )

    assert table["total"] == pytest.approx(
        float(Fraction(50, 100) * Fraction(2, 3) + Fraction(30, 100))
    )
    assert unspoken(compiled) == ("t/a", "one")


def test_drawn_sheets_are_answered_in_full_and_ticks_agree_with_none():
    asked = questionnaire("sme2024")

    sheets = drawn(asked, 300, rng=np.random.default_rng(4))

    assert sheets.null_count().row(0) == (0,) * sheets.width
    assert set(sheets.columns[1:]) == {c for item in asked.items.values() for c in item.columns}
    some = sheets.select(
        pl.any_horizontal(f"q6/{o}" for o in ("policy", "products", "assess", "boundary"))
    )
    assert (some.to_series() != sheets["q6/none"]).all()
