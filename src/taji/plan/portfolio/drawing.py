"""Draw some firms of a portfolio, to find prices that are nearly those of all.

Decides which firms. What is found on them is never a bound for all.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from taji.plan.portfolio.instance import Block, Portfolio

__all__ = ["draw"]


def draw(portfolio: Portfolio, size: int, *, seed: int) -> Portfolio:
    """Draw firms at random, with limits and floors in proportion.

    Parameters
    ----------
    portfolio : Portfolio
        The firms.
    size : int
        How many are drawn on average. [firms]
    seed : int
        Seed of the draw.
    """
    share = size / portfolio.open
    rng = np.random.default_rng(seed)
    blocks = []
    for block in portfolio.blocks:
        at = np.flatnonzero(rng.random(len(block.firm)) < share)
        blocks.append(
            Block(
                block.firm[at],
                block.cell[at],
                block.option[:, at],
                np.ascontiguousarray(block.value[:, at]),
                np.ascontiguousarray(block.use[:, :, at]),
            )
        )
    rows = replace(portfolio.rows, bound=portfolio.rows.bound * share)
    return replace(portfolio, blocks=tuple(blocks), rows=rows, settled=0.0)
