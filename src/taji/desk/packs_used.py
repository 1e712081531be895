"""The packs that a portrait rests on, as a manifest records them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from taji.catalogue.files import available, file_beside, pack_file
from taji.catalogue.load import questionnaire
from taji.desk.choosing import Chosen
from taji.desk.gathering import registers_of
from taji.desk.request import PortraitRequest
from taji.store.manifest import FileRecord, fingerprint, pack_root

__all__ = ["packs_used"]


def packs_used(request: PortraitRequest, chosen: Sequence[Chosen]) -> dict[str, FileRecord]:
    """Return the shipped packs by ``kind/id@version``; packs of the caller's own are inputs."""
    asked = questionnaire(request.questionnaire)
    named: dict[str, Path] = {}
    questionnaires = {asked.key: pack_file("questionnaires", request.questionnaire)}
    for one in chosen:
        file = pack_file("models", one.name)
        questionnaires[one.asked.key] = file_beside(file, "questionnaires", one.model.questionnaire)
    for key, file in questionnaires.items():
        if file.is_relative_to(pack_root()):
            named[f"questionnaires/{key}"] = file
    for one in chosen:
        if one.name in available("models"):
            named[f"models/{one.model.key}"] = pack_file("models", one.name)
    for name, register in registers_of([asked, *(one.asked for one in chosen)]).items():
        if name in available("registers"):
            named[f"registers/{register.key}"] = pack_file("registers", name)
    for name in available("benchmarks"):
        named[f"benchmarks/{name}"] = pack_file("benchmarks", name)
    return {name: fingerprint(path, relative_to=pack_root()) for name, path in named.items()}
