"""Our estimators find the truth of the demo city, which they have not seen.

A short form of ``make bench-truth``, with seeds fixed and limits that chance alone would break
less than once in a thousand.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from taji.survey.design import Design
from taji.survey.measures import Amount, Choice
from taji.survey.sampling import draw
from taji.survey.tabulate import tabulate

DRAWS = 120
DESIGN = Design.from_mapping(
    {"strata": "stratum", "weight": "weight", "population": "stratum_size"}
)
MEASURES = [
    Choice("plan", ("yes",), pl.col("plan") == "yes"),
    Choice("production", ("yes",), pl.col("links/production")),
    Choice("specialists", ("yes",), pl.col("specialists") == "lacking"),
    Amount("key_process_automation", pl.col("key_process_automation")),
    Amount("headcount", pl.col("headcount"), ("total",)),
]


@pytest.fixture(scope="module")
def estimates(truth):
    """All measures from each of many samples in which everybody answers."""
    tables = []
    for seed in range(DRAWS):
        sample = draw(
            truth.register, size=65, strata=["industry_group", "size"], seed=seed, minimum=2
        ).sample.select("enterprise", "stratum", "stratum_size", "weight")
        told = sample.join(truth.answers, on="enterprise", maintain_order="left")
        tables.append(tabulate(told, MEASURES, DESIGN))
    return pl.concat(tables)


@pytest.fixture(scope="module")
def true(truth):
    answers = truth.answers
    return {
        "plan": (answers["plan"] == "yes").mean(),
        "production": answers["links/production"].mean(),
        "specialists": (answers["specialists"] == "lacking").mean(),
        "key_process_automation": answers["key_process_automation"].mean(),
        "headcount": answers["headcount"].sum(),
    }


@pytest.mark.parametrize("question", [m.question for m in MEASURES])
def test_estimates_lie_around_the_truth(estimates, true, question):
    found = estimates.filter(question=question)["estimate"].to_numpy()

    error = found.std(ddof=1) / np.sqrt(DRAWS)
    assert abs(found.mean() - true[question]) < 3.4 * error


@pytest.mark.parametrize("question", [m.question for m in MEASURES])
def test_intervals_hold_the_truth_about_as_often_as_they_say(estimates, true, question):
    ends = estimates.filter(question=question).select("ci_low", "ci_high")
    held = sum(low <= true[question] <= high for low, high in ends.iter_rows())

    assert stats.binom.cdf(held, DRAWS, 0.95) > 0.001


def test_standard_errors_are_as_large_as_estimates_scatter(estimates):
    found = estimates.filter(question="production")

    # The deviation of 120 estimates is known to 7 %; three of these either way.
    ratio = found["se"].mean() / found["estimate"].std()
    assert 0.79 < ratio < 1.21
