"""Put firms into size classes by headcount and revenue.

Decides how the rule of a register is applied to columns. The limits stand in the
register (``size_class``), not here.
"""

from __future__ import annotations

from math import ceil

import polars as pl

from taji.catalogue.register import SizeRule

__all__ = ["size_class"]


def size_class(headcount: pl.Expr, revenue: pl.Expr, rule: SizeRule) -> pl.Expr:
    """Return the expression that gives each firm its size class.

    A firm is of the largest class of which it reaches both lower limits: one that misses
    either drops to the class below, and so on [1]_. Row-wise.

    Parameters
    ----------
    headcount : Expr
        Persons employed. [persons]
    revenue : Expr
        Revenue of the year. [yuan]
    rule : SizeRule
        Classes from the largest to the smallest, the last one without limits.

    Returns
    -------
    Expr
        String ids of classes; null where headcount or revenue is missing, not a number or negative.

    References
    ----------
    .. [1] National Bureau of Statistics of China, document 213 of 2017.

    Examples
    --------
    >>> from taji.catalogue.load import register
    >>> firms = pl.DataFrame({"headcount": [1200, 1200], "revenue": [5e8, 5e6]})
    >>> size = size_class(pl.col("headcount"), pl.col("revenue"), register("size_class").rule)
    >>> firms.select(size=size)["size"].to_list()
    ['large', 'small']
    """
    known = _known(headcount) & _known(revenue)
    found: pl.Expr = pl.lit(None, dtype=pl.String)
    for size in reversed(rule.classes):
        # Persons and yuan may come as whole numbers or floats: a whole limit is exact in both.
        reached = (headcount >= ceil(size.headcount_min)) & (revenue >= ceil(size.revenue_min))
        found = pl.when(known & reached).then(pl.lit(size.id)).otherwise(found)
    return found


def _known(value: pl.Expr) -> pl.Expr:
    number = value.cast(pl.Float64)
    return (number.is_finite() & (number >= 0)).fill_null(False)
