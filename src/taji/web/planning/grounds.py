"""What a roadmap of a sheet rests on: which model and measures, which levels lie ahead.

Decides whether a roadmap can be asked for at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from taji.assess.compile import Program
from taji.catalogue.load import measures as load_measures
from taji.catalogue.measure import Measures
from taji.catalogue.model import Level
from taji.desk.diagnosing import program_of
from taji.web.answering.exporting import of_questionnaire
from taji.web.answering.models import Submission
from taji.web.answering.results import frame_of
from taji.web.office import packs
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Round

__all__ = ["MEASURES", "Ahead", "ahead_of", "plannable", "program_for", "sheet_of"]

MEASURES = "measures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """Where a firm stands, and what it can aim at.

    Attributes
    ----------
    level : Level or None
        None where too little is answered for a total score: blanks would be planned as gaps.
    targets : tuple of Level
        Levels above the present, the next first.
    measures : Measures
    """

    level: Level | None
    targets: tuple[Level, ...]
    measures: Measures


def plannable(its: Round, model: str | None = None) -> tuple[str, str] | None:
    """Return a model of the round for which measures are there, and these measures, by name.

    ``model``: only this one will do. A pack of measures that the office switched on takes the place
    of the library's of the same id.
    """
    for name in its.model_ids if model is None else [model]:
        for pack in packs.names(MEASURES).values():
            if _measures(pack).model == name.partition("@")[0]:
                return name, pack
    return None


@lru_cache(maxsize=32)
def _measures(name: str) -> Measures:
    """A pack never changes under its name."""
    return load_measures(name)


def program_for(its: Round, model: str) -> Program:
    """Return the model as the round scores by it."""
    return program_of(model, profile=its.profile or None, options=its.options or None)


def sheet_of(submission: Submission, program: Program) -> pl.DataFrame:
    """Return the answers of a version as the model reads them. One row."""
    asked = asked_of(submission.sheet.case.round)
    return of_questionnaire(frame_of(submission), asked, program.questionnaire)


def ahead_of(submission: Submission, model: str, measures: str) -> Ahead:
    """Return where the answers of a version stand, and which levels lie above."""
    program = program_for(submission.sheet.case.round, model)
    scored = program.wide(sheet_of(submission, program))
    code = scored.get_column("total:level")[0]
    levels = tuple(program.model.levels)
    pack = _measures(measures)
    if code is None or scored.get_column("total:score")[0] is None:
        return Ahead(level=None, targets=(), measures=pack)
    place = [level.id for level in levels].index(program.levels[code])
    return Ahead(level=levels[place], targets=levels[place + 1 :], measures=pack)
