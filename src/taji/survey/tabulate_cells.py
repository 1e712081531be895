"""Add rows up into cells, once, so that every table can be made from the cells.

A cell is what the variance cannot look inside and no table divides: a leaf of the design
(a stratum or a unit), one combination of calibration values, one group of every
breakdown. Decides which sums suffice and how they join; ``taji.survey.tabulate`` turns
them into estimates. Partial results of batches, partitions and waves join exactly:
``merge`` is associative and does not care about order.

Sums are held as centred moments: an amount far from zero loses no digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.survey.design import Sample
from taji.survey.measures import NO_ENDS, Amount, Choice, Measure, Quotient
from taji.survey.sums import binned
from taji.survey.tabulate_moments import Moments, mean_rows, ratio

__all__ = [
    "AUXILIARY",
    "LEAF",
    "Moments",
    "Partial",
    "Place",
    "Tally",
    "merge",
    "partial",
    "place_rows",
    "tally",
]

#: Weights that differ by less inside a cell are equal: binary rounding. [fraction]
EVEN_WEIGHTS = 1e-13
#: Columns of the cells beside the breakdowns; no survey tool gives such names.
LEAF, AUXILIARY = "@leaf", "@auxiliary"


@dataclass(frozen=True, slots=True)
class Tally:
    """The moments of one measure, or of one option of it.

    Attributes
    ----------
    question, option : str
        As the estimates name them; ``option`` is empty for numbers.
    statistics : tuple of str
        What is to be estimated of it.
    centre : float
        What the moments are taken about. [unit of the measure]
    moments : Moments
        In the order of the cells.
    ends : tuple of float
        Between which every value lies. [unit of the measure]
    """

    question: str
    option: str
    statistics: tuple[str, ...]
    centre: float
    moments: Moments
    ends: tuple[float, float] = NO_ENDS


@dataclass(frozen=True, slots=True)
class Partial:
    """The cells of some rows, and what they hold.

    Attributes
    ----------
    cells : DataFrame
        ``@leaf``, ``@auxiliary`` (codes into the sample) and the breakdowns; null in a
        breakdown belongs to no group.
    tallies : tuple of Tally
        One for each measure and option, in the order tabulated.
    """

    cells: pl.DataFrame
    tallies: tuple[Tally, ...]


def partial(
    frame: pl.DataFrame,
    rows: IntArray,
    sample: Sample,
    measures: Sequence[Measure],
    by: Sequence[str],
) -> Partial:
    """Add up some rows of a sample.

    Parameters
    ----------
    frame : DataFrame, n rows
        Answers and breakdowns of these rows.
    rows : IntArray, shape (n,)
        Where these rows stand in ``sample``.
    sample : Sample
        The whole sample: weights and design are known before answers are read.
    measures : sequence of Measure
        With their options known (see ``taji.survey.measures.present``).
    by : sequence of str
        Columns that break the city down.

    Returns
    -------
    Partial
    """
    place = place_rows(frame, rows, sample, by)
    return Partial(place.cells, tuple(t for m in measures for t in tally(frame, place, m)))


def merge(first: Partial, second: Partial) -> Partial:
    """Join two partial results of the same sample, measures and breakdowns."""
    keys = first.cells.columns
    both = pl.concat((first.cells, second.cells))
    cells = both.unique(maintain_order=True)
    numbered = cells.with_row_index("@cell")
    index = (
        both.join(numbered, on=keys, how="left", nulls_equal=True, maintain_order="left")["@cell"]
        .to_numpy()
        .astype(np.int64)
    )
    tallies = []
    for a, b in zip(first.tallies, second.tallies, strict=True):
        moments = a.moments.joined(b.moments.recentred(a.centre - b.centre))
        tallies.append(replace(a, moments=moments.pooled(index, cells.height)))
    return Partial(cells, tuple(tallies))


@dataclass(frozen=True, slots=True)
class Place:
    """Rows in their cells.

    Attributes
    ----------
    cells : DataFrame
        As in ``Partial``.
    code : IntArray, shape (n_row,)
        Cell of each row.
    weight : FloatArray, shape (n_row,)
        [firms]
    n, mean_weight : FloatArray, shape (n_cell,)
        Rows and their mean weight.
    deviation : FloatArray, shape (n_row,), or None
        Weight less the cell's mean weight; None where weights are even inside every cell.
    held : BoolArray, shape (n_row,), or None
        Rows with weight; None where all have.
    calibrated : bool
        Whether residuals will need the rows that did not answer.
    """

    cells: pl.DataFrame
    code: IntArray
    weight: FloatArray
    n: FloatArray
    mean_weight: FloatArray
    deviation: FloatArray | None
    held: BoolArray | None
    calibrated: bool

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.n)

    def count(self, rows: BoolArray | None) -> FloatArray:
        """Rows in each cell, or those of ``rows`` alone."""
        code = self.code if rows is None else self.code[rows]
        return np.bincount(code, minlength=self.size).astype(np.float64)

    def add(self, values: FloatArray) -> FloatArray:
        """Sum of the rows' values in each cell."""
        return binned(self.code, values, self.size)


def place_rows(frame: pl.DataFrame, rows: IntArray, sample: Sample, by: Sequence[str]) -> Place:
    """Find the cell of each row; parameters as for ``partial``."""
    calibrated = sample.calibrated
    auxiliary = np.zeros_like(rows) if calibrated is None else calibrated.code[rows]
    columns: list[tuple[IntArray, list[object]]] = [_levels(sample.leaf[rows]), _levels(auxiliary)]
    for column in by:
        values = frame[column].cast(pl.String).replace("", None)
        known = values.drop_nulls().unique().sort()
        codes = values.cast(pl.Enum(known)).to_physical().cast(pl.Int64).fill_null(len(known))
        columns.append((codes.to_numpy(), [*known.to_list(), None]))
    joint = np.zeros(len(rows), dtype=np.int64)
    for place, levels in columns:
        joint = joint * len(levels) + place
    keys, code = _compressed(joint, int(np.prod([len(levels) for _, levels in columns])))
    named: dict[str, pl.Series] = {}
    for name, (_, levels) in reversed(list(zip((LEAF, AUXILIARY, *by), columns, strict=True))):
        kind = pl.Int64 if name in (LEAF, AUXILIARY) else pl.String
        named[name] = pl.Series(name, levels, dtype=kind).gather(keys % len(levels))
        keys = keys // len(levels)
    cells = pl.DataFrame([named[name] for name in (LEAF, AUXILIARY, *by)])
    weight = sample.weight[rows]
    n = np.bincount(code, minlength=cells.height).astype(np.float64)
    mean = binned(code, weight, cells.height) / np.maximum(n, 1)
    deviation = weight - mean[code]
    even = not np.any(np.abs(deviation) > EVEN_WEIGHTS * mean[code])
    held = weight > 0
    return Place(
        cells=cells,
        code=code,
        weight=weight,
        n=n,
        mean_weight=mean,
        deviation=None if even else deviation,
        held=None if held.all() else held,
        calibrated=calibrated is not None,
    )


def _levels(codes: IntArray) -> tuple[IntArray, list[object]]:
    return codes, list(range(int(codes.max(initial=0)) + 1))


def _compressed(joint: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """Distinct codes and each row's place among them."""
    if size > 4 * len(joint) + 1_000_000:
        keys, code = np.unique(joint, return_inverse=True)
        return keys, code.reshape(-1).astype(np.int64)
    keys = np.flatnonzero(np.bincount(joint, minlength=size))
    place = np.empty(size, dtype=np.int64)
    place[keys] = np.arange(len(keys))
    return keys, place[joint]


def tally(frame: pl.DataFrame, place: Place, measure: Measure) -> list[Tally]:
    """Add up one measure over placed rows: one tally, or one for each option.

    Parameters
    ----------
    frame : DataFrame
        Answers of the rows that ``place`` placed, in the same order.
    place : Place
        As ``place_rows`` gives it.
    measure : Measure
        With its options known.

    Returns
    -------
    list of Tally
    """
    asked = None
    if measure.asked is not None:
        asked = frame.select(measure.asked.fill_null(value=False)).to_series().to_numpy()
    if isinstance(measure, Choice):
        return _choice(frame, place, measure, asked)
    if isinstance(measure, Amount):
        return [_amount(frame, place, measure, asked)]
    return [_quotient(frame, place, measure, asked)]


def _choice(
    frame: pl.DataFrame, place: Place, measure: Choice, asked: BoolArray | None
) -> list[Tally]:
    options = measure.options or ()
    given = _given(frame.select(measure.answer).to_series(), options)
    if asked is not None:
        given = np.where(asked, given, 0)
    if place.held is not None:
        given = np.where(place.held, given, 0)
    wide = len(options) + 2  # column 0: not answered; last: an answer not listed
    flat = place.code * wide + given
    shape = (place.size, wide)
    n = np.bincount(flat, minlength=place.size * wide).reshape(shape).astype(np.float64)
    first, second = np.zeros(shape), np.zeros(shape)
    if place.deviation is not None:
        first = binned(flat, place.deviation, place.size * wide).reshape(shape)
        second = binned(flat, place.deviation**2, place.size * wide).reshape(shape)
    count = place.count(asked)
    tallies = []
    for at, option in enumerate(options, start=1):
        yes = (n[:, at], first[:, at], second[:, at])
        no = (n[:, 1:].sum(1) - yes[0], first[:, 1:].sum(1) - yes[1], second[:, 1:].sum(1) - yes[2])
        moments = _indicator(place, yes, no, (n[:, 0], first[:, 0], second[:, 0]), count)
        tallies.append(Tally(measure.question, option, ("proportion",), 0.0, moments))
    return tallies


def _given(answers: pl.Series, options: tuple[str, ...]) -> IntArray:
    """0 for not answered, the option's number from 1, one more for an answer not listed."""
    if answers.dtype == pl.Boolean:
        codes = pl.when(answers.is_null()).then(0).when(answers).then(1).otherwise(2)
        return pl.select(codes.cast(pl.Int64)).to_series().to_numpy()
    text = answers.cast(pl.String)
    enum = text.cast(pl.Enum(options), strict=False).to_physical().cast(pl.Int64) + 1
    if enum.null_count() > text.null_count():
        other = pl.when(text.is_null()).then(0).otherwise(len(options) + 1)
        return pl.select(pl.coalesce(enum, other.cast(pl.Int64))).to_series().to_numpy()
    return enum.fill_null(0).to_numpy()


Sums = tuple[FloatArray, FloatArray, FloatArray]


def _indicator(place: Place, yes: Sums, no: Sums, blank: Sums, asked: FloatArray) -> Moments:
    """Moments of an answer that is 1 or 0, from counts and sums of weights."""
    (n1, w1, v1), (n0, w0, v0) = (_weights(place, part) for part in (yes, no))
    n = n1 + n0
    # Parts have the mean weighted basis (m1, m1) and (m0, 0).
    m1, m0 = ratio(w1, n1), ratio(w0, n0)
    away = np.stack((m1 - m0, m1), axis=1)
    between = ratio(n1 * n0, n)[:, None, None] * away[:, :, None] * away[:, None, :]
    spread = between + v1[:, None, None]
    spread[:, 0, 0] += v0
    return Moments(
        n=n,
        asked=asked,
        total=np.column_stack((w1 + w0, w1)),
        spread=spread,
        square=np.column_stack((w1 + w0, w1, w1)),
        blank=np.column_stack(_weights(place, blank)),
    )


def _weights(place: Place, part: Sums) -> Sums:
    """Rows, sum of weights and centred sum of squares of weights."""
    n, first, second = part
    return n, place.mean_weight * n + first, np.maximum(second - ratio(first**2, n), 0)


def _amount(frame: pl.DataFrame, place: Place, measure: Amount, asked: BoolArray | None) -> Tally:
    value = _floats(frame, measure.value)
    answered = _asked(~np.isnan(value), asked, place)
    value = np.where(answered, value, 0.0)
    weight = np.where(answered, place.weight, 0.0)
    centre = _centre(float(value @ weight), float(weight.sum()))
    e = np.where(answered, value - centre, 0.0)
    n = place.count(answered)
    if place.deviation is None:
        moments = _even_amount(place, answered, e, n)
    else:
        moments = _general(place, answered, [weight, weight * e], n)
        square = (moments.total[:, 0], moments.total[:, 1], place.add(weight * e**2))
        moments = replace(moments, square=np.column_stack(square))
    base, silent = place.count(asked), None
    blank, left = ~answered, place.n - n
    if "total" in measure.statistics and measure.blanks == "mean":
        waiting = _asked(blank, asked, place)
        everybody = asked is None and place.held is None
        silent = _blank(place, waiting, left if everybody else place.count(waiting), always=True)
        blank, left = blank & ~waiting, left - silent[:, 0]
    moments = replace(moments, asked=base, blank=_blank(place, blank, left), silent=silent)
    return Tally(measure.question, "", measure.statistics, centre, moments, measure.ends)


def _even_amount(place: Place, answered: BoolArray, e: FloatArray, n: FloatArray) -> Moments:
    """The general moments where a cell's rows weigh the same: two passes suffice."""
    w, plain = place.mean_weight, place.add(e)
    deviation = np.where(answered, e - ratio(plain, n)[place.code], 0.0)
    centred = place.add(deviation**2)
    spread = np.zeros((place.size, 2, 2))
    spread[:, 1, 1] = w**2 * centred
    return Moments(
        n=n,
        asked=n,
        total=np.column_stack((w * n, w * plain)),
        spread=spread,
        square=np.column_stack((w * n, w * plain, w * (centred + ratio(plain**2, n)))),
        blank=np.zeros((place.size, 3)),
    )


def _quotient(
    frame: pl.DataFrame, place: Place, measure: Quotient, asked: BoolArray | None
) -> Tally:
    y, x = _floats(frame, measure.numerator), _floats(frame, measure.denominator)
    answered = _asked(~(np.isnan(x) | np.isnan(y)), asked, place)
    y, x = np.where(answered, y, 0.0), np.where(answered, x, 0.0)
    weight = np.where(answered, place.weight, 0.0)
    centre = _centre(float(y @ weight), float(x @ weight))
    e = y - centre * x
    n = place.count(answered)
    moments = _general(place, answered, [weight * x, weight * e, weight], n)
    products = (weight * x**2, weight * x * e, weight * e**2)
    square = np.column_stack([place.add(product) for product in products])
    moments = replace(
        moments,
        square=square,
        asked=place.count(asked),
        blank=_blank(place, ~answered, place.n - n),
    )
    return Tally(measure.question, "", ("ratio",), centre, moments)


def _general(place: Place, answered: BoolArray, basis: list[FloatArray], n: FloatArray) -> Moments:
    """Moments of any weighted basis, its columns 0 where not answered."""
    total = np.column_stack([place.add(column) for column in basis])
    mean = mean_rows(total, n)
    away = [
        np.where(answered, column - mean[:, at][place.code], 0.0) for at, column in enumerate(basis)
    ]
    spread = np.empty((place.size, len(basis), len(basis)))
    for i in range(len(basis)):
        for j in range(i + 1):
            spread[:, i, j] = spread[:, j, i] = place.add(away[i] * away[j])
    none = np.zeros((place.size, 3))
    return Moments(n, n, total, spread, none, none)


def _blank(place: Place, rows: BoolArray, n: FloatArray, *, always: bool = False) -> FloatArray:
    """Weights of rows without an answer; but for totals only calibration's residuals ask."""
    first = second = np.zeros(place.size)
    if (place.calibrated or always) and place.deviation is not None:
        deviation = np.where(rows, place.deviation, 0.0)
        first, second = place.add(deviation), place.add(deviation**2)
    return np.column_stack(_weights(place, (n, first, second)))


def _floats(frame: pl.DataFrame, expression: pl.Expr) -> FloatArray:
    series = frame.select(expression.cast(pl.Float64)).to_series()
    return np.asarray(series.fill_null(float("nan")).to_numpy(), dtype=np.float64)


def _asked(rows: BoolArray, asked: BoolArray | None, place: Place) -> BoolArray:
    """Those of the rows that were asked and have weight."""
    if asked is not None:
        rows = rows & asked
    return rows if place.held is None else rows & place.held


def _centre(top: float, bottom: float) -> float:
    return top / bottom if bottom != 0 else 0.0
