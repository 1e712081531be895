"""The estimates by key: what a sentence or a chart asks for, one cell at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

__all__ = ["Cell", "Estimates", "Key"]


@dataclass(frozen=True, slots=True)
class Key:
    """What a cell is about; ``by`` and ``group`` are empty for the whole city."""

    question: str
    option: str = ""
    statistic: str = "proportion"
    by: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One estimate with its quality; a withheld one has no numbers.

    ``n`` is the number of answers used, ``base`` the number of firms that the question was
    put to. [firms]
    """

    key: Key
    estimate: float | None
    low: float | None
    high: float | None
    n: float | None
    base: float | None
    withheld: bool

    @property
    def shown(self) -> tuple[float, float, float] | None:
        """Estimate and interval, or None where there is nothing to show.

        An estimate without an interval (one firm in a stratum) has itself at both ends.
        """
        if self.withheld or self.estimate is None:
            return None
        low = self.estimate if self.low is None else self.low
        high = self.estimate if self.high is None else self.high
        return self.estimate, low, high


class Estimates:
    """The contract's ``estimates.csv``, looked up by key.

    Examples
    --------
    >>> frame = pl.DataFrame({"question": ["plan"], "option": ["yes"], "statistic": ["proportion"],
    ...     "by": [None], "group": [None], "estimate": [0.09], "ci_low": [0.04],
    ...     "ci_high": [0.18], "n": [65], "base": [65], "suppressed": [False]})
    >>> Estimates(frame).cell("plan", "yes").estimate
    0.09
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self._cells: dict[Key, Cell] = {}
        for row in frame.iter_rows(named=True):
            cell = _cell(row)
            self._cells[cell.key] = cell
        self._pairs: dict[str, dict[tuple[str, str], None]] = {}
        for key in self._cells:
            self._pairs.setdefault(key.question, {})[(key.option, key.statistic)] = None

    def __iter__(self) -> Iterator[Cell]:
        return iter(self._cells.values())

    def __len__(self) -> int:
        return len(self._cells)

    def cell(
        self,
        question: str,
        option: str = "",
        *,
        statistic: str = "proportion",
        by: str = "",
        group: str = "",
    ) -> Cell | None:
        """Return the cell of a key, or None where nothing was estimated."""
        return self._cells.get(Key(question, option, statistic, by, group))

    def questions(self) -> tuple[str, ...]:
        """Questions (and ``model:node``) in the order of the table."""
        return tuple(self._pairs)

    def keys_of(self, question: str) -> tuple[tuple[str, str], ...]:
        """Options and statistics of one question, in the order of the table."""
        return tuple(self._pairs.get(question, ()))


def _cell(row: Mapping[str, object]) -> Cell:
    return Cell(
        key=Key(
            *(str(row[name] or "") for name in ("question", "option", "statistic", "by", "group"))
        ),
        estimate=_number(row.get("estimate")),
        low=_number(row.get("ci_low")),
        high=_number(row.get("ci_high")),
        n=_number(row.get("n")),
        base=_number(row.get("base")),
        withheld=bool(row.get("suppressed")),
    )


def _number(value: object) -> float | None:
    """Return a finite number, or None: an estimate that is not a number is not shown."""
    if not isinstance(value, int | float):
        return None
    number = float(value)
    return number if number - number == 0 else None
