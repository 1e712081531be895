"""What is known of firms that are planned for: size, groups, and who did not answer.

What a firm said of itself stands before what the register says. Decides which columns are groups
and with which size a firm is planned. A firm without a known size is planned as a small one, and
told so; one that the register does not know stays, with empty groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from taji.base.identifiers import KEY
from taji.base.text import Text
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.domains import breakdowns
from taji.desk.enrolling import enrolment
from taji.desk.gathering import IntakeChoices, gather
from taji.desk.joining import Firms, codes_of, read_firms
from taji.desk.steps import Steps
from taji.survey.intake import Intake

__all__ = ["DEFAULT_SIZE", "GROUPS", "SIZE", "SIZE_FROM", "SizeOf", "Surveyed", "survey_firms"]

SIZE = "size"
#: The size that is planned with where nothing says another.
DEFAULT_SIZE = "small"
#: Columns that are groups where they are there and nobody names others.
GROUPS = ("size", "district", "industry_group", "industry")
#: Where the size of a firm is known from.
SIZE_FROM = {
    "answers": Text(zh="答卷", en="answers"),
    "register": Text(zh="名录", en="register"),
    "assumed": Text(zh="未知，按小型计", en="unknown, taken as small"),
}


@dataclass(frozen=True, slots=True)
class SizeOf:
    """The size a firm is planned with, and where that is known from (a key of ``SIZE_FROM``)."""

    size: str
    known_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """The firms that answered, and those of the register that did not.

    Attributes
    ----------
    intake : Intake
    sheets : polars.DataFrame, shape (n_firm, any)
        Canonical answers.
    sizes : tuple of SizeOf
        In the order of ``sheets``.
    groups : polars.DataFrame, shape (n_firm, n_group)
        Text; null where nobody said.
    silent : polars.DataFrame
        ``enterprise`` and the groups of firms of the register without accepted answers.
    """

    intake: Intake
    sheets: pl.DataFrame
    sizes: tuple[SizeOf, ...]
    groups: pl.DataFrame
    silent: pl.DataFrame


def survey_firms(
    answers: Path,
    asked: Questionnaire,
    choices: IntakeChoices,
    *,
    register: Path | None,
    by: Sequence[str] | None,
    own: str | None = None,
    steps: Steps,
) -> Surveyed:
    """Read answers and register.

    Parameters
    ----------
    answers : Path
    asked : Questionnaire
        Whose answers they are.
    choices : IntakeChoices
    register : Path or None
        Table of firms.
    by : sequence of str or None
        The columns that are groups; None: those of ``GROUPS`` that are there.
    own : str, optional
        A bureau's own pack of what is understood of a register, ``id@version``.
    steps : Steps
        Hears of progress.

    Raises
    ------
    TajiError
        If a file cannot be read, or ``by`` names what neither has.
    """
    understood = enrolment(own)
    form = _firm_form(asked, understood)
    intake = gather(answers, [asked, form], choices, steps=steps)
    sheets = intake.of(asked.id)
    said = _text(intake.answers)
    firms = None if register is None else read_firms(register, understood)
    known = None if firms is None else _known(firms)
    facts = said if known is None else _filled(said, known)
    usual = [name for name in GROUPS if name in facts.columns]
    facts = facts.select(*usual, pl.exclude(usual))  # the usual ones are named first
    wanted = usual if by is None else by
    groups = facts.select(breakdowns(facts, asked, wanted) if wanted else [])
    silent = pl.DataFrame(schema={KEY: pl.String})
    if known is not None:
        absent = known.join(said, on=KEY, how="anti", maintain_order="left")
        silent = absent.select(KEY, *(name for name in groups.columns if name in absent.columns))
    return Surveyed(
        intake=intake,
        sheets=sheets,
        sizes=_sizes(said, facts),
        groups=groups,
        silent=silent,
    )


def _firm_form(asked: Questionnaire, understood: Questionnaire) -> Questionnaire:
    """What a register says of firms, as far as the questionnaire does not ask for it itself."""
    form = codes_of(understood)
    sections = tuple(
        section.model_copy(
            update={"questions": tuple(q for q in section.questions if q.id not in asked.items)}
        )
        for section in form.sections
    )
    head = {name: getattr(form, name) for name in Questionnaire.model_fields}
    return Questionnaire(**{**head, "sections": sections})


def _text(answers: pl.DataFrame) -> pl.DataFrame:
    return answers.select(pl.all().cast(pl.String))


def _known(firms: Firms) -> pl.DataFrame:
    return _text(firms.table).unique(KEY, keep="first", maintain_order=True)


def _filled(said: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """What a firm said of itself, the rest from the register."""
    joined = said.join(known, on=KEY, how="left", suffix="\0", maintain_order="left")
    both = [name for name in known.columns if f"{name}\0" in joined.columns]
    return joined.with_columns(pl.coalesce(name, f"{name}\0").alias(name) for name in both).drop(
        f"{name}\0" for name in both
    )


def _sizes(said: pl.DataFrame, facts: pl.DataFrame) -> tuple[SizeOf, ...]:
    nothing = [None] * said.height
    own, any_ = (
        frame.get_column(SIZE).to_list() if SIZE in frame.columns else nothing
        for frame in (said, facts)
    )
    return tuple(
        SizeOf(mine, "answers")
        if mine
        else SizeOf(theirs, "register")
        if theirs
        else SizeOf(DEFAULT_SIZE, "assumed")
        for mine, theirs in zip(own, any_, strict=True)
    )
