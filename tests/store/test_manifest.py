"""The manifest of a folder of results."""

from __future__ import annotations

from pathlib import Path

import pytest

from taji.store.manifest import (
    FileRecord,
    Manifest,
    ManifestError,
    code_digest,
    environment,
    fingerprint,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "answers.csv").write_text("enterprise,plan\nA,yes\n", encoding="utf-8")
    (out / "estimates.csv").write_text("estimate\n0.09\n", encoding="utf-8")
    Manifest(
        command="portrait",
        arguments={"questionnaire": "zhuzhou2021"},
        version="0.1.0",
        code=code_digest(),
        seed=None,
        simulated=True,
        inputs={"answers": fingerprint(tmp_path / "answers.csv", relative_to=out)},
        packs={},
        libraries=environment(),
        outputs={"estimates.csv": fingerprint(out / "estimates.csv", relative_to=out)},
    ).write(out)
    return out


def test_an_untouched_folder_shows_no_change(folder: Path):
    manifest = Manifest.read(folder)

    assert manifest.changed_files(folder) == ()
    assert manifest.changed_libraries(environment()) == ()


@pytest.mark.parametrize(
    ("file", "kind", "name"),
    [("../answers.csv", "input", "answers"), ("estimates.csv", "output", "estimates.csv")],
)
def test_one_changed_byte_is_named(folder: Path, file: str, kind: str, name: str):
    path = folder / file
    path.write_bytes(path.read_bytes()[:-2] + b"X\n")

    changes = Manifest.read(folder).changed_files(folder)

    assert [(change.kind, change.name) for change in changes] == [(kind, name)]
    assert changes[0].found not in {"", changes[0].recorded}


def test_a_lost_file_is_named_with_nothing_found(folder: Path):
    (folder / "estimates.csv").unlink()

    (change,) = Manifest.read(folder).changed_files(folder)

    assert (change.kind, change.name, change.found) == ("output", "estimates.csv", "")


def test_another_library_is_named_apart_from_changed_files(folder: Path):
    manifest = Manifest.read(folder)

    (change,) = manifest.changed_libraries({**environment(), "polars": "0.0"})

    assert (change.name, change.found) == ("polars", "0.0")


def test_other_code_is_named(folder: Path):
    path = folder / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace(code_digest(), "0" * 64), "utf-8")

    (change,) = Manifest.read(folder).changed_files(folder)

    assert change.kind == "code"


def test_the_folder_and_its_inputs_can_be_moved_together(folder: Path, tmp_path: Path):
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    tmp_path.rename(moved)

    assert Manifest.read(moved / "out").changed_files(moved / "out") == ()


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 99}', '{"schema": 1, "odd": 2}'])
def test_what_is_no_manifest_is_refused_with_its_path(tmp_path: Path, text: str):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")

    with pytest.raises(ManifestError) as caught:
        Manifest.read(tmp_path)

    assert caught.value.code == "store.manifest"
    assert caught.value.fields["path"] == tmp_path / "manifest.json"


def test_a_fingerprint_is_the_sha256_of_the_bytes(tmp_path: Path):
    path = tmp_path / "abc.txt"
    path.write_bytes(b"abc")

    record = fingerprint(path, relative_to=tmp_path)

    # FIPS 180-2, appendix B.1
    assert record == FileRecord(
        "abc.txt", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
