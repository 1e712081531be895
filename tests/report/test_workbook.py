"""The portrait as a workbook."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace

import pytest
from python_calamine import CalamineWorkbook

from taji.report.workbook import write_xlsx

SHEETS = {
    "zh": ["主要发现", "全部估计", "等级", "同类企业", "对标", "方法与说明", "出处"],
    "en": [
        "Findings",
        "Estimates",
        "Levels",
        "Peers",
        "Benchmarks",
        "Method and notes",
        "Provenance",
    ],
}


@pytest.fixture(scope="module", params=["zh", "en"])
def book(request, content, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "portrait.xlsx"
    write_xlsx(content, path, language=request.param)
    return request.param, path


def rows(path, sheet):
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python()


def test_the_sheets_are_in_the_readers_language(book):
    language, path = book

    assert CalamineWorkbook.from_path(str(path)).sheet_names == SHEETS[language]


def test_the_first_row_of_every_sheet_says_that_the_data_are_simulated(book):
    language, path = book
    words = {"zh": "模拟数据", "en": "Simulated data"}[language]

    assert all(rows(path, sheet)[0][0].startswith(words) for sheet in SHEETS[language])


def test_every_estimate_is_there_in_full_precision(book, content):
    language, path = book
    table = rows(path, SHEETS[language][1])
    names = table[2]
    body = table[3:]
    shown = content.estimates.filter(~content.estimates["suppressed"])

    assert len(body) == content.estimates.height
    place = names.index("estimate")
    written = [row[place] for row in body if not isinstance(row[place], str)]
    assert written == pytest.approx(shown["estimate"].to_list(), rel=1e-15)


def test_withheld_rows_say_so_and_have_no_number(book, content):
    language, path = book
    word = {"zh": "不予公布", "en": "withheld"}[language]
    table = rows(path, SHEETS[language][1])
    names = table[2]
    hidden = [row for row in table[3:] if row[names.index("suppressed")] is True]

    assert len(hidden) == content.estimates["suppressed"].sum() > 0
    assert all(row[names.index("estimate")] == word for row in hidden)
    assert all(row[names.index("ci_high")] == "" for row in hidden)


def test_the_contracts_columns_are_named_under_the_heads(book):
    language, path = book
    names = rows(path, SHEETS[language][1])[2]
    contract = (
        "question option statistic by group estimate se ci_low ci_high confidence n base deff"
    )

    assert [name for name in names if name] == [*contract.split(), "suppressed"]


def test_no_label_becomes_a_formula(hostile, tmp_path):
    path = tmp_path / "hostile.xlsx"
    write_xlsx(hostile, path, language="en")

    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        text = "".join(archive.read(name).decode() for name in sheets)
    labels = {cell for row in rows(path, "Estimates") for cell in row if isinstance(cell, str)}

    assert not re.search(r"<f[ >]", text)
    assert "<hyperlink" not in text
    assert {'=HYPERLINK("http://x","here")', "+1 & <b>", "@cmd"} <= labels


def test_heads_are_frozen_and_shares_are_formatted_as_per_cents(book):
    _, path = book
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
        styles = archive.read("xl/styles.xml").decode()

    assert 'state="frozen"' in sheet
    assert 'formatCode="0%"' in styles


def test_the_notes_name_what_is_to_be_checked(book):
    language, path = book
    notes = "".join(str(cell) for row in rows(path, SHEETS[language][5]) for cell in row)

    assert {"zh": "待对照标准原文核实", "en": "To be checked against the standard"}[
        language
    ] in notes


def test_a_real_portrait_names_itself_instead(content, tmp_path):
    path = tmp_path / "real.xlsx"
    write_xlsx(replace(content, simulated=False), path, language="zh")

    assert rows(path, "主要发现")[0][0].startswith("株洲市")


def test_the_same_content_is_the_same_bytes(content, tmp_path):
    first, second = tmp_path / "1.xlsx", tmp_path / "2.xlsx"

    write_xlsx(content, first, language="zh")
    write_xlsx(replace(content), second, language="zh")

    assert first.read_bytes() == second.read_bytes()
