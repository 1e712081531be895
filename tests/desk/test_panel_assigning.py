"""Panels from a file to a folder, and back by a replay."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from tests.match import panel_checker as checker
from tests.match.panel_checker import Raw

from taji.base.errors import TajiError
from taji.cli import run
from taji.desk.affinity_file import AffinityCellError, read_affinities


def write(path: Path, rows: list[list[object]], header: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([header.split(","), *rows])
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(11)
    rows = [
        [
            f"A{a:02}",
            f"R{r:02}",
            round(float(rng.random()), 3),
            int(rng.random() < 0.1),
            f"U{r % 5}",
        ]
        for a in range(15)
        for r in range(12)
    ]
    return write(
        tmp_path / "affinity.csv", rows, "application,reviewer,affinity,conflict,organisation"
    )


def raw_of(table: Path, *, k: int, most: int, least: int = 0) -> Raw:
    with table.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    return Raw(
        affinity={(r["application"], r["reviewer"]): float(r["affinity"]) for r in rows},
        conflict=frozenset((r["application"], r["reviewer"]) for r in rows if r["conflict"] == "1"),
        k=k,
        most=most,
        least=least,
        organisation={r["reviewer"]: r["organisation"] for r in rows},
    )


def chosen_of(out: Path) -> list[tuple[str, str]]:
    with (out / "assignment.csv").open(encoding="utf-8") as handle:
        return [(row["application"], row["reviewer"]) for row in csv.DictReader(handle)]


def draw(table: Path, out: Path, *more: str) -> int:
    return run(
        [
            *("panel", "assign", str(table), "--per-application", "3", "--max-load", "5"),
            *("--out", str(out), "--lang", "en", *more),
        ]
    )


@pytest.mark.parametrize(
    "more", [(), ("--mode", "sum"), ("--min-load", "2"), ("--pair-cap", "0.6")]
)
def test_what_is_written_keeps_the_rules_and_says_what_it_is_worth(
    table: Path, tmp_path: Path, more: tuple[str, ...]
):
    out = tmp_path / "panels"

    assert draw(table, out, *more) == 0

    chosen = chosen_of(out)
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    raw = raw_of(table, k=3, most=5, least=2 if "--min-load" in more else 0)
    assert checker.faults(raw, chosen) == []
    assert (summary["least"], summary["sum"]) == pytest.approx(checker.least_and_sum(raw, chosen))
    assert summary["least"] <= summary["least_bound"] + 1e-6
    assert summary["connected"] is True
    assert sum(summary["loads"].values()) == 45
    assert set(summary["loads"]) == set(raw.reviewers)


def test_the_order_of_rows_changes_nothing(table: Path, tmp_path: Path):
    lines = table.read_text("utf-8").splitlines()
    turned = tmp_path / "turned.csv"
    turned.write_text("\n".join([lines[0], *lines[:0:-1]]) + "\n", "utf-8")

    assert draw(table, tmp_path / "one") == draw(turned, tmp_path / "two") == 0

    one, two = ((tmp_path / name / "assignment.csv").read_bytes() for name in ("one", "two"))
    assert one == two


def replay(out: Path, table: Path) -> int:
    return run(["panel", "assign", "--replay", str(out), str(table), "--lang", "en"])


def test_a_draw_is_proved_and_every_tampering_told(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "panels"
    assert draw(table, out, "--seed", "7") == 0
    assert replay(out, table) == 0
    assert "Proved" in capsys.readouterr().out

    seats = (out / "assignment.csv").read_text("utf-8")
    (out / "assignment.csv").write_text(seats.replace("R03", "R04", 1), "utf-8")
    assert replay(out, table) == 1
    assert "assignment.csv differs" in capsys.readouterr().err
    (out / "assignment.csv").write_text(seats, "utf-8")

    told = (out / "summary.json").read_text("utf-8")
    summary = json.loads(told)
    (out / "summary.json").write_text(
        json.dumps({**summary, "least": summary["least"] + 0.1}), "utf-8"
    )
    assert replay(out, table) == 1
    assert "least" in capsys.readouterr().err
    (out / "summary.json").write_text(json.dumps({**summary, "loads": {}}), "utf-8")
    assert replay(out, table) == 1
    (out / "summary.json").write_text(told, "utf-8")

    table.write_text(table.read_text("utf-8") + "A00,R99,0.5,1,U0\n", "utf-8")
    assert replay(out, table) == 1
    assert "SHA-256" in capsys.readouterr().err


def test_a_folder_without_a_draw_is_told(table: Path, tmp_path: Path, capsys):
    assert replay(tmp_path, table) == 1
    assert "summary.json" in capsys.readouterr().err


def test_required_specialities_stand_on_the_panel(tmp_path: Path):
    rows = [
        [
            a,
            r,
            0.9 if r != "R4" else 0.1,
            "否",
            "材料" if r != "R4" else "财务、法律",
            "财务" if a == "A1" else "",
        ]
        for a in ("A1", "A2")
        for r in ("R1", "R2", "R3", "R4")
    ]
    table = write(tmp_path / "t.csv", rows, "申报,评审人,匹配度,回避,专业,必备专业")
    out = tmp_path / "panels"

    code = run(
        [
            *("panel", "assign", str(table), "--per-application", "2", "--max-load", "2"),
            *("--mode", "sum", "--out", str(out)),
        ]
    )

    assert code == 0
    assert ("A1", "R4") in chosen_of(out)
    assert ("A2", "R4") not in chosen_of(out)


def test_what_cannot_be_met_is_refused_in_words(table: Path, tmp_path: Path, capsys):
    code = run(
        [
            *("panel", "assign", str(table), "--per-application", "3", "--max-load", "3"),
            *("--out", str(tmp_path / "x"), "--lang", "en"),
        ]
    )

    assert code == 1
    assert "12 × 3 = 36 < 15 × 3 = 45" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("A1,R9,x,0,u", "panel.affinity_cell"),
        ("A1,R9,,0,u", "panel.affinity_cell"),
        ("A1,R9,0.5,maybe,u", "panel.affinity_cell"),
        ("A1,R9,0.5,,u", "panel.affinity_cell"),
        ("A1,,0.5,0,u", "panel.affinity_cell"),
        ("A1,R1,0.5,0,u", "panel.affinity_twice"),
        ("A2,R1,0.5,0,v", "panel.affinity_organisation"),
    ],
)
def test_a_cell_that_cannot_be_used_is_told(tmp_path: Path, row: str, code: str):
    table = tmp_path / "t.csv"
    table.write_text(f"application,reviewer,affinity,conflict,organisation\nA1,R1,0.4,0,u\n{row}\n")

    with pytest.raises(TajiError) as caught:
        read_affinities(table)

    assert caught.value.code == code
    assert caught.value.render("zh") != caught.value.render("en")
    if isinstance(caught.value, AffinityCellError):
        assert caught.value.fields["row"] == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("application,reviewer,affinity\nA,R,1\n", "panel.affinity_column"),
        ("application,reviewer,affinity,conflict,conflict\nA,R,1,0,0\n", "panel.affinity_column"),
        ("application,reviewer,affinity,conflict\nA,R,1,yes\n", "panel.no_pair"),
    ],
)
def test_a_table_without_its_columns_or_pairs_is_told(tmp_path: Path, text: str, code: str):
    (tmp_path / "t.csv").write_text(text)

    with pytest.raises(TajiError) as caught:
        read_affinities(tmp_path / "t.csv")

    assert caught.value.code == code
