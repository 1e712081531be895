"""Say how the respondents were drawn, and bind that to their rows.

``Design`` is what a bureau writes in ``design.yaml``; ``Design.bind`` checks it against the
rows and gives a ``Sample``: every row's place in the strata and stages, and its weight.
Decides nothing about estimates (``taji.survey.tabulate``) nor about drawing
(``taji.survey.sampling``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args

import numpy as np
import polars as pl

from taji.base.arrays import FloatArray, IntArray
from taji.base.text import Text
from taji.survey.calibrate import Calibrated, CalibrationTargets, Method, calibrate, whose
from taji.survey.design_errors import (
    DesignColumnError,
    DesignKeyError,
    DesignNumberError,
    LoneUnitError,
    PopulationError,
)
from taji.survey.measures import Blanks

__all__ = [
    "Design",
    "DesignColumnError",
    "DesignKeyError",
    "DesignNumberError",
    "LoneUnit",
    "LoneUnitError",
    "PopulationError",
    "Sample",
    "Stage",
    "Totals",
]

EMPTY = Text(zh="空", en="empty")
UNKNOWN = Text(zh="未知的键", en="unknown")
LABEL = Text(zh="一个名称", en="a label")
COLUMN_NAME = Text(zh="列名", en="a column name")
ONE_COLUMN = Text(zh="一个列名", en="one column")
STAGES = Text(zh="列数不多于抽样阶段数", en="no more columns than stages")

LoneUnit = Literal["error", "adjust", "certainty"]
Totals = Literal["answered", "asked"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of drawing.

    Attributes
    ----------
    stratum : IntArray, shape (n_leaf,)
        Stratum of each leaf at this stage.
    unit : IntArray, shape (n_leaf,), or None
        Unit of each leaf at this stage; None where the rows themselves are the units.
    stratum_of_unit : IntArray, shape (n_unit,), or None
        Stratum of each unit.
    drawn : FloatArray, shape (n_stratum,)
        Units in the sample. [units]
    fraction : FloatArray, shape (n_stratum,)
        Share of the stratum's units that was drawn; 0 where no population is given. [fraction]
    labels : tuple of str
        Names of the strata.
    """

    stratum: IntArray
    unit: IntArray | None
    stratum_of_unit: IntArray | None
    drawn: FloatArray
    fraction: FloatArray
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows of a survey, each at its place in the design.

    Attributes
    ----------
    leaf : IntArray, shape (n_row,)
        The finest unit or stratum that the variance needs; codes into the stages' arrays.
    weight : FloatArray, shape (n_row,)
        Final weights. [firms]
    stages : tuple of Stage
        First stage first.
    calibrated : Calibrated or None
        What the residuals need, where weights were calibrated.
    lone_unit : LoneUnit
        What a stratum with one unit adds to the variance.
    """

    leaf: IntArray
    weight: FloatArray
    stages: tuple[Stage, ...]
    calibrated: Calibrated | None
    lone_unit: LoneUnit

    @property
    def strata(self) -> tuple[str, ...]:
        """Labels of the strata of the first stage."""
        return self.stages[0].labels

    @property
    def degrees_of_freedom(self) -> int:
        """Units less strata of the first stage, over rows with weight."""
        first = self.stages[0]
        held = np.unique(self.leaf[self.weight > 0])
        strata = len(np.unique(first.stratum[held]))
        if first.unit is None:
            return int((self.weight > 0).sum()) - strata
        return len(np.unique(first.unit[held])) - strata


@dataclass(frozen=True, slots=True)
class Design:
    """How the respondents were drawn.

    Attributes
    ----------
    strata, cluster, population : tuple of str
        Columns. Several strata are crossed; several clusters are stages, first stage
        first; ``population`` holds the number of units in the stratum at each stage.
    weight : str or None
        Column of design weights. Without it, weights follow from ``population``; without
        both, every row stands for itself alone.
    calibrate : CalibrationTargets or None
        Register totals that the weights must reproduce.
    lone_unit : {"error", "adjust", "certainty"}
        ``adjust`` measures a lone unit from zero, the mean of all influences, as R does;
        ``certainty`` gives it no variance.
    totals : {"answered", "asked"}
        A total is the sum of the answers, or of all firms that were asked, a blank counting as
        the mean of the answers.

    Examples
    --------
    >>> design = Design.from_mapping({"strata": "size", "population": "firms"})
    >>> frame = pl.DataFrame({"size": ["s", "s", "m", "m"], "firms": [10, 10, 4, 4]})
    >>> design.bind(frame).weight.tolist()
    [5.0, 5.0, 2.0, 2.0]
    """

    strata: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    weight: str | None = None
    population: tuple[str, ...] = ()
    calibrate: CalibrationTargets | None = field(default=None)
    lone_unit: LoneUnit = "error"
    totals: Totals = "answered"

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Read the keys of a ``design.yaml``.

        Raises
        ------
        DesignKeyError
            For an unknown key or a value of the wrong kind.
        """
        known = ("strata", "cluster", "weight", "population", "calibrate", "lone_unit", "totals")
        if not isinstance(mapping, Mapping):
            raise DesignKeyError(key="design", value=mapping, expected=" | ".join(known))
        for key in mapping:
            if key not in known:
                raise DesignKeyError(key=key, value=UNKNOWN, expected=" | ".join(known))
        lone_unit = mapping.get("lone_unit", "error")
        if lone_unit not in get_args(LoneUnit):
            raise DesignKeyError(
                key="lone_unit", value=lone_unit, expected=" | ".join(get_args(LoneUnit))
            )
        totals = mapping.get("totals", "answered")
        if totals not in get_args(Totals):
            raise DesignKeyError(key="totals", value=totals, expected=" | ".join(get_args(Totals)))
        weight = _columns("weight", mapping.get("weight"))
        if len(weight) > 1:
            raise DesignKeyError(key="weight", value=mapping["weight"], expected=ONE_COLUMN)
        return cls(
            strata=_columns("strata", mapping.get("strata")),
            cluster=_columns("cluster", mapping.get("cluster")),
            weight=weight[0] if weight else None,
            population=_columns("population", mapping.get("population")),
            calibrate=_targets(mapping.get("calibrate")),
            lone_unit=lone_unit,
            totals=totals,
        )

    @property
    def unspecified(self) -> bool:
        """Whether nothing is said of how the respondents were drawn."""
        return not (self.strata or self.cluster or self.weight or self.population)

    @property
    def blanks(self) -> Blanks:
        """What a blank counts in a total."""
        return "mean" if self.totals == "asked" else "zero"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the design reads."""
        targets = self.calibrate
        auxiliaries = () if targets is None else (*targets.margins, *targets.totals)
        weight = () if self.weight is None else (self.weight,)
        named = (*self.strata, *self.cluster, *weight, *self.population, *auxiliaries)
        return tuple(dict.fromkeys(named))

    def bind(self, frame: pl.DataFrame) -> Sample:
        """Check the design against the rows and place every row in it.

        Raises
        ------
        DesignColumnError, DesignNumberError, PopulationError, LoneUnitError
            See each; calibration adds its own.
        """
        self._check_columns(frame)
        stratum, labels = _crossed(frame, self.strata, key="strata")
        leaf, stages = self._stages(frame, stratum, labels)
        if self.lone_unit == "error":
            _check_lone(stages)
        weight = self._weights(frame, leaf, stages)
        calibrated = None
        if self.calibrate is not None:
            calibrated = calibrate(frame, weight, self.calibrate)
            weight = calibrated.weight
        return Sample(leaf, weight, stages, calibrated, self.lone_unit)

    def _check_columns(self, frame: pl.DataFrame) -> None:
        for key in ("strata", "cluster", "population"):
            for column in getattr(self, key):
                _check_column(frame, key, column)
        if self.weight is not None:
            _check_column(frame, "weight", self.weight)
        if self.calibrate is not None:
            for column in (*self.calibrate.margins, *self.calibrate.totals):
                _check_column(frame, "calibrate", column)
        if len(self.population) > len(self.cluster) + 1:
            raise DesignKeyError(
                key="population",
                value=list(self.population),
                expected=STAGES,
            )

    def _stages(
        self, frame: pl.DataFrame, stratum: IntArray, labels: tuple[str, ...]
    ) -> tuple[IntArray, tuple[Stage, ...]]:
        """Row-level codes of each stage, then the stages seen from the leaves."""
        depth = max(1, len(self.population))
        rows: list[tuple[IntArray, IntArray | None]] = []
        above = stratum
        for at in range(depth):
            unit = None
            if at < len(self.cluster):
                inside, _ = _crossed(frame, (self.cluster[at],), key="cluster")
                unit = _dense(above * (int(inside.max(initial=0)) + 1) + inside)
            rows.append((above, unit))
            above = stratum if unit is None else unit
        last_stratum, last_unit = rows[-1]
        leaf = last_stratum if last_unit is None else last_unit
        stages = []
        for at, (upper, unit) in enumerate(rows):
            column = self.population[at] if at < len(self.population) else None
            names = labels if at == 0 else _names(frame, self.cluster[at - 1], upper)
            stages.append(_stage(frame, upper, unit, leaf, column, names))
        return leaf, tuple(stages)

    def _weights(
        self, frame: pl.DataFrame, leaf: IntArray, stages: tuple[Stage, ...]
    ) -> FloatArray:
        if self.weight is not None:
            return _numbers(frame, self.weight, key="weight", least=0.0)
        weight = np.ones(len(leaf))
        for stage in stages if self.population else ():
            weight /= stage.fraction[stage.stratum][leaf]
        return weight


def _columns(key: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise DesignKeyError(key=key, value=value, expected=COLUMN_NAME)


def _targets(value: object) -> CalibrationTargets | None:
    if value is None:
        return None
    known = ("margins", "totals", "method", "bounds")
    if not isinstance(value, Mapping) or not set(value) <= set(known):
        raise DesignKeyError(key="calibrate", value=value, expected=" | ".join(known))
    margins, totals = value.get("margins") or {}, value.get("totals") or {}
    if not (isinstance(margins, Mapping) and isinstance(totals, Mapping) and (margins or totals)):
        raise DesignKeyError(key="calibrate", value=value, expected="{margins: {COL: {value: N}}}")
    method = value.get("method", "raking")
    if method not in get_args(Method):
        raise DesignKeyError(
            key="calibrate.method", value=method, expected=" | ".join(get_args(Method))
        )
    return CalibrationTargets(
        margins={
            str(column): {
                str(level): _target(f"calibrate.margins.{column}.{level}", total)
                for level, total in _mapping(f"calibrate.margins.{column}", levels).items()
            }
            for column, levels in margins.items()
        },
        totals={str(c): _target(f"calibrate.totals.{c}", total) for c, total in totals.items()},
        method=method,
        bounds=_bounds(value.get("bounds", CalibrationTargets().bounds)),
    )


def _mapping(key: str, value: object) -> Mapping[object, object]:
    if isinstance(value, Mapping) and value:
        return value
    raise DesignKeyError(key=key, value=value, expected="{value: total}")


def _target(key: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < np.inf:
        return float(value)
    raise DesignKeyError(key=key, value=value, expected=_from(0.0))


def _bounds(value: object) -> tuple[float, float]:
    if isinstance(value, Sequence) and len(value) == 2:
        low, high = (_target("calibrate.bounds", part) for part in value)
        if low < 1 < high:
            return low, high
    raise DesignKeyError(
        key="calibrate.bounds", value=value, expected="[low, high], low < 1 < high"
    )


def _check_column(frame: pl.DataFrame, key: str, column: str) -> None:
    if column not in frame.columns:
        shown = ", ".join(frame.columns[:12]) + ("…" if frame.width > 12 else "")
        raise DesignColumnError(key=key, column=column, known=shown)


def _crossed(
    frame: pl.DataFrame, columns: tuple[str, ...], *, key: str
) -> tuple[IntArray, tuple[str, ...]]:
    """Codes and labels of the combinations of ``columns``, in sorted order."""
    if not columns:
        return np.zeros(frame.height, dtype=np.int64), ("*",)
    texts = [frame[column].cast(pl.String) for column in columns]
    for column, text in zip(columns, texts, strict=True):
        empty = text.is_null() | (text == "").fill_null(value=True)
        if empty.any():
            row = int(empty.arg_max() or 0)
            raise DesignNumberError(
                **whose(frame, row), column=column, key=key, value=EMPTY, expected=LABEL
            )
    label = texts[0] if len(texts) == 1 else pl.select(pl.concat_str(texts, separator=" × "))
    series = label if isinstance(label, pl.Series) else label.to_series()
    known = series.unique().sort()
    codes = series.cast(pl.Enum(known)).to_physical().to_numpy().astype(np.int64)
    return codes, tuple(known.to_list())


def _names(frame: pl.DataFrame, column: str, unit: IntArray) -> tuple[str, ...]:
    """Labels of the units above, which are the strata of the next stage."""
    first = _first_of(unit, int(unit.max(initial=-1)) + 1)
    return tuple(frame[column].cast(pl.String).gather(first))


def _dense(codes: IntArray) -> IntArray:
    return np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _numbers(frame: pl.DataFrame, column: str, *, key: str, least: float) -> FloatArray:
    values = frame[column].cast(pl.Float64, strict=False).to_numpy()
    usable = (values >= least) & (values < np.inf)  # NaN fails both
    if not usable.all():
        row = int((~usable).argmax())
        raise DesignNumberError(
            **whose(frame, row),
            column=column,
            key=key,
            value=frame[column][row],
            expected=_from(least),
        )
    return np.asarray(values, dtype=np.float64)


def _first_of(codes: IntArray, size: int) -> IntArray:
    """Row at which each code stands first."""
    first = np.full(size, -1, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first


def _stage(
    frame: pl.DataFrame,
    stratum: IntArray,
    unit: IntArray | None,
    leaf: IntArray,
    population: str | None,
    labels: tuple[str, ...],
) -> Stage:
    n_stratum = int(stratum.max(initial=-1)) + 1
    at_leaf = _first_of(leaf, int(leaf.max(initial=-1)) + 1)
    stratum_of_unit = None
    if unit is None:
        drawn = np.bincount(stratum, minlength=n_stratum).astype(np.float64)
    else:
        stratum_of_unit = stratum[_first_of(unit, int(unit.max(initial=-1)) + 1)]
        drawn = np.bincount(stratum_of_unit, minlength=n_stratum).astype(np.float64)
    return Stage(
        stratum=stratum[at_leaf],
        unit=None if unit is None else unit[at_leaf],
        stratum_of_unit=stratum_of_unit,
        drawn=drawn,
        fraction=_fractions(frame, stratum, drawn, population, labels),
        labels=labels,
    )


def _fractions(
    frame: pl.DataFrame,
    stratum: IntArray,
    drawn: FloatArray,
    column: str | None,
    labels: tuple[str, ...],
) -> FloatArray:
    if column is None:
        return np.zeros(len(drawn))
    values = _numbers(frame, column, key="population", least=1.0)
    population = values[_first_of(stratum, len(drawn))]

    def refuse(at: int, problem: Text, value: float) -> PopulationError:
        return PopulationError(
            stratum=labels[at],
            problem=problem,
            drawn=int(drawn[at]),
            population=float(value),
            column=column,
        )

    differs = values != population[stratum]
    if differs.any():
        row = int(differs.argmax())
        problem = Text(zh=f"第 {row + 1} 行与同层其他行不同", en=f"row {row + 1} differs")
        raise refuse(int(stratum[row]), problem, values[row])
    short = ~(population >= drawn)
    if short.any():
        at = int(short.argmax())
        problem = Text(zh="总体小于样本", en="population is smaller than the sample")
        raise refuse(at, problem, population[at])
    return np.asarray(drawn / population)


def _from(least: float) -> Text:
    return Text(zh=f"不小于 {least:g} 的数", en=f"a number from {least:g}")


def _check_lone(stages: tuple[Stage, ...]) -> None:
    for at, stage in enumerate(stages):
        lone = np.flatnonzero((stage.drawn == 1) & (stage.fraction < 1))
        if len(lone):
            names = [stage.labels[code] for code in lone[:10]]
            more = "…" if len(lone) > 10 else ""
            raise LoneUnitError(
                count=len(lone), strata=", ".join(names) + more, labels=tuple(names), stage=at + 1
            )
