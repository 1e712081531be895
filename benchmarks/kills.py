"""Kill the platform a hundred times under load on each database, and print what was lost.

The work is the test's (``tests/web/reliability/test_kill.py``); here its sentences are kept.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

KILLS = 100


def main() -> int:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "tests/web/reliability/test_kill.py"],
        env={**os.environ, "TAJI_KILLS": str(KILLS)},
        capture_output=True,
        text=True,
    )
    told = [line for line in done.stdout.splitlines() if " kills, " in line]
    print(*told, sep="\n")
    print(f"{time.perf_counter() - began:.0f} s")
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-2000:], sep="\n", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
