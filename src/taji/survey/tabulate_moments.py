"""Centred moments of cells: sums that join without losing digits.

Decides which sums of a measure suffice for every estimate and its variance. How rows get
into cells is ``taji.survey.tabulate_cells``; what is made of the sums,
``taji.survey.tabulate_linear``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from taji.base.arrays import FloatArray, IntArray
from taji.survey.sums import binned

__all__ = ["Moments", "mean_rows", "ratio"]


@dataclass(frozen=True, slots=True)
class Moments:
    r"""What each cell holds of one measure.

    With :math:`x_i` 1 (or the denominator of a ratio), :math:`e_i = y_i - c x_i` and *c* the
    measure's centre, the *basis* is :math:`(x, e)`, for a ratio :math:`(x, e, 1)`; sums run
    over the rows that answered.

    Attributes
    ----------
    n, asked : FloatArray, shape (n_cell,)
        Rows that answered with weight, rows that were asked.
    total : FloatArray, shape (n_cell, n_basis)
        Weighted sums of the basis.
    spread : FloatArray, shape (n_cell, n_basis, n_basis)
        Centred sums of products of the weighted basis.
    square : FloatArray, shape (n_cell, 3)
        Weighted sums of :math:`x^2, x e, e^2`.
    blank : FloatArray, shape (n_cell, 3)
        Rows that did not answer: their number, weight, and centred sum of squares of weight.
    silent : FloatArray, shape (n_cell, 3), or None
        The same of rows that were asked and did not answer, for whom a total stands in; they
        are not in ``blank``. None where no total is wanted: all are in ``blank``.
    """

    n: FloatArray
    asked: FloatArray
    total: FloatArray
    spread: FloatArray
    square: FloatArray
    blank: FloatArray
    silent: FloatArray | None = None

    def pooled(self, index: IntArray, size: int) -> Moments:
        """Join cells that share an index."""
        n = binned(index, self.n, size)
        total = _add(index, self.total, size)
        away = mean_rows(self.total, self.n) - mean_rows(total, n)[index]
        between = self.n[:, None, None] * away[:, :, None] * away[:, None, :]
        return Moments(
            n=n,
            asked=binned(index, self.asked, size),
            total=total,
            spread=_add(index, self.spread + between, size),
            square=_add(index, self.square, size),
            blank=_pooled_weights(index, self.blank, size),
            silent=None if self.silent is None else _pooled_weights(index, self.silent, size),
        )

    def recentred(self, shift: float) -> Moments:
        """The same moments about a centre higher by ``shift``."""
        if shift == 0:
            return self
        turn = np.eye(self.total.shape[1])
        turn[1, 0] = -shift
        xx, xe, ee = self.square.T
        square = np.column_stack((xx, xe - shift * xx, ee - 2 * shift * xe + shift**2 * xx))
        return replace(
            self, total=self.total @ turn.T, spread=turn @ self.spread @ turn.T, square=square
        )

    def joined(self, other: Moments) -> Moments:
        """Both lists of cells, one after the other."""
        return Moments(
            np.concatenate((self.n, other.n)),
            np.concatenate((self.asked, other.asked)),
            np.concatenate((self.total, other.total)),
            np.concatenate((self.spread, other.spread)),
            np.concatenate((self.square, other.square)),
            np.concatenate((self.blank, other.blank)),
            None
            if self.silent is None or other.silent is None
            else np.concatenate((self.silent, other.silent)),
        )


def ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Quotients, 0 where there is nothing to divide by."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom != 0)


def mean_rows(total: FloatArray, n: FloatArray) -> FloatArray:
    """Each row of totals over its number, 0 where that is 0."""
    return np.divide(total, n[:, None], out=np.zeros_like(total), where=n[:, None] > 0)


def _pooled_weights(index: IntArray, part: FloatArray, size: int) -> FloatArray:
    """Number, weight and centred sum of squares of weight of cells that share an index."""
    whole = _add(index, part, size)
    away = ratio(part[:, 1], part[:, 0]) - ratio(whole[:, 1], whole[:, 0])[index]
    whole[:, 2] += binned(index, part[:, 0] * away**2, size)
    return whole


def _add(index: IntArray, values: FloatArray, size: int) -> FloatArray:
    flat = values.reshape(len(values), int(np.prod(values.shape[1:])))
    columns = [binned(index, flat[:, at], size) for at in range(flat.shape[1])]
    return np.stack(columns, axis=1).reshape(size, *values.shape[1:])
