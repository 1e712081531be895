"""Keep what a solver prints by itself from the person at the terminal.

Decides that standard output is closed while a solver works: HiGHS prints lines about its own
repairs there, which are no answers of ours and would stand between a script and its input.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_stray_output"]

#: Standard output, as the operating system counts it.
_STDOUT = 1


@contextmanager
def without_stray_output() -> Iterator[None]:
    """Send standard output nowhere inside the block; errors and progress go on as they are."""
    sys.stdout.flush()
    kept, nowhere = os.dup(_STDOUT), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDOUT)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, _STDOUT)
        os.close(kept)
        os.close(nowhere)
