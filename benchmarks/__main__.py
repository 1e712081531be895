"""``make bench``: every speed figure in one run, printed and kept in ``docs/analyst/speed.md``."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import polars as pl

FILE = Path(__file__).resolve().parents[1] / "docs" / "analyst" / "speed.md"
PARTS = ("assess", "tabulate", "portrait")
HEAD = """# 性能 · Speed

由 `make bench` 写出：同一次运行内的对比，重复取中位数。机器不同，秒数会变，比值较稳。
Written by `make bench`: comparisons within one run, medians of repeats. Seconds change with the
machine; ratios hold better.

机器 · machine: {machine}
"""


def machine() -> str:
    """Name the processor, cores, memory and the versions that matter."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [li for li in cpuinfo.read_text().splitlines() if li.startswith("model name")]
        processor = names[0].split(":", 1)[1].strip() if names else processor
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"Python {platform.python_version()}, Polars {pl.__version__}"
    )


def main() -> int:
    """Run every part, each in a process of its own, and keep what it printed."""
    parts = [HEAD.format(machine=machine())]
    failed = 0
    for part in PARTS:
        print(f"== {part}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{part}"], capture_output=True, text=True
        )
        print(done.stdout, done.stderr, sep="\n", flush=True)
        failed += done.returncode != 0
        parts.append(f"## {part}\n\n```text\n{done.stdout.strip()}\n```\n")
    FILE.write_text("\n".join(parts), encoding="utf-8")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
