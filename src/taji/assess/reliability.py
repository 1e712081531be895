r"""How far answers can be trusted: what is found, given what was claimed.

Decides, from paired tracks, the table of every unit: the share of firms in which place *t* is
found where place *c* was claimed. Few pairs lean on all units of their kind, and these on an
assumption that is named. Does not draw (``taji.assess.chances``), and does not say who is right:
pairs with an expert tell what an expert would find, pairs with the firm itself what the firm
would say again, which holds the noise of two answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from taji.assess.firm_errors import FirmErrors, firm_errors
from taji.assess.rungs import Unit
from taji.base.arrays import FloatArray, IntArray
from taji.catalogue.chances import AnswerKind, ChanceRule

__all__ = ["RELIABILITY", "Reliability", "Track", "assumed", "measured", "reliability_table"]

#: Where the tables come from: pairs with an expert, pairs with the firm itself, or neither.
Track = Literal["expert", "repeat", "assumed"]

#: Columns of ``reliability_table``.
RELIABILITY = pl.Schema(
    {
        "column": pl.String,
        "kind": pl.String,
        "track": pl.String,
        "claimed": pl.String,
        "found": pl.String,
        "pairs": pl.Int64,
        "probability": pl.Float64,
    }
)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Tables of what is found, given what was claimed.

    Attributes
    ----------
    track : {"expert", "repeat", "assumed"}
        Where they come from.
    tables : tuple of FloatArray, each of shape (n_place, n_place)
        Row: the place claimed; column: the place found; rows sum to 1. [fraction]
    counts : tuple of IntArray, each of shape (n_place, n_place)
        The pairs. [pairs]
    firms : int
        Firms with at least one pair. [firms]
    errors : FirmErrors
        How the errors of one firm hang together.
    """

    track: Track
    tables: tuple[FloatArray, ...]
    counts: tuple[IntArray, ...]
    firms: int
    errors: FirmErrors

    @property
    def pairs(self) -> int:
        """All pairs of answers. [pairs]"""
        return int(sum(count.sum() for count in self.counts))

    @property
    def same(self) -> float:
        """Share of pairs in which both are the same; NaN without pairs. [fraction]"""
        same = sum(int(np.trace(count)) for count in self.counts)
        return same / self.pairs if self.pairs else float("nan")


def assumed(units: Sequence[Unit], rule: ChanceRule) -> Reliability:
    """Return the tables that the rule assumes, where nothing was measured."""
    nobody = np.empty((0, len(units)), dtype=np.int64)
    return measured(units, nobody, nobody, track="assumed", rule=rule)


def measured(
    units: Sequence[Unit],
    claimed: IntArray,
    found: IntArray,
    *,
    track: Track,
    rule: ChanceRule,
    population: IntArray | None = None,
) -> Reliability:
    r"""Return the tables that pairs show.

    Parameters
    ----------
    units : sequence of Unit
        What is answered.
    claimed, found : IntArray, shape (n_firm, n_unit)
        Places of the same firms on both tracks; under 0 where there is none.
    track : {"expert", "repeat", "assumed"}
        Whose the second track is.
    rule : ChanceRule
        Weights and assumptions.
    population : IntArray, shape (n_all, n_unit), optional
        What all firms of the round claim; the firms with pairs where it is left out.

    Notes
    -----
    With :math:`n_{ct}` the pairs of a unit, :math:`q` the shares of shifts :math:`t - c` among all
    pairs of its kind whose claim stands likewise (lowest, inside, highest of its scale) and
    :math:`a` the assumed shares,

    .. math:: \hat q_s = \frac{N_s + m_0 a_s}{N + m_0}, \qquad
              P(t \mid c) = \frac{n_{ct} + m\, \hat q_{t-c} / \sum_{t'} \hat q_{t'-c}}{n_c + m},

    the mean of a Dirichlet posterior, with :math:`m_0` = ``assumed_pairs`` and :math:`m` =
    ``pool_pairs``. A firm reads each row once, so the mean is all that its chances need.
    """
    counts = tuple(
        _counts(claimed[:, at], found[:, at], len(unit.values)) for at, unit in enumerate(units)
    )
    shares = _pooled(units, counts, rule)
    weight = float(rule.pool_pairs)
    tables = tuple(
        _shrunk(count, _prior(unit, shares), weight)
        for unit, count in zip(units, counts, strict=True)
    )
    both = (claimed >= 0) & (found >= 0)
    everybody = claimed if population is None else population
    return Reliability(
        track=track,
        tables=tables,
        counts=counts,
        firms=int(both.any(axis=1).sum()),
        errors=firm_errors(tables, claimed, found, everybody, rule=rule),
    )


def reliability_table(units: Sequence[Unit], found: Reliability) -> pl.DataFrame:
    """Return the tables for a reader: ``RELIABILITY``, one row for each claimed and found answer."""
    rows = [
        (
            unit.column,
            unit.kind,
            found.track,
            _said(unit, c),
            _said(unit, t),
            int(count[c, t]),
            float(table[c, t]),
        )
        for unit, table, count in zip(units, found.tables, found.counts, strict=True)
        for c in range(len(unit.values))
        for t in range(len(unit.values))
    ]
    return pl.DataFrame(rows, schema=RELIABILITY, orient="row")


def _said(unit: Unit, place: int) -> str:
    value = unit.values[place]
    if isinstance(value, bool):
        return str(int(value))
    if not unit.bands:
        return str(value)
    band = unit.bands[place]
    low = f">{float(band.over):g}" if band.over is not None else f"{float(band.from_ or 0):g}"
    high = "" if band.to is None else f"{float(band.to):g}"
    high = high if band.below is None else f"<{float(band.below):g}"
    return f"{low}..{high}"


def _counts(claimed: IntArray, found: IntArray, size: int) -> IntArray:
    both = (claimed >= 0) & (found >= 0)
    flat = claimed[both] * size + found[both]
    return np.bincount(flat, minlength=size * size).reshape(size, size).astype(np.int64)


def _position(place: int, size: int) -> str:
    if place == 0:
        return "lowest"
    return "highest" if place == size - 1 else "inside"


_Shares = dict[tuple[AnswerKind, str], dict[int, float]]


def _pooled(units: Sequence[Unit], counts: Sequence[IntArray], rule: ChanceRule) -> _Shares:
    """Shares of shifts by kind and by where the claim stands."""
    weight = float(rule.assumed_pairs)
    shares: _Shares = {
        (kind, position): {
            shift: weight * float(share) for shift, share in getattr(shifts, position).items()
        }
        for kind, shifts in rule.shifts.items()
        for position in ("lowest", "inside", "highest")
    }
    for unit, count in zip(units, counts, strict=True):
        for c, t in np.argwhere(count):
            row = shares[unit.kind, _position(int(c), len(count))]
            shift = int(t - c)
            row[shift] = row.get(shift, 0.0) + float(count[c, t])
    return shares


def _prior(unit: Unit, shares: _Shares) -> FloatArray:
    size = len(unit.values)
    prior = np.zeros((size, size))
    for c in range(size):
        for shift, share in shares[unit.kind, _position(c, size)].items():
            if 0 <= c + shift < size:
                prior[c, c + shift] = share
    rows: FloatArray = prior / prior.sum(axis=1, keepdims=True)
    return rows


def _shrunk(count: IntArray, prior: FloatArray, weight: float) -> FloatArray:
    table: FloatArray = (count + weight * prior) / (count.sum(axis=1, keepdims=True) + weight)
    return table
