"""Tables of pairs and of capacities, read and held to their rules.

Decides which columns they have, which cells are refused and how ids become numbers. Does not
match (``taji.match``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from taji.base.arrays import FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.text import Text
from taji.desk.files import read_register

__all__ = [
    "ColumnMissingError",
    "NumberError",
    "PairTwiceError",
    "Pairs",
    "UnknownProviderError",
    "read_pairs",
]

#: The row of a table's first data as a spreadsheet shows it.
FIRST_ROW = 2
NOT_NUMBER = Text(zh="不是数字", en="it is no number")
NEGATIVE = Text(zh="不得为负", en="it must not be negative")
EMPTY = Text(zh="不得为空", en="it must not be empty")


class ColumnMissingError(TajiError):
    """A table lacks a column."""

    code = "match.column"
    sentences = {
        "en": "{file}: the column `{column}` is missing. It must have: {columns}.",
        "zh": "{file}：缺少列 `{column}`。须有的列：{columns}。",
    }


class NumberError(TajiError):
    """A cell does not hold what its column is for."""

    code = "match.cell"
    sentences = {
        "en": "{file}, row {row}, column `{column}`: {value!r} cannot be used, {reason} "
        "({count} such cells in this column). Correct the file and run again.",
        "zh": "{file} 第 {row} 行 `{column}` 列：{value!r} 不可用，{reason}"
        "（本列共 {count} 处）。请改正后重新运行。",
    }


class PairTwiceError(TajiError):
    """A pair, or a provider, stands twice."""

    code = "match.twice"
    sentences = {
        "en": "{file}, row {row}: {what} stands twice. Keep one of the rows.",
        "zh": "{file} 第 {row} 行：{what} 出现两次。请只保留一行。",
    }


class UnknownProviderError(TajiError):
    """A provider of a pair has no capacity."""

    code = "match.no_capacity"
    sentences = {
        "en": "{file}: the provider {provider!r} has no row in {capacities} ({count} such "
        "providers). Add its capacity; 0 if it takes nothing.",
        "zh": "{file}：服务商 {provider!r} 在 {capacities} 中没有容量（共 {count} 家）。"
        "请补上；不接单的填 0。",
    }


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs by number, and what the numbers stand for.

    Attributes
    ----------
    needs, providers : list of str
        Ids in the order of the text, which is the order that breaks ties.
    need, provider : IntArray, shape (n_pair,)
    numbers : mapping of str to FloatArray, shape (n_pair,)
        The number columns.
    capacity : FloatArray, shape (n_provider,)
    """

    needs: list[str]
    providers: list[str]
    need: IntArray
    provider: IntArray
    numbers: dict[str, FloatArray]
    capacity: FloatArray

    def frame(self, chosen: IntArray) -> pl.DataFrame:
        """Return an assignment as ``need, provider``; a need without one has no row."""
        matched = np.flatnonzero(chosen >= 0)
        return pl.DataFrame(
            {
                "need": [self.needs[n] for n in matched],
                "provider": [self.providers[p] for p in chosen[matched]],
            },
            schema={"need": pl.String, "provider": pl.String},
        )


def read_pairs(
    pairs: Path, capacities: Path, *, columns: tuple[str, ...], no_less_than_zero: tuple[str, ...]
) -> Pairs:
    """Read ``need, provider`` and numbers, and ``provider, capacity``.

    Parameters
    ----------
    pairs, capacities : Path
        CSV, XLSX or Parquet.
    columns : tuple of str
        Number columns of the pairs.
    no_less_than_zero : tuple of str
        Those of them that must not be negative.

    Raises
    ------
    ColumnMissingError, NumberError, PairTwiceError, UnknownProviderError
        If a table is not as it must be.
    """
    frame = _taken(pairs, ("need", "provider"), columns, no_less_than_zero)
    caps = _taken(capacities, ("provider",), ("capacity",), ("capacity",))
    _once(pairs, frame, ["need", "provider"])
    _once(capacities, caps, ["provider"])
    caps = caps.sort("provider")
    providers = caps["provider"].to_list()
    strangers = frame.filter(~pl.col("provider").is_in(providers))["provider"].unique().sort()
    if len(strangers):
        raise UnknownProviderError(
            file=pairs.name,
            provider=strangers[0],
            capacities=capacities.name,
            count=len(strangers),
        )
    needs = frame["need"].unique().sort().to_list()
    return Pairs(
        needs,
        providers,
        _numbers(frame["need"], needs),
        _numbers(frame["provider"], providers),
        {name: frame[name].to_numpy().astype(np.float64) for name in columns},
        caps["capacity"].to_numpy().astype(np.float64),
    )


def _numbers(column: pl.Series, ids: list[str]) -> IntArray:
    places = pl.DataFrame(
        {"id": ids, "at": np.arange(len(ids))}, schema_overrides={"id": pl.String}
    )
    joined = column.rename("id").to_frame().join(places, on="id", how="left", maintain_order="left")
    return joined["at"].to_numpy().astype(np.int64)


def _taken(
    path: Path, ids: tuple[str, ...], numbers: tuple[str, ...], floors: tuple[str, ...]
) -> pl.DataFrame:
    frame = read_register(path)
    for name in (*ids, *numbers):
        if name not in frame.columns:
            raise ColumnMissingError(
                file=path.name, column=name, columns=", ".join((*ids, *numbers))
            )
    raw = frame.select(*ids, *numbers)
    read = raw.select(
        *(pl.col(name).cast(pl.String).str.strip_chars() for name in ids),
        *(_number(raw, name) for name in numbers),
    )
    for name in ids:
        _refuse(path, raw, name, read[name].is_null() | (read[name] == ""), EMPTY)
    for name in numbers:
        _refuse(path, raw, name, ~read[name].is_finite().fill_null(False), NOT_NUMBER)
    for name in floors:
        _refuse(path, raw, name, read[name] < 0, NEGATIVE)
    return read


def _number(raw: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    if raw[name].dtype == pl.String:
        column = column.str.strip_chars()
    return column.cast(pl.Float64, strict=False)


def _refuse(path: Path, raw: pl.DataFrame, name: str, wrong: pl.Series, reason: Text) -> None:
    if wrong.any():
        at = int(wrong.arg_max() or 0)
        raise NumberError(
            file=path.name,
            row=at + FIRST_ROW,
            column=name,
            value=str(raw[name][at] if raw[name][at] is not None else ""),
            reason=reason,
            count=int(wrong.sum()),
        )


def _once(path: Path, frame: pl.DataFrame, keys: list[str]) -> None:
    twice = ~frame.select(pl.struct(keys).is_first_distinct()).to_series()
    if twice.any():
        at = int(twice.arg_max() or 0)
        what = " – ".join(str(frame[key][at]) for key in keys)
        raise PairTwiceError(file=path.name, row=at + FIRST_ROW, what=what)
