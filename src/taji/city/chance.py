"""Random numbers that belong to a firm, not to the order in which firms are asked.

A number is a hash of a seed, the name of what it decides and the firm's key. So one
decision can change without disturbing any other, and the same seed gives the same city on
every machine and with every version of every library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from taji.base.arrays import FloatArray, IntArray

__all__ = ["below", "normal", "pick", "uniform"]

#: A double holds 53 bits of mantissa: the hash's first 64 bits are cut to these.
BITS = 53


def uniform(seed: int, decision: str, keys: Sequence[str]) -> FloatArray:
    """Return one number in (0, 1) for each key.

    Parameters
    ----------
    seed : int
        Seed of the truth or of the round.
    decision : str
        What the number decides.
    keys : sequence of str, shape (n_enterprise,)
        Keys of firms.

    Returns
    -------
    FloatArray, shape (n_enterprise,)
        [fraction]

    Examples
    --------
    >>> bool(uniform(1, "plan", ["a", "b"])[1] == uniform(1, "plan", ["b"])[0])
    True
    """
    start = hashlib.blake2b(f"{seed}\n{decision}\n".encode(), digest_size=8)
    numbers = np.empty(len(keys))
    for place, key in enumerate(keys):
        ticket = start.copy()
        ticket.update(key.encode())
        whole = int.from_bytes(ticket.digest(), "big") >> (64 - BITS)
        numbers[place] = (whole + 0.5) / 2**BITS
    return numbers


def normal(seed: int, decision: str, keys: Sequence[str]) -> FloatArray:
    """Return one standard normal number for each key. [standard deviations]"""
    numbers: FloatArray = ndtri(uniform(seed, decision, keys))
    return numbers


def below(seed: int, decision: str, keys: Sequence[str], limit: int) -> IntArray:
    """Return one whole number from 0 to ``limit`` - 1 for each key."""
    return np.floor(uniform(seed, decision, keys) * limit).astype(np.int64)


def pick(seed: int, decision: str, keys: Sequence[str], shares: Sequence[float]) -> IntArray:
    """Return for each key the place of one of several things, drawn by their shares."""
    cuts = np.cumsum(shares) / np.sum(shares)
    places: IntArray = np.searchsorted(cuts[:-1], uniform(seed, decision, keys), side="right")
    return places
