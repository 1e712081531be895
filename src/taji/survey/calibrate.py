"""Turn design weights into weights that reproduce totals known from the register.

Decides the new weights, and the auxiliary values whose residuals carry the variance
afterwards. Does not estimate anything (``taji.survey.tabulate``) nor say which totals a
city should use (``design.yaml``).

Three distances, one signature: ``linear`` (GREG), ``raking`` (exponential) and ``logit``
(bounded). All are solved by the same Newton iteration on the Lagrange multipliers, over
the distinct combinations of auxiliary values: a register's margins have few, whatever
the number of firms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import polars as pl

from taji.base.arrays import FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.text import Language
from taji.survey.sums import binned

__all__ = [
    "Calibrated",
    "CalibrationTargets",
    "EmptyMarginError",
    "MarginTotalsError",
    "MarginValueError",
    "Method",
    "NegativeWeightError",
    "NotConvergedError",
    "calibrate",
    "residuals",
    "whose",
]

Method = Literal["linear", "raking", "logit"]

#: Totals that people copy from a yearbook are whole firms; margins of one register may
#: differ by rounding, not by more. [fraction of the total]
TOTALS_TOLERANCE = 1e-6
#: Newton converges quadratically: a misfit above this is failure, not slowness. [fraction]
MISFIT_TOLERANCE = 1e-9
MAX_ITERATIONS = 100
MAX_HALVINGS = 50


class MarginTotalsError(TajiError):
    """Two margins do not add up to the same population."""

    code = "survey.margin_totals"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "The calibration margins describe different populations: `{first}` adds up to "
            "{first_total:.10g}, `{second}` to {second_total:.10g}. Take both from the same "
            "register and date, or leave one out of `calibrate`."
        ),
        "zh": (
            "校准边际的总体不一致：`{first}` 合计 {first_total:.10g}，"
            "`{second}` 合计 {second_total:.10g}。"
            "请使用同一名录、同一时点的总数，或在 `calibrate` 中去掉其中一个。"
        ),
    }


class EmptyMarginError(TajiError):
    """A category of a margin has no respondent to carry its total."""

    code = "survey.empty_margin"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "No respondent with weight has `{column}` = {value}, so its register total of "
            "{total:.10g} cannot be reached. Merge the category with a neighbour in the data "
            "and in `calibrate`."
        ),
        "zh": (
            "没有带权重的答卷企业属于 `{column}` = {value}，"
            "无法达到其名录总数 {total:.10g}。"
            "请在数据和 `calibrate` 中将该类并入相近类别。"
        ),
    }


class MarginValueError(TajiError):
    """A respondent has no value, or one that the margin does not list."""

    code = "survey.margin_value"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Row {row}{enterprise}: `{column}` is {value}, for which `calibrate` gives no total. Add its "
            "total, correct the value, or leave the column out of `calibrate`."
        ),
        "zh": (
            "第 {row} 行{enterprise}：`{column}` 的值为 {value}，`calibrate` 中没有对应的总数。"
            "请补充总数、更正该值，或在 `calibrate` 中去掉此列。"
        ),
    }


class NotConvergedError(TajiError):
    """No weights within reach meet all totals."""

    code = "survey.not_converged"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Calibration by {method} did not reach the total of {target}: wanted "
            "{wanted:.10g}, reached {reached:.10g}. Merge small categories, use fewer margins, "
            "or widen `bounds`."
        ),
        "zh": (
            "{method} 校准未能达到 {target} 的总数：目标 {wanted:.10g}，实际 {reached:.10g}。"
            "请合并小类、减少边际，或放宽 `bounds`。"
        ),
    }


class NegativeWeightError(TajiError):
    """Linear calibration asked some respondents to stand for fewer than no firms."""

    code = "survey.negative_weight"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Linear calibration gives {count} respondents a negative weight (smallest "
            "{smallest:.6g}). Use `method: raking` or `method: logit` with `bounds`."
        ),
        "zh": (
            "线性校准使 {count} 家企业的权重为负（最小 {smallest:.6g}）。"
            "请改用 `method: raking`，或 `method: logit` 并设置 `bounds`。"
        ),
    }


@dataclass(frozen=True, slots=True)
class CalibrationTargets:
    """What the weights must reproduce.

    Attributes
    ----------
    margins : mapping
        Column to {value: number of firms}. [firms]
    totals : mapping
        Numeric column to its total in the register. [unit of the column]
    method : {"raking", "linear", "logit"}
        Distance between old and new weights.
    bounds : (float, float)
        Least and greatest ratio of new to old weight, for ``logit``. [ratio]
    """

    margins: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    totals: Mapping[str, float] = field(default_factory=dict)
    method: Method = "raking"
    bounds: tuple[float, float] = (0.2, 5.0)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """New weights, and what the variance needs to know of the calibration.

    Attributes
    ----------
    weight : FloatArray, shape (n_row,)
        Calibrated weights. [firms]
    code : IntArray, shape (n_row,)
        Row of ``auxiliary`` that belongs to each respondent.
    auxiliary : FloatArray, shape (n_combination, n_target)
        Distinct auxiliary values, each column divided by its target.
    projector : FloatArray, shape (n_target, n_target)
        Pseudo-inverse of the auxiliaries' cross-product, by design weights.
    ratio : FloatArray, shape (n_combination,)
        Calibrated weight over design weight. [ratio]
    """

    weight: FloatArray
    code: IntArray
    auxiliary: FloatArray
    projector: FloatArray
    ratio: FloatArray


def residuals(calibrated: Calibrated | None, influence: FloatArray) -> FloatArray:
    """What of each row's influence the calibration variables do not foretell.

    Parameters
    ----------
    calibrated : Calibrated or None
        None gives the influences back.
    influence : FloatArray, shape (n_row,)
        Weighted influences.

    Returns
    -------
    FloatArray, shape (n_row,)
        Influence less the value of its weighted regression on the calibration variables.
    """
    if calibrated is None:
        return influence
    plain = binned(
        calibrated.code, influence / calibrated.ratio[calibrated.code], len(calibrated.auxiliary)
    )
    slopes = calibrated.projector @ (calibrated.auxiliary.T @ plain)
    foretold = (calibrated.auxiliary @ slopes)[calibrated.code]
    return np.asarray(influence - calibrated.weight * foretold)


def calibrate(frame: pl.DataFrame, weight: FloatArray, targets: CalibrationTargets) -> Calibrated:
    r"""Calibrate weights to margins and totals.

    Parameters
    ----------
    frame : DataFrame, n_row rows
        Holds the columns named in ``targets``.
    weight : FloatArray, shape (n_row,)
        Design weights. [firms]
    targets : CalibrationTargets
        What is to be reproduced, and by which distance.

    Returns
    -------
    Calibrated
        Weights in the order of ``frame``.

    Raises
    ------
    MarginTotalsError, EmptyMarginError, MarginValueError, NotConvergedError, NegativeWeightError
        See each.

    Notes
    -----
    New weights are :math:`w_i = d_i F(x_i' \lambda)` with :math:`\sum_i w_i x_i = t` [1]_;
    :math:`F(u) = 1 + u`, :math:`e^u`, or the bounded logit of [1]_.

    The variance of a calibrated estimate is that of the residuals of the variable
    regressed on the auxiliaries, weighted by the design weights, whatever the distance;
    a residual then carries the calibrated weight. So does R's ``calibrate``.

    References
    ----------
    .. [1] J.-C. Deville and C.-E. Särndal, "Calibration estimators in survey sampling",
       *JASA* 87 (1992) 376-382. doi:10.1080/01621459.1992.10475217

    Examples
    --------
    Three firms answered; the register has 6 small firms and 2 large ones.

    >>> frame = pl.DataFrame({"size": ["small", "small", "large"]})
    >>> targets = CalibrationTargets(margins={"size": {"small": 6, "large": 2}})
    >>> calibrate(frame, np.array([1.0, 2.0, 1.0]), targets).weight.round(9).tolist()
    [2.0, 4.0, 2.0]
    """
    _check_margins(targets.margins)
    columns, wanted, names = _auxiliaries(frame, weight, targets)
    # Scaled by the target, every column has the same order of magnitude.
    scale = np.where(wanted == 0, 1.0, wanted)
    auxiliary, code = _distinct(columns / scale)
    mass = binned(code, weight, len(auxiliary))
    ratio = _solve(auxiliary, mass, wanted / scale, targets, names=names, scale=scale)
    _check_positive(ratio, mass)
    return Calibrated(
        weight=weight * ratio[code],
        code=code,
        auxiliary=auxiliary,
        projector=_inverse(auxiliary.T @ (mass[:, None] * auxiliary)),
        ratio=ratio,
    )


def _check_margins(margins: Mapping[str, Mapping[str, float]]) -> None:
    sums = [(column, float(sum(values.values()))) for column, values in margins.items()]
    for column, total in sums[1:]:
        first, expected = sums[0]
        if not abs(total - expected) <= TOTALS_TOLERANCE * abs(expected):
            raise MarginTotalsError(
                first=first, first_total=expected, second=column, second_total=total
            )


def _auxiliaries(
    frame: pl.DataFrame, weight: FloatArray, targets: CalibrationTargets
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Columns of auxiliary values, their targets and their names."""
    columns: list[FloatArray] = []
    wanted: list[float] = []
    names: list[str] = []
    for column, values in targets.margins.items():
        answers = frame[column].cast(pl.String)
        _check_values(frame, answers, column, values)
        for value, total in values.items():
            indicator = (answers == value).to_numpy().astype(np.float64)
            if not (indicator @ weight > 0 or total == 0):
                raise EmptyMarginError(column=column, value=value, total=float(total))
            columns.append(indicator)
            wanted.append(float(total))
            names.append(f"{column} = {value}")
    for column, total in targets.totals.items():
        amounts = frame[column].cast(pl.Float64, strict=False).fill_nan(None)
        if amounts.null_count():
            row = int(amounts.is_null().arg_max() or 0)
            raise MarginValueError(**whose(frame, row), column=column, value=frame[column][row])
        columns.append(amounts.to_numpy())
        wanted.append(float(total))
        names.append(column)
    return np.column_stack(columns), np.array(wanted), names


def _check_values(
    frame: pl.DataFrame, answers: pl.Series, column: str, values: Mapping[str, float]
) -> None:
    unknown = ~answers.is_in(list(values)).fill_null(value=False)
    if unknown.any():
        row = int(unknown.arg_max() or 0)
        raise MarginValueError(**whose(frame, row), column=column, value=answers[row])


def whose(frame: pl.DataFrame, row: int) -> dict[str, object]:
    """Fields that tell a clerk which answer is meant: its row, and its enterprise if known."""
    name = f" ({frame['enterprise'][row]})" if "enterprise" in frame.columns else ""
    return {"row": row + 1, "enterprise": name}


def _distinct(columns: FloatArray) -> tuple[FloatArray, IntArray]:
    auxiliary, code = np.unique(columns, axis=0, return_inverse=True)
    return auxiliary, code.reshape(-1).astype(np.int64)


def _solve(
    auxiliary: FloatArray,
    mass: FloatArray,
    wanted: FloatArray,
    targets: CalibrationTargets,
    *,
    names: list[str],
    scale: FloatArray,
) -> FloatArray:
    """Ratio of new to old weight for each combination of auxiliary values."""
    distance, slope = _distance(targets)
    multiplier = np.zeros(len(wanted))
    ratio = distance(auxiliary @ multiplier)
    missing = wanted - auxiliary.T @ (mass * ratio)
    for _ in range(MAX_ITERATIONS):
        tangent = auxiliary.T @ ((mass * slope(auxiliary @ multiplier))[:, None] * auxiliary)
        # Margins overlap in the grand total: the tangent is singular by one for each.
        step = _inverse(tangent) @ missing
        # A full step may overshoot; along a short enough one the misfit shrinks.
        for _ in range(MAX_HALVINGS):
            with np.errstate(over="ignore", invalid="ignore"):
                trial = distance(auxiliary @ (multiplier + step))
                left = wanted - auxiliary.T @ (mass * trial)
            if np.linalg.norm(left) < np.linalg.norm(missing):  # NaN fails
                multiplier, ratio, missing = multiplier + step, trial, left
                break
            step = step / 2
        else:
            break
    at = int(np.abs(missing).argmax())
    if abs(missing[at]) <= MISFIT_TOLERANCE:
        return ratio
    raise NotConvergedError(
        method=targets.method,
        target=names[at],
        wanted=float(wanted[at] * scale[at]),
        reached=float((wanted - missing)[at] * scale[at]),
    )


def _inverse(matrix: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.pinv(matrix, rcond=1e-12, hermitian=True), dtype=np.float64)


def _distance(
    targets: CalibrationTargets,
) -> tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]:
    """The ratio as a function of the linear predictor, and its derivative."""
    if targets.method == "linear":
        return lambda u: 1 + u, np.ones_like
    if targets.method == "raking":
        return np.exp, np.exp
    low, high = targets.bounds
    steep = (high - low) / ((1 - low) * (high - 1))

    def odds(u: FloatArray) -> FloatArray:
        # Beyond 150 the ratio equals its bound to the last digit; exp must not overflow.
        return np.asarray(np.exp(np.clip(steep * u, -150, 150)))

    def ratio(u: FloatArray) -> FloatArray:
        e = odds(u)
        return np.asarray((low * (high - 1) + high * (1 - low) * e) / (high - 1 + (1 - low) * e))

    def slope(u: FloatArray) -> FloatArray:
        e = odds(u)
        top = steep * (high - low) * (1 - low) * (high - 1) * e
        return np.asarray(top / (high - 1 + (1 - low) * e) ** 2)

    return ratio, slope


def _check_positive(ratio: FloatArray, mass: FloatArray) -> None:
    negative = (ratio < 0) & (mass > 0)
    if negative.any():
        raise NegativeWeightError(count=int(negative.sum()), smallest=float(ratio.min()))
