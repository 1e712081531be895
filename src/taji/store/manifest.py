"""The manifest: what went into a folder of results, what made it, and what came out.

A manifest lists every input, pack and output with its SHA-256, the version and the digest
of the code, the command with its arguments, the seed and the libraries. With it anybody can say
whether a byte was changed since, and run the same command again.

Decides what is recorded and whether recorded bytes still stand. Does not run the command
again (``taji.desk.verify``).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import taji
from taji.base.errors import TajiError

__all__ = [
    "MANIFEST_NAME",
    "Change",
    "FileRecord",
    "Manifest",
    "ManifestError",
    "code_digest",
    "environment",
    "fingerprint",
]

MANIFEST_NAME = "manifest.json"

#: Version of the manifest's own layout.
SCHEMA = 1

#: The libraries whose version can change a digit or a byte of a result.
LIBRARIES = ("altair", "numpy", "ortools", "polars", "scikit-learn", "scipy", "svy", "typst")
LIBRARIES_OF_PICTURES = ("vl-convert-python", "xlsxwriter")

#: Read in pieces, so that a file larger than memory can be fingerprinted. [bytes]
PIECE = 1 << 20


class ManifestError(TajiError):
    """The folder has no manifest that can be read."""

    code = "store.manifest"
    sentences = {
        "en": (
            "{path} cannot be read as a manifest: {reason}. Name a folder that `taji portrait` "
            "wrote, or make the portrait again."
        ),
        "zh": (
            "{path} 不是可读的清单：{reason}。"
            "请指定由 `taji portrait` 生成的文件夹，或重新生成画像。"
        ),
    }


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file as it was: where it lay, how long it was, and the SHA-256 of its bytes."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not as the manifest says.

    Attributes
    ----------
    kind : {"input", "pack", "code", "output", "library"}
        What sort of thing it is.
    name : str
        Which one: a path, a pack, a library.
    recorded, found : str
        What the manifest says and what is there now; "" where there is nothing.
    """

    kind: Literal["input", "pack", "code", "output", "library"]
    name: str
    recorded: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a folder of results rests on.

    Paths of inputs are relative to the folder, so that the two can be moved together.
    """

    command: str
    arguments: Mapping[str, Any]
    version: str
    code: str
    seed: int | None
    simulated: bool
    inputs: Mapping[str, FileRecord]
    packs: Mapping[str, FileRecord]
    libraries: Mapping[str, str]
    outputs: Mapping[str, FileRecord] = field(default_factory=dict)
    schema: int = SCHEMA

    def write(self, folder: Path) -> None:
        """Write the manifest into ``folder``."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True)
        (folder / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the manifest of ``folder``.

        Raises
        ------
        ManifestError
            If there is none, or it is not one of this layout.
        """
        path = folder / MANIFEST_NAME
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data.get("schema") != SCHEMA:
                raise ValueError(f"layout {data.get('schema')}, expected {SCHEMA}")
            for group in ("inputs", "packs", "outputs"):
                data[group] = {name: FileRecord(**record) for name, record in data[group].items()}
            return cls(**data)
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
            raise ManifestError(path=path, reason=error) from error

    def changed_files(self, folder: Path) -> tuple[Change, ...]:
        """Inputs, packs, code and outputs whose bytes are no longer the recorded ones."""
        changes = [
            *_differences("input", self.inputs, folder),
            *_differences("output", self.outputs, folder),
            *_differences("pack", self.packs, pack_root()),
        ]
        if self.code != (now := code_digest()):
            changes.append(Change("code", f"taji {taji.__version__}", self.code, now))
        return tuple(changes)

    def changed_libraries(self, now: Mapping[str, str]) -> tuple[Change, ...]:
        """Libraries or fonts that differ between those that made the results and ``now``."""
        return tuple(
            Change("library", name, self.libraries.get(name, ""), now.get(name, ""))
            for name in sorted({*self.libraries, *now})
            if self.libraries.get(name) != now.get(name)
        )


def fingerprint(path: Path, *, relative_to: Path) -> FileRecord:
    """Record a file as it is now, its path relative to a folder."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
    relative = os.path.relpath(path.resolve(), relative_to.resolve())
    return FileRecord(Path(relative).as_posix(), path.stat().st_size, digest.hexdigest())


def pack_root() -> Path:
    """The folder that shipped packs are relative to."""
    return Path(taji.__file__).parent / "packs"


@cache
def code_digest() -> str:
    """SHA-256 over every file of the package but its packs, by name and content."""
    root = Path(taji.__file__).parent
    digest = hashlib.sha256()
    for path in _code_files(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Versions of what can change a digit or a byte of a result."""
    versions = {
        name: importlib.metadata.version(name) for name in (*LIBRARIES, *LIBRARIES_OF_PICTURES)
    }
    return {**versions, "python": platform.python_version(), **(extra or {})}


def _code_files(root: Path) -> Iterable[Path]:
    kinds = {".py", ".j2", ".html", ".css", ".js", ".typ", ".yaml"}
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if path.suffix in kinds and inside.parts[0] != "packs" and "__pycache__" not in path.parts:
            yield path


def _differences(
    kind: Literal["input", "pack", "output"], records: Mapping[str, FileRecord], folder: Path
) -> Iterable[Change]:
    for name, record in records.items():
        path = folder / record.path
        found = fingerprint(path, relative_to=folder).sha256 if path.is_file() else ""
        if found != record.sha256:
            yield Change(kind, name, record.sha256, found)
