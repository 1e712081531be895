"""A worker killed in the middle of a portrait leaves nothing half done; a later one finishes it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from taji.desk.verifying import verify

pytestmark = pytest.mark.skipif(
    "TAJI_TEST_DATABASE_URL" in os.environ, reason="brings its own database"
)

ROOT = Path(__file__).resolve().parents[3]
#: What ``taji serve`` does before it starts a worker.
REQUEUE = "import django; django.setup(); from taji.web.requeueing import requeue; requeue()"
WORKER = [sys.executable, "-m", "django", "db_worker", "--no-startup-delay", "--interval", "0.2"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a platform of its own, on SQLite."""
    own = {
        "TAJI_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "taji.web.settings",
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
    }
    return {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | own


@pytest.fixture
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker process; gone after the test whatever happens."""
    subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killed_home.py"))],
        env=environment,
        check=True,
        capture_output=True,
    )
    process = subprocess.Popen(WORKER, env=environment, stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


def _row(home: Path) -> tuple[str, str, str]:
    with sqlite3.connect(home / "taji.sqlite3") as database:
        found = database.execute("SELECT state, step_en, folder FROM publishing_portrait")
        row: tuple[str, str, str] = found.fetchone()
        return row


def _half_done(home: Path, process: subprocess.Popen[bytes]) -> bool:
    """Whether one language is made and the other not."""
    made = home / "files" / "portraits" / ".unfinished-portrait-1"
    return process.poll() is None and (made / "zh" / "manifest.json").is_file()


def test_a_worker_killed_in_a_portrait_leaves_none_and_a_later_worker_makes_it(
    worker: subprocess.Popen[bytes], environment: dict[str, str], tmp_path: Path
):
    portraits = tmp_path / "files" / "portraits"
    while not _half_done(tmp_path, worker):
        assert worker.poll() is None, "the worker ended by itself"
        assert _row(tmp_path)[0] in ("queued", "running")
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait()

    state, step, folder = _row(tmp_path)
    assert (state, folder) == ("running", "")
    assert step
    assert not (portraits / "demo-2021-1").exists()

    subprocess.run([sys.executable, "-c", REQUEUE], env=environment, check=True)
    later = subprocess.run([*WORKER, "--batch"], env=environment, capture_output=True, check=True)

    state, _, folder = _row(tmp_path)
    assert state == "done", later.stderr.decode()
    assert not list(portraits.glob(".unfinished*"))
    assert [path.name for path in portraits.iterdir() if not path.name.startswith(".")] == [
        "demo-2021-1"
    ]
    assert verify(tmp_path / "files" / folder).holds
