"""The 65-firm round end to end: from the answers file to page, PDF and workbook."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from taji.city.demo import write_demo

REPEATS = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = write_demo(Path(folder))
        command = [
            *(sys.executable, "-m", "taji", "portrait", str(files.answers)),
            *("--questionnaire", files.questionnaire),
            *(word for model in files.models for word in ("--model", model)),
            *("--design", str(files.design), "--register", str(files.register)),
            *("--lang", "zh", "--quiet", "--out", str(Path(folder) / "out")),
        ]
        seconds = []
        for _ in range(REPEATS + 1):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds.append(time.perf_counter() - start)
    timed = seconds[1:]  # the first run warms the disk
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print("taji portrait, 65 firms, page + PDF + workbook, whole process")
    print(
        f"median {statistics.median(timed):.2f} s, min {min(timed):.2f}, max {max(timed):.2f}, "
        f"n = {REPEATS}; peak {peak:.0f} MiB; wanted: at most 10 s"
    )


if __name__ == "__main__":
    main()
