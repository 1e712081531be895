"""Costs of measures from a city's own projects, where it has enough of them.

Decides when a planning assumption gives way: a cell (measure, variant, size of firm) with at least
``CELL_MIN`` projects takes their 5 %, 50 % and 95 % points, a smaller one keeps the assumption.
Does not read the projects (``taji.desk.pricing``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from taji.base.arrays import FloatArray
from taji.catalogue.measure import Measure, Measures, Range, Variant

__all__ = ["CELLS", "CELL_MIN", "PriceBook", "price_book"]

#: Fewer projects than this say too little, and would betray what one firm paid. [projects]
CELL_MIN = 5
#: The points of the projects' costs that become low, mid and high. [fraction]
_POINTS = (0.05, 0.5, 0.95)

#: What the id of the pack ends with from then on: its numbers are no longer those of the library.
_OWN = "_city"

#: Columns of the table of cells; amounts in yuan.
CELLS: dict[str, type[pl.DataType]] = {
    "measure": pl.String,
    "variant": pl.String,
    "size": pl.String,
    "n": pl.Int64,
    "replaced": pl.Boolean,
    "low": pl.Int64,
    "mid": pl.Int64,
    "high": pl.Int64,
    "assumed_mid": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class PriceBook:
    """A pack of measures with a city's costs.

    Attributes
    ----------
    measures : Measures
        The pack; what was replaced says from how many projects.
    cells : polars.DataFrame
        Columns of ``CELLS``, one row for every variant and size.
    """

    measures: Measures
    cells: pl.DataFrame


def price_book(measures: Measures, projects: pl.DataFrame, *, source: str) -> PriceBook:
    """Replace assumed costs by quantiles of projects.

    Parameters
    ----------
    measures : Measures
    projects : polars.DataFrame
        ``measure, variant, size`` (ids of the pack) and ``cost``, what was paid once. [yuan]
    source : str
        Where the projects come from, as the pack will say.

    Notes
    -----
    Quantiles interpolate between ordered costs (type 7 of Hyndman and Fan [1]_) and are rounded
    to whole yuan.

    References
    ----------
    .. [1] R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages". *The American
       Statistician* 50 (4), 1996. doi:10.1080/00031305.1996.10473566

    Examples
    --------
    >>> from taji.catalogue.load import measures
    >>> paid = pl.DataFrame({"measure": ["crm"] * 5, "variant": ["cloud"] * 5,
    ...                      "size": ["small"] * 5, "cost": [20000, 24000, 26000, 30000, 50000]})
    >>> book = price_book(measures("sme2024"), paid, source="example")
    >>> book.measures.by_id["crm"].variants[0].cost["small"].mid
    26000
    """
    costs = {
        tuple(key): part.get_column("cost").cast(pl.Float64).to_numpy()
        for key, part in projects.group_by("measure", "variant", "size")
    }
    rows: list[dict[str, object]] = []
    priced = tuple(
        _measure(measure, measures, costs, source, rows) for measure in measures.measures
    )
    pack = measures.model_copy(
        update={
            "id": measures.id.removesuffix(_OWN) + _OWN,
            "measures": priced,
            "source": (*measures.source, source),
        }
    )
    return PriceBook(pack, pl.DataFrame(rows, schema=CELLS))


def _measure(
    measure: Measure,
    measures: Measures,
    costs: dict[tuple[object, ...], FloatArray],
    source: str,
    rows: list[dict[str, object]],
) -> Measure:
    variants: list[Variant] = []
    for variant in measure.variants:
        prices = {}
        for size in measures.sizes:
            assumed = variant.cost[size]
            paid = costs.get((measure.id, variant.id, size), np.empty(0))
            price = _priced(assumed, paid, source)
            prices[size] = price
            rows.append(
                {"measure": measure.id, "variant": variant.id, "size": size, "n": len(paid)}
                | {"replaced": price is not assumed, "assumed_mid": assumed.mid}
                | {"low": price.low, "mid": price.mid, "high": price.high}
            )
        variants.append(variant.model_copy(update={"cost": prices}))
    return measure.model_copy(update={"variants": tuple(variants)})


def _priced(assumed: Range, paid: FloatArray, source: str) -> Range:
    if len(paid) < CELL_MIN:
        return assumed
    low, mid, high = (round(float(point)) for point in np.quantile(paid, _POINTS))
    return Range(low=low, mid=mid, high=high, n=len(paid), confidence="one_source", source=source)
