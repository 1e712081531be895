"""Take in whole files of answers: the one gate through which answers enter.

Decides what needs more than one batch: how bare shares are read, which of several sheets of
one enterprise counts, which rows are refused, and when the data as a whole is. Does not read
files (``taji.store.tables``) nor cells (``taji.survey.intake.batches``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import polars as pl

from taji.base.errors import TajiError
from taji.base.identifiers import KEY
from taji.base.text import Language
from taji.catalogue.questionnaire import Questionnaire
from taji.catalogue.register import Register
from taji.survey.intake.batches import BARE, REFUSALS, REQUIRED, ROW, BatchReader, Shares
from taji.survey.intake.canonical import canonical_schema
from taji.survey.intake.columns import Column, ColumnPlan, canonical_names, plan_columns
from taji.survey.intake.reasons import Reason, tell

__all__ = ["Duplicates", "Intake", "NoRowsError", "Table", "take"]

Duplicates = Literal["error", "first", "last"]


class Table(Protocol):
    """What is taken in: a raw table, as ``taji.store.tables.TableSource`` is one."""

    @property
    def file(self) -> str:
        """Name of the file."""

    @property
    def sheet(self) -> str | None:
        """Name of the sheet."""

    @property
    def headers(self) -> tuple[str, ...]:
        """Header cells."""

    @property
    def labels(self) -> Mapping[int, str]:
        """Long labels of columns, by place."""

    @property
    def value_labels(self) -> Mapping[int, Mapping[str, str]]:
        """Labels of codes, by place."""

    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames of ``row``, ``"0"``, ``"1"``, …, ``overflow``."""


class NoRowsError(TajiError):
    """There is a header, and nothing under it."""

    code: ClassVar[str] = "survey.no_rows"
    sentences: ClassVar[dict[Language, str]] = {
        "en": "{file} holds no answers: there is no row under its header. Export it again.",
        "zh": "{file} 中没有答卷：表头之下没有任何行。请重新导出。",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Answers that were taken in, with all that was not.

    Attributes
    ----------
    answers : DataFrame
        One row per accepted enterprise: ``enterprise``, the canonical columns that the files
        hold, then their extra columns as text. Where two questionnaires share a column's name,
        it stands with the questionnaire before it; ``of`` gives each its own names.
    read, accepted, refused : int
        Rows; ``accepted + refused == read``. Rows without any content are not read.
    refusals : DataFrame
        ``file, sheet, row, place, column, value, code, detail, reach``: every refused cell or
        row, at most ``max_errors``; ``table`` tells it in a language.
    refusals_found : int
        How many there were, listed or not.
    refused_alone : int
        Refused cells whose row was accepted without them.
    keys_checked, keys_other : int
        Rows whose key is a valid credit code, and whose key is of another kind.
    repeated : int
        Enterprises that stood more than once.
    stopped : bool
        The data is refused as a whole (exit 1): a row was refused, other than by the
        caller's choice among duplicates, and partial data was not accepted.
    plans : tuple of ColumnPlan
        What the columns were, for each table.
    """

    answers: pl.DataFrame
    read: int
    accepted: int
    refused: int
    refusals: pl.DataFrame
    refusals_found: int
    refused_alone: int
    keys_checked: int
    keys_other: int
    repeated: int
    stopped: bool
    plans: tuple[ColumnPlan, ...]
    questionnaires: tuple[Questionnaire, ...]

    @property
    def summary(self) -> str:
        """The line with which standard error ends."""
        return f"read {self.read}, accepted {self.accepted}, refused {self.refused}"

    @property
    def extras(self) -> tuple[Column, ...]:
        """Columns of all tables that are no question, with the name that each resembles."""
        return tuple(column for plan in self.plans for column in plan.extras)

    def table(self, language: Language) -> pl.DataFrame:
        """Return ``file, sheet, row, column, value, reason`` for a reader of ``language``."""
        told = [
            tell(code, detail, language)
            for code, detail in self.refusals.select("code", "detail").iter_rows()
        ]
        return self.refusals.select("file", "sheet", "row", "column", "value").with_columns(
            pl.Series("reason", told, dtype=pl.String)
        )

    def of(self, questionnaire: str) -> pl.DataFrame:
        """Return the answers under the canonical names of one questionnaire.

        Columns that only other questionnaires know are left out; extra columns stay.
        """
        names = canonical_names(self.questionnaires)
        own = {name: column for (q, column), name in names.items() if q == questionnaire}
        others = set(names.values()) - set(own)
        kept = self.answers.select(c for c in self.answers.columns if c not in others)
        return kept.rename({name: c for name, c in own.items() if name in kept.columns})

    def missing(self, questionnaire: str) -> tuple[str, ...]:
        """Return the items of a questionnaire of which no table has a column."""
        found = {item for plan in self.plans for item in plan.items}
        asked = next(q for q in self.questionnaires if q.id == questionnaire)
        return tuple(i for i in asked.items if f"{questionnaire}:{i}" not in found)


def take(
    tables: Sequence[Table],
    questionnaires: Sequence[Questionnaire],
    *,
    registers: Mapping[str, Register] | None = None,
    duplicates: Duplicates = "error",
    shares: Shares | None = None,
    accept_partial: bool = False,
    max_errors: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Intake:
    """Take in the answers of one or more tables.

    Parameters
    ----------
    tables : sequence of Table
        Raw tables; each has its own header and dialect.
    questionnaires : sequence of Questionnaire
        What was asked.
    registers : mapping of str to Register, optional
        Registers by id; without one, any text passes as a code.
    duplicates : {"error", "first", "last"}
        Of several rows of one enterprise: refuse all, or use the first or the last acceptable.
    shares : {"percent", "fraction"}, optional
        How bare shares are read. Without it they are per cent, and a column whose bare values
        all lie in (0, 1] with a fraction among them is refused.
    accept_partial : bool
        Accept a row whose required cells were refused, without them.
    max_errors : int, optional
        List no more refusals than this; all are counted.
    progress : callable, optional
        Called with the number of rows read so far, batch by batch.

    Returns
    -------
    Intake
        Canonical answers, and every refusal.

    Raises
    ------
    TajiError
        If the columns of a table cannot be told (``plan_columns``), or no table has a row.

    Notes
    -----
    A bad cell is refused alone and the row goes on without it, unless the question is
    required; a row is refused for its key, for content beyond the header, as a duplicate, for
    a required cell, or for a share whose reading is open
    (``docs/decisions/0003-what-refuses-a-row.md``).
    """
    gathered = _Gathered(accept_partial, max_errors)
    plans = []
    for number, table in enumerate(tables):
        plan = plan_columns(
            table.headers, questionnaires, file=table.file, sheet=table.sheet, labels=table.labels
        )
        plans.append(plan)
        reader = BatchReader(
            plan,
            questionnaires,
            registers=registers or {},
            shares=shares,
            value_labels=table.value_labels,
        )
        for frame in table.batches():
            gathered.add(number, table, reader, frame)
            if progress is not None:
                progress(gathered.read)
        if shares is None:
            gathered.settle_shares(number, table, reader)
    if not gathered.read:
        raise NoRowsError(file=", ".join(table.file for table in tables))
    gathered.settle_duplicates(tables, plans, duplicates)
    return gathered.finish(tuple(plans), tuple(questionnaires))


class _Gathered:
    """What has been taken in so far."""

    def __init__(self, accept_partial: bool, max_errors: int | None) -> None:
        self.accept_partial, self.max_errors = accept_partial, max_errors
        self.read = self.checked = self.other = self.found = self.alone = self.repeated = 0
        self.chosen = 0
        self._rows: list[pl.DataFrame] = []
        self._keys: list[pl.DataFrame] = []
        self._refusals: list[pl.DataFrame] = []
        self._listed = 0
        self._shares: dict[tuple[int, str], bool] = {}

    def add(self, number: int, table: Table, reader: BatchReader, frame: pl.DataFrame) -> None:
        """Read a batch and keep its acceptable rows."""
        batch = reader.read(frame)
        self.read += frame.height
        self.checked += batch.keys_checked
        self.other += batch.keys_other
        answers = batch.answers.select(pl.lit(number, pl.UInt16).alias(":table"), pl.all())
        keyed = answers.select(":table", "row", KEY).filter(pl.col(KEY).is_not_null())
        self._keys.append(keyed)
        limit = ROW if self.accept_partial else REQUIRED
        bad = batch.refusals.filter(pl.col("reach") >= limit)["row"].unique()
        if len(bad):
            answers = answers.filter(~pl.col("row").is_in(bad.implode()))
        self.alone += batch.refusals.filter(
            (pl.col("reach") < limit) & ~pl.col("row").is_in(bad.implode())
        ).height
        self._list(table, batch.refusals)
        self._rows.append(self._without_settled(number, reader, batch.settled, answers))

    def _without_settled(
        self, number: int, reader: BatchReader, found: frozenset[str], answers: pl.DataFrame
    ) -> pl.DataFrame:
        """Drop the marks of bare shares once a value shows that the column is in per cent."""
        for name in reader.shares_read:
            settled = self._shares.get((number, name), False) or name in found
            self._shares[number, name] = settled
            if settled:
                answers = answers.drop(BARE + name)
        return answers

    def settle_shares(self, number: int, table: Table, reader: BatchReader) -> None:
        """Refuse the bare shares of a column that can be read in two ways."""
        for name, column in reader.shares_read.items():
            if not self._shares.get((number, name), True):
                self._settle(number, table, name, column)

    def _settle(self, number: int, table: Table, name: str, column: Column) -> None:
        unclear = pl.col(":table").eq(number) & pl.col(BARE + name) & pl.col(name).ne(0)
        parts = [rows.filter(unclear) for rows in self._of(number)]
        values = (
            pl.concat([part[name] for part in parts]) if parts else pl.Series([], dtype=pl.Float64)
        )
        fractions = values.filter(values != 1)
        if fractions.is_empty():
            return
        sample = fractions[0]
        reason = Reason(
            "share_reading",
            {"percent": f"{sample:g} → {sample:g}%", "fraction": f"{sample:g} → {sample * 100:g}%"},
        )
        for place, rows in enumerate(self._rows):
            if rows.is_empty() or rows[":table"][0] != number:
                continue
            hit = rows.filter(unclear)
            self._list(table, _refusals(hit, column, hit[name].cast(pl.String), reason, REQUIRED))
            if self.accept_partial:
                self._rows[place] = rows.with_columns(pl.when(~unclear).then(name).alias(name))
            else:
                self._rows[place] = rows.filter(~unclear)
            self.alone += hit.height * self.accept_partial

    def _of(self, number: int) -> list[pl.DataFrame]:
        return [rows for rows in self._rows if rows.height and rows[":table"][0] == number]

    def settle_duplicates(
        self, tables: Sequence[Table], plans: Sequence[ColumnPlan], duplicates: Duplicates
    ) -> None:
        """Refuse all rows of an enterprise that stands more than once, or all but one."""
        keys = pl.concat(self._keys)
        again = keys.filter(pl.col(KEY).is_duplicated())
        self.repeated = again[KEY].n_unique()
        if again.is_empty():
            return
        several = len(tables) > 1
        if duplicates == "error":
            dropped, code = again, "duplicate"
            told = _places(again, tables, several)
        else:
            left = pl.concat([rows.select(":table", "row", KEY) for rows in self._rows])
            left = left.filter(pl.col(KEY).is_in(again[KEY].unique().implode()))
            kept = left.unique(KEY, keep=duplicates, maintain_order=True)
            dropped, code = left.join(kept, on=[":table", "row"], how="anti"), "duplicate_dropped"
            told = _places(kept, tables, several)
            self.chosen = dropped.height
        for number, table in enumerate(tables):
            hit = dropped.filter(pl.col(":table") == number)
            if hit.is_empty():
                continue
            field = "rows" if code == "duplicate" else "kept"
            details = [Reason(code, {field: told[key]}).detail for key in hit[KEY]]
            listed = _refusals(hit, plans[number].key, hit[KEY], Reason(code), ROW)
            self._list(table, listed.with_columns(pl.Series("detail", details, dtype=pl.String)))
        gone = dropped.select(":table", "row")
        self._rows = [rows.join(gone, on=[":table", "row"], how="anti") for rows in self._rows]

    def finish(
        self, plans: tuple[ColumnPlan, ...], questionnaires: tuple[Questionnaire, ...]
    ) -> Intake:
        """Put the parts together."""
        rows = pl.concat(self._rows, how="diagonal_relaxed")
        answers = _in_order(rows, plans, questionnaires)
        refused = self.read - answers.height
        listed = pl.DataFrame(schema={"file": pl.String, "sheet": pl.String, **REFUSALS})
        return Intake(
            answers=answers,
            read=self.read,
            accepted=answers.height,
            refused=refused,
            refusals=pl.concat([listed, *self._refusals]),
            refusals_found=self.found,
            refused_alone=self.alone,
            keys_checked=self.checked,
            keys_other=self.other,
            repeated=self.repeated,
            stopped=(refused > self.chosen and not self.accept_partial) or not answers.height,
            plans=plans,
            questionnaires=questionnaires,
        )

    def _list(self, table: Table, refusals: pl.DataFrame) -> None:
        self.found += refusals.height
        room = None if self.max_errors is None else max(self.max_errors - self._listed, 0)
        listed = (
            refusals.sort("row", "place").head(room)
            if room is not None
            else refusals.sort("row", "place")
        )
        self._listed += listed.height
        if listed.height:
            self._refusals.append(
                listed.select(
                    pl.lit(table.file).alias("file"),
                    pl.lit(table.sheet, pl.String).alias("sheet"),
                    pl.all(),
                )
            )


def _refusals(
    rows: pl.DataFrame, column: Column, value: pl.Series, reason: Reason, reach: int
) -> pl.DataFrame:
    return rows.select(
        "row",
        pl.lit(column.place, pl.Int64).alias("place"),
        pl.lit(column.header).alias("column"),
        value.alias("value"),
        pl.lit(reason.code).alias("code"),
        pl.lit(reason.detail).alias("detail"),
        pl.lit(reach, pl.UInt8).alias("reach"),
    )


def _places(rows: pl.DataFrame, tables: Sequence[Table], several: bool) -> dict[str, str]:
    """Tell where the rows of each key stand, a few of them."""
    told: dict[str, list[str]] = {}
    for number, row, key in rows.iter_rows():
        told.setdefault(key, []).append(f"{tables[number].file}:{row}" if several else str(row))
    return {
        k: ", ".join(found[:5]) + (", …" if len(found) > 5 else "") for k, found in told.items()
    }


def _in_order(
    rows: pl.DataFrame, plans: tuple[ColumnPlan, ...], questionnaires: tuple[Questionnaire, ...]
) -> pl.DataFrame:
    """Order the columns: key, canonical, extra; drop unnamed columns that hold nothing."""
    names = canonical_names(questionnaires)
    types = {
        names[questionnaire.id, column]: kind
        for questionnaire in questionnaires
        for column, kind in canonical_schema(questionnaire).items()
        if column != KEY
    }
    canonical = [name for name in types if name in rows.columns]
    extras = dict.fromkeys(c.name for plan in plans for c in plan.extras)
    unnamed = {c.name for plan in plans for c in plan.extras if not c.header.strip()}
    kept = [e for e in extras if e not in unnamed or rows[e].null_count() < rows.height]
    return rows.select(
        KEY, *(pl.col(name).cast(types[name]) for name in canonical), *kept
    ).rechunk()
