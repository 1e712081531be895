"""Real projects in place of assumptions."""

from __future__ import annotations

import numpy as np
import polars as pl

from taji.catalogue.load import measures
from taji.plan.price_book import CELL_MIN, CELLS, price_book


def projects(count: int, *, size="small", scale=1000.0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "measure": ["crm"] * count,
            "variant": ["cloud"] * count,
            "size": [size] * count,
            "cost": [scale * (at + 1) for at in range(count)],
        }
    )


def cost(pack, size="small"):
    return pack.by_id["crm"].variants[0].cost[size]


def test_enough_projects_take_the_place_of_the_assumption():
    pack = measures("sme2024")

    book = price_book(pack, projects(CELL_MIN), source="the city's projects")

    price = cost(book.measures)
    known = np.quantile([1000, 2000, 3000, 4000, 5000], [0.05, 0.5, 0.95]).tolist()
    assert [price.low, price.mid, price.high] == known
    assert (price.n, price.confidence) == (5, "one_source")
    assert cost(book.measures, "micro") == cost(pack, "micro")


def test_a_cell_with_too_few_projects_keeps_the_assumption_and_says_so():
    pack = measures("sme2024")

    book = price_book(pack, projects(CELL_MIN - 1), source="x")

    assert cost(book.measures) == cost(pack)
    row = book.cells.filter(measure="crm", variant="cloud", size="small").row(0, named=True)
    assert (row["n"], row["replaced"]) == (4, False)


def test_every_variant_and_size_has_its_cell():
    pack = measures("sme2024")

    book = price_book(pack, projects(7), source="x")

    assert book.cells.schema == pl.Schema(CELLS)
    assert book.cells.height == sum(3 * len(measure.variants) for measure in pack.measures)
    assert book.cells.get_column("replaced").sum() == 1


def test_a_priced_pack_is_no_longer_that_of_the_library_and_can_be_priced_again():
    once = price_book(measures("sme2024"), projects(5), source="2025").measures
    twice = price_book(once, projects(6, scale=2000.0), source="2026").measures

    assert once.id == twice.id == "sme2024_city"
    assert twice.source[-2:] == ("2025", "2026")
    assert cost(twice).n == 6
