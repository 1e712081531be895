"""A job that waits for a file to appear: long enough to be killed in the middle."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django_tasks import task


@task()
def wait_for(folder: str) -> None:
    place = Path(folder)
    (place / f"begun-{os.getpid()}").touch()
    while not (place / "go").exists():
        time.sleep(0.05)
    (place / "done").touch()
