"""Ask the reader process for the content of a file, and outlive whatever happens to it.

The libraries that read workbooks and SPSS files are native code: some damaged files make
them crash, which would end this program, or never return. They run in a child process that
is kept for the next file, is given a time without a sign of life, and is replaced when lost.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import taji
from taji.store.unreadable import DamagedError, TooSlowError

__all__ = ["read_apart"]

#: Time without a sign of life after which the reader is ended: a base, and what a slow and
#: busy machine takes for a larger file (an idle laptop reads ten times as fast). [seconds]
PATIENCE = 120.0
#: [bytes a second]
SLOWEST = 100_000
#: Parts that may wait to be taken: bounds memory where the taker is slow.
_AHEAD = 8

_Message = tuple[str, object]


class _Reader:
    """One child process and the thread that listens to it."""

    def __init__(self) -> None:
        root = str(Path(taji.__file__).resolve().parents[1])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(  # our own module, no word from outside  # nosec B603
            [sys.executable, "-m", "taji.store.reader_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
        self._messages: queue.Queue[_Message] = queue.Queue(_AHEAD)
        self._closing = False
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, request: tuple[str, str, str, dict[str, str | None]]) -> None:
        """Send one request; a reader that is gone shows in the first ``take``."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            pickle.dump(request, self._process.stdin)
            self._process.stdin.flush()

    def take(self, patience: float) -> _Message:
        """Return the next message, or raise ``queue.Empty``."""
        return self._messages.get(timeout=patience)

    def end(self) -> None:
        """End the process and free its pipes."""
        self._closing = True
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as answers:
            while True:
                try:
                    message: _Message = pickle.load(answers)  # from our own child  # nosec B301
                except (EOFError, OSError, pickle.UnpicklingError):
                    message = ("lost", None)
                while not self._closing:
                    with contextlib.suppress(queue.Full):
                        self._messages.put(message, timeout=0.5)
                        break
                if self._closing or message[0] == "lost":
                    return


class _Kept:
    """The reader that is kept between files."""

    lock = threading.Lock()
    reader: _Reader | None = None


def read_apart(
    job: Literal["workbook", "spss", "probe"],
    path: Path,
    *,
    kind: str,
    patience: float | None = None,
    **options: str | None,
) -> Iterator[object]:
    """Yield what the reader process sends for ``path``.

    Parameters
    ----------
    job : {"workbook", "spss", "probe"}
        Which reader; ``probe`` only tries to scan a Parquet file.
    path : Path
        The file.
    kind : str
        Kind of the file, for messages.
    patience : float, optional
        Longest time without a part; by the size of the file if not given. [seconds]
    **options
        Options of the reader: ``sheet``, ``encoding``.

    Raises
    ------
    DamagedError
        If the content made the reader crash.
    TooSlowError
        If it gave no sign of life in time.
    UnreadableError
        What the reader itself found wrong.
    """
    if patience is None:
        patience = PATIENCE + path.stat().st_size / SLOWEST
    with _Kept.lock:
        reader = _Kept.reader or _Reader()
        _Kept.reader = None
    finished = False
    try:
        reader.ask((job, str(path), kind, options))
        while True:
            try:
                what, content = reader.take(patience)
            except queue.Empty as error:
                raise TooSlowError(file=path.name, seconds=int(patience)) from error
            if what == "part":
                yield content
                continue
            finished = what != "lost"
            if what == "end":
                return
            if what == "lost":
                raise DamagedError(file=path.name, kind=kind, problem="crash")
            assert isinstance(content, tuple)
            error_class, fields = content
            raise error_class(**fields)
    finally:
        _keep(reader, finished)


def _keep(reader: _Reader, finished: bool) -> None:
    """Keep a reader that is ready for the next file; end one that is lost or half-way."""
    with _Kept.lock:
        if finished and _Kept.reader is None:
            _Kept.reader = reader
            return
    reader.end()


@atexit.register
def _end_kept() -> None:
    with _Kept.lock:
        if _Kept.reader is not None:
            _Kept.reader.end()
            _Kept.reader = None
