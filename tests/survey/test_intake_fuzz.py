"""Ten thousand damaged files: each is an error of ours or is counted to the last row."""

from __future__ import annotations

import contextlib
import io
import random
import signal
import zipfile

import polars as pl
import pyreadstat
import pytest
import xlsxwriter

from taji.base.errors import TajiError
from taji.catalogue.load import questionnaire
from taji.store.tables import open_tables
from taji.survey.intake import recogniser, take

ZHUZHOU = [questionnaire("zhuzhou2021")]
KNOWN = recogniser(ZHUZHOU)

#: No file of some kilobytes takes a hundredth of this. [seconds]
WATCHDOG = 30
COUNTS = {"csv": 2_000, "gb18030": 1_000, "xlsx": 2_500, "sav": 2_500, "parquet": 2_000}

FRAME = pl.DataFrame(
    {
        "enterprise": ["91110000600037341L", "k2", "k3", "k4"],
        "plan": ["yes", "no", "", "yes"],
        "links": ["design|production", "none", "", "sales"],
        "key_process_automation": [35.0, 70.5, None, 0.5],
        "headcount": [12.0, 250.0, 31.0, None],
    }
)
CSV = (
    "填报说明,,,\n统一社会信用代码,plan,links[design],links[none],关键工序自动化率,营业收入,备注\n"
    '91110000600037341L,是,Y,,70％,"1,234.5","一行\n两行"\n'
    "k2,no,,Y,35,1.2亿,\n\nk3,yes,,,0.5,350万元,“好”\nk4,(跳过),,,,,\n"
)


def sample(kind, folder):
    """Return the bytes of a small valid file."""
    path = folder / f"sample.{kind}"
    if kind == "csv":
        return CSV.encode()
    if kind == "gb18030":
        return CSV.encode("gb18030")
    if kind == "sav":
        labels = {"key_process_automation": {35.0: "some"}}
        pyreadstat.write_sav(FRAME, path, variable_value_labels=labels)
    elif kind == "parquet":
        FRAME.write_parquet(path)
    else:
        book = xlsxwriter.Workbook(path)
        percent = book.add_format({"num_format": "0%"})
        sheet = book.add_worksheet()
        sheet.write_row(1, 0, FRAME.columns)
        for row, cells in enumerate(FRAME.iter_rows(), start=2):
            sheet.write_row(row, 0, cells, percent)
        sheet.write_formula(7, 1, "=1+1", None, 2)
        book.close()
    return path.read_bytes()


def damaged(data, rng):
    """Flip, cut, repeat, move or insert a few bytes."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        at, to = rng.randrange(len(data)), rng.randrange(len(data))
        deed = rng.randrange(6)
        if deed <= 1:
            data[at] = rng.randrange(256)
        elif deed == 2:
            data[at] ^= 1 << rng.randrange(8)
        elif deed == 3:
            data[at:at] = rng.choice([b'"', b"\0", b"\n", b",", b"\xff" * 8, data[to : to + 20]])
        elif deed == 4:
            del data[at : at + rng.choice([1, 2, 40])]
        elif len(data) > 40:
            del data[rng.randrange(1, len(data)) :]
        if not data:
            break
    return bytes(data)


def damaged_within(data, rng):
    """Damage one part of a zip archive, and pack it again without a trace."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    hit = rng.choice([name for name in parts if name.startswith("xl/")])
    parts[hit] = damaged(parts[hit], rng)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


@contextlib.contextmanager
def watchdog():
    """Fail, where the system can, a file that hangs."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def bark(*_):
        raise AssertionError("a file was not read within the time of the watchdog")

    before = signal.signal(signal.SIGALRM, bark)
    signal.alarm(WATCHDOG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("kind", COUNTS)
def test_a_damaged_file_is_an_error_of_ours_or_is_counted_to_the_last_row(tmp_path, kind):
    rng = random.Random(f"{kind} 2026")
    data = sample(kind, tmp_path)
    path = tmp_path / f"damaged.{kind}"
    read = refused = 0
    for _ in range(COUNTS[kind]):
        within = kind == "xlsx" and rng.random() < 0.6
        path.write_bytes(damaged_within(data, rng) if within else damaged(data, rng))
        with watchdog():
            try:
                intake = take(open_tables(path, recognise=KNOWN), ZHUZHOU)
            except TajiError as error:
                refused += bool(error.render("zh") and error.render("en"))
                continue
        assert intake.accepted + intake.refused == intake.read
        assert intake.answers.height == intake.accepted
        assert intake.table("zh").height == intake.refusals_found
        read += 1
    # a fuzz that only ever sees one outcome tests nothing
    assert read > COUNTS[kind] // 200
    assert refused > COUNTS[kind] // 200
    assert read + refused == COUNTS[kind]
