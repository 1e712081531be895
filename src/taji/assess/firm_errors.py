r"""How the errors of one firm go together, and what its other answers say about one of them.

Decides two numbers beside the tables of ``taji.assess.reliability``: how far a firm that is too
high in one answer is too high in all (``together``), and how far a claim is better or worse than
others like it where the firm claims much elsewhere (``slope``). Does not decide the shares of a
table: over all firms they stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.catalogue.chances import ChanceRule

__all__ = ["Expected", "FirmErrors", "expected_of", "firm_errors", "unlinked"]

#: A firm's errors are never held to be one error, nor told by its other answers. [correlation]
_MOST = 0.9
#: Quadrature of a standard normal, and how often an interval is halved.
_NODES, _RAW = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS, _HALVINGS = _RAW / _RAW.sum(), 11


@dataclass(frozen=True, slots=True)
class Expected:
    """What firms claim on the whole, given what they claim in one answer.

    Attributes
    ----------
    span : FloatArray, shape (n_unit,)
        Rungs from the lowest answer to the highest.
    centres : tuple of FloatArray, each of shape (n_place,)
        Mean of the whole among firms that claim a place. [share of the scale]
    spread : float
        Standard deviation around these; 1 where there is none. [share of the scale]
    """

    span: FloatArray
    centres: tuple[FloatArray, ...]
    spread: float

    def beyond(self, claimed: IntArray, places: IntArray) -> FloatArray:
        """Return how far a firm claims more on the whole than others with the same answer.

        Parameters
        ----------
        claimed : IntArray, shape (n_firm, n_unit)
            What each firm claims: the whole is the mean over what it answered.
        places : IntArray, shape (..., n_firm, n_unit)
            The answers that are asked about; 0 is returned where they are under 0.

        Returns
        -------
        FloatArray, shape (..., n_firm, n_unit)
            [standard deviations]
        """
        whole = _whole(claimed, self.span)
        beyond = np.zeros(places.shape)
        for at, centre in enumerate(self.centres):
            place = places[..., at]
            there = place >= 0
            beyond[..., at] = np.where(there, whole - centre[np.maximum(place, 0)], 0.0)
        return beyond / self.spread


@dataclass(frozen=True, slots=True)
class FirmErrors:
    """How the errors of a firm hang together.

    Attributes
    ----------
    together : float
        Correlation of a firm's errors from answer to answer. [correlation]
    slope : float
        Correlation of an error with how much the firm claims elsewhere: over 0, the other
        answers vouch for this one; under 0, they betray it. [correlation]
    expected : Expected
    """

    together: float
    slope: float
    expected: Expected


def expected_of(population: IntArray, sizes: Sequence[int]) -> Expected:
    """Return what the firms of a round claim, shape (n_firm, n_unit), on scales of these sizes."""
    span = np.maximum(np.array(sizes) - 1, 1).astype(np.float64)
    whole = _whole(population, span)
    centres, squares, count = [], 0.0, 0
    for at, size in enumerate(sizes):
        there = population[:, at] >= 0
        place, mine = population[there, at], whole[there]
        held = np.bincount(place, minlength=size)
        total = np.bincount(place, weights=mine, minlength=size)
        overall = float(mine.mean()) if len(mine) else 0.0
        centre = np.where(held > 0, total / np.maximum(held, 1), overall)
        centres.append(centre)
        squares += float(((mine - centre[place]) ** 2).sum())
        count += len(mine)
    spread = float(np.sqrt(squares / count)) if squares > 0 else 1.0
    return Expected(span, tuple(centres), spread)


def unlinked(sizes: Sequence[int]) -> FirmErrors:
    """Return errors that have nothing to do with one another."""
    return FirmErrors(0.0, 0.0, expected_of(np.empty((0, len(sizes)), dtype=np.int64), sizes))


def firm_errors(
    tables: Sequence[FloatArray],
    claimed: IntArray,
    found: IntArray,
    population: IntArray,
    *,
    rule: ChanceRule,
) -> FirmErrors:
    r"""Return how the errors of a firm hang together, as pairs show it.

    Parameters
    ----------
    tables : sequence of FloatArray, each of shape (n_place, n_place)
        What is found, given what was claimed.
    claimed, found : IntArray, shape (n_pair, n_unit)
        Places of firms on both tracks; under 0 where there is none.
    population : IntArray, shape (n_firm, n_unit)
        What all firms of the round claim.
    rule : ChanceRule
        What is assumed, and what that weighs.

    Notes
    -----
    Behind what is found stands a normal that is cut where the shares of the row say,

    .. math:: \beta x_{ij} + \sqrt{1 - \beta^2}\,
              (\sqrt\rho f_i + \sqrt{1-\rho}\, e_{ij}),

    with :math:`x_{ij}` = ``beyond``, :math:`\beta` = ``slope``, :math:`\rho` = ``together``. With
    :math:`z_{ij}` the mean of a standard normal inside the part that belongs to what was found,
    :math:`\beta` is where :math:`\sum x_{ij} z_{ij}` is what is expected, then :math:`\rho` where
    :math:`\sum_i \sum_{j \ne k} z_{ij} z_{ik}` is, the expectation over :math:`f` by Gauss-Hermite
    quadrature. What is assumed (no slope; ``together``) weighs as ``assumed_pairs`` firms.
    """
    expected = expected_of(population, [len(table) for table in tables])
    both = (claimed >= 0) & (found >= 0)
    several = both.sum(axis=1) > 1
    assumption = float(rule.together)
    if not several.any():
        return FirmErrors(assumption, 0.0, expected)
    seen = _Seen.of(tables, claimed[several], found[several], both[several], expected)
    lent = float(rule.assumed_pairs) / int(several.sum())

    def along(slope: float) -> float:
        return float((seen.beyond * seen.means(slope, 0.0, _AT_ZERO)[..., 0]).sum())

    slope = _solved(along, float((seen.beyond * seen.z).sum()) / (1 + lent), -_MOST, _MOST)

    def between(rho: float) -> float:
        return float((_products(seen.means(slope, rho, _NODES)) @ _WEIGHTS).sum())

    products = float(_products(seen.z[..., None]).sum())
    wanted = (products + lent * between(assumption)) / (1 + lent)
    return FirmErrors(_solved(between, wanted, 0.0, _MOST), slope, expected)


_AT_ZERO = np.zeros(1)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Pairs, as the scores of what was found and the rows that they come from."""

    z: FloatArray
    beyond: FloatArray
    both: BoolArray
    cuts: tuple[FloatArray, ...]
    scores: tuple[FloatArray, ...]

    @classmethod
    def of(
        cls,
        tables: Sequence[FloatArray],
        claimed: IntArray,
        found: IntArray,
        both: BoolArray,
        expected: Expected,
    ) -> _Seen:
        z = np.zeros(claimed.shape)
        cuts, scores = [], []
        for at, table in enumerate(tables):
            there, ends = both[:, at], _ends(table)
            score = _scores(table, ends)
            row = claimed[there, at]
            z[there, at] = score[row, found[there, at]]
            cuts.append(ndtri(ends)[row])
            scores.append(score[row])
        beyond = np.where(both, expected.beyond(claimed, claimed), 0.0)
        return cls(z, beyond, both, tuple(cuts), tuple(scores))

    def means(self, slope: float, rho: float, common: FloatArray) -> FloatArray:
        """Expected scores where the firm's own part is known, (n_pair, n_unit, n_node)."""
        out = np.zeros((*self.z.shape, len(common)))
        own = np.sqrt(1 - slope**2)
        for at, (cuts, scores) in enumerate(zip(self.cuts, self.scores, strict=True)):
            there = self.both[:, at]
            middle = slope * self.beyond[there, at, None] + own * np.sqrt(rho) * common
            below = ndtr((cuts[:, :, None] - middle[:, None]) / (own * np.sqrt(1 - rho)))
            out[there, at] = (np.diff(below, axis=1) * scores[..., None]).sum(axis=1)
        return out


def _whole(places: IntArray, span: FloatArray) -> FloatArray:
    """Mean height of a firm's answers on their scales, 0.5 for one without. [share of the scale]"""
    there = places >= 0
    count = there.sum(axis=1)
    total = np.where(there, places / span, 0.0).sum(axis=1)
    whole: FloatArray = np.where(count > 0, total / np.maximum(count, 1), 0.5)
    return whole


def _products(values: FloatArray) -> FloatArray:
    """Sum over pairs of different units of their products, (n_pair, n_node)."""
    total: FloatArray = values.sum(axis=1) ** 2 - (values**2).sum(axis=1)
    return total


def _solved(of: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """Where a rising function has a value, or the end that is nearer to it."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if of(middle) < wanted else (low, middle)
    return (low + high) / 2


def _ends(table: FloatArray) -> FloatArray:
    """Where the parts of each row begin and end, (n_place, n_place + 1)."""
    upper = np.clip(np.cumsum(table, axis=1), 0.0, 1.0)
    upper[:, -1] = 1.0
    return np.concatenate([np.zeros((len(table), 1)), upper], axis=1)


def _scores(table: FloatArray, ends: FloatArray) -> FloatArray:
    """Mean of a standard normal inside each cell's part of its row's range."""
    density = np.exp(-(ndtri(ends) ** 2) / 2) / np.sqrt(2 * np.pi)
    held = np.where(table > 0, table, 1.0)
    scores: FloatArray = np.where(table > 0, -np.diff(density, axis=1) / held, 0.0)
    return scores
