"""Hand out packs as frozen specifications, checked; a pack with a fault is not handed out.

Every verb takes an id of this library or the path of a pack. What is wrong with a pack,
``taji.catalogue.check`` finds; here any fault is an error that carries all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from taji.catalogue.files import available, pack_file
from taji.catalogue.model import Model
from taji.catalogue.problem import ChoiceError, PackError, Problem
from taji.catalogue.questionnaire import Questionnaire
from taji.catalogue.register import Register
from taji.catalogue.resolve import Choices, choices_of, resolve
from taji.catalogue.schema import parsed
from taji.catalogue.yaml import read

Found = TypeVar("Found")

__all__ = ["available", "model", "pack_file", "questionnaire", "register"]


def questionnaire(name: str | Path) -> Questionnaire:
    """Return a questionnaire.

    Raises
    ------
    PackError, UnknownPackError
        If the pack has a fault, or there is none of this name.

    Examples
    --------
    >>> questionnaire("sme2024").items["q4"].columns[:2]
    ('q4/product_design', 'q4/process_design')
    """
    file = pack_file("questionnaires", name)
    found, problems = parsed(Questionnaire, resolve(read(file), {}), file=str(file))
    return _whole(found, problems)


def model(
    name: str | Path, *, profile: str | None = None, options: Mapping[str, str] | None = None
) -> Model:
    """Return a model for one profile and one set of readings.

    Parameters
    ----------
    name : str or Path
        Id or path.
    profile : str, optional
        One of the model's profiles; the pack's default where it is left out.
    options : mapping, optional
        Reading id to choice; the pack's defaults for those left out.

    Raises
    ------
    PackError, UnknownPackError, ChoiceError
        If the pack has a fault, there is none of this name, or it has no such choice.

    Examples
    --------
    >>> model("sme2024").options["q4"], model("sme2024", options={"q4": "equal"}).options["q4"]
    ('j', 'equal')
    """
    file = pack_file("models", name)
    raw = read(file)
    chosen = _chosen(raw, choices_of(raw), profile, dict(options or {}))
    full: dict[str, Any] = resolve(raw, chosen)
    full["profile"] = chosen.get("profile")
    full["options"] = {key: value for key, value in chosen.items() if key != "profile"}
    found, problems = parsed(Model, full, file=str(file))
    return _whole(found, problems)


def _whole(found: Found | None, problems: tuple[Problem, ...]) -> Found:
    if found is None or problems:
        raise PackError(problems)
    return found


def _chosen(
    raw: Mapping[str, Any], choices: Choices, profile: str | None, options: dict[str, str]
) -> dict[str, str]:
    asked = options | ({"profile": profile} if profile is not None else {})
    for name, value in asked.items():
        if value not in choices.allowed.get(name, ()):
            allowed = [f"{key}={i}" for key, ids in choices.allowed.items() for i in ids]
            raise ChoiceError(model=str(raw.get("id")), choice=name, value=value, allowed=allowed)
    return {**choices.defaults, **asked}


def register(name: str | Path) -> Register:
    """Return a register of codes.

    Raises
    ------
    PackError, UnknownPackError
        If the pack has a fault, or there is none of this name.

    Examples
    --------
    >>> register("gbt4754").by_code["36"].label.en
    'Automobiles'
    """
    file = pack_file("registers", name)
    found, problems = parsed(Register, resolve(read(file), {}), file=str(file))
    return _whole(found, problems)
