"""Take a measure back to the rows: what each firm counts, and how it moves the estimate.

``taji.survey.tabulate`` works on cells and never sees a row's influence; whoever joins two
samples firm by firm needs it. The formulas are those of ``tabulate``; only means and
proportions are covered.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from taji.base.arrays import BoolArray, FloatArray
from taji.survey.calibrate import residuals
from taji.survey.design import Sample
from taji.survey.measures import Amount, Choice

__all__ = ["influences", "row_values"]


def row_values(frame: pl.DataFrame, measure: Choice | Amount, option: str | None) -> FloatArray:
    """What each row counts in a mean or a proportion.

    Parameters
    ----------
    frame : DataFrame
        Canonical answers.
    measure : Choice or Amount
        As ``taji.survey.measures.present`` gives it.
    option : str or None
        Answer that a proportion is of; None for a mean.

    Returns
    -------
    FloatArray, shape (n_row,)
        1 or 0, or the number; NaN where not asked or not answered.

    Examples
    --------
    >>> frame = pl.DataFrame({"plan": ["yes", "no", None]})
    >>> row_values(frame, Choice("plan", None, pl.col("plan")), "yes")
    array([ 1.,  0., nan])
    """
    if isinstance(measure, Amount):
        value = measure.value.cast(pl.Float64)
    else:
        (answer,) = frame.select(measure.answer)
        if answer.dtype == pl.Boolean:
            value = measure.answer.cast(pl.Float64)
        else:
            value = (measure.answer.cast(pl.String) == option).cast(pl.Float64)
    if measure.asked is not None:
        value = pl.when(measure.asked).then(value)
    (values,) = frame.select(value.alias("value"))
    return np.asarray(values.fill_null(float("nan")).to_numpy(), dtype=np.float64)


def influences(sample: Sample, value: FloatArray, inside: BoolArray | None = None) -> FloatArray:
    r"""Influence of each row on the weighted mean of a domain.

    Parameters
    ----------
    sample : Sample
        The design, bound to the rows.
    value : FloatArray, shape (n_row,)
        As ``row_values`` gives it.
    inside : BoolArray, shape (n_row,), optional
        Rows of the domain; None: all.

    Returns
    -------
    FloatArray, shape (n_row,)
        :math:`w_i d_i (y_i - \hat R) / \sum w_j d_j`, for calibrated weights its residual;
        all 0 where nobody answered. Their variance under the design is that of the mean.

    Examples
    --------
    >>> from taji.survey.design import Design
    >>> sample = Design().bind(pl.DataFrame({"plan": [1, 0, 0, 1]}))
    >>> influences(sample, np.array([1.0, 0.0, 0.0, 1.0])).tolist()
    [0.125, -0.125, -0.125, 0.125]
    """
    answered = ~np.isnan(value) if inside is None else ~np.isnan(value) & inside
    weight = np.where(answered, sample.weight, 0.0)
    mass = float(weight.sum())
    if mass == 0:
        return np.zeros(len(value))
    value = np.where(answered, value, 0.0)
    mean = float(weight @ value) / mass
    return residuals(sample.calibrated, weight * (value - mean) / mass)
