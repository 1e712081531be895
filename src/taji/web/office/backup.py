"""Everything a bureau must keep, in one file, while the platform runs; and back again.

A backup is a zip: the database as it stood at one moment, the uploaded and made files, the secret,
and last ``manifest.json`` with the size and SHA-256 of each. The database is copied first: every
file that it names is there already, and files are never changed once they are whole. A restore
checks every digest before it touches anything.

Knows no page and no model: it works on a data folder, with or without Django.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, ClassVar

from taji import __version__
from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.database import SQLITE_NAME
from taji.web.office import postgres
from taji.web.office.running import is_held

__all__ = [
    "BackedUp",
    "DamagedBackupError",
    "FolderInUseError",
    "NotABackupError",
    "NotEmptyError",
    "OtherDatabaseError",
    "back_up",
    "restore",
]

MANIFEST, SECRET, FILES, DUMP = "manifest.json", "secret.key", "files", "database.dump"
FORMAT = 1
_CHUNK = 1 << 20


class NotABackupError(TajiError):
    """The file is no backup of this platform, or one of a newer version."""

    code = "web.backup_unknown"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "{file} 不是塔基的备份，或来自更新的版本。请选择由 `taji backup` 生成的文件。",
        "en": "{file} is no backup of Taji, or one of a newer version. Choose a file that "
        "`taji backup` made.",
    }


class DamagedBackupError(TajiError):
    """A part of the backup is not what it was."""

    code = "web.backup_damaged"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "备份 {file} 已损坏：其中的 {member} 与清单不符。没有恢复任何内容，请换一份备份。",
        "en": "The backup {file} is damaged: {member} is not what the manifest says. Nothing was "
        "restored; use another backup.",
    }


class NotEmptyError(TajiError):
    """There is data where the backup would go."""

    code = "web.restore_not_empty"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "{home} 已有数据。请换一个空文件夹；若确要替换，请加 --force，原有数据会移到其中的 "
        "before-restore-… 文件夹。",
        "en": "{home} holds data. Name an empty folder, or say --force to replace it; what is there "
        "now is moved into a folder before-restore-… inside.",
    }


class FolderInUseError(TajiError):
    """The server runs on the folder that would be replaced."""

    code = "web.restore_running"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "平台正在使用 {home}。请先停止 `taji serve`，再恢复。",
        "en": "The platform runs on {home}. Stop `taji serve`, then restore.",
    }


class OtherDatabaseError(TajiError):
    """The backup is of another kind of database than the one that is set."""

    code = "web.restore_other_database"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "备份中的数据库是 {kept}，而当前设置是 {wanted}。请{advice_zh}后再恢复。",
        "en": "The backup holds a {kept} database, but {wanted} is set. {advice_en}, then restore.",
    }


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What was written or read.

    Attributes
    ----------
    path : Path
        The backup, or the folder that was restored.
    members, size : int
        Parts, and their length unpacked. [bytes]
    secret : bool
        Whether the secret that signs invitations is among them.
    replaced : Path, optional
        Where the data that stood there before went.
    """

    path: Path
    members: int
    size: int
    secret: bool
    replaced: Path | None = None


Told = Callable[[int], None]


def back_up(
    path: Path, *, home: Path, url: str | None = None, told: Told | None = None
) -> BackedUp:
    """Write a backup of ``home`` to ``path``, whole or not at all, readable by its owner alone.

    Parameters
    ----------
    path : Path
        The file to write.
    home : Path
        The data folder.
    url : str, optional
        ``DATABASE_URL`` where the database is PostgreSQL; None: what the environment says.
    told : callable, optional
        Is given the number of parts after each.

    Raises
    ------
    MissingToolError, ToolFailedError
        If PostgreSQL's own program is not there or fails.
    """
    url = os.environ.get("DATABASE_URL") if url is None else url
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    members: dict[str, dict[str, Any]] = {}
    try:
        made = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(made, "w+b") as stream,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
        ):
            for name, source in _sources(home, url):
                kept = _add(archive, name, source)
                if kept is not None:
                    members[name] = kept
                if told is not None:
                    told(len(members))
            archive.writestr(MANIFEST, _manifest(members, url))
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return BackedUp(path, len(members), sum(m["size"] for m in members.values()), SECRET in members)


def restore(path: Path, *, home: Path, url: str | None = None, force: bool = False) -> BackedUp:
    """Put a backup back into ``home``: checked first, then swapped in.

    Parameters
    ----------
    path, home, url
        As for ``back_up``.
    force : bool
        Replace data that stand there; they are kept beside.

    Raises
    ------
    NotABackupError, DamagedBackupError, OtherDatabaseError
        If the file cannot be used.
    NotEmptyError, FolderInUseError
        If the folder cannot.
    MissingToolError, ToolFailedError
        If PostgreSQL's own program is not there or fails.
    """
    url = os.environ.get("DATABASE_URL") if url is None else url
    with _opened(path) as archive:
        manifest = _read_manifest(archive, path)
        _same_database(manifest, url)
        home.mkdir(parents=True, exist_ok=True)
        if not force and any((home / name).exists() for name in (SQLITE_NAME, FILES, SECRET)):
            raise NotEmptyError(home=home)
        if is_held(home):
            raise FolderInUseError(home=home)
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=home) as name:
            fresh = Path(name)
            for member, facts in manifest["members"].items():
                _take(archive, member, facts, fresh, path)
            if url:
                postgres.restore(fresh / DUMP, url)
                (fresh / DUMP).unlink()
            replaced = _swap(fresh, home)
    facts = manifest["members"]
    size = sum(one["size"] for one in facts.values())
    return BackedUp(home, len(facts), size, SECRET in facts, replaced)


def _sources(home: Path, url: str | None) -> Iterator[tuple[str, Path]]:
    """What goes in, the database before the files that it names."""
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=home) as name:
        if url:
            dump = Path(name) / DUMP
            postgres.dump(dump, url)
            yield DUMP, dump
        else:
            copy = Path(name) / SQLITE_NAME
            with closing(sqlite3.connect(home / SQLITE_NAME, timeout=60)) as connection:
                connection.execute("VACUUM INTO ?", [str(copy)])
            yield SQLITE_NAME, copy
    if (home / SECRET).exists():
        yield SECRET, home / SECRET
    for file in sorted((home / FILES).rglob("*")):
        if not file.is_symlink() and file.is_file() and not _is_passing(file, home):
            yield file.relative_to(home).as_posix(), file


def _is_passing(file: Path, home: Path) -> bool:
    """Whether a file is being written and has not yet the name it will be known by."""
    parts = file.relative_to(home).parts
    return file.name.endswith(".part") or any(
        part.startswith(".arriving-") or ".unfinished" in part for part in parts
    )


def _add(archive: zipfile.ZipFile, name: str, source: Path) -> dict[str, Any] | None:
    """Pack one file and say what it is; None if it was gone before it could be read."""
    try:
        stream = source.open("rb")
    except FileNotFoundError:
        return None
    with stream:
        mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
        entry = zipfile.ZipInfo(name, date_time=dt.datetime.now().timetuple()[:6])
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, mode << 16
        digest, size = hashlib.sha256(), 0
        with archive.open(entry, "w", force_zip64=True) as packed:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                packed.write(chunk)
    return {"sha256": digest.hexdigest(), "size": size, "mode": mode}


def _manifest(members: dict[str, dict[str, Any]], url: str | None) -> str:
    facts = {
        "format": FORMAT,
        "taji": __version__,
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "database": "postgresql" if url else "sqlite",
        "members": members,
    }
    return json.dumps(facts, ensure_ascii=False, indent=1)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise NotABackupError(file=path) from error


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
        known = manifest["format"] == FORMAT
        listed = {MANIFEST, *manifest["members"]}
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise NotABackupError(file=path) from error
    if not known:
        raise NotABackupError(file=path)
    for name in sorted(listed ^ set(archive.namelist())):
        raise DamagedBackupError(file=path, member=name)
    for name in manifest["members"]:
        parts = PurePosixPath(name).parts
        if PurePosixPath(name).is_absolute() or ".." in parts or "\\" in name:
            raise NotABackupError(file=path)
        if parts[0] != FILES and name not in (SQLITE_NAME, DUMP, SECRET):
            raise NotABackupError(file=path)
    return manifest


def _same_database(manifest: dict[str, Any], url: str | None) -> None:
    kept, wanted = manifest["database"], "postgresql" if url else "sqlite"
    if kept != wanted:
        sqlite = kept == "sqlite"
        raise OtherDatabaseError(
            kept=kept,
            wanted=wanted,
            advice_zh="取消环境变量 DATABASE_URL" if sqlite else "设置环境变量 DATABASE_URL",
            advice_en="Unset DATABASE_URL" if sqlite else "Set DATABASE_URL",
        )


def _take(
    archive: zipfile.ZipFile, name: str, facts: dict[str, Any], fresh: Path, path: Path
) -> None:
    """Unpack one member and hold it against the manifest."""
    target = fresh / name
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with archive.open(name) as packed, os.fdopen(made, "wb") as stream:
            _copy(packed, stream, digest)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DamagedBackupError(file=path, member=name) from error
    if digest.hexdigest() != facts["sha256"]:
        raise DamagedBackupError(file=path, member=name)
    target.chmod(0o600 if name == SECRET else facts["mode"] & 0o777)


def _copy(packed: IO[bytes], stream: IO[bytes], digest: Any) -> None:
    while chunk := packed.read(_CHUNK):
        digest.update(chunk)
        stream.write(chunk)


def _swap(fresh: Path, home: Path) -> Path | None:
    """Move what stands there aside and the new in, the database last."""
    stamp = dt.datetime.now().strftime("%Y%m%d-%H%M%S")
    aside = home / f"before-restore-{stamp}"
    old = [SQLITE_NAME, f"{SQLITE_NAME}-wal", f"{SQLITE_NAME}-shm", FILES, SECRET]
    present = [home / name for name in old if (home / name).exists()]
    for path in present:
        aside.mkdir(mode=0o700, exist_ok=True)
        shutil.move(path, aside / path.name)
    for name in (SECRET, FILES, SQLITE_NAME):
        if (fresh / name).exists():
            (fresh / name).rename(home / name)
    return aside if present else None
