"""Make the table of options from answers: for every firm what the city could support it with.

Puts the parts in order: answers and register come in, each firm's plans are looked for, told and
thinned out, and the table goes to ``taji plan portfolio``. Which firms have no options, and why, is
written beside it; no firm is left out in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from taji.base.text import Text
from taji.catalogue.load import questionnaire_of
from taji.desk.files import keep_inputs
from taji.desk.gathering import notes_of, write_refused
from taji.desk.option_files import FILES, write_options
from taji.desk.option_looking import LookingForOptions
from taji.desk.option_request import OptionsRequest, means_of
from taji.desk.option_words import notes_of_options
from taji.desk.steps import SILENT, Steps
from taji.desk.surveyed_firms import survey_firms

__all__ = ["Optioned", "make_options"]

WRITING = Text(zh="写出结果", en="Writing the result")


@dataclass(frozen=True, slots=True)
class Optioned:
    """What was made.

    Attributes
    ----------
    tally : str
        Of the answers, in rows.
    rejected : bool
        The answers were refused as a whole; nothing was written but the refusals.
    summary : mapping
        As written to ``options.json``; empty where rejected.
    heard : tuple of Text
        What a person should hear of the answers.
    notes : tuple of Text
        What was made; nothing where rejected.
    """

    tally: str
    rejected: bool
    summary: Mapping[str, Any]
    heard: tuple[Text, ...]
    notes: tuple[Text, ...] = ()


def make_options(
    request: OptionsRequest,
    *,
    steps: Steps = SILENT,
    stopped: Callable[[], bool] = lambda: False,
    workers: int = 1,
) -> Optioned:
    """Make the table of options and write it with all that explains it.

    Parameters
    ----------
    request : OptionsRequest
    steps : Steps
        Hears of progress.
    stopped : callable
        Says whether the person wants what is ready.
    workers : int
        Processes that look for plans, at most; the result does not depend on it.

    Raises
    ------
    TajiError
        If a file or a pack cannot be used.
    """
    out = request.out
    inputs = [request.answers, request.register, request.worth, *request.subsidies]
    keep_inputs(inputs, [out / name for name in FILES])
    means = means_of(request)
    surveyed = survey_firms(
        request.answers,
        questionnaire_of(request.model),
        request.intake,
        register=request.register,
        by=request.by,
        own=request.enrolment,
        steps=steps,
    )
    intake = surveyed.intake
    out.mkdir(parents=True, exist_ok=True)
    heard = notes_of(intake, write_refused(intake, out, request.language))
    if intake.stopped:
        return Optioned(intake.summary, True, {}, heard)
    looking = LookingForOptions(request, means, steps, stopped, workers=workers)
    looking.look(surveyed)
    steps.begin(WRITING)
    summary = write_options(request, means, surveyed, looking)
    return Optioned(intake.summary, False, summary, heard, notes_of_options(summary, out))
