"""Backups that are made from the page: ordered, listed, handed out."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from taji.web.audit.log import record
from taji.web.office.jobs import keep_backup
from taji.web.people.models import User

__all__ = ["Kept", "is_being_made", "kept", "note", "order", "place"]

_NAME = re.compile(r"taji-\d{8}-\d{6}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup that lies on the server."""

    slug: str
    made_at: dt.datetime
    size: int  # [bytes]


def order(*, by: User) -> str:
    """Order a backup; a job writes it. Returns the name it will have."""
    slug = timezone.localtime().strftime("taji-%Y%m%d-%H%M%S")
    with transaction.atomic():
        record("backup.make", actor=by, subject=f"backup:{slug}")
        transaction.on_commit(lambda: keep_backup.enqueue(f"{slug}.zip"))
    return slug


def note(file: Path) -> None:
    """Note a backup that a command on the server made."""
    record("backup.make", subject=f"backup:{file.name}"[:120], command="taji backup")


def kept() -> list[Kept]:
    """Return the backups on the server, the newest first."""
    files = sorted(_folder().glob("taji-*.zip"), reverse=True)
    return [
        Kept(
            file.stem,
            dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC),
            file.stat().st_size,
        )
        for file in files
        if _NAME.fullmatch(file.stem)
    ]


def is_being_made() -> bool:
    """Say whether one is being written now."""
    return any(_folder().glob(".taji-*.zip.part"))


def place(slug: str) -> Path:
    """Return the file of a backup.

    Raises
    ------
    FileNotFoundError
        If there is none of this name.
    """
    file = _folder() / f"{slug}.zip"
    if not _NAME.fullmatch(slug) or not file.is_file():
        raise FileNotFoundError(slug)
    return file


def _folder() -> Path:
    return Path(settings.HOME) / "backups"
