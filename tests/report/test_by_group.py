"""Pictures that compare groups: what their titles dare to say."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from taji.report.by_group import domains, heat_maps
from taji.report.story import writer_of

FONT = "any"


def with_groups(content, figures):
    """A portrait in which only ``plan`` differs by size, as given: group to (p, low, high, n)."""
    rows = [
        {
            "question": "plan",
            "option": "yes",
            "statistic": "proportion",
            "by": by,
            "group": group,
            "estimate": p,
            "ci_low": low,
            "ci_high": high,
            "n": n,
            "base": n,
            "suppressed": p is None,
        }
        for by, group, (p, low, high, n) in [
            (None, None, (0.3, 0.2, 0.4, 60)),
            *(("size", group, figure) for group, figure in figures.items()),
        ]
    ]
    return replace(content, estimates=pl.DataFrame(rows), models=())


def titles(content, language="en"):
    return [figure.title for figure in domains(writer_of(content, language), FONT)]


def test_a_title_names_a_difference_only_where_intervals_are_apart(content):
    apart = with_groups(content, {"small": (0.1, 0.05, 0.2, 30), "medium": (0.6, 0.4, 0.8, 30)})
    overlap = with_groups(content, {"small": (0.1, 0.05, 0.5, 30), "medium": (0.6, 0.4, 0.8, 30)})

    assert "differs most" in titles(apart)[0]
    assert "overlap" in titles(overlap)[0]


def test_a_handful_of_firms_is_never_named_as_different(content):
    few = with_groups(content, {"small": (0.1, 0.05, 0.2, 30), "medium": (0.9, 0.8, 1.0, 4)})

    assert "overlap" in titles(few)[0]


def test_groups_that_are_withheld_are_listed_under_the_picture(content):
    hidden = with_groups(content, {"small": (0.1, 0.0, 0.2, 30), "medium": (None,) * 4})

    caption = domains(writer_of(hidden, "en"), FONT)[0].caption

    assert "withheld" in caption.lower()
    assert "Medium" in caption


def test_the_heat_map_puts_the_highest_total_first_under_the_city(content):
    figure = heat_maps(writer_of(content, "zh"), FONT)[0]
    assert figure.table is not None

    totals = [int(row[1]) for row in figure.table.rows]

    assert figure.table.rows[0][0].startswith("全市")
    assert totals[1:] == sorted(totals[1:], reverse=True)


def test_the_heat_maps_show_every_node_once(content):
    figures = heat_maps(writer_of(content, "zh"), FONT)

    heads = [head for figure in figures if figure.table for head in figure.table.heads[1:]]

    assert len(heads) == len(content.models[0].shown)
