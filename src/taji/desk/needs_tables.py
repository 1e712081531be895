"""Tables of needs and of providers, read and held to their rules.

Decides the columns, their names in Chinese and English, and which cells stop the work. What makes
a provider eligible is ``taji.match.eligibility``'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import polars as pl

from taji.base.numerals import half_width, read_money, read_number
from taji.base.text import Text
from taji.desk.files import read_register
from taji.desk.pair_tables import (
    EMPTY,
    FIRST_ROW,
    NEGATIVE,
    NOT_NUMBER,
    ColumnMissingError,
    NumberError,
    PairTwiceError,
)
from taji.match.eligibility import Need, Provider
from taji.match.words import Words, fold

__all__ = ["NEED_FIELDS", "PROVIDER_FIELDS", "Field", "read_needs", "read_providers"]

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


def read_needs(path: Path, words: Words) -> list[Need]:
    """Read needs, in the order of the file.

    Raises
    ------
    ColumnMissingError, NumberError, PairTwiceError
        If the table is not as it must be.
    """
    return [
        Need(
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
        for row in _rows(path, NEED_FIELDS)
    ]


def read_providers(path: Path, words: Words) -> list[Provider]:
    """Read providers, in the order of the file; errors as for ``read_needs``."""
    return [
        Provider(
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
        for row in _rows(path, PROVIDER_FIELDS)
    ]


def _rows(path: Path, fields: tuple[Field, ...]) -> list[dict[str, Any]]:
    frame = read_register(path)
    heads = {_head(name): name for name in reversed(frame.columns)}
    columns: dict[str, list[Any]] = {}
    for field in fields:
        named = next((heads[s] for s in sorted(field.spellings) if s in heads), None)
        named = heads.get(_head(field.name), named)
        if named is None and field.required:
            needed = ", ".join(f"{f.name}（{f.label.zh}）" for f in fields if f.required)
            raise ColumnMissingError(file=path.name, column=field.name, columns=needed)
        cells = [""] * frame.height
        if named is not None:
            cells = [str(cell).strip() for cell in frame[named].cast(pl.String).fill_null("")]
        columns[field.name] = _read(path, field, named or field.name, cells)
    ids, seen = columns[fields[0].name], set[str]()
    for at, key in enumerate(ids):
        if key in seen:
            raise PairTwiceError(file=path.name, row=at + FIRST_ROW, what=key)
        seen.add(key)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _read(path: Path, field: Field, named: str, cells: list[str]) -> list[Any]:
    if field.required:
        _refuse(path, named, cells, [not cell for cell in cells], EMPTY)
    if field.kind == "text":
        return list(cells)
    if field.kind == "list":
        return [[p.strip() for p in SEPARATORS.split(cell) if p.strip()] for cell in cells]
    read = read_number if field.kind == "number" else read_money
    values: list[Decimal | None] = [read(cell) if cell else None for cell in cells]
    wrong = [bool(cell) and value is None for cell, value in zip(cells, values, strict=True)]
    _refuse(path, named, cells, wrong, NOT_NUMBER if field.kind == "number" else NOT_MONEY)
    below = [value is not None and value < 0 for value in values]
    _refuse(path, named, cells, below, NEGATIVE)
    return list(values)


def _refuse(path: Path, column: str, cells: list[str], wrong: list[bool], reason: Text) -> None:
    if any(wrong):
        at = wrong.index(True)
        raise NumberError(
            file=path.name,
            row=at + FIRST_ROW,
            column=column,
            value=cells[at],
            reason=reason,
            count=sum(wrong),
        )


def _head(name: str) -> str:
    return half_width(name).casefold()
