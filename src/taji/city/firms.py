"""Invent the register of a city's manufacturers.

Turns the parameters of a city into one row per firm: code, name, industry, district,
headcount, revenue and size class. Every firm is marked as invented. Decides who there is;
what is true of them is decided in ``taji.city.truth``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from stdnum.cn import uscc

from taji.base.arrays import FloatArray, IntArray
from taji.catalogue.load import register as register_pack
from taji.city.chance import below, normal, pick
from taji.city.spec import City, Codes, Districts
from taji.survey.sizes import size_class

__all__ = ["credit_code", "invent_register"]

#: GB 11714: the weights of an organisation code's eight places, and what a remainder is written as.
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def invent_register(city: City) -> pl.DataFrame:
    """Return the register of a city.

    Parameters
    ----------
    city : City
        Its parameters.

    Returns
    -------
    DataFrame, shape (city.firms.count, 10)
        ``enterprise`` (credit code), ``name``, ``industry``, ``industry_group``, ``district``,
        ``size``, ``headcount`` [persons], ``revenue`` [yuan], and ``invented``, always 1.
    """
    firms, seed = city.firms, city.truth_seed
    keys = [str(number) for number in range(firms.count)]
    codes = list(firms.industries)
    kinds = [firms.industries[code] for code in codes]
    industry = pick(seed, "industry", keys, [kind.share for kind in kinds])

    staff = np.array([kind.headcount for kind in kinds])[industry]
    staff = staff * np.exp(firms.headcount_spread * normal(seed, "headcount", keys))
    headcount = np.clip(np.rint(staff), 1, firms.headcount_max)
    earned = np.array([kind.productivity for kind in kinds])[industry] * headcount
    earned = earned * np.exp(firms.productivity_spread * normal(seed, "revenue", keys))
    revenue = np.maximum(np.rint(earned / firms.revenue_step), 1) * firms.revenue_step

    industries = [codes[place] for place in industry]
    table = pl.DataFrame(
        {
            "enterprise": [credit_code(city.codes, number) for number in range(firms.count)],
            "name": _names(city, keys, industry),
            "industry": industries,
            "industry_group": [kinds[place].group for place in industry],
            "district": _districts(city.districts, seed, keys, industries),
            "headcount": headcount.astype(np.int64),
            "revenue": revenue.astype(np.int64),
        }
    )
    rule = register_pack("size_class").rule
    assert rule is not None, "the register of size classes holds the rule"
    size = size_class(pl.col("headcount"), pl.col("revenue"), rule)
    table = table.with_columns(size=size, invented=pl.lit(1, dtype=pl.Int8))
    return table.select(
        "enterprise", "name", "industry", "industry_group", "district", "size",
        "headcount", "revenue", "invented",
    )  # fmt: skip


def credit_code(codes: Codes, number: int) -> str:
    """Return the invented unified social credit code of a firm, with right check digits.

    Parameters
    ----------
    codes : Codes
        Its first eight places, and the two with which the organisation code begins.
    number : int
        Running number of the firm.

    Examples
    --------
    >>> from taji.city.spec import load_city
    >>> code = credit_code(load_city().codes, 1)
    >>> code, uscc.is_valid(code)
    ('91430299XU0000018D', True)
    """
    organisation = f"{codes.organisation}{number:06}"
    body = codes.prefix + organisation + _organisation_check(organisation)
    return body + str(uscc.calc_check_digit(body))


def _organisation_check(code: str) -> str:
    weighed = sum(
        weight * ALPHABET.index(character)
        for weight, character in zip(ORGANISATION_WEIGHTS, code, strict=True)
    )
    return {10: "X", 11: "0"}.get(11 - weighed % 11) or str(11 - weighed % 11)


def _names(city: City, keys: Sequence[str], industry: IntArray) -> list[str]:
    """Give each firm a name of its own: two syllables and a word of the industry.

    A name that is taken tries the next first syllable.
    """
    names, seed = city.names, city.truth_seed
    first = below(seed, "name/first", keys, len(names.syllables))
    second = below(seed, "name/second", keys, len(names.syllables))
    kinds = list(city.firms.industries.values())
    taken: set[str] = set()
    found = []
    for place, key in enumerate(keys):
        words = kinds[industry[place]].words
        word = words[int(below(seed, "name/word", [key], len(words))[0])]
        for step in range(len(names.syllables)):
            head = names.syllables[(first[place] + step) % len(names.syllables)]
            stem = head + names.syllables[second[place]]
            name = f"{names.place}{stem}{word}{names.suffix}{names.mark}"
            if name not in taken:
                break
        taken.add(name)
        found.append(name)
    return found


def _districts(
    districts: Districts, seed: int, keys: Sequence[str], industries: Sequence[str]
) -> list[str]:
    found: list[str] = [""] * len(keys)
    for industry in sorted(set(industries)):
        shares: Mapping[str, float] = districts.by_industry.get(industry, districts.share)
        rows = [row for row, own in enumerate(industries) if own == industry]
        places = pick(seed, "district", [keys[row] for row in rows], list(shares.values()))
        for row, place in zip(rows, places, strict=True):
            found[row] = list(shares)[place]
    return found


def maturity(city: City, register: pl.DataFrame) -> FloatArray:
    """Return how digitally mature each firm truly is.

    Parameters
    ----------
    city : City
        Its parameters.
    register : DataFrame, shape (n_enterprise, ...)
        The city's register.

    Returns
    -------
    FloatArray, shape (n_enterprise,)
        Mean 0, standard deviation 1 over the city. [standard deviations]
    """
    causes = city.maturity
    raw = causes.noise * normal(city.truth_seed, "maturity", register["enterprise"].to_list())
    for column in ("size", "industry", "district"):
        effect: Mapping[str, float] = getattr(causes, column)
        raw = raw + np.array([effect.get(value, 0.0) for value in register[column].to_list()])
    scaled: FloatArray = (raw - raw.mean()) / raw.std()
    return scaled
