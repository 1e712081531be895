"""Which breakdowns a portrait has, and what their groups are called.

A breakdown is a question with codes or options, or any column that the answers, the design or
the register bring.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.catalogue.load import register
from taji.catalogue.questionnaire import Item, Questionnaire
from taji.report.content import Domain

__all__ = ["UnknownBreakdownError", "breakdowns", "domains_of"]

#: More groups than this make no table that a person reads. [groups]
GROUPS_MAX = 60


class UnknownBreakdownError(TajiError):
    """``--by`` names something that the data cannot be broken down by."""

    code = "desk.breakdown"
    sentences = {
        "en": "--by {column}: {reason}. Columns that would do: {known}.",
        "zh": "--by {column}：{reason}。可用的列：{known}。",
    }


def breakdowns(
    answers: pl.DataFrame, asked: Questionnaire, wanted: Sequence[str] | None
) -> tuple[str, ...]:
    """Return the columns to break the city down by.

    Parameters
    ----------
    answers : DataFrame
        Answers joined with the register.
    asked : Questionnaire
    wanted : sequence of str, optional
        As a person named them; None: the questionnaire's own that the answers have.

    Raises
    ------
    UnknownBreakdownError
        If a wanted column is not there, or has too many groups or none.
    """
    if wanted is None:
        return tuple(name for name in asked.domains if _groups(answers, name))
    for name in wanted:
        reason = _unfit(answers, name)
        if reason:
            known = [c for c in answers.columns if not _unfit(answers, c)]
            raise UnknownBreakdownError(column=name, reason=reason, known=", ".join(known[:20]))
    return tuple(dict.fromkeys(wanted))


def domains_of(
    answers: pl.DataFrame, asked: Questionnaire, by: Sequence[str]
) -> tuple[Domain, ...]:
    """Return the breakdowns with titles, and their groups in the order of the pack."""
    return tuple(_domain(answers, asked.items.get(name), name) for name in by)


def _domain(answers: pl.DataFrame, item: Item | None, name: str) -> Domain:
    groups = _groups(answers, name)
    labels = {} if item is None else _labels(item)
    known = {code: text for code, text in labels.items() if code in groups}
    unknown = {code: Text.same(code) for code in groups if code not in labels}
    title = Text.same(name) if item is None else item.question.short or item.label
    return Domain(by=name, title=title, groups={**known, **unknown})


def _labels(item: Item) -> dict[str, Text]:
    if item.question.register_ is not None:
        return {entry.code: entry.label for entry in register(item.question.register_).entries}
    return {option.id: option.label for option in item.question.options}


def _groups(answers: pl.DataFrame, name: str) -> list[str]:
    if name not in answers.columns:
        return []
    return sorted(answers[name].drop_nulls().cast(pl.String).unique().to_list())


def _unfit(answers: pl.DataFrame, name: str) -> Text | None:
    """Why a column makes no breakdown; None where it does."""
    if name not in answers.columns:
        return Text(zh="没有这一列", en="there is no such column")
    groups = len(_groups(answers, name))
    if groups == 0:
        return Text(zh="该列全空", en="the column is empty")
    if groups > GROUPS_MAX:
        return Text(
            zh=f"有 {groups} 组，最多 {GROUPS_MAX} 组",
            en=f"it has {groups} groups, the most is {GROUPS_MAX}",
        )
    return None
