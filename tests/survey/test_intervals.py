"""Intervals around estimates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from taji.survey.intervals import INTERVALS, beta_interval, proportion_interval, t_interval


def one(*values: float) -> list[np.ndarray]:
    return [np.array([float(value)]) for value in values]


def test_the_t_interval_uses_the_design_degrees_of_freedom():
    out = t_interval(*one(5, 2, 3), 0.9)

    assert out.high[0] - out.low[0] == pytest.approx(2 * 2 * 2.353363434801823)


def test_the_beta_interval_of_a_simple_sample_is_clopper_pearson():
    # Without a design the standard error is that of the binomial and df is n - 1.
    p, n = 0.3, 50
    exact = stats.binomtest(15, n).proportion_ci(0.95, method="exact")

    out = beta_interval(*one(p, np.sqrt(p * (1 - p) / n), n - 1, n), 0.95)

    assert (out.low[0], out.high[0]) == (pytest.approx(exact.low), pytest.approx(exact.high))


@pytest.mark.parametrize("name", INTERVALS)
def test_nobody_or_everybody_still_leaves_room_for_doubt(name):
    nobody = proportion_interval(name, *one(0, 0, 19, 20), 0.95)
    everybody = proportion_interval(name, *one(1, 0, 19, 20), 0.95)

    # 1 - 0.025 ** (1 / 20), the exact binomial end
    assert (nobody.low[0], nobody.high[0]) == (0, pytest.approx(0.16843347098308536))
    assert (everybody.low[0], everybody.high[0]) == (pytest.approx(1 - 0.16843347098308536), 1)


@pytest.mark.parametrize("name", INTERVALS)
def test_no_error_gives_a_point(name):
    out = proportion_interval(name, *one(0.25, 0, 19, 20), 0.95)

    assert (out.low[0], out.high[0]) == (pytest.approx(0.25), pytest.approx(0.25))


@pytest.mark.parametrize("name", INTERVALS)
@pytest.mark.parametrize("p", [0.0, 0.4, 1.0])
def test_no_degrees_of_freedom_give_no_interval(name, p):
    out = proportion_interval(name, *one(p, 0.1 * (0 < p < 1), 0, 1), 0.95)

    assert np.isnan([out.low[0], out.high[0]]).all()


@given(
    name=st.sampled_from(INTERVALS),
    p=st.floats(0, 1),
    share=st.floats(0.01, 3),
    df=st.integers(1, 500),
    confidence=st.floats(0.5, 0.999),
)
def test_intervals_hold_the_estimate_and_stay_between_zero_and_one(name, p, share, df, confidence):
    se = share * np.sqrt(p * (1 - p) / (df + 1))

    out = proportion_interval(name, *one(p, se, df, df + 1), confidence)

    assert 0 <= out.low[0] <= p + 1e-9
    assert p - 1e-9 <= out.high[0] <= 1


@pytest.mark.parametrize("name", INTERVALS)
def test_the_other_answer_has_the_mirrored_interval(name):
    yes = proportion_interval(name, *one(0.2, 0.05, 30, 60), 0.95)
    no = proportion_interval(name, *one(0.8, 0.05, 30, 60), 0.95)

    assert (no.low[0], no.high[0]) == (
        pytest.approx(1 - yes.high[0]),
        pytest.approx(1 - yes.low[0]),
    )
