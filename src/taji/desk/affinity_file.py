"""The table of who may judge what, every cell that cannot be used told by file, row and column.

Decides what the columns are called, what a conflict looks like, and whose organisation and
speciality a row tells: the reviewer's. Only pairs that stand in the table may be chosen. How
panels are chosen is ``taji.match.panel``'s.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from taji.base.arrays import FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.text import Text
from taji.desk.bad_cells import LISTED, BadCell
from taji.match.panel_call import NONE, Call
from taji.store.tables import RawTable, read_table

__all__ = [
    "Affinities",
    "AffinityCellError",
    "AffinityColumnError",
    "AffinityOrganisationError",
    "AffinityTwiceError",
    "NoPairError",
    "read_affinities",
]

#: Names of the columns; those in Chinese and English mean the same. Other columns are not read.
NAMES = {
    "application": ("application", "项目", "申报", "申报项目"),
    "reviewer": ("reviewer", "评委", "专家", "评审人"),
    "affinity": ("affinity", "匹配度", "契合度"),
    "conflict": ("conflict", "回避", "利益冲突"),
    "organisation": ("organisation", "organization", "单位", "工作单位"),
    "speciality": ("speciality", "specialty", "专业", "专长"),
    "requires": ("requires", "必备专业"),
}
NEEDED = ("application", "reviewer", "affinity", "conflict")
YES = ("1", "true", "yes", "y", "t", "是", "有", "回避", "需回避", "1.0")
NO = ("0", "false", "no", "n", "f", "否", "无", "不回避", "无需回避", "0.0")
#: Between several specialities of a cell.
BETWEEN = r"[|;；、]"

MISSING = Text(zh="缺少列 {column}", en="the column {column} is missing")
TWICE = Text(zh="列 {column} 出现两次", en="the column {column} stands twice")
EMPTY = Text(zh="为空", en="is empty")
NUMBER = Text(zh="不是数字", en="is not a number")
FLAG = Text(zh="不是 0/1、是/否", en="is neither 0/1 nor yes/no")


class AffinityColumnError(TajiError):
    """The columns of the file are not those of a table of affinities."""

    code = "panel.affinity_column"
    sentences = {
        "en": "{file}: {problem}. Needed are application, reviewer, affinity and conflict (0 or 1); "
        "organisation, speciality and requires may be added. Rename or add the column.",
        "zh": "{file}：{problem}。须有 application（申报）、reviewer（评审人）、affinity（匹配度）、"
        "conflict（回避，0 或 1）四列，可另加 organisation（单位）、speciality（专业）、"
        "requires（必备专业）。请改名或补上该列。",
    }


class AffinityCellError(TajiError):
    """A cell of the table cannot be used."""

    code = "panel.affinity_cell"
    sentences = {
        "en": "{file}, row {row}, column {column}: {value!r} {problem}; {count} cells are such. Correct "
        "them; a pair that may not be chosen has conflict 1, or no row at all.",
        "zh": "{file} 第 {row} 行 {column} 列：“{value}”{problem}，这样的单元格共 {count} 个。"
        "请改正；不可分派的组合，conflict 填 1，或不列该行。",
    }


class AffinityTwiceError(TajiError):
    """One pair stands in two rows."""

    code = "panel.affinity_twice"
    sentences = {
        "en": "{file}, row {row}: {application} and {reviewer} stood in row {earlier} already; {count} "
        "rows are such. Keep one row of each pair.",
        "zh": "{file} 第 {row} 行：{application} 与 {reviewer} 在第 {earlier} 行已出现，这样的行共 "
        "{count} 行。每对组合请只留一行。",
    }


class AffinityOrganisationError(TajiError):
    """One reviewer is said to belong to two organisations."""

    code = "panel.affinity_organisation"
    sentences = {
        "en": "{file}: reviewer {reviewer} has the organisations {organisations}. The column "
        "organisation is the reviewer's and is the same in all of his rows; correct it.",
        "zh": "{file}：评审人 {reviewer} 的单位有 {organisations}。organisation 列是评审人的单位，"
        "其各行须一致；请改正。",
    }


class NoPairError(TajiError):
    """The file holds no pair that may be chosen."""

    code = "panel.no_pair"
    sentences = {
        "en": "{file} holds no pair without conflict. Give one row for each application and reviewer "
        "who may judge it.",
        "zh": "{file} 中没有无回避的组合。请为每份申报及每位可评它的评审人各写一行。",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Affinities:
    """The table with names as numbers; applications and reviewers are sorted by name.

    Attributes
    ----------
    applications, reviewers : tuple of str
        Names, by number; those with conflicts only are among them.
    application, reviewer : IntArray, shape (n_pair,)
        The pairs without conflict, sorted.
    affinity : FloatArray, shape (n_pair,)
        [points of the table]
    organisation : IntArray, shape (reviewers,)
        Number of the organisation; ``NONE`` where the table names none.
    wants : tuple of (application, speciality)
        What applications require.
    bringing : tuple of IntArray
        For each of ``wants`` the pairs that bring it.
    conflicts : int
        Rows in conflict. [rows]
    """

    applications: tuple[str, ...]
    reviewers: tuple[str, ...]
    application: IntArray
    reviewer: IntArray
    affinity: FloatArray
    organisation: IntArray
    wants: tuple[tuple[str, str], ...]
    bringing: tuple[IntArray, ...]
    conflicts: int

    def call(self, *, per_application: int, most_load: int, least_load: int) -> Call:
        """Put the table under rules."""
        return Call(
            applications=len(self.applications),
            reviewers=len(self.reviewers),
            application=self.application,
            reviewer=self.reviewer,
            affinity=self.affinity,
            per_application=per_application,
            most_load=most_load,
            least_load=least_load,
            organisation=self.organisation,
            wants=self.bringing,
        )


def read_affinities(path: Path) -> Affinities:
    """Read the table of who may judge what.

    Parameters
    ----------
    path : Path
        CSV, XLSX, Parquet or SAV: a row for each pair, columns as in ``NAMES``.

    Raises
    ------
    AffinityColumnError, AffinityCellError, AffinityTwiceError, AffinityOrganisationError, NoPairError
    """
    frame = _flagged(_named(read_table(path, recognise=_known), path.name), path.name)
    _refuse_twice(frame, path.name)
    applications = frame["application"].unique().sort()
    reviewers = frame["reviewer"].unique().sort()
    free = frame.filter(~pl.col("barred"))
    if free.is_empty():
        raise NoPairError(file=path.name)
    free = (
        free.with_columns(
            a=pl.col("application").replace_strict(applications, np.arange(len(applications))),
            r=pl.col("reviewer").replace_strict(reviewers, np.arange(len(reviewers))),
        )
        .sort("a", "r")
        .with_columns(pair=pl.int_range(pl.len()))
    )
    wants, bringing = _wants(frame, free)
    return Affinities(
        applications=tuple(applications.to_list()),
        reviewers=tuple(reviewers.to_list()),
        application=free["a"].cast(pl.Int64).to_numpy(),
        reviewer=free["r"].cast(pl.Int64).to_numpy(),
        affinity=free["points"].to_numpy(),
        organisation=_organisations(frame, reviewers, path.name),
        wants=wants,
        bringing=bringing,
        conflicts=frame.height - free.height,
    )


def _known(headers: Sequence[str]) -> int:
    return sum(_name(header) is not None for header in headers)


def _name(header: str) -> str | None:
    folded = unicodedata.normalize("NFKC", header).strip().lower()
    return next((name for name, called in NAMES.items() if folded in called), None)


def _named(table: RawTable, file: str) -> pl.DataFrame:
    """Name the columns, every cell as text without blanks around it."""
    found = [_name(header) for header in table.source.headers]
    for place, name in enumerate(found):
        if name is not None and name in found[:place]:
            _refuse_column(file, TWICE, name)
    for name in NEEDED:
        if name not in found:
            _refuse_column(file, MISSING, name)
    return table.frame.select(
        "row",
        *(
            pl.col(str(place)).cast(pl.String).fill_null("").str.strip_chars().alias(name)
            for place, name in enumerate(found)
            if name is not None
        ),
    )


def _refuse_column(file: str, problem: Text, column: str) -> None:
    said = Text(zh=problem.zh.format(column=column), en=problem.en.format(column=column))
    raise AffinityColumnError(file=file, problem=said, column=column)


def _flagged(frame: pl.DataFrame, file: str) -> pl.DataFrame:
    """Read conflicts and affinities; refuse cells that are neither."""
    flag = pl.col("conflict").str.normalize("NFKC").str.to_lowercase()
    frame = frame.with_columns(
        barred=pl.when(flag.is_in(YES)).then(True).when(flag.is_in(NO)).then(False),
        points=pl.col("affinity").str.normalize("NFKC").cast(pl.Float64, strict=False),
    )
    for column, wrong, problem in (
        ("application", pl.col("application") == "", EMPTY),
        ("reviewer", pl.col("reviewer") == "", EMPTY),
        ("conflict", pl.col("barred").is_null(), FLAG),
        (
            "affinity",
            ~pl.col("barred") & ~pl.col("points").is_finite().fill_null(False),
            NUMBER,
        ),
    ):
        bad = frame.filter(wrong)
        if bad.height:
            row = bad.row(0, named=True)
            raise AffinityCellError(
                file=file,
                row=row["row"],
                column=column,
                value=row[column],
                problem=problem,
                count=bad.height,
                cells=tuple(
                    BadCell(file, at, column, value, problem)
                    for at, value in bad.select("row", column).head(LISTED).iter_rows()
                ),
            )
    return frame


def _refuse_twice(frame: pl.DataFrame, file: str) -> None:
    keys = ["application", "reviewer"]
    again = frame.filter(~pl.struct(keys).is_first_distinct())
    if again.height:
        row = again.row(0, named=True)
        first = frame.filter(
            pl.all_horizontal(pl.col(key) == row[key] for key in keys),
        )
        raise AffinityTwiceError(
            file=file, row=row["row"], earlier=first["row"][0], count=again.height,
            application=row["application"], reviewer=row["reviewer"],
        )  # fmt: skip


def _organisations(frame: pl.DataFrame, reviewers: pl.Series, file: str) -> IntArray:
    if "organisation" not in frame.columns:
        return np.full(len(reviewers), NONE, dtype=np.int64)
    told = frame.filter(pl.col("organisation") != "").select("reviewer", "organisation").unique()
    several = told.filter(pl.col("reviewer").is_duplicated()).sort("reviewer", "organisation")
    if several.height:
        reviewer = several["reviewer"][0]
        names = several.filter(pl.col("reviewer") == reviewer)["organisation"]
        raise AffinityOrganisationError(
            file=file, reviewer=reviewer, organisations=", ".join(names)
        )
    bodies = {name: at for at, name in enumerate(sorted(set(told["organisation"])))}
    of = dict(zip(told["reviewer"], told["organisation"], strict=True))
    return np.array(
        [bodies[of[name]] if name in of else NONE for name in reviewers], dtype=np.int64
    )


def _wants(
    frame: pl.DataFrame, free: pl.DataFrame
) -> tuple[tuple[tuple[str, str], ...], tuple[IntArray, ...]]:
    """Say which speciality each application requires, and which pairs would bring it."""
    if "requires" not in frame.columns:
        return (), ()
    wanted = _split(frame, "application", "requires").sort("application", "requires")
    if "speciality" in frame.columns:
        can = _split(frame, "reviewer", "speciality")
        bring = free.select("pair", "application", "reviewer").join(can, on="reviewer")
    else:
        bring = free.select("pair", "application", speciality=pl.lit("")).clear()
    pairs = wanted.join(
        bring.rename({"speciality": "requires"}), on=["application", "requires"], how="left"
    )
    of = {
        (str(key[0]), str(key[1])): np.sort(part["pair"].drop_nulls().cast(pl.Int64).to_numpy())
        for key, part in pairs.group_by("application", "requires")
    }
    names = tuple((row[0], row[1]) for row in wanted.iter_rows())
    return names, tuple(of[name] for name in names)


def _split(frame: pl.DataFrame, key: str, column: str) -> pl.DataFrame:
    one = pl.col(column).str.replace_all(BETWEEN, "|").str.split("|")
    cells = frame.select(key, column).unique().with_columns(one).explode(column)
    return (
        cells.with_columns(pl.col(column).str.strip_chars()).filter(pl.col(column) != "").unique()
    )
