"""``make bench``: the speed figures in one run, printed and kept in ``docs/analyst/speed.md``.

``python -m benchmarks portrait`` measures one part again and leaves the others as they stand;
``web`` (ten minutes of people at the platform), ``kills`` and what is optimised are measured only
by name.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

FILE = Path(__file__).resolve().parents[1] / "docs" / "analyst" / "speed.md"
PARTS = ("assess", "tabulate", "portrait")
BY_NAME = ("roadmap", "portfolio", "matching", "panel", "severity", "web", "kills")
HEAD = """# 性能 · Speed

由 `make bench`、`make bench-plan`、`make bench-web`、`make test-kill` 写出：同一次运行内的对比，重复取中位数。
机器不同，秒数会变，比值较稳。
Written by `make bench`, `make bench-plan`, `make bench-web` and `make test-kill`: comparisons within
one run, medians of repeats. Seconds change with the machine; ratios hold better.

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


def main(wanted: Sequence[str]) -> int:
    """Run the parts, each in a process of its own, and keep what they printed."""
    told = kept()
    failed = 0
    for part in wanted or PARTS:
        print(f"== {part}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{part}"], capture_output=True, text=True
        )
        print(done.stdout, done.stderr, sep="\n", flush=True)
        failed += done.returncode != 0
        told[part] = done.stdout.strip()
    sections = [
        f"## {part}\n\n```text\n{told[part]}\n```\n" for part in (*PARTS, *BY_NAME) if part in told
    ]
    FILE.write_text("\n".join([HEAD.format(machine=machine()), *sections]), encoding="utf-8")
    return min(failed, 1)


def kept() -> dict[str, str]:
    """What the page says of each part now."""
    text = FILE.read_text(encoding="utf-8") if FILE.is_file() else ""
    return dict(re.findall(r"## (\w+)\n\n```text\n(.*?)\n```", text, re.S))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
