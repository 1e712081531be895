"""What is true of every firm of the demo city."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from taji.catalogue.load import questionnaire
from taji.city.spec import Ordered, Rungs
from taji.city.truth import invent


def test_every_question_of_both_questionnaires_is_answered_by_every_firm(truth):
    columns = [
        column
        for pack in ("zhuzhou2021", "sme2024")
        for item in questionnaire(pack).items.values()
        for column in item.columns
    ]

    assert truth.answers.columns == ["enterprise", *columns]
    assert truth.answers.height == truth.register.height
    assert sum(truth.answers.null_count().row(0)) == 0


def test_answers_are_options_of_their_question(truth):
    for item in truth.items.values():
        if item.kind == "single":
            assert set(truth.answers[item.id]) <= set(item.option_ids)
        if item.kind in ("share", "scale"):
            values = truth.answers[item.id]
            assert values.min() >= item.question.low
            assert values.max() <= item.question.high


def test_true_shares_are_those_of_the_pack_to_one_firm(truth):
    firms = truth.answers.height
    for name, answer in truth.city.answers.items.items():
        if isinstance(answer, Ordered | Rungs):
            shares = answer.share if isinstance(answer, Ordered) else dict(enumerate(answer.share))
            for option, share in shares.items():
                assert abs((truth.answers[name] == option).sum() - share * firms) <= 1


def test_the_truth_lies_near_what_was_published_but_is_not_it(truth):
    published = {"plan": ("yes", 9), "specialists": ("lacking", 92), "rd_team": ("yes", 8)}

    for name, (option, percent) in published.items():
        share = 100 * (truth.answers[name] == option).mean()
        assert abs(share - percent) < 1.5


def test_none_of_these_is_ticked_exactly_where_nothing_else_is(truth):
    for item in truth.items.values():
        if item.kind == "multi":
            ticks = truth.answers.select(item.columns).to_numpy()
            none = list(item.option_ids).index("none")
            others = np.delete(ticks, none, axis=1).any(axis=1)
            assert (ticks[:, none] == ~others).all()


def test_full_coverage_is_ticked_only_with_all_three_networks(truth):
    full = truth.answers.filter(pl.col("q1/d"))

    assert full.height > 10
    assert full.select(pl.all_horizontal("q1/a", "q1/b", "q1/c")).to_series().all()


def test_digital_spending_agrees_with_revenue_and_its_share(truth):
    ratio = 100 * truth.answers["digital_spend"] / truth.answers["revenue"]

    spread = (ratio / truth.answers["q11"]).log().std()
    assert spread == pytest.approx(truth.city.answers.items["digital_spend"].spread, rel=0.1)


def test_maturity_is_one_scale_that_size_and_answers_follow(truth):
    table = truth.answers.with_columns(maturity=pl.Series(truth.maturity))
    by_size = dict(table.group_by("size").agg(pl.col("maturity").mean()).iter_rows())
    by_rung = table.group_by("s_production").agg(pl.col("maturity").mean()).sort("s_production")

    assert truth.maturity.mean() == pytest.approx(0, abs=1e-9)
    assert truth.maturity.std() == pytest.approx(1)
    assert by_size["micro"] < by_size["small"] < by_size["medium"]
    assert all(a < b for a, b in pairwise(by_rung["maturity"]))


def test_the_truth_does_not_change_from_one_making_to_the_next(truth):
    again = invent(truth.city)

    assert again.answers.equals(truth.answers)
    assert again.maturity.tolist() == truth.maturity.tolist()
