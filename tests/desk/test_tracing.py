"""From a published number to the rows behind it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from taji.desk.tracing import BEHIND, NotTraceableError, figures_of, rows_behind, rows_of


@pytest.fixture(scope="module")
def rows(portrait: Path) -> pl.DataFrame:
    return rows_of(portrait)


def test_every_published_number_rests_on_as_many_rows_as_it_says(
    portrait: Path, rows: pl.DataFrame
):
    figures = figures_of(portrait)
    some = figures.filter(pl.int_range(pl.len()) % 7 == 0)

    found = [rows_behind(portrait, rows, row).height for row in some.iter_rows(named=True)]

    assert found == some["n"].to_list()


def test_a_weighted_share_of_the_rows_is_the_number(portrait: Path, rows: pl.DataFrame):
    figures = figures_of(portrait).filter(statistic="proportion", by="")
    figure = figures.filter(pl.col("question") == "plan").row(0, named=True)

    behind = rows_behind(portrait, rows, figure)

    assert behind.schema == BEHIND
    share = behind.filter("counts")["weight"].sum() / behind["weight"].sum()
    assert share == pytest.approx(figure["estimate"], rel=1e-9)


def test_nothing_that_was_withheld_is_listed(portrait: Path):
    all_rows = pl.read_csv(portrait / "estimates.csv", infer_schema_length=None)

    assert figures_of(portrait).height == all_rows.filter(~pl.col("suppressed")).height
    assert all_rows["suppressed"].any()


def test_a_number_of_something_unknown_is_not_traced(portrait: Path, rows: pl.DataFrame):
    with pytest.raises(NotTraceableError) as caught:
        rows_behind(portrait, rows, {"question": "nothing", "option": "", "by": "", "group": ""})

    assert caught.value.fields["missing"] == "nothing"
