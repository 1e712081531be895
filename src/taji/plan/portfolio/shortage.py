"""Say by how much limits must be raised, or floors lowered, before any portfolio fits.

Decides the least loosening, as shares of the limits and floors that are loosened, and shows a
choice that keeps the loosened rows. Does not put it into words (``taji.desk.portfolio_words``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.plan.portfolio.core import Effort, settle_exactly
from taji.plan.portfolio.drawing import draw
from taji.plan.portfolio.instance import NOTHING, ChoiceArray, Portfolio
from taji.plan.portfolio.mixing import mix
from taji.plan.portfolio.narrowing import laid, settle
from taji.plan.portfolio.polishing import cut_of, losses, opened
from taji.plan.portfolio.prices import Box, Descent, descend

__all__ = ["Shortage", "find_shortage"]

#: Below this share of a row, a shortage is the rounding of a search for prices. [fraction]
HAIR = 1e-9
#: A loosening that is this near to the least is good enough to be told. [fraction]
NEAR = 0.01
#: Above twice as many firms, prices are begun on a sample of so many. [firms]
SAMPLE = 20_000
#: Half width of the box around the prices of the sample, and passes over all firms then.
NEARBY, STEPS_OF_ALL = 0.02, 25


@dataclass(frozen=True, slots=True)
class Shortage:
    """How much is lacking.

    Attributes
    ----------
    short : FloatArray, shape (n_row,)
        By how much each row must be loosened; nowhere above 0 when a choice fits as it is.
        [smallest units]
    choice : ChoiceArray or None
        A choice that keeps the rows so loosened; None where loosening these rows does not help.
    at_least : float
        No loosening adds up to less than this. [sum of shares of the rows]
    proven : bool
        Whether it is proven that no choice keeps the rows as they are.
    """

    short: FloatArray
    choice: ChoiceArray | None
    at_least: float
    proven: bool


def find_shortage(
    portfolio: Portfolio,
    loose: BoolArray,
    *,
    widths: tuple[int, ...],
    effort: Effort,
    steps: int = 200,
    go_on: Callable[[], bool] = lambda: True,
) -> Shortage:
    r"""Find the least loosening of some rows that makes a choice fit.

    Parameters
    ----------
    portfolio : Portfolio
        Firms, options, limits and floors; values do not count.
    loose : BoolArray, shape (n_row,)
        Which rows may be loosened.
    widths : tuple of int
        Options that are opened in each exact programme. [options]
    effort : Effort
        How hard to try in each.
    steps : int
        Passes in search of a proof.
    go_on : callable
        Asked before each step.

    Notes
    -----
    Minimises :math:`\sum_r t_r / |b_r|` over choices with
    :math:`s_r \sum a x \le b_r + t_r,\ t \ge 0`. Its dual holds the price of a row that may be
    loosened to at most :math:`1/|b_r|`; a positive bound proves that nothing fits.
    """
    rows = portfolio.rows
    weight = 1.0 / np.maximum(np.abs(rows.bound), 1.0)
    blank = replace(
        portfolio,
        blocks=tuple(
            replace(block, value=np.broadcast_to(0.0, block.value.shape))
            for block in portfolio.blocks
        ),
        settled=0.0,
    )
    none = np.zeros(len(weight))
    found = _prices(blank, weight, loose, steps=steps, seed=effort.seed, go_on=go_on)
    if found.impossible:
        return Shortage(none, None, np.inf, proven=True)
    at_least = max(0.0, -found.answer.bound)
    short, choice = _choose(
        blank,
        found.prices,
        _trimmed(blank, mix(blank, found.mixture).choice),
        loose=loose,
        weight=weight,
        at_least=at_least,
        widths=widths,
        effort=replace(effort, gap=NEAR * at_least),
        go_on=go_on,
    )
    return Shortage(short, choice, at_least, proven=at_least > 1e3 * HAIR)


def _prices(
    blank: Portfolio,
    weight: FloatArray,
    loose: BoolArray,
    *,
    steps: int,
    seed: int,
    go_on: Callable[[], bool],
) -> Descent:
    """Prices of what is lacking; where there are many firms, begun with those of some."""
    low, high = np.zeros(len(weight)), np.where(loose, weight, np.inf)
    start, radius = np.where(blank.rows.sign < 0, weight / 2, 0.0), weight / 2
    if blank.open > 2 * SAMPLE:
        share = SAMPLE / blank.open
        few = draw(blank, SAMPLE, seed=seed)
        # limits of some firms are smaller in proportion, and the price of a unit larger
        tried = _prices(few, weight / share, loose, steps=steps, seed=seed, go_on=go_on)
        start = np.clip(share * tried.prices, low, high)
        radius, steps = NEARBY * weight, STEPS_OF_ALL
    return descend(
        blank,
        Box(low, high, start, radius),
        scale=weight,
        tolerance=HAIR,
        steps=steps,
        go_on=go_on,
        worst=-float((_most_short(blank) * weight)[loose].sum()),
        unit=1.0,
    )


def _most_short(portfolio: Portfolio) -> FloatArray:
    """The most by which each row can be broken at all. [smallest units]"""
    rows = portfolio.rows
    out = np.where(rows.sign < 0, np.maximum(-rows.bound, 0.0), 0.0)
    for r in np.flatnonzero(rows.sign > 0):
        top = sum(
            float(b.use[rows.use[r]].max(axis=0, initial=0.0).sum()) for b in portfolio.blocks
        )
        out[r] = max(0.0, top - rows.bound[r])
    return out


def _choose(
    blank: Portfolio,
    prices: FloatArray,
    choice: ChoiceArray,
    *,
    loose: BoolArray,
    weight: FloatArray,
    at_least: float,
    widths: tuple[int, ...],
    effort: Effort,
    go_on: Callable[[], bool],
) -> tuple[FloatArray, ChoiceArray | None]:
    """A choice that breaks only loose rows, and them by little."""
    lost = losses(blank, prices)
    best: ChoiceArray | None = None
    least, short = np.inf, np.zeros(len(weight))
    over = np.maximum(blank.over(choice), 0.0)
    if np.all(over[~loose] <= 0):
        best, least, short = choice, float(over @ weight), over
    for width in widths:
        if least <= (1 + NEAR) * at_least or not go_on():
            break
        inner = settle(blank, choice, _near(blank, lost, choice, width))
        found = settle_exactly(inner, effort, forgive=np.where(loose, weight, np.inf), hint=best)
        if found.choice is None:
            continue
        whole = laid(inner, found.choice, choice)
        over = np.maximum(blank.over(whole), 0.0)
        if np.all(over[~loose] <= 0) and float(over @ weight) < least:
            best = choice = whole
            least, short = float(over @ weight), over
    return short, best


def _trimmed(blank: Portfolio, choice: ChoiceArray) -> ChoiceArray:
    """Take back what no floor needs, the largest first: a mixture of lumps overshoots floors."""
    if blank.compulsory:
        return choice
    rows, choice = blank.rows, choice.copy()
    floors = np.flatnonzero(rows.sign < 0)
    spare = -blank.over(choice)[floors]
    for block in blank.blocks:
        held = block.option == choice[block.firm]
        column = np.flatnonzero(held.any(axis=0))
        use = block.use[:, held[:, column].argmax(axis=0), column]
        for at in np.argsort(-use[0], kind="stable"):
            counts = rows.member[floors, block.cell[column[at]]]
            needed = np.where(counts, use[rows.use[floors], at], 0.0)
            if np.all(needed[counts] <= spare[counts]):
                choice[block.firm[column[at]]] = NOTHING
                spare -= needed
    return choice


def _near(
    blank: Portfolio, lost: list[FloatArray], choice: ChoiceArray, width: int
) -> list[BoolArray]:
    """Options that lose least, of ``width`` firms at most; and all of every so many-th firm.

    Values do not count here: options that lose nothing can be as many as there are firms, and a
    firm that is nearly indifferent is best at filling what lumps leave.
    """
    kept = opened(blank, lost, choice, cut_of(lost, width))
    firms = [np.flatnonzero(keep.any(axis=0)) for keep in kept]
    every = [np.arange(keep.shape[1]) for keep in kept]
    near, spread = _spread(firms, width), _spread(every, width // 2)
    out = []
    for keep, some, whole in zip(kept, near, spread, strict=True):
        open_ = np.zeros_like(keep)
        open_[:, some] = keep[:, some]
        open_[:, whole] = True
        out.append(open_)
    return out


def _spread(groups: list[IntArray], most: int) -> list[IntArray]:
    """Draw ``most`` members of all groups together at most, evenly in their order."""
    count, before = sum(len(group) for group in groups), 0
    out = []
    for group in groups:
        place = before + np.arange(len(group))
        some = (place * most) // max(count, most) != ((place - 1) * most) // max(count, most)
        out.append(group[some])
        before += len(group)
    return out
