r"""What a firm would have answered where it did not: donors, again and again.

Decides from whom a missing answer is taken in every draw. Does not decide what is missing
(``taji.assess.rungs``) nor what level follows (``taji.assess.chances``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from taji.assess.rungs import MISSING, Unit
from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.base.identifiers import KEY
from taji.catalogue.chances import ChanceRule

__all__ = ["HotDeck", "hot_deck"]

#: The bootstrap of donors has a stream of its own.
_STREAM = 0x646F6E6F
#: A bootstrap sample of n holds about two donors in three: so many times the neighbours wanted
#: are looked through, and fewer than wanted are found in practically no draw.
_DEEP = 6


@dataclass(frozen=True, slots=True)
class HotDeck:
    """Donors, and how often each stands in the bootstrap sample of every draw.

    Attributes
    ----------
    keys : tuple of str
        Donors, sorted by key.
    places : IntArray, shape (n_donor, n_unit)
        What they answered.
    groups : mapping of str to (n_donor,) array of objects
        Their groups.
    near : mapping of str to float
        What another group adds to the distance.
    drawn : IntArray, shape (n_draw, n_donor)
        The bootstrap. [times]
    span : FloatArray, shape (n_unit,)
        Rungs from the lowest answer to the highest.
    items : IntArray, shape (n_unit,)
        Which item a unit belongs to.
    neighbours : int
        Donors among whom one is drawn.
    """

    keys: tuple[str, ...]
    places: IntArray
    groups: Mapping[str, Sequence[object]]
    near: Mapping[str, float]
    drawn: IntArray
    span: FloatArray
    items: IntArray
    neighbours: int

    def filled(
        self, key: str, row: IntArray, groups: Mapping[str, object], chance: FloatArray
    ) -> IntArray:
        r"""Return a firm's places with donors' answers where it has none, one row a draw.

        Parameters
        ----------
        key : str
            The firm, which never gives to itself.
        row : IntArray, shape (n_unit,)
            Its places.
        groups : mapping
            Its groups.
        chance : FloatArray, shape (n_draw, n_unit)
            Uniform numbers. [fraction]

        Returns
        -------
        IntArray, shape (n_draw, n_unit)
            Still ``MISSING`` where no donor answered.

        Notes
        -----
        The distance of a donor is the mean over answers that both gave of the rungs between
        them, as a share of the scale, and something for each other group. One donor gives all
        that is missing, so that answers which go together stay together; where too few donors
        have all of it, each item has its own.

        Each draw looks for the ``neighbours`` nearest in a bootstrap sample of the donors and
        takes one of them at random: the approximate Bayesian bootstrap [1]_, without which
        draws would differ too little.

        References
        ----------
        .. [1] D. B. Rubin, N. Schenker, "Multiple imputation for interval estimation from simple
           random samples with ignorable nonresponse", *Journal of the American Statistical
           Association* 81 (1986), 366-374. doi:10.1080/01621459.1986.10478280
        """
        out = np.tile(row, (len(self.drawn), 1))
        lacking = row == MISSING
        if not lacking.any() or not self.keys:
            return out
        order = self._order(key, row, groups)
        whole = order[(self.places[order][:, lacking] != MISSING).all(axis=1)]
        sets = [lacking] if len(whole) >= self.neighbours else self._by_item(lacking)
        for number, wanted in enumerate(sets):
            able = order[(self.places[order][:, wanted] != MISSING).all(axis=1)]
            if len(able):
                giver = self._giver(able, chance[:, number])
                out[:, wanted] = self.places[giver][:, wanted]
        return out

    def _order(self, key: str, row: IntArray, groups: Mapping[str, object]) -> IntArray:
        """Donors, the nearest first; ties in the order of their keys."""
        shared = (self.places >= 0) & (row >= 0)
        apart = np.where(shared, np.abs(self.places - row) / self.span, 0.0).sum(axis=1)
        count = shared.sum(axis=1)
        distance = np.where(count > 0, apart / np.maximum(count, 1), 1.0)
        for column, weight in self.near.items():
            own = groups.get(column)
            if column in self.groups and own is not None:
                other = np.array([group != own for group in self.groups[column]])
                distance += weight * other
        order = np.argsort(distance, kind="stable")
        others: IntArray = order[np.array([self.keys[at] != key for at in order], dtype=np.bool_)]
        return others

    def _by_item(self, lacking: BoolArray) -> list[BoolArray]:
        return [lacking & (self.items == item) for item in np.unique(self.items[lacking])]

    def _giver(self, able: IntArray, chance: FloatArray) -> IntArray:
        """Return the donor of each draw."""
        near = able[: _DEEP * self.neighbours]
        reached = np.cumsum(self.drawn[:, near], axis=1)
        few = np.minimum(reached[:, -1], self.neighbours)
        at = np.argmax(reached > np.floor(chance * few)[:, None], axis=1)
        alone = np.floor(chance * min(len(near), self.neighbours)).astype(np.int64)
        giver: IntArray = near[np.where(few > 0, at, alone)]
        return giver


def hot_deck(
    units: Sequence[Unit],
    answers: pl.DataFrame,
    places: IntArray,
    *,
    rule: ChanceRule,
    draws: int,
    seed: int,
) -> HotDeck:
    """Make donors of all firms of a round; the same firms in any order make the same deck.

    Parameters
    ----------
    units : sequence of Unit
    answers : polars.DataFrame, shape (n_firm, any)
        With ``enterprise`` and, where they are known, the columns of ``rule.near``.
    places : IntArray, shape (n_firm, n_unit)
        Their places.
    rule : ChanceRule
        Weights.
    draws, seed : int
    """
    keys = answers.get_column(KEY).cast(pl.String).to_list()
    some = set(np.flatnonzero((places >= 0).any(axis=1)).tolist())
    order = sorted(some, key=keys.__getitem__)
    rng = np.random.default_rng([seed, _STREAM])
    if len(order) > rule.donors_most:
        chosen = rng.choice(len(order), size=rule.donors_most, replace=False)
        order = [order[at] for at in np.sort(chosen)]
    n = len(order)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=draws) if n else np.empty((draws, 0), int)
    names = list(dict.fromkeys(unit.item for unit in units))
    columns = [column for column in rule.near if column in answers.columns]
    return HotDeck(
        keys=tuple(keys[at] for at in order),
        places=places[order],
        groups={column: answers.get_column(column)[order].to_list() for column in columns},
        near={column: float(rule.near[column]) for column in columns},
        drawn=drawn.astype(np.int64),
        span=np.array([max(len(unit.values) - 1, 1) for unit in units], dtype=np.float64),
        items=np.array([names.index(unit.item) for unit in units]),
        neighbours=rule.neighbours,
    )
