"""Worked cases of a model: answers, and what a person computed from them by hand.

Cases stand beside their model, in ``cases/*.yaml``. Decides how a case is written;
``taji.assess`` runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, RootModel

from taji.base.exact import Exact
from taji.base.text import Text
from taji.catalogue.pack import Spec

__all__ = ["Case", "CaseFile", "Expected", "case_files"]

Answer = str | int | Exact | tuple[str, ...] | None


class Expected(Spec):
    """What one node must come to; what is left out is not looked at.

    ``empty`` names columns of the result that must be empty ("score" where too little was answered).
    """

    points: Exact | None = None
    score: Exact | None = None
    coverage: Exact | None = None
    level: str | None = None
    level_best: str | None = None
    empty: tuple[str, ...] = ()


class Case(Spec):
    """One answer sheet and its results.

    Answers are keyed by item id: the option's id for a single choice, the list of those ticked
    for ticks ([] is answered with none of them), a number for a number. An item that is
    left out or null was not answered.
    """

    name: Text
    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    profile: str | None = None
    options: Mapping[str, str] = Field(default_factory=dict)
    answers: Mapping[str, Answer]
    expect: Mapping[str, Expected] = Field(min_length=1)
    #: Largest difference allowed, in the unit of the figure.
    tolerance: Exact
    source: str


class CaseFile(RootModel[tuple[Case, ...]]):
    """The cases of one file."""


def case_files(model_file: Path) -> tuple[Path, ...]:
    """Return the files of worked cases beside a model, sorted."""
    return tuple(sorted((model_file.parent / "cases").glob("*.yaml")))
