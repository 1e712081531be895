"""Take a register of firms in: good rows on, bad cells listed, nothing silently dropped.

Decides what of a register file is understood (name, codes, contacts, by the pack
``packs/enrolment/register.yaml``) and which rows are refused: no key, a false key, no name. A code
or an e-mail address that cannot be read is refused alone and the firm goes on without it. Every
other column stays as it is. Does not keep firms (``taji.web.register``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import polars as pl

from taji.base.text import Text
from taji.catalogue.load import questionnaire
from taji.catalogue.questionnaire import Questionnaire
from taji.catalogue.register import Register
from taji.desk.gathering import no_row_read, registers_of
from taji.desk.steps import SILENT, Steps
from taji.store.manifest import pack_root
from taji.store.tables import TableSource, open_tables
from taji.survey.intake import Intake, recogniser, take
from taji.survey.intake.columns import Column

__all__ = ["CODES", "CONTACT", "ENROLMENT", "enrolment", "faults", "registers", "take_firms"]

#: Id of the pack; a bureau's own of this id names its own districts and headings.
ENROLMENT = "register"
#: Columns of the result that hold codes, and those that tell how a firm is reached.
CODES = ("industry", "district", "size")
CONTACT = ("contact_name", "email", "phone", "address")

READING = Text(zh="读取名录", en="Reading the register")
NO_NAME = Text(
    zh="缺少题目 name（企业名称），且须为 required: true",
    en="the question `name` (of the firm) is missing or not `required: true`",
)
EMAIL_ITEM = "register:email"
#: Something, one @, and a domain with a dot; who lives there only a mail can tell.
EMAIL = r"^[^@\s,;<>]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$"


@cache
def enrolment(own: str | None = None) -> Questionnaire:
    """Return what is understood of a register: by the library's pack, or a bureau's own one."""
    return questionnaire(own or pack_root() / "enrolment" / f"{ENROLMENT}.yaml")


@cache
def registers(own: str | None = None) -> dict[str, Register]:
    """Return the codes that a firm is described by: ``industry``, ``district``, ``size``.

    A bureau's own pack may leave one of them out; the library's then stands.
    """
    form = enrolment(own)
    packs = registers_of([form])
    named = {q.id: packs[q.register_] for q in form.questions if q.register_ is not None}
    standing = {} if own is None else registers()
    return {name: named.get(name) or standing[name] for name in CODES}


def faults(form: Questionnaire) -> tuple[Text, ...]:
    """Return why a pack cannot say what is understood of a register."""
    asked = {question.id: question for question in form.questions}
    found = [] if "name" in asked and asked["name"].required else [NO_NAME]
    found += [
        Text(zh=f"{name}：须为 kind: code", en=f"{name}: must be of kind: code")
        for name in CODES
        if name in asked and asked[name].kind != "code"
    ]
    return tuple(found)


def take_firms(
    path: Path, *, own: str | None = None, max_errors: int = 10_000, steps: Steps = SILENT
) -> Intake:
    """Read a register file and take in what is good.

    Parameters
    ----------
    path : Path
        CSV, XLSX, XLS, ODS, Parquet or SPSS, in any encoding that ``taji.store.tables`` reads.
    own : str, optional
        A bureau's own pack of what is understood, ``id@version``.
    max_errors : int
        List no more refusals than this; all are counted. [cells]
    steps : Steps
        Hears how many rows are read.

    Returns
    -------
    Intake
        ``answers``: ``enterprise, name``, codes and contacts as far as the file has them, then
        its other columns as text. Of a firm that stands twice the first row counts, and the
        others are listed.

    Raises
    ------
    TajiError
        If the file cannot be read, or has no column for key or name.
    """
    form = enrolment(own)
    steps.begin(READING)
    with no_row_read():
        tables = open_tables(path, recognise=recogniser([form]))
        taken = take(
            tables,
            [form],
            registers=registers_of([form]),
            duplicates="first",
            max_errors=max_errors,
            progress=lambda rows: steps.advance(rows, None),
        )
    return _without_bad_addresses(taken, tables)


def _without_bad_addresses(taken: Intake, tables: Sequence[TableSource]) -> Intake:
    """Refuse what stands in the column of e-mail addresses and is none."""
    if "email" not in taken.answers.columns:
        return taken
    wrong = _no_address(pl.col("email"))
    bad = taken.answers.filter(wrong).height
    if not bad:
        return taken
    listed = [
        _bad_addresses(table, plan.items[EMAIL_ITEM].cell)
        for table, plan in zip(tables, taken.plans, strict=True)
        if EMAIL_ITEM in plan.items
    ]
    schema = taken.refusals.schema
    return replace(
        taken,
        answers=taken.answers.with_columns(pl.when(~wrong).then(pl.col("email")).alias("email")),
        refusals=pl.concat(
            [taken.refusals, *(part.select(schema.names()).cast(schema) for part in listed)]
        ),
        refusals_found=taken.refusals_found + sum(part.height for part in listed),
        refused_alone=taken.refused_alone + bad,
    )


def _no_address(text: pl.Expr) -> pl.Expr:
    return (text != "") & ~text.str.contains(EMAIL)


def _bad_addresses(table: TableSource, column: Column | None) -> pl.DataFrame:
    """Read the column again and say in which rows it holds no address."""
    assert column is not None, "a text question has one column"
    text = pl.col(str(column.place)).cast(pl.String).str.strip_chars()
    cells = pl.concat(frame.select("row", text.alias("value")) for frame in table.batches())
    return cells.filter(_no_address(pl.col("value"))).with_columns(
        pl.lit(table.file).alias("file"),
        pl.lit(table.sheet, pl.String).alias("sheet"),
        pl.lit(column.place).alias("place"),
        pl.lit(column.header).alias("column"),
        pl.lit("email").alias("code"),
        pl.lit("").alias("detail"),
        pl.lit(0).alias("reach"),
    )
