"""A database of every released version comes up to date and loses nothing.

``make keep-release`` keeps one of the version that is being released; the platform came with 0.2.
"""

from __future__ import annotations

import json
import lzma
import os
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg
import pytest
from tests.web.serving.running import ROOT, environment

from taji import __version__

FOLDER = ROOT / "tests" / "web" / "fixtures"
KEPT = sorted(path.name for path in FOLDER.iterdir() if path.is_dir()) if FOLDER.is_dir() else []
URL = os.environ.get("TAJI_TEST_DATABASE_URL")
#: The first version with a platform, and so with a database.
FIRST = (0, 2)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


@pytest.mark.skipif(_numbers(__version__) < FIRST, reason="this version has no database yet")
def test_the_databases_of_this_version_are_kept():
    assert __version__ in KEPT, "run: make keep-release"
    assert {path.name for path in (FOLDER / __version__).iterdir()} == {
        "sqlite3.xz",
        "postgresql.sql.xz",
    }


@pytest.mark.parametrize("version", KEPT)
def test_a_database_of_a_released_version_comes_up_to_date(version: str, tmp_path: Path):
    more = _on_postgres(version) if URL else _on_sqlite(version, tmp_path)
    command = [sys.executable, "-m", "tests.web.reliability.upgraded", str(tmp_path)]
    done = subprocess.run(
        command, env=environment(**more), stdout=subprocess.PIPE, text=True, check=True
    )
    told = json.loads(done.stdout)

    assert told["before"] == told["after"]
    assert all(told["before"].values()), "a table that is empty proves nothing"
    assert told["broken"] == "None"
    assert told["append_only"]
    assert sum(told["answers"].values()) > 0
    assert told["public"] == 200


def _on_sqlite(version: str, home: Path) -> dict[str, str]:
    kept = (FOLDER / version / "sqlite3.xz").read_bytes()
    (home / "taji.sqlite3").write_bytes(lzma.decompress(kept))
    return {}


def _on_postgres(version: str) -> dict[str, str]:
    """Load the dump into a database of its own, without the words that are psql's alone."""
    assert URL is not None
    name = f"taji_kept_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(URL, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    url = f"{URL.rpartition('/')[0]}/{name}"
    dump = lzma.decompress((FOLDER / version / "postgresql.sql.xz").read_bytes()).decode()
    script = "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))
    with psycopg.connect(url, autocommit=True) as base:
        base.execute(script)
    return {"DATABASE_URL": url}
