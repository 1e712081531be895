"""From one published number back to the rows behind it.

Reads a folder that ``portray`` wrote: its figures, and for one of them the firms that it rests on with
what each of them answered or scored. The rows are read by the same steps as those that were
estimated from. Estimates nothing; that the number comes out again is ``taji.desk.verifying``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from taji.base.errors import TajiError
from taji.base.identifiers import KEY
from taji.desk.request import PortraitRequest
from taji.desk.rounds import answered, joined
from taji.desk.steps import SILENT
from taji.store.manifest import Manifest

__all__ = [
    "BEHIND",
    "ESTIMATES",
    "LINE",
    "NotTraceableError",
    "figures_of",
    "rows_behind",
    "rows_of",
]

ESTIMATES = "estimates.csv"
SCORES = "scores.parquet"
#: Number of a figure: its line in ``estimates.csv``, the first under the head being 1.
LINE = "line"
#: What identifies a figure.
KEYS = ("question", "option", "statistic", "by", "group")
#: Columns of the rows behind a number; ``counts`` says whether the firm is in the share.
BEHIND = pl.Schema(
    {"enterprise": pl.String, "value": pl.String, "counts": pl.Boolean, "weight": pl.Float64}
)


class NotTraceableError(TajiError):
    """The rows behind a number are not to be found."""

    code = "desk.not_traceable"
    sentences = {
        "en": "The rows behind {question} cannot be told: {missing} is neither among the answers nor "
        "among the scores of {folder}. Verify the folder with `taji verify`.",
        "zh": "无法找到 {question} 背后的数据：{folder} 的答卷和得分中都没有 {missing}。"
        "请用 `taji verify` 复验该文件夹。",
    }


def figures_of(folder: Path) -> pl.DataFrame:
    """Return the figures of a portrait that may be shown, each with its ``line``."""
    table = pl.read_csv(folder / ESTIMATES, infer_schema_length=None)
    return (
        table.with_row_index(LINE, offset=1)
        .filter(~pl.col("suppressed"))
        .with_columns(pl.col(KEYS).cast(pl.String).fill_null(""))
    )


def rows_of(folder: Path) -> pl.DataFrame:
    """Read the rows of a portrait again, as they were estimated from.

    Returns
    -------
    DataFrame
        Canonical answers with the register's columns and the design.

    Raises
    ------
    TajiError
        If the folder or its inputs cannot be read.
    """
    manifest = Manifest.read(folder)
    files = {name: folder / record.path for name, record in manifest.inputs.items()}
    request = PortraitRequest.from_arguments(manifest.arguments, files)
    return joined(answered(request, steps=SILENT)).answers


def rows_behind(folder: Path, rows: pl.DataFrame, figure: Mapping[str, object]) -> pl.DataFrame:
    """Return the firms that a figure rests on.

    Parameters
    ----------
    folder : Path
    rows : DataFrame
        Of ``rows_of``.
    figure : mapping
        A row of ``figures_of``.

    Returns
    -------
    DataFrame
        ``BEHIND``, by key: firms of the figure's group that answered, or that have the score;
        weights as designed, before any calibration. [firms]

    Raises
    ------
    NotTraceableError
        If neither the answers nor the scores have what the figure is of.
    """
    question, option, by = (str(figure[name]) for name in ("question", "option", "by"))
    if by:
        if by not in rows.columns:
            raise NotTraceableError(question=question, missing=by, folder=folder.name)
        rows = rows.filter(pl.col(by).cast(pl.String) == str(figure["group"]))
    model, _, node = question.rpartition(":")
    if question in rows.columns:
        value = pl.col(question).cast(pl.String)
    elif f"{question}/{option}" in rows.columns:
        value = pl.col(f"{question}/{option}").cast(pl.String)
        option = "true"
    elif model:
        rows = rows.join(_scores(folder, model, node), on=KEY, how="inner")
        value = pl.col("/level" if option else "/score").cast(pl.String)
    else:
        raise NotTraceableError(question=question, missing=question, folder=folder.name)
    weight = pl.col("weight").cast(pl.Float64) if "weight" in rows.columns else pl.lit(None)
    counts = (value == option) if option else value.is_not_null()
    return (
        rows.select(KEY, value=value, counts=counts, weight=weight.cast(pl.Float64))
        .filter(pl.col("value").is_not_null())
        .sort(KEY)
    )


def _scores(folder: Path, model: str, node: str) -> pl.DataFrame:
    """Score and level of every firm at one node."""
    path = next((p for p in (folder / SCORES, folder / "zh" / SCORES) if p.is_file()), None)
    if path is None:
        raise NotTraceableError(question=f"{model}:{node}", missing=SCORES, folder=folder.name)
    scores = pl.read_parquet(path).filter(model=model, node=node)
    return scores.select(KEY, pl.col("score").alias("/score"), pl.col("level").alias("/level"))
