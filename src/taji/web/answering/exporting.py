"""The answers of a round as the tables that the rest of Taji reads.

What leaves here goes through the same gate as any file: ``taji portrait`` on the exported folder
makes what the platform makes, to the byte.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from django.db.models import F

from taji.base.identifiers import KEY
from taji.catalogue.questionnaire import Item, Questionnaire
from taji.survey.intake.canonical import canonical_schema
from taji.survey.intake.columns import canonical_names
from taji.web.answering.models import Sheet, Submission
from taji.web.rounds.asked import Asked, asked_of
from taji.web.rounds.models import Round
from taji.web.spreadsheets import safe_frame

__all__ = [
    "ANSWERS",
    "DESIGN",
    "answers_frame",
    "as_filed",
    "as_text",
    "columns_of",
    "design_of",
    "export_round",
    "of_questionnaire",
]

ANSWERS, DESIGN = "answers.parquet", "design.yaml"
#: Columns of the design, after the answers.
STRATUM, SIZE, DRAWN, WEIGHT = "stratum", "stratum_size", "stratum_drawn", "weight"


def answers_frame(its: Round, *, track: str = Sheet.Track.FIRM) -> pl.DataFrame:
    """Return the submitted answers of a round, one row per firm (per sheet on the experts' track).

    Returns
    -------
    DataFrame
        ``enterprise``, every canonical column, then ``stratum, stratum_size, stratum_drawn, weight``
        where the round has a sample (weight: firms of the stratum per sheet received [firms]),
        and ``invented`` for invented firms. Ordered by key.
    """
    rows = list(
        Submission.objects.filter(
            sheet__case__round=its, sheet__track=track, sheet__submission_id=F("pk")
        )
        .order_by("sheet__case__organisation__key", "sheet_id")
        .values_list(
            "answers",
            "sheet__case__organisation__key",
            "sheet__case__stratum",
            "sheet__case__stratum_size",
            "sheet__case__stratum_drawn",
            "sheet__case__organisation__invented",
        )
        .iterator(chunk_size=5_000)
    )
    columns = columns_of([row[0] for row in rows], asked_of(its))
    frame = pl.DataFrame({KEY: pl.Series([row[1] for row in rows], dtype=pl.String), **columns})
    if rows and all(row[3] is not None for row in rows):
        frame = frame.with_columns(
            pl.Series(STRATUM, [row[2] for row in rows], dtype=pl.String),
            pl.Series(SIZE, [row[3] for row in rows], dtype=pl.Int64),
            pl.Series(DRAWN, [row[4] for row in rows], dtype=pl.Int64),
        ).with_columns((pl.col(SIZE) / pl.len().over(STRATUM)).alias(WEIGHT))
    if any(row[5] for row in rows):
        frame = frame.with_columns(pl.Series("invented", [int(row[5]) for row in rows]))
    return frame


def columns_of(sheets: Iterable[Mapping[str, Any]], asked: Asked) -> dict[str, pl.Series]:
    """Return the canonical columns of sheets of answers ({key: value}, as sheets keep them)."""
    sheets = list(sheets)
    names = canonical_names(asked.questionnaires)
    found: dict[str, pl.Series] = {}
    for pack in asked.questionnaires:
        types = canonical_schema(pack)
        for one in asked.items.values():
            if one.questionnaire != pack.id:
                continue
            given = [sheet.get(one.key) for sheet in sheets]
            for column, values in _spread(one.item, given).items():
                found[names[pack.id, column]] = pl.Series(values, dtype=types[column], strict=False)
    return found


def of_questionnaire(frame: pl.DataFrame, asked: Asked, pack: Questionnaire) -> pl.DataFrame:
    """Return answers with the columns of one questionnaire under its own names.

    Where several questionnaires of a round share an item, a frame says whose each column is; a
    model that reads one questionnaire knows only that one's names.
    """
    names = canonical_names(asked.questionnaires)
    own = {name: column for (owner, column), name in names.items() if owner == pack.id}
    return frame.rename({name: column for name, column in own.items() if name in frame.columns})


def _spread(item: Item, given: list[Any]) -> dict[str, list[Any]]:
    """The canonical columns of one item."""
    if item.kind == "multi":
        ticked = [None if value is None else frozenset(value) for value in given]
        return {
            f"{item.id}/{option}": [None if t is None else option in t for t in ticked]
            for option in item.option_ids
        }
    typed = _TYPED.get(item.kind)
    return {item.id: given if typed is None else [None if v is None else typed(v) for v in given]}


_TYPED: dict[str, Callable[[str], Any]] = {
    "scale": int,
    "share": float,
    "number": float,
    "money": float,
    "date": dt.date.fromisoformat,
}


def as_filed(frame: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Name the unit of every number that a reader of files would take for another.

    A bare amount is in the unit that the form asks for (``per``), and bare shares that all lie in
    (0, 1] may be fractions: such columns become text, ``3500000元`` and ``0.5%``.
    """
    return frame.with_columns(
        _with_sign(frame[name], sign)
        for name, (sign, per) in _signs(frame, asked).items()
        if per != 1 or (sign == "%" and _may_be_fractions(frame[name]))
    )


def as_text(frame: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Return the answers as a table for a spreadsheet: every unit named, no formula in a cell.

    Read again, it gives the same answers; ticks are 0 and 1.
    """
    harmless = safe_frame(frame).with_columns(pl.col(pl.Boolean).cast(pl.Int8))
    signs = _signs(frame, asked)
    return harmless.with_columns(_with_sign(frame[n], sign) for n, (sign, _) in signs.items())


#: The sign of a unit, and what a reader multiplies a bare number of the column by.
_Sign = tuple[str, int]


def _signs(frame: pl.DataFrame, asked: Asked) -> dict[str, _Sign]:
    """The sign that each column of amounts and shares is written with."""
    names = canonical_names(asked.questionnaires)
    found: dict[str, _Sign] = {}
    for one in asked.items.values():
        name = names[one.questionnaire, one.item.columns[0]]
        if name in frame.columns and one.item.kind == "money":
            found[name] = ("元", one.item.question.per)
        elif name in frame.columns and one.item.kind == "share":
            found[name] = ("%", 1)
    return {name: sign for name, sign in found.items() if frame[name].dtype.is_numeric()}


def _may_be_fractions(column: pl.Series) -> bool:
    return bool((column > 0).any() and not (column > 1).any())


def _with_sign(column: pl.Series, sign: str) -> pl.Series:
    words = [None if v is None else f"{Decimal(repr(v)):f}{sign}" for v in column.to_list()]
    return pl.Series(column.name, words, dtype=pl.String)


def design_of(its: Round, frame: pl.DataFrame) -> dict[str, Any]:
    """Return what ``design.yaml`` says of a round; empty where it has no sample."""
    sampled = {"strata": STRATUM, "weight": WEIGHT, "population": SIZE}
    return {**(sampled if WEIGHT in frame.columns else {}), **its.design}


def export_round(its: Round, folder: Path) -> int:
    """Write ``answers.parquet`` and, where the round has a sample, ``design.yaml``.

    Returns
    -------
    int
        Sheets written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frame = answers_frame(its)
    as_filed(frame, asked_of(its)).write_parquet(folder / ANSWERS)
    design = design_of(its, frame)
    if design:
        (folder / DESIGN).write_text(yaml.safe_dump(design, allow_unicode=True), encoding="utf-8")
    return frame.height
