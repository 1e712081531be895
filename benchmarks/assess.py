"""How long ``taji assess`` takes, against reading the same answers and writing the same table.

    python benchmarks/assess.py [--rows 5000000] [--repeats 3] [--folder benchmarks/.data]

What is measured is the whole verb: the file is checked (damage, codes of firms, answers), scored and
written. The floor does everything but that: Polars reads the same
columns of the same Parquet file and throws them away, and the finished table (made outside
the clock, batch by batch, from the same answers) is written with the same writer. Runs
alternate, each in a process of its own, so that peak memory is that of one run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from taji.assess.compile import Program, compile_model
from taji.catalogue.load import model, questionnaire
from taji.cli import run
from taji.engine.local import BATCH_ROWS, open_parquet
from taji.engine.tidy import arrow_table, blocks

MODEL = "sme2024"
#: Rows made at a time, and rows of a row group of the answers' file.
CHUNK = 250_000


def program() -> Program:
    found = model(MODEL)
    return compile_model(found, questionnaire(found.questionnaire))


def make(path: Path, rows: int, *, seed: int = 2024) -> None:
    """Write random answers: firms differ in ability, and 5 % of the answers are missing."""
    rng, compiled = np.random.default_rng(seed), program()
    writer: pq.ParquetWriter | None = None
    part = path.with_suffix(".part")
    for start in range(0, rows, CHUNK):
        table = answers(compiled, start, min(CHUNK, rows - start), rng).to_arrow()
        writer = writer or pq.ParquetWriter(part, table.schema, compression="zstd")
        writer.write_table(table)
    assert writer is not None
    writer.close()
    part.replace(path)


def answers(compiled: Program, start: int, n: int, rng: np.random.Generator) -> pl.DataFrame:
    able = rng.beta(1.2, 1.2, n)
    columns = {"enterprise": credit_codes(start, n)}
    for item in compiled.questionnaire.items.values():
        if not set(item.columns) & set(compiled.columns):
            continue
        blank = rng.random(n) < 0.05
        for column, option in zip(item.columns, item.option_ids or ("",), strict=False):
            if item.kind == "multi":
                rate = 0.0 if option == "none" else able
                values = pl.Series(rng.random(n) < rate)
            elif item.kind == "scale":
                values = pl.Series(rng.binomial(4, able))
            elif item.kind == "share":
                values = pl.Series((rng.random(n) * 100).round(1))
            else:
                ids = np.array(item.option_ids)
                values = pl.Series(ids[rng.binomial(len(ids) - 1, able)])
            frame = pl.DataFrame({"v": values, "b": blank})
            columns[column] = frame.select(pl.when(~pl.col("b")).then("v"))["v"]
    return pl.DataFrame(columns)


def credit_codes(start: int, n: int) -> pl.Series:
    """Credit codes with the right check digit (GB 32100-2015): checking them is part of the work."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = [3**place % 31 for place in range(17)]
    numbers = np.arange(start, start + n)
    head = "91430299XU"
    total = np.full(n, sum(signs.index(s) * w for s, w in zip(head, weights, strict=False)))
    for place in range(10, 17):
        total += numbers // 10 ** (16 - place) % 10 * weights[place]
    check = np.array(list(signs))[-total % 31]
    return pl.Series([f"{head}{i:07d}{c}" for i, c in zip(numbers, check, strict=True)])


def scored(source: Path, out: Path) -> dict[str, float]:
    """Assess the file: what is measured."""
    clock, busy = time.perf_counter(), time.process_time()
    code = run(["assess", str(source), "--model", MODEL, "--out", str(out), "--quiet"])
    seconds, cpu = time.perf_counter() - clock, time.process_time() - busy
    assert code == 0
    return {"seconds": seconds, "cpu": cpu, "rows": pq.read_metadata(out).num_rows}


def bare(source: Path, out: Path) -> dict[str, float]:
    """Read the same columns, then write the same table: the floor."""
    compiled = program()
    lazy = pl.scan_parquet(source).select("enterprise", *compiled.columns)
    clock, busy = time.perf_counter(), time.process_time()
    for _ in lazy.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
        pass
    reading, cpu = time.perf_counter() - clock, time.process_time() - busy
    writing = 0.0
    with open_parquet(out, compiled) as writer:
        for batch in lazy.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
            table = arrow_table(blocks(batch, compiled), compiled)
            clock, busy = time.perf_counter(), time.process_time()
            writer.write_table(table, row_group_size=len(table))
            writing += time.perf_counter() - clock
            cpu += time.process_time() - busy
    return {"seconds": reading + writing, "cpu": cpu, "reading": reading, "writing": writing}


def in_a_process(task: str, source: Path, out: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--task", task, str(source), str(out)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    result: dict[str, float] = json.loads(told)
    return result


def compare(rows: int, repeats: int, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    source, out = folder / f"answers-{rows}.parquet", folder / "scores.parquet"
    if not source.exists():
        make(source, rows)
    ratios, peaks = [], []
    columns = len(pl.scan_parquet(source).collect_schema())
    print(f"{os.cpu_count()} cores, Polars {pl.__version__}")
    print(f"{rows:,} firms x {columns} columns, model {MODEL}, batches of {BATCH_ROWS:,}")
    for repeat in range(repeats):
        order = ("scored", "bare") if repeat % 2 == 0 else ("bare", "scored")
        done = {task: in_a_process(task, source, out) for task in order}
        ours, floor = done["scored"], done["bare"]
        ratios.append(ours["seconds"] / floor["seconds"])
        peaks.append(ours["peak_mb"])
        print(
            f"run {repeat + 1}: taji assess {ours['seconds']:.1f} s (processor {ours['cpu']:.1f} s, "
            f"peak {ours['peak_mb']:.0f} MB, {ours['rows']:,.0f} rows, {ours['file_mb']:.0f} MB); "
            f"bare {floor['seconds']:.1f} s (reading {floor['reading']:.1f}, writing "
            f"{floor['writing']:.1f}, processor {floor['cpu']:.1f}); ratio {ratios[-1]:.2f}"
        )
    out.unlink(missing_ok=True)
    print(
        f"ratio: median {statistics.median(ratios):.2f}, range {min(ratios):.2f}-"
        f"{max(ratios):.2f}, n = {repeats}; peak memory {max(peaks):.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(__file__).with_name(".data"))
    parser.add_argument("--task", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.task is None:
        compare(chosen.rows, chosen.repeats, chosen.folder)
        return
    task, source, out = chosen.task
    result = {"scored": scored, "bare": bare}[task](Path(source), Path(out))
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result["file_mb"] = Path(out).stat().st_size / 1e6
    print(json.dumps(result))


if __name__ == "__main__":
    main()
