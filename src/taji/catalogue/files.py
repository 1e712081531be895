"""Where packs lie: by their id inside this library, by ``id@version`` among a bureau's own, or
wherever a path says.

Decides which file a name stands for. Does not read it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from taji.catalogue.problem import UnknownPackError

__all__ = ["KINDS", "OWN_PACKS", "available", "file_beside", "is_fixed", "pack_file"]

#: The kinds of pack, as their folders are named.
KINDS = (
    "questionnaires",
    "models",
    "benchmarks",
    "registers",
    "forms",
    "thesaurus",
    "measures",
    "crosswalks",
    "cities",
    "terms",
)

_ROOT = Path(__file__).resolve().parents[1] / "packs"
_MODEL = "model.yaml"
#: Variable that names the folder of a bureau's own packs, ``<kind>/<id>/<version>/``.
OWN_PACKS = "TAJI_PACKS"
_OWN_NAME = re.compile(r"([a-z][a-z0-9_]*)@(\d+\.\d+)")


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
        The id of a pack of this library; ``id@version`` of one in the folder that ``TAJI_PACKS``
        names; or the path of a pack: a YAML file, or for a model the folder that holds its
        ``model.yaml``.

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
    path = _own(kind, str(name)) or Path(name)
    if path.is_dir() and (path / _MODEL).is_file():
        return path / _MODEL
    if path.is_file():
        return path
    raise UnknownPackError(kind=kind, name=str(name), allowed=known)


def is_fixed(file: Path) -> bool:
    """Return whether a file keeps its content: of this library, or a version of a bureau's own."""
    own = os.environ.get(OWN_PACKS)
    return file.is_relative_to(_ROOT) or (bool(own) and file.is_relative_to(Path(str(own))))


def file_beside(model_file: Path, kind: str, name: str) -> Path:
    """Return the pack that a pack names by id: ``<id>.yaml`` beside it, else one of this library.

    A name ``id@version`` is of the folder that ``TAJI_PACKS`` names.

    Raises
    ------
    UnknownPackError
        If there is none of these.
    """
    beside = model_file.parent / f"{name}.yaml"
    own = _own(kind, name)
    if beside.is_file() and beside != model_file:
        return beside
    if own is not None and own.is_file():
        return own
    if name in available(kind):
        return _inside(kind, name)
    raise UnknownPackError(kind=kind, name=name, allowed=available(kind))


def _own(kind: str, name: str) -> Path | None:
    """The place of ``id@version`` among a bureau's own packs, if the name is of that form."""
    named, own = _OWN_NAME.fullmatch(name), os.environ.get(OWN_PACKS)
    if named is None or not own:
        return None
    folder = Path(own) / kind / named[1] / named[2]
    return folder if kind == "models" else folder / f"{named[1]}.yaml"


def _inside(kind: str, name: str) -> Path:
    if kind == "terms":
        return _ROOT / "terms.yaml"
    if kind == "models":
        return _ROOT / kind / name / _MODEL
    return _ROOT / kind / f"{name}.yaml"
