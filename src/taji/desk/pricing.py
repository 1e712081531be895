"""Make a city's price book of measures from a table of its projects.

Decides which rows of the table count, what is written, and how a pack is written so that the
other commands take it by its path. When a cell gives way, ``taji.plan.price_book`` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from taji.base.errors import TajiError
from taji.base.numerals import read_money
from taji.base.text import Language, Text
from taji.catalogue.load import measures as load_measures
from taji.catalogue.measure import Measures
from taji.desk.files import keep_inputs, read_register, whole, write_table
from taji.desk.gathering import REFUSED_NAME
from taji.plan.price_book import CELL_MIN, price_book

__all__ = ["Priced", "ProjectColumnsError", "make_price_book"]

PACK, CELLS_FILE = "measures.yaml", "cells.csv"
#: Columns of the table of projects, and other heads by which each is known.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "measure": ("measure", "措施"),
    "variant": ("variant", "做法"),
    "size": ("size", "规模"),
    "cost": ("cost", "费用", "费用（元）"),
}
UNKNOWN = {
    "measure": Text(zh="措施包中没有此措施", en="the pack has no such measure"),
    "variant": Text(zh="此措施没有这种做法", en="the measure has no such way"),
    "size": Text(zh="措施包没有此规模的金额", en="the pack tells no amounts for this size"),
    "cost": Text(zh="应为大于0的金额（元）", en="should be an amount over 0, in yuan"),
}


class ProjectColumnsError(TajiError):
    """The table of projects lacks a column."""

    code = "desk.project_columns"
    sentences = {
        "en": "{file} has no column {column!r}. A table of projects has the columns measure, "
        "variant, size and cost (yuan paid once).",
        "zh": "{file} 缺少列 {column!r}。项目表须有 measure（措施）、variant（做法）、size（规模）、"
        "cost（一次性费用，元）四列。",
    }


@dataclass(frozen=True, slots=True)
class Priced:
    """What was made of a table of projects.

    Attributes
    ----------
    pack, cells : Path
    tally : str
        ``read N, accepted A, refused R``, in rows.
    accepted : int
    sentence : Text
    """

    pack: Path
    cells: Path
    tally: str
    accepted: int
    sentence: Text


def make_price_book(
    projects: Path, *, measures: str, out: Path, language: Language = "zh"
) -> Priced:
    """Write a pack of measures with a city's own costs, and the table of its cells.

    Parameters
    ----------
    projects : Path
        Table with the columns ``measure, variant, size, cost``; one row a project.
    measures : str
        Id or path of the pack whose assumptions give way.
    out : Path
        Folder for ``measures.yaml``, ``cells.csv`` and, where rows were refused, ``refused.csv``.
    language : {"zh", "en"}
        Of the reasons.

    Raises
    ------
    TajiError
        If the table cannot be read or lacks a column, or there is no such pack.
    """
    pack = load_measures(measures)
    folder = [out / name for name in (PACK, CELLS_FILE, REFUSED_NAME)]
    keep_inputs([projects], folder)
    table = _columns(read_register(projects), projects)
    good, refused = _taken(table, pack, projects, language)
    book = price_book(pack, good, source=projects.name)
    out.mkdir(parents=True, exist_ok=True)
    _write_refused(refused, out / REFUSED_NAME)
    with whole(out / PACK) as unfinished:
        text = yaml.safe_dump(_plain(book.measures), allow_unicode=True, sort_keys=False, width=120)
        unfinished.write_text(text, encoding="utf-8")
    write_table(book.cells, out / CELLS_FILE)
    changed = int(book.cells.get_column("replaced").sum())
    small = book.cells.filter((pl.col("n") > 0) & ~pl.col("replaced")).height
    total = book.cells.height
    return Priced(
        out / PACK,
        out / CELLS_FILE,
        f"read {table.height}, accepted {good.height}, refused {table.height - good.height}",
        good.height,
        Text(
            zh=f"共 {total} 个格（措施×做法×规模）：{changed} 格改用本市项目的分位数；"
            f"{small} 格项目不足 {CELL_MIN} 个，仍用规划假设；其余没有项目。措施包：{out / PACK}",
            en=f"Of {total} cells (measure, way, size) {changed} now rest on quantiles of the "
            f"city's projects; {small} have fewer than {CELL_MIN} projects and keep the planning "
            f"assumption; the rest have none. The pack: {out / PACK}",
        ),
    )


def _columns(table: pl.DataFrame, file: Path) -> pl.DataFrame:
    found = {}
    for name, heads in COLUMNS.items():
        head = next((head for head in heads if head in table.columns), None)
        if head is None:
            raise ProjectColumnsError(file=file.name, column=name)
        found[name] = pl.col(head).cast(pl.String).str.strip_chars().alias(name)
    return table.select(**found)


def _taken(
    table: pl.DataFrame, pack: Measures, file: Path, language: Language
) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    """Return the rows that count, and the first fault of every other."""
    good, refused, known = [], [], pack.by_id
    for place, row in enumerate(table.iter_rows(named=True), start=2):
        amount = read_money(row["cost"] or "")
        measure = known.get(row["measure"] or "")
        variants = {variant.id for variant in measure.variants} if measure else set()
        faults = {
            "measure": measure is None,
            "variant": row["variant"] not in variants,
            "size": row["size"] not in pack.sizes,
            "cost": amount is None or amount <= 0,
        }
        wrong = next((column for column, fault in faults.items() if fault), None)
        if wrong is None and amount is not None:
            good.append({**row, "cost": float(amount)})
        elif wrong is not None:
            refused.append(
                {"file": file.name, "sheet": None, "row": place, "column": wrong}
                | {"value": row[wrong], "reason": UNKNOWN[wrong][language]}
            )
    schema = {"measure": pl.String, "variant": pl.String, "size": pl.String, "cost": pl.Float64}
    return pl.DataFrame(good, schema=schema), refused


def _write_refused(refused: list[dict[str, object]], path: Path) -> None:
    if not refused:
        path.unlink(missing_ok=True)
        return
    with whole(path) as unfinished:
        pl.DataFrame(refused).write_csv(unfinished)


def _plain(pack: Measures) -> Any:
    """Return a pack as YAML says it: short, exact, without what says nothing."""
    return _said(pack.model_dump(by_alias=True, exclude_defaults=True))


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"low", "mid", "high"}:
            return [value["low"], value["mid"], value["high"]]
        return {key: _said(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_said(part) for part in value]
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else _decimal(value)
    return value


def _decimal(value: Fraction) -> float | str:
    """Return a number whose digits, once read back, are the same number."""
    short = float(value)
    return short if Fraction(repr(short)) == value else str(value)
