"""Answers that look like the real ones, without groups."""

from __future__ import annotations

import numpy as np
import pytest

from taji.base.text import Text
from taji.compare.answers import Variable
from taji.compare.reference import fit_cloud

LABEL = Text(zh="答", en="answer")


def tick(name: str, value: np.ndarray) -> Variable:
    return Variable(question=name, value=value.astype(np.float64), labels=(LABEL,))


def test_a_reference_keeps_shares_gaps_and_dependence():
    rng = np.random.default_rng(0)
    latent = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 2000)
    one, two = latent[:, 0] > 0, (latent[:, 1] > 0).astype(float)
    two[rng.random(2000) < 0.1] = np.nan

    cloud = fit_cloud([tick("a", one), tick("b", two)], rows=800, rng=rng)
    a, b = cloud.draw(20_000, rng)

    known = ~np.isnan(b)
    assert a.mean() == pytest.approx(one.mean(), abs=0.02)
    assert b[known].mean() == pytest.approx(np.nanmean(two), abs=0.02)
    assert 1 - known.mean() == pytest.approx(0.1, abs=0.02)
    real = ~np.isnan(two)
    wanted = np.corrcoef(one[real], two[real])[0, 1]
    assert np.corrcoef(a[known], b[known])[0, 1] == pytest.approx(wanted, abs=0.06)


def test_a_choice_is_drawn_from_the_options_that_firms_chose():
    rng = np.random.default_rng(1)
    chosen = rng.choice([0.0, 2.0], 100)
    variable = Variable(question="c", value=chosen, labels=(LABEL,) * 3, options=3)

    (drawn,) = fit_cloud([variable, tick("t", chosen > 1)], rows=100, rng=rng).draw(500, rng)[:1]

    assert set(np.unique(drawn)) == {0.0, 2.0}
    assert (drawn == 0).mean() == pytest.approx((chosen == 0).mean(), abs=0.08)
