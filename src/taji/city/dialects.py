"""Write answers the way survey tools export them.

Turns the canonical answers of a round into the tables that Kobo/ODK, LimeSurvey and
Wenjuanxing would give: the same answers, three ways to head and fill the cells. Decides the
shape of the tables; the files are written in ``taji.city.demo``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

import polars as pl

from taji.catalogue.load import register
from taji.catalogue.questionnaire import Item, Questionnaire
from taji.city.chance import below

__all__ = ["KEY_LABEL", "kobo", "limesurvey", "submitted", "wenjuanxing"]

#: The key as a question of a Chinese form.
KEY_LABEL = "统一社会信用代码"

#: What Wenjuanxing writes where nothing was answered.
WENJUANXING_BLANK = "(空)"

#: Office hours in which firms send their answers. [minutes after midnight]
OPENS, CLOSES = 8 * 60 + 30, 17 * 60 + 30

Column = tuple[str, list[str]]


def kobo(
    answers: pl.DataFrame, questionnaires: Sequence[Questionnaire], sent: Sequence[datetime]
) -> pl.DataFrame:
    """Return a Kobo/ODK export: ``group/question``, option ids, ticks as 0 and 1.

    Parameters
    ----------
    answers : DataFrame, shape (n_enterprise, ...)
        Canonical answers, then the columns of the design.
    questionnaires : sequence of Questionnaire
        Whose items the answers hold, in order.
    sent : sequence of datetime, shape (n_enterprise,)
        When each was submitted.

    Returns
    -------
    DataFrame, shape (n_enterprise, n_column)
        All text.
    """
    columns: list[Column] = [
        (
            "start",
            [f"{moment - timedelta(minutes=25):%Y-%m-%dT%H:%M:%S.000+08:00}" for moment in sent],
        ),
        ("end", [f"{moment:%Y-%m-%dT%H:%M:%S.000+08:00}" for moment in sent]),
        ("enterprise", answers["enterprise"].to_list()),
    ]
    for pack in questionnaires:
        for section in pack.sections:
            for question in section.questions:
                for item in pack.items_of(question.id):
                    columns += _kobo_item(answers, item, section.id)
    columns.append(("_id", _numbered(answers)))
    columns.append(("_submission_time", [f"{moment:%Y-%m-%dT%H:%M:%S}" for moment in sent]))
    return _table(columns, answers, questionnaires)


def limesurvey(
    answers: pl.DataFrame, questionnaires: Sequence[Questionnaire], sent: Sequence[datetime]
) -> pl.DataFrame:
    """Return a LimeSurvey export: question codes, ``q4[hr]`` with Y for a tick, else empty.

    Parameters and result as for ``kobo``.
    """
    columns: list[Column] = [
        ("id", _numbered(answers)),
        ("submitdate", [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in sent]),
        ("startlanguage", ["zh-Hans"] * len(sent)),
        ("enterprise", answers["enterprise"].to_list()),
    ]
    for item in _items(questionnaires):
        if item.kind == "multi":
            for option, name in zip(item.option_ids, item.columns, strict=True):
                ticks = ["Y" if tick else "" for tick in answers[name].to_list()]
                columns.append((f"{item.id}[{option}]", ticks))
        else:
            columns.append((item.id, _cells(answers, item, _id)))
    return _table(columns, answers, questionnaires)


def wenjuanxing(
    answers: pl.DataFrame, questionnaires: Sequence[Questionnaire], sent: Sequence[datetime]
) -> pl.DataFrame:
    """Return a Wenjuanxing export: numbered Chinese questions, labels, ticks joined by ``┋``.

    Parameters and result as for ``kobo``.
    """
    columns: list[Column] = [
        ("序号", _numbered(answers)),
        ("提交答卷时间", [f"{m.year}/{m.month}/{m.day} {m:%H:%M:%S}" for m in sent]),
        ("来源", ["链接"] * len(sent)),
        (f"1、{KEY_LABEL}", answers["enterprise"].to_list()),
    ]
    for number, item in enumerate(_items(questionnaires), start=2):
        cells = [cell or WENJUANXING_BLANK for cell in _wenjuanxing_cells(answers, item)]
        columns.append((f"{number}、{item.label.zh}", cells))
    return _table(columns, answers, questionnaires)


def submitted(keys: Sequence[str], *, seed: int, begins: date, days: int) -> list[datetime]:
    """Return when each firm sent its answers: a working hour of the window."""
    day = below(seed, "sent/day", keys, days)
    minute = below(seed, "sent/minute", keys, CLOSES - OPENS)
    midnight = datetime.combine(begins, time())
    return [
        midnight + timedelta(days=int(d), minutes=OPENS + int(m))
        for d, m in zip(day, minute, strict=True)
    ]


def _items(questionnaires: Sequence[Questionnaire]) -> Iterator[Item]:
    for pack in questionnaires:
        yield from pack.items.values()


def _numbered(answers: pl.DataFrame) -> list[str]:
    return [str(number) for number in range(1, answers.height + 1)]


def _kobo_item(answers: pl.DataFrame, item: Item, group: str) -> Iterator[Column]:
    if item.kind != "multi":
        yield f"{group}/{item.id}", _cells(answers, item, _id)
        return
    for name in item.columns:
        ticks = answers[name].to_list()
        yield f"{group}/{name}", ["" if tick is None else str(int(tick)) for tick in ticks]


def _wenjuanxing_cells(answers: pl.DataFrame, item: Item) -> list[str]:
    if item.kind != "multi":
        return _cells(answers, item, _label)
    labels = [option.label.zh for option in item.question.options]
    rows = answers.select(item.columns).iter_rows()
    return [
        "┋".join(label for label, tick in zip(labels, row, strict=True) if tick) for row in rows
    ]


def _cells(
    answers: pl.DataFrame, item: Item, write: Callable[[Item], Callable[[str], str]]
) -> list[str]:
    """Write a column of answers: options as ``write`` says, amounts in the form's unit."""
    values = answers[item.id].to_list()
    if item.kind in ("single", "code"):
        name = write(item)
        return ["" if value is None else name(value) for value in values]
    per = item.question.per
    return ["" if value is None else _plain(value / per) for value in values]


def _plain(number: float) -> str:
    """Write a number with all its digits, and a whole one without a point."""
    return str(int(number)) if number == int(number) else repr(float(number))


def _id(_: Item) -> Callable[[str], str]:
    return str


def _label(item: Item) -> Callable[[str], str]:
    if item.question.register_ is not None:
        entries = register(item.question.register_).by_code
        return lambda code: entries[code].label.zh
    labels = {option.id: option.label.zh for option in item.question.options}
    return labels.__getitem__


def _table(
    columns: list[Column], answers: pl.DataFrame, questionnaires: Sequence[Questionnaire]
) -> pl.DataFrame:
    """Add the columns that are no answers (the design's), and the mark of invention."""
    answered = {name for item in _items(questionnaires) for name in item.columns}
    rest = [name for name in answers.columns if name not in answered and name != "enterprise"]
    for name in rest:
        column = answers[name]
        numbers = column.dtype.is_float()
        texts = map(_plain, column) if numbers else map(str, column)
        columns.append((name, list(texts)))
    columns.append(("invented", ["1"] * answers.height))
    return pl.DataFrame({name: pl.Series(cells, dtype=pl.String) for name, cells in columns})
