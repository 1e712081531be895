"""The many-facet Rasch model.

Truth: R's lme4 for two steps (``reference/severity.R``), the likelihood written out score by score and
node by node for more, and simulated facets found again.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from scipy.optimize import minimize
from tests.assess.panels import R_SAYS, reference_panel

from taji.assess.ratings import Ratings
from taji.assess.severity_rasch import StepsError, fit_rasch

#: A spread of severities so wide that it holds none back: they are free, as in R's model.
FREE = 1e3


def _simulated(seed: int, *, applications: int, criteria: int = 1) -> tuple[Ratings, dict]:
    rng = np.random.default_rng(seed)
    count = 6
    application = np.repeat(np.arange(applications), 3 * criteria)
    dealt = [rng.choice(count, 3, replace=False) for _ in range(applications)]
    reviewer = np.repeat(np.concatenate(dealt), criteria)
    criterion = np.tile(np.arange(criteria), 3 * applications)
    quality, severity = 1.2 * rng.standard_normal(applications), 0.8 * rng.standard_normal(count)
    difficulty = np.linspace(-0.5, 0.5, criteria) if criteria > 1 else np.zeros(1)
    threshold = np.array([-1.2, 0.0, 1.2])
    at = quality[application] - severity[reviewer] - difficulty[criterion]
    logs = np.cumsum(at[:, None] - threshold, axis=1)
    chance = np.exp(np.concatenate((np.zeros((len(at), 1)), logs), axis=1))
    chance /= chance.sum(axis=1, keepdims=True)
    step = (rng.random(len(at))[:, None] > chance.cumsum(axis=1)).sum(axis=1)
    ratings = Ratings.of(
        [f"a{place:03d}" for place in application],
        [f"r{place}" for place in reviewer],
        step + 1.0,
        [f"c{place}" for place in criterion],
    )
    return ratings, {"severity": severity, "quality": quality, "difficulty": difficulty}


def test_two_steps_with_free_severities_are_the_logistic_model_of_lme4():
    fit = fit_rasch(reference_panel("yes"), sd_reviewer=FREE)

    assert fit.sd_application == pytest.approx(R_SAYS["yes/sd"], abs=1e-5)
    assert -(fit.severity + fit.threshold) == pytest.approx(R_SAYS["yes/fixed"], abs=1e-5)


def test_several_steps_and_criteria_are_those_of_the_likelihood_written_out():
    ratings, _ = _simulated(1, applications=30, criteria=2)
    spread = 0.7
    fit = fit_rasch(ratings, sd_reviewer=spread)
    nodes, weights = hermegauss(60)
    step = ratings.score - 1

    def fall(values: np.ndarray) -> float:
        severity, difficulty = values[:6], np.array([values[6], -values[6]])
        threshold, sd = values[7:10], np.exp(values[10])
        at = sd * nodes - severity[ratings.reviewer][:, None]
        at = at - difficulty[ratings.criterion][:, None]
        tops = np.stack([k * at - threshold[:k].sum() for k in range(4)])
        own = np.take_along_axis(tops, step.astype(int)[None, :, None], axis=0)[0]
        logs = own - np.log(np.exp(tops).sum(axis=0))
        each = np.zeros((len(ratings.applications), len(nodes)))
        np.add.at(each, ratings.application, logs)
        marginal = np.log(np.exp(each) @ weights / np.sqrt(2 * np.pi)).sum()
        return float(-marginal + 0.5 * (severity**2).sum() / spread**2)

    found = np.concatenate(
        (fit.severity, fit.difficulty[:1], fit.threshold, [np.log(fit.sd_application)])
    )
    free = minimize(fall, np.zeros(11), method="BFGS", options={"gtol": 1e-6})

    assert fall(found) <= free.fun + 1e-7
    assert found == pytest.approx(free.x, abs=1e-4)


def test_facets_are_found_again():
    ratings, truth = _simulated(2, applications=200, criteria=3)
    fit = fit_rasch(ratings)

    assert fit.severity == pytest.approx(truth["severity"] - truth["severity"].mean(), abs=0.35)
    assert fit.difficulty == pytest.approx(truth["difficulty"], abs=0.2)
    assert np.corrcoef(fit.measure, truth["quality"])[0, 1] > 0.9
    assert fit.infit == pytest.approx(1.0, abs=0.25)
    held = np.abs(fit.severity - truth["severity"] + truth["severity"].mean())
    assert (held < 3 * fit.severity_se).all()


def test_a_reviewer_who_gives_only_the_highest_step_has_a_finite_severity():
    ratings, _ = _simulated(3, applications=40)
    score = np.where(ratings.reviewer == 0, 4.0, ratings.score)
    easy = Ratings.of(
        [ratings.applications[place] for place in ratings.application],
        [ratings.reviewers[place] for place in ratings.reviewer],
        score,
    )
    fit = fit_rasch(easy)

    assert np.isfinite(fit.severity).all()
    assert fit.severity.argmin() == 0
    assert ((fit.joint.measure >= 1) & (fit.joint.measure <= 4)).all()


@pytest.mark.parametrize("scores", [[1.5, 2.0, 3.0, 4.0], [2.0, 2.0, 2.0, 2.0]])
def test_scores_that_are_no_steps_are_refused(scores: list[float]):
    ratings = Ratings.of(["a", "a", "b", "b"], ["x", "y", "x", "y"], scores)

    with pytest.raises(StepsError):
        fit_rasch(ratings)
