"""The process in which foreign file formats are read: ``python -m taji.store.reader_child``.

Takes requests on standard input and answers on standard output, both pickled. It may crash,
hang or run out of memory on a hostile file without harm to the program that asked.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from taji.store.unreadable import DamagedError, UnreadableError

__all__ = ["main"]

#: Address space of the reader: several times what the largest accepted workbook needs. [bytes]
MEMORY_LIMIT = 6 << 30


def main() -> None:
    """Answer requests until the asking program closes the pipe."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    # Native readers write panics and warnings where they like: not into the answers.
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    while True:
        try:
            job, path, kind, options = pickle.load(sys.stdin.buffer)  # our own parent  # nosec B301
        except EOFError:
            return
        _answer(answers, job, Path(path), kind, options)


def _answer(
    answers: BinaryIO, job: str, path: Path, kind: str, options: dict[str, str | None]
) -> None:
    try:
        for part in _job(job, path, kind, options):
            pickle.dump(("part", part), answers, protocol=5)
            answers.flush()
        pickle.dump(("end", None), answers, protocol=5)
    except UnreadableError as error:
        pickle.dump(("error", (type(error), error.fields)), answers, protocol=5)
    except MemoryError:
        fields = {"file": path.name, "kind": kind, "problem": "memory"}
        pickle.dump(("error", (DamagedError, fields)), answers, protocol=5)
    except BaseException as error:  # a panic of a native reader is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        fields = {"file": path.name, "kind": kind, "problem": "reader"}
        pickle.dump(("error", (DamagedError, fields)), answers, protocol=5)
    answers.flush()


def _job(job: str, path: Path, kind: str, options: dict[str, str | None]) -> Iterator[object]:
    if job == "workbook":
        from taji.store.workbooks import read_workbook

        return read_workbook(path, kind, options.get("sheet"))
    if job == "probe":
        from taji.store.parquet import scan_whole

        scan_whole(path)
        return iter(())
    from taji.store.spss import read_spss

    return read_spss(path, options.get("encoding"))


if __name__ == "__main__":
    main()
