"""A bureau's own packs are called by id and version."""

from __future__ import annotations

import shutil

import pytest

from taji.catalogue.files import OWN_PACKS, pack_file
from taji.catalogue.load import model, questionnaire
from taji.catalogue.problem import UnknownPackError


@pytest.fixture
def own(tmp_path, monkeypatch):
    for version in ("1.0", "1.1"):
        folder = tmp_path / "models" / "sme2024" / version
        shutil.copytree(pack_file("models", "sme2024").parent, folder)
        file = folder / "model.yaml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('version: "1.0"', f'version: "{version}"', 1), "utf-8")
    folder = tmp_path / "questionnaires" / "own" / "2.0"
    folder.mkdir(parents=True)
    text = pack_file("questionnaires", "sme2024").read_text(encoding="utf-8")
    text = text.replace("id: sme2024", "id: own", 1).replace('version: "1.0"', 'version: "2.0"', 1)
    (folder / "own.yaml").write_text(text, "utf-8")
    monkeypatch.setenv(OWN_PACKS, str(tmp_path))
    return tmp_path


def test_a_version_of_a_bureaus_own_is_found_by_its_name(own):
    assert model("sme2024@1.1").key == "sme2024@1.1"
    assert questionnaire("own@2.0").key == "own@2.0"


def test_the_plain_id_stays_the_librarys(own):
    assert model("sme2024").key == "sme2024@1.0"
    assert pack_file("models", "sme2024") != pack_file("models", "sme2024@1.0")


@pytest.mark.parametrize("name", ["sme2024@9.9", "../sme2024@1.1", "sme2024@1.1/.."])
def test_a_version_that_is_not_there_is_unknown(own, name):
    with pytest.raises(UnknownPackError):
        pack_file("models", name)


def test_without_a_folder_there_are_none(own, monkeypatch):
    monkeypatch.delenv(OWN_PACKS)

    with pytest.raises(UnknownPackError):
        pack_file("models", "sme2024@1.1")
