"""``python -m benchmarks.levels``: do levels hold as often as their probabilities say?

Lets the firms of the demo city, whose truth is known, speak too well of themselves in three ways,
has experts visit some, and counts how many of those told *p* truly hold the level. Prints the
table and keeps it in ``docs/analyst/levels.md``.

    python -m benchmarks.levels [--seeds 6]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.__main__ import machine
from taji.assess.compile import Program
from taji.assess.rungs import places_of, sheets_of, units_of
from taji.city.chance import normal
from taji.city.fieldwork import blank, people_of
from taji.city.spec import load_city
from taji.city.truth import Truth, invent
from taji.desk.chancing import how_sure, open_programs

FILE = Path(__file__).resolve().parents[1] / "docs" / "analyst" / "levels.md"
FIRMS = 600
BINS = (0.0, 0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
HEAD = """# 等级的把握有多准 · Whether levels hold as often as told

由 `python -m benchmarks.levels` 写出，方法见 [等级的把握](honest-levels.zh.md)。
虚构城市，真值已知；每种情形 {seeds} 个种子，每次 {firms} 家企业，只计未受访的企业。
Written by `python -m benchmarks.levels`; see [how sure a level is](honest-levels.en.md). The invented city, its truth
known; {seeds} seeds each, {firms} firms a time, only firms that nobody visited are counted.

机器 · machine: {machine}; load {load:.1f}; {seconds:.0f} s.

"""


@dataclass(frozen=True)
class Setting:
    """How far firms flatter themselves: a mean, a firm's own lean, and each answer's noise."""

    zh: str
    en: str
    lean: float
    noise: float
    visited: int
    blanks: bool = False


SETTINGS = (
    Setting("误差一半随企业", "half of an error is the firm's", 0.5, 0.5, 40),
    Setting("误差一半随企业", "half of an error is the firm's", 0.5, 0.5, 100),
    Setting("误差多在单题", "errors mostly single", 0.2, 0.6, 100),
    Setting("误差多随企业", "errors mostly the firm's", 0.9, 0.3, 100),
    Setting("误差一半随企业，有漏答", "half the firm's, with blanks", 0.5, 0.5, 100, True),
    Setting("没有专家核对（只有假设）", "no visits: the assumption alone", 0.5, 0.5, 0),
)


@dataclass(frozen=True)
class Counted:
    """Probabilities told, levels held, and levels shown: (n_firm, n_level) each."""

    told: np.ndarray
    held: np.ndarray
    shown: np.ndarray


def claims(truth: pl.DataFrame, program: Program, setting: Setting, seed: int) -> pl.DataFrame:
    """What firms say: rungs above or under the truth, by a lean of their own and noise."""
    units, keys = units_of([program]), truth["enterprise"].to_list()
    own = program.sheets(truth).select(*program.columns)
    true = places_of(units, own)
    said = true.copy()
    firm = 0.35 + setting.lean * normal(seed, "firm", keys)
    for at, unit in enumerate(units):
        lean = firm + setting.noise * normal(seed, unit.column, keys)
        step = (lean > 1.2).astype(int) + (lean > 2.0) - (lean < -1.0)
        said[:, at] = np.clip(true[:, at] + step, 0, len(unit.values) - 1)
    written = sheets_of(units, said[None], true, own, program.questionnaire)
    return truth.with_columns(written.get_columns())


def with_blanks(said: pl.DataFrame, city: Truth, seed: int) -> pl.DataFrame:
    """The same with the blanks that the city's firms leave."""
    people = people_of(city, said["enterprise"])
    return said.with_columns(
        pl.when(~pl.Series(blank(city.city, people, name, seed=seed)))
        .then(pl.col(column))
        .alias(column)
        for name, item in city.items.items()
        for column in item.columns
    )


def counted(city: Truth, setting: Setting, seed: int) -> Counted:
    """One round: what is told of the firms that nobody visited, and what is true of them."""
    options = {"q1_full": "free", "q4": "j", "required": "ten"}
    programs = open_programs("sme2024", options=options)
    truth = city.answers.sample(FIRMS, seed=seed)
    said = claims(truth, programs[0], setting, seed)
    if setting.blanks:
        said = with_blanks(said, city, seed)
    expert = truth[: setting.visited] if setting.visited else None
    sure = how_sure(said, programs, expert=expert, seed=seed).chances
    table = sure.levels.filter(node="total")["probability"].to_numpy().reshape(FIRMS, -1)
    one = np.eye(table.shape[1])
    codes = programs[0].wide(truth)["total:level"].to_list()
    ids = [level.id for level in programs[0].model.levels]
    true = [ids.index(programs[0].levels[code]) for code in codes]
    shown = [ids.index(level) for level in sure.firms["level"]]
    rest = slice(setting.visited, None)
    return Counted(table[rest], one[true][rest], one[shown][rest])


def brier(probability: np.ndarray, held: np.ndarray) -> float:
    """Mean over firms of the squared distance from what is true."""
    return float(((probability - held) ** 2).sum(axis=1).mean())


def table(found: dict[Setting, Counted]) -> Iterator[str]:
    """The lines of the page."""
    yield "| 情形 · setting | 受访 · visited | 把握 · told | 实际 · held | Brier | 只看等级 · level alone |"
    yield "|---|---:|---:|---:|---:|---:|"
    for setting, one in found.items():
        told, held = (one.told * one.shown).sum(axis=1), (one.held * one.shown).sum(axis=1)
        yield (
            f"| {setting.zh} · {setting.en} | {setting.visited} | {told.mean():.3f} | {held.mean():.3f} "
            f"| {brier(one.told, one.held):.3f} | {brier(one.shown, one.held):.3f} |"
        )
    yield ""
    yield "把握：显示的等级的平均概率；实际：其中真正处于该等级的比例。Brier 越小越好。"
    yield "Told: mean probability of the level shown; held: share that truly hold it. Brier: smaller is better."
    yield ""
    yield "| 概率 · probability | n | 平均 · told | 实际 · held |"
    yield "|---|---:|---:|---:|"
    visited = [one for setting, one in found.items() if setting.visited]
    told = np.concatenate([one.told.ravel() for one in visited])
    held = np.concatenate([one.held.ravel() for one in visited])
    for low, high in pairwise(BINS):
        inside = (told >= low) & ((told < high) | (high == 1.0))
        yield f"| {low:g}-{high:g} | {inside.sum()} | {told[inside].mean():.3f} | {held[inside].mean():.3f} |"
    yield ""
    yield "有专家核对的各情形合计，每家企业每个等级计一次。"
    yield "All settings with visits together, each level of each firm once."


def main() -> None:
    """Measure, print and keep."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seeds", type=int, default=6)
    seeds = range(1, reader.parse_args().seeds + 1)
    city, started, load = invent(load_city()), time.monotonic(), os.getloadavg()[0]
    found = {}
    for setting in SETTINGS:
        rounds = [counted(city, setting, seed) for seed in seeds]
        found[setting] = Counted(
            *(
                np.concatenate([getattr(one, part) for one in rounds])
                for part in ("told", "held", "shown")
            )
        )
    seconds = time.monotonic() - started
    head = HEAD.format(seeds=len(seeds), firms=FIRMS, machine=machine(), load=load, seconds=seconds)
    text = head + "\n".join(table(found)) + "\n"
    FILE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
