"""Count the firms that every estimate rests on.

Turns the answers into one row for each cell that could be published: how many firms answered,
how many of them ticked, and how much the largest of them contribute. Pure Polars; decides
nothing about what may be shown (``taji.compare.disclosure``).

Counts are unweighted: a weight says how many firms one stands for, not how many were asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from taji.base.arrays import FloatArray
from taji.catalogue.model import Model
from taji.catalogue.questionnaire import Item, Questionnaire
from taji.survey.measures import Amount, Choice, Measure, present

__all__ = ["COUNTS", "Scale", "contributors", "scales_of"]

#: Columns of the counts. ``kind`` is ``single`` (options sum to all), ``multi`` (a tick for
#: itself) or ``quantity``. ``ticking`` is null for quantities; ``total``, ``total_abs`` (of the
#: weighted contributions, and of their sizes) and ``largest`` are null for shares, ``low`` and
#: ``high`` where the scale has no ends. All of these are of firms that answered, and so add up;
#: an estimated total is ``total`` times asked over answered weight.
COUNTS: dict[str, pl.DataType] = {
    "question": pl.String(),
    "option": pl.String(),
    "kind": pl.String(),
    "money": pl.Boolean(),
    "by": pl.String(),
    "group": pl.String(),
    "n": pl.Int64(),
    "ticking": pl.Int64(),
    "weight": pl.Float64(),
    "total": pl.Float64(),
    "total_abs": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "largest": pl.List(pl.Float64()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What anyone knows of a quantity before seeing a table.

    Attributes
    ----------
    low, high : float, optional
        Ends of its scale; none where there are none. [unit of the estimate]
    money : bool
        One firm may be so large that its amount shows through a sum (amounts, headcounts).
    """

    low: float | None = None
    high: float | None = None
    money: bool = False


def scales_of(questionnaire: Questionnaire, models: Sequence[Model] = ()) -> dict[str, Scale]:
    """Return the scale of every quantity, by the name that the estimates give it.

    Numbers and money have no ends and are looked at for dominance; shares are fractions; the
    score of a node runs from 0 to its maximum.
    """
    scales = {
        item.id: _scale(item)
        for item in questionnaire.items.values()
        if item.kind in ("scale", "share", "number", "money")
    }
    for model in models:
        for node in model.shown:
            scales[f"{model.id}:{node.id}"] = Scale(low=0.0, high=float(node.max))
    return scales


def contributors(
    frame: pl.DataFrame,
    measures: Sequence[Measure],
    *,
    by: Sequence[str],
    weight: FloatArray | None = None,
    scales: Mapping[str, Scale] | None = None,
    leaders: int = 2,
) -> pl.DataFrame:
    """Count the firms behind every cell of the city and of its breakdowns.

    Parameters
    ----------
    frame : DataFrame
        The canonical answers with the columns ``by``; null is not answered.
    measures : sequence of Measure
        What is tabulated (``taji.survey.measures``).
    by : sequence of str
        Columns that break the city down.
    weight : FloatArray, shape (n_firm,), optional
        Final weights, known to the attacker; firms of weight zero are in no estimate. [firms]
    scales : mapping of str to Scale, optional
        By question; a quantity that is not named has no ends and no dominance.
    leaders : int
        How many of the largest contributions to keep; as many as the dominance rule looks at.

    Returns
    -------
    DataFrame
        Columns ``COUNTS``; ``by`` and ``group`` are empty for the whole city. Firms whose group
        is not known stand in a group of empty name, which nobody publishes.

    Examples
    --------
    >>> from taji.survey.measures import Choice
    >>> frame = pl.DataFrame({"plan": ["yes", "no", "no", None], "size": ["s", "s", "m", "m"]})
    >>> plan = Choice("plan", ("yes",), pl.col("plan"))
    >>> contributors(frame, [plan], by=["size"]).select("by", "group", "n", "ticking").rows()
    [('', '', 3, 1), ('size', 'm', 1, 0), ('size', 's', 2, 1)]
    """
    found = present(measures, frame)
    weights = pl.lit(1.0) if weight is None else pl.Series(weight, dtype=pl.Float64)
    firms = (
        frame.with_columns(weights.alias("_weight"))
        .select(
            "_weight",
            pl.lit("").alias("_city"),
            *(pl.col(b).cast(pl.String).fill_null("").alias(f"_by/{b}") for b in by),
            *(_answer(m).alias(f"_{i}") for i, m in enumerate(found)),
        )
        .filter(pl.col("_weight") > 0)
    )
    breakdowns = [("", "_city"), *((b, f"_by/{b}") for b in by)]
    cells = [c for i, m in enumerate(found) for c in _cells(m, f"_{i}", firms, scales, leaders)]
    parts = [row for name, column in breakdowns for row in _count(firms, cells, name, column)]
    return pl.concat([pl.DataFrame(schema=COUNTS), *parts])


def _scale(item: Item) -> Scale:
    low, high = item.question.low, item.question.high
    if item.kind == "share":  # estimates give shares as fractions
        return Scale(
            low=0.0 if low is None else float(low) / 100,
            high=1.0 if high is None else float(high) / 100,
        )
    return Scale(
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        money=item.kind in ("number", "money"),
    )


def _answer(measure: Measure) -> pl.Expr:
    """The answer of those who were asked; null of everybody else."""
    if isinstance(measure, Choice):
        answer = measure.answer
    elif isinstance(measure, Amount):
        answer = measure.value.cast(pl.Float64)
    else:  # a ratio is told by its numerator to whoever knows the denominator
        both = measure.denominator.is_not_null()
        answer = pl.when(both).then(measure.numerator.cast(pl.Float64))
    return answer if measure.asked is None else pl.when(measure.asked).then(answer)


@dataclass(frozen=True, slots=True)
class _Cell:
    """One estimate: the columns that name it, and how its firms are counted."""

    labels: tuple[pl.Expr, ...]
    count: pl.Expr


def _cells(
    measure: Measure,
    column: str,
    firms: pl.DataFrame,
    scales: Mapping[str, Scale] | None,
    leaders: int,
) -> Iterator[_Cell]:
    answer = pl.col(column)
    if isinstance(measure, Choice):
        multi = firms.schema[column] == pl.Boolean
        for option in measure.options or ():
            ticked = answer if multi else answer.cast(pl.String) == option
            kind = "multi" if multi else "single"
            yield _Cell(_labels(measure, option, kind, Scale()), _share(answer, ticked))
    else:
        scale = (scales or {}).get(measure.question, Scale())
        yield _Cell(_labels(measure, "", "quantity", scale), _quantity(answer, leaders))


def _labels(measure: Measure, option: str, kind: str, scale: Scale) -> tuple[pl.Expr, ...]:
    return (
        pl.lit(measure.question).alias("question"),
        pl.lit(option).alias("option"),
        pl.lit(kind).alias("kind"),
        pl.lit(scale.money).alias("money"),
        pl.lit(scale.low, dtype=pl.Float64).alias("low"),
        pl.lit(scale.high, dtype=pl.Float64).alias("high"),
    )


def _share(answer: pl.Expr, ticked: pl.Expr) -> pl.Expr:
    return pl.struct(
        *_answering(answer),
        ticked.sum().cast(pl.Int64).alias("ticking"),
        pl.lit(None, dtype=pl.Float64).alias("total"),
        pl.lit(None, dtype=pl.Float64).alias("total_abs"),
        pl.lit(None, dtype=pl.List(pl.Float64)).alias("largest"),
    )


def _quantity(answer: pl.Expr, leaders: int) -> pl.Expr:
    contribution = pl.col("_weight") * answer
    return pl.struct(
        *_answering(answer),
        pl.lit(None, dtype=pl.Int64).alias("ticking"),
        contribution.sum().alias("total"),
        contribution.abs().sum().alias("total_abs"),
        contribution.abs().drop_nulls().top_k(leaders).implode().alias("largest"),
    )


def _answering(answer: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    answered = answer.is_not_null()
    return (
        answered.sum().cast(pl.Int64).alias("n"),
        pl.col("_weight").filter(answered).sum().alias("weight"),
    )


def _count(
    firms: pl.DataFrame, cells: Sequence[_Cell], by: str, column: str
) -> Iterator[pl.DataFrame]:
    """One breakdown: all cells in one pass over the firms, then a few rows for each."""
    counts = [cell.count.alias(str(i)) for i, cell in enumerate(cells)]
    wide = firms.group_by(pl.col(column).alias("group")).agg(counts).sort("group")
    for i, cell in enumerate(cells):
        yield wide.select(
            *cell.labels, pl.lit(by).alias("by"), "group", pl.col(str(i)).struct.unnest()
        ).select(*COUNTS)
