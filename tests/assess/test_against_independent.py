"""The engine and a plain evaluator written from the facts alone give the same result."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest

from taji.assess.compile import Program, compile_model
from taji.catalogue.load import model, questionnaire

pytestmark = pytest.mark.outside


def program(name: str, profile: str | None = None, **options: str) -> Program:
    found = model(name, profile=profile, options=options)
    return compile_model(found, questionnaire(found.questionnaire))


def differences(
    compiled: Program, answers: pl.DataFrame, expected: list[dict[str, Any]], *, ulps: int = 0
) -> list[str]:
    """Return where the two differ; ``ulps`` is the rounding allowed in scores and coverage."""
    wide = compiled.wide(answers)
    found = []
    for names in compiled.nodes:
        told = [sheet[names.node] for sheet in expected]
        live = [not n.pruned for n in told]
        columns = {
            names.points: [n.worst if on else None for n, on in zip(told, live, strict=True)],
            names.coverage: [n.known if on else None for n, on in zip(told, live, strict=True)],
            names.score: [n.score for n in told],
        }
        for column, values in columns.items():
            ours, theirs = wide[column].to_list(), [None if v is None else float(v) for v in values]
            allowed = 0 if column == names.points else ulps
            found += [
                f"{column}[{i}]: {a} {b}"
                for i, (a, b) in enumerate(zip(ours, theirs, strict=True))
                if not _same(a, b, allowed)
            ]
        for column, attribute in ((names.level, "level"), (names.level_best, "level_best")):
            if column is not None:
                ours = [None if c is None else compiled.levels[c] for c in wide[column].to_list()]
                theirs = [getattr(n, attribute) for n in told]
                found += [
                    f"{column}[{i}]: {a} {b}"
                    for i, (a, b) in enumerate(zip(ours, theirs, strict=True))
                    if a != b
                ]
    return found


def _same(ours: float | None, theirs: float | None, ulps: int) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return abs(ours - theirs) <= ulps * float(np.spacing(theirs))


def rows(answers: pl.DataFrame) -> list[dict[str, Any]]:
    return answers.drop("enterprise").to_dicts()


def test_twenty_thousand_random_sheets_of_sme2024_agree_exactly(
    shared: Path, independent: ModuleType, random_sheets: Any
) -> None:
    compiled = program("sme2024")
    answers = random_sheets(compiled.questionnaire, 20_000, np.random.default_rng(2024))
    facts = independent.facts(shared, "sme2024")

    expected = [independent.sme2024(facts, sheet) for sheet in rows(answers)]

    assert {n["total"].level for n in expected} == {"0", "1", "2", "3", "4"}
    assert differences(compiled, answers, expected) == []


def test_the_readings_of_sme2024_agree_too(
    shared: Path, independent: ModuleType, random_sheets: Any
) -> None:
    compiled = program("sme2024", q1_full="needs_abc", q4="equal")
    answers = random_sheets(compiled.questionnaire, 1_000, np.random.default_rng(7))
    facts = independent.facts(shared, "sme2024")

    expected = [independent.sme2024(facts, s, full="needs_abc", q4="equal") for s in rows(answers)]

    assert differences(compiled, answers, expected) == []


@pytest.mark.parametrize(
    ("q1", "q7", "rounding"),
    [("a", "seven", "exact"), ("b", "seven", "exact"), ("c", "six", "integer")],
)
def test_random_sheets_of_dmat_agree_under_every_reading(
    shared: Path, independent: ModuleType, random_sheets: Any, q1: str, q7: str, rounding: str
) -> None:
    compiled = program("dmat", q1=q1, q7=q7, level_rounding=rounding)
    answers = random_sheets(compiled.questionnaire, 1_800, np.random.default_rng(25))
    facts = independent.facts(shared, "dmat")

    expected = [
        independent.dmat(facts, sheet, q1=q1, q7=q7, rounded=rounding == "integer")
        for sheet in rows(answers)
    ]

    assert {n["total"].level for n in expected} == {"basic", "average", "moderate", "advanced"}
    assert differences(compiled, answers, expected) == []


@pytest.mark.parametrize("profile", ["discrete", "process"])
def test_random_sheets_of_cmmm_agree_with_pruning_and_ladder(
    shared: Path, independent: ModuleType, random_sheets: Any, profile: str
) -> None:
    compiled = program("cmmm", profile=profile)
    answers = random_sheets(compiled.questionnaire, 2_500, np.random.default_rng(39116))
    facts = independent.facts(shared, "cmmm")

    expected = [independent.cmmm(facts, sheet, profile=profile) for sheet in rows(answers)]

    assert len({n["total"].level for n in expected}) >= 4
    assert any(n["logistics.3"].pruned for n in expected)
    assert differences(compiled, answers, expected, ulps=4) == []


def test_the_evaluator_can_tell_a_wrong_engine(
    shared: Path, independent: ModuleType, random_sheets: Any
) -> None:
    compiled = program("sme2024", q4="equal")
    answers = random_sheets(compiled.questionnaire, 50, np.random.default_rng(1))
    facts = independent.facts(shared, "sme2024")

    assert differences(compiled, answers, [independent.sme2024(facts, s) for s in rows(answers)])
    assert independent.nearest(0.1 * 100 + 1e-12) == Fraction(10)
