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
from taji.plan.portfolio.drawing import draw
from taji.plan.portfolio.instance import NOTHING, ChoiceArray, Portfolio
from taji.plan.portfolio.meeting import meet
from taji.plan.portfolio.mixing import mix
from taji.plan.portfolio.narrowing import Narrowed, narrow
from taji.plan.portfolio.polishing import Polished, losses, polish
from taji.plan.portfolio.prices import Box, Descent, descend, least_value, price_scale

__all__ = ["Method", "Outcome", "Plan", "solve"]

Method = Literal["exact", "prices"]

#: Above this, prices are first found on a sample of so many firms. [firms]
SAMPLE = 20_000
#: Passes over one set of firms, at most.
STEPS = 400
#: First half width of the box of prices around those of a sample, and of an earlier result.
AROUND, CLOSE = 0.04, 0.02
#: How many times the box may be moved.
MOVES = 8


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
    tolerance : float
        How exactly prices are found. [fraction of the bound]
    sets : int
        Sets of changes of each half, at most, that are paired (``taji.plan.portfolio.meeting``).
    enough : float
        They are no more paired once value and bound differ by no more. [fraction of the bound]
    near : float
        No programmes follow where value and bound then differ by no more. [fraction of the bound]
    """

    gap: float
    widths: tuple[int, ...]
    effort: Effort
    tolerance: float = 1e-7
    sets: int = 0
    enough: float = 0.0
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
    """

    choice: ChoiceArray | None
    value: float
    bound: float
    prices: FloatArray
    impossible: bool
    passes: int
    programmes: int

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
    go_on : callable
        Asked before each step; once it says no, the best so far is returned with its bound.

    Notes
    -----
    The bound is that of the prices over all firms, or of an exact programme where that is
    complete; it does not rest on the way that the choice was found.
    """
    if before is not None and not portfolio.fits(before):
        before = None
    here = None if prices is None else answer(portfolio, prices)
    if prices is not None and here is not None and before is not None:
        kept = _still_good(portfolio, plan, prices, here, before)
        if kept is not None:
            return kept
    found = _prices(portfolio, plan, prices, here, go_on)
    if found.descent.impossible:
        return _none(found, impossible=True)
    polished = _settle(found, plan, go_on, before)
    out = replace(
        _none(found, impossible=polished.impossible),
        bound=polished.bound,
        programmes=polished.rounds,
    )
    if polished.choice is not None:
        whole = found.choice.copy()
        for block in found.portfolio.blocks:
            whole[block.firm] = polished.choice[block.firm]
        out = replace(out, choice=whole, value=polished.value)
    return _better(portfolio, out, before)


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


def _fitting(found: _Found, before: ChoiceArray) -> ChoiceArray | None:
    """An earlier choice of the open firms, where it still fits with the settled ones."""
    mine = np.full_like(before, NOTHING)
    for block in found.portfolio.blocks:
        known = (block.option == before[block.firm]).any(axis=0)
        mine[block.firm[known]] = before[block.firm[known]]
    return mine if found.portfolio.fits(mine) else None


def _settle(
    found: _Found, plan: Plan, go_on: Callable[[], bool], before: ChoiceArray | None
) -> Polished:
    """Settle the firms at the margin: by changes that meet, and exactly what these leave open."""
    open_firms, prices = found.portfolio, found.descent.prices
    first = mix(open_firms, found.descent.mixture).choice
    earlier = None
    if before is not None and plan.sets:  # it cuts off much; elsewhere it is far from the margin
        earlier = _fitting(found, before)
    polishing = partial(
        polish,
        open_firms,
        prices,
        bound=found.bound,
        gap=plan.gap,
        effort=plan.effort,
        whole=found.whole,
        go_on=go_on,
    )
    begun = polishing(first if earlier is None else earlier, known=found.bound, widths=())
    if plan.sets and begun.gap > plan.gap * abs(begun.bound):
        begun = _met(found, first, begun, plan, go_on)
        if begun.settled or begun.gap <= plan.near * abs(begun.bound):
            return begun
    return polishing(begun.now, known=begun.bound, widths=plan.widths)


def _met(
    found: _Found,
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
        enough=max(plan.gap, plan.enough) * abs(polished.bound),
        sets=plan.sets,
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


@dataclass(frozen=True, slots=True)
class _Found:
    """Prices, the firms open near them, answers of all firms, the bound; whether all are open."""

    descent: Descent
    portfolio: Portfolio
    choice: ChoiceArray
    bound: float
    passes: int
    whole: bool


def _none(found: _Found, *, impossible: bool) -> Outcome:
    return Outcome(
        choice=None,
        value=-np.inf,
        bound=found.bound,
        prices=found.descent.prices,
        impossible=impossible,
        passes=found.passes,
        programmes=0,
    )


def _better(portfolio: Portfolio, out: Outcome, before: ChoiceArray | None) -> Outcome:
    """Keep the earlier choice where it still fits and is worth more."""
    if before is None:
        return out
    value = portfolio.value_of(before)
    return out if value <= out.value else replace(out, choice=before, value=value)


def _prices(
    portfolio: Portfolio,
    plan: Plan,
    prices: FloatArray | None,
    here: Answer | None,
    go_on: Callable[[], bool],
) -> _Found:
    """Find prices, first on a sample where there are many firms."""
    passes, around = 0, CLOSE
    few = draw(portfolio, SAMPLE, seed=plan.effort.seed) if portfolio.open > 2 * SAMPLE else None
    scale = price_scale(portfolio if few is None else few)
    if prices is None and few is not None:
        tried = _whole(few, plan, scale, go_on)
        passes, around, prices = tried.steps, AROUND, tried.prices
        here = answer(portfolio, prices)
        if here.bound < least_value(portfolio):
            none = replace(tried, answer=here, mixture=(), impossible=True)
            return _Found(none, portfolio, here.choice, here.bound, passes + 1, whole=True)
        if tried.impossible:
            prices = None
    if prices is None:
        descent = _whole(portfolio, plan, scale, go_on)
        return _Found(
            descent,
            portfolio,
            descent.answer.choice,
            descent.answer.bound,
            passes + descent.steps,
            whole=True,
        )
    here = answer(portfolio, prices) if here is None else here
    radius = around * np.maximum(prices, 0.25 * scale)
    return _near(portfolio, plan, scale, prices, here, radius, go_on, passes)


def _whole(
    portfolio: Portfolio, plan: Plan, scale: FloatArray, go_on: Callable[[], bool]
) -> Descent:
    none = np.zeros(len(scale))
    start = np.where(portfolio.rows.sign > 0, 0.2 * scale, 0.0)
    box = Box(none, np.full(len(scale), np.inf), start, 0.5 * scale)
    return descend(portfolio, box, scale=scale, tolerance=plan.tolerance, steps=STEPS, go_on=go_on)


def _near(
    portfolio: Portfolio,
    plan: Plan,
    scale: FloatArray,
    prices: FloatArray,
    here: Answer,
    radius: FloatArray,
    go_on: Callable[[], bool],
    passes: int,
) -> _Found:
    """Find prices near others, over the firms that can matter there; move on while at an edge."""
    for _ in range(MOVES):
        low, high = np.maximum(prices - radius, 0.0), prices + radius
        near = narrow(portfolio, here, prices, radius)
        box = Box(low, high, prices, radius)
        descent = descend(
            near.portfolio,
            box,
            scale=scale,
            tolerance=plan.tolerance,
            steps=STEPS,
            go_on=go_on,
        )
        passes += descent.steps + 1
        prices = descent.prices
        if descent.impossible or not descent.at_edge(box) or not go_on():
            if portfolio.open <= 2 * SAMPLE:
                return _over_all(portfolio, near, descent, passes)
            bound = descent.answer.bound
            return _Found(descent, near.portfolio, near.choice, bound, passes, whole=False)
        radius, here = radius * 2, answer(portfolio, prices)
    descent = _whole(portfolio, plan, scale, go_on)
    here = descent.answer
    return _Found(descent, portfolio, here.choice, here.bound, passes + descent.steps, whole=True)


def _over_all(portfolio: Portfolio, near: Narrowed, descent: Descent, passes: int) -> _Found:
    """Open the settled firms again, so that what is exact over the open ones is exact over all."""
    mixture = tuple((share, _laid(near, said)) for share, said in descent.mixture)
    descent = replace(descent, mixture=mixture)
    return _Found(descent, portfolio, near.choice, descent.answer.bound, passes, whole=True)


def _laid(near: Narrowed, said: ChoiceArray) -> ChoiceArray:
    """Answers of the open firms, laid over those of all."""
    out = near.choice.copy()
    for block in near.portfolio.blocks:
        out[block.firm] = said[block.firm]
    return out
