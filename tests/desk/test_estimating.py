"""Estimates under another model, from a file to a table that says what it is."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from taji.assess.cases import answer_frame
from taji.base.text import LANGUAGES
from taji.catalogue.crosswalk import NOT_AN_ASSESSMENT
from taji.catalogue.load import questionnaire
from taji.catalogue.problem import UnknownPackError
from taji.cli import run
from taji.desk.estimating import crosswalk_sheet, estimate, other_models, targets_of

ANSWERS = "enterprise,q8,s_production,s_decision,q6\nA1,changed,3,2,policy|products\nA2,,,,\n"


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    file = tmp_path / "answers.csv"
    file.write_text(ANSWERS, encoding="utf-8")
    return file


def test_answers_to_one_questionnaire_become_estimates_under_another_model(answers, tmp_path):
    out = tmp_path / "estimates.csv"

    done = estimate(answers, model="siri", crosswalk="sme2024", out=out)

    frame = pl.read_csv(out)
    rows = {(r["enterprise"], r["node"]): r for r in frame.iter_rows(named=True)}
    strategy = rows["A1", "strategy_governance"]
    assert (strategy["score_low"], strategy["score_high"]) == (3.0, 5.0)
    intelligence = rows["A1", "intelligence_enterprise"]
    assert (intelligence["score_low"], intelligence["score_high"]) == (2.0, 3.0)
    assert {r["loss"] for (firm, _), r in rows.items() if firm == "A2"} == {1.0}
    assert "不是按该标准的评估" in done.notes[-1].zh


def test_a_note_beside_the_table_says_what_it_is_and_what_it_rests_on(answers, tmp_path):
    estimate(answers, model="dmat", crosswalk="sme2024", out=tmp_path / "e.parquet")

    note = json.loads((tmp_path / "e.estimate.json").read_text(encoding="utf-8"))

    assert note["crosswalk"] == "sme2024_to_dmat@1.0"
    for language in LANGUAGES:
        assert NOT_AN_ASSESSMENT[language] in note["note"][language]
    assert "q3/website" in note["unspoken"]
    assert len(note["answers_sha256"]) == 64


def test_a_pair_without_a_crosswalk_is_refused_by_name(answers, tmp_path):
    with pytest.raises(UnknownPackError) as caught:
        estimate(answers, model="sme2022", crosswalk="sme2024", out=tmp_path / "e.csv")

    assert "sme2024_to_dmat" in str(caught.value)
    assert not (tmp_path / "e.csv").exists()


def test_refused_answers_are_refused_as_for_an_assessment(tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text("enterprise,s_production\nA1,9\n", encoding="utf-8")

    estimate(file, model="siri", crosswalk="sme2024", out=tmp_path / "e.csv")

    assert "s_production" in (tmp_path / "refused.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_of_a_crosswalk_says_what_it_is_and_what_is_not_spoken_of(language):
    said = crosswalk_sheet("sme2024", "dmat", language=language, draws=50)

    assert NOT_AN_ASSESSMENT[language] in said
    assert "   0.0%   100.0% q11" in said
    assert "q8/off_site_backup" in said.splitlines()[-1]


def test_one_firm_is_told_the_range_of_levels_under_every_other_model():
    sheet = answer_frame(questionnaire("sme2024"), {"q8": "none", "s_production": 4})

    told = {(other.model, other.node.en): other for other in other_models(sheet, "sme2024")}

    assert told["cmmm", "Maturity score"].low.en == "Below level 1"
    strategy = told["siri", "Strategy and governance"]
    assert (strategy.low.en, strategy.high.en, strategy.loss) == ("0", "0", 0.0)
    assert len(told) == 1 + 1 + 16


def test_no_bound_is_applied_to_a_bureaus_own_version_of_a_questionnaire():
    own = questionnaire("sme2024").model_copy(update={"version": "1.1"})

    assert targets_of(own) == ()


def test_the_commands_end_well_and_why_is_refused(answers, tmp_path, capsys):
    out = str(tmp_path / "e.csv")
    words = ["assess", str(answers), "--model", "dmat", "--crosswalk", "sme2024", "--out", out]

    assert run([*words, "--lang", "en"]) == 0
    assert "not an assessment under that standard" in capsys.readouterr().err
    assert run([*words, "--why"]) == 2
    assert run(["models", "crosswalk", "sme2024", "siri", "--lang", "en"]) == 0
    assert "strategy_governance" in capsys.readouterr().out
