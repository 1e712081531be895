"""Agreement of two scores, against published worked examples."""

from __future__ import annotations

import numpy as np
import pytest

from taji.assess.score_agreement import icc_agreement, icc_of, score_differences

#: P. E. Shrout and J. L. Fleiss, Psychological Bulletin 86 (1979) 420-428: six targets, four judges.
SHROUT = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
#: J. M. Bland and D. G. Altman, Lancet 1 (1986) 307-310: peak flow by two meters. [l/min]
LARGE = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
SMALL = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_icc_and_its_interval_are_those_published_for_shrout_and_fleiss():
    out = icc_of(SHROUT)

    assert out.value == pytest.approx(0.290, abs=5e-4)
    assert (out.low, out.high) == pytest.approx((0.019, 0.761), abs=5e-4)


def test_icc_is_lowered_by_a_constant_difference_which_correlation_would_not_see():
    score = np.array([20.0, 35.0, 50.0, 65.0])

    same, shifted = icc_agreement(score, score), icc_agreement(score, score + 15)

    assert same.value == 1
    assert shifted.value == pytest.approx(0.769, abs=1e-3)


def test_differences_are_those_of_bland_and_altman():
    out = score_differences(np.array(LARGE, float), np.array(SMALL, float))

    assert out.mean == pytest.approx(-2.1, abs=0.05)
    assert out.sd == pytest.approx(38.8, abs=0.05)
    assert (out.mean_low, out.mean_high) == pytest.approx((-22.0, 17.8), abs=0.1)
    # The paper takes two standard deviations for 1.96, and rounds before.
    assert out.mean - 2 * out.sd == pytest.approx(-79.7, abs=0.1)
    assert out.upper == pytest.approx(out.mean + 1.959964 * out.sd)
    assert out.lower_ends[0] < out.lower < out.lower_ends[1]


@pytest.mark.parametrize("n", [0, 1])
def test_no_interval_is_given_for_one_firm_or_none(n: int):
    out = score_differences(np.full(n, 5.0), np.full(n, 3.0))

    assert out.mean == (2.0 if n else None)
    assert out.sd is out.lower is out.mean_low is None
    assert icc_agreement(np.full(n, 5.0), np.full(n, 3.0)).value is None


def test_firms_that_do_not_differ_have_no_correlation():
    assert icc_agreement(np.full(5, 50.0), np.full(5, 40.0)).value is None
    assert icc_agreement(np.full(5, 50.0), np.full(5, 50.0)).value is None
