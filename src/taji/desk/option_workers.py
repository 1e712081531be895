"""Deal the firms of a table of options out to processes, and take what they find in order.

Decides how many processes there are, and when: below ``WORTHWHILE`` firms one process is faster
than starting others. What is found for a firm depends on that firm alone, so that the result is
the same for any number. A process of this kind ends with its parent, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for
from typing import Any

from taji.base.errors import TajiError
from taji.desk.option_firm import Looked, Stand, looker_of
from taji.desk.option_request import Means, OptionsRequest, means_of

__all__ = ["WORTHWHILE", "WorkerLostError", "each_of", "usable_cores"]

#: Firms from which on starting processes (some two seconds each) pays.
WORTHWHILE = 8
#: How often whoever waits asks whether somebody stopped it. [s]
PAUSE = 0.2


class WorkerLostError(TajiError):
    """A process that looked for options was ended from outside."""

    code = "desk.worker_lost"
    sentences = {
        "en": "A process that looked for options was ended from outside, mostly because memory ran "
        "out. Nothing was written. Free some memory and run again.",
        "zh": "一个求选项的进程被外部终止，多为内存不足所致。没有写出结果。请腾出内存后重新运行。",
    }


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def each_of(
    stands: Sequence[Stand],
    request: OptionsRequest,
    means: Means,
    *,
    stopped: Callable[[], bool],
    workers: int,
) -> Iterator[Looked]:
    """Look at every firm; yield what was found, in the order of ``stands``.

    Parameters
    ----------
    stands : sequence of Stand
    request : OptionsRequest
        Processes read packs and rules by it.
    means : Means
        The same, read already.
    stopped : callable
        Says whether somebody wants what is ready; once it said so, it is not asked again.
    workers : int
        Processes at most.

    Raises
    ------
    WorkerLostError
        If a process was ended from outside.
    """
    if workers > 1 and len(stands) >= WORTHWHILE:
        yield from _in_processes(stands, request, stopped, min(workers, len(stands)))
        return
    look, heard = looker_of(request, means), _Once(stopped)
    for stand in stands:
        yield look(stand, heard)


class _Once:
    """Somebody stopped it, once and for all."""

    def __init__(self, asked: Callable[[], bool]) -> None:
        self._asked, self._said = asked, False

    def __call__(self) -> bool:
        self._said = self._said or self._asked()
        return self._said


def _in_processes(
    stands: Sequence[Stand], request: OptionsRequest, stopped: Callable[[], bool], workers: int
) -> Iterator[Looked]:
    fresh = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    wish = fresh.Event()
    pool = ProcessPoolExecutor(workers, fresh, _begin, (request, wish))
    try:
        with _deaf():  # processes start as firms are submitted
            waiting = [pool.submit(_look, stand) for stand in stands]
        for waited in waiting:
            while not wait([waited], timeout=PAUSE).done:
                if not wish.is_set() and stopped():
                    wish.set()
            yield waited.result()
    except BrokenProcessPool as error:
        raise WorkerLostError from error
    except BaseException:
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _deaf() -> Iterator[None]:
    """Let processes that start inside never hear Ctrl-C, which a terminal sends to all of them.

    Here it is heard at the end of the block.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- in a process of its own

_KEPT: dict[str, Any] = {}


def _begin(request: OptionsRequest, wish: Any) -> None:
    """Make a process ready: Ctrl-C is its parent's to hear, and it ends with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _KEPT.update(look=looker_of(request, means_of(request)), stopped=_Once(wish.is_set))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _look(stand: Stand) -> Looked:
    found: Looked = _KEPT["look"](stand, _KEPT["stopped"])
    return found
