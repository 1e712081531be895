"""Settle the firms whose answer is the same at all prices of a box; leave the others open.

Decides which firms and options can still matter while the prices stay in the box. Does not find
the prices, nor whether the box holds the best ones (``taji.plan.portfolio.prices``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.plan.portfolio.answer import CHUNK, Answer, surplus
from taji.plan.portfolio.instance import NOTHING, Block, ChoiceArray, Portfolio, Rows

__all__ = ["Narrowed", "laid", "narrow", "pick", "settle"]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What is left open.

    Attributes
    ----------
    portfolio : Portfolio
        The firms that are still open, with bounds less what the settled ones use.
    choice : ChoiceArray, shape (n_enterprise,)
        Answers of all firms at the middle of the box.
    bound : float
        Bound at the middle of the box. [points]
    """

    portfolio: Portfolio
    choice: ChoiceArray
    bound: float


def narrow(
    portfolio: Portfolio, at_middle: Answer, prices: FloatArray, radius: FloatArray
) -> Narrowed:
    r"""Leave open the firms that could answer differently within ``radius`` of ``prices``.

    Parameters
    ----------
    portfolio : Portfolio
        The firms.
    at_middle : Answer
        What they take at ``prices``.
    prices, radius : FloatArray, shape (n_row,)
        Middle and half width of the box. [points per smallest unit]

    Notes
    -----
    Option :math:`o` stays while its surplus can reach that of the best :math:`b` somewhere in
    the box: :math:`\sigma_o - \sigma_b + \sum_k |a_{ok} - a_{bk}|\,\delta_k \ge 0`, with
    :math:`\delta_k` the half width of the price that the firm pays for resource :math:`k`.
    """
    effective, slack = portfolio.rows.effective(prices), portfolio.rows.spread(radius)
    free = not portfolio.compulsory
    kept = [_kept(b, at_middle.choice, effective, slack, free=free) for b in portfolio.blocks]
    rest = settle(portfolio, at_middle.choice, kept, used=at_middle.use)
    return Narrowed(rest, at_middle.choice, at_middle.bound)


def settle(
    portfolio: Portfolio,
    choice: ChoiceArray,
    kept: list[BoolArray],
    *,
    used: FloatArray | None = None,
) -> Portfolio:
    """Settle firms at ``choice``, but for those that have options ``kept`` open.

    Parameters
    ----------
    portfolio : Portfolio
        The firms.
    choice : ChoiceArray, shape (n_enterprise,)
        What the settled firms get.
    kept : list of BoolArray, shape (m, n)
        Of each block, the options that stay open; a firm without any is settled.
    used : FloatArray, optional, shape (n_use, n_cell)
        What the choice uses, where that is known. [smallest units]
    """
    blocks: list[Block] = []
    closed, left = choice.copy(), np.full_like(choice, NOTHING)
    for block, keep in zip(portfolio.blocks, kept, strict=True):
        row, column = _pairs(keep)
        blocks += pick(block, row, column)
        firm = block.firm[column]
        closed[firm], left[firm] = NOTHING, choice[firm]
    rows = portfolio.rows
    gone = portfolio.use_of(closed) if used is None else used - portfolio.use_of(left)
    rest = Rows(rows.use, rows.sign, rows.bound - rows.signed(gone), rows.member)
    return Portfolio(
        blocks=tuple(blocks),
        rows=rest,
        size=portfolio.size,
        compulsory=portfolio.compulsory,
        settled=portfolio.value_of(closed),
    )


def laid(open_firms: Portfolio, said: ChoiceArray, over: ChoiceArray) -> ChoiceArray:
    """What open firms take, laid over what all do, shape (n_enterprise,)."""
    out = over.copy()
    for block in open_firms.blocks:
        out[block.firm] = said[block.firm]
    return out


def _pairs(keep: BoolArray) -> tuple[IntArray, IntArray]:
    """Rows and columns of what a table keeps, column by column."""
    row, column = np.divmod(np.flatnonzero(keep), keep.shape[1])
    by_firm = np.argsort(column, kind="stable")
    return row[by_firm], column[by_firm]


def pick(block: Block, row: IntArray, column: IntArray) -> list[Block]:
    """Firms of a block with some options, by row and column, parted by how many each has.

    Parameters
    ----------
    block : Block
        The firms.
    row, column : IntArray, shape (n_open,)
        The options that are open, firm by firm.
    """
    counts = np.bincount(column)[column]
    return [
        _part(block, row[counts == count], column[counts == count], int(count))
        for count in np.flatnonzero(np.bincount(counts))
    ]


def _part(block: Block, row: IntArray, column: IntArray, count: int) -> Block:
    """Firms with ``count`` options each, in rows and columns of a block, firm by firm."""
    place = block.place(row, column).reshape(-1, count).T
    at = column[::count]
    return Block(
        block.firm[at],
        block.cell[at],
        block.option[row, column].reshape(-1, count).T.copy(),
        block.value.reshape(-1).take(place),
        block.use.reshape(len(block.use), -1).take(place, axis=1),
    )


def _kept(
    block: Block, choice: ChoiceArray, effective: FloatArray, slack: FloatArray, *, free: bool
) -> BoolArray:
    keep = np.zeros(block.value.shape, dtype=bool)
    for start in range(0, len(block.firm), CHUNK):
        piece = slice(start, start + CHUNK)
        doubtful = _doubtful(block, piece, choice, effective, slack, free=free)
        reach, nothing = _within_reach(block, doubtful, choice, effective, slack)
        keep[:, doubtful] = reach & (reach.sum(axis=0) + (nothing & free) > 1)
    return keep


def _doubtful(
    block: Block,
    piece: slice,
    choice: ChoiceArray,
    effective: FloatArray,
    slack: FloatArray,
    *,
    free: bool,
) -> IntArray:
    """Firms for which another option at its cheapest reaches the chosen one at its dearest.

    Each option is looked at in its own corner of the box, so too many firms are named, none too
    few; few are left to look at closely.
    """
    column = np.arange(piece.start, min(piece.stop, len(block.firm)))
    worth, have = _taken(block, column, choice)
    least = _less(worth, have, effective + slack, block.cell[piece])
    cheap = effective - slack
    reaching = ((least <= 0) & free).astype(np.int64)
    for j in range(len(block.value)):
        reaching += surplus(block, piece, j, cheap) >= least
    return column[reaching > 1]


def _taken(block: Block, column: IntArray, choice: ChoiceArray) -> tuple[FloatArray, FloatArray]:
    """Value and uses of what firms take, shapes (n,) and (n_use, n); zeros for nothing."""
    chosen = choice[block.firm[column]]
    some = chosen != NOTHING
    if block.option.strides[1] == 0:  # options stand in their own order
        at = np.where(some, chosen, 0)
    else:
        at = np.argmax(block.option[:, column] == chosen, axis=0)
    place = block.place(at, column)
    worth = np.where(some, block.value.reshape(-1).take(place), 0.0)
    have = np.array([np.where(some, used.reshape(-1).take(place), 0.0) for used in block.use])
    return worth, have


def _less(worth: FloatArray, have: FloatArray, effective: FloatArray, cell: IntArray) -> FloatArray:
    """Surplus of what firms take, in the order of sums of ``surplus``, so that equals are equal."""
    out = worth.copy()
    for used, price in zip(have, effective, strict=False):
        if price.any():
            out -= used * price[cell]
    return out


def _within_reach(
    block: Block, column: IntArray, choice: ChoiceArray, effective: FloatArray, slack: FloatArray
) -> tuple[BoolArray, BoolArray]:
    """Options that can be best somewhere in the box, and whether nothing can."""
    cell = block.cell[column]
    worth, have = _taken(block, column, choice)
    top = _less(worth, have, effective, cell)
    widths = slack[:, cell]
    reach = np.empty((len(block.value), len(column)), dtype=bool)
    for j in range(len(reach)):
        room = np.zeros(len(column))
        for k, width in enumerate(widths):
            room += np.abs(block.use[k, j].take(column) - have[k]) * width
        reach[j] = surplus(block, column, j, effective) - top + room >= 0
    nothing = -top + (have[: len(widths)] * widths).sum(axis=0) >= 0
    return reach, nothing
