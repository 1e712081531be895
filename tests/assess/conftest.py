"""Random answer sheets, and the evaluator that was written from the facts alone."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from taji.catalogue.questionnaire import Item, Questionnaire

#: Where bands meet, typed and computed, and just beside.
BOUNDARIES = (0.0, 10.0, 20.0, 40.0, 60.0, 100.0, 0.1 * 100, 0.2 * 100, 0.6 * 100, 0.07 * 100 + 3)
BESIDE = (10.000001, 9.999999, 20.000001, 40.000001, 60.000001, 59.999999)
Sheets = Callable[..., pl.DataFrame]


@pytest.fixture(scope="session")
def independent() -> ModuleType:
    """The module ``independent.py`` beside this file."""
    path = Path(__file__).with_name("independent.py")
    spec = importlib.util.spec_from_file_location("independent_scoring", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def random_sheets() -> Sheets:
    return sheets


def sheets(
    questionnaire: Questionnaire, n: int, rng: np.random.Generator, *, missing: float = 0.08
) -> pl.DataFrame:
    """Return ``n`` answer sheets; firms differ in ability and in how much they leave out."""
    able = rng.beta(1.2, 1.0, n)
    skip = np.where(rng.random(n) < 0.3, 0.0, rng.beta(1, 1 / missing, n))
    columns: dict[str, pl.Series] = {"enterprise": pl.Series([f"E{i}" for i in range(n)])}
    for item in questionnaire.items.values():
        columns |= _answers(item, able, skip, rng)
    return pl.DataFrame(columns)


def _answers(
    item: Item, able: np.ndarray, skip: np.ndarray, rng: np.random.Generator
) -> dict[str, pl.Series]:
    n = len(able)
    lacks = rng.random(n) < skip
    if item.kind == "multi":
        return _ticks(item, able, lacks, rng)
    if item.kind == "scale":
        assert item.question.high is not None
        top = int(item.question.high)
        rung = np.minimum(top, rng.binomial(top, able) + (rng.random(n) < 0.1)).astype(np.int64)
        return {item.id: _blanked(pl.Series(rung), lacks)}
    if item.kind == "single":
        ids = np.array(item.option_ids, dtype=object)
        place = np.minimum((able * rng.beta(4, 1.5, n) * 1.4 * len(ids)).astype(int), len(ids) - 1)
        shuffled = rng.integers(0, len(ids), n)
        place = np.where(rng.random(n) < 0.1, shuffled, place)
        return {item.id: _blanked(pl.Series(ids[place].tolist(), dtype=pl.String), lacks)}
    if item.kind == "share":
        pool = np.array(BOUNDARIES + BESIDE)
        value = np.where(rng.random(n) < 0.4, rng.choice(pool, n), rng.uniform(0, 100, n))
        return {item.id: _blanked(pl.Series(value), lacks)}
    return {}


def _ticks(
    item: Item, able: np.ndarray, lacks: np.ndarray, rng: np.random.Generator
) -> dict[str, pl.Series]:
    n = len(able)
    none = rng.random(n) < 0.08 * (1 - able)
    part = rng.random(n) < 0.05
    columns = {}
    for option in item.question.options:
        ticked = none if option.exclusive else (rng.random(n) < able) & ~none
        blank = lacks | (part & (rng.random(n) < 0.3))
        columns[f"{item.id}/{option.id}"] = _blanked(pl.Series(ticked), blank)
    return columns


def _blanked(values: pl.Series, blank: np.ndarray) -> pl.Series:
    frame = pl.DataFrame({"v": values, "b": blank})
    return frame.select(pl.when(~pl.col("b")).then("v"))["v"]
