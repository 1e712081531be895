"""How long ``taji plan portfolio`` takes, how near its bound it comes, how much memory it needs.

    python -m benchmarks.portfolio [million million-floors … | switch] [--folder benchmarks/.data]

Every case is a whole command in a process of its own: read, choose, explain, write. Uses are
uniform, values are independent of them (``even``), grow with them (``near``), or a ladder of
money with falling returns per firm and small other uses (``ladder``); ``lumpy`` has tied values
and a few options fifty times as dear. ``switch`` holds the exact programme against prices.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from taji.cli import run

OPTIONS, USES, DISTRICTS = 10, 5, 30


@dataclass(frozen=True)
class Case:
    firms: int
    kind: str
    floors: int = 0
    greedy: bool = False
    twice: bool = False
    warm: bool = False


CASES = {
    "65-ladder": Case(65, "ladder", warm=True),
    "65-even": Case(65, "even", warm=True),
    "65-near": Case(65, "near", warm=True),
    "1000-ladder": Case(1_000, "ladder", warm=True),
    "1000-even": Case(1_000, "even", warm=True),
    "1000-near": Case(1_000, "near"),
    "10000-ladder": Case(10_000, "ladder", warm=True),
    "10000-even": Case(10_000, "even", warm=True),
    "million": Case(1_000_000, "even", twice=True, warm=True),
    "million-floors": Case(1_000_000, "even", floors=30, warm=True),
    "million-lumpy": Case(1_000_000, "lumpy", floors=30),
    "million-infeasible": Case(1_000_000, "lumpy", floors=30, greedy=True),
}


def make(case: Case, folder: Path, *, seed: int = 7) -> None:
    """Write options, limits and floors of a case."""
    rng = np.random.default_rng(seed)
    n = case.firms * OPTIONS
    use = np.round(rng.uniform(1, 1_000, (USES, n)), 2)
    value = np.round(rng.uniform(1, 100, n), 2)
    if case.kind == "near":
        value = np.round(use.mean(axis=0) * rng.uniform(0.05, 0.15, n), 2)
    elif case.kind == "ladder":
        money = np.sort(rng.uniform(1e4, 1e6, (case.firms, OPTIONS)), axis=1).round(2)
        gain = rng.lognormal(0, 0.5, (case.firms, 1)) * np.sqrt(money)
        value = np.round(gain * rng.uniform(0.8, 1.2, money.shape), 2).ravel()
        use = np.vstack([money.ravel(), np.rint(rng.gamma(2, 5, (USES - 1, n)))])
    elif case.kind == "lumpy":
        use, value = np.ceil(use / 50) * 50, np.ceil(value / 5) * 5
        use[0, rng.random(n) < 0.02] *= 50
    district = (430_200 + rng.integers(0, DISTRICTS, case.firms)).astype(str)
    table = {
        "enterprise": np.repeat([f"91430200MA{firm:08d}" for firm in range(case.firms)], OPTIONS),
        "option": np.tile([f"o{option}" for option in range(OPTIONS)], case.firms),
        "value": value,
        **{f"use_r{k}": use[k] for k in range(USES)},
        "group_district": np.repeat(district, OPTIONS),
    }
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(table).write_parquet(folder / "options.parquet")
    limits = {f"use_r{k}": float(round(0.3 * use[k].sum() / OPTIONS, 2)) for k in range(USES)}
    share = 1.3 if case.greedy else 0.95
    floors = [
        {
            "group": "group_district",
            "value": str(430_200 + place),
            "use": "use_r0",
            "min": round(limits["use_r0"] / DISTRICTS * (share if place % 2 else 0.7 * share), 2),
        }
        for place in range(case.floors)
    ]
    (folder / "limits.json").write_text(json.dumps(limits))
    (folder / "floors.json").write_text(json.dumps(floors))


def choose(folder: Path, out: str, *words: str) -> dict[str, float]:
    """Run the command here, and say what it took."""
    began = time.perf_counter()
    code = run(
        [
            *("plan", "portfolio", str(folder / "options.parquet"), "--quiet"),
            *("--limits", str(folder / "limits.json"), "--floors", str(folder / "floors.json")),
            *("--out", str(folder / out), *words),
        ]
    )
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "code": code,
        "seconds": time.perf_counter() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "memory": peak_memory(),
    }


def peak_memory() -> float:
    """The most memory that this process had since it began its programme. [GiB]"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


def apart(folder: Path, out: str, *words: str) -> tuple[dict[str, float], dict[str, object]]:
    """Run the command in a process of its own; what it took, and its certificate."""
    command = [sys.executable, "-m", "benchmarks.portfolio", "--choose", str(folder), out, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return told, json.loads((folder / out / "certificate.json").read_text("utf-8"))


def tell(name: str, took: dict[str, float], found: dict[str, object]) -> None:
    gap = "infeasible" if not found["feasible"] else f"gap {found['gap']:.1e}"
    print(
        f"{name:24s} {took['seconds']:6.1f} s  cpu {took['cpu']:6.1f} s  "
        f"{took['memory']:5.2f} GiB  {gap}  proven {found['proven']}  load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def measure(name: str, case: Case, folder: Path) -> None:
    place = folder / name
    make(case, place)
    took, found = apart(place, "one")
    tell(name, took, found)
    if case.twice:
        again, told = apart(place, "two")
        same = (place / "one/choice.parquet").read_bytes() == (
            place / "two/choice.parquet"
        ).read_bytes()
        tell(f"{name} again ({'same' if same else 'DIFFERENT'})", again, told)
    if case.warm:
        limits = json.loads((place / "limits.json").read_text())
        limits["use_r0"] = round(1.01 * limits["use_r0"], 2)
        (place / "limits.json").write_text(json.dumps(limits))
        cold, told = apart(place, "cold")
        tell(f"{name} +1 % money", cold, told)
        warm, told_warm = apart(place, "warm", "--warm", str(place / "one"))
        tell(f"{name} +1 % money, warm", warm, told_warm)
        share = told_warm["seconds"] / told["seconds"]
        print(f"{'':24s} search warm / cold {share:.2f}", flush=True)


def switch(folder: Path) -> None:
    """The exact programme against prices, over sizes: seconds and gap."""
    from taji.desk import funding

    kept = funding.EXACT_UP_TO
    for firms in (30, 65, 100, 150, 250, 400):
        for kind in ("ladder", "even"):
            make(Case(firms, kind), folder / "switch")
            for method, most in (("exact", 10**9), ("prices", 0)):
                funding.EXACT_UP_TO = most
                took = choose(folder / "switch", method, "--time-limit", "30")
                told = json.loads((folder / "switch" / method / "certificate.json").read_text())
                print(
                    f"{firms:4d} firms {kind:7s} {method:7s} {took['seconds']:6.1f} s  "
                    f"gap {told['gap']:.1e}",
                    flush=True,
                )
    funding.EXACT_UP_TO = kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=[])
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent / ".data/portfolio")
    if sys.argv[1:2] == ["--choose"]:  # one command, in this process
        folder, out, *words = sys.argv[2:]
        print(json.dumps(choose(Path(folder), out, *words)))
        return 0
    wanted = parser.parse_args()
    for name in wanted.cases or CASES:
        if name == "switch":
            switch(wanted.folder)
        else:
            measure(name, CASES[name], wanted.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
