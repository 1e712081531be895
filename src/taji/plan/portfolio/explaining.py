"""Say of each firm what the posted prices decide, and whether the choice follows them.

Decides nothing: the choice is made (``taji.plan.portfolio.solve``), this reads it by the prices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taji.base.arrays import BoolArray, FloatArray
from taji.plan.portfolio.answer import CHUNK, surplus
from taji.plan.portfolio.instance import NOTHING, Block, ChoiceArray, Portfolio

__all__ = ["Reasons", "explain"]

#: Differences of surplus below this share of the value are the rounding of prices. [fraction]
HAIR = 1e-9


@dataclass(frozen=True, slots=True)
class Reasons:
    """The line of each firm.

    Attributes
    ----------
    cost : FloatArray, shape (n_enterprise,)
        What the chosen option uses, at the posted prices. [points]
    surplus : FloatArray, shape (n_enterprise,)
        Its value less that cost; 0 for nothing. [points]
    other : ChoiceArray, shape (n_enterprise,)
        The best of the other options, or ``NOTHING``.
    other_surplus : FloatArray, shape (n_enterprise,)
        The surplus of that one. [points]
    exception : BoolArray, shape (n_enterprise,)
        Whether the firm got less than what is best for it at the prices.
    """

    cost: FloatArray
    surplus: FloatArray
    other: ChoiceArray
    other_surplus: FloatArray
    exception: BoolArray


def explain(portfolio: Portfolio, prices: FloatArray, choice: ChoiceArray) -> Reasons:
    """Read a choice by posted prices.

    Parameters
    ----------
    portfolio : Portfolio
        All firms.
    prices : FloatArray, shape (n_row,)
        Price of each row. [points per smallest unit]
    choice : ChoiceArray, shape (n_enterprise,)
        The choice.
    """
    n = portfolio.size
    effective = portfolio.rows.effective(prices)
    reasons = Reasons(
        np.zeros(n), np.zeros(n), np.full(n, NOTHING, np.int32), np.zeros(n), np.zeros(n, bool)
    )
    for block in portfolio.blocks:
        for start in range(0, len(block.firm), CHUNK):
            piece = slice(start, start + CHUNK)
            _read(block, piece, effective, choice, reasons, free=not portfolio.compulsory)
    return reasons


def _read(
    block: Block,
    piece: slice,
    effective: FloatArray,
    choice: ChoiceArray,
    reasons: Reasons,
    *,
    free: bool,
) -> None:
    firm = block.firm[piece]
    chosen = choice[firm]
    other = np.full(len(firm), 0.0 if free else -np.inf)
    other[chosen == NOTHING] = -np.inf
    mine, cost = np.zeros(len(firm)), np.zeros(len(firm))
    which = np.full(len(firm), NOTHING, dtype=np.int32)
    for j in range(len(block.value)):
        worth = surplus(block, piece, j, effective)
        taken = block.option[j, piece] == chosen
        mine = np.where(taken, worth, mine)
        cost = np.where(taken, block.value[j, piece] - worth, cost)
        better = ~taken & (worth > other)
        other = np.where(better, worth, other)
        which = np.where(better, block.option[j, piece], which)
    reasons.cost[firm], reasons.surplus[firm] = cost, mine
    reasons.other[firm], reasons.other_surplus[firm] = which, other
    hair = HAIR * (1.0 + np.abs(mine) + np.abs(np.where(np.isfinite(other), other, 0.0)))
    reasons.exception[firm] = other > mine + hair
