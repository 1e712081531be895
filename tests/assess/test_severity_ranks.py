"""Ranks, the line, who crosses it, and where one more review helps."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.assess.panels import simulated

from taji.assess.ratings import Ratings
from taji.assess.severity import correct
from taji.assess.severity_ranks import FLIPS, NEXT, RANKING, REVIEWERS, LineError, Ranked, rank


@pytest.fixture(scope="module")
def panel() -> tuple[Ratings, np.ndarray]:
    ratings, truth, _ = simulated(11, applications=60, load=12, severity=1.0)
    return ratings, truth


def _rank(ratings: Ratings, fund: int | None, seed: int = 1) -> Ranked:
    corrected = correct(ratings, model="linear")
    return rank(ratings, corrected, fund=fund, rng=np.random.default_rng(seed))


@pytest.fixture(scope="module")
def ranked(panel: tuple[Ratings, np.ndarray]) -> Ranked:
    return _rank(panel[0], 20)


def test_tables_have_the_columns_of_the_contract(ranked: Ranked):
    assert ranked.ranking.schema == RANKING
    assert ranked.reviewers.schema == REVIEWERS
    assert ranked.flips.schema == FLIPS
    assert ranked.next_reviews.schema == NEXT


def test_ranks_follow_the_fair_means_inside_their_intervals(ranked: Ranked):
    table = ranked.ranking

    assert table["rank"].to_list() == list(range(1, 61))
    assert table["fair_mean"].is_sorted(descending=True)
    assert (table["rank_low"] <= table["rank"]).all()
    assert (table["rank"] <= table["rank_high"]).all()


def test_chances_to_be_above_the_line_add_up_to_those_funded(ranked: Ranked):
    assert ranked.ranking["p_above_line"].sum() == pytest.approx(20, abs=1e-9)


def test_intervals_of_ranks_hold_the_true_ranks(panel: tuple[Ratings, np.ndarray], ranked: Ranked):
    true_rank = (-panel[1]).argsort().argsort() + 1
    table = ranked.ranking.sort("application")
    held = (table["rank_low"].to_numpy() <= true_rank) & (
        true_rank <= table["rank_high"].to_numpy()
    )

    assert held.mean() >= 0.9


def test_flips_are_those_above_the_line_by_one_mean_only(ranked: Ranked):
    table = ranked.ranking
    raw = set(table.sort("raw_mean", descending=True)["application"].head(20))
    fair = set(table["application"].head(20))
    flips = ranked.flips

    assert set(flips.filter(pl.col("direction") == "in")["application"]) == fair - raw
    assert set(flips.filter(pl.col("direction") == "out")["application"]) == raw - fair
    assert flips.height > 0
    assert flips["signed_by"].null_count() == flips.height


def test_one_more_review_helps_most_near_the_line(ranked: Ranked):
    table = ranked.next_reviews
    doubt = (table["p_above_line"] - 0.5).abs()

    assert table["gain"].round(9).is_sorted(descending=True)
    assert doubt.head(10).mean() < doubt.tail(10).mean()
    assert (table["se_after"] < table["se"]).all()


def test_without_a_line_there_are_no_chances_and_no_flips(panel: tuple[Ratings, np.ndarray]):
    ranked = _rank(panel[0], None)

    assert ranked.ranking["p_above_line"].null_count() == 60
    assert ranked.flips.height == 0


def test_the_same_seed_gives_the_same_tables(panel: tuple[Ratings, np.ndarray], ranked: Ranked):
    again = _rank(panel[0], 20)

    assert again.ranking.equals(ranked.ranking)
    assert again.next_reviews.equals(ranked.next_reviews)


def test_the_order_of_rows_does_not_matter(panel: tuple[Ratings, np.ndarray], ranked: Ranked):
    ratings = panel[0]
    order = np.random.default_rng(3).permutation(len(ratings.score))
    mixed = Ratings.of(
        [ratings.applications[ratings.application[place]] for place in order],
        [ratings.reviewers[ratings.reviewer[place]] for place in order],
        ratings.score[order],
    )

    assert _rank(mixed, 20).ranking["application"].equals(ranked.ranking["application"])


def test_a_line_below_everybody_is_refused(panel: tuple[Ratings, np.ndarray]):
    with pytest.raises(LineError):
        _rank(panel[0], 60)
