"""A form of an upper level, filled from what firms answered once."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest
import python_calamine as calamine

from taji.assess.cases import answer_frame
from taji.catalogue.form import Form
from taji.catalogue.load import questionnaire
from taji.desk.diagnosing import program_of
from taji.desk.filling import NoKeyError, fill, filled
from taji.engine.local import score_frame

HOSTILE = "=cmd|' /C calc'!A0"
KEYS = ["91430299XU000000XD", "-2+3", "@SUM(A1)"]


@pytest.fixture(scope="module")
def answers():
    asked = questionnaire("sme2024")
    sheets = [
        answer_frame(asked, {"q1": ("a", "c"), "q2": 35, "q5": "most", "s_hr": 2}),
        answer_frame(asked, {"q1": (), "q2": 0, "q5": None, "s_hr": 0}),
        answer_frame(asked, {"q1": None, "q2": None, "q5": "none", "s_hr": 4}),
    ]
    return pl.concat(sheets, how="diagonal").with_columns(enterprise=pl.Series(KEYS))


@pytest.fixture(scope="module")
def register():
    return pl.DataFrame(
        {
            "uscc": KEYS,
            "name": [HOSTILE, "+A", "\t=B"],
            "industry": ["36", "no such code", None],
            "headcount": [120, None, 7],
        }
    )


def column(found, name):
    place = [field.id for field in found.form.fields_].index(name)
    return list(found.values[place]), list(found.reasons[place])


@pytest.fixture(scope="module")
def book(answers, register, tmp_path_factory):
    out = tmp_path_factory.mktemp("form") / "form.xlsx"
    scores = score_frame(answers, program_of("sme2024"))
    found = fill(
        "sme_level_2024", answers, register=register, scores=scores, out=out, simulated=True
    )
    return found, out


def test_answers_stand_in_words_and_numbers_as_numbers(book):
    found, _ = book

    assert column(found, "q1")[0] == [
        "车间内的工业控制网络、自建或租用的5G工业网络",
        "（一项未选）",
        None,
    ]
    assert column(found, "q2")[0] == [35.0, 0.0, None]
    assert column(found, "s_hr")[0] == [2, 0, 4]
    assert column(found, "industry")[0] == ["汽车制造业", "no such code", None]
    assert column(found, "headcount")[0] == [120, None, 7]


def test_every_empty_cell_has_its_reason_and_they_add_up(book):
    found, _ = book

    assert column(found, "q5")[1] == [None, "not_answered", None]
    assert set(column(found, "specialised")[1]) == {"not_asked"}
    assert set(column(found, "p_systems")[1]) == {"evidence"}
    assert set(column(found, "founded")[1]) == {"not_in_register"}
    assert set(column(found, "r_total")[1]) == {"not_scored"}
    empty = sum(value is None for values in found.values for value in values)
    assert sum(found.counts.values()) == empty
    assert found.cells == len(KEYS) * len(found.form.fields_)


def sheets(path):
    opened = calamine.CalamineWorkbook.from_path(str(path))
    return {name: opened.get_sheet_by_name(name).to_python() for name in opened.sheet_names}


def test_the_workbook_has_all_firms_one_firm_and_what_is_empty(book):
    found, path = book
    told = sheets(path)

    assert list(told) == ["说明", "全部企业", "单户表", "未填"]
    assert all("模拟数据" in rows[0][0] for rows in told.values())
    assert [row[0] for row in told["全部企业"][4:]] == KEYS
    assert told["单户表"][1][1] == KEYS[0]
    listed = {(row[0], row[1]) for row in told["未填"][2:]}
    assert ("全部企业", "specialised") in listed
    assert (KEYS[1], "q5") in listed
    about = {row[0]: row[1] for row in told["说明"]}
    assert about["未填：问过，企业没有作答"] == found.counts["not_answered"]
    assert "凭记忆" in str(told["说明"]), "what is from memory is said in the workbook"


def test_no_answer_becomes_a_formula(book):
    _, path = book
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as archive:
        strings = archive.read("xl/sharedStrings.xml").decode()
        assert HOSTILE.replace("'", "'") in strings
        for number in (1, 2, 4):
            tree = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            assert not list(tree.iter(f"{space}f")), f"sheet {number} has no formula at all"
        tree = ElementTree.fromstring(archive.read("xl/worksheets/sheet3.xml"))
        formulas = [str(cell.text) for cell in tree.iter(f"{space}f")]
    assert formulas
    assert all(text.startswith("IF(INDEX(") for text in formulas)


def test_without_register_and_scores_the_form_is_filled_as_far_as_it_goes(answers):
    found = filled(_form(), answers, asked=questionnaire("sme2024"))

    assert column(found, "uscc")[0] == KEYS, "the key itself is known from the answers"
    assert column(found, "name")[1] == ["not_in_register"] * 3
    assert column(found, "total")[1] == ["not_scored"] * 3
    assert column(found, "nets")[0][0] == "A、自建或租用的5G工业网络", "the form's own word"


def test_an_answer_named_name_is_no_register(answers):
    found = filled(
        _form(),
        answers.with_columns(name=pl.lit("written by the firm")),
        asked=questionnaire("sme2024"),
    )

    assert column(found, "name")[1] == ["not_in_register"] * 3


def test_a_table_without_a_key_is_refused(answers):
    with pytest.raises(NoKeyError) as caught:
        filled(_form(), answers.drop("enterprise"), asked=questionnaire("sme2024"))

    assert caught.value.code == "desk.no_key"


def _form():
    def both(word):
        return {"zh": word, "en": word}

    return Form.model_validate(
        {
            "id": "upward",
            "version": "1.0",
            "title": both("form"),
            "source": ["made for tests"],
            "confidence": "assumption",
            "authority": both("province"),
            "document": "none",
            "questionnaire": "sme2024",
            "model": "sme2024",
            "parts": [
                {
                    "id": "all",
                    "title": both("all"),
                    "fields": [
                        {"id": "uscc", "label": both("key"), "register": ["enterprise"]},
                        {"id": "name", "label": both("name"), "register": ["name"]},
                        {
                            "id": "nets",
                            "label": both("nets"),
                            "answer": "q1",
                            "options": {"a": "A"},
                        },
                        {"id": "total", "label": both("total"), "score": "total"},
                    ],
                }
            ],
        }
    )


def test_a_bureaus_own_form_reads_the_questionnaire_beside_it(tmp_path):
    example = Path(__file__).resolve().parents[2] / "docs" / "developer" / "example"
    answers = pl.DataFrame({"enterprise": ["F1"], "machines": [40.0], "records": ["sheet"]})

    found = fill(example / "upward.yaml", answers, out=tmp_path / "form.xlsx", language="en")

    assert column(found, "records")[0] == ["B"]
    assert column(found, "machines")[0] == [40.0]
    assert found.counts == {"not_asked": 1, "not_in_register": 1}
