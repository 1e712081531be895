"""Fill a home, serve it for real, let people at it, and print what they waited.

``python -m benchmarks.web [--minutes 10] [--users 20] [--think 1] [--firms 100000] [--workers 2]``;
``DATABASE_URL`` has it on PostgreSQL. The filled home is kept under ``benchmarks/.data``.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.web.journeys import SHARES

DATA = Path(__file__).resolve().parents[1] / ".data"
#: What the issue asks for. [milliseconds]
PAGE, SAVE = 200, 100
FIRST_PAGE = 150_000  # [bytes]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--think", type=float, default=1.0, help="mean wait between requests [s]")
    parser.add_argument("--firms", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    base = "postgresql" if os.environ.get("DATABASE_URL") else "sqlite"
    home = DATA / f"web-{base}-{asked.firms}"
    home.mkdir(parents=True, exist_ok=True)
    _run("benchmarks.web.fill", str(home), str(asked.firms))
    people = json.loads(_run("benchmarks.web.journeys", str(home), keep=True))
    port = _free_port()
    server = _serve(home, port, asked.workers)
    try:
        before, began = _cpu(server.pid), time.perf_counter()
        told = _load(port, people, asked)
        lasted = time.perf_counter() - began
        used = _cpu(server.pid) - before
        memory = _memory(server.pid)
    finally:
        server.terminate()
        stopped = server.wait(120)
    print(
        f"{base}, {asked.firms:,} firms and responses, {asked.users} users, think {asked.think} s, "
        f"{asked.workers} workers, {asked.minutes:g} min"
    )
    good = _print(told, lasted)
    print(f"server: CPU {used / lasted:.2f} of {os.cpu_count()} cores, memory {memory:.0f} MB")
    print(
        f"first page, compressed: {told['first'] / 1000:.1f} kB (at most {FIRST_PAGE / 1000:.0f})"
    )
    return 0 if good and stopped == 0 and told["first"] <= FIRST_PAGE else 1


def _run(module: str, *arguments: str, keep: bool = False) -> str:
    out = subprocess.PIPE if keep else None
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=_environment(), stdout=out, text=True, check=True)
    return done.stdout or ""


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."])}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(home: Path, port: int, workers: int) -> subprocess.Popen[str]:
    place = ["--data", str(home), "--port", str(port), "--workers", str(workers)]
    command = [sys.executable, "-m", "taji", "serve", *place]
    server = subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    for line in server.stdout:
        if f":{port}" in line:
            return server
    raise SystemExit("the server did not open")


def _load(port: int, people: list[dict[str, Any]], asked: argparse.Namespace) -> dict[str, Any]:
    numbers = (port, asked.minutes * 60, asked.users, asked.think)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.web.load", *map(str, numbers)],
        input=json.dumps({"people": people, "shares": SHARES}),
        env=_environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def _print(told: dict[str, Any], lasted: float) -> bool:
    """Print the table; whether every kind keeps to what is asked and nothing failed."""
    good = not told["errors"]
    print(f"{'kind':<34}{'n':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}  [ms]")
    for kind, times in sorted(told["times"].items()):
        p50, p95, p99, most = np.percentile(np.array(times) * 1000, [50, 95, 99, 100])
        limit = SAVE if "save" in kind else PAGE
        good &= p95 <= limit
        late = "" if p95 <= limit else f"  over {limit}"
        print(f"{kind:<34}{len(times):>8}{p50:>8.0f}{p95:>8.0f}{p99:>8.0f}{most:>8.0f}{late}")
    total = sum(map(len, told["times"].values()))
    print(f"{total:,} requests, {total / lasted:.1f} a second, {len(told['errors'])} errors")
    for error in sorted(set(told["errors"]))[:20]:
        print(f"  {error}")
    return bool(good)


def _processes(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            waiting += [int(child) for child in children.read_text().split()]
    return found


def _cpu(pid: int) -> float:
    """Processor time of the server and all its processes. [s]"""
    ticks = 0
    for one in _processes(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """Memory of all processes, shared pages counted once. [MB]"""
    total = 0
    for one in _processes(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total * 1024 / 1e6


if __name__ == "__main__":
    sys.exit(main())
