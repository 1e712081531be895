"""The answers of a round as the tables that the rest of Taji reads.

What leaves here goes through the same gate as any file: ``taji portrait`` on the exported folder
makes what the platform makes, to the byte.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
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

__all__ = ["ANSWERS", "DESIGN", "answers_frame", "columns_of", "export_round", "of_questionnaire"]

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


def export_round(its: Round, folder: Path) -> int:
    """Write ``answers.parquet`` and, where the round has a sample, ``design.yaml``.

    Returns
    -------
    int
        Sheets written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frame = answers_frame(its)
    frame.write_parquet(folder / ANSWERS)
    sampled = {"strata": STRATUM, "weight": WEIGHT, "population": SIZE}
    design = {**(sampled if WEIGHT in frame.columns else {}), **its.design}
    if design:
        (folder / DESIGN).write_text(yaml.safe_dump(design, allow_unicode=True), encoding="utf-8")
    return frame.height
