"""The additive mixed model.

Truth: R's lme4 (``reference/severity.R`` made the JSON beside it), and the same model by whole
matrices (``panels.dense``).
"""

from __future__ import annotations

import numpy as np
import pytest
from tests.assess.panels import R_SAYS, dense, reference_panel, simulated

from taji.assess.ratings import Ratings
from taji.assess.severity_additive import fit_additive


@pytest.mark.parametrize("name", ["single", "criteria"])
def test_components_and_effects_are_those_of_lme4(name: str):
    fit = fit_additive(reference_panel(name))

    def said(what: str) -> float:
        return R_SAYS[f"{name}/{what}"]

    assert fit.deviance == pytest.approx(said("deviance"), abs=1e-6)
    assert fit.sd_application == pytest.approx(said("sd/application"), rel=1e-5)
    assert fit.sd_reviewer == pytest.approx(said("sd/reviewer"), rel=1e-5)
    assert fit.sd_noise == pytest.approx(said("sd/Residual"), rel=1e-5)
    assert fit.centre == pytest.approx(said("fixed"), rel=1e-5)
    assert fit.joint.measure - fit.centre.mean() == pytest.approx(said("application"), abs=1e-5)
    assert -fit.severity == pytest.approx(said("reviewer"), abs=1e-5)


def test_the_opinion_of_a_pair_is_the_component_that_lme4_finds():
    fit = fit_additive(reference_panel("criteria"))

    assert fit.sd_pair == pytest.approx(R_SAYS["criteria/sd/application:reviewer"], rel=1e-5)


def test_errors_are_those_of_whole_matrices():
    ratings = reference_panel("single")
    fit = fit_additive(ratings)
    truth = dense(
        ratings, application=fit.sd_application, reviewer=fit.sd_reviewer, noise=fit.sd_noise
    )
    pull = fit.joint.pull.toarray()
    covariance = np.diag(fit.joint.own) + pull @ fit.joint.covariance @ pull.T

    assert fit.deviance == pytest.approx(truth["deviance"], abs=1e-8)
    assert fit.joint.measure == pytest.approx(truth["measure"], abs=1e-8)
    assert fit.severity == pytest.approx(truth["severity"], abs=1e-8)
    assert covariance == pytest.approx(truth["covariance"], abs=1e-8)
    assert fit.joint.se() == pytest.approx(np.sqrt(np.diag(truth["covariance"])), abs=1e-9)


def test_the_expected_square_of_noise_is_its_variance_over_the_panel():
    fit = fit_additive(simulated(3)[0])

    assert (fit.square / fit.noise).mean() == pytest.approx(1.0, abs=1e-6)


def test_scores_moved_and_stretched_move_and_stretch_all_results():
    ratings, _, _ = simulated(4)
    stretched = Ratings.of(
        [ratings.applications[place] for place in ratings.application],
        [ratings.reviewers[place] for place in ratings.reviewer],
        60 + 10 * ratings.score,
    )
    here, there = fit_additive(ratings), fit_additive(stretched)

    assert there.joint.measure == pytest.approx(60 + 10 * here.joint.measure, rel=1e-5)
    assert there.severity == pytest.approx(10 * here.severity, abs=1e-4)


def test_a_reviewer_with_few_scores_is_not_corrected_but_counts_as_noisier():
    ratings, _, _ = simulated(5, severity=1.0)
    more = Ratings.of(
        [*(ratings.applications[place] for place in ratings.application), "a000", "a001"],
        [*(ratings.reviewers[place] for place in ratings.reviewer), "z", "z"],
        [*ratings.score, 9.0, 9.0],
    )
    fit = fit_additive(more)

    assert fit.severity[-1] == 0.0
    assert fit.severity_se[-1] == pytest.approx(fit.sd_reviewer)
    thin = fit.noise.max()
    assert thin == pytest.approx(fit.sd_noise**2 + fit.sd_reviewer**2)
