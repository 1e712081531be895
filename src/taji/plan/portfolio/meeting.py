"""Better a choice by changing firms of two halves at once: sets of changes that meet in the middle.

Decides which two sets, one of each half, are made: those after which least lacks to the bound.
All sets that lose less than a limit are looked at, so that none found is a proof that there is
none. Which sets there are is ``taji.plan.portfolio.changes``'s, how two are found
``taji.plan.portfolio.pairing``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from taji.base.arrays import FloatArray
from taji.plan.portfolio.changes import changes_of, halves, limit_of, sets_of
from taji.plan.portfolio.instance import ChoiceArray, Portfolio
from taji.plan.portfolio.pairing import Base, Pair, closest

__all__ = ["Met", "Round", "meet"]

#: Until something is found, so much more may lack each time, so many times in a round.
WIDER, WIDENINGS = 1.25, 9
#: The first look is for what lacks this share of the bound at least; so many times less than is
#: known, but no more than this share of what a firm is worth on average.
LITTLE, NARROWEST, MUCH = 2e-6, 64.0, 0.04
#: Sums of the order of the bound are held to this share of it. [fraction]
ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class Round:
    """One look at sets of changes.

    Attributes
    ----------
    sets : int
        Sets of each half, at most, that are paired. [sets]
    enough : float
        No further round follows once value and bound differ by no more. [fraction of the bound]
    reach : float
        It is made only where its limit reaches this share of what lacks. [fraction]
    """

    sets: int
    enough: float = 0.0
    reach: float = 0.0


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
    gap: float,
    rounds: Sequence[Round],
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
    gap : float
        Ends when a better choice could be worth no more than this. [fraction of the bound]
    rounds : sequence of Round
        How many sets are paired, round by round.
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
    much = MUCH * abs(bound) / max(portfolio.open, 1)
    for each in rounds:
        if not go_on():
            break
        limit = min(limit_of(changes, half, room=known, most=each.sets) for half in parts)
        if limit < each.reach * known:
            break
        both = [sets_of(changes, half, limit=limit, most=each.sets) for half in parts]
        narrow = min(known / NARROWEST if np.isfinite(known) else 0.0, much)
        aim = max(aim, limit, LITTLE * abs(bound), narrow)
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
        if known - least <= max(gap, each.enough) * abs(bound) + 4 * hair:
            break
    better = choice.copy()
    better[changes.firm[made]] = changes.option[made]
    fits = known < lack and not np.any(portfolio.over(better) > 0)
    return Met(better if fits else None, least, complete=known - least <= 4 * hair)
