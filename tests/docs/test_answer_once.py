"""The page on answering once says what the crosswalks really leave open."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import polars as pl

from taji.assess.compile import compile_model
from taji.assess.crosswalk import bridge
from taji.catalogue.load import crosswalk, model, questionnaire, questionnaire_of
from taji.city.spec import load_city
from taji.city.truth import invent
from taji.engine.estimates import estimate_frame

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


def test_what_the_page_says_of_levels_holds_in_the_demo_city():
    city = invent(load_city()).answers

    levels = {target: _levels(target, city) for target in ("cmmm", "dmat")}

    for low, high in levels.values():
        assert not (low == high).any()
    low, high = levels["dmat"]
    assert ((low == "basic") & (high == "advanced")).mean() > 0.5
    assert (levels["cmmm"][1].cast(int) < 3).mean() > 0.5


def _levels(target: str, city: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    program = compile_model(model(target), questionnaire_of(target))
    found = bridge(crosswalk(f"sme2024_to_{target}"), questionnaire("sme2024"), program)
    total = estimate_frame(city, found).filter(pl.col("node") == "total")
    return total["level_low"], total["level_high"]
