"""Bring the register to the answers: missing columns, the size of the city, size classes.

What a firm answered stays; the register fills in only what the firm did not say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from taji.base.errors import TajiError
from taji.base.identifiers import KEY
from taji.catalogue.load import register
from taji.catalogue.questionnaire import Questionnaire
from taji.desk.enrolling import enrolment
from taji.desk.gathering import registers_of
from taji.store.tables import open_table
from taji.survey.design import Design
from taji.survey.intake import recogniser, take
from taji.survey.intake.columns import NoQuestionError
from taji.survey.sizes import size_class

__all__ = [
    "Firms",
    "UnregisteredError",
    "codes_of",
    "is_simulated",
    "join_register",
    "read_firms",
]

#: Marks an invented firm in registers and answers, under either name.
INVENTED = ("invented", "虚构")
TRUE = ("1", "1.0", "true", "yes", "是")

#: The register's size, as a column that the design can read.
POPULATION = "register_size"


class UnregisteredError(TajiError):
    """Firms answered that are not in the register."""

    code = "desk.unregistered"
    sentences = {
        "en": "{count} firms in the answers are not in the register {file}, the first being "
        "{first}. Correct their keys, add them to the register, or leave out --register.",
        "zh": "答卷中有 {count} 家企业不在名录 {file} 中，第一家为 {first}。"
        "请更正标识、补入名录，或不使用 --register。",
    }


@dataclass(frozen=True, slots=True)
class Firms:
    """The register, under the canonical names of the questionnaire.

    Attributes
    ----------
    file : str
        Its name.
    table : DataFrame
        ``enterprise``, the questions that are codes or single choices, other columns as text.
    coded : tuple of str
        Which columns are questions.
    unread : int
        Cells that no code or option explains; empty in ``table``.
    """

    file: str
    table: pl.DataFrame
    coded: tuple[str, ...]
    unread: int


def read_firms(path: Path, asked: Questionnaire, own: str | None = None) -> Firms:
    """Read a register: codes and labels as the questionnaire has them, the rest as it stands.

    Amounts are left as text: a register's unit of money is not the questionnaire's. Where the
    questionnaire asks nothing that the register knows, its codes are those of any register, or of
    the bureau's ``own`` pack of it.
    """
    try:
        return _read_firms(path, codes_of(asked))
    except NoQuestionError:
        return _read_firms(path, codes_of(enrolment(own)))


def _read_firms(path: Path, known: Questionnaire) -> Firms:
    source = open_table(path, recognise=recogniser([known]))
    table = take(
        [source], [known], registers=registers_of([known]), accept_partial=True, duplicates="first"
    )
    coded = tuple(name for name in table.answers.columns if name in known.items)
    return Firms(source.file, table.answers, coded, table.refusals_found)


def join_register(
    answers: pl.DataFrame, firms: Firms | None, design: Design
) -> tuple[pl.DataFrame, Design]:
    """Fill what the answers lack from the register; without a design, take its size as the city's.

    Raises
    ------
    UnregisteredError
        If a firm that answered is not in the register.
    """
    if firms is not None:
        answers = _filled(answers, firms)
        if design.unspecified and design.calibrate is None:
            answers = answers.with_columns(pl.lit(firms.table.height).alias(POPULATION))
            design = replace(design, population=(POPULATION,))
    return _with_size(answers), design


def is_simulated(answers: pl.DataFrame) -> bool:
    """Whether any firm is marked as invented."""
    return any(
        answers[name].cast(pl.String).str.to_lowercase().is_in(TRUE).any()
        for name in INVENTED
        if name in answers.columns
    )


def codes_of(asked: Questionnaire) -> Questionnaire:
    """Return the codes and single choices of a questionnaire, none of them required."""
    sections = []
    for section in asked.sections:
        kept = tuple(
            question.model_copy(update={"required": False, "asked_if": None})
            for question in section.questions
            if question.kind == "code" or (question.kind == "single" and not question.rows)
        )
        if kept:
            sections.append(section.model_copy(update={"questions": kept}))
    # Made anew, not copied: a copy would keep the items that the original has already listed.
    head = {name: getattr(asked, name) for name in Questionnaire.model_fields}
    return Questionnaire(**{**head, "sections": tuple(sections), "findings": (), "domains": ()})


def _filled(answers: pl.DataFrame, firms: Firms) -> pl.DataFrame:
    strangers = answers.join(firms.table, on=KEY, how="anti")
    if strangers.height:
        raise UnregisteredError(
            count=strangers.height, file=firms.file, first=strangers[KEY].sort()[0]
        )
    joined = answers.join(firms.table, on=KEY, how="left", suffix="\0", maintain_order="left")
    both = [name for name in firms.table.columns if f"{name}\0" in joined.columns]
    return joined.with_columns(
        pl.coalesce(name, f"{name}\0").alias(name) for name in both if name in firms.coded
    ).drop(f"{name}\0" for name in both)


def _with_size(answers: pl.DataFrame) -> pl.DataFrame:
    """Fill in the size class of firms that gave headcount and revenue instead."""
    if not {"headcount", "revenue"} <= set(answers.columns):
        return answers
    if not all(answers[name].dtype == pl.Float64 for name in ("headcount", "revenue")):
        return answers
    rule = register("size_class").rule
    if rule is None:
        return answers
    derived = size_class(pl.col("headcount"), pl.col("revenue"), rule)
    said = pl.col("size") if "size" in answers.columns else pl.lit(None, pl.String)
    return answers.with_columns(pl.coalesce(said, derived).alias("size"))
