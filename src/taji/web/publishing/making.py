"""Make the portrait of a round: export, portray in both languages, open what may be opened.

Everything is made in a folder of its own that takes its name when all of it is whole. Decides
which files there are; the numbers are made by ``taji.desk``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
from django.db.models.fields.files import FieldFile

from taji.base.text import LANGUAGES, Language, Text
from taji.desk.portraying import portray
from taji.desk.request import PortraitRequest
from taji.desk.steps import Steps
from taji.store.manifest import MANIFEST_NAME, FileRecord, Manifest, fingerprint
from taji.web.answering.exporting import ANSWERS, DESIGN, export_round
from taji.web.publishing.dictionary import write_dictionary
from taji.web.publishing.files import ESTIMATES, OPENED, PUBLIC, REFUSED, refused_of
from taji.web.publishing.models import Portrait
from taji.web.register.coding import enrolment_in_use
from taji.web.rounds.models import Round
from taji.web.spreadsheets import safe_frame

__all__ = ["STEPS", "Refused", "make", "request_of"]

EXPORTING = Text(zh="导出答卷", en="Exporting the answers")
OPENING = Text(zh="准备开放数据", en="Preparing the open data")
#: What ``portray`` begins, once for each language, and what is done here. [steps]
STEPS = 6 * len(LANGUAGES) + 2


class Refused(Exception):  # noqa: N818 - no error: the data's own outcome, told on its page
    """The answers of the round were refused as a whole."""

    def __init__(self, tally: str) -> None:
        self.tally = tally
        super().__init__(tally)


def request_of(its: Round, folder: Path, language: Language) -> PortraitRequest:
    """Return what a round's portrait is asked for, its inputs lying in ``folder``."""
    design = folder / DESIGN
    register = next(iter(sorted(folder.glob("register.*"))), None)
    return PortraitRequest(
        answers=folder / ANSWERS,
        questionnaire=its.questionnaire,
        models=tuple(its.model_ids),
        profile=its.profile or None,
        options=its.options,
        design=design if design.is_file() else None,
        register=register,
        by=tuple(its.by) or None,
        language=language,
        city=(its.city_zh if language == "zh" else its.city_en) or None,
        period=its.period or None,
        simulated=its.simulated,
        enrolment=enrolment_in_use(),
    )


def make(portrait: Portrait, folder: Path, *, steps: Steps) -> int:
    """Make everything of a portrait in ``folder``.

    Returns
    -------
    int
        Firms in it.

    Raises
    ------
    Refused
        If the answers cannot be used as a whole; ``refused.csv`` is kept in both languages.
    TajiError
        If the design does not fit the rows, or a pack cannot be used.
    """
    its = portrait.round
    steps.begin(EXPORTING)
    rows = export_round(its, folder)
    if its.register_file:
        _copy(its.register_file, folder / f"register{Path(its.register_file.name).suffix}")
    requests = {language: request_of(its, folder, language) for language in LANGUAGES}
    done = {name: portray(each, folder / name, steps=steps) for name, each in requests.items()}
    if any(one.rejected for one in done.values()):
        _keep_refused(portrait, folder)
        raise Refused(done["zh"].tally)
    steps.begin(OPENING)
    shutil.copyfile(folder / "zh" / ESTIMATES, folder / ESTIMATES)
    _open(its, folder)
    _whole_manifest(folder).write(folder)
    return rows


def _copy(field: FieldFile, path: Path) -> None:
    with field.open("rb") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)


def _keep_refused(portrait: Portrait, folder: Path) -> None:
    for language in LANGUAGES:
        made, kept = folder / language / REFUSED, refused_of(portrait, language)
        if made.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            safe_frame(pl.read_csv(made, infer_schema=False)).write_csv(made)
            made.replace(kept)


def _open(its: Round, folder: Path) -> None:
    """Write what is made for the public alone."""
    opened = folder / OPENED
    opened.mkdir()
    estimates = pl.read_csv(folder / ESTIMATES, infer_schema_length=None)
    estimates.write_parquet(opened / "estimates.parquet")
    write_dictionary(its, estimates, opened)
    (opened / MANIFEST_NAME).write_text(
        json.dumps(_public_manifest(folder), ensure_ascii=False, indent=1, sort_keys=True) + "\n",
        encoding="utf-8",
    )


def _public_manifest(folder: Path) -> dict[str, Any]:
    """What proves the published files: of the answers only their digest."""
    manifest = Manifest.read(folder / "zh")
    named = {
        name: folder / place for name, place in PUBLIC.items() if not place.endswith(MANIFEST_NAME)
    }
    return {
        "command": manifest.command,
        "arguments": dict(manifest.arguments),
        "version": manifest.version,
        "code": manifest.code,
        "seed": manifest.seed,
        "simulated": manifest.simulated,
        "libraries": dict(manifest.libraries),
        "packs": {name: record.sha256 for name, record in manifest.packs.items()},
        "inputs": {name: record.sha256 for name, record in manifest.inputs.items()},
        "files": {name: _sha256(path) for name, path in named.items()},
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _whole_manifest(folder: Path) -> Manifest:
    """The manifest over the whole folder: ``taji verify`` proves it, and each language by itself."""
    zh = Manifest.read(folder / "zh")
    moved = {
        name: replace(record, path=Path(record.path).relative_to("..").as_posix())
        if record.path.startswith("../")
        else record
        for name, record in zh.inputs.items()
    }
    return replace(zh, inputs=moved, outputs=dict(_outputs(folder)))


def _outputs(folder: Path) -> Iterator[tuple[str, FileRecord]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and ("/" in name or name == ESTIMATES):
            yield name, fingerprint(path, relative_to=folder)
