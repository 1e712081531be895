"""Kinds of firm that the answers set apart."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from taji.base.text import Text
from taji.catalogue.questionnaire import Questionnaire
from taji.compare.answers import Variable, encode, variables_of
from taji.compare.segments import Standard, find_segments


def ticks(chance: np.ndarray, rng: np.random.Generator) -> list[Variable]:
    """Ticks with the chances given, firm by question."""
    drawn = (rng.random(chance.shape) < chance).astype(np.float64)
    drawn[rng.random(chance.shape) < 0.03] = np.nan
    return [
        Variable(question=f"q{j}", value=column, labels=(Text(zh=f"答{j}", en=f"answer {j}"),))
        for j, column in enumerate(drawn.T)
    ]


THREE = np.array(
    [[0.9] * 5 + [0.1] * 10, [0.1] * 5 + [0.9] * 5 + [0.1] * 5, [0.1] * 10 + [0.9] * 5]
)


def found(variables, seed=1, weight=None, standard=None):
    n = len(variables[0].value)
    weight = np.ones(n) if weight is None else weight
    return find_segments(
        variables, weight=weight, rng=np.random.default_rng(seed), standard=standard
    )


@pytest.mark.parametrize(("n", "seed"), [(65, 0), (65, 1), (300, 2)])
def test_planted_segments_are_found_again(n, seed):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, n)

    out = found(ticks(THREE[kind], rng), seed)

    assert len(out.segments) == 3
    assert adjusted_rand_score(kind, out.member) > 0.9
    assert all(s.stability >= 0.75 for s in out.segments)
    assert sum(s.share for s in out.segments) == pytest.approx(1)
    assert [s.n for s in out.segments] == np.bincount(out.member).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_pure_noise_has_no_stable_segments(seed):
    rng = np.random.default_rng(seed)
    chance = np.broadcast_to(rng.uniform(0.1, 0.7, 15), (65, 15))

    out = found(ticks(chance, rng), seed)

    assert out.segments == ()
    assert out.note is not None
    assert (out.member == -1).all()


@pytest.mark.parametrize("seed", range(2))
def test_firms_that_differ_by_degrees_are_one_cloud(seed):
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=(200, 1))
    chance = 1 / (1 + np.exp(-(rng.uniform(0.8, 2, 15) * ability + rng.normal(size=15))))

    out = found(ticks(chance, rng), seed)

    assert out.segments == ()
    assert "连续过渡" in out.note.zh


def test_a_name_is_made_of_the_answers_that_set_the_segment_apart():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 90)

    out = found(ticks(THREE[kind], rng))

    for place, segment in enumerate(out.segments):
        own = {
            f"答{j}"
            for j in range(5 * kind[out.member == place][0], 5 * kind[out.member == place][0] + 5)
        }
        assert set(segment.title.zh.split("、")) <= own
        assert segment.title.en.count("answer") == 2
        gaps = [abs(m.inside - m.outside) for m in segment.marks]
        assert gaps == sorted(gaps, reverse=True)
        assert min(gaps) >= 0.25


def test_shares_are_weighted():
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], 30)
    weight = np.where(kind == 2, 10.0, 1.0)

    out = found(ticks(THREE[kind], rng), weight=weight)

    assert out.segments[0].share == pytest.approx(weight[out.member == 0].sum() / weight.sum())
    assert out.segments[0].share > 0.7


def test_no_mark_rests_on_one_or_two_firms():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 65)
    variables = ticks(THREE[kind], rng)

    out = found(variables)

    by_label = {v.labels[0].zh: v.value for v in variables}
    for place, segment in enumerate(out.segments):
        for mark in segment.marks:
            value = by_label[mark.statement.zh]
            for side in (value[out.member == place], value[out.member != place]):
                yes, no = (side == 1).sum(), (side == 0).sum()
                assert yes not in (1, 2)
                assert no not in (1, 2)


def test_too_few_firms_are_not_grouped_and_the_note_says_so():
    rng = np.random.default_rng(0)

    out = found(ticks(THREE[np.array([0, 1, 2] * 3)], rng))

    assert out.segments == ()
    assert "9" in out.note.en


def test_two_kinds_of_identical_sheets_pass_without_a_warning():
    answers = [np.repeat([0.0, 1.0], 20), np.repeat([1.0, 0.0], 20)]
    label = Text(zh="答", en="answer")
    variables = [
        Variable(question=f"q{j}", value=value, labels=(label,)) for j, value in enumerate(answers)
    ]

    assert len(found(variables).segments) <= 2


def test_a_firm_that_answered_little_is_in_no_segment():
    rng = np.random.default_rng(0)
    variables = ticks(THREE[rng.integers(0, 3, 66)], rng)
    for v in variables:
        v.value[0] = np.nan

    out = found(variables)

    assert out.member[0] == -1
    assert (out.member[1:] >= 0).all()


def test_the_same_seed_gives_the_same_segments():
    rng = np.random.default_rng(5)
    variables = ticks(THREE[rng.integers(0, 3, 65)], rng)

    first, second = found(variables, 9), found(variables, 9)

    assert first.member.tolist() == second.member.tolist()
    assert first.segments == second.segments


def test_a_stricter_standard_is_obeyed():
    rng = np.random.default_rng(0)
    variables = ticks(THREE[rng.integers(0, 3, 65)], rng)

    out = found(variables, standard=Standard(smallest=40, references=19, bootstraps=5))

    assert out.segments == ()


def text(word: str) -> dict[str, str]:
    return {"zh": word, "en": word}


ASKED = Questionnaire.model_validate(
    {
        "id": "t",
        "version": "1.0",
        "title": text("t"),
        "source": ["test"],
        "confidence": "house",
        "domains": ["size"],
        "sections": [
            {
                "id": "s",
                "title": text("s"),
                "questions": [
                    {
                        "id": "size",
                        "kind": "single",
                        "label": text("size"),
                        "options": [{"id": o, "label": text(o)} for o in ("s", "m")],
                    },
                    {
                        "id": "plan",
                        "kind": "single",
                        "label": text("plan"),
                        "options": [{"id": o, "label": text(o)} for o in ("yes", "no")],
                    },
                    {
                        "id": "links",
                        "kind": "multi",
                        "label": text("links"),
                        "options": [{"id": o, "label": text(o)} for o in ("sales", "design")],
                    },
                    {"id": "rung", "kind": "scale", "label": text("rung"), "low": 0, "high": 4},
                    {"id": "firms", "kind": "number", "label": text("n"), "unit": text("n")},
                ],
            }
        ],
        "findings": [{"question": "plan", "option": "yes", "statement": text("have a plan")}],
    }
)


def test_variables_come_from_what_firms_do_and_every_question_weighs_the_same():
    frame = pl.DataFrame(
        {
            "size": ["s", "m", "s"],
            "plan": ["yes", "no", None],
            "links/sales": [True, False, True],
            "links/design": [False, True, None],
            "rung": [0, 4, 2],
            "firms": [1.0, 2.0, 3.0],
        }
    )

    variables = variables_of(ASKED, frame)

    assert [v.question for v in variables] == ["plan", "links", "links", "rung"]
    assert variables[0].labels[0].en == "have a plan"
    assert variables[1].labels[0].zh == "links：sales"
    points = encode(variables, [v.value for v in variables])
    opposite = ((points[0] - points[1]) ** 2).sum()
    assert opposite == pytest.approx(3)  # three questions, one each
    assert ((points[2] - points[:2].mean(axis=0)) ** 2)[:2].sum() == pytest.approx(0)
