"""Computing a folder of results again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from taji.catalogue.files import pack_file
from taji.city.demo import DemoFiles
from taji.desk.portraying import portray
from taji.desk.request import PortraitRequest
from taji.desk.verifying import verify
from taji.store.manifest import MANIFEST_NAME, ManifestError


@pytest.fixture(scope="module")
def made(
    demo: DemoFiles, request_of_demo: PortraitRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The round with its portrait, made once."""
    folder = tmp_path_factory.mktemp("made") / "round"
    shutil.copytree(demo.directory, folder)
    moved = {
        name: folder / getattr(request_of_demo, name).name
        for name in ("answers", "design", "register")
    }
    portray(replace(request_of_demo, **moved), folder / "out")
    return folder


@pytest.fixture
def round_of_demo(made: Path, tmp_path: Path) -> Path:
    """The portrait in a copy of the round that a test may spoil."""
    shutil.copytree(made, tmp_path / "round")
    return tmp_path / "round" / "out"


def test_an_untouched_portrait_holds(round_of_demo: Path):
    result = verify(round_of_demo)

    assert result.differences == ()
    assert result.holds


def test_one_changed_answer_fails_by_the_file_and_by_the_figure(round_of_demo: Path):
    path = round_of_demo.parent / "answers-kobo.csv"
    table = pl.read_csv(path, infer_schema=False).with_row_index()
    said = table["course/plan"].to_list()
    row = said.index("no")
    changed = table.with_columns(
        pl.when(pl.col("index") == row)
        .then(pl.lit("yes"))
        .otherwise("course/plan")
        .alias("course/plan")
    )
    changed.drop("index").write_csv(path)

    told = [difference["en"] for difference in verify(round_of_demo).differences]

    assert any("input answers" in line for line in told)
    assert any("estimate of plan · yes" in line for line in told)


def test_one_changed_byte_of_a_result_fails_by_its_name(round_of_demo: Path):
    page = round_of_demo / "portrait.pdf"
    content = bytearray(page.read_bytes())
    content[len(content) // 2] ^= 1
    page.write_bytes(bytes(content))

    told = [difference["en"] for difference in verify(round_of_demo).differences]

    assert any("output portrait.pdf: changed" in line for line in told)


def test_a_figure_changed_together_with_its_hash_still_fails_by_the_figure(round_of_demo: Path):
    from taji.store.manifest import Manifest, fingerprint

    path = round_of_demo / "estimates.csv"
    table = pl.read_csv(path, infer_schema_length=None)
    forged = table.with_columns(
        pl.when((pl.col("question") == "plan") & pl.col("by").is_null())
        .then(pl.lit(0.5))
        .otherwise("estimate")
        .alias("estimate")
    )
    forged.write_csv(path)
    manifest = Manifest.read(round_of_demo)
    outputs = {**manifest.outputs, path.name: fingerprint(path, relative_to=round_of_demo)}
    replace(manifest, outputs=outputs).write(round_of_demo)

    told = [difference["zh"] for difference in verify(round_of_demo).differences]

    assert any("plan · yes" in line and "0.5" in line for line in told)


def test_a_lost_input_is_named_and_nothing_is_computed(round_of_demo: Path):
    (round_of_demo.parent / "answers-kobo.csv").unlink()

    told = [difference["en"] for difference in verify(round_of_demo).differences]

    assert told == ["input answers: not to be found"]


def test_a_folder_without_a_manifest_is_refused(round_of_demo: Path):
    (round_of_demo / MANIFEST_NAME).unlink()

    with pytest.raises(ManifestError):
        verify(round_of_demo)


def test_a_portrait_with_packs_of_ones_own_holds_wherever_it_is_moved(
    demo: DemoFiles, request_of_demo: PortraitRequest, tmp_path: Path, monkeypatch
):
    here, there = tmp_path / "here", tmp_path / "there"
    shutil.copytree(demo.directory, here)
    shutil.copy(pack_file("questionnaires", "zhuzhou2021"), here / "own.yaml")
    shutil.copytree(pack_file("models", "sme2024").parent, here / "own-model")
    monkeypatch.chdir(here)
    request = replace(
        request_of_demo,
        answers=Path(request_of_demo.answers.name),
        design=Path("design.yaml"),
        register=Path("register.csv"),
        questionnaire="own.yaml",
        models=("own-model",),
    )
    portray(request, here / "out")
    monkeypatch.chdir(tmp_path)
    here.rename(there)

    assert verify(there / "out").differences == ()

    pack = there / "own.yaml"
    pack.write_text(pack.read_text("utf-8").replace("长期", "远期"), "utf-8")
    assert any("own.yaml" in found.en for found in verify(there / "out").differences)
