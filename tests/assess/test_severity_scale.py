"""Widths of reviewers.

Truth: without widths the likelihood is the restricted one of the additive model by whole matrices; with
them, slopes and information are held against differences of the likelihood, and simulated widths are
found again.
"""

from __future__ import annotations

import numpy as np
import pytest
from tests.assess.panels import dense, reference_panel, simulated

from taji.assess.severity_additive import fit_additive
from taji.assess.severity_scale import _Mode, _Problem, fit_scaled


def test_without_widths_the_likelihood_is_the_restricted_one():
    ratings = reference_panel("single")
    fit = fit_additive(ratings)
    mode = _Mode(_Problem.of(ratings, fit, gamma=0.0), widths=False)

    values = []
    for application, reviewer, noise in ((5.0, 6.0, 6.0), (8.0, 3.0, 5.0)):
        ours = mode.deviance(np.log([application, reviewer, noise]))
        theirs = dense(ratings, application=application, reviewer=reviewer, noise=noise)
        values.append(ours - theirs["deviance"])

    assert values[0] == pytest.approx(values[1], abs=1e-7)  # they differ by a constant


@pytest.mark.parametrize("gamma", [0.0, 1.0])
def test_slopes_and_information_are_those_of_the_likelihood(gamma: float):
    ratings, _, _ = simulated(6, applications=40, load=10, width=0.4)
    problem = _Problem.of(ratings, fit_additive(ratings), gamma=gamma)
    mode, sd = _Mode(problem, widths=True), np.array([1.0, 0.6, 0.7, 0.3])
    at = mode.effects + 0.2 * np.random.default_rng(1).standard_normal(len(mode.effects))
    gradient, information = mode.slopes(mode.state(at, sd), at, sd)
    for place in range(len(at)):
        step = np.zeros(len(at))
        step[place] = 1e-5
        above, below = mode.state(at + step, sd), mode.state(at - step, sd)
        rise = -(above.fall - below.fall) / 4e-5
        turn = mode.slopes(above, at + step, sd)[0] - mode.slopes(below, at - step, sd)[0]

        assert gradient[place] == pytest.approx(rise, abs=1e-5)
        assert information[place] == pytest.approx(-turn / 2e-5, abs=1e-5)


def test_widths_are_found_again():
    ratings, truth, _ = simulated(7, applications=150, reviews=4, load=20, width=0.4, noise=0.4)
    additive = fit_additive(ratings)
    fit = fit_scaled(ratings, additive, noise="equal")

    assert fit.gained > 50
    assert 0.25 < fit.sd_width < 0.6
    ours = np.corrcoef(fit.joint.measure, truth)[0, 1]
    assert ours > np.corrcoef(additive.joint.measure, truth)[0, 1]
