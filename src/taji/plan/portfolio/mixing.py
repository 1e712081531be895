"""Make one choice of a mixture of answers, each firm with one of them, in the right proportions.

Decides which firm follows which answer. The result uses what the mixture uses but for rounding;
what is too much or left over then is ``taji.plan.portfolio.core``'s.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.plan.portfolio.instance import ChoiceArray, Portfolio

__all__ = ["Mixed", "mix"]

#: Multiples of this, taken without their whole part, fill an interval evenly however many there are.
GOLDEN = 0.6180339887498949


class Mixed:
    """A choice, and which firms the answers did not agree on."""

    def __init__(self, choice: ChoiceArray, disputed: BoolArray) -> None:
        self.choice, self.disputed = choice, disputed


def mix(portfolio: Portfolio, mixture: Sequence[tuple[FloatArray, ChoiceArray]]) -> Mixed:
    """Share the firms of each cell out among answers.

    Parameters
    ----------
    portfolio : Portfolio
        The open firms.
    mixture : sequence of (FloatArray, ChoiceArray)
        Share of each answer in each cell, and the answer. [fraction]

    Notes
    -----
    Firms about which the answers say the same stand together and are shared out by multiples
    of the golden ratio, so that each kind is parted in the proportions of the mixture.
    """
    choice, disputed = mixture[0][1].copy(), np.zeros(portfolio.size, dtype=bool)
    cell = np.zeros(portfolio.size, dtype=np.int64)
    for block in portfolio.blocks:
        cell[block.firm] = block.cell
    for _, other in mixture[1:]:
        disputed |= other != choice
    firm = _alike_together(np.flatnonzero(disputed), mixture, cell)
    shares = np.array([share for share, _ in mixture])
    up_to = np.cumsum(shares / np.maximum(shares.sum(axis=0), 1e-300), axis=0)[:, cell[firm]]
    point = (np.arange(1, len(firm) + 1) * GOLDEN) % 1.0
    follows = np.minimum((point >= up_to).sum(axis=0), len(mixture) - 1)
    for place, (_, said) in enumerate(mixture):
        mine = firm[follows == place]
        choice[mine] = said[mine]
    return Mixed(choice, disputed)


def _alike_together(
    firm: IntArray, mixture: Sequence[tuple[FloatArray, ChoiceArray]], cell: IntArray
) -> IntArray:
    keys: list[IntArray | ChoiceArray] = [firm, *(said[firm] for _, said in mixture), cell[firm]]
    return firm[np.lexsort(tuple(keys))]
