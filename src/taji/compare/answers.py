"""Turn mixed answers into points whose distances mean something.

Turns ticks, choices, rungs and shares into variables that run from 0 to 1 and into a matrix in
which every question weighs the same (Gower's idea [1]_: range-scaled, one distance over mixed
kinds). Decides how unlike two answers are; finds nothing in them
(``taji.compare.segments``).

References
----------
.. [1] J. C. Gower, "A general coefficient of similarity and some of its properties", *Biometrics*
   27(4), 1971, 857-871. doi:10.2307/2528823
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from taji.base.arrays import FloatArray
from taji.base.text import Text
from taji.catalogue.questionnaire import Item, Questionnaire

__all__ = ["Statement", "Variable", "encode", "statements", "variables_of"]

#: Kinds that make segments: what a firm does, not how large or where it is.
KINDS = ("single", "multi", "scale", "share")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Variable:
    """One answer of every firm.

    Attributes
    ----------
    question : str
        Item that it belongs to.
    value : FloatArray, shape (n_firm,)
        0 or 1 for a tick, 0 to 1 for a rung or a share, the option's number for a choice; NaN
        is not answered.
    labels : tuple of Text
        What the value says: one for a tick, one for each option of a choice, one for a high
        rung or share.
    options : int
        Number of options of a choice, 0 for other kinds.
    weight : float
        Squared distance between opposite answers; the variables of a question sum to 1.
    """

    question: str
    value: FloatArray
    labels: tuple[Text, ...]
    options: int = 0
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """Something that is true or false of every firm that answered.

    Attributes
    ----------
    text : Text
    holds : FloatArray, shape (n_firm,)
        1, 0 or NaN (not answered).
    """

    text: Text
    holds: FloatArray


def variables_of(
    questionnaire: Questionnaire, frame: pl.DataFrame, *, leave_out: Collection[str] = ()
) -> tuple[Variable, ...]:
    """Return the answers that can set kinds of firm apart.

    Parameters
    ----------
    questionnaire : Questionnaire
    frame : DataFrame
        Canonical answers; absent columns were answered by nobody.
    leave_out : collection of str
        Questions to leave out besides those that break the city down, codes, texts, dates,
        counts and amounts: kinds of firm are to come from what firms do, not from their size.

    Returns
    -------
    tuple of Variable
        Those on which firms differ.
    """
    out = {*questionnaire.domains, *leave_out}
    said = {(f.question, f.option): f.statement for f in questionnaire.findings}
    variables: list[Variable] = []
    for item in questionnaire.items.values():
        if item.kind in KINDS and item.question.id not in out:
            found = [v for v in _variables(item, frame, said) if _varies(v.value)]
            variables += [replace(v, weight=1.0 / len(found)) for v in found]
    return tuple(variables)


def encode(variables: Sequence[Variable], values: Sequence[FloatArray]) -> FloatArray:
    """Return firms as points; squared distances between them add up over questions.

    Parameters
    ----------
    variables : sequence of Variable
    values : sequence of FloatArray, shape (n_firm,)
        Values of the variables, their own or those of a reference.

    Returns
    -------
    FloatArray, shape (n_firm, n_column)
        Not answered is put at the mean of those who did: it says nothing.
    """
    blocks = []
    for variable, value in zip(variables, values, strict=True):
        block = value[:, None]
        if variable.options:
            hot = (block == np.arange(variable.options)).astype(np.float64) / np.sqrt(2)
            block = np.where(np.isnan(block), np.nan, hot)
        known = ~np.isnan(value)
        middle = block[known].mean(axis=0) if known.any() else np.zeros(block.shape[1])
        blocks.append(np.sqrt(variable.weight) * np.where(known[:, None], block, middle))
    return np.hstack(blocks)


def statements(variables: Sequence[Variable]) -> Iterator[Statement]:
    """Yield what can be said of firms: a tick, an option, a rung above the middle one."""
    for variable in variables:
        value = variable.value
        missing = np.isnan(value)
        if variable.options:
            for number, label in enumerate(variable.labels):
                yield Statement(label, np.where(missing, np.nan, value == number))
        else:
            high = value > np.nanmedian(value) if _graded(value) else value > 0.5
            yield Statement(variable.labels[0], np.where(missing, np.nan, high))


def _variables(
    item: Item, frame: pl.DataFrame, said: Mapping[tuple[str, str], Text]
) -> Iterator[Variable]:
    short = _short(item)
    if item.kind == "multi":
        for option, column in zip(item.question.options, item.columns, strict=True):
            if column in frame.columns:
                label = said.get((item.id, option.id), _join(short, option.label))
                yield Variable(question=item.id, value=_floats(frame[column]), labels=(label,))
    elif item.id not in frame.columns:
        return
    elif item.kind == "single":
        numbers = {option: float(i) for i, option in enumerate(item.option_ids)}
        codes = frame[item.id].cast(pl.String).replace_strict(numbers, default=None)
        yield Variable(
            question=item.id,
            value=_floats(codes),
            labels=tuple(
                said.get((item.id, o.id), _join(short, o.label)) for o in item.question.options
            ),
            options=len(numbers),
        )
    else:
        low = 0.0 if item.question.low is None else float(item.question.low)
        high = 100.0 if item.question.high is None else float(item.question.high)
        value = (_floats(frame[item.id]) - low) / (high - low)
        label = Text(zh=f"{short.zh}较高", en=f"{short.en}: above the median")
        yield Variable(question=item.id, value=value, labels=(label,))


def _short(item: Item) -> Text:
    short = item.question.short or item.question.label
    if item.row is None:
        return short
    return item.row.label


def _join(question: Text, option: Text) -> Text:
    return Text(zh=f"{question.zh}：{option.zh}", en=f"{question.en}: {option.en}")


def _varies(value: FloatArray) -> bool:
    known = value[~np.isnan(value)]
    return len(known) > 0 and bool(known.min() < known.max())


def _graded(value: FloatArray) -> bool:
    return bool(((value > 0) & (value < 1)).any())


def _floats(series: pl.Series) -> FloatArray:
    return np.asarray(series.cast(pl.Float64).fill_null(float("nan")).to_numpy(), dtype=np.float64)
