"""The register beside the answers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from taji.catalogue.load import questionnaire
from taji.desk.joining import POPULATION, is_simulated, join_register, read_firms
from taji.survey.design import Design

ASKED = questionnaire("zhuzhou2021")


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "名录.csv"
    path.write_text(
        "企业编号,所属行业（国民经济行业分类）,district,revenue,invented\nA,37,天元区,5000000,1\nB,30,430281,,1\n",
        encoding="gb18030",
    )
    return path


def _answers(**columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame({"enterprise": ["B", "A"], **columns})


def test_the_register_fills_what_a_firm_did_not_say(register: Path):
    answers = _answers(district=pl.Series([None, "430202"], dtype=pl.String))

    joined, _ = join_register(answers, read_firms(register, ASKED), Design())

    assert joined["enterprise"].to_list() == ["B", "A"]
    assert joined["district"].to_list() == ["430281", "430202"]
    assert joined["industry"].to_list() == ["30", "37"]


def test_an_amount_of_the_register_never_becomes_an_answer(register: Path):
    answers = _answers(revenue=pl.Series([None, 7.5e6], dtype=pl.Float64))

    joined, _ = join_register(answers, read_firms(register, ASKED), Design())

    assert joined["revenue"].to_list() == [None, 7.5e6]


def test_without_a_design_the_register_is_the_population(register: Path):
    joined, design = join_register(_answers(), read_firms(register, ASKED), Design())

    assert design.bind(joined).weight.tolist() == [1.0, 1.0]
    assert joined[POPULATION].to_list() == [2, 2]


def test_a_given_design_is_left_alone(register: Path):
    given = Design(weight="weight")

    _, design = join_register(_answers(weight=[1.0, 2.0]), read_firms(register, ASKED), given)

    assert design == given


def test_a_size_class_follows_from_headcount_and_revenue_where_none_was_given():
    answers = _answers(
        headcount=pl.Series([400.0, 5.0]),
        revenue=pl.Series([3e7, 1e6]),
        size=pl.Series([None, "small"], dtype=pl.String),
    )

    joined, _ = join_register(answers, None, Design())

    assert joined["size"].to_list() == ["medium", "small"]


def test_an_invented_firm_makes_the_data_simulated(register: Path):
    joined, _ = join_register(_answers(), read_firms(register, ASKED), Design())

    assert is_simulated(joined)
    assert not is_simulated(_answers())
