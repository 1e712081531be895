"""A round from its request to rows with their design, for every verb that estimates.

Puts reading, joining and choosing in order, once, so that a portrait, a comparison of rounds and a
correction by experts start from the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from taji.catalogue.files import available
from taji.catalogue.load import benchmark, questionnaire
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.choosing import Chosen, chosen_models
from taji.desk.design_file import read_design
from taji.desk.domains import breakdowns
from taji.desk.figures import Figures, estimate, score_all
from taji.desk.gathering import IntakeChoices, gather
from taji.desk.joining import Firms, join_register, read_firms
from taji.desk.request import PortraitRequest
from taji.desk.steps import Steps
from taji.survey.design import Design
from taji.survey.intake import Intake

__all__ = ["Answered", "Joined", "answered", "figures_of", "joined"]


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers of a round as they came in.

    Attributes
    ----------
    request : PortraitRequest
    asked : Questionnaire
        What is tabulated.
    chosen : tuple of Chosen
        The models, each with what it asks.
    intake : Intake
        Good rows and refusals; ``intake.stopped`` where the data was refused as a whole.
    """

    request: PortraitRequest
    asked: Questionnaire
    chosen: tuple[Chosen, ...]
    intake: Intake


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows of a round, with the register's columns and the design.

    Attributes
    ----------
    answers : DataFrame
        Canonical answers with breakdowns and design columns.
    design : Design
    firms : Firms or None
        The register.
    by : tuple of str
        Breakdowns.
    sheets : mapping of str to DataFrame
        Canonical answers of each questionnaire that a model reads.
    """

    answers: pl.DataFrame
    design: Design
    firms: Firms | None
    by: tuple[str, ...]
    sheets: Mapping[str, pl.DataFrame]


def answered(request: PortraitRequest, *, steps: Steps) -> Answered:
    """Read the answers of a round.

    Raises
    ------
    TajiError
        If the file cannot be read, or a pack cannot be used.
    """
    asked, chosen = questionnaire(request.questionnaire), chosen_models(request)
    # Everything that the file may answer, each questionnaire once.
    wanted = {one.id: one for one in (asked, *(c.asked for c in chosen))}
    choices = IntakeChoices(
        shares=request.shares,
        duplicates=request.duplicates,
        max_errors=request.max_errors,
        accept_partial=request.accept_partial,
        sheet=request.sheet,
    )
    intake = gather(request.answers, list(wanted.values()), choices, steps=steps)
    return Answered(request, asked, chosen, intake)


def joined(came: Answered) -> Joined:
    """Bring register and design to the answers.

    Raises
    ------
    TajiError
        If a file cannot be read or does not fit the answers.
    """
    request, asked, intake = came.request, came.asked, came.intake
    design = Design() if request.design is None else read_design(request.design)
    firms = (
        None if request.register is None else read_firms(request.register, asked, request.enrolment)
    )
    answers, design = join_register(intake.of(asked.id), firms, design)
    return Joined(
        answers=answers,
        design=design,
        firms=firms,
        by=breakdowns(answers, asked, request.by),
        sheets={one.asked.id: intake.of(one.asked.id) for one in came.chosen},
    )


def figures_of(came: Answered, rows: Joined, *, steps: Steps) -> Figures:
    """Score, estimate and protect; see ``taji.desk.figures.estimate``."""
    return estimate(
        rows.answers,
        score_all(rows.sheets, came.chosen, steps=steps),
        came.asked,
        tuple(one.model for one in came.chosen),
        rows.design,
        benchmarks=tuple(benchmark(name) for name in available("benchmarks")),
        by=rows.by,
        confidence=came.request.confidence,
        steps=steps,
    )
