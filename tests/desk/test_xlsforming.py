"""A questionnaire as an XLSForm, and its exports back through our own intake."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import polars as pl
import pytest
import python_calamine as calamine

from taji.catalogue.load import available, questionnaire
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.gathering import IntakeChoices, gather
from taji.desk.steps import SILENT
from taji.desk.xlsforming import XlsFormError, publish_xlsform
from taji.report.xlsform import sheets_of
from taji.survey.intake.columns import plan_columns


def text(word):
    return {"zh": f"中文{word}", "en": word}


def pack(*questions, **extra):
    return Questionnaire.model_validate(
        {
            "id": "small",
            "version": "1.0",
            "title": text("small"),
            "source": ["made for tests"],
            "confidence": "house",
            "sections": [{"id": "all", "title": text("all"), "questions": list(questions)}],
            **extra,
        }
    )


TICKS = {
    "id": "ticks",
    "kind": "multi",
    "label": text("ticks"),
    "required": True,
    "options": [
        {"id": "a", "label": text("first")},
        {"id": "none", "label": text("nothing"), "exclusive": True},
    ],
}


def headers(form, asked):
    """The columns that Kobo exports for a form: paths below the root, an option behind ticks."""
    root = ElementTree.fromstring(form.xform)
    bind = "{http://www.w3.org/2002/xforms}bind"
    paths = [node.get("nodeset").removeprefix("/data/") for node in root.iter(bind)]
    ticks = {item.id: item.option_ids for item in asked.items.values() if item.kind == "multi"}
    found = []
    for path in paths:
        if path.startswith("meta/"):
            continue
        found.append(path)
        item = next((i for i in ticks if path == i or path.endswith("/" + i)), None)
        found += [f"{path}/{option}" for option in ticks.get(item, ())]
    return found


@pytest.mark.parametrize("name", available("questionnaires"))
def test_every_questionnaire_makes_a_form_whose_export_is_ours(name, tmp_path):
    asked = questionnaire(name)
    form = publish_xlsform(name, tmp_path / "form.xlsx")
    plan = plan_columns(["_id", *headers(form, asked)], [asked], file="kobo.csv")

    known = {column.item.split(":", 1)[1] for column in plan.columns if column.item}
    assert form.warnings == ()
    assert form.questions == len(asked.items) + 1
    assert any(column.role == "key" for column in plan.columns)
    assert known == set(asked.items)


def test_answers_given_in_the_form_come_back_whole(tmp_path):
    asked = questionnaire("sme2024")
    form = publish_xlsform(asked, tmp_path / "form.xlsx")
    row = dict.fromkeys(headers(form, asked), "")
    row |= {
        "enterprise": "firm-1",
        "base/q1": "a c",
        **{
            f"base/q1/{option}": str(int(option in "ac")) for option in ("a", "b", "c", "d", "none")
        },
        "base/q2": "35.5",
        "base/q5": "most",
        "scenarios/s_hr": "2",
    }
    path = tmp_path / "kobo.csv"
    pl.DataFrame([row]).write_csv(path)

    taken = gather(path, [asked], IntakeChoices(), steps=SILENT).of("sme2024")

    assert taken["enterprise"].to_list() == ["firm-1"]
    assert taken.select("q1/a", "q1/b", "q1/c").row(0) == (True, False, True)
    assert taken.select("q2", "q5", "s_hr").row(0) == (35.5, "most", 2)


def test_an_exclusive_option_stands_alone_and_a_duty_is_told_in_both_languages():
    row = sheets_of(pack(TICKS))["survey"][2]

    assert row["type"] == "select_multiple ticks"
    assert row["constraint"] == "not((selected(., 'none')) and count-selected(.) > 1)"
    assert row["required"] == "yes"
    assert "nothing" in row["constraint_message::English (en)"]
    assert row["required_message::中文 (zh)"] == "此题必答"


def test_a_skip_rule_becomes_relevant_and_the_form_still_builds(tmp_path):
    later = {
        "id": "why",
        "kind": "text",
        "label": text("why"),
        "asked_if": {"question": "ticks", "any_of": ["a"]},
    }
    last = {
        "id": "grid",
        "kind": "single",
        "label": text("grid"),
        "options": [{"id": "x", "label": text("x")}, {"id": "y", "label": text("y")}],
        "rows": [{"id": "one", "label": text("one")}, {"id": "two", "label": text("two")}],
        "asked_if": {"question": "ticks", "any_of": ["a", "none"]},
    }
    asked = pack(TICKS, later, last)
    survey = {row.get("name"): row for row in sheets_of(asked)["survey"]}

    assert survey["why"]["relevant"] == "selected(${ticks}, 'a')"
    assert survey["grid"]["relevant"] == "selected(${ticks}, 'a') or selected(${ticks}, 'none')"
    form = publish_xlsform(asked, tmp_path / "form.xlsx")
    assert re.search(r"nodeset=\"/data/all/grid/one\"", form.xform)


def test_ranges_are_in_the_unit_that_is_asked_for():
    asked = pack(
        {"id": "share", "kind": "share", "label": text("share")},
        {"id": "rung", "kind": "scale", "label": text("rung"), "low": 0, "high": 4},
        {
            "id": "money",
            "kind": "money",
            "label": text("money"),
            "low": 0,
            "high": 1000000,
            "per": 10000,
        },
    )
    rules = {row.get("name"): row.get("constraint") for row in sheets_of(asked)["survey"]}

    assert rules["share"] == ". >= 0 and . <= 100"
    assert rules["rung"] == ". >= 0 and . <= 4"
    assert rules["money"] == ". >= 0 and . <= 100"


def test_the_workbook_has_its_three_sheets_and_chinese_first(tmp_path):
    publish_xlsform("sme2024", tmp_path / "form.xlsx")
    book = calamine.CalamineWorkbook.from_path(str(tmp_path / "form.xlsx"))
    settings = book.get_sheet_by_name("settings").to_python()

    assert book.sheet_names == ["survey", "choices", "settings"]
    assert dict(zip(*settings, strict=True))["default_language"] == "中文 (zh)"


def test_a_questionnaire_that_makes_no_form_is_refused_and_leaves_no_file(tmp_path):
    twice = {"id": "all", "kind": "text", "label": text("as its section")}
    clash = pack({**twice, "id": "enterprise"}, {**twice, "id": "a"})
    asked = clash.model_copy(
        update={
            "sections": (
                clash.sections[0],
                clash.sections[0],
            )
        }
    )

    with pytest.raises(XlsFormError) as caught:
        publish_xlsform(asked, tmp_path / "form.xlsx")

    assert caught.value.fields["questionnaire"] == "small@1.0"
    assert not (tmp_path / "form.xlsx").exists()
