"""Match needs and providers so that no two would rather have each other.

Decides the matching that is best for one side among all stable ones, and counts what would break
one. Does not say where preferences come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappush, heappushpop

import numpy as np

from taji.base.arrays import FloatArray, IntArray

__all__ = ["Preferences", "blocking_pairs", "ranks", "stable_for_needs", "stable_for_providers"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """Who would take whom, and how gladly.

    Attributes
    ----------
    need, provider : IntArray, shape (n_pair,)
        The pair; a pair that is not listed must not be. Each stands once.
    need_score, provider_score : FloatArray, shape (n_pair,)
        How gladly the need takes the provider and the other way round; higher is preferred.
    capacity : IntArray, shape (n_provider,)
        Needs that a provider can take. [needs]
    needs : int
        How many needs there are.
    """

    need: IntArray
    provider: IntArray
    need_score: FloatArray
    provider_score: FloatArray
    capacity: IntArray
    needs: int


def stable_for_needs(wishes: Preferences) -> IntArray:
    """Return the stable matching in which every need fares as well as in any.

    Parameters
    ----------
    wishes : Preferences

    Returns
    -------
    IntArray, shape (n_need,)
        The provider of each need, -1 for none.

    Notes
    -----
    Deferred acceptance [1]_: each need asks down its list, a provider holds the best it was asked
    by as far as its capacity goes. Equal scores are ordered by number, the lower first, on both
    sides; with ties so broken the matching is stable in the sense that no pair gains strictly.

    References
    ----------
    .. [1] D. Gale and L. S. Shapley, "College admissions and the stability of marriage".
       *The American Mathematical Monthly* 69(1), 1962, 9-15. doi:10.2307/2312726

    Examples
    --------
    >>> wishes = Preferences(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]),
    ...     np.array([2.0, 1, 2, 1]), np.array([1.0, 1, 2, 2]), np.array([1, 1]), 2)
    >>> stable_for_needs(wishes).tolist()
    [1, 0]
    """
    order, first = _lists(wishes.need, -wishes.need_score, wishes.provider, wishes.needs)
    asks = wishes.provider[order].tolist()
    # negative places, so that the least preferred of those held is on top of the heap
    liked = (-_places(wishes.provider, -wishes.provider_score, wishes.need))[order].tolist()
    capacity, upto = wishes.capacity.tolist(), first[1:].tolist()
    at = first[:-1].tolist()
    held: list[list[tuple[int, int]]] = [[] for _ in capacity]
    free = list(range(wishes.needs - 1, -1, -1))
    while free:
        need = free.pop()
        while at[need] < upto[need]:
            place = at[need]
            at[need] += 1
            provider = asks[place]
            if len(held[provider]) < capacity[provider]:
                heappush(held[provider], (liked[place], need))
                break
            if not capacity[provider]:
                continue
            _, dropped = heappushpop(held[provider], (liked[place], need))
            if dropped != need:
                free.append(dropped)
                break
    chosen = np.full(wishes.needs, -1)
    for provider, taken in enumerate(held):
        for _, need in taken:
            chosen[need] = provider
    return chosen


def stable_for_providers(wishes: Preferences) -> IntArray:
    """Return the stable matching in which every provider fares as well as in any.

    Parameters, result and ties as for ``stable_for_needs``; the providers ask.
    """
    providers = len(wishes.capacity)
    order, first = _lists(wishes.provider, -wishes.provider_score, wishes.need, providers)
    asks = wishes.need[order].tolist()
    liked = _places(wishes.need, -wishes.need_score, wishes.provider)[order].tolist()
    at, upto = first[:-1].tolist(), first[1:].tolist()
    room = wishes.capacity.tolist()
    chosen, held = [-1] * wishes.needs, [len(order)] * wishes.needs
    waiting = list(range(providers - 1, -1, -1))
    while waiting:
        provider = waiting.pop()
        while room[provider] and at[provider] < upto[provider]:
            place = at[provider]
            at[provider] += 1
            need = asks[place]
            if liked[place] < held[need]:
                if chosen[need] >= 0:
                    room[chosen[need]] += 1
                    waiting.append(chosen[need])
                chosen[need], held[need] = provider, liked[place]
                room[provider] -= 1
    return np.array(chosen, dtype=np.int64)


def blocking_pairs(wishes: Preferences, chosen: IntArray) -> int:
    """Count the pairs that would both rather have each other than what they have. [pairs]

    A need without a provider would rather have any that is listed; a provider with room left would
    rather have any need that is listed than none.
    """
    if not len(wishes.need):
        return 0
    together = chosen[wishes.need] == wishes.provider
    have = np.full(wishes.needs, -np.inf)
    have[wishes.need[together]] = wishes.need_score[together]
    worst = np.full(len(wishes.capacity), np.inf)
    np.minimum.at(worst, wishes.provider[together], wishes.provider_score[together])
    load = np.bincount(wishes.provider[together], minlength=len(wishes.capacity))
    worst[load < wishes.capacity] = -np.inf
    glad = wishes.need_score > have[wishes.need]
    return int((~together & glad & (wishes.provider_score > worst[wishes.provider])).sum())


def ranks(wishes: Preferences, chosen: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the place of each matched pair in the need's list and in the provider's. [rank]

    Returns
    -------
    tuple of FloatArray, shape (n_matched,)
        1 is the first choice; in the order of the pairs.
    """
    together = chosen[wishes.need] == wishes.provider
    mine = _places(wishes.need, -wishes.need_score, wishes.provider)[together]
    theirs = _places(wishes.provider, -wishes.provider_score, wishes.need)[together]
    return mine + 1.0, theirs + 1.0


def _lists(
    owner: IntArray, dislike: FloatArray, other: IntArray, owners: int
) -> tuple[IntArray, IntArray]:
    """Order the pairs by owner and liking; return the order and where each owner's begin."""
    order = np.lexsort((other, dislike, owner))
    first = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=owners))])
    return order, first


def _places(owner: IntArray, dislike: FloatArray, other: IntArray) -> IntArray:
    """Return the place of every pair in its owner's list, from 0."""
    order, first = _lists(owner, dislike, other, int(owner.max(initial=-1)) + 1)
    places = np.empty(len(owner), dtype=np.int64)
    places[order] = np.arange(len(owner)) - first[owner[order]]
    return places
