"""Let every firm take what is best for it at posted prices: one pass over all options.

Decides the answer of each firm and what all answers together are worth and use. Does not find
the prices (``taji.plan.portfolio.prices``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.plan.portfolio.instance import NOTHING, Block, ChoiceArray, Portfolio, by_cell

__all__ = ["Answer", "answer", "surplus"]

#: Firms that are looked at together: what they need stays in the processor's cache. [firms]
CHUNK = 1 << 14


@dataclass(frozen=True)
class Answer:
    """What the open firms take at given prices.

    Attributes
    ----------
    portfolio : Portfolio
        The firms.
    rows : tuple of ChoiceArray, shape (n,)
        The row that each firm of each block takes, or ``NOTHING``.
    surplus : FloatArray, shape (n_cell,)
        Value less price of what the firms of a cell take. [points]
    use : FloatArray, shape (n_use, n_cell)
        What they use. [smallest units]
    bound : float
        No choice that keeps the rows is worth more than this. [points]
    """

    portfolio: Portfolio
    rows: tuple[ChoiceArray, ...]
    surplus: FloatArray
    use: FloatArray
    bound: float

    @cached_property
    def choice(self) -> ChoiceArray:
        """Place of the chosen option of each firm, or ``NOTHING``; of settled firms ``NOTHING``."""
        out = np.full(self.portfolio.size, NOTHING, dtype=np.int32)
        for block, row in zip(self.portfolio.blocks, self.rows, strict=True):
            some = np.flatnonzero(row != NOTHING)
            out[block.firm[some]] = block.option[row[some], some]
        return out


def answer(portfolio: Portfolio, prices: FloatArray) -> Answer:
    r"""Find the best option of each firm at prices, and the bound that follows.

    Parameters
    ----------
    portfolio : Portfolio
        The firms.
    prices : FloatArray, shape (n_row,)
        Price of each row, not negative. [points per smallest unit]

    Notes
    -----
    With row prices :math:`\pi_r \ge 0`, signs :math:`s_r` and bounds :math:`b_r`,

    .. math:: L(\pi) = \sum_r \pi_r b_r
              + \sum_e \max_o \Big(v_{eo} - \sum_r s_r \pi_r a_{eo,k_r}\Big)

    is an upper bound on the value of every choice that keeps the rows [1]_. Among equal options
    the first is taken, and nothing before all.

    References
    ----------
    .. [1] M. L. Fisher, "The Lagrangian Relaxation Method for Solving Integer Programming
       Problems", *Management Science* 27, 1981, 1-18. doi:10.1287/mnsc.27.1.1
    """
    effective = portfolio.rows.effective(prices)
    n_cell = portfolio.rows.member.shape[1]
    rows = tuple(np.empty(len(block.firm), dtype=np.int32) for block in portfolio.blocks)
    gained, used = np.zeros(n_cell), np.zeros((portfolio.n_use, n_cell))
    for block, row in zip(portfolio.blocks, rows, strict=True):
        for start in range(0, len(block.firm), CHUNK):
            piece = slice(start, start + CHUNK)
            best, row[piece] = _best(block, piece, effective, compulsory=portfolio.compulsory)
            gained += by_cell(best, block.cell[piece], n_cell)
            some = np.flatnonzero(row[piece] != NOTHING) + start
            used += block.use_at(row[some].astype(np.int64), some, n_cell)
    bound = portfolio.settled + float(gained.sum()) + float(prices @ portfolio.rows.bound)
    return Answer(portfolio, rows, gained, used, bound)


def surplus(block: Block, piece: slice | IntArray, j: int, effective: FloatArray) -> FloatArray:
    """Value less price of option ``j`` of some firms. [points]"""
    out = block.value[j, piece].copy()
    one_cell = effective.shape[1] == 1
    for k, price in enumerate(effective):
        if price.any():
            out -= block.use[k, j, piece] * (price[0] if one_cell else price[block.cell[piece]])
    return out


def _best(
    block: Block, piece: slice, effective: FloatArray, *, compulsory: bool
) -> tuple[FloatArray, ChoiceArray]:
    """Surplus of the best option and its row in the block."""
    length = len(block.firm[piece])
    best = np.full(length, -np.inf if compulsory else 0.0)
    at = np.full(length, NOTHING, dtype=np.int32)
    for j in range(len(block.value)):
        worth = surplus(block, piece, j, effective)
        better: BoolArray = worth > best
        np.copyto(best, worth, where=better)
        np.copyto(at, j, where=better)
    return best, at
