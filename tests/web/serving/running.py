"""The real platform as a process of its own, for tests that start, stop and kill it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
#: How long anything may take on the slowest machine; nothing is measured by it. [seconds]
PATIENCE = 120.0


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """What a process of the platform sees: this source, and nothing of the tests' own settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TAJI_", "DJANGO_", "DATABASE_URL", "PYTEST_"))
    }
    return {**kept, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **more}


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something that must become true."""
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit, f"waited in vain: {what}"
        time.sleep(0.05)


@dataclass
class Platform:
    """``taji serve`` on a home."""

    home: Path
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()
    more: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    said: str = ""

    @property
    def command(self) -> list[str]:
        place = ["--data", str(self.home), "--port", str(self.port)]
        return [sys.executable, "-m", "taji", "serve", *place, *self.options]

    def start(self) -> Platform:
        """Start, and wait until it says that it is open."""
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                self.command,
                env=environment(**self.more),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        said: list[str] = []
        assert self.process.stdout is not None
        with self.process.stdout as saying:
            while not any(f":{self.port}" in line for line in said):
                said.append(saying.readline())
                assert said[-1], f"it did not open: {self.log()}"
        self.said = "".join(said)
        return self

    @property
    def _log(self) -> Path:
        return self.home.parent / f"{self.home.name}.log"

    def log(self) -> str:
        """What it wrote to standard error."""
        return self._log.read_text()

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run it to its end: for starts that are refused."""
        return subprocess.run(
            self.command,
            env=environment(**self.more),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def get(self, path: str) -> int:
        """The status of a page."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def children(self) -> dict[int, str]:
        """Every living process that descends from it: number and command line."""
        assert self.process is not None
        return descendants(self.process.pid)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell it to stop; its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """Kill it and all that descends from it, at once; back when all of it is gone."""
        assert self.process is not None
        kill_all([self.process.pid, *self.children()])
        self.process.wait(PATIENCE)


def descendants(pid: int) -> dict[int, str]:
    """Children, their children and so on, of a process."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                line = (folder / "cmdline").read_text().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if state != "Z":
                parents[int(folder.name)] = (int(parent), line)
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        above = waiting.pop()
        for child, (parent, line) in parents.items():
            if parent == above and child not in found:
                found[child] = line
                waiting.append(child)
    return found


def kill_all(pids: Sequence[int]) -> None:
    """Kill processes and wait until each has let go of its files.

    One that is flushing to the disk when it is killed dies only after that. While it lives, SQLite
    does not recover its log, and shows less than it holds.
    """
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in pids), "the killed die")


def alive(pid: int) -> bool:
    """Whether a process is there and not only a name."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
