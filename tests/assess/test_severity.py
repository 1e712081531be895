"""Which model corrects, and whether its errors are as large as it says.

Truth: simulated panels. The whole table of settings is ``benchmarks/severity.py``.
"""

from __future__ import annotations

import numpy as np
import pytest
from tests.assess.panels import simulated

from taji.assess.ratings import Ratings
from taji.assess.severity import TooFewScoresError, correct
from taji.assess.severity_additive import fit_additive

PANELS = 6


def _with(truth: np.ndarray, values: np.ndarray) -> float:
    return float(np.corrcoef(truth, values)[0, 1])


@pytest.mark.parametrize(
    ("severity", "width"), [(0.0, 0.0), (0.6, 0.0), (1.0, 0.4)], ids=["none", "severe", "wide"]
)
def test_corrected_panels_are_as_near_to_the_truth_as_the_better_of_the_plain_ones(
    severity: float, width: float
):
    ours, additive, raw, held = [], [], [], []
    for seed in range(PANELS):
        ratings, truth, _ = simulated(
            seed, applications=120, load=15, severity=severity, width=width
        )
        corrected = correct(ratings, model="linear")
        ours.append(_with(truth, corrected.joint.measure))
        additive.append(_with(truth, fit_additive(ratings).joint.measure))
        raw.append(_with(truth, ratings.raw_means()))
        miss = np.abs(corrected.joint.measure - truth) / corrected.joint.se()
        held.append((miss < 1.96).mean())

    assert np.mean(ours) >= np.mean(additive) - 1e-4
    assert np.mean(ours) >= np.mean(raw) - 0.002
    # intervals of one panel miss together, by the error of its centre: chance is that of panels
    chance = 2 * np.std(held, ddof=1) / np.sqrt(PANELS)
    assert 0.93 - chance <= np.mean(held) <= 0.97 + chance


def test_widths_are_used_only_where_the_scores_ask_for_them():
    narrow, _, _ = simulated(1, applications=150, load=15)
    wide, _, _ = simulated(1, applications=150, load=15, width=0.5)

    assert correct(narrow, model="linear").width is None
    assert correct(wide, model="linear").width is not None


def test_a_noisy_reviewer_stands_out():
    ratings, _, _ = simulated(2, applications=100, load=20)
    rng = np.random.default_rng(0)
    noisy = ratings.score + np.where(ratings.reviewer == 3, 3 * rng.standard_normal(300), 0.0)
    names = (
        [ratings.applications[place] for place in ratings.application],
        [ratings.reviewers[place] for place in ratings.reviewer],
    )
    corrected = correct(Ratings.of(*names, noisy), model="linear")

    assert corrected.outfit.argmax() == 3
    assert corrected.outfit[3] > 1.5


def test_scores_without_noise_are_corrected_exactly():
    quality, severity = np.arange(12.0), np.array([0.0, 3.0, -3.0])
    pairs = [(a, r) for a in range(12) for r in range(3) if (a + r) % 3]
    ratings = Ratings.of(
        [f"{a:02d}" for a, _ in pairs],
        [str(r) for _, r in pairs],
        [quality[a] - severity[r] for a, r in pairs],
    )
    corrected = correct(ratings, model="linear")

    assert np.diff(corrected.joint.measure) == pytest.approx(1.0, abs=1e-3)


def test_too_few_scores_are_refused():
    with pytest.raises(TooFewScoresError):
        correct(Ratings.of(["a", "b", "c"], ["x", "x", "x"], [1.0, 2.0, 3.0]), model="linear")
