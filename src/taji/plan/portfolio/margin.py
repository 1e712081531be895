"""Keep whom a search left open, so that the next one need not look at all firms again.

Decides what is kept and where it holds. It holds for the same options, groups, limited resources
and floors; limits and floors may be higher or lower. That these are the same is for whoever
brings it to see to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from taji.base.arrays import FloatArray, IntArray
from taji.plan.portfolio.instance import Block, ChoiceArray, Portfolio
from taji.plan.portfolio.narrowing import pick
from taji.plan.portfolio.prices import Box

__all__ = ["Margin", "margin_of", "reopen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The options that can be best for their firms somewhere in a box of prices.

    Attributes
    ----------
    low, high : FloatArray, shape (n_row,)
        The box. [points per smallest unit]
    scale : FloatArray, shape (n_row,)
        A typical price of each row. [points per smallest unit]
    choice : ChoiceArray, shape (n_enterprise,)
        What every other firm takes at all prices of the box.
    gone : FloatArray, shape (n_row,)
        What that takes of each limit, and less than nothing of each floor. [smallest units]
    settled : float
        What it is worth. [points]
    firm : IntArray, shape (n_open,)
        Places of the firms of the options, in their order.
    option : NDArray, shape (n_open,)
        Places of the options among those of their firms.
    """

    low: FloatArray
    high: FloatArray
    scale: FloatArray
    choice: ChoiceArray
    gone: FloatArray
    settled: float
    firm: IntArray
    option: ChoiceArray

    def holds(self, prices: FloatArray) -> bool:
        """Whether prices lie in the box. [points per smallest unit]"""
        return bool(np.all((self.low <= prices) & (prices <= self.high)))

    def box(self, prices: FloatArray) -> Box:
        """The box with a search that begins at prices. [points per smallest unit]"""
        start = np.clip(prices, self.low, self.high)
        return Box(self.low, self.high, start, (self.high - self.low) / 4)


def margin_of(
    portfolio: Portfolio, near: Portfolio, choice: ChoiceArray, box: Box, scale: FloatArray
) -> Margin:
    """Keep what of a portfolio is open near prices, in a box, and what all others take."""
    none = np.zeros(0, dtype=np.int64)
    wide = [np.broadcast_to(block.firm, block.option.shape) for block in near.blocks]
    firm = np.concatenate([none, *(firms.T.ravel() for firms in wide)])
    option = np.concatenate([none, *(block.option.T.ravel() for block in near.blocks)])
    by_firm = np.argsort(firm, kind="stable")
    return Margin(
        low=box.low,
        high=box.high,
        scale=scale,
        choice=choice,
        gone=portfolio.rows.bound - near.rows.bound,
        settled=near.settled,
        firm=firm[by_firm],
        option=option[by_firm].astype(np.int32),
    )


def reopen(portfolio: Portfolio, margin: Margin) -> Portfolio:
    """Open the firms of a margin, and settle all others at what they take.

    Parameters
    ----------
    portfolio : Portfolio
        All firms, as they were laid out.
    margin : Margin
        Of the same firms and options.
    """
    blocks: list[Block] = []
    for block in portfolio.blocks:
        column = _columns(portfolio, block, margin.firm)
        mine = np.flatnonzero(column >= 0)
        blocks += pick(block, margin.option[mine].astype(np.int64), column[mine])
    rows = replace(portfolio.rows, bound=portfolio.rows.bound - margin.gone)
    return replace(portfolio, blocks=tuple(blocks), rows=rows, settled=margin.settled)


def _columns(portfolio: Portfolio, block: Block, firm: IntArray) -> IntArray:
    """Columns of firms in a block, -1 for those of others."""
    column = np.full(portfolio.size, -1, dtype=np.int32)
    column[block.firm] = np.arange(len(block.firm), dtype=np.int32)
    return column[firm].astype(np.int64)
