"""Packs as an administrator would bring them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from taji.catalogue.files import OWN_PACKS, pack_file


@pytest.fixture(autouse=True)
def own_packs(tmp_path, settings, monkeypatch) -> Path:
    """A place of its own for the packs and files of a test."""
    settings.FILES = tmp_path / "files"
    settings.PACKS = settings.FILES / "packs"
    settings.HOME = tmp_path
    monkeypatch.setenv(OWN_PACKS, str(settings.PACKS))
    return settings.PACKS


def zipped(files: dict[str, bytes | str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def model_text(version: str, *, level2: int = 40) -> str:
    text = pack_file("models", "sme2024").read_text(encoding="utf-8")
    text = text.replace('version: "1.0"', f'version: "{version}"', 1)
    return text.replace("score: 40", f"score: {level2}")


@pytest.fixture
def upload() -> Callable[..., SimpleUploadedFile]:
    """A model of a bureau's own, zipped in a folder with its worked cases."""

    def make(version: str = "1.1", *, level2: int = 40, **more: bytes | str) -> SimpleUploadedFile:
        cases = pack_file("models", "sme2024").parent / "cases" / "by_hand.yaml"
        files = {
            "sme2024/model.yaml": model_text(version, level2=level2),
            "sme2024/cases/by_hand.yaml": cases.read_bytes(),
            **more,
        }
        return SimpleUploadedFile("sme2024.zip", zipped(files))

    return make
