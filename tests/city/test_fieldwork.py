"""One round of the survey through the demo city."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest

from taji.city.fieldwork import survey_round
from taji.city.truth import invent
from taji.survey.sampling import replay


def test_only_drawn_firms_answer_and_they_tell_the_truth(truth, default_round):
    answers = default_round.answers
    true = answers.select("enterprise").join(truth.answers, on="enterprise", maintain_order="left")

    assert set(answers["enterprise"]) < set(default_round.drawn.sample["enterprise"])
    for column in truth.answers.columns:
        told = answers[column].is_not_null()
        assert answers[column].filter(told).equals(true[column].filter(told))


def test_a_blank_takes_the_whole_question(truth, default_round):
    for item in truth.items.values():
        blanks = default_round.answers.select(pl.col(item.columns).is_null())
        assert (
            blanks.select(pl.all_horizontal(pl.all()) == pl.any_horizontal(pl.all()))
            .to_series()
            .all()
        )


def test_what_must_be_answered_is_never_blank(default_round):
    required = default_round.answers.select("enterprise", "industry", "size", "district")

    assert sum(required.null_count().row(0)) == 0


@pytest.mark.parametrize("seed", [None, 1, 2, 3, 4])
def test_weights_make_the_answering_firms_of_a_stratum_stand_for_all(truth, seed):
    answers = survey_round(truth, seed=seed).answers
    held = Counter(truth.register.select("industry_group", "size").iter_rows())
    answered = Counter(answers["stratum"])

    assert len(answered) == len(held)
    assert min(answered.values()) >= 2
    for row in answers.select("stratum", "stratum_size", "weight").iter_rows():
        stratum, size, weight = row
        assert size == held[tuple(stratum.split("|"))]
        assert weight == size / answered[stratum]
    assert answers["weight"].sum() == pytest.approx(truth.register.height)


def test_the_sample_of_a_round_can_be_replayed_from_the_register(truth, default_round):
    drawn = default_round.drawn

    assert replay(truth.register.reverse(), drawn.certificate, sample=drawn.sample).same


def test_the_same_seed_gives_the_same_round_and_others_another(truth):
    first, again, other = (survey_round(truth, seed=seed).answers for seed in (5, 5, 6))

    assert first.equals(again)
    assert set(first["enterprise"]) != set(other["enterprise"])


def test_a_round_leaves_the_truth_as_it_was(city, truth):
    before = truth.answers.clone()

    survey_round(truth, seed=9)

    assert truth.answers.equals(before)
    reseeded = city.model_copy(update={"round": city.round.model_copy(update={"seed": 10})})
    assert invent(reseeded).answers.equals(before)


def test_silence_and_blanks_come_about_as_often_as_the_pack_says(truth):
    rounds = [survey_round(truth, seed=seed) for seed in range(20)]
    # Strata of a few firms are called until they answer: only larger ones show the rate.
    drawn = pl.concat([r.drawn.sample.filter(pl.col("stratum_drawn") > 5) for r in rounds])
    asked = set(drawn["stratum"])
    answering = sum(r.answers.filter(pl.col("stratum").is_in(asked)).height for r in rounds)
    blank = sum(r.answers["links/none"].null_count() for r in rounds) / sum(
        r.answers.height for r in rounds
    )

    # Standard errors: 0.013 for answering (1,300 firms), 0.008 for blanks (1,300).
    assert answering / drawn.height == pytest.approx(truth.city.round.response, abs=0.05)
    assert blank == pytest.approx(truth.city.answers.items["links"].blank, abs=0.03)
