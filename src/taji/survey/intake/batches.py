"""Read a batch of raw rows into canonical columns, and list every refused cell.

Decides what a batch says, column by column: spellings that are canonical already pass as
whole columns; every other distinct text is read once by ``taji.survey.intake.cells`` and
joined back. Does not decide what needs the whole file: duplicates, and how bare shares are
read (``taji.survey.intake.gather``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import polars as pl

from taji.base.identifiers import KEY, USCC_LENGTH, clean_key, valid_uscc
from taji.catalogue.questionnaire import Item, Questionnaire
from taji.catalogue.register import Register
from taji.survey.intake.canonical import bounds, shown_bound
from taji.survey.intake.cells import (
    BLANKS,
    Read,
    cell_reader,
    exclusive_reason,
    is_mark,
    plain,
    read_tick,
)
from taji.survey.intake.columns import Column, ColumnPlan, ItemColumns, canonical_names

__all__ = ["BARE", "CELL", "REFUSALS", "REQUIRED", "ROW", "Batch", "BatchReader", "Shares"]

Shares = Literal["percent", "fraction"]

#: How far a refusal reaches: the cell alone; the row, unless partial rows are accepted; the row.
CELL, REQUIRED, ROW = 0, 1, 2

#: Before the name of a share's column: whether the value stood bare.
BARE = ":bare:"

#: One row per refusal.
REFUSALS = {
    "row": pl.Int64,
    "place": pl.Int64,
    "column": pl.String,
    "value": pl.String,
    "code": pl.String,
    "detail": pl.String,
    "reach": pl.UInt8,
}

#: Distinct odd spellings of a column that are remembered between batches.
_REMEMBERED = 200_000
_KEY_LOST = r"^[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+$"
_LARGEST = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch that was read.

    Attributes
    ----------
    answers : DataFrame
        ``row``, the key, canonical columns, extra columns, and a column ``:bare:`` + name for
        every share: all rows of the batch, refused cells empty.
    refusals : DataFrame
        Columns as ``REFUSALS``.
    keys_checked, keys_other : int
        Keys that are valid credit codes, and keys of other kinds.
    settled : frozenset of str
        Shares (by name in the answers) of which a bare value lies above 1, so that they can
        only be in per cent.
    """

    answers: pl.DataFrame
    refusals: pl.DataFrame
    keys_checked: int
    keys_other: int
    settled: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Known:
    """An item that the file answers."""

    item: Item
    columns: ItemColumns
    #: Canonical column → name in the answers.
    names: Mapping[str, str]
    read: Callable[[str], Read]

    @property
    def first(self) -> Column:
        """The column that refusals of the whole item name."""
        return self.columns.cell or next(iter(self.columns.ticks.values()))

    @property
    def header(self) -> str:
        """What refusals of the whole item are listed under."""
        return self.columns.cell.header if self.columns.cell else self.item.id


class BatchReader:
    """Reads the batches of one table.

    Parameters
    ----------
    plan : ColumnPlan
        What the columns are.
    questionnaires : sequence of Questionnaire
        What was asked.
    registers : mapping of str to Register
        Registers by id, for ``code`` questions.
    shares : {"percent", "fraction"} or None
        How a bare share is read; None is per cent.
    value_labels : mapping of int to mapping
        Labels of codes by place (SPSS).
    """

    def __init__(
        self,
        plan: ColumnPlan,
        questionnaires: Sequence[Questionnaire],
        *,
        registers: Mapping[str, Register],
        shares: Shares | None,
        value_labels: Mapping[int, Mapping[str, str]],
    ) -> None:
        self.plan, self.shares = plan, shares
        self._value_labels = value_labels
        self._memory: dict[str, dict[str, Read]] = {}
        names = canonical_names(questionnaires)
        self._questionnaires = questionnaires
        self._known: dict[str, _Known] = {}
        for questionnaire in questionnaires:
            for item in questionnaire.items.values():
                columns = plan.items.get(f"{questionnaire.id}:{item.id}")
                if columns is None:
                    continue
                register = registers.get(item.question.register_ or "")
                self._known[f"{questionnaire.id}:{item.id}"] = _Known(
                    item=item,
                    columns=columns,
                    names={column: names[questionnaire.id, column] for column in item.columns},
                    read=cell_reader(item, register),
                )

    @property
    def shares_read(self) -> dict[str, Column]:
        """The columns that hold shares, by their name in the answers."""
        return {
            known.names[known.item.id]: known.first
            for known in self._known.values()
            if known.item.kind == "share"
        }

    def read(self, frame: pl.DataFrame) -> Batch:
        """Read one batch."""
        work = _Work(frame, self._trimmed(frame))
        checked, other = self._key(work)
        self._overflow(work)
        for name, known in self._known.items():
            self._item(work, name, known)
        self._skipped(work)
        for column in self.plan.extras:
            text = work.cells[column.place].cast(pl.String)
            work.columns[column.name] = text.alias(column.name)
        return Batch(
            answers=pl.DataFrame(list(work.columns.values())),
            refusals=pl.concat([pl.DataFrame(schema=REFUSALS), *work.refusals]),
            keys_checked=checked,
            keys_other=other,
            settled=frozenset(work.settled),
        )

    # --- cells ---------------------------------------------------------------------------

    def _trimmed(self, frame: pl.DataFrame) -> dict[int, pl.Series]:
        """Trim text, make blanks null, and put answers in the place of labelled codes."""
        wanted = []
        for column in self.plan.columns:
            name = str(column.place)
            expr = pl.col(name)
            if frame.schema[name] in (pl.Categorical, pl.Enum):
                expr = expr.cast(pl.String)
            if frame.schema[name] in (pl.String, pl.Categorical, pl.Enum):
                text = expr.str.strip_chars()
                filled = text.str.len_bytes() > 0
                if column.role in ("cell", "tick"):
                    filled &= ~text.is_in(BLANKS)
                expr = pl.when(filled).then(text)
            wanted.append(expr.alias(name))
        trimmed = frame.select(wanted)
        cells = {column.place: trimmed[str(column.place)] for column in self.plan.columns}
        for place, labels in self._value_labels.items():
            answers = self._labelled(self.plan.columns[place], labels)
            if answers and cells[place].dtype == pl.String:
                cells[place] = cells[place].replace(answers)
        return cells

    def _labelled(self, column: Column, labels: Mapping[str, str]) -> dict[str, str]:
        """Return the codes of an SPSS column that stand for an answer by their label."""
        if column.item is None:
            return {}
        known = self._known[column.item]
        found = {}
        for code, label in labels.items():
            if column.option is not None:
                tick = read_tick(label, self._spellings(known.item, column.option))
                answer = None if tick is None else str(int(tick))
            elif known.item.kind in ("single", "multi", "code"):
                value = known.read(label).value
                answer = "|".join(value) if isinstance(value, tuple) else str(value or "") or None
            else:
                answer = None
            if answer is not None:
                found[code] = answer
        return found

    # --- the row -------------------------------------------------------------------------

    def _key(self, work: _Work) -> tuple[int, int]:
        place = self.plan.key.place
        raw = work.cells[place]
        if raw.dtype.is_float():
            whole = raw.drop_nans().drop_nulls()
            if (whole == whole.floor()).all() and (whole.abs() < 9e18).all():
                raw = raw.cast(pl.Int64, strict=False)
        text = raw.cast(pl.String)
        odd = text.is_not_null() & ~text.str.contains(r"^[0-9A-Z_-]*$")
        odd |= (text.str.len_bytes() > USCC_LENGTH) & ~odd
        key = text
        if odd.any():
            spelled = text.filter(odd).unique()
            key = text.replace(spelled, pl.Series([clean_key(t) for t in spelled], dtype=pl.String))
            key = key.to_frame("k").select(pl.when(pl.col("k") != "").then(pl.col("k"))).to_series()
        claims = (key.str.len_chars() == USCC_LENGTH).fill_null(False)
        valid = valid_uscc(key)
        lost = key.str.contains(_KEY_LOST).fill_null(False)
        missing = key.is_null()
        work.refuse(missing, self.plan.key, raw, "key_missing", ROW)
        work.refuse(claims & ~valid, self.plan.key, raw, "key_check", ROW)
        work.refuse(lost & ~claims, self.plan.key, raw, "key_digits", ROW)
        bad = missing | lost | (claims & ~valid)
        work.columns[KEY] = work.where(~bad, key).alias(KEY)
        return int((claims & valid).sum()), int((~claims & ~bad).sum())

    def _overflow(self, work: _Work) -> None:
        if "overflow" in work.frame.columns:
            beyond = work.frame["overflow"]
            after = Column(place=len(self.plan.columns), header="", role="extra")
            work.refuse(beyond.is_not_null(), after, beyond, "ragged", ROW)

    # --- items ---------------------------------------------------------------------------

    def _item(self, work: _Work, name: str, known: _Known) -> None:
        reach = REQUIRED if known.item.question.required else CELL
        if known.item.kind == "multi":
            values = self._multi(work, name, known, reach)
        else:
            values = self._single(work, name, known, reach)
        for column, series in values.items():
            work.columns[known.names[column]] = series.alias(known.names[column])

    def _single(self, work: _Work, name: str, known: _Known, reach: int) -> dict[str, pl.Series]:
        column = known.first
        cell = work.cells[column.place]
        if known.item.kind in ("share", "number", "money", "scale"):
            return self._numeric(work, name, known, reach)
        if known.item.kind == "date" and cell.dtype == pl.Date:
            return {known.item.id: cell}
        chosen = known.item.kind == "single" and cell.dtype == pl.String
        if chosen and cell.drop_nulls().is_in(known.item.option_ids).all():
            return {known.item.id: cell}
        text = cell.cast(pl.String)
        wanted = pl.Date if known.item.kind == "date" else pl.String
        found = self._look_up(name, known.read, text, wanted)
        work.refuse_read(found, column, text, reach)
        return {known.item.id: found["value"]}

    def _numeric(self, work: _Work, name: str, known: _Known, reach: int) -> dict[str, pl.Series]:
        column, item = known.first, known.item
        cell = work.cells[column.place]
        text = cell.cast(pl.String)
        usual = self._usual(cell, item)
        odd = (
            text.to_frame("t")
            .select(pl.when(usual.is_null()).then(pl.col("t")).alias("text"))
            .to_series()
        )
        value, bare = usual, usual.is_not_null()
        if odd.null_count() < len(odd):
            found = self._look_up(name, known.read, odd, pl.Float64)
            work.refuse_read(found, column, text, reach)
            value = usual.to_frame("u").select(pl.coalesce("u", found["value"])).to_series()
            bare |= found["bare"].fill_null(False)
        if item.kind == "share" and (value.filter(bare) > 1).any():
            work.settled.add(known.names[item.id])
        if item.kind == "share" and self.shares == "fraction":
            hundredfold = (value * 100).round(10)  # 0.07 is 7, and not 7.000000000000001
            value = value.zip_with(~bare, hundredfold)
        value = self._within(work, known, value, text, reach)
        if item.kind != "share":
            return {item.id: value}
        work.columns[BARE + known.names[item.id]] = (bare & value.is_not_null()).alias(
            BARE + known.names[item.id]
        )
        return {item.id: value}

    def _usual(self, cell: pl.Series, item: Item) -> pl.Series:
        """Read the plain spellings of numbers as a column; the others are left null."""
        per = item.question.per if item.kind == "money" else 1
        if per != 1 and cell.dtype == pl.String:
            return _multiplied(cell, per)
        usual = cell.cast(pl.Float64, strict=False)
        fits = (usual.is_finite() & (usual.abs() <= _LARGEST)).fill_null(False)
        if per != 1:  # a product of binary fractions may miss the nearest decimal
            fits &= (usual == usual.floor()).fill_null(False)
        if cell.dtype == pl.String:
            fits &= cell.str.contains(r"^[+-]?[0-9]+(\.[0-9]+)?$").fill_null(False)
        return usual.to_frame("u").select(pl.when(fits).then(pl.col("u") * per)).to_series()

    def _within(
        self, work: _Work, known: _Known, value: pl.Series, text: pl.Series, reach: int
    ) -> pl.Series:
        low, high = bounds(known.item)
        no = pl.repeat(False, len(value), eager=True)
        broken = (value != value.floor()).fill_null(False) if known.item.kind == "scale" else no
        work.refuse(broken, known.first, text, "whole", reach)
        beyond = no
        if low is not None:
            beyond |= (value < low).fill_null(False)
        if high is not None:
            beyond |= (value > high).fill_null(False)
        beyond &= ~broken
        limits = {"low": shown_bound(low), "high": shown_bound(high)}
        work.refuse(beyond, known.first, text, "range", reach, limits)
        kept = work.where(~(broken | beyond), value)
        return kept.cast(pl.Int64) if known.item.kind == "scale" else kept

    def _look_up(
        self, name: str, read: Callable[[str], Read], text: pl.Series, wanted: type[pl.DataType]
    ) -> pl.DataFrame:
        """Read every distinct text once; return value, bare, code and detail for every row."""
        memory = self._memory.setdefault(name, {})
        if len(memory) > _REMEMBERED:
            memory.clear()
        distinct = text.drop_nulls().unique()
        reads = [memory[t] if t in memory else memory.setdefault(t, read(t)) for t in distinct]
        if wanted is pl.Float64:
            values: list[object] = [None if r.value is None else float(r.value) for r in reads]  # type: ignore[arg-type]
        else:
            values = [r.value for r in reads]
        table = pl.DataFrame(
            {
                "text": distinct.alias("text"),
                "value": pl.Series(
                    values, dtype=pl.List(pl.String) if wanted is pl.List else wanted
                ),
                "bare": pl.Series([r.bare for r in reads], dtype=pl.Boolean),
                "code": pl.Series([r.reason and r.reason.code for r in reads], dtype=pl.String),
                "detail": pl.Series([r.reason and r.reason.detail for r in reads], dtype=pl.String),
            }
        )
        return text.to_frame("text").join(table, on="text", how="left", maintain_order="left")

    # --- ticks ---------------------------------------------------------------------------

    def _multi(self, work: _Work, name: str, known: _Known, reach: int) -> dict[str, pl.Series]:
        split = self._split(work, name, known, reach) if known.columns.ticks else None
        joined = self._joined(work, name, known, reach) if known.columns.cell else None
        if split is None or joined is None:
            return split or joined or {}
        return self._merged(work, known, split, joined, reach)

    def _joined(self, work: _Work, name: str, known: _Known, reach: int) -> dict[str, pl.Series]:
        """Read ticks joined in one cell: what is not named is not ticked."""
        column = known.columns.cell
        assert column is not None
        text = work.cells[column.place].cast(pl.String)
        found = self._look_up(name, known.read, text, pl.List)
        work.refuse_read(found, column, text, reach)
        ticked = found["value"]
        return {
            f"{known.item.id}/{option}": ticked.list.contains(option)
            for option in known.item.option_ids
        }

    def _split(self, work: _Work, name: str, known: _Known, reach: int) -> dict[str, pl.Series]:
        """Read one column per option.

        A blank stays "not answered", except beside a tick written as a mark (``Y``, ``√``) or
        under a header such as ``q4[hr]``: tools that write so leave blank what is not ticked.
        """
        ticks: dict[str, pl.Series] = {}
        marks = []
        for option, column in known.columns.ticks.items():
            tick, mark, bad = self._tick(work, name, known.item, option, column)
            work.refuse(bad, column, work.cells[column.place].cast(pl.String), "tick", reach)
            ticks[f"{known.item.id}/{option}"] = tick
            marks.append(tick.is_not_null() if column.bracketed else mark)
        frame = pl.DataFrame([series.alias(column) for column, series in ticks.items()])
        marked = (
            pl.DataFrame([m.alias(str(i)) for i, m in enumerate(marks)])
            .select(pl.any_horizontal(pl.all().fill_null(False)))
            .to_series()
        )
        refused = {
            c: self._refused_mask(work, known.columns.ticks[c.rpartition("/")[2]]) for c in ticks
        }
        if marked.any():
            frame = frame.with_columns(
                pl.when(pl.col(c).is_null() & marked & ~refused[c])
                .then(pl.lit(False))
                .otherwise(pl.col(c))
                .alias(c)
                for c in ticks
            )
        return self._without_conflicts(work, known, frame, reach)

    def _refused_mask(self, work: _Work, column: Column) -> pl.Series:
        return work.refused.get(column.place, pl.repeat(False, work.frame.height, eager=True))

    def _tick(
        self, work: _Work, name: str, item: Item, option: str, column: Column
    ) -> tuple[pl.Series, pl.Series, pl.Series]:
        """Return tick, whether it is a mark, and whether the cell is neither tick nor blank."""
        cell = work.cells[column.place]
        no = pl.repeat(False, len(cell), eager=True)
        if cell.dtype == pl.Boolean:
            return cell, no, no
        text = cell.cast(pl.String)
        if text.drop_nulls().is_in(["0", "1"]).all():
            return text == "1", no, no
        spellings = self._spellings(item, option)

        def read(text: str) -> Read:
            tick = read_tick(text, spellings)
            return Read(value=None if tick is None else str(int(tick)), bare=is_mark(text))

        found = self._look_up(f"{name}/{option}", read, text, pl.String)
        value = found["value"]
        mark = found["bare"].fill_null(False) & value.is_not_null()
        return value == "1", mark, value.is_null() & text.is_not_null()

    @staticmethod
    def _spellings(item: Item, option: str) -> frozenset[str]:
        """Return what else a ticked cell may hold: the option itself."""
        chosen = next(o for o in item.question.options if o.id == option)
        texts = (chosen.id, chosen.label.zh, chosen.label.en, *chosen.aliases)
        return frozenset(plain(text) for text in texts if read_tick(text) is None)

    def _without_conflicts(
        self, work: _Work, known: _Known, frame: pl.DataFrame, reach: int
    ) -> dict[str, pl.Series]:
        """Refuse an exclusive option with another tick beside it."""
        ids = known.item.id
        for option in known.item.question.options:
            name = f"{ids}/{option.id}"
            others = [c for c in frame.columns if c != name]
            if not (option.exclusive and name in frame.columns and others):
                continue
            clash = frame.select(
                (pl.col(name) & pl.any_horizontal(others)).fill_null(False)
            ).to_series()
            if clash.any():
                shown = work.where(clash, _names_ticked(frame, ids))
                read = partial(_clash, exclusive={option.id})
                found = self._look_up(f"{ids}:{option.id}", read, shown, pl.String)
                work.refuse_read(found, known.columns.ticks[option.id], shown, reach, header=ids)
                frame = frame.with_columns(
                    pl.when(~clash).then(pl.col(c)).alias(c) for c in frame.columns
                )
        return {c: frame[c] for c in frame.columns}

    def _merged(
        self,
        work: _Work,
        known: _Known,
        split: dict[str, pl.Series],
        joined: dict[str, pl.Series],
        reach: int,
    ) -> dict[str, pl.Series]:
        """Use the split columns, the joined one where they are blank; refuse contradictions."""
        column = known.columns.cell
        assert column is not None
        differs = (
            pl.DataFrame([(split[c] != joined[c]).fill_null(False).alias(c) for c in split])
            .select(pl.any_horizontal(pl.all()))
            .to_series()
        )
        text = work.cells[column.place].cast(pl.String)
        first = next(iter(known.columns.ticks.values()))
        fields = {"columns": f"{column.header}, {first.header} …"}
        work.refuse(differs, column, text, "disagrees", reach, fields)
        merged = {}
        for c, series in joined.items():
            both = pl.DataFrame([split.get(c, series).alias("s"), series.alias("j")])
            merged[c] = both.select(pl.when(~differs).then(pl.coalesce("s", "j"))).to_series()
        return merged

    # --- skip rules ----------------------------------------------------------------------

    def _skipped(self, work: _Work) -> None:
        """Refuse answers to questions that were not put, and miss the required ones that were."""
        for questionnaire in self._questionnaires:
            for item in questionnaire.items.values():
                known = self._known.get(f"{questionnaire.id}:{item.id}")
                if known is None:
                    continue
                asked = self._asked(work, questionnaire, item)
                if asked is not None:
                    self._unasked(work, known, ~asked)
                if item.question.required:
                    self._unanswered(work, known, asked)

    def _asked(self, work: _Work, questionnaire: Questionnaire, item: Item) -> pl.Series | None:
        """Return whether the question was put to each firm; None where that is not known."""
        rule = item.question.asked_if
        if rule is None:
            return None
        given = []
        for parent in questionnaire.items_of(rule.question):
            known = self._known.get(f"{questionnaire.id}:{parent.id}")
            if known is None:
                return None
            if parent.kind == "multi":
                names = [known.names[f"{parent.id}/{option}"] for option in rule.any_of]
                given += [work.columns[n] for n in names if n in work.columns]
            else:
                given.append(work.columns[known.names[parent.id]].is_in(rule.any_of))
        if not given:
            return None
        frame = pl.DataFrame([series.alias(str(i)) for i, series in enumerate(given)])
        return frame.select(pl.any_horizontal(pl.all()).fill_null(True)).to_series()

    def _unasked(self, work: _Work, known: _Known, unasked: pl.Series) -> None:
        answered = self._answered(work, known) & unasked
        if not unasked.any():
            return
        rule = known.item.question.asked_if
        assert rule is not None
        reach = CELL
        shown = self._shown(work, known)
        # A sheet of unticked boxes is what tools export for a question that was skipped.
        told = answered
        if known.item.kind == "multi":
            told = answered & (shown != "")
        fields = {"question": rule.question}
        work.refuse(told, known.first, shown, "not_asked", reach, fields, header=known.header)
        for name in self._present(work, known):
            work.columns[name] = work.where(~unasked, work.columns[name]).alias(name)

    def _unanswered(self, work: _Work, known: _Known, asked: pl.Series | None) -> None:
        missing = ~self._answered(work, known)
        if asked is not None:
            missing &= asked
        for column in (known.columns.cell, *known.columns.ticks.values()):
            if column is not None and column.place in work.refused:
                missing &= ~work.refused[column.place]
        blank = pl.repeat(None, len(missing), dtype=pl.String, eager=True)
        work.refuse(missing, known.first, blank, "required", REQUIRED, header=known.header)

    def _answered(self, work: _Work, known: _Known) -> pl.Series:
        present = [work.columns[name] for name in self._present(work, known)]
        return pl.DataFrame(present).select(pl.any_horizontal(pl.all().is_not_null())).to_series()

    def _present(self, work: _Work, known: _Known) -> list[str]:
        return [name for name in known.names.values() if name in work.columns]

    def _shown(self, work: _Work, known: _Known) -> pl.Series:
        if known.item.kind != "multi":
            return work.cells[known.first.place].cast(pl.String)
        names = {known.names[c]: c for c in known.item.columns}
        frame = pl.DataFrame(
            [work.columns[n].alias(c) for n, c in names.items() if n in work.columns]
        )
        return _names_ticked(frame, known.item.id)


class _Work:
    """What is known about a batch while it is read."""

    def __init__(self, frame: pl.DataFrame, cells: dict[int, pl.Series]) -> None:
        self.frame, self.cells = frame, cells
        self.columns: dict[str, pl.Series] = {"row": frame["row"]}
        self.refusals: list[pl.DataFrame] = []
        #: Rows whose cell was refused, by the place of the column.
        self.refused: dict[int, pl.Series] = {}
        self.settled: set[str] = set()

    def refuse(
        self,
        mask: pl.Series,
        column: Column,
        value: pl.Series,
        code: str,
        reach: int,
        fields: Mapping[str, str] | None = None,
        header: str | None = None,
    ) -> None:
        """List the cells of ``mask`` as refused for one reason."""
        if not mask.any():
            return
        detail = json.dumps(fields, ensure_ascii=False) if fields else ""
        found = pl.DataFrame(
            {"row": self.frame["row"], "value": value.cast(pl.String).alias("value")}
        ).filter(mask)
        self._list(found, column, reach, header, code=pl.lit(code), detail=pl.lit(detail))
        self._mark(column, mask)

    def refuse_read(
        self,
        found: pl.DataFrame,
        column: Column,
        text: pl.Series,
        reach: int,
        header: str | None = None,
    ) -> None:
        """List the cells that ``_look_up`` could not read."""
        mask = found["code"].is_not_null()
        if not mask.any():
            return
        listed = found.select(self.frame["row"], text.alias("value"), "code", "detail").filter(mask)
        self._list(listed, column, reach, header, code=pl.col("code"), detail=pl.col("detail"))
        self._mark(column, mask)

    def where(self, mask: pl.Series, series: pl.Series) -> pl.Series:
        """Keep the values of ``series`` where ``mask`` holds."""
        return series.to_frame("s").select(pl.when(mask).then(pl.col("s"))).to_series()

    def _list(
        self,
        found: pl.DataFrame,
        column: Column,
        reach: int,
        header: str | None,
        *,
        code: pl.Expr,
        detail: pl.Expr,
    ) -> None:
        shown = column.header if header is None else header
        self.refusals.append(
            found.select(
                "row",
                pl.lit(column.place, pl.Int64).alias("place"),
                pl.lit(shown).alias("column"),
                "value",
                code.alias("code"),
                detail.alias("detail"),
                pl.lit(reach, pl.UInt8).alias("reach"),
            )
        )

    def _mark(self, column: Column, mask: pl.Series) -> None:
        known = self.refused.get(column.place)
        self.refused[column.place] = mask if known is None else known | mask


def _multiplied(text: pl.Series, per: int) -> pl.Series:
    """Multiply plain decimals exactly, as ``taji.base.numerals.read_money`` does."""
    plain_text = pl.col("t").str.contains(r"^[0-9]{1,11}(\.[0-9]{1,4})?$")
    exact = pl.when(plain_text).then(pl.col("t")).cast(pl.Decimal(38, 4)) * pl.lit(per)
    return text.to_frame("t").select(exact.cast(pl.Float64)).to_series()


def _clash(ticked: str, exclusive: set[str]) -> Read:
    return Read(reason=exclusive_reason(tuple(ticked.split("|")), exclusive))


def _names_ticked(frame: pl.DataFrame, item: str) -> pl.Series:
    """Join the names of the ticked options, as ``a|b``."""
    return frame.select(
        pl.concat_str(
            [pl.when(pl.col(c)).then(pl.lit(c.removeprefix(f"{item}/"))) for c in frame.columns],
            separator="|",
            ignore_nulls=True,
        )
    ).to_series()
