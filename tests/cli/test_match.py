"""``taji match``, as a person at a terminal uses it; results recomputed from the raw files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.match.gap_checker import check, instance

from taji.cli import run
from taji.desk.bad_cells import BadCellsError, listed, refused_table
from taji.desk.needs_tables import read_both
from taji.match.words import Words

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "analyst" / "example"


def _write(folder: Path, kind: str, providers: int, needs: int):
    score, effort, capacity = instance(kind, providers, needs, 3)
    provider, need = np.divmod(np.arange(providers * needs), needs)
    pl.DataFrame(
        {
            "need": [f"n{n:03}" for n in need],
            "provider": [f"p{p:02}" for p in provider],
            "score": score.ravel(),
            "effort": effort.ravel(),
        }
    ).write_parquet(folder / "pairs.parquet")
    caps = pl.DataFrame({"provider": [f"p{p:02}" for p in range(providers)], "capacity": capacity})
    caps.write_csv(folder / "caps.csv")
    return score, effort, capacity


def _solve(folder: Path, *more: str) -> int:
    return run(
        [
            *("match", "solve", str(folder / "pairs.parquet")),
            *("--capacities", str(folder / "caps.csv"), "--out", str(folder / "out")),
            *("--sense", "min", "--lang", "en", *more),
        ]
    )


def test_solve_writes_an_assignment_that_holds_with_its_certificate(tmp_path: Path):
    score, effort, capacity = _write(tmp_path, "C", 4, 16)

    assert _solve(tmp_path, "--every-need", "--time-limit", "600") == 0

    told = json.loads((tmp_path / "out" / "certificate.json").read_text("utf-8"))
    given = dict(pl.read_csv(tmp_path / "out" / "assignment.csv").iter_rows())
    chosen = np.array([int(given[f"n{n:03}"][1:]) for n in range(16)])
    assert check(score, effort, capacity, chosen, every_need=True) == told["value"]
    assert (told["status"], told["feasible"], told["gap"]) == ("optimal", True, 0)
    assert {"bound", "seconds", "method", "seed", "time_limit"} <= set(told)


def test_solve_says_by_how_much_capacity_falls_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    _write(tmp_path, "C", 3, 9)
    caps = pl.read_csv(tmp_path / "caps.csv").with_columns(capacity=pl.lit(25))
    caps.write_csv(tmp_path / "caps.csv")

    assert _solve(tmp_path, "--every-need") == 1

    told = json.loads((tmp_path / "out" / "certificate.json").read_text("utf-8"))
    assert (told["status"], told["feasible"]) == ("infeasible", False)
    assert "short by" in capsys.readouterr().err
    assert not (tmp_path / "out" / "assignment.csv").exists()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("n1,p1,x,2", ("row 2", "`score`", "'x'")),
        ("n1,p1,5,-2", ("row 2", "`effort`", "negative")),
        ("n1,p9,5,2", ("p9", "caps.csv")),
        ("n1,p1,5,2\nn1,p1,6,2", ("row 3", "twice")),
        (",p1,5,2", ("row 2", "`need`", "empty")),
    ],
)
def test_a_bad_row_is_told_by_file_row_and_column(
    row: str, words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "pairs.csv").write_text(f"need,provider,score,effort\n{row}\n", "utf-8")
    (tmp_path / "caps.csv").write_text("provider,capacity\np1,9\n", "utf-8")

    code = run(
        [
            *("match", "solve", str(tmp_path / "pairs.csv"), "--sense", "max", "--lang", "en"),
            *("--capacities", str(tmp_path / "caps.csv"), "--out", str(tmp_path / "out")),
        ]
    )

    said = capsys.readouterr().err
    assert code == 1
    assert all(word in said for word in words), said


@pytest.mark.parametrize("favour", ["needs", "providers"])
def test_stable_leaves_no_blocking_pair(favour: str, tmp_path: Path):
    rng = np.random.default_rng(2)
    pairs = pl.DataFrame(
        {
            "need": [f"n{n}" for n in np.repeat(np.arange(200), 5)],
            "provider": [
                f"p{p}" for _ in range(200) for p in rng.choice(20, 5, replace=False).tolist()
            ],
            "need_score": rng.integers(0, 50, 1000),
            "provider_score": rng.random(1000),
        }
    )
    caps = pl.DataFrame({"provider": [f"p{p}" for p in range(20)], "capacity": [8] * 20})
    pairs.write_parquet(tmp_path / "pairs.parquet")
    caps.write_csv(tmp_path / "caps.csv")

    code = run(
        [
            *("match", "stable", str(tmp_path / "pairs.parquet"), "--favour", favour, "--quiet"),
            *("--capacities", str(tmp_path / "caps.csv"), "--out", str(tmp_path / "out")),
        ]
    )

    assert code == 0
    given = pl.read_csv(tmp_path / "out" / "assignment.csv")
    held = given.join(pairs, on=["need", "provider"])
    assert held.height == given.height == given["need"].n_unique()
    load = given.group_by("provider").agg(n=pl.len())
    assert load["n"].max() <= 8
    mine = held.select("need", now=pl.col("need_score"))
    worst = held.group_by("provider").agg(worst=pl.col("provider_score").min())
    look = (
        pairs.join(mine, on="need", how="left")
        .join(worst, on="provider", how="left")
        .join(load, on="provider", how="left")
    )
    blocking = look.filter(
        (pl.col("need_score") > pl.col("now").fill_null(-1))
        & ((pl.col("n").fill_null(0) < 8) | (pl.col("worst") < pl.col("provider_score")))
    )
    assert blocking.height == 0


def _needs(out: Path, *more: str) -> dict[str, object]:
    words = ["match", "needs", "--needs", str(EXAMPLE / "needs.csv")]
    words += ["--providers", str(EXAMPLE / "providers.csv"), "--out", str(out), *more, "--quiet"]
    assert run(words) == 0
    summary: dict[str, object] = json.loads((out / "summary.json").read_text("utf-8"))
    return summary


def test_needs_are_ranked_with_reasons_and_refusals_are_explained(tmp_path: Path):
    _needs(tmp_path, "--lang", "en")

    ranked = pl.read_csv(tmp_path / "ranked.csv")
    first = dict(ranked.filter(pl.col("rank") == 1).select("need", "provider").iter_rows())
    why_not = pl.read_csv(tmp_path / "why_not.csv")
    assert first == {"N1": "P1", "N2": "P2", "N3": "P5", "N4": "P3", "N5": "P1", "N6": "P6"}
    assert ranked.join(why_not, on=["need", "provider"]).height == 0
    pairs = pl.concat([ranked, why_not], how="diagonal").select("need", "provider").unique()
    assert pairs.height > 30
    conflict = why_not.filter((pl.col("need") == "N4") & (pl.col("provider") == "P4"))
    assert "conflict of interest" in conflict["reason"].item()
    assert not (tmp_path / "assignment.csv").exists()


def test_an_allocation_keeps_days_and_the_share_cap(tmp_path: Path):
    summary = _needs(tmp_path, "--mode", "allocate", "--share-cap", "0.4")

    needs = pl.read_csv(EXAMPLE / "needs.csv").select(need="需求编号", days="所需人天")
    providers = pl.read_csv(EXAMPLE / "providers.csv").select(
        provider="服务商编号", most="可供人天"
    )
    given = pl.read_csv(tmp_path / "assignment.csv").join(needs, on="need")
    load = given.group_by("provider").agg(pl.col("days").sum()).join(providers, on="provider")
    assert (load["days"] <= load["most"]).all()
    assert (load["days"] <= 0.4 * needs["days"].sum()).all()
    assert summary["status"] == "optimal"


def test_a_stable_allocation_tells_its_price(tmp_path: Path):
    summary = _needs(tmp_path, "--mode", "stable")

    assert summary["blocking_pairs"] == 0
    assert 0 <= summary["price_of_stability"] <= 1


def test_a_table_without_a_needed_column_is_refused_with_the_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "needs.csv").write_text("需求编号,企业,所需人天\nN1,a,3\n", "utf-8")

    code = run(
        [
            *("match", "needs", "--needs", str(tmp_path / "needs.csv"), "--lang", "zh"),
            *("--providers", str(EXAMPLE / "providers.csv"), "--out", str(tmp_path / "out")),
        ]
    )

    assert code == 1
    assert "需求描述" in capsys.readouterr().err


def test_every_bad_cell_of_both_tables_is_told_at_once_with_file_row_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    needs = (
        "需求编号,企业,需求描述,所需人天,预算\nN1,a,上云,三天吧,5万\nN1,b,,4,many\nN3,c,MES,-2,\n"
    )
    (tmp_path / "needs.csv").write_text(needs, "utf-8")
    providers = "provider,text,capacity\nP1,MES,lots\nP2,,5\n"
    (tmp_path / "providers.csv").write_text(providers, "utf-8")

    code = run(
        [
            *("match", "needs", "--needs", str(tmp_path / "needs.csv"), "--lang", "en"),
            *("--providers", str(tmp_path / "providers.csv"), "--out", str(tmp_path / "out")),
        ]
    )

    said = capsys.readouterr().err
    assert code == 1
    assert "7 cells" in said
    for where in (
        "needs.csv, row 2, 所需人天: '三天吧'",
        "needs.csv, row 3, 需求编号: 'N1', as in row 2",
        "needs.csv, row 3, 需求描述: ''",
        "needs.csv, row 3, 预算: 'many'",
        "needs.csv, row 4, 所需人天: '-2'",
        "providers.csv, row 2, capacity: 'lots'",
        "providers.csv, row 3, text: ''",
    ):
        assert where in said
    assert "run again" in said


def test_of_very_many_bad_cells_the_first_are_named_and_the_rest_counted(tmp_path: Path):
    rows = "".join(f"N{n},a,MES,none\n" for n in range(300))
    (tmp_path / "needs.csv").write_text("need,enterprise,text,days\n" + rows, "utf-8")

    with pytest.raises(BadCellsError) as caught:
        read_both(tmp_path / "needs.csv", EXAMPLE / "providers.csv", Words({}))

    assert caught.value.fields["count"] == len(listed(caught.value)) == 300
    assert "另有 280 格" in caught.value.render("zh")
    assert refused_table(listed(caught.value), "zh").columns == [
        *("file", "sheet", "row", "column", "value", "reason")
    ]
