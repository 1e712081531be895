"""Settle provider after provider, along the mixture of loads that costs least.

Decides what most providers take, as long as the bound hardly rises by it; the needs of the last
few are left to ``taji.match.gap_exchange``. Decides nothing about proof.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from taji.base.arrays import FloatArray, IntArray
from taji.match.gap_exchange import exchange
from taji.match.gap_loads import mixture
from taji.match.gap_table import Table

__all__ = ["dive"]

#: Mixtures for one settlement.
TURNS = 2
#: How far the prices of a mixture go from those before it. [what places differ by]
NEAR = 3.0
#: One in so many providers is settled at a time.
AT_ONCE = 25
#: With so many needs left, or so few providers, the rest is exchanged instead; steps of that.
LAST_NEEDS, LAST_PROVIDERS, LAST_STEPS = 65, 3, 2_000
#: A smaller share is rounding. [fraction]
LEAST = 1e-6


def dive(
    table: Table,
    prices: FloatArray,
    *,
    blur: float,
    whim: float,
    rng: np.random.Generator,
    stop: Callable[[], bool],
) -> IntArray | None:
    """Place all needs.

    Parameters
    ----------
    table : Table
    prices : FloatArray, shape (n_need,)
        Prices that prove a good bound. [cost]
    blur : float
        What two places of a need differ by, typically. [cost]
    whim : float
        How far chance prefers one load to another with a larger share. [fraction]
    rng : numpy.random.Generator
    stop : callable
        Asked before each settlement whether to stop.

    Returns
    -------
    IntArray, shape (n_need,), or None
        None where the last providers cannot take what is left, or where it was stopped.

    Notes
    -----
    A diving heuristic on the relaxation over loads [1]_: what a provider takes is settled where
    the mixture is most sure of it, the rest is mixed anew.

    References
    ----------
    .. [1] R. Sadykov, F. Vanderbeck, A. Pessoa, I. Tahiri and E. Uchoa, "Primal heuristics for
       branch and price: the assets of diving methods". *INFORMS Journal on Computing* 31(2),
       2019, 251-267.
    """
    chosen = np.full(len(prices), -1)
    providers, needs = np.arange(len(table.capacity)), np.arange(len(prices))
    while len(needs) > LAST_NEEDS and len(providers) > LAST_PROVIDERS:
        if stop():
            return None
        part = table.part(providers, needs)
        mix = mixture(part, prices, within=NEAR * blur, turns=TURNS, stop=stop)
        likely = mix.share + whim * rng.random(len(mix.share)) * (mix.share > LEAST)
        free, open_ = np.ones(len(needs), np.bool_), np.ones(len(providers), np.bool_)
        for load in np.argsort(-likely, kind="stable")[: max(1, len(providers) // AT_ONCE)]:
            mine, provider = mix.needs[load] & free, int(mix.provider[load])
            if open_[provider]:
                chosen[needs[mine]] = providers[provider]
                free &= ~mine
                open_[provider] = False
        needs, prices, providers = needs[free], mix.prices[free], providers[open_]
    last = table.part(providers, needs)
    start = last.cost.argmin(axis=0)
    if not np.isfinite(last.cost[start, np.arange(len(needs))]).all():
        return None
    found = exchange(last, start, prices=prices, blur=blur, steps=LAST_STEPS, rng=rng, stop=stop)
    if found is None:
        return None
    chosen[needs] = providers[found]
    return chosen
