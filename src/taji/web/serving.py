"""Run the platform: the web server and one worker, started together and stopped together.

Decides what is made ready before the first request, what happens when a child dies, and in which
order both stop. Does not decide what they do (``taji.web.settings``, granian, django-tasks).
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import ClassVar
from urllib.parse import urlsplit

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.starting import set_up

__all__ = [
    "Place",
    "PortTakenError",
    "ServedError",
    "ServerDiedError",
    "ServerSilentError",
    "make_ready",
    "serve",
]

#: Answers that may be computed at once: they mostly wait for the database. See ``benchmarks/web.py``.
THREADS = 4
#: How long the server may take to finish the requests it has, and the worker its job; a worker
#: that is cut off loses nothing: its job runs again at the next start. [seconds]
PATIENCE = {"server": 30.0, "worker": 20.0}
#: How often the children are looked at. [seconds]
GLANCE = 0.2
#: Shortest life of a worker that is restarted at once; one that dies younger waits. [seconds]
YOUNG = 5.0
#: How long the server may take to answer its first request. [seconds]
FIRST = 60.0
LOCK = "serve.lock"
#: Linux: the signal that a child gets when its parent is gone, whatever became of it.
PR_SET_PDEATHSIG = 1


class ServedError(TajiError):
    """Two servers on one home would each think that the worker's jobs are theirs."""

    code = "web.already_served"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "数据文件夹 {home} 已在运行（进程 {pid}）。请先停止它，或用 --data 指定另一个文件夹。",
        "en": "The home {home} is being served already (process {pid}). Stop that first, or name "
        "another folder with --data.",
    }


class PortTakenError(TajiError):
    """The address cannot be listened on."""

    code = "web.port_taken"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "无法监听 {host}:{port}（{reason}）。请用 --port 换一个端口，或停止占用它的程序。",
        "en": "{host}:{port} cannot be listened on ({reason}). Choose another with --port, or stop "
        "the program that holds it.",
    }


class ServerDiedError(TajiError):
    """The web server stopped by itself."""

    code = "web.server_died"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "网页服务自行退出（退出码 {status}）。已保存的答案不受影响。原因见上面的输出；请重新启动。",
        "en": "The web server stopped by itself (exit code {status}). Saved answers are safe. The "
        "output above says why; start it again.",
    }


class ServerSilentError(TajiError):
    """The web server runs and does not answer as it should."""

    code = "web.server_silent"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "网页服务在 {seconds:.0f} 秒内没有正常应答（{address}/health/）。"
        "原因见上面的输出。请检查数据库，再重新启动。",
        "en": "The web server gave no good answer within {seconds:.0f} seconds ({address}/health/). "
        "The output above says why; look at the database and start it again.",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is served where.

    Attributes
    ----------
    home : Path
        The folder that holds everything.
    host : str
    port : int
    workers : int
        Processes of the web server.
    """

    home: Path
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it."""
        everywhere = ("127.0.0.1", "0.0.0.0", "::")  # compared, not bound to  # nosec B104
        host = "localhost" if self.host in everywhere else self.host
        return f"http://{host}:{self.port}"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the home against a second server.

        Raises
        ------
        ServedError
            If another holds it.
        PortTakenError
            If the port is not free.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / LOCK).open("a+", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                raise ServedError(home=self.home, pid=lock.read().strip() or "?") from error
            self._try_port()
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def _try_port(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((self.host, self.port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise PortTakenError(host=self.host, port=self.port, reason=reason) from error


def make_ready(place: Place) -> None:
    """Make the home what this version needs: tables, static files."""
    os.environ.setdefault("TAJI_URL", place.address)
    set_up(place.home)
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    call_command("collectstatic", verbosity=0, interactive=False, skip_checks=True)


def serve(place: Place, *, ready: Callable[[], None]) -> None:
    """Serve until told to stop, then stop cleanly: every request that came is answered.

    Parameters
    ----------
    place : Place
        Held and made ready.
    ready : callable
        Called once the server answers.

    Raises
    ------
    ServerDiedError, ServerSilentError
        If the web server stops by itself, or does not answer.
    """
    with _told_to_stop() as told:
        server = _start(_server(place), place, POLARS_MAX_THREADS="1")
        worker = Worker(place)
        try:
            worker.keep()
            if _answers(server, place, told):
                ready()
            while not told:
                if server.poll() is not None:
                    raise ServerDiedError(status=server.returncode)
                worker.keep()
                time.sleep(GLANCE)
        finally:
            _stop(server, PATIENCE["server"], told)
            worker.stop(told)


class Worker:
    """The one process that works through the jobs; started again when it dies."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.process: subprocess.Popen[bytes] | None = None
        self.not_before = 0.0

    def keep(self) -> None:
        """Start it if it is not there; what the one before was doing is taken up again."""
        now = time.monotonic()
        if (self.process is not None and self.process.poll() is None) or now < self.not_before:
            return
        from taji.web.requeueing import requeue

        requeue()
        self.process = _start(
            [sys.executable, "-m", "django", "db_worker", "-v", "0", "--queue-name", "*"],
            self.place,
        )
        self.not_before = now + YOUNG

    def stop(self, told: list[int]) -> None:
        """Let it finish its job, within patience."""
        if self.process is not None:
            _stop(self.process, PATIENCE["worker"], told)


def _server(place: Place) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "taji.web.wsgi:application"),
        *("--interface", "wsgi", "--no-ws", "--http", "1"),
        *("--host", place.host, "--port", str(place.port)),
        *("--workers", str(place.workers), "--blocking-threads", str(THREADS)),
        *("--respawn-failed-workers", "--workers-kill-timeout", f"{PATIENCE['server']:.0f}s"),
        *("--log-level", "warning"),
    ]


def _start(command: list[str], place: Place, **defaults: str) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own: a Ctrl-C at the terminal reaches us alone.

    ``defaults`` are variables that it has unless they are set. A page reads one firm's answers:
    several threads for them only wait for each other.
    """
    environment = {**defaults, **os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(  # our own commands, no shell  # nosec B603
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        start_new_session=True,
        preexec_fn=_follow_parent,
    )


def _follow_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def _told_to_stop() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM instead of dying of them."""
    told: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        told.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _answers(server: subprocess.Popen[bytes], place: Place, told: list[int]) -> bool:
    """Wait until the server answers its first request; False if it or we stop before."""
    host = urlsplit(place.address).netloc if place.host != "::" else f"[::1]:{place.port}"
    request = urllib.request.Request(
        f"http://{host}/health/", headers={"X-Forwarded-Proto": "https", "Host": "localhost"}
    )
    patient_until = time.monotonic() + FIRST
    while not told and server.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=FIRST):  # our own address  # nosec B310
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):  # an answer of 500 too
            if time.monotonic() > patient_until:
                raise ServerSilentError(seconds=FIRST, address=place.address) from None
            time.sleep(GLANCE)
    return False


def _stop(process: subprocess.Popen[bytes], patience: float, told: list[int]) -> None:
    """Ask a child to stop; insist when patience ends or whoever stops us says it again."""
    if process.poll() is None:
        process.terminate()
    until = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < until and len(told) < 2:
        time.sleep(GLANCE / 4)
    with suppress(ProcessLookupError):  # the child's own children too, if it died before them
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
