"""Tables of needs and of providers, read and held to their rules.

Decides the columns, their names in Chinese and English, and which cells stop the work. What makes
a provider eligible is ``taji.match.eligibility``'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import polars as pl

from taji.base.numerals import half_width, read_money, read_number
from taji.base.text import Text
from taji.desk.bad_cells import BadCell, BadCellsError
from taji.desk.files import read_register
from taji.desk.pair_tables import (
    EMPTY,
    FIRST_ROW,
    NEGATIVE,
    NOT_NUMBER,
    ColumnMissingError,
)
from taji.match.eligibility import Need, Provider
from taji.match.words import Words, fold

__all__ = ["NEED_FIELDS", "PROVIDER_FIELDS", "Field", "read_both"]

#: What separates the entries of a list within a cell.
SEPARATORS = re.compile(r"[|；;、，,┋\n]+")
NOT_MONEY = Text(zh="不是金额（元）", en="it is no amount in yuan")


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its name, its names in files, and what stands in it."""

    name: str
    label: Text
    kind: Literal["text", "list", "number", "money"]
    required: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def spellings(self) -> frozenset[str]:
        """All names under which a file may have the column."""
        return frozenset(
            _head(t) for t in (self.name, *self.label.model_dump().values(), *self.aliases)
        )


NEED_FIELDS = (
    Field("need", Text(zh="需求编号", en="Need"), "text", True, ("需求", "id")),
    Field(
        "enterprise", Text(zh="企业", en="Enterprise"), "text", True, ("统一社会信用代码", "uscc")
    ),
    Field("text", Text(zh="需求描述", en="Description"), "text", True, ("描述", "need text")),
    Field("days", Text(zh="所需人天", en="Days"), "number", True, ("人天", "工作量")),
    Field("capability", Text(zh="所需能力", en="Capabilities"), "list", False, ("能力",)),
    Field("industry", Text(zh="行业", en="Industry"), "text"),
    Field("district", Text(zh="地区", en="District"), "text", False, ("县市区", "region")),
    Field("budget", Text(zh="预算", en="Budget"), "money", False, ("预算（元）",)),
    Field("licence", Text(zh="所需资质", en="Licences"), "list", False, ("资质", "license")),
    Field("avoid", Text(zh="回避服务商", en="Avoid"), "list", False, ("回避",)),
    Field("preference", Text(zh="意向服务商", en="Preferred providers"), "list", False, ("意向",)),
)
PROVIDER_FIELDS = (
    Field("provider", Text(zh="服务商编号", en="Provider"), "text", True, ("服务商", "id")),
    Field("text", Text(zh="服务简介", en="Description"), "text", True, ("简介", "profile")),
    Field("capacity", Text(zh="可供人天", en="Capacity"), "number", True, ("容量", "days")),
    Field("name", Text(zh="服务商名称", en="Name"), "text", False, ("名称",)),
    Field("capability", Text(zh="能力", en="Capabilities"), "list", False, ("服务能力",)),
    Field("industry", Text(zh="服务行业", en="Industries"), "list", False, ("行业",)),
    Field("district", Text(zh="服务地区", en="Districts"), "list", False, ("地区", "region")),
    Field("price", Text(zh="人天单价", en="Price per day"), "money", False, ("单价", "价格")),
    Field("licence", Text(zh="资质", en="Licences"), "list", False, ("license",)),
    Field("conflict", Text(zh="利益冲突企业", en="Conflicts"), "list", False, ("利益冲突",)),
    Field("preference", Text(zh="意向客户", en="Preferred clients"), "list", False, ("意向",)),
)


def read_both(needs: Path, providers: Path, words: Words) -> tuple[list[Need], list[Provider]]:
    """Read needs and providers, each in the order of its file.

    Raises
    ------
    ColumnMissingError
        If a table lacks a column.
    BadCellsError
        If cells cannot be used; all cells of both tables are told.
    """
    asked, wrong = _rows(needs, NEED_FIELDS)
    offered, also_wrong = _rows(providers, PROVIDER_FIELDS)
    if wrong or also_wrong:
        raise BadCellsError.of([*wrong, *also_wrong])
    return [_need(row, words) for row in asked], [_provider(row, words) for row in offered]


def _need(row: Mapping[str, Any], words: Words) -> Need:
    return Need(
        id=row["need"],
        enterprise=row["enterprise"],
        text=row["text"],
        days=float(row["days"]),
        capability=frozenset(words.concept(entry) for entry in row["capability"]),
        industry=fold(row["industry"]),
        district=fold(row["district"]),
        budget=None if row["budget"] is None else float(row["budget"]),
        licence=frozenset(fold(entry) for entry in row["licence"]),
        avoid=frozenset(row["avoid"]),
        preference=tuple(row["preference"]),
    )


def _provider(row: Mapping[str, Any], words: Words) -> Provider:
    return Provider(
        id=row["provider"],
        name=row["name"] or row["provider"],
        text=row["text"],
        capacity=float(row["capacity"]),
        capability=frozenset(words.concept(entry) for entry in row["capability"]),
        industry=frozenset(fold(entry) for entry in row["industry"]),
        district=frozenset(fold(entry) for entry in row["district"]),
        price=None if row["price"] is None else float(row["price"]),
        licence=frozenset(fold(entry) for entry in row["licence"]),
        conflict=frozenset(row["conflict"]),
        preference=tuple(row["preference"]),
    )


def _rows(path: Path, fields: tuple[Field, ...]) -> tuple[list[dict[str, Any]], list[BadCell]]:
    """The rows of a table, and every cell that cannot be used, by row."""
    frame = read_register(path)
    heads = {_head(name): name for name in reversed(frame.columns)}
    columns: dict[str, list[Any]] = {}
    bad: list[BadCell] = []
    for field in fields:
        named = next((heads[s] for s in sorted(field.spellings) if s in heads), None)
        named = heads.get(_head(field.name), named)
        if named is None and field.required:
            needed = ", ".join(f"{f.name}（{f.label.zh}）" for f in fields if f.required)
            raise ColumnMissingError(file=path.name, column=field.name, columns=needed)
        cells = [""] * frame.height
        if named is not None:
            cells = [str(cell).strip() for cell in frame[named].cast(pl.String).fill_null("")]
        columns[field.name], reasons = _read(field, cells)
        if field is fields[0]:
            reasons |= _twice(cells, reasons)
        bad += [
            BadCell(path.name, at + FIRST_ROW, named or field.name, cells[at], reason)
            for at, reason in reasons.items()
        ]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return rows, sorted(bad, key=lambda cell: cell.row)


def _read(field: Field, cells: list[str]) -> tuple[list[Any], dict[int, Text]]:
    """What the cells of a column say, and why some say nothing, by place."""
    empty = {at: EMPTY for at, cell in enumerate(cells) if field.required and not cell}
    if field.kind == "text":
        return list(cells), empty
    if field.kind == "list":
        entries = [[p.strip() for p in SEPARATORS.split(cell) if p.strip()] for cell in cells]
        return entries, empty
    read = read_number if field.kind == "number" else read_money
    values: list[Decimal | None] = [read(cell) if cell else None for cell in cells]
    none = NOT_NUMBER if field.kind == "number" else NOT_MONEY
    wrong = {
        at: none for at, (c, v) in enumerate(zip(cells, values, strict=True)) if c and v is None
    }
    below = {at: NEGATIVE for at, value in enumerate(values) if value is not None and value < 0}
    return list(values), empty | wrong | below


def _twice(keys: list[str], wrong: Mapping[int, Text]) -> dict[int, Text]:
    """Which keys stood before, and where."""
    first: dict[str, int] = {}
    found = {}
    for at, key in enumerate(keys):
        if at in wrong:
            continue
        row = first.setdefault(key, at) + FIRST_ROW
        if row != at + FIRST_ROW:
            found[at] = Text(
                zh=f"与第 {row} 行重复，请只保留一行", en=f"as in row {row}: keep one of them"
            )
    return found


def _head(name: str) -> str:
    return half_width(name).casefold()
