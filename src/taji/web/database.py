"""Which database the platform runs on: SQLite in its home folder, or PostgreSQL by ``DATABASE_URL``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url

__all__ = ["SQLITE_NAME", "database"]

SQLITE_NAME = "taji.sqlite3"

#: WAL lets pages be read while an answer is saved; FULL flushes a commit to the disk before it is
#: acknowledged, so that a receipt outlives a power cut.
PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456;"
)
#: How long a writer waits for another. [seconds]
PATIENCE = 20


def database(url: str | None, home: Path) -> dict[str, Any]:
    """Return Django's settings of the database."""
    if url:
        return dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": home / SQLITE_NAME,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": PATIENCE,
            "transaction_mode": "IMMEDIATE",
            "init_command": PRAGMAS,
        },
    }
