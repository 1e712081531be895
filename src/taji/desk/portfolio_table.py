"""Read the options of a portfolio: who could be supported with what.

Decides which columns mean what, and which cells cannot be used. Columns of numbers are read one
after the other and names only of what was chosen, so that ten million options fit a laptop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from taji.base.arrays import FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.text import Text
from taji.catalogue.resources import GROUP, USE
from taji.desk.bad_cells import LISTED, BadCell
from taji.desk.files import read_register
from taji.store.parquet import check_scannable

__all__ = [
    "GROUP",
    "USE",
    "GroupVariesError",
    "OptionCellError",
    "OptionColumnError",
    "OptionTwiceError",
    "Options",
    "read_options",
]

#: Columns that say what the values rest on; how many different such notes are told at most.
NOTES, NOTES_MOST = ("note_zh", "note_en"), 3
NEEDED = ("enterprise", "option", "value")

NO_NUMBER = Text(zh="应为数字", en="a number is needed")
NEGATIVE = Text(zh="用量不能为负", en="a use cannot be negative")
EMPTY = Text(zh="不能为空", en="it must not be empty")


class OptionColumnError(TajiError):
    """A column that a portfolio needs is not in the table."""

    code = "plan.options_column"
    sentences = {
        "en": "{file} has no column {column}. A table of options has enterprise, option, value, "
        "one use_… for each resource and, for floors, group_….",
        "zh": "{file} 缺少列 {column}。选项表应有 enterprise、option、value，每种资源一列 use_…，"
        "设下限的分组一列 group_…。",
    }


class OptionCellError(TajiError):
    """A cell of the options cannot be used."""

    code = "plan.options_cell"
    sentences = {
        "en": "{file}, row {row}, column {column}: {value!r} cannot be used, {reason}; {count} "
        "cells of this column are like it. Correct them and run again.",
        "zh": "{file} 第 {row} 行 {column} 列：{value!r} 不可用，{reason}；该列共有 {count} 格如此。"
        "请更正后重新运行。",
    }


class OptionTwiceError(TajiError):
    """An enterprise has an option twice."""

    code = "plan.options_twice"
    sentences = {
        "en": "{file}: enterprise {enterprise} has two options of one name. Give each option of "
        "an enterprise a name of its own.",
        "zh": "{file}：企业 {enterprise} 有两个同名选项。请让同一企业的每个选项名称不同。",
    }


class GroupVariesError(TajiError):
    """An enterprise stands in two groups of one kind."""

    code = "plan.group_varies"
    sentences = {
        "en": "{file}: enterprise {enterprise} has different values of {column}. An enterprise "
        "has one; write the same in all its rows.",
        "zh": "{file}：企业 {enterprise} 的 {column} 前后不一。一家企业只有一个值，请在其各行写成一致。",
    }


@dataclass(frozen=True)
class Options:
    """A table of options, its rows put together by enterprise.

    Attributes
    ----------
    file : str
        Name of the file.
    frame : LazyFrame
        The table as it stands.
    order : IntArray or None
        Rows in the order of their enterprises; None where they stand so.
    starts : IntArray, shape (n_enterprise + 1,)
        Where the options of each enterprise begin.
    enterprise : Series
        Keys in the order of their first row.
    uses, groups : tuple of str
        Names of the columns.
    first_row : int
        Number of the first row: 2 under a header, 1 where a file has none.
    sha256 : str
        Hash of the file. [hex]
    """

    file: str
    frame: pl.LazyFrame
    order: IntArray | None
    starts: IntArray
    enterprise: pl.Series
    uses: tuple[str, ...]
    groups: tuple[str, ...]
    first_row: int
    sha256: str

    def column(self, name: str) -> pl.Series:
        """A column, in the order of the enterprises."""
        series = self.frame.select(name).collect().to_series()
        return series if self.order is None else series.gather(self.order)

    def numbers(self, name: str) -> FloatArray:
        """A column of numbers.

        Raises
        ------
        OptionCellError
            For a cell that is empty, no number, or a negative use.
        """
        series = self.column(name)
        read = series.cast(pl.Float64, strict=False)
        numbers = read.fill_null(np.nan).to_numpy()
        self._refuse(series, name, ~np.isfinite(numbers), NO_NUMBER)
        if name.startswith(USE):
            self._refuse(series, name, numbers < 0, NEGATIVE)
        return numbers

    def all_uses(self) -> Iterator[FloatArray]:
        """The columns of resources, one after the other."""
        return (self.numbers(name) for name in self.uses)

    @cached_property
    def group_frame(self) -> pl.DataFrame:
        """The groups of each enterprise, as text.

        Raises
        ------
        GroupVariesError
            If an enterprise has two values of one column.
        """
        columns = []
        for name in self.groups:
            series = self.column(name).cast(pl.String).fill_null("")
            first = series.gather(self.starts[:-1])
            codes = series.cast(pl.Categorical).to_physical().to_numpy()
            firm = np.repeat(np.arange(len(first)), np.diff(self.starts))
            varies = codes != codes[self.starts[:-1]][firm]
            if varies.any():
                at = int(firm[np.argmax(varies)])
                raise GroupVariesError(file=self.file, enterprise=self.enterprise[at], column=name)
            columns.append(first.alias(name))
        return pl.DataFrame(columns)

    @cached_property
    def notes(self) -> tuple[Text, ...]:
        """What the table says that its values rest on."""
        if not set(NOTES) <= set(self.frame.collect_schema().names()):
            return ()
        said = self.frame.select(pl.col(NOTES).cast(pl.String)).drop_nulls().unique()
        pairs = said.sort(NOTES).head(NOTES_MOST).collect().iter_rows()
        return tuple(Text(zh=zh, en=en) for zh, en in pairs)

    def names(self, rows: IntArray) -> pl.Series:
        """Names of the options in rows, null for row -1."""
        wanted = pl.Series(rows)
        return self.column("option").gather(wanted.set(wanted < 0, None))

    def place(self, firm: IntArray, option: pl.Series) -> IntArray:
        """Places of options among those of their enterprises; -1 where there is none such."""
        names = self.column("option").cast(pl.String).hash().to_numpy()
        wanted = option.cast(pl.String).hash().to_numpy()
        first, counts = self.starts[firm], np.diff(self.starts)[firm]
        out = np.full(len(firm), -1, dtype=np.int64)
        for j in range(int(counts.max(initial=0))):
            has = np.flatnonzero(counts > j)
            out[has[names[first[has] + j] == wanted[has]]] = j
        return out

    def _refuse(self, series: pl.Series, name: str, wrong: np.ndarray, reason: Text) -> None:
        if wrong.any():
            cells = tuple(
                self._cell(int(at), series, reason) for at in np.flatnonzero(wrong)[:LISTED]
            )
            raise OptionCellError(
                file=self.file,
                row=cells[0].row,
                column=name,
                value=series[int(np.argmax(wrong))],
                reason=cells[0].reason,
                count=int(wrong.sum()),
                cells=tuple(sorted(cells, key=lambda cell: cell.row)),
            )

    def _cell(self, at: int, series: pl.Series, reason: Text) -> BadCell:
        row = at if self.order is None else int(self.order[at])
        value, why = series[at], EMPTY if series[at] is None else reason
        told = "" if value is None else str(value)
        return BadCell(self.file, row + self.first_row, series.name, told, why)


def read_options(path: Path) -> Options:
    """Open a table of options, Parquet or any other table of text.

    Raises
    ------
    OptionColumnError, OptionCellError, OptionTwiceError
        If a column is missing, a key is empty, or an option stands twice.
    """
    if path.suffix.lower() == ".parquet":
        check_scannable(path)
        frame = pl.scan_parquet(path)
    else:
        frame = read_register(path).lazy()
    names = frame.collect_schema().names()
    uses = tuple(name for name in names if name.startswith(USE))
    for name in NEEDED if uses else (*NEEDED, USE + "…"):
        if name not in names:
            raise OptionColumnError(file=path.name, column=name)
    first_row = 1 if path.suffix.lower() == ".parquet" else 2
    order, starts, enterprise = _by_enterprise(frame, path.name, first_row)
    options = Options(
        path.name,
        frame,
        order,
        starts,
        enterprise,
        uses,
        tuple(name for name in names if name.startswith(GROUP)),
        first_row,
        _sha256(path),
    )
    _check_names(options)
    return options


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _by_enterprise(
    frame: pl.LazyFrame, file: str, first_row: int
) -> tuple[IntArray | None, IntArray, pl.Series]:
    keys = frame.select("enterprise").collect().to_series()
    if keys.null_count():
        row = int(np.argmax(keys.is_null().to_numpy()))
        raise OptionCellError(
            file=file,
            row=row + first_row,
            column="enterprise",
            value=None,
            reason=EMPTY,
            count=keys.null_count(),
        )
    changes = (keys != keys.shift(1)).fill_null(True).to_numpy()
    starts = np.flatnonzero(changes)
    heads = keys.gather(starts)
    if heads.n_unique() == len(heads):
        return None, np.append(starts, len(keys)), heads
    first = heads.unique(maintain_order=True)
    code_of_head = heads.replace_strict(first, pl.Series(range(len(first))), return_dtype=pl.Int64)
    code = np.repeat(code_of_head.to_numpy(), np.diff(np.append(starts, len(keys))))
    counts = np.bincount(code, minlength=len(first))
    order = np.argsort(code, kind="stable")
    return order, np.concatenate([[0], np.cumsum(counts)]), first


def _like_the_first(hashed: IntArray, counts: IntArray) -> bool:
    """Whether all enterprises have the options of the first, which are different."""
    count = int(counts[0]) if len(counts) else 0
    first = hashed[:count]
    return (
        bool(np.all(counts == count))
        and len(np.unique(first)) == count
        and bool(np.all(hashed.reshape(-1, max(count, 1)) == first))
    )


def _check_names(options: Options) -> None:
    """Refuse an enterprise that has two options of one name."""
    names = options.column("option")
    if names.null_count():
        options._refuse(names, "option", names.is_null().to_numpy(), EMPTY)
    hashed = names.hash().to_numpy()
    counts = np.diff(options.starts)
    if _like_the_first(hashed, counts):
        return
    for count in np.unique(counts[counts > 1]):
        firm = np.flatnonzero(counts == count)
        rows = options.starts[firm][:, None] + np.arange(int(count))
        sorted_names = np.sort(hashed[rows], axis=1)
        twice = (sorted_names[:, 1:] == sorted_names[:, :-1]).any(axis=1)
        if twice.any():
            at = int(firm[np.argmax(twice)])
            raise OptionTwiceError(file=options.file, enterprise=options.enterprise[at])
