"""Whether the worker of a job still lives: it holds a lock that the system opens when it dies.

No clock is asked: a job that takes an hour is alive as long as its process is. Holds on one
machine, where the workers and the files are.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from taji.web.publishing.files import root
from taji.web.publishing.models import Job

__all__ = ["held", "is_alive"]


@contextmanager
def held(job: Job) -> Iterator[bool]:
    """Hold the job while it is worked on; False where another worker holds it."""
    with _lock_file(job) as stream:
        yield _taken(stream)


def is_alive(job: Job) -> bool:
    """Whether some process works on the job now."""
    with _lock_file(job) as stream:
        return not _taken(stream)


def _lock_file(job: Job) -> IO[bytes]:
    folder = root() / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{type(job).__name__.lower()}-{job.pk}").open("ab")


def _taken(stream: IO[bytes]) -> bool:
    """Take the lock if it is free; closing the stream gives it back."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
