"""Settle provider after provider, along the mixture of loads that costs least.

Decides what most providers take, as long as the bound hardly rises by it; the needs of the last
few are left to ``taji.match.gap_exchange``. Decides nothing about proof.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from taji.base.arrays import FloatArray, IntArray
from taji.match.gap_exchange import exchange
from taji.match.gap_loads import Loads, mixed, near_best
from taji.match.gap_table import Table

__all__ = ["dive"]

#: Loads of each provider in the first mixture, and new ones of each after it.
FIRST, MORE = 60, 20
#: Mixtures for one settlement: each adds the loads that its prices call for.
MIXTURES = 2
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
        loads, share, prices = _mixture(part, prices, 3 * blur)
        load = int((share + whim * rng.random(len(share)) * (share > LEAST)).argmax())
        mine, provider = loads.needs[load], int(loads.provider[load])
        chosen[needs[mine]] = providers[provider]
        needs, prices = needs[~mine], prices[~mine]
        providers = np.delete(providers, provider)
    last = table.part(providers, needs)
    start = last.cost.argmin(axis=0)
    if not np.isfinite(last.cost[start, np.arange(len(needs))]).all():
        return None
    found = exchange(
        last, start, prices=prices, blur=blur, steps=LAST_STEPS, rng=rng, stop=stop
    )
    if found is None:
        return None
    chosen[needs] = providers[found]
    return chosen


def _mixture(
    table: Table, prices: FloatArray, within: float
) -> tuple[Loads, FloatArray, FloatArray]:
    """Mix near-best loads; return them, their shares, and the prices with the best bound."""
    seen: dict[tuple[int, bytes], None] = {}
    best, center, asked = -np.inf, prices, prices
    share = np.zeros(0)
    loads = Loads(np.zeros(0, np.int64), np.zeros((0, len(prices)), np.bool_))
    for turn in range(MIXTURES + 1):
        bound = float(asked.sum())
        for provider in range(len(table.capacity)):
            value, near = near_best(
                asked - table.cost[provider],
                table.units[provider],
                int(table.room[provider]),
                most=MORE if turn else FIRST,
                within=within,
            )
            bound -= value
            seen.update(dict.fromkeys((provider, load.tobytes()) for load in near))
        if bound > best:
            best, center = bound, asked
        if turn == MIXTURES:
            break
        loads = Loads(
            np.array([provider for provider, _ in seen]),
            np.array([np.frombuffer(load, np.bool_) for _, load in seen]),
        )
        mix = mixed(table, loads, center, within)
        share, asked = mix.share, 0.5 * (center + mix.prices)
    return loads, share, center
