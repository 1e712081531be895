"""Where packs lie: by their id inside this library, or wherever a path says.

Decides which file a name stands for. Does not read it.
"""

from __future__ import annotations

from pathlib import Path

from taji.catalogue.problem import UnknownPackError

__all__ = ["KINDS", "available", "file_beside", "is_of_library", "pack_file"]

#: The kinds of pack, as their folders are named.
KINDS = ("questionnaires", "models", "benchmarks", "registers", "forms", "cities", "terms")

_ROOT = Path(__file__).resolve().parents[1] / "packs"
_MODEL = "model.yaml"


def available(kind: str) -> tuple[str, ...]:
    """Return the ids of the packs of one kind that this library brings, sorted.

    Raises
    ------
    UnknownPackError
        If there is no such kind.

    Examples
    --------
    >>> "sme2024" in available("models")
    True
    """
    if kind not in KINDS:
        raise UnknownPackError(kind="packs", name=kind, allowed=KINDS)
    if kind == "terms":
        return ("terms",)
    if kind == "models":
        return tuple(sorted(file.parent.name for file in (_ROOT / kind).glob(f"*/{_MODEL}")))
    return tuple(sorted(file.stem for file in (_ROOT / kind).glob("*.yaml")))


def pack_file(kind: str, name: str | Path) -> Path:
    """Return the file that a name stands for.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    name : str or Path
        The id of a pack of this library, or the path of a pack: a YAML file, or for a
        model the folder that holds its ``model.yaml``.

    Raises
    ------
    UnknownPackError
        If it is no known id and no existing path.

    Examples
    --------
    >>> pack_file("models", "sme2024").parts[-2:]
    ('sme2024', 'model.yaml')
    """
    known = available(kind)
    if isinstance(name, str) and name in known:
        return _inside(kind, name)
    path = Path(name)
    if path.is_dir() and (path / _MODEL).is_file():
        return path / _MODEL
    if path.is_file():
        return path
    raise UnknownPackError(kind=kind, name=str(name), allowed=known)


def is_of_library(file: Path) -> bool:
    """Return whether a file is one that this library brings."""
    return file.is_relative_to(_ROOT)


def file_beside(model_file: Path, kind: str, name: str) -> Path:
    """Return the pack that a pack names by id: ``<id>.yaml`` beside it, else one of this library.

    Raises
    ------
    UnknownPackError
        If there is neither.
    """
    beside = model_file.parent / f"{name}.yaml"
    if beside.is_file():
        return beside
    if name in available(kind):
        return _inside(kind, name)
    raise UnknownPackError(kind=kind, name=name, allowed=available(kind))


def _inside(kind: str, name: str) -> Path:
    if kind == "terms":
        return _ROOT / "terms.yaml"
    if kind == "models":
        return _ROOT / kind / name / _MODEL
    return _ROOT / kind / f"{name}.yaml"
