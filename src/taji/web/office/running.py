"""Whether anybody works on a data folder: ``taji serve`` holds a lock, others have the database open.

SQLite leaves its write-ahead log only while nobody else has the database open: asking it to is
the surest way to find out.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from taji.web.database import SQLITE_NAME
from taji.web.serving import LOCK

__all__ = ["is_held"]


def is_held(home: Path) -> bool:
    """Say whether any process works on the folder."""
    return _is_locked(home / LOCK) or _is_open(home / SQLITE_NAME)


def _is_locked(path: Path) -> bool:
    if not path.exists():
        return False
    lock = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _is_open(database: Path) -> bool:
    if not database.exists():
        return False
    with closing(sqlite3.connect(database, timeout=0)) as connection:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError:
            return True
        except sqlite3.DatabaseError:
            return False  # no database at all: nobody can work on it
    return bool(mode != "delete")
