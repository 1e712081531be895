"""The first things that a portrait says: its findings, from the published estimates alone.

Reads ``estimates.csv``, which has passed disclosure control, and writes each number as the report
does. Decides no number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from taji.base.text import Language, Text
from taji.catalogue.load import model as load_model
from taji.catalogue.load import questionnaire as load_questionnaire
from taji.report.estimates import Cell, Estimates
from taji.report.numbers import Scale, count, interval
from taji.web.publishing.files import ESTIMATES
from taji.web.publishing.models import Portrait

__all__ = ["KeyFinding", "Withheld", "findings_of", "withheld_of"]

PERCENT = Scale(kind="percent")
OF_FIRMS = Text(zh="企业{statement}", en="of firms {statement}")
MEAN = Text(
    zh="分：全市平均得分（{model}，满分 {most} 分）", en="points: mean score ({model}, of {most})"
)
LEVEL = Text(
    zh="企业的等级为“{level}”（{model}）", en='of firms have the level "{level}" ({model})'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFinding:
    """One finding in words; without a figure it is withheld.

    ``n`` is the number of answers used, ``base`` the number of firms that were asked.
    """

    figure: str
    sentence: str
    interval: str = ""
    confidence: str = ""
    n: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """How many estimates of one breakdown are published, and how many withheld."""

    by: str
    published: int
    withheld: int


def findings_of(portrait: Portrait, language: Language) -> tuple[KeyFinding, ...]:
    """Return the findings of a portrait that is made."""
    its = portrait.round
    return _findings(
        portrait.path, its.questionnaire, tuple(its.model_ids), its.profile or None, language
    )


@lru_cache(maxsize=64)
def _findings(
    folder: Path, asked: str, models: tuple[str, ...], profile: str | None, language: Language
) -> tuple[KeyFinding, ...]:
    """A portrait's folder never changes: its findings are read once a process."""
    frame = pl.read_csv(folder / ESTIMATES, infer_schema_length=None)
    city = frame.filter(pl.col("by").is_null())
    estimates = Estimates(city)
    confidence = float(city["confidence"].drop_nulls().first() or 0.95)
    level = f"{100 * confidence:g}" + ("%" if language == "zh" else "\u00a0%")
    found = [
        _said(cell, OF_FIRMS[language].format(statement=one.statement[language]), level, language)
        for one in load_questionnaire(asked).findings
        if (cell := estimates.cell(one.question, one.option)) is not None
    ]
    for name in models:
        found.extend(_of_model(estimates, name, profile, level, language))
    return tuple(found)


def _of_model(
    estimates: Estimates, name: str, profile: str | None, level: str, language: Language
) -> Iterator[KeyFinding]:
    one = load_model(name)
    if profile in {p.id for p in one.profiles}:
        one = load_model(name, profile=profile)
    title = one.title[language]
    mean = estimates.cell(f"{one.id}:total", statistic="mean")
    if mean is not None:
        most = float(one.by_id["total"].max)
        words = MEAN[language].format(model=title, most=f"{most:g}")
        yield _said(mean, words, level, language, Scale(kind="plain", span=most))
    for each in one.levels:
        cell = estimates.cell(f"{one.id}:total", each.id)
        if cell is not None:
            words = LEVEL[language].format(level=each.title[language], model=title)
            yield _said(cell, words, level, language)


def _said(
    cell: Cell, sentence: str, confidence: str, language: Language, scale: Scale = PERCENT
) -> KeyFinding:
    if cell.shown is None:
        return KeyFinding(figure="", sentence=sentence)
    estimate, low, high = cell.shown
    return KeyFinding(
        figure=scale.write(estimate, n=cell.n, language=language),
        sentence=sentence,
        interval=interval(low, high, scale, n=cell.n, language=language),
        confidence=confidence,
        n="" if cell.n is None else count(cell.n),
        base="" if cell.base is None else count(cell.base),
    )


def withheld_of(portrait: Portrait) -> tuple[tuple[Withheld, ...], pl.DataFrame]:
    """Return what disclosure control withholds: how many by breakdown, and their keys."""
    frame = pl.read_csv(portrait.path / ESTIMATES, infer_schema_length=None)
    summed = frame.group_by(pl.col("by").fill_null(""), maintain_order=True).agg(
        pl.col("suppressed").sum().alias("hidden"), pl.len().alias("all")
    )
    counts = tuple(
        Withheld(row["by"], row["all"] - row["hidden"], row["hidden"])
        for row in summed.iter_rows(named=True)
    )
    hidden = frame.filter("suppressed").select("question", "option", "statistic", "by", "group")
    return counts, hidden.with_columns(pl.all().fill_null(""))
