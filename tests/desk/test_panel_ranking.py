"""``taji panel rank``, as the secretary of a panel uses it."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from tests.assess.panels import simulated

from taji.cli import run

RANKING = [
    *("application", "raw_mean", "fair_mean", "se", "rank", "rank_low", "rank_high"),
    "p_above_line",
]


@pytest.fixture(scope="module")
def scores() -> pl.DataFrame:
    ratings, _, _ = simulated(21, applications=40, load=10, severity=0.8)
    return pl.DataFrame(
        {
            "application": [ratings.applications[place] for place in ratings.application],
            "reviewer": [ratings.reviewers[place] for place in ratings.reviewer],
            "score": (70 + 8 * ratings.score).round(1),
        }
    )


def _rank(path: Path, out: Path, *more: str) -> int:
    return run(["panel", "rank", str(path), "--out", str(out), "--lang", "en", *more])


def test_a_panel_is_ranked_and_the_summary_says_what_it_rests_on(
    scores: pl.DataFrame, tmp_path: Path
):
    scores.write_csv(tmp_path / "ratings.csv")

    assert _rank(tmp_path / "ratings.csv", tmp_path / "out", "--fund", "10", "--quiet") == 0

    ranking = pl.read_csv(tmp_path / "out" / "ranking.csv")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert ranking.columns == RANKING
    assert ranking.height == 40
    assert pl.read_csv(tmp_path / "out" / "reviewers.csv").columns == [
        *("reviewer", "severity", "se", "n", "infit", "outfit")
    ]
    assert (summary["n"], summary["connected"], summary["fund"]) == (120, True, 10)
    assert len(summary["sha256"]) == 64
    assert summary["flips"] == pl.read_csv(tmp_path / "out" / "flips.csv").height


def test_the_same_file_and_seed_give_the_same_bytes_whatever_the_headers_are_called(
    scores: pl.DataFrame, tmp_path: Path
):
    scores.write_csv(tmp_path / "ratings.csv")
    chinese = scores.rename({"application": "项目", "reviewer": "评委", "score": "分数"})
    chinese.write_excel(tmp_path / "ratings.xlsx")

    for name, out in (("ratings.csv", "a"), ("ratings.csv", "b"), ("ratings.xlsx", "c")):
        assert _rank(tmp_path / name, tmp_path / out, "--fund", "5", "--quiet") == 0

    for table in ("ranking.csv", "reviewers.csv", "flips.csv", "next_reviews.csv"):
        made = {(tmp_path / out / table).read_bytes() for out in "abc"}
        assert len(made) == 1


def test_steps_are_ranked_by_the_rasch_model(scores: pl.DataFrame, tmp_path: Path):
    steps = scores.with_columns(
        score=((pl.col("score") - 50) / 10).round(0).clip(0, 4).cast(pl.Int64)
    )
    steps.write_csv(tmp_path / "ratings.csv")

    assert _rank(tmp_path / "ratings.csv", tmp_path / "out", "--model", "rasch", "--quiet") == 0

    fair = pl.read_csv(tmp_path / "out" / "ranking.csv")["fair_mean"]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["model"] == "rasch"
    assert fair.is_between(0, 4).all()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["application,reviewer,mark", "a,x,1"], ("column", "mark")),
        (["application,reviewer", "a,x"], ("score", "missing")),
        (["application,reviewer,score", "a,x,1", "a,y,good"], ("row 3", "score", "good")),
        (["application,reviewer,score", "a,x,1", "b,x,2", "a,x,3"], ("row 4", "row 2", "a", "x")),
        (["application,reviewer,score", "a,,1"], ("row 2", "reviewer")),
        (["application,reviewer,score", "a,x,"], ("no score",)),
        (
            ["application,reviewer,score", "a,x,1", "b,x,2", "c,y,3", "d,y,4"],
            ("2 parts", "a, b", "c, d"),
        ),
        (["application,reviewer,score", "a,x,1", "b,x,2"], ("too few",)),
    ],
    ids=["unknown", "missing", "text", "twice", "empty", "blank", "parts", "few"],
)
def test_what_cannot_be_used_is_told_and_nothing_is_written(
    lines: list[str], told: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "ratings.csv").write_text("\n".join(lines) + "\n", "utf-8")

    assert _rank(tmp_path / "ratings.csv", tmp_path / "out") == 1

    said = capsys.readouterr().err
    assert all(word in said for word in told)
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


def test_reviewers_with_few_scores_are_named_and_left_as_they_are(
    scores: pl.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    guest = pl.DataFrame({"application": ["a000"], "reviewer": ["guest"], "score": [99.0]})
    pl.concat([scores, guest]).write_csv(tmp_path / "ratings.csv")

    assert _rank(tmp_path / "ratings.csv", tmp_path / "out") == 0

    assert "guest" in capsys.readouterr().err
    row = pl.read_csv(tmp_path / "out" / "reviewers.csv").filter(pl.col("reviewer") == "guest")
    assert row["severity"].to_list() == [0.0]
