"""A small sound model in a folder of its own, to be broken in one place at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Change = Callable[[dict[str, Any]], object]


def text(word: str) -> dict[str, str]:
    return {"zh": f"中文{word}", "en": word}


QUESTIONNAIRE: dict[str, Any] = {
    "id": "small",
    "version": "1.0",
    "title": text("small"),
    "source": ["made for tests"],
    "confidence": "house",
    "sections": [
        {
            "id": "all",
            "title": text("all"),
            "questions": [
                {
                    "id": "ticks",
                    "kind": "multi",
                    "label": text("ticks"),
                    "options": [
                        {"id": "a", "label": text("first")},
                        {"id": "b", "label": text("second")},
                        {"id": "none", "label": text("nothing"), "exclusive": True},
                    ],
                },
                {
                    "id": "choice",
                    "kind": "single",
                    "label": text("choice"),
                    "options": [
                        {"id": "low", "label": text("low")},
                        {"id": "high", "label": text("high")},
                        {"id": "na", "label": text("not here")},
                    ],
                },
                {"id": "part", "kind": "share", "label": text("part"), "low": 0, "high": 100},
                {
                    "id": "rung",
                    "kind": "scale",
                    "label": text("rung"),
                    "low": 0,
                    "high": 4,
                    "rows": [{"id": "x", "label": text("x")}, {"id": "y", "label": text("y")}],
                },
            ],
        }
    ],
}

MODEL: dict[str, Any] = {
    "id": "small_model",
    "version": "1.0",
    "title": text("small model"),
    "source": ["made for tests"],
    "confidence": "house",
    "questionnaire": "small",
    "document": "none",
    "date": "2026-01-01",
    "unit": text("points"),
    "coverage_min": "7/10",
    "readings": [
        {
            "id": "strict",
            "title": text("strict"),
            "default": "mild",
            "confidence": "unsettled",
            "choices": [
                {"id": "mild", "label": text("mild"), "source": "one"},
                {"id": "hard", "label": text("hard"), "source": "two"},
            ],
        }
    ],
    "nodes": [
        {
            "id": "ticks",
            "title": text("ticks"),
            "rule": "sum",
            "question": "ticks",
            "points": {"a": 1, "b": 2, "none": 0},
            "max": 3,
            "variants": [{"when": {"strict": "hard"}, "requires": {"b": ["a"]}}],
        },
        {
            "id": "choice",
            "title": text("choice"),
            "rule": "sum",
            "question": "choice",
            "points": {"low": 0, "high": 1},
            "prune": "na",
            "max": 7,
        },
        {
            "id": "part",
            "title": text("part"),
            "rule": "bands",
            "question": "part",
            "bands": [{"from": 0, "to": 50, "points": 0}, {"over": 50, "to": 100, "points": 1}],
            "max": 10,
        },
        {"id": "rung", "title": text("rung"), "rule": "mean", "question": "rung", "max": 10},
        {
            "id": "added",
            "title": text("added"),
            "rule": "sum",
            "of": ["ticks", "choice"],
            "max": 10,
        },
        {
            "id": "total",
            "title": text("total"),
            "rule": "weighted_mean",
            "of": ["added", "part", "rung"],
            "weights": {"added": 50, "part": 30, "rung": 20},
            "max": 100,
        },
    ],
    "levels": [
        {"id": "low", "title": text("low"), "from": 0, "below": 50},
        {"id": "high", "title": text("high"), "from": 50, "to": 100},
    ],
}

CASES: list[dict[str, Any]] = [
    {
        "name": text("nothing"),
        "date": "2026-01-01",
        "answers": {"ticks": ["none"], "choice": "low", "part": 0, "rung/x": 0, "rung/y": None},
        "expect": {"total": {"score": 0, "level": "low"}},
        "tolerance": 0,
        "source": "worked by hand",
    }
]


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., Path]:
    """Write the small model, its questionnaire and its cases, each changed as asked."""

    def write(
        model: Change | None = None,
        questionnaire: Change | None = None,
        cases: Change | None = None,
    ) -> Path:
        (tmp_path / "cases").mkdir()
        for name, content, change in (
            ("model.yaml", MODEL, model),
            ("small.yaml", QUESTIONNAIRE, questionnaire),
            ("cases/one.yaml", CASES, cases),
        ):
            changed = copy.deepcopy(content)
            if change is not None:
                change(changed)
            text = yaml.safe_dump(changed, allow_unicode=True, sort_keys=False)
            (tmp_path / name).write_text(text, "utf-8")
        return tmp_path

    return write
