"""Time the portrait's tables against svy and R survey, on the same rows in one run.

60 items × 30 domains (and the city), 300 strata with finite populations, linearised standard
errors. All three compute the same estimates and errors, and the run fails if they disagree
by more than 1e-8. Ours does all items at once from a frame in memory, reads nothing and
prints nothing; svy is asked item by item, with its own grouping; R is asked
``svyby(~item, ~domain, design, svymean, na.rm = TRUE)`` item by item, and for the city
``svymean``. Each side builds its design once, inside its time.

R and svy are slow on the whole table, so each may be asked for some of the items, spread
evenly over the kinds; its time per item is then multiplied, its design counted once. What
was asked is printed with the ratio.

    python benchmarks/tabulate.py [--rows 1000000] [--svy-items 60] [--r-items 6] [--repeat 3]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import svy

from taji.survey.design import Design
from taji.survey.measures import Amount, Choice, Measure
from taji.survey.tabulate import tabulate

STRATA, DOMAINS, ITEMS = 300, 30, 60
R_SCRIPT = Path(__file__).with_name("tabulate.R")
#: One in four items is a number with a missing tenth, the others are ticks.
NUMBER_EVERY = 4


def survey(rows: int, seed: int) -> pl.DataFrame:
    """Answers with item non-response, drawn at different rates from 300 strata."""
    rng = np.random.default_rng(seed)
    stratum = np.sort(rng.integers(0, STRATA, rows))
    drawn = np.bincount(stratum, minlength=STRATA)
    population = np.ceil(drawn * rng.uniform(1.2, 20, STRATA))
    columns: dict[str, np.ndarray | pl.Series] = {
        "stratum": pl.Series([f"h{code:03d}" for code in range(STRATA)]).gather(stratum),
        "firms": population[stratum],
        "weight": (population / drawn)[stratum],
        "domain": pl.Series([f"d{code:02d}" for code in range(DOMAINS)]).gather(
            rng.integers(0, DOMAINS, rows)
        ),
    }
    level = rng.normal(0, 0.5, STRATA)[stratum]
    for item in range(ITEMS):
        missing = rng.random(rows) < 0.1
        if item % NUMBER_EVERY == 0:
            value = np.exp(rng.normal(3, 1, rows) + level)
        else:
            value = (rng.random(rows) < 1 / (1 + np.exp(-level - rng.normal()))).astype(float)
        columns[f"i{item:02d}"] = pl.Series(value).set(pl.Series(missing), None)
    return pl.DataFrame(columns)


def spread(count: int) -> list[str]:
    """``count`` items, numbers and ticks in the proportion of all."""
    places = np.unique(np.linspace(0, ITEMS - 1, count).round().astype(int))
    return [f"i{item:02d}" for item in places]


def ours(frame: pl.DataFrame) -> pl.DataFrame:
    measures: list[Measure] = []
    for item in range(ITEMS):
        column = f"i{item:02d}"
        if item % NUMBER_EVERY == 0:
            measures.append(Amount(column, pl.col(column)))
        else:
            measures.append(Choice(column, ("1",), pl.col(column) == 1))
    design = Design.from_mapping({"strata": "stratum", "weight": "weight", "population": "firms"})
    return tabulate(frame, measures, design, by=["domain"])


def theirs_svy(frame: pl.DataFrame, items: list[str]) -> dict[tuple[str, str], tuple[float, float]]:
    design = svy.Design(stratum="stratum", wgt="weight", pop_size="firms")
    ask = svy.Sample(data=frame, design=design).estimation
    found = {}
    for item in items:
        for by in (None, "domain"):
            for one in ask.mean(item, by=by, drop_nulls=True).estimates:
                found[item, one.by_level[0] if by else ""] = (one.est, one.se)
    return found


def timed(work: Callable[[], object], repeat: int) -> tuple[float, object]:
    """Median seconds, and what the work gave last."""
    seconds, result = [], None
    for _ in range(repeat):
        gc.collect()
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def ask_r(frame: pl.DataFrame, items: list[str], limit: float) -> dict | None:
    """R's seconds and numbers; None without R, without its package, or past the limit."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        rows, answer = Path(folder) / "rows.csv", Path(folder) / "answer.json"
        frame.select("stratum", "firms", "weight", "domain", *items).write_csv(
            rows, null_value="NA"
        )
        command = ["Rscript", str(R_SCRIPT), str(rows), str(answer), *items]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=limit)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
            print(f"R survey: no answer ({type(error).__name__})")
            return None
        return json.loads(answer.read_text())


def furthest(table: pl.DataFrame, found: dict[tuple[str, str], tuple[float, float]]) -> float:
    """Largest relative difference of an estimate or a standard error."""
    known = {
        (row["question"], row["group"] or ""): (row["estimate"], row["se"])
        for row in table.iter_rows(named=True)
    }
    return max(
        abs(a - b) / abs(b)
        for key, pair in found.items()
        for a, b in zip(known[key], pair, strict=True)
    )


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.machine()}, {platform.system()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--svy-items", type=int, default=ITEMS)
    parser.add_argument("--r-items", type=int, default=4)
    parser.add_argument("--r-limit", type=float, default=900, help="seconds")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    frame = survey(asked.rows, asked.seed)
    print(f"{asked.rows:,} rows, {ITEMS} items x {DOMAINS} domains and the city, {STRATA} strata")
    print(f"machine: {machine()}; Python {platform.python_version()}, polars {pl.__version__}")

    seconds, table = timed(lambda: ours(frame), asked.repeat)
    print(f"taji: {seconds:.2f} s for {ITEMS} items (median of {asked.repeat})")

    items = spread(asked.svy_items)
    svy_seconds, found = timed(lambda: theirs_svy(frame, items), 1)
    report("svy", svy.__version__, svy_seconds * ITEMS / len(items), seconds, len(items))
    agree(furthest(table, found))

    items = spread(asked.r_items)
    answer = ask_r(frame, items, asked.r_limit)
    if answer is None:
        print("R survey: not measured")
        return
    whole = answer["design_seconds"] + answer["item_seconds"] * ITEMS / len(items)
    print(
        f"R: design {answer['design_seconds']:.1f} s, {len(items)} items {answer['item_seconds']:.1f} s"
    )
    report("R survey", answer["version"], whole, seconds, len(items))
    agree(furthest(table, {(r["item"], r["group"]): (r["mean"], r["se"]) for r in answer["rows"]}))


def report(name: str, version: str, theirs: float, ours: float, count: int) -> None:
    how = "measured on all" if count == ITEMS else f"from {count} of"
    print(f"{name} {version}: {theirs:.1f} s for {ITEMS} items ({how} {ITEMS} items)")
    print(f"ratio {name} / taji: {theirs / ours:.1f}")


def agree(difference: float) -> None:
    print(f"largest relative difference: {difference:.1e}")
    if not difference < 1e-8:
        raise SystemExit("the numbers disagree: no comparison of speed")


if __name__ == "__main__":
    main()
