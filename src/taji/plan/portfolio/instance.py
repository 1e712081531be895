"""Hold who could be supported with what, in arrays that a pass over a million firms runs through.

Decides how firms, options, limits and floors are laid out, and what a choice uses and is worth,
exactly. Does not choose (``taji.plan.portfolio.solve``) and reads no files.

Uses are held as whole numbers of their smallest unit (a cent), inside floats: sums of whole
numbers below 2**53 are exact in any order, so that a limit is kept to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taji.base.arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "NOTHING",
    "Block",
    "ChoiceArray",
    "Floor",
    "Portfolio",
    "Rows",
    "by_cell",
    "in_units",
    "lay_out",
]

ChoiceArray = NDArray[np.int32]

#: The choice of a firm that gets nothing.
NOTHING = -1
#: Most decimals that a use is held with. [decimals]
DECIMALS = 6
#: How far a number may lie from a whole one to be it: the rounding of a binary float. [fraction]
WHOLE = 1e-9
#: So many uses are looked at first, and then at once. [options]
HEAD, PIECE = 1_000, 1 << 14
#: Firms that are laid out at once. [firms]
FIRMS = 1 << 12


@dataclass(frozen=True, slots=True)
class Floor:
    """Firms with ``member`` must use at least ``least`` of the resource at place ``use``.

    Attributes
    ----------
    member : BoolArray, shape (n_enterprise,)
        Who counts.
    use : int
        Place of the resource.
    least : float
        What they must get together. [units of the resource]
    """

    member: BoolArray
    use: int
    least: float


@dataclass(frozen=True, slots=True)
class Block:
    """Firms that have equally many options, one column a firm, one row an option.

    Tables lie in memory row by row, so that a place in one is a place in the flattened one.

    Attributes
    ----------
    firm : IntArray, shape (n,)
        Places of the firms in the portfolio.
    cell : IntArray, shape (n,)
        Which floors count the firm: column of ``Rows.member``.
    option : NDArray, shape (m, n)
        Place of each option among those of its firm.
    value : FloatArray, shape (m, n)
        What the option is worth. [points]
    use : FloatArray, shape (n_use, m, n)
        What it uses. [smallest units]
    """

    firm: IntArray
    cell: IntArray
    option: NDArray[np.int32]
    value: FloatArray
    use: FloatArray

    def value_at(self, row: IntArray, column: IntArray) -> FloatArray:
        """Values of the options in rows and columns. [points]"""
        return self.value.reshape(-1).take(self.place(row, column))

    def use_at(self, row: IntArray, column: IntArray, n_cell: int) -> FloatArray:
        """What the options in rows and columns use, shape (n_use, n_cell). [smallest units]"""
        place, cell = self.place(row, column), self.cell[column]
        return np.array([by_cell(used.reshape(-1).take(place), cell, n_cell) for used in self.use])

    def place(self, row: IntArray, column: IntArray) -> IntArray:
        """Where options in rows and columns stand in the flattened tables."""
        place: IntArray = row * self.value.shape[1] + column
        return place


@dataclass(frozen=True, slots=True)
class Rows:
    r"""Limits and floors as rows of one shape, ``sign * use <= bound``.

    Attributes
    ----------
    use : IntArray, shape (n_row,)
        Resource of each row.
    sign : FloatArray, shape (n_row,)
        1 for a limit, -1 for a floor.
    bound : FloatArray, shape (n_row,)
        The limit, or the floor with its sign turned. [smallest units]
    member : BoolArray, shape (n_row, n_cell)
        Whether firms of a cell count in the row.
    """

    use: IntArray
    sign: FloatArray
    bound: FloatArray
    member: BoolArray

    def signed(self, use: FloatArray) -> FloatArray:
        """Left-hand sides of the rows from uses by cell, shape (n_use, n_cell)."""
        total: FloatArray = np.where(self.member, use[self.use], 0.0).sum(axis=1)
        out: FloatArray = self.sign * total
        return out

    def effective(self, prices: FloatArray) -> FloatArray:
        """What a firm of each cell pays for a unit of each resource, shape (n_use, n_cell)."""
        return self.spread(self.sign * prices)

    def spread(self, weights: FloatArray) -> FloatArray:
        """Sums over rows by resource and cell, shape (n_use, n_cell)."""
        out = np.zeros((int(self.use.max(initial=-1)) + 1, self.member.shape[1]))
        np.add.at(out, self.use, weights[:, None] * self.member)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Whom to support with what: the whole of it, or the part that is still open.

    Attributes
    ----------
    blocks : tuple of Block
        The firms, by number of options.
    rows : Rows
        Limits first, in the order of the resources, then floors.
    size : int
        Number of firms, with those that are settled. [firms]
    compulsory : bool
        Whether every firm must get exactly one option.
    settled : float
        Value of the firms that are settled. [points]
    """

    blocks: tuple[Block, ...]
    rows: Rows
    size: int
    compulsory: bool
    settled: float = 0.0

    @property
    def open(self) -> int:
        """How many firms are not settled. [firms]"""
        return sum(len(block.firm) for block in self.blocks)

    @property
    def options(self) -> int:
        """How many options are open. [options]"""
        return sum(block.value.size for block in self.blocks)

    @property
    def n_use(self) -> int:
        """How many resources there are; without open firms, how many the rows know."""
        return len(self.blocks[0].use) if self.blocks else int(self.rows.use.max(initial=-1)) + 1

    def use_of(self, choice: ChoiceArray) -> FloatArray:
        """What a choice uses by resource and cell, shape (n_use, n_cell). [smallest units]"""
        out = np.zeros((self.n_use, self.rows.member.shape[1]))
        for block in self.blocks:
            out += block.use_at(*_taken(block, choice), out.shape[1])
        return out

    def value_of(self, choice: ChoiceArray) -> float:
        """What a choice is worth. [points]"""
        parts = (float(block.value_at(*_taken(block, choice)).sum()) for block in self.blocks)
        return self.settled + sum(parts)

    def over(self, choice: ChoiceArray) -> FloatArray:
        """By how much a choice breaks each row; nowhere above 0 when it holds."""
        return self.rows.signed(self.use_of(choice)) - self.rows.bound

    def fits(self, choice: ChoiceArray) -> bool:
        """Whether a choice keeps all rows, and gives every firm something where that is asked."""
        missing = self.compulsory and any((choice[b.firm] == NOTHING).any() for b in self.blocks)
        return not missing and bool(np.all(self.over(choice) <= 0))


def by_cell(amount: FloatArray, cell: IntArray, n_cell: int) -> FloatArray:
    """Sums of amounts by cell, shape (n_cell,)."""
    if n_cell == 1:
        return np.array([amount.sum()])
    out: FloatArray = np.bincount(cell, amount, minlength=n_cell).astype(np.float64)
    return out


def _taken(block: Block, choice: ChoiceArray) -> tuple[IntArray, IntArray]:
    """Rows of the block that its firms take, and the columns of those that take one."""
    chosen = choice[block.firm]
    at = np.flatnonzero(chosen != NOTHING)
    if block.option.strides[1] == 0:  # options stand in their own order
        return chosen[at].astype(np.int64), at
    return np.argmax(block.option[:, at] == chosen[at], axis=0), at


def in_units(use: FloatArray) -> tuple[FloatArray, float]:
    """Turn uses into smallest units: the least power of ten that makes all of them whole.

    Returns
    -------
    tuple of (FloatArray, float)
        The uses, and how many smallest units one unit has. Uses that no ``DECIMALS`` make whole
        keep their fractions of the last decimal.

    Examples
    --------
    >>> in_units(np.array([1200.0, 19.99]))
    (array([120000.,   1999.]), 100.0)
    """
    for decimals in range(DECIMALS + 1):
        whole = _whole(use, 10.0**decimals)
        if whole is not None:
            return whole, 10.0**decimals
    return use * 10.0**DECIMALS, 10.0**DECIMALS


def _whole(use: FloatArray, units: float) -> FloatArray | None:
    """Uses in units that make all of them whole, or None, piece by piece in the cache."""
    out = np.empty_like(use)
    start, size = 0, HEAD
    while start < len(use):
        piece = slice(start, start + size)
        scaled, whole = use[piece] * units, out[piece]
        np.rint(scaled, out=whole)
        if not bool(np.all(np.abs(scaled - whole) <= WHOLE * (1.0 + whole))):
            return None
        start, size = start + size, PIECE
    return out


def lay_out(
    starts: IntArray,
    value: FloatArray,
    uses: Iterable[FloatArray],
    *,
    limits: Sequence[float | None],
    floors: Sequence[Floor] = (),
    compulsory: bool = False,
) -> Portfolio:
    """Lay a table of options out.

    Parameters
    ----------
    starts : IntArray, shape (n_enterprise + 1,)
        Where the options of each firm begin in the table, and its length.
    value : FloatArray, shape (n_option,)
        What each option is worth. [points]
    uses : iterable of FloatArray, shape (n_option,)
        What it uses of each resource, not negative; taken one after the other, so that a large
        table need not stand in memory twice. [smallest units]
    limits : sequence of float or None
        The most of each resource; None where there is none. [smallest units]
    floors : sequence of Floor
        The least that groups must get.
    compulsory : bool
        Whether every firm must get exactly one option.

    Examples
    --------
    >>> table = lay_out(
    ...     np.array([0, 2, 3]), np.array([5.0, 8.0, 4.0]),
    ...     [np.array([10.0, 30.0, 20.0])], limits=[30.0],
    ... )
    >>> choice = np.array([0, 0], dtype=np.int32)
    >>> table.value_of(choice), table.over(choice)
    (9.0, array([0.]))
    """
    size = len(starts) - 1
    member, cell = _cells([floor.member for floor in floors], size)
    limited = [place for place, limit in enumerate(limits) if limit is not None]
    rows = Rows(
        use=np.array([*limited, *(floor.use for floor in floors)], dtype=np.int64),
        sign=np.array([1.0] * len(limited) + [-1.0] * len(floors)),
        bound=np.array(
            [*(float(x) for x in limits if x is not None), *(-floor.least for floor in floors)]
        ),
        member=np.vstack([np.ones((len(limited), member.shape[1]), dtype=bool), member]),
    )
    counts = np.diff(starts)
    blocks = [
        _empty(np.flatnonzero(counts == m), cell, int(m), len(limits)) for m in np.unique(counts)
    ]
    for block in blocks:
        _fill(block.value, value, starts[block.firm])
    for k, column in enumerate(uses):
        for block in blocks:
            _fill(block.use[k], column, starts[block.firm])
    return Portfolio(blocks=tuple(blocks), rows=rows, size=size, compulsory=compulsory)


def _empty(firm: IntArray, cell: IntArray, m: int, n_use: int) -> Block:
    option = np.broadcast_to(np.arange(m, dtype=np.int32)[:, None], (m, len(firm)))
    use = np.empty((n_use, m, len(firm)))
    return Block(firm, cell[firm], option, np.empty((m, len(firm))), use)


def _fill(target: FloatArray, column: FloatArray, first: IntArray) -> None:
    """Turn a column of a table over, some firms at a time, so that they stay in the cache."""
    for start in range(0, len(first), FIRMS):
        piece = slice(start, start + FIRMS)
        rows = first[piece]
        for j in range(len(target)):
            np.take(column, rows + j, out=target[j, piece], mode="clip")


def _cells(members: Sequence[BoolArray], size: int) -> tuple[BoolArray, IntArray]:
    """Firms that the same floors count are one cell: membership by cell, and the cell of each."""
    cell = np.zeros(size, dtype=np.int64)
    columns = np.zeros((0, 1), dtype=bool)
    for member in members:
        if len(member) != size:
            raise ValueError("a floor must say of every firm whether it counts")
        split = 2 * cell + member
        pairs = np.flatnonzero(np.bincount(split))
        cell = np.searchsorted(pairs, split)
        columns = np.vstack([columns[:, pairs // 2], (pairs % 2 == 1)[None, :]])
    return columns, cell
