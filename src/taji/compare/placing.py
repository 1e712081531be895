"""Place one firm among all that answered, at once, from scores made ready for a round.

Turns the scores of a round, a ladder of peer groups and the bound design into a prepared
object that places any firm in milliseconds, also one whose answers have changed since. The
figure is that of ``taji.compare.peers.percentiles``, which explains it and places all
firms. Decides nothing about files: ``table`` and ``settings`` hold everything, and ``of_table``
makes the object again (``taji.desk.placing`` writes and reads them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from taji.base.arrays import FloatArray, IntArray
from taji.compare.peers import CROSS, PeerColumnError, groups, place
from taji.survey.design import LoneUnit, Sample, Stage

__all__ = ["PeerScores", "Place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a firm stands among its peers.

    Attributes
    ----------
    percentile, low, high : float
        Share of the group's firms below it, with interval; the ends are None without degrees
        of freedom. [fraction]
    by, group : tuple of str
        The columns that peers agree in and their values; empty for the whole city.
    n : int
        Firms of the group with a score, the firm among them. [firms]
    confidence : float
        [fraction]
    """

    percentile: float
    low: float | None
    high: float | None
    by: tuple[str, ...]
    group: tuple[str, ...]
    n: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeerScores:
    """The scores of a round under one model, ready to place firms.

    Attributes
    ----------
    model : str
        ``id@version`` of the model.
    frame : DataFrame
        ``enterprise``, ``score`` and the columns of the ladder, row for row with ``sample``.
    sample : Sample
        The bound design.
    ladder : tuple of tuple of str
        Peer groups from the closest to the widest.
    minimum : int
        Fewest firms with a score, the firm among them, that make a peer group. [firms]
    confidence : float
        [fraction]
    """

    model: str
    frame: pl.DataFrame
    sample: Sample
    ladder: tuple[tuple[str, ...], ...]
    minimum: int
    confidence: float
    _score: FloatArray
    _row: Mapping[str, int]
    _members: tuple[Mapping[str, IntArray], ...]

    @classmethod
    def of(
        cls,
        frame: pl.DataFrame,
        column: str,
        *,
        model: str,
        sample: Sample,
        ladder: Sequence[tuple[str, ...]],
        minimum: int,
        confidence: float = 0.95,
    ) -> PeerScores:
        """Make the scores of a round ready.

        Parameters
        ----------
        frame : DataFrame
            ``enterprise``, the score and the columns of the ladder; one row for each row of
            ``sample``, in its order. A firm without a score is no peer.
        column : str
            The score. [points]
        model, sample, ladder, minimum, confidence
            As for the class.

        Raises
        ------
        PeerColumnError
            If a column is missing.

        Examples
        --------
        >>> from taji.survey.design import Design
        >>> frame = pl.DataFrame({"enterprise": list("abcde"), "total": [1.0, 2.0, 3.0, 4.0, 5.0]})
        >>> peers = PeerScores.of(frame, "total", model="m@1.0", sample=Design().bind(frame),
        ...                       ladder=[()], minimum=5)
        >>> peers.place("b").percentile, peers.place("b", score=9.0).percentile
        (0.3, 0.9)
        """
        wanted = tuple(dict.fromkeys(name for rung in ladder for name in rung))
        for name in (column, *wanted):
            if name not in frame.columns:
                raise PeerColumnError(column=name, known=", ".join(frame.columns[:12]))
        kept = frame.select(
            pl.col("enterprise").cast(pl.String),
            pl.col(column).cast(pl.Float64).alias("score"),
            *(pl.col(name).cast(pl.String) for name in wanted),
        )
        score = kept["score"].fill_null(float("nan")).to_numpy()
        scored = np.isfinite(score)
        return cls(
            model=model,
            frame=kept,
            sample=sample,
            ladder=tuple(ladder),
            minimum=minimum,
            confidence=confidence,
            _score=score,
            _row={key: row for row, key in enumerate(kept["enterprise"])},
            _members=tuple(dict(groups(kept, rung, scored)) for rung in ladder),
        )

    def place(
        self,
        enterprise: str,
        *,
        score: float | None = None,
        groups: Mapping[str, str | None] | None = None,
    ) -> Place | None:
        """Place one firm; None where it has no score or no group is large enough.

        Parameters
        ----------
        enterprise : str
            Key of the firm. Its own row among the scores, if it has one, is no peer of its.
        score : float, optional
            Its score, where the answers are newer than the scores made ready. [points]
        groups : mapping, optional
            Its values in the columns of the ladder, where it has no row or they have changed.
        """
        row = self._row.get(enterprise, -1)
        mine = self._score[row] if score is None and row >= 0 else score
        if mine is None or not np.isfinite(mine):
            return None
        said = {**self._said(row), **(groups or {})}
        for rung, members in zip(self.ladder, self._members, strict=True):
            values = [said.get(name) for name in rung]
            group = CROSS.join(value for value in values if value is not None)
            rows = members.get(group)
            if None in values or rows is None:
                continue
            n = len(rows) + (not _holds(rows, row))
            if n >= self.minimum and n > 1:
                return self._placed(float(mine), row, rows, rung, tuple(map(str, values)), n)
        return None

    def _placed(
        self,
        mine: float,
        row: int,
        rows: IntArray,
        rung: tuple[str, ...],
        group: tuple[str, ...],
        n: int,
    ) -> Place:
        percentile, low, high = (
            float(figure[0])
            for figure in place(
                self._score, np.array([mine]), np.array([row]), self.sample, rows, self.confidence
            )
        )
        return Place(
            percentile=percentile,
            low=None if np.isnan(low) else low,
            high=None if np.isnan(high) else high,
            by=rung,
            group=group,
            n=n,
            confidence=self.confidence,
        )

    def _said(self, row: int) -> dict[str, str | None]:
        names = self.frame.columns[2:]
        return dict(zip(names, self.frame.row(row)[2:], strict=True)) if row >= 0 else {}

    def table(self) -> pl.DataFrame:
        """Return everything that stands row by row: scores, groups, places in the design."""
        design = {"leaf": self.sample.leaf, "weight": self.sample.weight}
        for at, stage in enumerate(self.sample.stages):
            stratum = stage.stratum[self.sample.leaf]
            design[f"stratum_{at}"] = stratum
            design[f"fraction_{at}"] = stage.fraction[stratum]
            if stage.unit is not None:
                design[f"unit_{at}"] = stage.unit[self.sample.leaf]
        named = {f"design:{name}": values for name, values in design.items()}
        return self.frame.hstack(pl.DataFrame(named))

    def settings(self) -> dict[str, object]:
        """Return everything else, as JSON can hold it."""
        return {
            "model": self.model,
            "ladder": [list(rung) for rung in self.ladder],
            "minimum": self.minimum,
            "confidence": self.confidence,
            "lone_unit": self.sample.lone_unit,
        }

    @classmethod
    def of_table(
        cls,
        table: pl.DataFrame,
        *,
        model: str,
        ladder: Sequence[Sequence[str]],
        minimum: int,
        confidence: float,
        lone_unit: LoneUnit,
    ) -> PeerScores:
        """Make the object again from ``table`` and ``settings``."""
        return cls.of(
            table,
            "score",
            model=model,
            sample=_sample(table, lone_unit),
            ladder=[tuple(rung) for rung in ladder],
            minimum=minimum,
            confidence=confidence,
        )


def _holds(rows: IntArray, row: int) -> bool:
    """Whether sorted rows hold a row."""
    at = int(np.searchsorted(rows, row))
    return at < len(rows) and int(rows[at]) == row


def _sample(table: pl.DataFrame, lone_unit: LoneUnit) -> Sample:
    def column(name: str) -> IntArray:
        return table[f"design:{name}"].to_numpy()

    leaf = column("leaf")
    at_leaf = _first(leaf)
    stages: list[Stage] = []
    while f"design:stratum_{len(stages)}" in table.columns:
        at = len(stages)
        stratum = column(f"stratum_{at}")
        unit = column(f"unit_{at}") if f"design:unit_{at}" in table.columns else None
        of_unit = None if unit is None else stratum[_first(unit)]
        drawn = np.bincount(stratum if of_unit is None else of_unit).astype(np.float64)
        fraction: FloatArray = table[f"design:fraction_{at}"].to_numpy()[_first(stratum)]
        stages.append(
            Stage(
                stratum=stratum[at_leaf],
                unit=None if unit is None else unit[at_leaf],
                stratum_of_unit=of_unit,
                drawn=drawn,
                fraction=fraction,
                labels=tuple(str(code) for code in range(len(drawn))),
            )
        )
    weight: FloatArray = table["design:weight"].to_numpy()
    return Sample(leaf, weight, tuple(stages), None, lone_unit)


def _first(codes: IntArray) -> IntArray:
    """Row at which each code stands first; codes are dense."""
    return np.unique(codes, return_index=True)[1]
