"""Add up numbers that share a code."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from taji.base.arrays import FloatArray, IntArray

__all__ = ["binned", "sum_by"]


def binned(code: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sum the values that share a code.

    Parameters
    ----------
    code : IntArray, shape (n,)
        Codes from 0 to ``size`` - 1.
    values : FloatArray, shape (n,)
        What is summed.
    size : int
        Number of codes.

    Returns
    -------
    FloatArray, shape (size,)
        Sums; 0 for a code that does not occur.

    Examples
    --------
    >>> binned(np.array([0, 2, 0]), np.array([1.0, 2.0, 4.0]), 3).tolist()
    [5.0, 0.0, 2.0]
    """
    return np.asarray(np.bincount(code, values, size), dtype=np.float64)


def sum_by(code: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sum the rows of a table that share a code.

    Parameters
    ----------
    code : IntArray, shape (n,)
        Codes from 0 to ``size`` - 1.
    values : FloatArray, shape (n, n_column)
        What is summed.
    size : int
        Number of codes.

    Returns
    -------
    FloatArray, shape (size, n_column)
        Sums; 0 for a code that does not occur.

    Examples
    --------
    >>> sum_by(np.array([0, 1, 0]), np.array([[1.0], [2.0], [4.0]]), 2).tolist()
    [[5.0], [2.0]]
    """
    ones = np.ones(len(code))
    member = sparse.csr_array((ones, (code, np.arange(len(code)))), shape=(size, len(code)))
    return np.asarray(member @ values, dtype=np.float64)
