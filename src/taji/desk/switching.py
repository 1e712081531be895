"""Say which firms would change level if one version of a model took the place of another.

Both versions score the same answers, batch by batch, total alone. A bureau sees the result before
the new version decides about anybody. Does not decide which answers are asked about, nor whether
the change is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from taji.assess.compile import Program, compile_model
from taji.base.identifiers import KEY
from taji.catalogue.load import model as load_model
from taji.catalogue.load import questionnaire_of
from taji.desk.choosing import own_choices

__all__ = ["COLUMNS", "Switched", "switch_model"]

TOTAL = "total"
#: Columns of the table, in order.
COLUMNS: dict[str, type[pl.DataType]] = {
    KEY: pl.String,
    "level_before": pl.String,
    "level_after": pl.String,
    "level_best_before": pl.String,
    "level_best_after": pl.String,
    "score_before": pl.Float64,
    "score_after": pl.Float64,
}
#: Firms scored at a time. [rows]
BATCH_ROWS = 32_768


@dataclass(frozen=True, slots=True)
class Switched:
    """What a switch would do.

    Attributes
    ----------
    table : polars.DataFrame, shape (n_firm, 7)
        ``enterprise``, level, best level and score before and after, in the order of the answers;
        empty where a version gives none. [score: points]
    crosstab : polars.DataFrame
        ``level_before, level_after, firms``: every pair that occurs, in the order of the levels.
    changed : int
        Firms whose level differs, a level that appears or vanishes counted.
    up, down : int
        Of these, firms whose level is higher or lower by the order of the new version; a level
        that the new version does not have is neither.
    """

    table: pl.DataFrame
    crosstab: pl.DataFrame
    changed: int
    up: int
    down: int


def switch_model(
    answers: pl.DataFrame | pl.LazyFrame,
    *,
    before: str,
    after: str,
    profile: str | None = None,
    options: Mapping[str, str] | None = None,
    told: Callable[[int], None] | None = None,
) -> Switched:
    """Score answers under two versions of a model and tell who differs.

    Parameters
    ----------
    answers : DataFrame or LazyFrame, shape (n_firm, any)
        Canonical answers with ``enterprise``; what nobody was asked counts as not answered.
    before, after : str
        Models, as ``taji.catalogue.load.model`` takes them.
    profile, options
        Choices made; each version takes those that it has.
    told : callable, optional
        Is given the number of firms after every batch.

    Raises
    ------
    PackError, UnknownPackError, UnscorableError, AnswerError
        If a version cannot be used, or an answer is none of its questions'.
    """
    old = _program(before, profile, options or {})
    new = _program(after, profile, options or {})
    parts = [pl.DataFrame(schema=COLUMNS)]
    for batch in _batches(answers.lazy(), (old, new)):
        parts.append(
            batch.select(pl.col(KEY).cast(pl.String))
            .hstack(_total(batch, old, "before"))
            .hstack(_total(batch, new, "after"))
            .select(*COLUMNS)
        )
        if told is not None:
            told(len(batch))
    table = pl.concat(parts)
    return _counted(table, old.levels, new.levels)


def _program(name: str, profile: str | None, options: Mapping[str, str]) -> Program:
    default = load_model(name)
    has = {reading.id: {c.id for c in reading.choices} for reading in default.readings}
    own_profile, own = own_choices(default, profile=profile, options=options)
    chosen = load_model(
        name, profile=own_profile, options={k: v for k, v in own.items() if v in has[k]}
    )
    return compile_model(chosen, questionnaire_of(name)).only([TOTAL])


def _batches(lazy: pl.LazyFrame, programs: tuple[Program, ...]) -> Iterator[pl.DataFrame]:
    read = {KEY}.union(*(program.columns for program in programs))
    wanted = [name for name in lazy.collect_schema().names() if name in read]
    for batch in lazy.select(wanted).collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
        if len(batch):
            yield batch


def _total(batch: pl.DataFrame, program: Program, when: str) -> pl.DataFrame:
    """Level, best level and score of a batch under one version."""
    (total,) = program.nodes
    wide = program.wide(batch)

    def named(column: str | None, name: str) -> pl.Expr:
        if column is None:
            return pl.lit(None, dtype=pl.String).alias(name)
        places = pl.col(column).cast(pl.Int64)
        ids = dict(enumerate(program.levels))
        return places.replace_strict(ids, return_dtype=pl.String, default=None).alias(name)

    return wide.select(
        named(total.level, f"level_{when}"),
        named(total.level_best, f"level_best_{when}"),
        pl.col(total.score).cast(pl.Float64).alias(f"score_{when}"),
    )


def _counted(table: pl.DataFrame, old: tuple[str, ...], new: tuple[str, ...]) -> Switched:
    was, will = pl.col("level_before"), pl.col("level_after")
    order = {level: place for place, level in enumerate(new)}

    def place(levels: tuple[str, ...], column: pl.Expr) -> pl.Expr:
        known = {level: at for at, level in enumerate(levels)}
        return column.replace_strict(known, return_dtype=pl.Int64, default=None)

    moved = table.filter(was.ne_missing(will)).select(
        (place(new, will) - was.replace_strict(order, return_dtype=pl.Int64, default=None)).alias(
            "by"
        )
    )
    crosstab = (
        table.group_by("level_before", "level_after")
        .agg(pl.len().cast(pl.Int64).alias("firms"))
        .sort(place(old, was), place(new, will), nulls_last=True)
    )
    return Switched(
        table=table,
        crosstab=crosstab,
        changed=len(moved),
        up=moved.filter(pl.col("by") > 0).height,
        down=moved.filter(pl.col("by") < 0).height,
    )
