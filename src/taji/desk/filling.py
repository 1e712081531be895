"""Fill a form of an upper level from what firms answered once.

Puts every field together from answers, register and scores, and says of each empty cell why
it is empty. How a form is described is ``taji.catalogue.form``'s; how the workbook looks,
``taji.report.form_book``'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from taji.base.errors import TajiError
from taji.base.identifiers import KEY, KEY_ALIASES
from taji.base.text import Language, Text
from taji.catalogue.form import Form, FormField
from taji.catalogue.load import form as load_form
from taji.catalogue.load import form_reads, register
from taji.catalogue.model import Model
from taji.catalogue.questionnaire import Item, Questionnaire
from taji.desk.files import whole
from taji.report.form_book import FilledForm, Reason, write_form
from taji.survey.measures import asked_of

__all__ = ["FilledForm", "NoKeyError", "fill", "filled"]

#: Written where a question of ticks was answered with none of them.
NONE_TICKED = Text(zh="（一项未选）", en="(none ticked)")
JOIN: dict[Language, str] = {"zh": "、", "en": "; "}

Column = tuple[list[str | float | None], list[Reason | None]]


class NoKeyError(TajiError):
    """A table does not say which firm a row is of."""

    code = "desk.no_key"
    sentences = {
        "en": "The {table} to fill a form from has no column that names the firm (one of {names}).",
        "zh": "用于填表的{table}中没有标识企业的列（{names} 之一）。",
    }


def fill(
    form: str | Path,
    answers: pl.DataFrame,
    *,
    register: pl.DataFrame | None = None,
    scores: pl.DataFrame | None = None,
    out: Path | str,
    language: Language = "zh",
    simulated: bool = False,
) -> FilledForm:
    """Fill a form for every firm that answered, and write the workbook.

    Parameters
    ----------
    form : str or Path
        Id or path of a form; what it reads lies beside it or in this library.
    answers : DataFrame
        Canonical answers with ``enterprise``, a row a firm.
    register : DataFrame, optional
        The register; every cell may be text.
    scores : DataFrame, optional
        Tidy scores under the form's model.
    out : Path or str
        Workbook to write, whole or not at all.
    language : {"zh", "en"}
        Of labels and reasons.
    simulated : bool
        The firms are invented; every sheet says so.

    Returns
    -------
    FilledForm
        What was written, with ``counts`` of empty cells by reason.

    Raises
    ------
    TajiError
        If the form does not load, or a table does not name the firms.
    """
    asked, model = form_reads(form)
    found = filled(
        load_form(form),
        answers,
        asked=asked,
        model=model,
        register=register,
        scores=scores,
        language=language,
        simulated=simulated,
    )
    with whole(Path(out)) as unfinished:
        write_form(found, unfinished, language=language)
    return found


def filled(
    form: Form,
    answers: pl.DataFrame,
    *,
    asked: Questionnaire,
    model: Model | None = None,
    register: pl.DataFrame | None = None,
    scores: pl.DataFrame | None = None,
    language: Language = "zh",
    simulated: bool = False,
) -> FilledForm:
    """Return a form filled, as values: ``asked`` and ``model`` are what it reads.

    The other arguments are those of ``fill``.
    """
    firms = _keyed(answers, Text(zh="答卷", en="answers"))
    known = None
    if register is not None:
        keyed = _keyed(register, Text(zh="名录", en="register"))
        known = firms.select(KEY).join(
            keyed.unique(KEY, keep="first"), on=KEY, how="left", maintain_order="left"
        )
    columns = [
        _column(field, firms, asked, known, scores, model, language) for field in form.fields_
    ]
    return FilledForm(
        form=form,
        enterprises=tuple(firms[KEY].to_list()),
        values=tuple(tuple(values) for values, _ in columns),
        reasons=tuple(tuple(reasons) for _, reasons in columns),
        simulated=simulated,
    )


def _keyed(table: pl.DataFrame, name: Text) -> pl.DataFrame:
    """The table with its key under ``enterprise``, as text."""
    for alias in KEY_ALIASES:
        if alias in table.columns:
            return table.with_columns(pl.col(alias).cast(pl.String).alias(KEY))
    raise NoKeyError(table=name, names=" | ".join(KEY_ALIASES))


def _column(
    field: FormField,
    firms: pl.DataFrame,
    asked: Questionnaire,
    known: pl.DataFrame | None,
    scores: pl.DataFrame | None,
    model: Model | None,
    language: Language,
) -> Column:
    n = firms.height
    if field.not_asked is not None:
        return [None] * n, ["not_asked"] * n
    if field.evidence is not None:
        return [None] * n, ["evidence"] * n
    if field.answer is not None:
        return _answers(field, firms, asked, language)
    if field.score is not None:
        return _scores(field, firms, scores, model, language)
    return _registered(field, firms if known is None else known, known is not None, language)


def _answers(
    field: FormField, firms: pl.DataFrame, asked: Questionnaire, language: Language
) -> Column:
    item = asked.items[field.answer or ""]
    if not all(column in firms.columns for column in item.columns):
        return [None] * firms.height, ["not_answered"] * firms.height
    rule = asked_of(asked, item)
    put = [True] * firms.height
    if rule is not None and set(rule.meta.root_names()) <= set(firms.columns):
        put = firms.select(rule.alias("put")).to_series().fill_null(True).to_list()
    rows = firms.select(item.columns).rows()
    values = [_said(row, item, field, language) for row in rows]
    reasons: list[Reason | None] = [
        None if value is not None else "not_answered" if was_put else "skipped"
        for value, was_put in zip(values, put, strict=True)
    ]
    return values, reasons


def _said(
    row: Sequence[object], item: Item, field: FormField, language: Language
) -> str | float | None:
    words = {option.id: option.label[language] for option in item.question.options}
    words |= field.options or {}
    if item.kind == "multi":
        if all(cell is None for cell in row):
            return None
        ticked = [words[option] for option, cell in zip(item.option_ids, row, strict=True) if cell]
        return JOIN[language].join(ticked) or NONE_TICKED[language]
    cell = row[0]
    if isinstance(cell, int | float):
        return cell
    return None if cell is None else words.get(str(cell), str(cell))


def _scores(
    field: FormField,
    firms: pl.DataFrame,
    scores: pl.DataFrame | None,
    model: Model | None,
    language: Language,
) -> Column:
    if scores is None or model is None:
        return [None] * firms.height, ["not_scored"] * firms.height
    own = scores.filter(pl.col("model") == model.id, pl.col("node") == field.score)
    keyed = own.select(pl.col(KEY).cast(pl.String), pl.col(field.figure).alias("figure"))
    figures = firms.select(KEY).join(
        keyed.unique(KEY, keep="last"), on=KEY, how="left", maintain_order="left"
    )["figure"]
    titles = {level.id: level.title[language] for level in model.levels}
    named = titles if field.score == "total" else {}
    values = [named.get(figure, figure) for figure in figures.to_list()]
    return values, [None if value is not None else "not_scored" for value in values]


def _registered(
    field: FormField, table: pl.DataFrame, register_given: bool, language: Language
) -> Column:
    n = table.height
    name = next((column for column in field.register_ if column in table.columns), None)
    if name is None or (not register_given and name != KEY):
        return [None] * n, ["not_in_register"] * n
    values = list(_labels(field, table[name], language))
    return values, [None if value is not None else "not_in_register" for value in values]


def _labels(
    field: FormField, column: pl.Series, language: Language
) -> Iterator[str | float | None]:
    codes = None if field.codes is None else register(field.codes)
    for cell in column.to_list():
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            yield cell
            continue
        text = "" if cell is None else str(cell).strip()
        code = codes.find(text) if codes is not None and text else None
        if codes is not None and code is not None:
            text = f"{codes.by_code[code].label[language]}"
        yield text or None
