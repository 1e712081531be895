"""Say what is true of every firm of a synthetic city: its maturity and all its answers.

Turns register and parameters into the canonical answers of the whole population, none
missing. Decides what is true; who tells it, in ``taji.city.fieldwork``. What firms report
here is the truth: over-rating is another matter and another parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit, logit

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.catalogue.load import questionnaire
from taji.catalogue.questionnaire import Item
from taji.city.chance import normal
from taji.city.firms import invent_register, maturity
from taji.city.spec import City, Ordered, Part, Percent, Registered, Rungs, Ticks

__all__ = ["Truth", "invent"]


@dataclass(frozen=True, slots=True)
class Truth:
    """A city of which everything is known.

    Attributes
    ----------
    city : City
        Its parameters.
    register : DataFrame, shape (n_enterprise, ...)
        Who there is; see ``invent_register``.
    maturity : FloatArray, shape (n_enterprise,)
        How digitally mature each firm is, in the register's order. [standard deviations]
    answers : DataFrame, shape (n_enterprise, ...)
        ``enterprise`` and the canonical columns of all questionnaires, complete.
    items : mapping of str to Item
        What is asked, in the order asked.
    """

    city: City
    register: pl.DataFrame
    maturity: FloatArray
    answers: pl.DataFrame
    items: Mapping[str, Item]


def invent(city: City) -> Truth:
    """Return the city that the parameters and their truth seed make.

    Parameters
    ----------
    city : City
        From ``load_city``.

    Returns
    -------
    Truth
        The same for every round.
    """
    register = invent_register(city)
    mature = maturity(city, register)
    keys = register["enterprise"].to_list()
    columns: dict[str, pl.Series] = {"enterprise": register["enterprise"]}
    items = _items(city)
    later = {name for name, answer in city.answers.items.items() if isinstance(answer, Part)}
    for name in sorted(items, key=lambda name: name in later):
        columns |= _item(city, register, mature, keys, items[name], columns)
    order = ["enterprise", *(column for item in items.values() for column in item.columns)]
    answers = pl.DataFrame([columns[name].alias(name) for name in order])
    return Truth(city=city, register=register, maturity=mature, answers=answers, items=items)


def _items(city: City) -> dict[str, Item]:
    return {
        name: item
        for pack in city.questionnaires
        for name, item in questionnaire(pack).items.items()
    }


def _item(
    city: City,
    register: pl.DataFrame,
    mature: FloatArray,
    keys: Sequence[str],
    item: Item,
    known: dict[str, pl.Series],
) -> dict[str, pl.Series]:
    answer = city.answers.items[item.id]
    seed = city.truth_seed
    if isinstance(answer, Registered):
        column = register[answer.column]
        return {item.id: column if column.dtype == pl.String else column.cast(pl.Float64)}
    if isinstance(answer, Part):
        noise = np.exp(answer.spread * normal(seed, item.id, keys))
        amount = known[answer.of].to_numpy() * known[answer.share].to_numpy() / 100 * noise
        return {item.id: pl.Series(np.rint(amount / answer.step) * answer.step)}
    if isinstance(answer, Ticks):
        return _ticks(answer, item, mature, keys, seed)
    place = answer.pull * mature + normal(seed, item.id, keys) * (
        answer.spread if isinstance(answer, Percent) else 1.0
    )
    if isinstance(answer, Percent):
        percent = 100 * expit(logit(answer.median) + place)
        return {item.id: pl.Series(np.round(percent, answer.decimals))}
    rung = _cut(place, list(_shares(answer)))
    if isinstance(answer, Rungs):
        return {item.id: pl.Series(rung)}
    return {item.id: pl.Series([list(answer.share)[r] for r in rung], dtype=pl.String)}


def _shares(answer: Ordered | Rungs) -> Sequence[float]:
    return list(answer.share.values()) if isinstance(answer, Ordered) else answer.share


def _cut(place: FloatArray, shares: Sequence[float]) -> IntArray:
    """Put firms on rungs, so that each rung holds its share of them, the lowest places first."""
    upper = np.rint(np.cumsum(shares) * len(place))
    rank = np.empty(len(place), dtype=np.int64)
    rank[np.argsort(place, kind="stable")] = np.arange(len(place))
    rungs: IntArray = np.searchsorted(upper[:-1], rank, side="right")
    return rungs


def _ticks(
    answer: Ticks, item: Item, mature: FloatArray, keys: Sequence[str], seed: int
) -> dict[str, pl.Series]:
    ticked: dict[str, BoolArray] = {}
    for option, share in answer.share.items():
        place = answer.pull * mature + normal(seed, f"{item.id}/{option}", keys)
        ticked[option] = _cut(place, [1 - share, share]) == 1
    for option, needs in answer.needs.items():
        for needed in needs:
            ticked[option] = ticked[option] & ticked[needed]
    ticked[answer.none] = ~np.any(list(ticked.values()), axis=0)
    return {f"{item.id}/{option}": pl.Series(ticked[option]) for option in item.option_ids}
