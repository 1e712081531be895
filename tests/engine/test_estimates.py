"""Estimates as a table: columns, order, batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from taji.assess.compile import compile_model
from taji.assess.crosswalk import Bridge, bridge
from taji.assess.crosswalk_loss import drawn
from taji.catalogue.load import crosswalk, model, questionnaire, questionnaire_of
from taji.engine.estimates import BASIS, COLUMNS, estimate_file, estimate_frame
from taji.engine.local import KeyMissingError, SuffixError


@pytest.fixture(scope="module")
def siri() -> Bridge:
    program = compile_model(model("siri"), questionnaire_of("siri"))
    return bridge(crosswalk("sme2024_to_siri"), questionnaire("sme2024"), program)


@pytest.fixture(scope="module")
def answers() -> pl.DataFrame:
    return drawn(questionnaire("sme2024"), 23, rng=np.random.default_rng(8))


def test_there_is_one_row_per_firm_and_node_and_each_says_that_it_is_an_estimate(siri, answers):
    frame = estimate_frame(answers, siri)

    assert tuple(frame.columns) == COLUMNS
    assert frame["enterprise"].to_list() == [f"{i}" for i in range(23) for _ in siri.nodes]
    assert frame["node"].to_list() == [n.node for n in siri.nodes] * 23
    assert frame["basis"].unique().to_list() == [BASIS]
    assert frame["level_low"].cast(pl.Int64).to_list() == frame["score_low"].to_list()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_size_of_a_batch_changes_no_figure(siri, answers, tmp_path: Path, suffix: str):
    out = tmp_path / f"out{suffix}"

    assert estimate_file(answers.lazy(), siri, out, batch_rows=5) == 23

    expected = estimate_frame(answers, siri)
    got = pl.read_csv(out) if suffix == ".csv" else pl.read_parquet(out)
    assert got.cast(dict(expected.schema)).equals(expected)
    assert [file.name for file in tmp_path.iterdir()] == [out.name]


def test_a_table_of_nobody_has_its_columns(siri, answers, tmp_path: Path):
    assert estimate_file(answers.head(0).lazy(), siri, tmp_path / "out.csv") == 0
    assert (tmp_path / "out.csv").read_text().strip() == ",".join(COLUMNS)


def test_other_suffixes_and_answers_of_nobody_are_refused(siri, answers, tmp_path: Path):
    with pytest.raises(SuffixError):
        estimate_file(answers.lazy(), siri, tmp_path / "out.xlsx")
    with pytest.raises(KeyMissingError):
        estimate_frame(answers.drop("enterprise"), siri)
