"""Hostile and broken files end in a clear error: no crash, no hang, no memory blown."""

from __future__ import annotations

import os
import random
import zipfile

import polars as pl
import pytest
import xlsxwriter

from taji.store.isolated import read_apart
from taji.store.parquet import check_scannable
from taji.store.tables import open_table, open_tables, read_table
from taji.store.unreadable import (
    CsvBrokenError,
    DamagedError,
    EmptyFileError,
    EncodingUnknownError,
    FileMissingError,
    NulBytesError,
    TooLargeError,
    TooSlowError,
    UnknownKindError,
    UnreadableError,
)

SHEET = (
    '<?xml version="1.0"?>{dtd}<worksheet '
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{cells}</sheetData></worksheet>"
)


def book(path, cells="", *, dtd="", extra=None):
    """Write a workbook whose only sheet holds ``cells`` as raw XML."""
    workbook = xlsxwriter.Workbook(path)
    workbook.add_worksheet().write(0, 0, "enterprise")
    workbook.close()
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if cells:
        parts["xl/worksheets/sheet1.xml"] = SHEET.format(cells=cells, dtd=dtd).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts | (extra or {})).items():
            archive.writestr(name, content)
    return path


def cell(place, text="1"):
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def refused(path, error):
    with pytest.raises(error) as caught:
        [frame for source in open_tables(path) for frame in source.batches()]
    assert caught.value.code.startswith("store.")
    for language in ("zh", "en"):
        assert caught.value.render(language)
    return caught.value.fields


def test_a_zip_bomb_is_refused_by_its_real_size_and_ratio(tmp_path):
    path = book(tmp_path / "a.xlsx", extra={"xl/media/bomb.bin": b"\0" * (64 << 20)})

    assert "ratio" in str(refused(path, TooLargeError)["what_en"])


def test_a_zip_bomb_that_lies_about_its_size_is_refused_all_the_same(tmp_path):
    path = book(tmp_path / "a.xlsx", extra={"xl/media/bomb.bin": b"\0" * (64 << 20)})
    data = path.read_bytes()
    small = (1000).to_bytes(4, "little")
    path.write_bytes(data.replace((64 << 20).to_bytes(4, "little"), small))

    refused(path, UnreadableError)


def test_a_declared_size_beyond_the_limit_is_refused_before_reading(tmp_path):
    path = book(tmp_path / "a.xlsx", extra={"xl/media/bomb.bin": b"\0" * 1000})
    data = bytearray(path.read_bytes())
    at = data.rindex(b"xl/media/bomb.bin") - 46
    data[at + 24 : at + 28] = (2**31).to_bytes(4, "little")
    path.write_bytes(bytes(data))

    assert refused(path, TooLargeError)["limit"] == 1 << 30


def test_a_sheet_of_ten_thousand_columns_is_refused_by_number(tmp_path):
    path = tmp_path / "a.xlsx"
    workbook = xlsxwriter.Workbook(path)
    workbook.add_worksheet().write_row(0, 0, [f"c{i}" for i in range(10_000)])
    workbook.close()

    assert refused(path, TooLargeError)["limit"] == 5_000


def test_a_csv_of_ten_thousand_columns_is_refused_by_number(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(",".join(f"c{i}" for i in range(10_000)) + "\n", "utf-8")

    assert refused(path, TooLargeError)["value"] == 10_000


def test_two_cells_at_far_corners_do_not_fill_the_memory(tmp_path):
    cells = f'<row r="1">{cell("A1")}</row><row r="1048576">{cell("ED1048576")}</row>'

    assert "cells" in str(refused(book(tmp_path / "a.xlsx", cells), TooLargeError)["what_en"])


def test_an_ods_cell_repeated_a_billion_times_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "a.ods"
    xml = (
        '<d xmlns:table="t" xmlns:office="o"><table:table table:name="S">'
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'office:value-type="float" office:value="1" table:number-columns-repeated="1000"/>'
        "</table:table-row></table:table></d>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", xml)

    refused(path, TooLargeError)


def test_entities_are_refused(tmp_path):
    dtd = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    path = book(tmp_path / "a.xlsx", f'<row r="1">{cell("A1", "&b;")}</row>', dtd=dtd)

    assert refused(path, DamagedError)["problem"] == "entities"


@pytest.mark.parametrize("place", ["ZZZZ1", "A0", "1A", "A99999999"])
def test_an_impossible_place_of_a_cell_is_refused(tmp_path, place):
    path = book(tmp_path / "a.xlsx", f'<row r="1">{cell(place)}</row>')

    refused(path, UnreadableError)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_workbook_is_refused(tmp_path, share):
    path = book(tmp_path / "a.xlsx")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])

    refused(path, DamagedError)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyFileError),
        (b"\n\n  \n,,\n", EmptyFileError),
        (b"enterprise,q1\nA,\0\n", NulBytesError),
        (b"\xff\xff\xff\xff,\xff", EncodingUnknownError),
        (b'enterprise,q1\nA,"never closed\nB,1\n', CsvBrokenError),
        (b'enterprise,q1\nA,"x"y\n', CsvBrokenError),
        (b'enterprise,q1\nA,"' + b"x" * 200_000 + b'"\n', CsvBrokenError),
        (b"enterprise," + b"x" * 5_000_000, CsvBrokenError),
        (b"%PDF-1.7 ...", UnknownKindError),
        (b"<html><table><tr><td>x</td></tr></table></html>", UnknownKindError),
        (b"\x1f\x8b\x08\x00", UnknownKindError),
        (b"PK\x03\x04 and nothing more", DamagedError),
        (b"PAR1 and nothing more", DamagedError),
        (b"PAR1" + b"\xff" * 40 + b"PAR1", DamagedError),
        (b"$FL2@(#) and nothing more", DamagedError),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600, DamagedError),
    ],
    ids=lambda value: value[:14] if isinstance(value, bytes) else "",
)
def test_what_is_no_table_is_refused_for_what_it_is(tmp_path, content, error):
    path = tmp_path / "a.csv"
    path.write_bytes(content)

    refused(path, error)


def test_the_row_where_a_quotation_mark_opens_is_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('enterprise,q1\nA,1\nB,"2\n2"\nC,"never closed\nD,1\n', "utf-8")

    assert refused(path, CsvBrokenError) == {"file": "a.csv", "row": 4, "problem": "open_quote"}


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    assert refused(tmp_path / "none.csv", FileMissingError)["problem"] == "absent"
    assert refused(tmp_path, FileMissingError)["problem"] == "folder"


def test_a_zip_of_anything_else_is_no_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("holiday.jpg", b"...")

    refused(path, UnknownKindError)


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("enterprise,q1,q1\n", "utf-8")

    table = read_table(path)

    assert table.source.headers == ("enterprise", "q1", "q1")
    assert table.frame.height == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe, on which a reader waits")
def test_a_reader_that_stalls_is_ended_and_the_next_file_is_read(tmp_path):
    endless = tmp_path / "endless.xlsx"
    os.mkfifo(endless)

    with pytest.raises(TooSlowError):
        list(read_apart("workbook", endless, kind="xlsx", patience=0.2))

    assert open_table(book(tmp_path / "a.xlsx")).headers == ("enterprise",)


def test_a_damaged_parquet_is_found_before_it_is_scanned_in_place(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"enterprise": [f"k{i}" for i in range(50)], "q1": list(range(50))}).write_parquet(
        path
    )
    data = path.read_bytes()
    check_scannable(path)
    rng = random.Random(2026)
    outcomes = set()
    for _ in range(150):
        hurt = bytearray(data)
        for _ in range(3):
            hurt[rng.randrange(4, len(data) // 2)] = rng.randrange(256)
        path.write_bytes(hurt)
        try:
            check_scannable(path)
        except DamagedError:
            outcomes.add("refused")
        else:
            pl.scan_parquet(path).collect(engine="streaming")
            outcomes.add("scanned")
    assert outcomes == {"refused", "scanned"}
