"""What a solver prints by itself does not reach the person at the terminal."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import os, sys
from taji.cli.stray import without_stray_output
print("before")
try:
    with without_stray_output():
        os.write(1, b"repairing\\n")
        print("lost too")
        print("told", file=sys.stderr)
        raise KeyError
except KeyError:
    print("after")
"""


def test_only_what_is_ours_reaches_standard_output_and_errors_go_on():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert done.stdout.split() == ["before", "after"]
    assert done.stderr.strip() == "told"
