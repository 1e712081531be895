"""Better a choice by changing firms of two halves at once: sets of changes that meet in the middle.

Decides which two sets, one of each half, are made: those after which least lacks to the bound.
All sets that lose less than a limit are looked at, so that none found is a proof that there is
none. Which sets there are is ``taji.plan.portfolio.changes``'s, how two are found
``taji.plan.portfolio.pairing``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from taji.base.arrays import FloatArray
from taji.plan.portfolio.changes import changes_of, halves, limit_of, sets_of
from taji.plan.portfolio.instance import ChoiceArray, Portfolio
from taji.plan.portfolio.pairing import Base, Pair, closest

__all__ = ["Met", "meet"]

#: Sets of each half in the first round; each further round has so many times more.
FIRST, TIMES = 4_000, 6
#: Until something is found, so much more may lack each time, so many times in a round.
WIDER, WIDENINGS = 1.25, 9
#: The first look is for what lacks so many times less than is known.
NARROWEST = 64.0
#: Sums of the order of the bound are held to this share of it. [fraction]
ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class Met:
    """What was found.

    Attributes
    ----------
    choice : ChoiceArray or None
        The best choice; None where nothing better than asked was found.
    least : float
        No choice of these firms lacks less than this to the bound. [points]
    complete : bool
        Whether there is none better than ``choice``, or than asked.
    """

    choice: ChoiceArray | None
    least: float
    complete: bool


def meet(
    portfolio: Portfolio,
    prices: FloatArray,
    lost: list[FloatArray],
    choice: ChoiceArray,
    *,
    bound: float,
    lack: float,
    enough: float,
    sets: int,
    go_on: Callable[[], bool] = lambda: True,
) -> Met:
    r"""Find the choice that keeps the rows and lacks least to the bound.

    Parameters
    ----------
    portfolio : Portfolio
        The open firms.
    prices : FloatArray, shape (n_row,)
        Prices of the rows. [points per smallest unit]
    lost : list of FloatArray
        What each option loses at the prices (``taji.plan.portfolio.polishing.losses``). [points]
    choice : ChoiceArray, shape (n_enterprise,)
        What is changed; it need not keep the rows, but should use nearly what there is.
    bound : float
        The bound at the prices. [points]
    lack : float
        A choice that lacks no less than this to the bound is not wanted. [points]
    enough : float
        Ends when a better choice could lack no more than this less. [points]
    sets : int
        Sets of changes of each half, at most.
    go_on : callable
        Asked before every look.

    Notes
    -----
    A choice lacks :math:`\sum_e \ell_e + \sum_r \pi_r t_r` to the bound: what its options lose
    at the prices, and what is left over of each row. The firms are dealt out into two halves
    [1]_; a choice that lacks less than a limit is a set of changes of each that loses less than
    it, and the two use what is left over together.

    References
    ----------
    .. [1] E. Horowitz and S. Sahni, "Computing Partitions with Applications to the Knapsack
       Problem", *Journal of the ACM* 21, 1974, 277-292. doi:10.1145/321812.321823
    """
    changes = changes_of(portfolio, lost, choice)
    parts, hair = halves(changes), ROUNDING * abs(bound)
    base = Base(prices, -portfolio.over(choice), bound - portfolio.value_of(choice), hair)
    made: list[int] = []
    known, least, aim = lack, 0.0, 0.0
    count = min(FIRST, sets)
    while go_on():
        limit = min(limit_of(changes, half, room=known, most=count) for half in parts)
        both = [sets_of(changes, half, limit=limit, most=count) for half in parts]
        aim = max(aim, limit, enough, known / NARROWEST if np.isfinite(known) else 0.0)
        found: Pair | None = None
        for _ in range(WIDENINGS):
            found = closest(base, both[0], both[1], room=min(aim, known), go_on=go_on)
            if found.at is not None or not found.finished or aim >= known:
                break
            aim *= WIDER
        if found is not None and found.at is not None:
            known = found.lack
            made = [c for half, at in zip(both, found.at, strict=True) for c in half.changes(at)]
        if found is None or not found.finished:
            break
        least = max(least, min(limit, known) - 2 * hair)
        if known - least <= enough + 4 * hair or count == sets:
            break
        count = min(count * TIMES, sets)
    better = choice.copy()
    better[changes.firm[made]] = changes.option[made]
    fits = known < lack and not np.any(portfolio.over(better) > 0)
    return Met(better if fits else None, least, complete=known - least <= 4 * hair)
