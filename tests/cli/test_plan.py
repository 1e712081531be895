"""``taji plan`` at a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taji.city.demo import DemoFiles, write_demo
from taji.cli import run


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    return write_demo(tmp_path_factory.mktemp("demo"))


FIRM = "91430299XU00137247"


def roadmap(demo: DemoFiles, out: Path, *more: str) -> int:
    known = ["--enterprise", FIRM, "--plain", "--lang", "en", "--out", str(out)]
    known += ["--time-limit", "600"]
    return run(["plan", "roadmap", str(demo.answers), *known, *more])


def test_a_roadmap_is_written_and_said(demo, tmp_path, capsys):
    code = roadmap(demo, tmp_path / "r.json", "--target", "2", "--budget", "600000", "--staff", "2")

    said = capsys.readouterr().err
    content = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert code == 0
    assert f"{content['cost']:,} yuan" in said
    assert "planning assumptions" in said


def test_a_target_out_of_reach_exits_with_one_and_says_what_is_missing(demo, tmp_path, capsys):
    code = roadmap(
        demo, tmp_path / "r.json", "--target", "3", "--budget", "100000", "--per-year", "90000"
    )

    content = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert code == 1
    assert content["status"] == "infeasible"
    assert "more" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--target", "9"], 1),
        (["--target", "2", "--size", "huge"], 1),
        (["--target", "2", "--per-year", "a,b"], 2),
        (["--target", "2", "--measures", "nowhere"], 2),
        (["--target", "2", "--time-limit", "0"], 2),
        ([], 2),
    ],
)
def test_what_cannot_be_is_said_without_a_traceback(demo, tmp_path, capsys, more, code):
    assert roadmap(demo, tmp_path / "r.json", *more) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_price_book_says_how_many_cells_changed(tmp_path, capsys):
    projects = tmp_path / "projects.csv"
    projects.write_text(
        "measure,variant,size,cost\n" + "crm,cloud,small,30000\n" * 5 + "moon,a,small,1\n", "utf-8"
    )

    code = run(["plan", "price-book", str(projects), "--out", str(tmp_path / "b"), "--lang", "en"])

    said = capsys.readouterr().err
    assert code == 0
    assert "1 now rest on quantiles" in said
    assert said.strip().endswith("read 6, accepted 5, refused 1")
    assert run(["models", "check", str(tmp_path / "b" / "measures.yaml"), "--quiet"]) == 0
