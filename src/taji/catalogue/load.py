"""Hand out packs as frozen specifications, checked; a pack with a fault is not handed out.

Every verb takes an id of this library or the path of a pack. What is wrong with a pack,
``taji.catalogue.check`` finds; here any fault is an error that carries all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from taji.catalogue.benchmark import Benchmark
from taji.catalogue.case import Case, CaseFile, case_files
from taji.catalogue.check import check
from taji.catalogue.crosswalk import Crosswalk
from taji.catalogue.files import available, file_beside, is_fixed, pack_file
from taji.catalogue.form import Form
from taji.catalogue.measure import Measures
from taji.catalogue.model import Model
from taji.catalogue.problem import ChoiceError, PackError, Problem
from taji.catalogue.questionnaire import Questionnaire
from taji.catalogue.register import Register
from taji.catalogue.resolve import Choices, choices_of, resolve
from taji.catalogue.schema import parsed
from taji.catalogue.terms import Terms
from taji.catalogue.thesaurus import Thesaurus
from taji.catalogue.yaml import read

__all__ = [
    "available",
    "benchmark",
    "cases_of",
    "crosswalk",
    "form",
    "form_reads",
    "measures",
    "model",
    "pack_file",
    "questionnaire",
    "questionnaire_of",
    "register",
    "terms",
    "thesaurus",
]

Found = TypeVar("Found", bound=BaseModel)


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
    return _checked(Questionnaire, pack_file("questionnaires", name))


def questionnaire_of(name: str | Path) -> Questionnaire:
    """Return the questionnaire that a model reads: one beside the model, else one of this library.

    Raises
    ------
    PackError, UnknownPackError
        If either pack has a fault, or there is none of this name.

    Examples
    --------
    >>> questionnaire_of("cmmm").id
    'cmmm'
    """
    file = pack_file("models", name)
    return _checked(Questionnaire, file_beside(file, "questionnaires", model(file).questionnaire))


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
    chosen = tuple(sorted((options or {}).items()))
    return (_fixed_model if is_fixed(file) else _model)(file, profile, chosen)


def _model(file: Path, profile: str | None, options: tuple[tuple[str, str], ...]) -> Model:
    _sound(file)
    raw = _text(file)
    chosen = _chosen(raw, choices_of(raw), profile, dict(options))
    full: dict[str, Any] = resolve(raw, chosen)
    full["profile"] = chosen.get("profile")
    full["options"] = {key: value for key, value in chosen.items() if key != "profile"}
    return _whole(*parsed(Model, full, file=str(file)))


def benchmark(name: str | Path) -> Benchmark:
    """Return a set of published figures.

    Raises
    ------
    PackError, UnknownPackError
        If the pack has a fault, or there is none of this name.

    Examples
    --------
    >>> benchmark("cmmm_national").indicators[0].year
    2020
    """
    return _checked(Benchmark, pack_file("benchmarks", name))


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
    return _checked(Register, pack_file("registers", name))


def form(name: str | Path) -> Form:
    """Return a form of an upper level.

    Raises
    ------
    PackError, UnknownPackError
        If the pack has a fault, or there is none of this name.

    Examples
    --------
    >>> form("sme_level_2024").questionnaire
    'sme2024'
    """
    return _checked(Form, pack_file("forms", name))


def form_reads(name: str | Path) -> tuple[Questionnaire, Model | None]:
    """Return the questionnaire and the model that a form reads: beside it, else of this library.

    Raises
    ------
    PackError, UnknownPackError
        If any of the packs has a fault, or there is none of this name.

    Examples
    --------
    >>> asked, scored = form_reads("sme_level_2024")
    >>> asked.key, scored.key
    ('sme2024@1.0', 'sme2024@1.0')
    """
    file, found = pack_file("forms", name), form(name)
    asked = _checked(Questionnaire, file_beside(file, "questionnaires", found.questionnaire))
    if found.model is None:
        return asked, None
    return asked, model(file_beside(file, "models", found.model))


def measures(name: str | Path) -> Measures:
    """Return a pack of measures.

    Raises
    ------
    PackError, UnknownPackError
        If the pack has a fault, or there is none of this name.

    Examples
    --------
    >>> measures("sme2024").confidence
    'assumption'
    """
    return _checked(Measures, pack_file("measures", name))


def terms() -> Terms:
    """Return the names of quantities.

    Examples
    --------
    >>> terms()["coverage"].unit
    'fraction'
    """
    return _checked(Terms, pack_file("terms", "terms"))


def thesaurus(name: str | Path) -> Thesaurus:
    """Return the words of a trade.

    Raises
    ------
    PackError, UnknownPackError
        If the pack has a fault, or there is none of this name.

    Examples
    --------
    >>> thesaurus("manufacturing").by_id["mes"].label.zh
    '制造执行系统'
    """
    return _checked(Thesaurus, pack_file("thesaurus", name))


def crosswalk(name: str | Path) -> Crosswalk:
    """Return what the answers to one questionnaire say about those to another model.

    Raises
    ------
    PackError, UnknownPackError
        If the pack has a fault, or there is none of this name.

    Examples
    --------
    >>> found = crosswalk("sme2024_to_dmat")
    >>> found.from_, found.to
    ('sme2024', 'dmat')
    """
    return _checked(Crosswalk, pack_file("crosswalks", name))


def cases_of(name: str | Path) -> tuple[Case, ...]:
    """Return the worked cases that stand beside a model.

    Raises
    ------
    PackError, UnknownPackError
        If the pack or a case has a fault, or there is no model of this name.

    Examples
    --------
    >>> len(cases_of("sme2024")) > 3
    True
    """
    file = pack_file("models", name)
    _sound(file)
    read_files = (_whole(*parsed(CaseFile, read(f), file=str(f))) for f in case_files(file))
    return tuple(case for found in read_files for case in found.root)


def _checked(spec: type[Found], file: Path) -> Found:
    return (_fixed if is_fixed(file) else _parsed)(spec, file)


def _parsed(spec: type[Found], file: Path) -> Found:
    _sound(file)
    return _whole(*parsed(spec, resolve(_text(file), {}), file=str(file)))


def _sound(file: Path) -> None:
    problems = _fixed_faults(file) if is_fixed(file) else check(file)
    if problems:
        raise PackError(problems)


# What keeps its content is read once while a program runs; a file that a path names may change.
@cache
def _fixed_faults(file: Path) -> tuple[Problem, ...]:
    return check(file)


@cache
def _fixed_text(file: Path) -> Any:
    return read(file)


_fixed, _fixed_model = cache(_parsed), cache(_model)


def _text(file: Path) -> Any:
    return _fixed_text(file) if is_fixed(file) else read(file)


def _whole(found: Found | None, problems: tuple[Problem, ...]) -> Found:
    if found is None:
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
