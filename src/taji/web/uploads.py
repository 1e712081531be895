"""Take a table that somebody uploads: looked at by size and name here, by content where it is read.

Kept outside the web root under a folder of its own, so that the name a person gave it stays in
every message about it and two files never meet.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.text import get_valid_filename

from taji.base.errors import TajiError
from taji.base.text import Language

__all__ = ["TABLES", "Kept", "UploadKindError", "UploadSizeError", "keep_table"]

#: What a table may be called; what it is, its content says.
TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xls", ".xlsb", ".ods", ".parquet", ".sav")
#: Longest name that is kept. [characters]
NAME_LENGTH = 80


class UploadSizeError(TajiError):
    """The file is larger than this platform takes."""

    code = "web.upload_size"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "文件 {name} 有 {size} MB，超过上限 {limit} MB。请拆分后分次上传。",
        "en": "{name} has {size} MB, more than the limit of {limit} MB. Split it and upload the parts.",
    }


class UploadKindError(TajiError):
    """The file's name says that it is no table."""

    code = "web.upload_kind"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "{name} 不是可以读取的表格。可上传：{kinds}。",
        "en": "{name} is no table that can be read. What can be uploaded: {kinds}.",
    }


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was kept: its name in storage, the name it came with, and its digest."""

    stored: str
    name: str
    sha256: str


def keep_table(upload: File, folder: str, *, kinds: Sequence[str] = TABLES) -> Kept:
    """Keep an uploaded table, or a file whose name ends in one of ``kinds``.

    Raises
    ------
    UploadSizeError, UploadKindError
        If it is too large, or called by a name that no table has.
    """
    name = get_valid_filename(PurePosixPath(upload.name or "table").name)[-NAME_LENGTH:]
    if (upload.size or 0) > settings.UPLOAD_LIMIT:
        size, limit = ((n or 0) / 2**20 for n in (upload.size, settings.UPLOAD_LIMIT))
        raise UploadSizeError(name=name, size=f"{size:.1f}", limit=f"{limit:.0f}")
    if PurePosixPath(name).suffix.lower() not in kinds:
        raise UploadKindError(name=name, kinds=" ".join(kinds))
    digest = hashlib.sha256()
    for part in upload.chunks():
        digest.update(part)
    upload.seek(0)
    stored = default_storage.save(f"{folder}/{secrets.token_hex(6)}/{name}", upload)
    return Kept(stored, name, digest.hexdigest())
