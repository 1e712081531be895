"""Knapsacks of all providers at once: what each would take at posted prices of the needs.

Decides the best load of every provider when each need pays its price, and what it costs to force
one need in or out. Does not set the prices (``taji.match.gap_bound``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taji.base.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Forced", "Knapsacks"]


@dataclass(frozen=True, slots=True)
class Forced:
    """How much a relaxed value rises when one pair is forced.

    Attributes
    ----------
    taken, left : FloatArray, shape (n_provider, n_need)
        When the provider must take the need, and when it must not; infinite where it cannot.
        [cost]
    """

    taken: FloatArray
    left: FloatArray


class Knapsacks:
    """One 0-1 knapsack for every provider, over whole units of effort.

    Parameters
    ----------
    effort : IntArray, shape (n_provider, n_need)
        [units of effort]
    capacity : IntArray, shape (n_provider,)
        [units of effort]

    Notes
    -----
    Dynamic programming over the capacity [1]_, one step for the :math:`k`-th profitable need of
    all providers together. A need without profit is never taken, so that at good prices a step
    count is little more than a provider's load.

    References
    ----------
    .. [1] S. Martello and P. Toth, *Knapsack Problems*. Wiley, 1990, section 2.6.
    """

    def __init__(self, effort: IntArray, capacity: IntArray) -> None:
        self.effort, self.capacity = effort, capacity
        self._width = int(capacity.max(initial=0)) + 1
        # a need that is larger than any capacity reads from the part that holds minus infinity
        self._pad = self._width
        self._rows = np.arange(len(capacity))
        self._at = (
            self._rows[:, None] * (self._pad + self._width)
            + self._pad
            + np.arange(self._width)[None, :]
        )

    def solve(self, profit: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Return the best value of every provider and which needs it takes.

        Parameters
        ----------
        profit : FloatArray, shape (n_provider, n_need)
            What a provider earns by a need; at or under zero is never taken. [cost]

        Returns
        -------
        tuple of FloatArray, shape (n_provider,), and BoolArray, shape (n_provider, n_need)
        """
        lists, gains, efforts = self._lists(profit)
        best, took = self._forward(gains, efforts, keep_choices=True)
        taken = np.zeros(profit.shape, dtype=np.bool_)
        room = self.capacity.copy()
        for step in range(lists.shape[1] - 1, -1, -1):
            chosen = took[step][self._rows, room]
            taken[self._rows[chosen], lists[chosen, step]] = True
            room = room - np.where(chosen, efforts[:, step], 0)
        return best[-1][self._rows, self.capacity], taken

    def forced(self, profit: FloatArray) -> Forced:
        """Return the loss when a pair is forced in or out, of every pair."""
        lists, gains, efforts = self._lists(profit)
        before, _ = self._forward(gains, efforts)
        after, _ = self._forward(gains[:, ::-1], efforts[:, ::-1])
        best = before[-1][self._rows, self.capacity]
        taken = np.full(profit.shape, np.inf)
        left = np.zeros(profit.shape)
        room = self.capacity[:, None] - self.effort
        fits = (room >= 0) & np.isfinite(profit)
        whole = np.take_along_axis(before[-1], np.maximum(room, 0), axis=1)
        np.subtract(best[:, None], np.where(fits, profit, 0) + whole, out=taken, where=fits)
        columns = np.arange(self._width)
        for step in range(lists.shape[1]):
            listed = np.isfinite(gains[:, step])
            front, back = before[step], after[lists.shape[1] - 1 - step]
            out = self._meet(front, back, self.capacity, columns)
            need = lists[:, step]
            inside = self._meet(front, back, self.capacity - efforts[:, step], columns)
            rows = self._rows[listed]
            left[rows, need[listed]] = (best - out)[listed]
            taken[rows, need[listed]] = (best - inside - gains[:, step])[listed]
        return Forced(np.maximum(taken, 0), np.maximum(left, 0))

    def _lists(self, profit: FloatArray) -> tuple[IntArray, FloatArray, IntArray]:
        """Put the profitable needs of every provider first, and cut off the rest."""
        wanted = (profit > 0) & (self.effort <= self.capacity[:, None])
        longest = max(1, int(wanted.sum(axis=1).max(initial=0)))
        lists = np.argsort(~wanted, axis=1, kind="stable")[:, :longest]
        listed = np.take_along_axis(wanted, lists, axis=1)
        gains = np.where(listed, np.take_along_axis(profit, lists, axis=1), -np.inf)
        efforts = np.where(listed, np.take_along_axis(self.effort, lists, axis=1), 0)
        return lists, gains, efforts

    def _forward(
        self, gains: FloatArray, efforts: IntArray, *, keep_choices: bool = False
    ) -> tuple[list[FloatArray], list[BoolArray]]:
        held = np.full((len(self.capacity), self._pad + self._width), -np.inf)
        held[:, self._pad :] = 0.0
        value = held[:, self._pad :]
        tables, choices = [] if keep_choices else [value.copy()], []
        flat = held.reshape(-1)
        for step in range(gains.shape[1]):
            with_it = flat[self._at - efforts[:, step, None]] + gains[:, step, None]
            if keep_choices:
                choices.append(with_it > value)
            np.maximum(value, with_it, out=value)
            if not keep_choices:
                tables.append(value.copy())
        return (tables if not keep_choices else [value.copy()]), choices

    def _meet(
        self, front: FloatArray, back: FloatArray, room: IntArray, columns: IntArray
    ) -> FloatArray:
        """Best sum of two tables that share the room."""
        rest = room[:, None] - columns[None, :]
        other = np.take_along_axis(back, np.clip(rest, 0, None), axis=1)
        sums = np.where(rest >= 0, front + other, -np.inf)
        best: FloatArray = sums.max(axis=1)
        return best
