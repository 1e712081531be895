"""Scoring frames and files: the same figures however the rows are cut, typed or ordered."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from taji.assess.compile import AnswerError, Program, compile_model
from taji.catalogue.load import model, questionnaire
from taji.engine.local import KeyMissingError, Scored, SuffixError, score_file, score_frame

SME = compile_model(model("sme2024"), questionnaire("sme2024"))
COLUMNS = {
    "enterprise": pl.String,
    "model": pl.String,
    "node": pl.String,
    "points": pl.Float64,
    "max_points": pl.Float64,
    "score": pl.Float64,
    "coverage": pl.Float64,
    "level": pl.String,
    "level_best": pl.String,
}


def answers(n: int, seed: int = 5) -> pl.DataFrame:
    """Return random sheets of sme2024 with a tenth of the cells blank."""
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {"enterprise": [f"E{i:04d}" for i in range(n)]}
    for item in SME.questionnaire.items.values():
        if item.kind == "multi":
            for column in item.columns:
                columns[column] = pl.Series(rng.random(n) < 0.5)
            columns[item.columns[-1]] = pl.Series(np.zeros(n, dtype=bool))
        elif item.kind == "scale":
            columns[item.id] = pl.Series(rng.integers(0, 5, n))
        elif item.kind == "share":
            columns[item.id] = pl.Series(rng.choice([0.0, 10.0, 20.0, 33.3, 60.0, 100.0], n))
        elif item.kind == "single":
            columns[item.id] = pl.Series(rng.choice(item.option_ids, n).tolist())
    frame = pl.DataFrame(columns)
    blank = {c: pl.Series(rng.random(n) < 0.1) for c in frame.columns[1:]}
    return frame.with_columns(pl.when(~m).then(pl.col(c)).alias(c) for c, m in blank.items())


SHEETS = answers(60)
SCORES = score_frame(SHEETS, SME)


def test_the_table_is_the_contracts() -> None:
    assert dict(SCORES.schema) == COLUMNS
    assert SCORES["model"].unique().to_list() == ["sme2024"]
    assert SCORES["enterprise"].unique(maintain_order=True).equals(SHEETS["enterprise"])
    nodes = SCORES.head(len(SME.nodes))["node"].to_list()
    assert nodes == [node.id for node in SME.model.shown]
    assert nodes[-1] == "total"


def test_levels_are_shown_for_the_total_and_for_rungs_only() -> None:
    shown = SCORES.filter(pl.col("level").is_not_null())["node"].unique().to_list()

    rungs = [node.id for node in SME.model.nodes if node.is_level]
    assert sorted(shown) == sorted([*rungs, "total"])


def test_level_is_never_above_level_best_and_both_agree_on_full_answers() -> None:
    full = SHEETS.fill_null(strategy="forward").fill_null(strategy="backward")
    scores = score_frame(full, SME).filter(node="total")

    assert (SCORES["level"].cast(pl.Int64) <= SCORES["level_best"].cast(pl.Int64)).all()
    assert scores["level"].equals(scores["level_best"].rename("level"))
    assert scores["coverage"].unique().to_list() == [1.0]


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(60)))
def test_the_order_of_rows_changes_no_figure(order: list[int]) -> None:
    shuffled = score_frame(SHEETS[order], SME)

    assert_frame_equal(shuffled.sort("enterprise", maintain_order=True), SCORES, check_exact=True)


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(1, SHEETS.width)))
def test_the_order_of_columns_and_columns_of_others_change_no_figure(order: list[int]) -> None:
    names = [SHEETS.columns[i] for i in order]
    other = SHEETS.select(*names, "enterprise", stratum=pl.lit("x"), total=pl.lit(3))

    assert_frame_equal(score_frame(other, SME), SCORES, check_exact=True)


@settings(max_examples=12, deadline=None)
@given(cuts=st.lists(st.integers(1, 59), max_size=4))
def test_cutting_the_rows_into_parts_changes_no_figure(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), 60]
    parts = [SHEETS[a:b] for a, b in pairwise(edges)]

    joined = pl.concat([score_frame(part, SME) for part in parts])

    assert_frame_equal(joined, SCORES, check_exact=True)


@pytest.mark.parametrize("text", [pl.Categorical, pl.Enum])
def test_choices_as_categories_give_the_same(text: Any) -> None:
    strings = [c for c, t in SHEETS.schema.items() if t == pl.String and c != "enterprise"]

    def typed(name: str) -> pl.Expr:
        kind = pl.Enum(SHEETS[name].drop_nulls().unique()) if text is pl.Enum else text
        return pl.col(name).cast(kind)

    assert_frame_equal(score_frame(SHEETS.with_columns(map(typed, strings)), SME), SCORES)


@pytest.mark.parametrize("kind", [pl.Int8, pl.Int64, pl.Float64])
def test_ticks_as_nought_and_one_give_the_same(kind: Any) -> None:
    ticks = [c for c, t in SHEETS.schema.items() if t == pl.Boolean]

    assert_frame_equal(score_frame(SHEETS.with_columns(pl.col(ticks).cast(kind)), SME), SCORES)


def test_whole_numbers_for_shares_and_narrow_rungs_give_the_same() -> None:
    rungs = [c for c in SHEETS.columns if c.startswith("s_")]
    whole = SHEETS.with_columns(pl.col("q2", "q3", "q11").round(0))
    typed = whole.with_columns(
        pl.col("q2", "q3", "q11").cast(pl.Int32), pl.col(rungs).cast(pl.UInt8)
    )

    assert_frame_equal(score_frame(typed, SME), score_frame(whole, SME))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "answers.parquet"
    SHEETS.write_parquet(path)
    return path


@pytest.mark.parametrize("batch_rows", [1, 7, 60, 1000])
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_file_holds_what_the_frame_holds_whatever_the_batch(
    source: Path, tmp_path: Path, batch_rows: int, suffix: str
) -> None:
    out, seen = tmp_path / f"scores{suffix}", []

    done = score_file(source, SME, out, batch_rows=batch_rows, told=seen.append)

    read = pl.read_parquet(out) if suffix == ".parquet" else pl.read_csv(out, schema=COLUMNS)
    assert_frame_equal(read, SCORES, check_exact=True)
    assert (done.path, done.firms, done.rows) == (out, 60, len(SCORES))
    assert sum(seen) == 60
    assert sorted(p.name for p in tmp_path.iterdir()) == ["answers.parquet", out.name]


def test_a_lazy_frame_is_scored_like_a_file(tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"

    assert isinstance(score_file(SHEETS.lazy(), SME, out), Scored)
    assert_frame_equal(pl.read_parquet(out), SCORES)


def test_categories_that_differ_from_batch_to_batch_are_written_right(tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    score_file(
        SHEETS.with_columns(pl.col("q5").cast(pl.Categorical)).lazy(), SME, out, batch_rows=9
    )

    assert_frame_equal(pl.read_parquet(out), SCORES)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_no_rows_give_an_empty_table_with_its_columns(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"scores{suffix}"

    done = score_file(SHEETS.clear().lazy(), SME, out)

    read = pl.read_parquet(out) if suffix == ".parquet" else pl.read_csv(out, schema=COLUMNS)
    assert done.rows == 0
    assert dict(read.schema) == COLUMNS
    assert read.is_empty()


def test_a_refused_answer_leaves_no_file_and_keeps_the_old_one(tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    out.write_text("the one before")
    wrong = SHEETS.with_columns(
        q5=pl.when(pl.int_range(pl.len()) == 55).then(pl.lit("odd")).otherwise("q5")
    )

    with pytest.raises(AnswerError):
        score_file(wrong.lazy(), SME, out, batch_rows=10)

    assert [p.name for p in tmp_path.iterdir()] == ["scores.csv"]
    assert out.read_text() == "the one before"


def test_answers_without_a_key_are_refused(tmp_path: Path) -> None:
    nameless = SHEETS.drop("enterprise")

    for attempt in (
        lambda: score_frame(nameless, SME),
        lambda: score_file(nameless.lazy(), SME, tmp_path / "s.csv"),
    ):
        with pytest.raises(KeyMissingError) as caught:
            attempt()
        assert caught.value.code == "engine.key_missing"


def test_a_kind_of_file_that_is_not_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuffixError) as caught:
        score_file(SHEETS.lazy(), SME, tmp_path / "scores.docx")

    assert caught.value.code == "engine.suffix"
    assert "docx" in str(caught.value.fields["path"])


@pytest.mark.parametrize(("name", "profile"), [("dmat", None), ("cmmm", "process"), ("siri", None)])
def test_every_model_of_the_library_scores_an_empty_sheet(name: str, profile: str | None) -> None:
    found = model(name, profile=profile)
    compiled: Program = compile_model(found, questionnaire(found.questionnaire))

    scores = score_frame(pl.DataFrame({"enterprise": ["a"]}), compiled)

    assert scores["score"].null_count() == len(compiled.nodes)
    assert scores["coverage"].to_list() == [0.0] * len(compiled.nodes)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batch_rows=st.integers(1, 80))
def test_any_batch_size_writes_the_same_bytes_of_figures(tmp_path: Path, batch_rows: int) -> None:
    out = tmp_path / "scores.csv"
    score_file(SHEETS.lazy(), SME, out, batch_rows=batch_rows)

    assert out.read_text() == SCORES.write_csv()
