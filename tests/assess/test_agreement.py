"""Agreement of two tracks, against published worked examples and other programs."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import cohen_kappa_score

from taji.assess.agreement import AGREEMENT, agreement_table, cohen_kappa, krippendorff_alpha
from taji.catalogue.load import questionnaire

NO = np.nan
#: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), example C: four observers.
CANONICAL = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NO, NO, NO],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NO, 3],
        [NO, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NO],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NO],
    ]
)
#: J. Cohen, Educational and Psychological Measurement 20 (1960) 37-46: two judges, 200 cases.
COHEN = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])


def _pairs(table: np.ndarray) -> tuple[list[int], list[int]]:
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [i for i, _ in cells], [j for _, j in cells]


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize(
    ("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_is_that_of_krippendorffs_own_example(metric: str, published: float):
    out = krippendorff_alpha(CANONICAL, metric=metric, rng=_rng())

    assert out.value == pytest.approx(published, abs=5e-4)
    assert out.n == 11
    assert out.low < out.value <= out.high <= 1


def test_alpha_of_codes_does_not_depend_on_what_they_are_called():
    renamed = np.array([0, 50, 3, 17, 8, 29], float)[np.nan_to_num(CANONICAL).astype(int)]
    renamed[np.isnan(CANONICAL)] = np.nan

    a, b = (krippendorff_alpha(r, metric="nominal", rng=_rng()) for r in (CANONICAL, renamed))

    assert a == b


def test_alpha_has_the_same_interval_for_the_same_seed():
    a, b = (krippendorff_alpha(CANONICAL, metric="ordinal", rng=_rng()) for _ in range(2))

    assert a == b


def test_alpha_of_raters_who_throw_dice_is_about_zero_and_its_interval_holds_zero():
    ratings = _rng().integers(0, 5, (2, 400)).astype(float)

    out = krippendorff_alpha(ratings, metric="interval", rng=_rng())

    assert out.low < 0 < out.high


@pytest.mark.parametrize("ratings", [np.full((2, 3), NO), np.array([[1.0, 2.0], [NO, NO]])])
def test_alpha_is_not_given_where_nothing_was_assessed_twice(ratings: np.ndarray):
    out = krippendorff_alpha(ratings, metric="nominal", rng=_rng())

    assert (out.value, out.low, out.high, out.n) == (None, None, None, 0)


def test_neither_kappa_nor_alpha_is_given_where_every_answer_is_the_same():
    same = krippendorff_alpha(np.ones((2, 4)), metric="nominal", rng=_rng())
    kappa = cohen_kappa([1] * 4, [1] * 4, [0, 1])

    assert same.value is None
    assert kappa.value is None
    assert kappa.n == 4


def test_kappa_is_that_of_cohens_own_table():
    out = cohen_kappa(*_pairs(COHEN), [0, 1, 2])

    assert out.value == pytest.approx(0.492, abs=5e-4)
    assert out.n == 200


@pytest.mark.parametrize(("ordered", "weights"), [(False, None), (True, "quadratic")])
def test_kappa_agrees_with_another_program(ordered: bool, weights: str | None):
    rng = _rng()
    first = rng.integers(0, 5, 300)
    second = np.clip(first + rng.integers(-1, 2, 300), 0, 4)

    out = cohen_kappa(first.tolist(), second.tolist(), list(range(5)), ordered=ordered)

    assert out.value == pytest.approx(cohen_kappa_score(first, second, weights=weights))


@pytest.mark.parametrize("ordered", [False, True])
def test_the_interval_of_kappa_is_the_delta_method_of_the_multinomial(ordered: bool):
    size = len(COHEN)
    away = np.subtract.outer(np.arange(size), np.arange(size)) / (size - 1)
    weight = 1 - away**2 if ordered else np.eye(size)

    def kappa(share: np.ndarray) -> float:
        chance = (weight * np.outer(share.sum(1), share.sum(0))).sum()
        return ((weight * share).sum() - chance) / (1 - chance)

    share = COHEN / COHEN.sum()
    slope = np.zeros(COHEN.shape)
    for at in np.ndindex(COHEN.shape):
        step = np.zeros(COHEN.shape)
        step[at] = 1e-6
        slope[at] = (kappa(share + step) - kappa(share - step)) / 2e-6
    variance = ((share * slope**2).sum() - (share * slope).sum() ** 2) / COHEN.sum()

    out = cohen_kappa(*_pairs(COHEN), [0, 1, 2], ordered=ordered)

    assert (out.high - out.low) / 2 == pytest.approx(1.959964 * variance**0.5, rel=1e-5)


def test_unanswered_pairs_are_left_out_of_kappa():
    whole = cohen_kappa([0, 1, 1, 0], [0, 1, 0, 0], [0, 1])
    gaps = cohen_kappa([0, 1, 1, 0, None, 1], [0, 1, 0, 0, 1, None], [0, 1])

    assert whole == gaps


def _tracks() -> tuple[pl.DataFrame, pl.DataFrame]:
    asked = questionnaire("sme2024")
    scale = next(i for i in asked.items.values() if i.kind == "scale")
    multi = next(i for i in asked.items.values() if i.kind == "multi")
    keys = [f"f{at}" for at in range(40)]
    own = {
        "enterprise": keys,
        scale.id: [at % 4 for at in range(40)],
        multi.columns[0]: [at % 3 == 0 for at in range(40)],
    }
    expert = {
        "enterprise": keys[::-1][:30],
        scale.id: [max(at % 4 - at % 2, 0) for at in range(40)][::-1][:30],
        multi.columns[0]: [at % 3 == 0 if at else None for at in range(40)][::-1][:30],
    }
    return pl.DataFrame(own), pl.DataFrame(expert)


def test_the_table_has_a_row_for_each_question_that_both_tracks_answered():
    own, expert = _tracks()

    out = agreement_table(questionnaire("sme2024"), own, expert, rng=_rng())

    assert out.schema == AGREEMENT
    assert out.height == 2
    scale = out.filter(metric="ordinal").row(0, named=True)
    assert scale["n"] == 30
    assert 0.4 < scale["agreement"] < 0.6
    assert scale["kappa_low"] < scale["kappa"] < scale["kappa_high"]
    tick = out.filter(metric="nominal").row(0, named=True)
    assert tick["option"] is not None
    assert (tick["agreement"], tick["kappa"], tick["alpha"]) == (1.0, 1.0, 1.0)
