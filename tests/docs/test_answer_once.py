"""The page on answering once says what the crosswalks really leave open."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("answer_once", ROOT / "tools/answer_once.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_coverage_and_loss_is_the_one_that_the_program_makes():
    stale = [path.name for path, text in _tool().pages() if path.read_text("utf-8") != text]

    assert stale == [], "run: python tools/answer_once.py"
