"""Choose whom to support with what: worth the most under limits and floors, with a bound.

Decides the order of the work: prices, who is open at all near them, a first choice in the
proportions that the prices ask for, exact programmes for the firms at the margin. The parts
are the other modules of this package; what to loosen when nothing fits is
``taji.plan.portfolio.shortage``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from taji.base.arrays import FloatArray
from taji.plan.portfolio.answer import Answer, answer
from taji.plan.portfolio.core import Effort
from taji.plan.portfolio.finding import Found, Search, find, find_inside
from taji.plan.portfolio.instance import NOTHING, ChoiceArray, Portfolio
from taji.plan.portfolio.margin import Margin, reopen
from taji.plan.portfolio.meeting import Round, meet
from taji.plan.portfolio.mixing import mix
from taji.plan.portfolio.narrowing import laid
from taji.plan.portfolio.polishing import Polished, losses, polish

__all__ = ["Method", "Outcome", "Plan", "solve"]

Method = Literal["exact", "prices"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to work.

    Attributes
    ----------
    gap : float
        Ends when value and bound differ by no more than this share of the bound. [fraction]
    widths : tuple of int
        Options that are opened in each exact programme. [options]
    effort : Effort
        How hard to try in each of them.
    share : float
        Each ends when its own value and bound differ by no more than this share of ``gap``.
        [fraction]
    tolerance : float
        How exactly prices are found. [fraction of the bound]
    rounds : tuple of Round
        How changes of two halves are paired.
    near : float
        No programmes follow where value and bound then differ by no more. [fraction of the bound]
    """

    gap: float
    widths: tuple[int, ...]
    effort: Effort
    share: float = 0.25
    tolerance: float = 1e-7
    rounds: tuple[Round, ...] = ()
    near: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was chosen, and how good it is.

    Attributes
    ----------
    choice : ChoiceArray or None, shape (n_enterprise,)
        Place of the option that each firm gets, ``NOTHING`` for none; None where no choice that
        keeps the rows was found.
    value, bound : float
        What it is worth; what none can pass. [points]
    prices : FloatArray, shape (n_row,)
        Price of each limit and floor. [points per smallest unit]
    impossible : bool
        Whether it is proven that no choice keeps the rows.
    passes, programmes : int
        Passes over firms, and exact programmes, that were made.
    margin : Margin or None
        What a search of the same firms with other limits can begin with; only of many firms.
    inside : bool
        Whether only firms that an earlier search left open were looked at.
    """

    choice: ChoiceArray | None
    value: float
    bound: float
    prices: FloatArray
    impossible: bool
    passes: int
    programmes: int
    margin: Margin | None = None
    inside: bool = False

    @property
    def gap(self) -> float:
        """How far the value is from the bound. [fraction of the value]"""
        if self.choice is None:
            return float("inf")
        return max(0.0, self.bound - self.value) / max(abs(self.value), 1e-12)


def solve(
    portfolio: Portfolio,
    plan: Plan,
    *,
    prices: FloatArray | None = None,
    before: ChoiceArray | None = None,
    margin: Margin | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> Outcome:
    """Choose at most one option for each firm, so that the choice is worth the most.

    Parameters
    ----------
    portfolio : Portfolio
        Firms, options, limits and floors.
    plan : Plan
        How to work.
    prices : FloatArray, optional, shape (n_row,)
        Prices of an earlier result to begin with. [points per smallest unit]
    before : ChoiceArray, optional
        An earlier choice: kept where it fits and nothing better is found.
    margin : Margin, optional
        What an earlier search left open, with the same options and rows but for their bounds.
    go_on : callable
        Asked before each step; once it says no, the best so far is returned with its bound.

    Notes
    -----
    The bound is that of the prices over all firms, or of an exact programme where that is
    complete; it does not rest on the way that the choice was found.
    """
    search = Search(tolerance=plan.tolerance, seed=plan.effort.seed, go_on=go_on)
    if prices is not None and margin is not None and margin.holds(prices):
        inside, prices = _inside(portfolio, plan, search, prices, before, margin)
        if inside is not None:
            return inside
    if before is not None and not portfolio.fits(before):
        before = None
    here = None if prices is None else answer(portfolio, prices)
    if prices is not None and here is not None and before is not None:
        kept = _still_good(portfolio, plan, prices, here, before)
        if kept is not None:
            return kept
    out = _finish(find(portfolio, prices, here, search), plan, go_on, before)
    return _better(portfolio, out, before)


def _inside(
    portfolio: Portfolio,
    plan: Plan,
    search: Search,
    prices: FloatArray,
    before: ChoiceArray | None,
    margin: Margin,
) -> tuple[Outcome | None, FloatArray]:
    """Choose for the firms that an earlier search left open; None, and prices, if others matter."""
    rest = reopen(portfolio, margin)
    if before is not None:
        if not np.array_equal(laid(rest, before, margin.choice), before):
            return None, prices
        before = before if rest.fits(before) else None
    if before is not None:
        kept = _still_good(rest, plan, prices, answer(rest, prices), before)
        if kept is not None:
            return replace(kept, margin=margin, inside=True), prices
    found = find_inside(rest, margin, prices, search)
    if found.margin is None:
        return None, found.descent.prices
    out = _better(rest, _finish(found, plan, search.go_on, before), before)
    return replace(out, inside=True), prices


def _finish(
    found: Found, plan: Plan, go_on: Callable[[], bool], before: ChoiceArray | None
) -> Outcome:
    """Make a choice of the answers at the prices."""
    if found.descent.impossible:
        return _none(found, impossible=True)
    polished = _settle(found, plan, go_on, before)
    out = replace(
        _none(found, impossible=polished.impossible),
        bound=polished.bound,
        programmes=polished.rounds,
    )
    if polished.choice is None:
        return out
    whole = laid(found.portfolio, polished.choice, found.choice)
    return replace(out, choice=whole, value=polished.value)


def _still_good(
    portfolio: Portfolio,
    plan: Plan,
    prices: FloatArray,
    here: Answer,
    before: ChoiceArray,
) -> Outcome | None:
    """The earlier choice, where the bound at the earlier prices is as near as asked."""
    value = portfolio.value_of(before)
    if here.bound - value > plan.gap * abs(here.bound):
        return None
    return Outcome(
        choice=before,
        value=value,
        bound=here.bound,
        prices=prices,
        impossible=False,
        passes=1,
        programmes=0,
    )


def _fitting(found: Found, before: ChoiceArray) -> ChoiceArray | None:
    """An earlier choice of the open firms, where it still fits with the settled ones."""
    mine = np.full_like(before, NOTHING)
    for block in found.portfolio.blocks:
        known = (block.option == before[block.firm]).any(axis=0)
        mine[block.firm[known]] = before[block.firm[known]]
    return mine if found.portfolio.fits(mine) else None


def _settle(
    found: Found, plan: Plan, go_on: Callable[[], bool], before: ChoiceArray | None
) -> Polished:
    """Settle the firms at the margin: by changes that meet, and exactly what these leave open."""
    open_firms, prices = found.portfolio, found.descent.prices
    first = mix(open_firms, found.descent.mixture).choice
    earlier = None
    if before is not None and plan.rounds:  # it cuts off much; elsewhere it is far from the margin
        earlier = _fitting(found, before)
    polishing = partial(
        polish,
        open_firms,
        prices,
        bound=found.bound,
        gap=plan.gap,
        effort=plan.effort,
        share=plan.share,
        whole=found.whole,
        go_on=go_on,
    )
    begun = polishing(first if earlier is None else earlier, known=found.bound, widths=())
    if plan.rounds and begun.gap > plan.gap * abs(begun.bound):
        begun = _met(found, first, begun, plan, go_on)
        if begun.settled or begun.gap <= plan.near * abs(begun.bound):
            return begun
    return polishing(begun.now, known=begun.bound, widths=plan.widths)


def _met(
    found: Found,
    first: ChoiceArray,
    polished: Polished,
    plan: Plan,
    go_on: Callable[[], bool],
) -> Polished:
    """Better what was polished by changes that meet, and lower its bound by what they prove."""
    open_firms, prices = found.portfolio, found.descent.prices
    met = meet(
        open_firms,
        prices,
        losses(open_firms, prices),
        first,
        bound=found.bound,
        lack=found.bound - polished.value,
        gap=plan.gap,
        rounds=plan.rounds,
        go_on=go_on,
    )
    if met.choice is not None:
        value = open_firms.value_of(met.choice)
        polished = replace(polished, choice=met.choice, now=met.choice, value=value)
    if not found.whole or polished.choice is None:
        return polished
    bound = min(polished.bound, max(polished.value, found.bound - met.least))
    return replace(
        polished,
        bound=polished.value if met.complete else bound,
        settled=met.complete,
    )


def _none(found: Found, *, impossible: bool) -> Outcome:
    return Outcome(
        choice=None,
        value=-np.inf,
        bound=found.bound,
        prices=found.descent.prices,
        impossible=impossible,
        passes=found.passes,
        programmes=0,
        margin=found.margin,
    )


def _better(portfolio: Portfolio, out: Outcome, before: ChoiceArray | None) -> Outcome:
    """Keep the earlier choice where it still fits and is worth more."""
    if before is None:
        return out
    value = portfolio.value_of(before)
    return out if value <= out.value else replace(out, choice=before, value=value)
