"""From answers and scores to figures that may be published.

Puts the parts in order: what is tabulated, how it was drawn, what must be withheld, and the last
attack before anything goes out. Each part decides its own matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from taji.assess.compile import compile_model
from taji.base.text import Text
from taji.catalogue.benchmark import Benchmark
from taji.catalogue.model import Model
from taji.catalogue.questionnaire import Questionnaire
from taji.compare.against import benchmark_measures
from taji.compare.contributors import contributors, scales_of
from taji.compare.disclosure import (
    Protected,
    protect,
    refuse_leaks,
    rulings_of,
    verify_published,
)
from taji.desk.choosing import Chosen
from taji.desk.steps import Steps
from taji.engine.local import score_frame
from taji.survey.design import Design, Sample
from taji.survey.measures import Measure, measures_of, score_measures, wide_scores
from taji.survey.tabulate import tabulate

__all__ = ["Figures", "estimate", "score_all", "tabulated"]

SCORING = Text(zh="评分定级", en="Scoring")
ESTIMATING = Text(zh="估计全市", en="Estimating for the city")
PROTECTING = Text(zh="披露控制", en="Controlling disclosure")


SCORES = {
    "enterprise": pl.String(),
    "model": pl.String(),
    "node": pl.String(),
    "points": pl.Float64(),
    "max_points": pl.Float64(),
    "score": pl.Float64(),
    "coverage": pl.Float64(),
    "level": pl.String(),
    "level_best": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What the portrait says in numbers.

    Attributes
    ----------
    frame : DataFrame
        One row a firm: answers, design columns, ``model:node`` scores and levels.
    scores : DataFrame
        The tidy scores of every model.
    sample : Sample
        The design bound to the rows.
    protected : Protected
        Estimates that may be published, and why others may not.
    """

    frame: pl.DataFrame
    scores: pl.DataFrame
    sample: Sample
    protected: Protected


def score_all(
    sheets: Mapping[str, pl.DataFrame], chosen: Sequence[Chosen], *, steps: Steps
) -> pl.DataFrame:
    """Score every firm under every model, tidy.

    Parameters
    ----------
    sheets : mapping of str to DataFrame
        Canonical answers by questionnaire.
    chosen : sequence of Chosen
    """
    steps.begin(SCORING)
    scored = [score_frame(sheets[c.asked.id], compile_model(c.model, c.asked)) for c in chosen]
    return pl.concat(scored) if scored else pl.DataFrame(schema=SCORES)


def tabulated(asked: Questionnaire, models: Sequence[Model], design: Design) -> tuple[Measure, ...]:
    """Everything that is estimated of a round: its questions, then the nodes and levels of its models."""
    return (
        *measures_of(asked, blanks=design.blanks),
        *(measure for model in models for measure in score_measures(model)),
    )


def estimate(
    answers: pl.DataFrame,
    scores: pl.DataFrame,
    asked: Questionnaire,
    models: Sequence[Model],
    design: Design,
    *,
    benchmarks: Sequence[Benchmark],
    by: Sequence[str],
    confidence: float,
    steps: Steps,
) -> Figures:
    """Estimate every measure for the city and its parts, and withhold what would betray a firm.

    Parameters
    ----------
    answers : DataFrame
        Canonical answers with breakdowns and design columns.
    scores : DataFrame
        Tidy scores; empty where there are no models.
    asked : Questionnaire
        What is tabulated.
    models : sequence of Model
        Whose nodes and levels are tabulated too.
    design : Design
    benchmarks : sequence of Benchmark
        Published figures that ours are set beside.
    by : sequence of str
    confidence : float
        [fraction]
    """
    steps.begin(ESTIMATING)
    frame = answers
    if scores.height:
        frame = answers.join(
            wide_scores(scores), on="enterprise", how="left", maintain_order="left"
        )
    measures = tabulated(asked, models, design)
    beside = benchmark_measures(benchmarks, [asked])
    sample = design.bind(frame)
    weight, scales = np.asarray(sample.weight), scales_of(asked, models)
    # Benchmarks are figures of the whole city; they need no breakdown.
    estimates = pl.concat(
        tabulate(frame, wanted, design, by=parts, confidence=confidence)
        for wanted, parts in ((measures, by), (beside, ()))
    )
    # Breakdowns crossed with each other say who was asked, not how firms are; and with itself, nothing.
    crossed = pl.col("question").is_in(list(by)) & (pl.col("by").fill_null("") != "")
    estimates = estimates.filter(~crossed)
    steps.begin(PROTECTING)
    counts = pl.concat(
        contributors(frame, wanted, by=parts, weight=weight, scales=scales)
        for wanted, parts in ((measures, by), (beside, ()))
    ).filter(~crossed)
    rulings = rulings_of(asked)
    protected = protect(estimates, counts, rulings=rulings)
    refuse_leaks(verify_published(protected.estimates, counts, rulings=rulings))
    return Figures(frame, scores, sample, protected)
