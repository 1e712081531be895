"""Estimate one thing at a time, as an analyst at a prompt would.

Mean, total, proportion and ratio of one column, for the city or by a breakdown. Computed by
``svy`` where it covers the design and by ``taji.survey.tabulate`` where it does not
(calibrated weights, lone units, more than two stages, totals with answers left blank); where both
can, they agree, and ``Estimate.by_engine`` says which spoke. Why:
``docs/decisions/0004-svy-behind-taji-survey.md``. Nothing of svy's types leaves this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
import svy

from taji.survey.design import Design, Sample
from taji.survey.intervals import IntervalName, proportion_interval, t_interval
from taji.survey.measures import Amount, Blanks, Choice, Measure, Quotient
from taji.survey.tabulate import finish
from taji.survey.tabulate_cells import partial

__all__ = ["Engine", "Estimate", "mean", "proportion", "ratio", "total"]

Engine = Literal["svy", "taji"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number about the city or a part of it, with what it rests on.

    Attributes
    ----------
    group : str or None
        Group of the breakdown; None for the city.
    option : str or None
        Answer that a proportion is of.
    value, se, ci_low, ci_high : float
        Estimate, standard error and interval, in the unit of the column; an interval is NaN
        where there are no degrees of freedom.
    n : int
        Answers used.
    by_engine : {"svy", "taji"}
        Who computed it.
    """

    group: str | None
    option: str | None
    value: float
    se: float
    ci_low: float
    ci_high: float
    n: int
    by_engine: Engine


def mean(
    frame: pl.DataFrame,
    column: str,
    design: Design,
    *,
    by: str | None = None,
    confidence: float = 0.95,
) -> tuple[Estimate, ...]:
    """Mean of a column.

    Parameters
    ----------
    frame : DataFrame
        One row for each respondent; null is not answered.
    column : str
        Numbers.
    design : Design
        How the respondents were drawn.
    by : str, optional
        Breakdown.
    confidence : float
        [fraction]

    Examples
    --------
    >>> frame = pl.DataFrame({"robots": [0.0, 2.0, 4.0, 2.0], "firms": [40] * 4})
    >>> city, = mean(frame, "robots", Design.from_mapping({"population": "firms"}))
    >>> city.value, round(city.se, 4), city.n
    (2.0, 0.7746, 4)
    """
    measure = Amount(column, pl.col(column).cast(pl.Float64))
    return _estimates(frame, measure, design, by, confidence, "mean")


def total(
    frame: pl.DataFrame,
    column: str,
    design: Design,
    *,
    by: str | None = None,
    confidence: float = 0.95,
    blanks: Blanks = "zero",
) -> tuple[Estimate, ...]:
    """Total of a column over the city's firms; parameters as for ``mean``.

    By default it is the sum of the answers, as svy and R have it. With ``blanks="mean"`` a firm that
    left the answer blank has the mean of those of its group that answered; svy knows no such
    total, and it is computed here.

    Examples
    --------
    >>> frame = pl.DataFrame({"robots": [0.0, 2.0, 4.0, None], "firms": [40] * 4})
    >>> design = Design.from_mapping({"population": "firms"})
    >>> [total(frame, "robots", design, blanks=b)[0].value for b in ("zero", "mean")]
    [60.0, 80.0]
    """
    measure = Amount(column, pl.col(column).cast(pl.Float64), ("total",), blanks=blanks)
    return _estimates(frame, measure, design, by, confidence, "total")


def proportion(
    frame: pl.DataFrame,
    column: str,
    design: Design,
    *,
    by: str | None = None,
    confidence: float = 0.95,
    interval: IntervalName = "logit",
) -> tuple[Estimate, ...]:
    """Share of firms that gave each answer; parameters as for ``mean``."""
    answer = pl.col(column).cast(pl.String)
    options = frame.select(answer.unique().sort()).to_series().drop_nulls()
    measure = Choice(column, tuple(options), answer)
    return _estimates(frame, measure, design, by, confidence, "proportion", interval)


def ratio(
    frame: pl.DataFrame,
    numerator: str,
    denominator: str,
    design: Design,
    *,
    by: str | None = None,
    confidence: float = 0.95,
) -> tuple[Estimate, ...]:
    """One column's total over another's; parameters as for ``mean``."""
    top, bottom = (pl.col(name).cast(pl.Float64) for name in (numerator, denominator))
    measure = Quotient(f"{numerator}/{denominator}", top, bottom)
    return _estimates(frame, measure, design, by, confidence, "ratio")


def _estimates(
    frame: pl.DataFrame,
    measure: Measure,
    design: Design,
    by: str | None,
    confidence: float,
    statistic: str,
    interval: IntervalName = "logit",
) -> tuple[Estimate, ...]:
    sample = design.bind(frame)
    breakdown = () if by is None else (by,)
    blank = isinstance(measure, Amount) and measure.blanks == "mean" and statistic == "total"
    blank = blank and _blank(frame, measure)
    if blank or not _covers(design, sample):
        rows = np.arange(frame.height)
        cells = partial(frame, rows, sample, [measure], breakdown)
        table = finish(cells, sample, breakdown, confidence, interval)
        wanted = table.filter(pl.col("by").is_null() if by is None else pl.col("by") == by)
        return tuple(_own(row) for row in wanted.iter_rows(named=True))
    found = _ask(frame, measure, design, sample, by, statistic)
    return _theirs(found, confidence, interval if statistic == "proportion" else None)


def _covers(design: Design, sample: Sample) -> bool:
    """Whether svy knows this design: plain weights, one or two stages of named units."""
    stages = sample.stages
    # svy takes a lone unit of the first stage for a fault even where it is all there is.
    lone = bool((stages[0].drawn == 1).any()) or any(
        ((stage.drawn == 1) & (stage.fraction < 1)).any() for stage in stages[1:]
    )
    named = len(stages) == 1 or stages[-1].unit is not None
    return sample.calibrated is None and not lone and len(stages) <= 2 and named


def _blank(frame: pl.DataFrame, measure: Measure) -> bool:
    """Whether anybody left the answer blank."""
    return frame.select(_values(measure)).to_series().fill_nan(None).has_nulls()


def _own(row: dict[str, Any]) -> Estimate:
    def number(name: str) -> float:
        return float("nan") if row[name] is None else float(row[name])

    return Estimate(
        group=row["group"],
        option=row["option"],
        value=number("estimate"),
        se=number("se"),
        ci_low=number("ci_low"),
        ci_high=number("ci_high"),
        n=row["n"],
        by_engine="taji",
    )


def _ask(
    frame: pl.DataFrame,
    measure: Measure,
    design: Design,
    sample: Sample,
    by: str | None,
    statistic: str,
) -> Sequence[Any]:
    """svy's estimates. Columns are renamed: svy reserves some names and patterns."""
    columns = {"_weight": pl.Series(sample.weight)}
    columns |= {f"_stage{at}": frame[name] for at, name in enumerate(design.cluster[:2])}
    columns |= {f"_size{at}": frame[name] for at, name in enumerate(design.population)}
    data = frame.select(_values(measure)).with_columns(**columns)
    data = data.with_columns(pl.col("^_size.*$").cast(pl.Float64))
    if design.strata:
        data = data.with_columns(
            frame.select(pl.concat_str(design.strata, separator=" × ").alias("_stratum"))
        )
    if by is not None:
        data = data.with_columns(frame[by].cast(pl.String).alias("_by"))
    plan: Any = svy.Sample(data=data, design=_plan(design, sample)).estimation
    where = None if by is None else svy.col("_by").is_not_null()
    settings: dict[str, Any] = {
        "by": None if by is None else "_by",
        "where": where,
        "drop_nulls": True,
    }
    if statistic == "ratio":
        return list(plan.ratio("_y", "_x", **settings).estimates)
    if statistic == "proportion":
        return list(plan.prop("_y", **settings).estimates)
    asked = plan.mean if statistic == "mean" else plan.total
    return list(asked("_y", **settings).estimates)


def _values(measure: Measure) -> list[pl.Expr]:
    if isinstance(measure, Choice):
        return [measure.answer.alias("_y")]
    if isinstance(measure, Amount):
        return [measure.value.alias("_y")]
    return [measure.numerator.alias("_y"), measure.denominator.alias("_x")]


def _plan(design: Design, sample: Sample) -> svy.Design:
    sizes: str | svy.PopSize | None = "_size0" if design.population else None
    if len(sample.stages) == 2:
        sizes = svy.PopSize("_size0", "_size1")
    return svy.Design(
        stratum="_stratum" if design.strata else None,
        wgt="_weight",
        psu="_stage0" if design.cluster else None,
        ssu="_stage1" if len(sample.stages) == 2 else None,
        pop_size=sizes,
    )


def _theirs(
    found: Sequence[Any], confidence: float, interval: IntervalName | None
) -> tuple[Estimate, ...]:
    """Our type from svy's; intervals are ours, which are also sane at 0 and 1."""
    value, se, df, n = (
        np.array([getattr(one, name) for one in found], dtype=np.float64)
        for name in ("est", "se", "df", "n")
    )
    if interval is None:
        ends = t_interval(value, se, df, confidence)
    else:
        value = np.clip(value, 0, 1)
        ends = proportion_interval(interval, value, se, df, n, confidence)
    estimates = (
        Estimate(
            group=None if not one.by_level else str(one.by_level[0]),
            option=None if interval is None else str(one.y_level),
            value=float(value[at]),
            se=float(se[at]),
            ci_low=float(ends.low[at]),
            ci_high=float(ends.high[at]),
            n=int(n[at]),
            by_engine="svy",
        )
        for at, one in enumerate(found)
    )
    return tuple(sorted(estimates, key=lambda one: (one.option or "", one.group or "")))
