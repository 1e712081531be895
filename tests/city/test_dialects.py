"""The three exports hold the same answers, and intake reads them so."""

from __future__ import annotations

import polars as pl
import pytest
import yaml
from python_calamine import CalamineWorkbook

from taji.catalogue.load import questionnaire, register
from taji.city.demo import write_demo
from taji.store.tables import open_table
from taji.survey.design import Design
from taji.survey.intake import recogniser, take
from taji.survey.measures import measures_of
from taji.survey.tabulate import tabulate

DIALECTS = ("answers", "answers_limesurvey", "answers_wenjuanxing")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return write_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def taken(demo):
    """Each dialect, taken in."""
    packs = [questionnaire(name) for name in demo.questionnaires]
    registers = {name: register(name) for name in ("gbt4754", "zhuzhou_districts")}
    return {
        dialect: take(
            [open_table(getattr(demo, dialect), recognise=recogniser(packs))],
            packs,
            registers=registers,
        )
        for dialect in DIALECTS
    }


def canonical(answers, truth):
    """The columns of the questionnaires, by firm."""
    return answers.select(truth.answers.columns).sort("enterprise")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_row_and_no_cell_is_refused(taken, dialect):
    intake = taken[dialect]

    assert (intake.read, intake.accepted, intake.refused) == (65, 65, 0)
    assert intake.refusals_found == 0
    assert intake.keys_checked == 65


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_answers_that_were_given(taken, truth, default_round, dialect):
    told = canonical(taken[dialect].answers, truth)

    given = canonical(default_round.answers, truth)
    assert told.schema == given.schema
    for column in given.columns:
        assert told[column].to_list() == given[column].to_list(), column


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_design_comes_through_with_every_digit(taken, default_round, dialect):
    told = taken[dialect].answers.sort("enterprise")

    given = default_round.answers.sort("enterprise")
    assert told["stratum"].to_list() == given["stratum"].to_list()
    for column in ("stratum_size", "weight"):
        assert told[column].cast(pl.Float64).to_list() == given[column].cast(pl.Float64).to_list()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_says_that_it_is_invented(taken, dialect):
    assert set(taken[dialect].answers["invented"]) == {"1"}


def test_ticks_are_written_as_each_tool_writes_them(demo):
    kobo = pl.read_csv(demo.answers, infer_schema=False)
    lime = pl.read_csv(demo.answers_limesurvey, infer_schema=False)
    sheet = CalamineWorkbook.from_path(demo.answers_wenjuanxing).get_sheet_by_index(0).to_python()
    links = next(place for place, name in enumerate(sheet[0]) if "哪些业务环节" in name)

    assert set(kobo["course/links/production"].drop_nulls()) == {"0", "1"}
    assert set(lime["links[production]"].drop_nulls()) == {"Y"}
    assert any("生产制造┋" in row[links] for row in sheet[1:])
    assert any(row[links] == "(空)" for row in sheet[1:])
    assert sheet[0][links].split("、")[0].isdigit()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_our_estimator_finds_the_published_percentages_in_every_dialect(demo, taken, dialect):
    design = Design.from_mapping(yaml.safe_load(demo.design.read_text(encoding="utf-8")))
    pack = questionnaire("zhuzhou2021")

    estimates = tabulate(taken[dialect].answers, measures_of(pack), design)

    for finding in pack.findings:
        found = estimates.row(
            by_predicate=(pl.col("question") == finding.question)
            & (pl.col("option") == finding.option),
            named=True,
        )
        percent = round(100 * found["estimate"])
        if finding.published.percent is not None:
            assert percent == finding.published.percent
        else:
            assert percent < finding.published.below_percent
