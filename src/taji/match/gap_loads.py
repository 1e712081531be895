"""What a provider would take at posted prices: not only its best load, but its best few.

Decides which loads are near the best and how providers would mix theirs if they could be taken
in part. Which of them is then taken is decided by who asks (``taji.match.gap_dive``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.match.gap_relaxed import relaxed, rows_of
from taji.match.gap_table import Table

__all__ = ["Mix", "all_within", "mixture", "near_best"]

#: Loads of each provider in the first mixture, and new ones of each after it.
FIRST, MORE = 60, 20
#: A mixture is good enough when it costs no more than the bound and this share of ``within``.
CLOSE = 0.01


@dataclass(frozen=True, slots=True)
class Mix:
    """Loads and the cheapest mixture of them.

    Attributes
    ----------
    provider : IntArray, shape (n_load,)
        Whose load it is.
    needs : BoolArray, shape (n_load, n_need)
        What it holds.
    share : FloatArray, shape (n_load,)
        How much of it is in the mixture. [fraction]
    cost : float
        What the mixture costs. [cost]
    prices : FloatArray, shape (n_need,)
        The prices that gave the best bound. [cost]
    """

    provider: IntArray
    needs: BoolArray
    share: FloatArray
    cost: float
    prices: FloatArray


def mixture(
    table: Table,
    prices: FloatArray,
    *,
    within: float,
    turns: int,
    stop: Callable[[], bool],
) -> Mix:
    r"""Mix near-best loads so that every need is met once, at the least cost.

    Parameters
    ----------
    table : Table
    prices : FloatArray, shape (n_need,)
        Prices to begin with. [cost]
    within : float
        A need may be missed, or met twice, at its price and so much more, or less; and see
        ``near_best``. [cost]
    turns : int
        So many mixtures, at most: each asks for the loads that its prices call for.
    stop : callable
        Asked after each whether to stop.

    Notes
    -----
    .. math:: \min \sum_k c_k x_k, \quad \sum_{k \ni j} x_k = 1, \quad
              \sum_{k \in K_i} x_k \le 1, \quad x \ge 0,

    with loads :math:`k`, :math:`K_i` those of provider *i*: the linear relaxation over loads,
    whose value is the best bound of ``taji.match.gap_bound`` once no load is missing. New loads
    are asked for halfway between the prices with the best bound and those of the mixture.
    """
    seen: dict[tuple[int, bytes], None] = {}
    mix = Mix(np.zeros(0, np.int64), np.zeros((0, len(prices)), np.bool_), np.zeros(0), 0.0, prices)
    best, center, asked = -np.inf, prices, prices
    for turn in range(turns + 1):
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
        if turn == turns or (turn and (mix.cost <= best + CLOSE * within or stop())):
            break
        mix, prices_of_mix = _mixed(table, list(seen), center, within)
        asked = 0.5 * (center + prices_of_mix)
    return replace(mix, prices=center)


def near_best(
    profit: FloatArray, effort: IntArray, room: int, *, most: int, within: float
) -> tuple[float, BoolArray]:
    """Return the best value of one provider and its best loads, among needs that come into question.

    Parameters
    ----------
    profit : FloatArray, shape (n_need,)
        What it earns by a need. [cost]
    effort : IntArray, shape (n_need,)
        [units of effort]
    room : int
        [units of effort]
    most : int
        So many loads, at most.
    within : float
        A need whose profit is so much less than what its effort is worth is left out. [cost]

    Returns
    -------
    tuple of float and BoolArray, shape (n_load, n_need)
        Loads from the best down.

    Notes
    -----
    Need after need, the beginnings of loads are kept that can be completed best, which the table
    of the knapsack tells exactly: different beginnings complete to different loads, so that the
    best ``most`` are never lost.

    Examples
    --------
    >>> near_best(np.array([3.0, 2.0, 2.0]), np.array([3, 2, 2]), 4, most=2, within=0.0)
    (4.0, array([[False,  True,  True],
           [ True, False, False]]))
    """
    worth = _worth(profit, effort, room)
    needs = np.flatnonzero((profit - worth * effort >= -within) & (effort <= room))
    needs = needs[np.argsort(-profit[needs], kind="stable")]
    best, taken = _grown(profit[needs], effort[needs], room, most, None, _never)
    assert taken is not None, "no loss is asked for"
    loads = np.zeros((len(taken), len(profit)), dtype=np.bool_)
    loads[:, needs] = taken
    return best, loads


def all_within(
    profit: FloatArray,
    effort: IntArray,
    room: int,
    *,
    needs: IntArray,
    loss: float,
    most: int,
    stop: Callable[[], bool],
) -> BoolArray | None:
    """Return every load of one provider that earns at most ``loss`` less than its best.

    Parameters
    ----------
    profit, effort, room
        As for ``near_best``.
    needs : IntArray
        The needs that can be in such a load.
    loss : float
        [cost]
    most : int
        If there are more loads, they are not counted out.
    stop : callable
        Asked at every need whether time is up: then they are not counted out either.

    Returns
    -------
    BoolArray, shape (n_load, n_need), or None

    Examples
    --------
    >>> profit, effort = np.array([3.0, 2.0, 2.0]), np.array([3, 2, 2])
    >>> asked = {"needs": np.arange(3), "loss": 1.5, "most": 9, "stop": lambda: False}
    >>> all_within(profit, effort, 4, **asked).astype(int)
    array([[0, 1, 1],
           [1, 0, 0]])
    """
    _, taken = _grown(profit[needs], effort[needs], room, most, loss, stop)
    if taken is None:
        return None
    loads = np.zeros((len(taken), len(profit)), dtype=np.bool_)
    loads[:, needs] = taken
    return loads


def _grown(
    gain: FloatArray,
    effort: IntArray,
    room: int,
    most: int,
    loss: float | None,
    stop: Callable[[], bool],
) -> tuple[float, BoolArray | None]:
    """Return the best value, and the best ``most`` loads, or all down to a loss, if not more."""
    gains, efforts = gain.tolist(), effort.tolist()
    after = np.zeros((len(gains) + 1, room + 1))
    for at in range(len(gains) - 1, -1, -1):
        after[at] = after[at + 1]
        with_it = after[at + 1, : room + 1 - efforts[at]] + gains[at]
        np.maximum(after[at, efforts[at] :], with_it, out=after[at, efforts[at] :])
    best = float(after[0, room])
    value, left = np.zeros(1), np.array([room])
    # one bit for every need: many beginnings are copied often
    bits = np.zeros((1, len(gains) // 64 + 1), dtype=np.uint64)
    for at, (earns, takes) in enumerate(zip(gains, efforts, strict=True)):
        if stop():
            return best, None
        fits = np.flatnonzero(left >= takes)
        value = np.concatenate([value, value[fits] + earns])
        left = np.concatenate([left, left[fits] - takes])
        bits = np.concatenate([bits, bits[fits]])
        bits[len(bits) - len(fits) :, at // 64] |= np.uint64(1 << at % 64)
        reach = value + after[at + 1, left]
        kept = np.arange(len(reach)) if loss is None else np.flatnonzero(reach >= best - loss)
        if len(kept) > most:
            if loss is not None:  # each beginning is that of another load
                return best, None
            kept = kept[np.argpartition(-reach[kept], most)[:most]]
        value, left, bits = value[kept], left[kept], bits[kept]
    bits = bits[np.argsort(-value, kind="stable")].astype("<u8")
    taken = np.unpackbits(bits.view(np.uint8), axis=1, count=len(gains), bitorder="little")
    return best, taken.view(np.bool_)


def _never() -> bool:
    return False


def _worth(profit: FloatArray, effort: IntArray, room: int) -> float:
    """Return what one unit of effort earns where the room ends. [cost/unit of effort]"""
    wanted = np.flatnonzero((profit > 0) & (effort <= room))
    each = profit[wanted] / np.maximum(effort[wanted], 1e-9)
    order = np.argsort(-each, kind="stable")
    beyond = np.flatnonzero(np.cumsum(effort[wanted][order]) > room)
    return float(each[order[beyond[0]]]) if len(beyond) else 0.0


def _mixed(
    table: Table, seen: list[tuple[int, bytes]], near: FloatArray, within: float
) -> tuple[Mix, FloatArray]:
    """Solve the relaxation over some loads; return the mixture and its prices."""
    provider = np.array([provider for provider, _ in seen])
    held = np.array([np.frombuffer(load, np.bool_) for _, load in seen])
    cost = np.where(held, table.cost[provider], 0.0).sum(axis=1)
    mix = relaxed(rows_of(provider, held, len(table.capacity)), cost, near, within)
    return Mix(provider, held, mix.share, mix.cost, near), mix.prices[: len(near)]
