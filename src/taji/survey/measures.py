"""Say what is tabulated of each question, and on which base.

A measure names a question and how its rows become numbers: who was asked, who
answered, and what. Decides bases (item non-response, skip rules). Does not estimate
(``taji.survey.tabulate``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Literal

import polars as pl

from taji.catalogue.model import Model
from taji.catalogue.questionnaire import Item, Questionnaire

__all__ = [
    "NO_ENDS",
    "Amount",
    "Blanks",
    "Choice",
    "Measure",
    "Quotient",
    "asked_of",
    "measures_of",
    "present",
    "score_measures",
    "wide_scores",
]

#: What a blank counts in a total.
Blanks = Literal["mean", "zero"]

#: A quantity that could be anything.
NO_ENDS = (-inf, inf)

Statistic = Literal["proportion", "mean", "total", "ratio"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The share of firms that gave each answer.

    Attributes
    ----------
    question : str
        What the estimates call it.
    options : tuple of str
        Answers to report; None: those present in the data.
    answer : Expr
        String or Boolean expression; null is not answered. A Boolean has one option.
    asked : Expr or None
        Who was asked; None: everybody.
    """

    question: str
    options: tuple[str, ...] | None
    answer: pl.Expr
    asked: pl.Expr | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """The mean of a number, and its total over the city's firms where that makes sense.

    Attributes
    ----------
    question : str
        What the estimates call it.
    value : Expr
        Number; null is not answered.
    statistics : tuple
        Which of mean and total.
    blanks : {"mean", "zero"}
        What a firm that was asked and left the answer blank counts in a total: ``mean`` of those
        that answered, so that the total is of all firms asked; or ``zero``, so that it is the sum of
        the answers, as R's ``na.rm`` has it.
    asked : Expr or None
        Who was asked; None: everybody.
    ends : tuple of float
        Between which every value, and so every mean, lies; an interval is cut there.
    """

    question: str
    value: pl.Expr
    statistics: tuple[Literal["mean", "total"], ...] = ("mean",)
    asked: pl.Expr | None = None
    ends: tuple[float, float] = NO_ENDS
    blanks: Blanks = "mean"


@dataclass(frozen=True, slots=True)
class Quotient:
    """One total over another, over firms that answered both.

    Attributes
    ----------
    question : str
        What the estimates call it.
    numerator, denominator : Expr
        Numbers; null is not answered.
    asked : Expr or None
        Who was asked; None: everybody.
    """

    question: str
    numerator: pl.Expr
    denominator: pl.Expr
    asked: pl.Expr | None = None


Measure = Choice | Amount | Quotient


def measures_of(questionnaire: Questionnaire, *, blanks: Blanks = "mean") -> tuple[Measure, ...]:
    """What is tabulated of a questionnaire, in the order asked.

    Choices give a proportion for each option, numbers and money a mean and a total,
    shares and scales a mean; text and dates nothing. The mean of a share is a fraction,
    like every share in the estimates, whatever the per cents of its answers.

    Parameters
    ----------
    questionnaire : Questionnaire
        As the catalogue gives it.
    blanks : {"mean", "zero"}
        What a blank counts in a total; see ``Amount``.

    Returns
    -------
    tuple of Measure
        ``multi`` questions give one measure for each option, all on the same base.
    """
    items = questionnaire.items.values()
    return tuple(m for item in items for m in _of_item(questionnaire, item, blanks))


def present(measures: Sequence[Measure], frame: pl.DataFrame) -> tuple[Measure, ...]:
    """The measures whose columns ``frame`` has, with the options of open choices filled in.

    A column that is not in the data was answered by nobody and makes no row; a skip rule
    whose own question is not there leaves everybody asked. Of a total it is then taken that
    whoever did not answer was skipped: to stand in for all of them could multiply it.

    Examples
    --------
    >>> found = present([Choice("size", None, pl.col("size")), Choice("no", None, pl.col("no"))],
    ...                 pl.DataFrame({"size": ["s", "m", None]}))
    >>> [(choice.question, choice.options) for choice in found]
    [('size', ('m', 's'))]
    """
    known = set(frame.columns)
    kept: list[Measure] = []
    for measure in measures:
        if not all(set(part.meta.root_names()) <= known for part in _reads(measure)):
            continue
        if measure.asked is not None and not set(measure.asked.meta.root_names()) <= known:
            measure = replace(measure, asked=_answering(measure))
        if isinstance(measure, Choice) and measure.options is None:
            values = frame.select(measure.answer.unique()).to_series().drop_nulls()
            measure = replace(measure, options=tuple(sorted(values.cast(pl.String).to_list())))
        kept.append(measure)
    return tuple(kept)


def score_measures(model: Model) -> tuple[Measure, ...]:
    """Mean score of each shown node of a model, and the share of firms at each level.

    Reads the columns that ``wide_scores`` makes. ``question`` is ``model:node``; the mean
    is in points, as the model has them.
    """
    nodes: list[Measure] = [
        Amount(name, pl.col(name), ends=(0.0, float(node.max)))
        for node in model.shown
        for name in [f"{model.id}:{node.id}"]
    ]
    levels = tuple(level.id for level in model.levels)
    if levels:
        total = f"{model.id}:total"
        nodes.append(Choice(total, levels, pl.col(f"{total}/level")))
    return tuple(nodes)


def wide_scores(scores: pl.DataFrame) -> pl.DataFrame:
    """Lay tidy scores out by firm: ``model:node`` holds the score, ``model:total/level`` the level.

    Parameters
    ----------
    scores : DataFrame
        ``enterprise, model, node, score, level``, as ``taji.assess`` gives them.

    Returns
    -------
    DataFrame
        One row for each enterprise. A firm that answered too little for a score has no level
        here either: the lowest that it could have says nothing of the city.
    """
    named = scores.with_columns(at=pl.format("{}:{}", "model", "node"))
    points = named.pivot("at", index="enterprise", values="score", aggregate_function="first")
    levels = (
        named.filter(pl.col("node") == "total")
        .with_columns(
            pl.format("{}/level", "at").alias("at"),
            pl.when(pl.col("score").is_not_null()).then("level").alias("level"),
        )
        .pivot("at", index="enterprise", values="level", aggregate_function="first")
    )
    return points.join(levels, on="enterprise", how="left", maintain_order="left")


def _answering(measure: Measure) -> pl.Expr | None:
    """Who was asked, where the deciding question is not in the data."""
    if isinstance(measure, Amount) and "total" in measure.statistics:
        return measure.value.is_not_null()
    return None


def _reads(measure: Measure) -> tuple[pl.Expr, ...]:
    if isinstance(measure, Choice):
        return (measure.answer,)
    if isinstance(measure, Amount):
        return (measure.value,)
    return (measure.numerator, measure.denominator)


def _of_item(questionnaire: Questionnaire, item: Item, blanks: Blanks) -> list[Measure]:
    asked = asked_of(questionnaire, item)
    if item.kind == "multi":
        return [
            Choice(item.id, (option,), pl.col(column), asked)
            for option, column in zip(item.option_ids, item.columns, strict=True)
        ]
    answer = pl.col(item.id)
    match item.kind:
        case "single":
            return [Choice(item.id, item.option_ids, answer, asked)]
        case "code":
            return [Choice(item.id, None, answer, asked)]
        case "share":
            return [Amount(item.id, answer / 100, ("mean",), asked, _ends(item, 0.0, 100.0, 100))]
        case "scale":
            return [Amount(item.id, answer.cast(pl.Float64), ("mean",), asked, _ends(item))]
        case "number" | "money":
            return [Amount(item.id, answer, ("mean", "total"), asked, blanks=blanks)]
        case _:
            return []


def _ends(item: Item, low: float = -inf, high: float = inf, per: int = 1) -> tuple[float, float]:
    """The ends of an item's answers, in the unit of its estimates."""
    question = item.question
    lowest = low if question.low is None else float(question.low)
    highest = high if question.high is None else float(question.high)
    return lowest / per, highest / per


def asked_of(questionnaire: Questionnaire, item: Item) -> pl.Expr | None:
    """Who was asked; where the deciding answer is missing, whoever answered was asked."""
    rule = item.question.asked_if
    if rule is None:
        return None
    said: list[pl.Expr] = []
    for ruling in questionnaire.items_of(rule.question):
        if ruling.kind == "multi":
            said += [pl.col(f"{ruling.id}/{option}") for option in rule.any_of]
        else:
            said.append(pl.col(ruling.id).is_in(list(rule.any_of)))
    answered = pl.any_horizontal(pl.col(column).is_not_null() for column in item.columns)
    return pl.any_horizontal(said).fill_null(answered)
