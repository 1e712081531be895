"""Answers from a file to canonical rows, with what was refused written beside the result.

The one way in for every verb that reads answers. What a cell means is decided by
``taji.survey.intake``, how a file is read by ``taji.store.tables``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.catalogue.load import register
from taji.catalogue.questionnaire import Questionnaire
from taji.catalogue.register import Register
from taji.desk.files import whole
from taji.desk.steps import Steps
from taji.store.tables import open_tables
from taji.survey.intake import Intake, recogniser, take
from taji.survey.intake.batches import Shares
from taji.survey.intake.gather import Duplicates

__all__ = [
    "REFUSED_NAME",
    "TALLY",
    "IntakeChoices",
    "gather",
    "no_row_read",
    "notes_of",
    "other_keys",
    "registers_of",
    "write_refused",
]

REFUSED_NAME = "refused.csv"
READING = Text(zh="读取答卷", en="Reading the answers")

#: Field of an error that stopped the answers before one row was read: the tally all the same.
TALLY = "tally"
#: Unknown columns that are named before the rest is counted. [columns]
NAMED = 8

STOPPED = Text(
    zh="没有写出结果。请按清单改正后重新运行；或用 --accept-partial 接收其余各行。",
    en="No result was written. Correct what is listed and run again, or accept the other rows "
    "with --accept-partial.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeChoices:
    """What the caller says about the answers; see ``taji.survey.intake.take``."""

    shares: str | None = None
    duplicates: str = "error"
    max_errors: int = 10_000
    accept_partial: bool = False
    sheet: str | None = None


def gather(
    path: Path,
    questionnaires: Sequence[Questionnaire],
    choices: IntakeChoices,
    *,
    steps: Steps,
) -> Intake:
    """Read a file of answers and take in what is good.

    Raises
    ------
    TajiError
        If the file cannot be read, or its columns cannot be told.
    """
    steps.begin(READING)
    with no_row_read():
        tables = open_tables(path, sheet=choices.sheet, recognise=recogniser(questionnaires))
        return take(
            tables,
            questionnaires,
            registers=registers_of(questionnaires),
            duplicates=cast(Duplicates, choices.duplicates),
            shares=cast("Shares | None", choices.shares),
            accept_partial=choices.accept_partial,
            max_errors=choices.max_errors,
            progress=lambda rows: steps.advance(rows, None),
        )


@contextmanager
def no_row_read() -> Iterator[None]:
    """Give the tally to an error that stops a file of answers as a whole: no row was taken."""
    try:
        yield
    except TajiError as error:
        error.fields.setdefault(TALLY, "read 0, accepted 0, refused 0")
        raise


def registers_of(questionnaires: Sequence[Questionnaire]) -> dict[str, Register]:
    """The registers of codes that the questionnaires name."""
    named = {
        question.register_
        for questionnaire in questionnaires
        for question in questionnaire.questions
        if question.register_ is not None
    }
    return {name: register(name) for name in sorted(named)}


def write_refused(intake: Intake, folder: Path, language: Language) -> Path | None:
    """Write ``refused.csv`` beside the result; none, and no old one left, if nothing was refused."""
    path = folder / REFUSED_NAME
    if not intake.refusals_found:
        path.unlink(missing_ok=True)
        return None
    with whole(path) as unfinished:
        intake.table(language).write_csv(unfinished)
    return path


def notes_of(intake: Intake, refused: Path | None) -> tuple[Text, ...]:
    """What a person should hear about the answers that came in."""
    notes = []
    if refused is not None:
        listed, found = intake.refusals.height, intake.refusals_found
        notes.append(
            Text(
                zh=f"退回 {found} 处（单元格或整行），列在 {refused}"
                + (f"（只列前 {listed} 处）。" if listed < found else "。"),
                en=f"{found} cells or rows were refused, listed in {refused}"
                + (f" (the first {listed} only)." if listed < found else "."),
            )
        )
    if intake.extras:
        names = [
            f"{column.header} (→ {column.nearest}?)" if column.nearest else column.header
            for column in intake.extras
        ]
        shown = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
        notes.append(
            Text(
                zh=f"{len(names)} 列不是问卷题目，原样保留：{shown}",
                en=f"{len(names)} columns are no question and were kept as they are: {shown}",
            )
        )
    if intake.stopped:
        notes.append(STOPPED)
    return (*notes, *other_keys(intake.keys_other))


def other_keys(count: int) -> tuple[Text, ...]:
    """Say how many keys are no credit codes, if some are. [rows]"""
    if not count:
        return ()
    return (
        Text(
            zh=f"{count} 行的企业标识不是统一社会信用代码，未作校验。",
            en=f"{count} rows have a key that is no credit code and was not checked.",
        ),
    )
