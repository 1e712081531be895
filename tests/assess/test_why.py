"""Why a firm has its level: what is listed is true when the answers are given and rescored."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
import pytest

from taji.assess.compile import Program, compile_model
from taji.assess.why import SCHEMA, titles_of_tests, why
from taji.catalogue.load import model, questionnaire

MODELS = [("sme2024", {}), ("sme2024", {"q1_full": "needs_abc"}), ("dmat", {}), ("cmmm", {})]


def program(name: str, **options: str) -> Program:
    found = model(name, options=options)
    return compile_model(found, questionnaire(found.questionnaire))


def given(sheet: dict[str, Any], row: dict[str, Any], compiled: Program) -> dict[str, Any]:
    """Return a sheet on which one listed answer is given."""
    column, to = row["question"], row["to"]
    new = dict(sheet)
    kind = compiled.columns[column]
    if kind == pl.Boolean:
        new[column] = to == "1"
        new[f"{column.rpartition('/')[0]}/none"] = False
    elif kind == pl.Float64:
        new[column] = float(to[1:]) + 1e-4 if to.startswith(">") else float(to)
    else:
        new[column] = int(to) if kind == pl.Int64 else to
    return new


def met(compiled: Program, tried: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[bool]:
    """Return for each sheet and result row whether the sheet meets the row's test."""
    sheets = pl.DataFrame(
        [sheet for sheet, _ in tried],
        schema_overrides=dict(compiled.columns),
        infer_schema_length=None,
    )
    wide = compiled.wide(sheets)
    found = []
    for place, (_, row) in enumerate(tried):
        left, sign, value = row["test"].rsplit(" ", 2)
        if " of " in left:
            level = next(v for v in compiled.model.levels if v.id == row["next_level"])
            counts = [t for t in level.tests if t.test == "count_at_least"]
            test = next(t for t in counts if left == f"{t.count} of {len(t.of)}")
            reached = [wide.item(place, f"{n}:points") >= float(value) for n in test.of]
            found.append(sum(reached) >= test.count)
            continue
        points = wide.item(place, f"{left}:points")
        found.append(points > float(value) if sign == ">" else points >= float(value))
    return found


@pytest.fixture(scope="module", params=MODELS, ids=lambda p: "-".join([p[0], *p[1].values()]))
def explained(request: pytest.FixtureRequest, random_sheets: Any) -> Any:
    name, options = request.param
    compiled = program(name, **options)
    answers = random_sheets(compiled.questionnaire, 150, np.random.default_rng(11))
    return compiled, answers, why(answers, compiled)


def sheets(answers: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["enterprise"]: row for row in answers.to_dicts()}


def test_the_table_has_its_columns_and_every_firm_below_the_top(explained: Any) -> None:
    compiled, answers, told = explained

    level = compiled.wide(answers)["total:level"]
    top = compiled.levels.index(compiled.model.levels[-1].id)
    below = answers.filter(level != top)["enterprise"].to_list()
    assert dict(told.schema) == SCHEMA
    assert told["enterprise"].unique(maintain_order=True).to_list() == below


def test_a_listed_test_is_not_met(explained: Any) -> None:
    compiled, answers, told = explained
    by_firm = sheets(answers)
    rows = told.filter(kind="unmet_test").to_dicts()

    assert not any(met(compiled, [(by_firm[row["enterprise"]], row) for row in rows]))
    assert all(row["gain"] == pytest.approx(row["needed"] - row["have"]) for row in rows)


def test_a_single_answer_meets_the_test_when_it_is_given(explained: Any) -> None:
    compiled, answers, told = explained
    by_firm = sheets(answers)
    rows = told.filter(kind="single_answer").to_dicts()

    tried = [(given(by_firm[row["enterprise"]], row, compiled), row) for row in rows]

    assert len(rows) > 30
    assert all(met(compiled, tried))


def test_a_set_of_answers_meets_the_test_and_none_of_it_can_be_left_out(explained: Any) -> None:
    compiled, answers, told = explained
    by_firm = sheets(answers)
    tried, whole = [], []
    for _, rows in told.filter(kind="set_of_answers").group_by("enterprise", "test"):
        listed = rows.to_dicts()
        for left_out in [None, *range(len(listed))]:
            sheet = by_firm[listed[0]["enterprise"]]
            for place, row in enumerate(listed):
                if place != left_out:
                    sheet = given(sheet, row, compiled)
            tried.append((sheet, listed[0]))
            whole.append(left_out is None)

    found = met(compiled, tried)

    assert sum(whole) > 20
    for meets, complete, (_, row) in zip(found, whole, tried, strict=True):
        assert meets if complete else not meets or row["search"] == "greedy"


def test_where_a_set_is_listed_no_single_answer_would_do(explained: Any) -> None:
    _, _, told = explained

    key = ["enterprise", "test"]
    singles = told.filter(kind="single_answer").select(key)
    assert told.filter(kind="set_of_answers").join(singles, on=key, how="semi").is_empty()


def test_unmet_tests_are_explained_by_singles_or_a_set(explained: Any) -> None:
    _, _, told = explained

    key = ["enterprise", "test"]
    answers = told.filter(pl.col("kind").is_in(["single_answer", "set_of_answers"])).select(key)
    assert told.filter(kind="unmet_test").join(answers, on=key, how="anti").is_empty()


def test_singles_come_with_the_fewest_steps_first() -> None:
    compiled = program("sme2024")
    answers = pl.DataFrame({"enterprise": ["a"], "q8": ["plan"], "q5": ["all"], "q12": ["flat"]})

    told = why(answers, compiled).filter(kind="single_answer", test="total >= 20")

    # 16.5 points: 3.5 are lacking, and one step in q12 earns exactly that
    assert told.select("question", "from", "to", "gain").row(0) == ("q12", "flat", "down", 3.5)
    assert told["rank"].to_list() == [1, 2, 3, 4, 5]


def test_the_questions_that_lose_most_come_first() -> None:
    compiled = program("sme2024")
    answers = pl.DataFrame({"enterprise": ["a"], "q5": ["all"]})

    told = why(answers, compiled).filter(kind="holds_down", test="total >= 20")

    assert told.select("question", "have", "gain").rows()[:2] == [
        ("q4", 0.0, 10.0),
        ("q1", 0.0, 8.0),
    ]
    assert "q5" not in told["question"]


def test_an_exact_set_is_as_small_as_any_found_by_trying_all() -> None:
    compiled = program("sme2024")
    answers = pl.DataFrame({"enterprise": ["a"], "q4/hr": [True], "q5": ["one"], "q8": ["aware"]})
    told = why(answers, compiled).filter(kind="set_of_answers", test="total >= 20")
    base = answers.to_dicts()[0]
    best = [
        {"question": "q5", "to": "all"},
        {"question": "q8", "to": "top"},
        {"question": "q11", "to": ">60"},
        {"question": "q12", "to": "down"},
        {"question": "q13", "to": "up"},
        {"question": "q2", "to": ">60"},
    ]

    def meets(rows: tuple[dict[str, str], ...]) -> bool:
        sheet = base
        for row in rows:
            sheet = given(sheet, row, compiled)
        return met(compiled, [(sheet, {"test": "total >= 20"})])[0]

    assert told["search"].unique().to_list() == ["exact"]
    assert len(told) == 3
    assert not any(meets(pair) for pair in combinations(best, 2))


def test_a_firm_on_the_highest_level_is_not_told_anything() -> None:
    compiled = program("cmmm")
    full = {column: ["full"] for column in compiled.columns}

    assert why(pl.DataFrame({"enterprise": ["a"], **full}), compiled).is_empty()


def test_a_ladder_asks_for_the_next_rung_only() -> None:
    compiled = program("cmmm")
    met = {column: ["full"] for column in compiled.columns if column.endswith((".1", ".2"))}

    told = why(pl.DataFrame({"enterprise": ["a"], **met}), compiled)

    assert told["test"].unique().to_list() == ["level3 >= 0.8"]
    assert (told["level"][0], told["next_level"][0]) == ("2", "3")
    assert told["node"].str.contains(r"3$").all()


def test_business_that_a_firm_does_not_have_is_not_advised() -> None:
    compiled = program("cmmm")
    answers = pl.DataFrame({"enterprise": ["a"], "sales.1": ["na"], "data.1": ["full"]})

    told = why(answers, compiled)

    assert "sales.1" not in told["question"]
    assert "logistics.1" in told["question"]


def test_a_model_without_levels_gives_an_empty_table() -> None:
    compiled = program("siri")

    told = why(pl.DataFrame({"enterprise": ["a"]}), compiled)

    assert told.is_empty()
    assert dict(told.schema) == SCHEMA


def test_rounding_that_the_model_prescribes_moves_the_threshold() -> None:
    exact = why(pl.DataFrame({"enterprise": ["a"]}), program("dmat"))
    rounded = why(pl.DataFrame({"enterprise": ["a"]}), program("dmat", level_rounding="integer"))

    assert exact.filter(kind="unmet_test")["test"].to_list() == ["total > 25"]
    assert rounded.filter(kind="unmet_test")["test"].to_list() == ["total >= 25.5"]


def test_every_listed_test_has_a_title_in_both_languages(explained: Any) -> None:
    compiled, _, told = explained

    titles = titles_of_tests(compiled.model)

    assert set(told["test"]) <= set(titles)
    assert all(title.zh != title.en for title in titles.values())


@pytest.mark.parametrize("name", ["sme2024", "dmat"])
def test_a_firm_is_told_the_same_alone_as_among_others(name, random_sheets):
    compiled = program(name)
    sheets = random_sheets(compiled.questionnaire, 25, np.random.default_rng(5))
    together = why(sheets, compiled)

    alone = pl.concat([why(sheets[place], compiled) for place in range(len(sheets))])

    assert alone.equals(together)
