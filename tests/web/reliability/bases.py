"""The two databases as the kill test needs them: started, killed, and read without Django."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from tests.web.serving.running import ROOT, descendants, kill_all

TOOL = ROOT / "tools" / "postgres"


@dataclass(frozen=True, slots=True)
class Kept:
    """One sheet as it lies in the tables: current answers, latest number, events in order."""

    answers: dict[str, Any]
    latest: int
    events: list[tuple[int, str, Any]]


@dataclass(frozen=True, slots=True)
class Sqlite:
    """SQLite: dies with the processes that write it."""

    home: Path

    @property
    def variables(self) -> dict[str, str]:
        return {}

    def kill(self) -> None:
        """Nothing besides the server runs."""

    def start(self) -> None:
        """Nothing to start."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.home / "taji.sqlite3")) as base:
            return base.execute(sql).fetchall()


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL cluster of its own, which can be killed whole."""

    folder: Path
    url: str

    @property
    def variables(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url}

    def kill(self) -> None:
        """Kill the postmaster and every backend, at once."""
        master = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        kill_all([master, *descendants(master)])

    def start(self) -> None:
        """Start it again; it recovers from its log."""
        _tool("start", self.folder)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as base:
            return base.execute(sql).fetchall()


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A cluster for one test, outside pytest's folders, which the account postgres may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="taji-kill-"))
    folder.chmod(0o755)
    try:
        yield Postgres(folder, _tool("start", folder))
    finally:
        _tool("stop", folder)
        shutil.rmtree(folder)


def _tool(verb: str, folder: Path) -> str:
    done = subprocess.run(
        ["sh", str(TOOL), verb, str(folder)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def kept(base: Sqlite | Postgres) -> dict[int, Kept]:
    """Every sheet with its events."""
    sheets = {
        number: Kept(_json(answers), latest, [])
        for number, answers, latest in base.rows("SELECT id, answers, latest FROM answering_sheet")
    }
    for sheet, number, item, value in base.rows(
        "SELECT sheet_id, number, item, value FROM answering_answerevent ORDER BY sheet_id, number"
    ):
        sheets[sheet].events.append((number, item, _json(value)))
    return sheets


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] in '{["' else value
