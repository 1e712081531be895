"""The scores of a panel from a file, every cell that cannot be used told by file, row and column.

Decides what the columns are called and what a score looks like. What the scores say is
``taji.assess.severity``'s.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from taji.assess.ratings import Ratings
from taji.base.errors import TajiError
from taji.base.text import Text
from taji.desk.bad_cells import LISTED, BadCell
from taji.store.tables import RawTable, read_table

__all__ = [
    "NoRatingsError",
    "RatingsColumnError",
    "RatingsKeyError",
    "RatingsScoreError",
    "RatingsTwiceError",
    "read_ratings",
]

#: Names of the columns; those in Chinese and English mean the same.
NAMES = {
    "application": ("application", "项目", "申报", "申报项目"),
    "reviewer": ("reviewer", "评委", "专家"),
    "criterion": ("criterion", "指标", "评分项"),
    "score": ("score", "分数", "评分", "得分"),
}
NEEDED = ("application", "reviewer", "score")

EMPTY = Text(zh="为空", en="is empty")
NUMBER = Text(zh="不是数字", en="is not a number")
MISSING = Text(zh="缺少列 {column}", en="the column {column} is missing")
UNKNOWN = Text(zh="不认识列 {column}", en="the column {column} is not known")
TWICE = Text(zh="列 {column} 出现两次", en="the column {column} stands twice")


class RatingsColumnError(TajiError):
    """The columns of the file are not those of a table of scores."""

    code = "panel.ratings_column"
    sentences = {
        "en": "{file}: {problem}. The columns are application, reviewer, score and, where scores are "
        "given by criterion, criterion. Rename or delete what is out of place.",
        "zh": "{file}：{problem}。应有的列为：application（项目）、reviewer（评委）、score（分数），"
        "按指标打分时再加 criterion（指标）。请改名或删除多余的列。",
    }


class RatingsKeyError(TajiError):
    """A row does not say who or what was scored."""

    code = "panel.ratings_key"
    sentences = {
        "en": "{file}, row {row}: the column {column} is empty, and so in {count} rows. Fill it in, or "
        "delete the row.",
        "zh": "{file} 第 {row} 行：列 {column} 为空，这样的行共 {count} 行。请补上，或删除该行。",
    }


class RatingsScoreError(TajiError):
    """A score is not a number."""

    code = "panel.ratings_score"
    sentences = {
        "en": "{file}, row {row}, column {column}: {value!r} is not a number; {count} scores are not. "
        "Write a number, or leave the cell empty where no score was given.",
        "zh": "{file} 第 {row} 行 {column} 列：“{value}”不是数字，这样的分数共 {count} 个。"
        "请写成数字；没有打分的，单元格留空。",
    }


class RatingsTwiceError(TajiError):
    """One reviewer scored one application twice."""

    code = "panel.ratings_twice"
    sentences = {
        "en": "{file}, row {row}: {reviewer} scored {application} already in row {earlier}; {count} rows "
        "are such. Keep one of them, or name the criteria in a column criterion.",
        "zh": "{file} 第 {row} 行：{reviewer} 在第 {earlier} 行已给 {application} 打过分，这样的行共 "
        "{count} 行。请只留一行，或用 criterion 列写明指标。",
    }


class NoRatingsError(TajiError):
    """The file holds no score."""

    code = "panel.no_ratings"
    sentences = {
        "en": "{file} holds no score. Give one row for each application, reviewer and criterion.",
        "zh": "{file} 中没有分数。请每个项目、评委、指标各写一行。",
    }


def read_ratings(path: Path) -> tuple[Ratings, int]:
    """Read the scores of a panel.

    Parameters
    ----------
    path : Path
        CSV, XLSX, Parquet, SAV with columns application, reviewer, score and, optionally, criterion.

    Returns
    -------
    tuple of Ratings and int
        The scores, and how many rows had none. [rows]

    Raises
    ------
    RatingsColumnError, RatingsKeyError, RatingsScoreError, RatingsTwiceError, NoRatingsError
    """
    table = read_table(path, recognise=_known)
    frame = _named(table, path.name)
    if "criterion" in frame.columns and (frame["criterion"] == "").all():
        frame = frame.drop("criterion")
    keys = [name for name in NAMES if name in frame.columns and name != "score"]
    _refuse_empty(frame, keys, path.name)
    given = frame.filter(pl.col("score") != "")
    scores = [_number(text) for text in given["score"]]
    _refuse_text(given, scores, path.name)
    _refuse_twice(given, keys, path.name)
    if not scores:
        raise NoRatingsError(file=path.name)
    criterion = given["criterion"].to_list() if "criterion" in keys else None
    ratings = Ratings.of(
        given["application"].to_list(),
        given["reviewer"].to_list(),
        [score for score in scores if score is not None],
        criterion,
    )
    return ratings, frame.height - given.height


def _known(headers: Sequence[str]) -> int:
    return sum(_name(header) is not None for header in headers)


def _name(header: str) -> str | None:
    folded = unicodedata.normalize("NFKC", header).strip().lower()
    return next((name for name, called in NAMES.items() if folded in called), None)


def _named(table: RawTable, file: str) -> pl.DataFrame:
    """Name the columns, every cell as text without blanks around it."""
    headers = table.source.headers
    found = [_name(header) for header in headers]
    for place, name in enumerate(found):
        if name is None:
            _refuse_column(file, UNKNOWN, headers[place] or f"{place + 1}")
        if name in found[:place]:
            _refuse_column(file, TWICE, headers[place])
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
    raise RatingsColumnError(file=file, problem=said, column=column)


def _refuse_empty(frame: pl.DataFrame, keys: Sequence[str], file: str) -> None:
    for column in keys:
        empty = frame.filter(pl.col(column) == "")
        if empty.height:
            cells = tuple(BadCell(file, at, column, "", EMPTY) for at in empty["row"].head(LISTED))
            raise RatingsKeyError(
                file=file, row=empty["row"][0], column=column, count=empty.height, cells=cells
            )


def _number(text: str) -> float | None:
    """Read a number; full-width digits are digits."""
    try:
        value = float(unicodedata.normalize("NFKC", text))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _refuse_text(frame: pl.DataFrame, scores: Sequence[float | None], file: str) -> None:
    wrong = [place for place, score in enumerate(scores) if score is None]
    if wrong:
        row = frame.row(wrong[0], named=True)
        listed = frame.select("row", "score")[wrong[:LISTED]]
        raise RatingsScoreError(
            file=file,
            row=row["row"],
            column="score",
            value=row["score"],
            count=len(wrong),
            cells=tuple(BadCell(file, at, "score", v, NUMBER) for at, v in listed.iter_rows()),
        )


def _refuse_twice(frame: pl.DataFrame, keys: Sequence[str], file: str) -> None:
    again = frame.with_columns(earlier=pl.col("row").first().over(keys)).filter(
        pl.col("row") != pl.col("earlier")
    )
    if again.height:
        row = again.row(0, named=True)
        raise RatingsTwiceError(
            file=file,
            row=row["row"],
            reviewer=row["reviewer"],
            application=row["application"],
            earlier=row["earlier"],
            count=again.height,
        )
