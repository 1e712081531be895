"""Find the prices of many firms: on a sample, then over those whose answer they can still change.

Decides where the search for prices begins and how far around it reaches. The search itself is
``taji.plan.portfolio.prices``'s; who can matter near prices is ``narrowing``'s; what an earlier
search left open is ``margin``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from taji.base.arrays import FloatArray
from taji.plan.portfolio.answer import Answer, answer
from taji.plan.portfolio.drawing import draw
from taji.plan.portfolio.instance import ChoiceArray, Portfolio
from taji.plan.portfolio.margin import Margin, margin_of
from taji.plan.portfolio.narrowing import laid, narrow
from taji.plan.portfolio.prices import Box, Descent, descend, least_value, price_scale, stake

__all__ = ["Found", "Search", "find", "find_inside"]

#: Above this, prices are first found on a sample of so many firms. [firms]
SAMPLE = 20_000
#: Above twice this, those of open firms too. [firms]
FEW = 10_000
#: How exactly prices of a sample are found. [fraction of the bound]
COARSE = 1e-5
#: Passes over one set of firms, at most.
STEPS = 400
#: First half width of the box of prices around those of a sample, and of an earlier result; of
#: a sample of firms that are open there.
AROUND, CLOSE, WITHIN = 0.05, 0.02, 0.01
#: Prices are taken to be of this share of the scale at least, where a box is drawn around them.
LEAST = 0.25
#: How many times the box may be moved; that of a sample of open firms.
MOVES, TRIES = 8, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How exactly prices are found, the seed of samples, and whether to go on."""

    tolerance: float
    seed: int
    go_on: Callable[[], bool]

    def coarse(self) -> Search:
        """How exactly the prices of a sample are found: it differs from all firms by more."""
        return replace(self, tolerance=max(self.tolerance, COARSE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where the search for prices ended.

    Attributes
    ----------
    descent : Descent
        Prices, and the mixture of answers that keeps the rows.
    portfolio : Portfolio
        The firms that are open near them.
    choice : ChoiceArray, shape (n_enterprise,)
        What the others take, among answers of all firms.
    bound : float
        No choice that keeps the rows is worth more. [points]
    passes : int
        Passes over firms that were made.
    whole : bool
        Whether all firms are open.
    margin : Margin or None
        What another search can begin with.
    """

    descent: Descent
    portfolio: Portfolio
    choice: ChoiceArray
    bound: float
    passes: int
    whole: bool
    margin: Margin | None = None


def find(
    portfolio: Portfolio, prices: FloatArray | None, here: Answer | None, search: Search
) -> Found:
    """Find the prices of all firms, first on a sample where they are many.

    Parameters
    ----------
    portfolio : Portfolio
        All firms.
    prices : FloatArray or None, shape (n_row,)
        Prices to begin with. [points per smallest unit]
    here : Answer or None
        What the firms take at them.
    search : Search
        How to search.
    """
    passes, around = 0, CLOSE
    many = portfolio.open > 2 * SAMPLE
    few = draw(portfolio, SAMPLE, seed=search.seed) if many else portfolio
    scale = price_scale(few)
    if prices is None and many:
        tried = _anywhere(few, scale, search.coarse())
        passes, around, prices = tried.steps, AROUND, tried.prices
        here = answer(portfolio, prices)
        if here.bound < least_value(portfolio):
            none = replace(tried, answer=here, mixture=(), impossible=True)
            return _over_everyone(portfolio, none, passes + 1)
        if tried.impossible:
            prices = None
    if prices is None:
        return _over_everyone(portfolio, _anywhere(portfolio, scale, search), passes)
    here = answer(portfolio, prices) if here is None else here
    radius = around * np.maximum(prices, LEAST * scale)
    return _near(portfolio, scale, prices, here, radius, search, passes)


def find_inside(portfolio: Portfolio, margin: Margin, prices: FloatArray, search: Search) -> Found:
    """Find the prices over the firms that an earlier search left open.

    Parameters
    ----------
    portfolio : Portfolio
        What ``reopen`` left open.
    margin : Margin
        Which firms these are, and in which box.
    prices : FloatArray, shape (n_row,)
        Prices to begin with. [points per smallest unit]
    search : Search
        How to search.

    Returns
    -------
    Found
        Without a margin where the best prices may lie outside the box of the earlier one.
    """
    box = margin.box(prices)
    found = _closest(portfolio, margin.choice, box, margin.scale, search)
    return found if found.descent.at_edge(box) else replace(found, margin=margin)


def _over_everyone(portfolio: Portfolio, descent: Descent, passes: int) -> Found:
    here = descent.answer
    return Found(
        descent=descent,
        portfolio=portfolio,
        choice=here.choice,
        bound=here.bound,
        passes=passes + descent.steps,
        whole=True,
    )


def _anywhere(portfolio: Portfolio, scale: FloatArray, search: Search) -> Descent:
    none = np.zeros(len(scale))
    start = np.where(portfolio.rows.sign > 0, 0.2 * scale, 0.0)
    box = Box(none, np.full(len(scale), np.inf), start, 0.5 * scale)
    return _descend(portfolio, box, scale, search)


def _descend(
    portfolio: Portfolio,
    box: Box,
    scale: FloatArray,
    search: Search,
    *,
    worst: float | None = None,
    unit: float | None = None,
) -> Descent:
    return descend(
        portfolio,
        box,
        scale=scale,
        tolerance=search.tolerance,
        steps=STEPS,
        go_on=search.go_on,
        worst=worst,
        unit=unit,
    )


def _near(
    portfolio: Portfolio,
    scale: FloatArray,
    prices: FloatArray,
    here: Answer,
    radius: FloatArray,
    search: Search,
    passes: int,
) -> Found:
    """Find prices near others, over the firms that can matter there; move on while at an edge."""
    for _ in range(MOVES):
        box = _around(prices, radius)
        near = narrow(portfolio, here, prices, radius)
        found = _closest(near.portfolio, near.choice, box, scale, search)
        descent = found.descent
        passes, prices = passes + found.passes + 1, descent.prices
        if not descent.at_edge(box) or not search.go_on():
            if portfolio.open <= 2 * SAMPLE:
                return _over_all(portfolio, found, passes)
            margin = margin_of(portfolio, near.portfolio, near.choice, box, scale)
            return replace(found, passes=passes, margin=margin)
        radius, here = radius * 2, answer(portfolio, prices)
    return _over_everyone(portfolio, _anywhere(portfolio, scale, search), passes)


def _around(prices: FloatArray, radius: FloatArray) -> Box:
    return Box(np.maximum(prices - radius, 0.0), prices + radius, prices, radius)


def _closest(
    near: Portfolio, choice: ChoiceArray, box: Box, scale: FloatArray, search: Search
) -> Found:
    """The least bound in a box; where many firms are open in it, around that of a sample.

    Nothing is proved to be impossible here: what settled firms could do else is not known.
    """
    passes, unit = 0, stake(near)
    if near.open > 2 * FEW:
        tried = _descend(
            draw(near, FEW, seed=search.seed), box, scale, search.coarse(), worst=-np.inf
        )
        passes, prices = tried.steps, tried.prices
        radius = WITHIN * np.maximum(prices, LEAST * scale)
        for _ in range(TRIES):
            closer = narrow(near, answer(near, prices), prices, radius)
            inner = _around(prices, radius).inside(box)
            descent = _descend(closer.portfolio, inner, scale, search, worst=-np.inf, unit=unit)
            passes, prices, radius = passes + descent.steps + 1, descent.prices, 2 * radius
            if not descent.at_edge(inner) or descent.at_edge(box) or not search.go_on():
                taken = laid(near, closer.choice, choice)
                return _open_near(closer.portfolio, taken, descent, passes)
    descent = _descend(near, box, scale, search, worst=-np.inf, unit=unit)
    return _open_near(near, choice, descent, passes + descent.steps)


def _open_near(near: Portfolio, choice: ChoiceArray, descent: Descent, passes: int) -> Found:
    return Found(
        descent=descent,
        portfolio=near,
        choice=choice,
        bound=descent.answer.bound,
        passes=passes,
        whole=False,
    )


def _over_all(portfolio: Portfolio, found: Found, passes: int) -> Found:
    """Open the settled firms again, so that what is exact over the open ones is exact over all."""
    mixture = tuple(
        (share, laid(found.portfolio, said, found.choice)) for share, said in found.descent.mixture
    )
    descent = replace(found.descent, mixture=mixture)
    return replace(found, descent=descent, portfolio=portfolio, passes=passes, whole=True)
