"""Settle the firms whose answer is the same at all prices of a box; leave the others open.

Decides which firms and options can still matter while the prices stay in the box. Does not find
the prices, nor whether the box holds the best ones (``taji.plan.portfolio.prices``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.plan.portfolio.answer import CHUNK, answer, surplus
from taji.plan.portfolio.instance import NOTHING, Block, ChoiceArray, Portfolio, Rows

__all__ = ["Narrowed", "narrow", "settle"]


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


def narrow(portfolio: Portfolio, prices: FloatArray, radius: FloatArray) -> Narrowed:
    r"""Leave open the firms that could answer differently within ``radius`` of ``prices``.

    Parameters
    ----------
    portfolio : Portfolio
        The firms.
    prices, radius : FloatArray, shape (n_row,)
        Middle and half width of the box. [points per smallest unit]

    Notes
    -----
    Option :math:`o` stays while its surplus can reach that of the best :math:`b` somewhere in
    the box: :math:`\sigma_o - \sigma_b + \sum_k |a_{ok} - a_{bk}|\,\delta_k \ge 0`, with
    :math:`\delta_k` the half width of the price that the firm pays for resource :math:`k`.
    """
    at_middle = answer(portfolio, prices)
    effective, slack = portfolio.rows.effective(prices), portfolio.rows.spread(radius)
    free = not portfolio.compulsory
    kept = [_kept(b, at_middle.choice, effective, slack, free=free) for b in portfolio.blocks]
    return Narrowed(settle(portfolio, at_middle.choice, kept), at_middle.choice, at_middle.bound)


def settle(portfolio: Portfolio, choice: ChoiceArray, kept: list[BoolArray]) -> Portfolio:
    """Settle firms at ``choice``, but for those that have options ``kept`` open.

    Parameters
    ----------
    portfolio : Portfolio
        The firms.
    choice : ChoiceArray, shape (n_enterprise,)
        What the settled firms get.
    kept : list of BoolArray, shape (m, n)
        Of each block, the options that stay open; a firm without any is settled.
    """
    blocks: list[Block] = []
    closed = choice.copy()
    for block, keep in zip(portfolio.blocks, kept, strict=True):
        blocks += _pick(block, keep)
        closed[block.firm[keep.any(axis=0)]] = NOTHING
    rows, used = portfolio.rows, portfolio.use_of(closed)
    rest = Rows(rows.use, rows.sign, rows.bound - rows.signed(used), rows.member)
    return Portfolio(
        blocks=tuple(blocks),
        rows=rest,
        size=portfolio.size,
        compulsory=portfolio.compulsory,
        settled=portfolio.value_of(closed),
    )


def _pick(block: Block, keep: BoolArray) -> list[Block]:
    """The open firms of a block, parted by how many options they keep."""
    counts = keep.sum(axis=0)
    out = []
    for count in np.unique(counts[counts > 0]):
        at = np.flatnonzero(counts == count)
        row = np.nonzero(keep[:, at].T)[1].reshape(len(at), int(count)).T
        out.append(
            Block(
                block.firm[at],
                block.cell[at],
                np.ascontiguousarray(block.option[row, at]),
                block.value[row, at],
                block.use[:, row, at],
            )
        )
    return out


def _kept(
    block: Block, choice: ChoiceArray, effective: FloatArray, slack: FloatArray, *, free: bool
) -> BoolArray:
    keep = np.zeros(block.value.shape, dtype=bool)
    for start in range(0, len(block.firm), CHUNK):
        piece = slice(start, start + CHUNK)
        reach, nothing = _within_reach(block, piece, choice[block.firm[piece]], effective, slack)
        keep[:, piece] = reach & (reach.sum(axis=0) + (nothing & free) > 1)
    return keep


def _within_reach(
    block: Block, piece: slice, chosen: ChoiceArray, effective: FloatArray, slack: FloatArray
) -> tuple[BoolArray, BoolArray]:
    """Options that can be best somewhere in the box, and whether nothing can."""
    length, cell = len(chosen), block.cell[piece]
    worth = [surplus(block, piece, j, effective) for j in range(len(block.value))]
    at: IntArray = np.argmax(block.option[:, piece] == chosen, axis=0)
    some, column = chosen != NOTHING, np.arange(length)
    top = np.where(some, np.array(worth)[at, column], 0.0)
    have = np.where(some, block.use[: len(slack), :, piece][:, at, column], 0.0)
    widths = slack[:, cell]
    reach = np.empty((len(worth), length), dtype=bool)
    for j, mine in enumerate(worth):
        room = np.zeros(length)
        for k in range(len(slack)):
            room += np.abs(block.use[k, j, piece] - have[k]) * widths[k]
        reach[j] = mine - top + room >= 0
    nothing = -top + (have * widths).sum(axis=0) >= 0
    return reach, nothing
