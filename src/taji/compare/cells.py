"""Lay the cells of a question out as a table that can be attacked and protected.

Turns judged counts into a ``taji.compare.suppression.Problem``: what the cells are worth to an
attacker, which sums tie them, how wide the darkness around each must be, what hiding costs.

Three kinds of cell stand in it: the rows that are published; the *sizes* of groups, which are on
show as long as one row of the group is; and the same sizes as *known* constants, because what
a tick gives away is judged as if the attacker had counted every group himself.

Questions that themselves break the city down (industry, size, district) are laid out together:
industry by size and size by industry are one table read along either side. Their counts are
sizes of groups themselves, so of these nothing is taken as known but what is published.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict
from zlib import crc32

import numpy as np
import polars as pl

from taji.base.arrays import BoolArray
from taji.compare.attack import Relation, Table
from taji.compare.sensitive import Rules
from taji.compare.suppression import Problem, suppress

__all__ = ["CITY_COST", "KEY", "Block", "blocks", "lay_out", "whole_groups"]

Place = tuple[str, str]  # by, group
Column = tuple[str, str]  # question, option
Name = tuple[str, str, str, str]  # question, option, by, group

#: What names a cell.
KEY = ("question", "option", "by", "group")

#: Withholding a figure of the whole city costs as much as this many rows of a breakdown.
CITY_COST = 50

#: Cost of one row of a breakdown; up to as much again is added by the share of the firms that it
#: rests on, so that of two partners the smaller goes. A number up to ``TIE`` of the cell's own
#: makes the cheapest pattern the only one.
ROW_COST = 10_000_000
TIE = 10_007

#: Weighted totals are held as thousandths of the city's, so that one tolerance serves all.
UNITS = 1000.0

#: An amount has no ends that anyone knows; this many times the city's total is as good as none.
NO_END = 4.0


class _Ends(TypedDict):
    """What an attacker knows of a cell beforehand, and what he must be left with."""

    value: float
    low: float
    high: float
    above: float
    below: float
    span: float


def blocks(judged: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Split judged counts into tables that share no sum, cells in a fixed order."""
    breakdown = pl.col("question").is_in(judged["by"].unique().to_list())
    ordered = judged.with_columns(
        block=pl.when(breakdown).then(pl.lit("")).otherwise("question")
    ).sort("block", "question", "by", "group", "option", "kind")
    for part in ordered.partition_by("block", maintain_order=True):
        yield part.drop("block")


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The cells of one question, or of the questions that break the city down.

    Attributes
    ----------
    problem : Problem
        The first cells are the rows of ``rows``, in their order; sizes follow.
    rows : DataFrame, shape (n_row, ...)
        The judged counts.
    names : tuple of (question, option, by, group)
        One for each cell; the option of a size is empty.
    """

    problem: Problem
    rows: pl.DataFrame
    names: tuple[Name, ...]

    def hidden_rows(self, hidden: BoolArray) -> pl.DataFrame:
        """Return the judged rows whose cells are hidden."""
        return self.rows.filter(pl.Series(hidden[: self.rows.height], dtype=pl.Boolean))

    def pattern(self, shown: BoolArray) -> BoolArray:
        """Return which cells are hidden when only the rows ``shown`` are published."""
        hidden = self.problem.forced.copy()
        hidden[: self.rows.height] = ~shown
        for size, rows in self.problem.carried.items():
            hidden[size] = hidden[list(rows)].all()
        return hidden


def lay_out(judged: pl.DataFrame, rules: Rules) -> Block:
    """Lay out the cells of one block.

    Parameters
    ----------
    judged : DataFrame
        Counts of one of ``blocks`` with ``published, why, need`` (``taji.compare.sensitive.judge``)
        and ``partner``: whether the group is hidden whole whatever the question.
    rules : Rules

    Returns
    -------
    Block
    """
    sheet = _Sheet()
    city = judged.filter(pl.col("by") == "")
    firms = max(1, *city["n"].to_list())
    unit = max([t for t in city["total_abs"].to_list() if t], default=UNITS) / UNITS
    signed = bool((judged["total"] < judged["total_abs"] - 1e-9 * judged["total_abs"]).any())
    breakdowns = set(judged["by"].unique())
    columns: dict[Column, dict[Place, int]] = {}
    for row in judged.iter_rows(named=True):
        if row["kind"] == "quantity":
            ends = _quantity(row, unit, signed)
        elif row["question"] in breakdowns:
            ends = _share(row, rules, most=max(firms, 2 * rules.minimum))
        else:
            ends = _share(row, rules, most=row["n"])
        cell = sheet.add(
            (row["question"], row["option"], row["by"], row["group"]),
            **ends,
            forced=row["why"] is not None or row["partner"] or not row["published"],
            cost=_cost(row, firms) if row["published"] else 0,
        )
        columns.setdefault((row["question"], row["option"]), {})[row["by"], row["group"]] = cell
    for cells in columns.values():
        sheet.sum_groups(cells)
    singles = judged.filter(pl.col("kind") == "single")["question"].unique().sort()
    sizes = _show_sizes(sheet, judged, columns, rules)
    for question in singles:
        options = [cells for c, cells in columns.items() if c[0] == question and c[1]]
        shown = sizes[question] if question in breakdowns else None
        _sum_options(sheet, judged, question, options, shown)
    _same_tables(sheet, columns)
    return Block(sheet.problem(), judged, tuple(sheet.names))


def whole_groups(judged: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Choose the groups to hide whole, in every question, so that no size under the minimum shows.

    Parameters
    ----------
    judged : DataFrame
        Counts of all questions with ``published``.
    rules : Rules

    Returns
    -------
    DataFrame
        ``by, group``: groups of fewer than ``minimum`` firms, and the cheapest partners.
    """
    sizes = (
        judged.group_by("by", "group")
        .agg(pl.col("n").max(), pl.col("published").sum().alias("rows"))
        .sort("by", "group")
    )
    found = []
    for by in sizes.filter(pl.col("by") != "", pl.col("n") < rules.minimum, pl.col("rows") > 0)[
        "by"
    ].unique(maintain_order=True):
        groups = sizes.filter(pl.col("by") == by)
        sheet = _Sheet()
        cells: dict[Place, int] = {}
        total = int(groups["n"].sum())
        rows = int(groups["rows"].sum())
        cells["", ""] = sheet.add(
            ("", "", "", ""), **_size(total, total, rules, True), cost=rows * CITY_COST * ROW_COST
        )
        for group, n, count in groups.select("group", "n", "rows").iter_rows():
            cells[by, group] = sheet.add(
                ("", "", by, group),
                **_size(n, total, rules, count > 0),
                forced=count == 0 or 0 < n < rules.minimum,
                cost=count * (ROW_COST + ROW_COST * n // max(total, 1)) + _tie(by, group) % TIE,
            )
        sheet.sum_groups(cells)
        hidden = suppress(sheet.problem()).hidden[1:]
        found.append(groups.filter(pl.Series(hidden, dtype=pl.Boolean), pl.col("n") > 0))
    return pl.concat([sizes.clear(), *found]).select("by", "group")


class _Sheet:
    """Cells and relations while they are being gathered."""

    def __init__(self) -> None:
        self.names: list[Name] = []
        self._cells: list[tuple[float, float, float, float, float, float, bool, int]] = []
        self._relations: list[Relation] = []
        self._carried: dict[int, tuple[int, ...]] = {}

    def add(
        self,
        name: Name,
        *,
        value: float,
        low: float,
        high: float,
        above: float = 0.0,
        below: float = 0.0,
        span: float = 0.0,
        forced: bool = False,
        cost: int,
        carried: tuple[int, ...] = (),
    ) -> int:
        self.names.append(name)
        self._cells.append((value, low, high, above, below, span, forced, cost))
        if carried:
            self._carried[len(self._cells) - 1] = carried
        return len(self._cells) - 1

    def sum_to(self, total: int, parts: list[int]) -> None:
        signs = np.array([-1.0, *[1.0] * len(parts)])
        self._relations.append(Relation(np.array([total, *parts]), signs))

    def equal(self, one: int, other: int) -> None:
        """Two cells that count the same firms, where they do; what bounds one bounds both."""
        if self._cells[one][0] == self._cells[other][0]:
            self.sum_to(one, [other])
            most = min(self._cells[one][2], self._cells[other][2])
            for cell in (one, other):
                self.limit(cell, high=most, span=min(self._cells[cell][5], most))

    def limit(self, cell: int, *, span: float, high: float | None = None) -> None:
        """Lower what is asked for a cell to what can be had."""
        value, low, before, above, below, _, forced, cost = self._cells[cell]
        top = before if high is None else high
        self._cells[cell] = (value, low, top, above, below, span, forced, cost)

    def sum_groups(self, cells: dict[Place, int]) -> None:
        """The groups of every breakdown sum to the city."""
        for by in dict.fromkeys(by for by, _ in cells if by):
            self.sum_to(cells["", ""], [cell for (b, _), cell in cells.items() if b == by])

    def problem(self) -> Problem:
        value, low, high, above, below, span, forced, cost = zip(*self._cells, strict=True)
        return Problem(
            table=Table(
                value=np.array(value),
                low=np.array(low),
                high=np.array(high),
                relations=tuple(self._relations),
            ),
            above=np.array(above),
            below=np.array(below),
            span=np.array(span),
            forced=np.array(forced, dtype=np.bool_),
            cost=np.array(cost, dtype=np.int64),
            carried=self._carried,
        )


def _share(row: dict[str, Any], rules: Rules, *, most: int) -> _Ends:
    """A count of ticks: from none to ``most``."""
    span = float(min(rules.minimum, row["n"])) if row["why"] is not None else 0.0
    value, high = float(row["ticking"]), float(most)
    return _Ends(value=value, low=0.0, high=high, above=0.0, below=0.0, span=span)


def _quantity(row: dict[str, Any], unit: float, signed: bool) -> _Ends:
    """A weighted total: between the ends of the scale, or of anything imaginable."""
    value, need = (row["total"] or 0.0) / unit, (row["need"] or 0.0) / unit
    no_end = NO_END * UNITS
    low, high = -no_end if signed else 0.0, no_end
    if row["low"] is not None:
        low = row["low"] * row["weight"] / unit
    if row["high"] is not None:
        high = row["high"] * row["weight"] / unit
    low, high = min(low, value), max(high, value)
    return _Ends(
        value=value,
        low=low,
        high=high,
        above=min(need, high - value),
        below=min(need, value - low),
        span=0.0,
    )


def _size(n: int, firms: int, rules: Rules, published: bool) -> _Ends:
    """How many firms a group has: anything up to the city, and a small city is not known."""
    span = float(rules.minimum) if published and 0 < n < rules.minimum else 0.0
    high = float(max(firms, 2 * rules.minimum))
    return _Ends(value=float(n), low=0.0, high=high, above=0.0, below=0.0, span=span)


def _cost(row: dict[str, Any], firms: int) -> int:
    """A row costs more the more firms it tells of; a figure of the city as much as many rows."""
    tie = _tie(row["question"], row["option"], row["by"], row["group"]) % TIE
    told = row["n"] if row["ticking"] is None else row["ticking"]
    cost = ROW_COST + ROW_COST * int(told) // firms
    return (CITY_COST if row["by"] == "" else 1) * cost + tie


def _tie(*key: str) -> int:
    """A number of its own for every cell, the same on every machine."""
    return crc32("|".join(key).encode())


def _sum_options(
    sheet: _Sheet,
    judged: pl.DataFrame,
    question: str,
    options: list[dict[Place, int]],
    shown: dict[Place, int] | None,
) -> None:
    """The options of a single choice sum to the group: its size as shown, or else as known."""
    n, ticking = judged["n"].to_list(), judged["ticking"].to_list()
    rest = {p: n[options[0][p]] - sum(ticking[c[p]] for c in options) for p in options[0]}
    for place in options[0]:
        parts = [cells[place] for cells in options]
        size = n[parts[0]]
        name = (question, "", *place)
        if any(rest.values()):  # answers that no measure counts are published nowhere
            other = sheet.add(name, value=rest[place], low=0.0, high=size, forced=True, cost=0)
            parts.append(other)
        if shown is not None:
            sheet.sum_to(shown[place], parts)
            continue
        if len(parts) == 1:  # the only answer there is says nothing
            sheet.limit(parts[0], span=0.0)
        sheet.sum_to(sheet.add(name, value=size, low=size, high=size, cost=1), parts)


def _same_tables(sheet: _Sheet, columns: dict[Column, dict[Place, int]]) -> None:
    """Industry a by size b counts the same firms as size b by industry a."""
    for (question, option), cells in columns.items():
        for (by, group), cell in cells.items():
            other = columns.get((by, group), {}).get((question, option))
            if other is not None and (question, option) < (by, group):
                sheet.equal(cell, other)


def _show_sizes(
    sheet: _Sheet, judged: pl.DataFrame, columns: dict[Column, dict[Place, int]], rules: Rules
) -> dict[str, dict[Place, int]]:
    """The size of a group is on show while one of its rows is; sizes sum to the city's."""
    found: dict[str, dict[Place, int]] = {}
    n, published = judged["n"].to_list(), judged["published"].to_list()
    alike: dict[tuple[str, tuple[int, ...]], list[dict[Place, int]]] = {}
    for (question, _), cells in columns.items():
        key = question, tuple(n[i] for i in cells.values())
        alike.setdefault(key, []).append(cells)
    for (question, _), options in alike.items():
        firms = n[options[0]["", ""]]
        sizes = {}
        for place, first in options[0].items():
            rows = tuple(cells[place] for cells in options if published[cells[place]])
            ends = _size(n[first], firms, rules, bool(rows))
            name = (question, "", *place)
            sizes[place] = sheet.add(name, **ends, forced=not rows, cost=0, carried=rows)
            if place[0] == question and (question, place[1]) in columns:
                sheet.equal(sizes[place], columns[question, place[1]]["", ""])
        sheet.sum_groups(sizes)
        found.setdefault(question, sizes)
    return found
