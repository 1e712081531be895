"""Better a choice by opening the firms whose options are nearly as good, and choosing exactly.

Decides which options are opened. While every option that stays closed would cost more than the
gap, the best of the open ones is the best of all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from taji.base.arrays import BoolArray, FloatArray
from taji.plan.portfolio.answer import surplus
from taji.plan.portfolio.core import Effort, Settled, settle_exactly
from taji.plan.portfolio.instance import ChoiceArray, Portfolio
from taji.plan.portfolio.narrowing import laid, settle

__all__ = ["Polished", "cut_of", "losses", "opened", "polish"]


@dataclass(frozen=True, slots=True)
class Polished:
    """The best choice found.

    Attributes
    ----------
    choice : ChoiceArray or None
        Of the open firms; None where none was found that keeps the rows.
    value, bound : float
        What it is worth with the settled firms, and what none can pass. [points]
    rounds : int
        Programmes that were solved.
    impossible : bool
        Whether it is proven that no choice keeps the rows.
    settled : bool
        Whether the last programme was complete and proven: nothing is left to find.
    now : ChoiceArray
        The best choice, or the one to go on with.
    """

    choice: ChoiceArray | None
    value: float
    bound: float
    rounds: int
    impossible: bool
    settled: bool
    now: ChoiceArray

    @property
    def gap(self) -> float:
        """What a better choice could be worth more. [points]"""
        return self.bound - self.value


def losses(portfolio: Portfolio, prices: FloatArray) -> list[FloatArray]:
    """What each option of each block falls short of the best of its firm at prices, and nothing's.

    Returns
    -------
    list of FloatArray, shape (m + 1, n)
        The last row is that of getting nothing, infinite where every firm must get something.
    """
    effective = portfolio.rows.effective(prices)
    out = []
    for block in portfolio.blocks:
        whole = slice(0, len(block.firm))
        worth = np.array(
            [surplus(block, whole, j, effective) for j in range(len(block.value))]
            + [np.full(len(block.firm), -np.inf if portfolio.compulsory else 0.0)]
        )
        out.append(worth.max(axis=0) - worth)
    return out


def polish(
    portfolio: Portfolio,
    prices: FloatArray,
    choice: ChoiceArray,
    *,
    bound: float,
    known: float,
    gap: float,
    widths: tuple[int, ...],
    effort: Effort,
    share: float,
    whole: bool,
    go_on: Callable[[], bool] = lambda: True,
) -> Polished:
    """Open more and more options, those that lose least first, until the gap is small enough.

    Parameters
    ----------
    portfolio : Portfolio
        The open firms.
    prices : FloatArray, shape (n_row,)
        Prices that the bound was found at. [points per smallest unit]
    choice : ChoiceArray, shape (n_enterprise,)
        What to begin with; it need not keep the rows.
    bound : float
        The bound at the prices. [points]
    known : float
        A bound that is known already, as low or lower. [points]
    gap : float
        Ends when value and bound differ by no more than this share of the bound. [fraction]
    widths : tuple of int
        How many options that are not best are opened in each round. [options]
    effort : Effort
        How hard to try in a round.
    share : float
        A round ends when its value and bound differ by no more than this share of ``gap``.
        [fraction]
    whole : bool
        Whether the firms are all there are, none settled before: only then an exact programme
        can lower the bound.
    go_on : callable
        Asked before every round.
    """
    lost = losses(portfolio, prices)
    state = _State(portfolio, choice, known)
    for width in widths:
        if state.gap <= gap * abs(state.bound) or not go_on():
            break
        reach, lack = cut_of(lost, width), bound - state.value
        complete = whole and (reach == np.inf or lack < reach)
        cut = min(reach, float(np.nextafter(lack, np.inf)))
        inner = settle(portfolio, state.now, opened(portfolio, lost, state.now, cut))
        if inner.open == 0 and complete:
            state.bound, state.settled = state.value, True
            break
        found = settle_exactly(
            inner, replace(effort, gap=gap * share * abs(state.bound)), hint=state.best
        )
        state.take(inner, found)
        if complete:
            state.impossible = found.choice is None and found.proven and state.best is None
            state.bound = min(state.bound, max(state.value, found.bound))
            if found.proven:
                state.settled = True
                break
    return state.polished()


class _State:
    """The best choice so far, and the one that the next round begins with."""

    def __init__(self, portfolio: Portfolio, choice: ChoiceArray, bound: float) -> None:
        self._portfolio = portfolio
        self.now, self.bound, self.rounds = choice, bound, 0
        self.impossible = self.settled = False
        self.best: ChoiceArray | None = None
        self.value = -np.inf
        if np.all(portfolio.over(choice) <= 0):
            self.best, self.value = choice, portfolio.value_of(choice)

    @property
    def gap(self) -> float:
        """What a better choice could be worth more, at most. [points]"""
        return self.bound - self.value

    def polished(self) -> Polished:
        """What was reached."""
        return Polished(
            self.best,
            self.value,
            self.bound,
            self.rounds,
            self.impossible,
            self.settled,
            self.now,
        )

    def take(self, inner: Portfolio, found: Settled) -> None:
        """Keep what a round found, if it is better."""
        self.rounds += 1
        if found.choice is None:
            return
        whole = laid(inner, found.choice, self.now)
        value = self._portfolio.value_of(whole)
        if value > self.value:
            self.best = self.now = whole
            self.value = value


def cut_of(lost: list[FloatArray], width: int) -> float:
    """The loss from which on options stay closed, so that ``width`` that are not best are open."""
    every = np.concatenate([loss[loss > 0] for loss in lost] or [np.zeros(0)])
    return np.inf if len(every) <= width else float(np.partition(every, width)[width])


def opened(
    portfolio: Portfolio, lost: list[FloatArray], choice: ChoiceArray, cut: float
) -> list[BoolArray]:
    """Options of the firms that have another one, or nothing, that loses less than ``cut``."""
    out = []
    for block, loss in zip(portfolio.blocks, lost, strict=True):
        chosen = block.option == choice[block.firm]
        near = loss < cut
        other = (near[:-1] & ~chosen).any(axis=0) | (near[-1] & chosen.any(axis=0))
        out.append((near[:-1] | chosen) & other)
    return out
