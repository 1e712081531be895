"""Files of every kind become the same raw cells, with the rows that a spreadsheet shows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile

import polars as pl
import pyreadstat
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taji.store.tables import open_table, open_tables, read_table
from taji.store.unreadable import SeveralSheetsError, SheetMissingError

KNOWN = {"enterprise", "q1", "q2", "说明"}


def known(cells):
    return sum(cell in KNOWN for cell in cells)


def rows(table):
    return table.frame.rows()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_is_read_in_every_encoding_and_with_every_delimiter(tmp_path, encoding, delimiter):
    path = tmp_path / "a.csv"
    lines = [["enterprise", "q1", "说明"], ["甲厂", "1", "株洲，天元"], ["乙厂", "", "镕"]]
    path.write_text("\n".join(delimiter.join(line) for line in lines), encoding=encoding)

    table = read_table(path, recognise=known)

    assert table.source.headers == ("enterprise", "q1", "说明")
    assert [(row, *map(_none, cells)) for row, *cells in rows(table)] == [
        (2, "甲厂", "1", "株洲，天元"),
        (3, "乙厂", None, "镕"),
    ]


def test_a_row_is_numbered_as_a_spreadsheet_shows_it_despite_line_breaks_in_cells(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('title,,\n,,\nenterprise,q1,q2\nA,"x\ny\nz",1\n\nB,2,3\r\nC,4\n', "utf-8")

    table = read_table(path, recognise=known)

    assert table.source.header_row == 3
    assert rows(table) == [(4, "A", "x\ny\nz", "1"), (6, "B", "2", "3"), (7, "C", "4", None)]


def test_cells_beyond_the_header_are_not_dropped(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("enterprise,q1\nA,1,2,3\nB,1,,\n", "utf-8")

    frame = read_table(path, recognise=known).frame

    assert frame["overflow"].to_list() == ["2 | 3", None]


cells = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_csv_is_read_as_the_standard_library_reads_it(tmp_path, body, quoting, end):
    text = io.StringIO(newline="")
    csv.writer(text, quoting=quoting, lineterminator=end).writerows(
        [["enterprise", "q1", "q2"], *body]
    )
    path = tmp_path / "a.csv"
    path.write_bytes(text.getvalue().encode())

    frame = read_table(path, recognise=known).frame

    wanted = [
        (row, *map(_none, cells))
        for row, cells in enumerate(body, start=2)
        if any(cell.strip() for cell in cells)
    ]
    assert [(row, *map(_none, cells)) for row, *cells in frame.rows()] == wanted


def test_a_long_csv_keeps_every_row_where_chunks_meet_inside_quotes(tmp_path):
    path = tmp_path / "a.csv"
    n = 60_000
    pad = "x" * 90
    with path.open("w", encoding="utf-8", newline="") as handle:
        handle.write("enterprise,q1,q2\n")
        for i in range(n):
            handle.write(f'{i},"{pad}\n{i}","a ""b"" {i}"\n' if i % 3 else f"{i},{pad},\n")

    batches = list(open_table(path, recognise=known).batches())
    frame = pl.concat(batches, how="diagonal")

    assert len(batches) > 1
    assert frame["row"].to_list() == list(range(2, n + 2))
    assert frame["0"].to_list() == [str(i) for i in range(n)]
    assert frame["1"][1] == f"{pad}\n1"
    assert frame["2"][n - 1] == f'a "b" {n - 1}'


def workbook(path, *, title=True):
    book = xlsxwriter.Workbook(path)
    percent = book.add_format({"num_format": "0.0%"})
    quoted = book.add_format({"num_format": '0.00"%"'})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    notes = book.add_worksheet("说明")
    notes.write(0, 0, "请先阅读")
    sheet = book.add_worksheet("数据")
    if title:
        sheet.merge_range(0, 0, 0, 3, "2021 年问卷 q1")
    sheet.write_row(2, 0, ["enterprise", "q1", "q2", "q3", "q4", "q5"])
    sheet.write_row(3, 0, ["A", 12, 0.5, True])
    sheet.write(3, 4, 0.35, percent)
    sheet.write(3, 5, 0.35, quoted)
    sheet.write_datetime(4, 1, dt.datetime(2024, 1, 2), day)
    sheet.write_formula(4, 2, "=1+1", None, 2)
    sheet.write_formula(4, 3, "=1/0", None, "#DIV/0!")
    sheet.write_formula(4, 4, "=7/20", percent, 0.35)
    sheet.write(4, 0, "B")
    hidden = book.add_worksheet("旧")
    hidden.write_row(0, 0, ["enterprise", "q1", "q2"])
    hidden.hide()
    book.close()


def test_a_workbook_gives_values_and_percentages_as_a_person_sees_them(tmp_path):
    path = tmp_path / "a.xlsx"
    workbook(path)

    table = read_table(path, recognise=known)

    assert (table.source.sheet, table.source.header_row) == ("数据", 3)
    assert rows(table) == [
        (4, "A", "12", "0.5", "TRUE", "35%", "0.35"),
        (5, "B", "2024-01-02", "2", "#DIV/0!", "35%", None),
    ]


def test_a_formula_that_was_never_calculated_shows_as_such(tmp_path):
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["enterprise", "q1"])
    sheet.write(1, 0, "A")
    sheet.write_formula(1, 1, "=1+1", None, 2)
    sheet.write_formula(3, 2, "=1+1", None, 2)
    book.close()
    _rewrite(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</f><v>2</v>", b"</f>"))

    assert rows(read_table(path, recognise=known)) == [
        (2, "A", "#UNCALCULATED", None),
        (4, None, None, "#UNCALCULATED"),
    ]


def test_every_sheet_that_looks_like_the_table_is_read(tmp_path):
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    for name in ("天元", "荷塘"):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["enterprise", "q1"])
        sheet.write_row(1, 0, [name, "1"])
    book.add_worksheet("图").write(0, 0, "q9")
    book.close()

    assert [source.sheet for source in open_tables(path, recognise=known)] == ["天元", "荷塘"]
    with pytest.raises(SeveralSheetsError):
        open_table(path, recognise=known)
    assert rows(read_table(path, sheet="荷塘", recognise=known)) == [(2, "荷塘", "1")]
    with pytest.raises(SheetMissingError) as caught:
        open_table(path, sheet="渌口")
    assert caught.value.fields["sheets"] == "天元, 荷塘, 图"


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table>
</office:spreadsheet></office:body></office:document-content>"""


def ods(path, rows):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" '
            'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
            "</manifest:manifest>",
        )
        archive.writestr("content.xml", ODS.format(rows=rows))


def test_an_ods_sheet_gives_values_and_percentages(tmp_path):
    path = tmp_path / "a.ods"
    head = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{h}</text:p></table:table-cell>'
        for h in ("enterprise", "q1")
    )
    ods(
        path,
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        f"<table:table-row>{head}</table:table-row><table:table-row>"
        '<table:table-cell office:value-type="string"><text:p>A</text:p></table:table-cell>'
        '<table:table-cell office:value-type="percentage" office:value="0.35">'
        "<text:p>35%</text:p></table:table-cell></table:table-row>"
        '<table:table-row table:number-rows-repeated="1048572"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>',
    )

    assert rows(read_table(path, recognise=known)) == [(4, "A", "35%")]


def test_parquet_keeps_its_types_and_joins_lists(tmp_path):
    path = tmp_path / "a.parquet"
    frame = pl.DataFrame(
        {
            "enterprise": ["A", "B"],
            "q1": [True, None],
            "q2": [["x", "y"], []],
            "q3": pl.Series(["s", "t"], dtype=pl.Categorical),
        }
    )
    frame.write_parquet(path)

    table = read_table(path)

    assert table.source.headers == ("enterprise", "q1", "q2", "q3")
    assert rows(table) == [(1, "A", True, "x|y", "s"), (2, "B", None, "", "t")]
    assert table.frame["1"].dtype == pl.Boolean


@pytest.mark.parametrize("compress", [False, True])
def test_spss_brings_codes_labels_and_missing_values(tmp_path, compress):
    path = tmp_path / "a.sav"
    data = pl.DataFrame({"enterprise": ["甲", "乙"], "v1": [1.0, 9.0], "v2": [0.5, None]})
    pyreadstat.write_sav(
        data,
        path,
        column_labels=["企业", "是否有规划", ""],
        variable_value_labels={"v1": {1.0: "是", 2.0: "否"}},
        missing_ranges={"v1": [9.0]},
        compress=compress,
    )

    table = read_table(path)

    assert table.source.labels == {0: "企业", 1: "是否有规划"}
    assert table.source.value_labels == {1: {"1": "是", "2": "否"}}
    assert rows(table) == [(1, "甲", "1", "0.5"), (2, "乙", None, None)]


def test_the_content_tells_the_kind_whatever_the_file_is_called(tmp_path):
    book = tmp_path / "really_a_workbook.csv"
    workbook(book)
    text = tmp_path / "really_text.xlsx"
    text.write_text("enterprise,q1\nA,1\n", "utf-8")

    assert open_table(book, recognise=known).kind == "xlsx"
    assert open_table(text, recognise=known).kind == "csv"


def _none(cell):
    return cell or None


def _rewrite(path, part, change):
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, change(content) if name == part else content)
