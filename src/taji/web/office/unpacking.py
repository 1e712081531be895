"""Lay an uploaded pack out in a folder: a YAML file as it is, an archive entry by entry.

Decides which entries may come out: texts with plain relative names, few and small. Does not look
into them (``taji.web.office.packs``).
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import ClassVar

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.store.archives import SafeArchive

__all__ = ["LIMIT", "EntryError", "unpack"]

#: A pack unpacked; the largest of the library is a twentieth of it. [bytes]
LIMIT = 16 << 20
#: Files of a pack. [entries]
ENTRIES = 200
SUFFIXES = frozenset({".yaml", ".yml", ".md", ".txt"})
KIND = "zip"


class EntryError(TajiError):
    """An archive holds something that no pack has."""

    code = "web.pack_entry"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "压缩包中的“{entry}”不能接收：{reason}。请只打包数据包的文件夹。",
        "en": "The archive holds {entry!r}, which is not taken: {reason}. Pack the folder of the "
        "pack alone.",
    }


_OUTSIDE = Text(zh="路径指向文件夹之外", en="its path leads out of the folder")
_LINK = Text(zh="它是链接", en="it is a link")
_TYPE = Text(zh="只接收 .yaml、.md、.txt 文件", en="only .yaml, .md and .txt files are taken")
_SIZE = Text(zh="解压后超过 16 MB", en="unpacked it all exceeds 16 MB")
_MANY = Text(zh="文件超过 200 个", en="there are more than 200 files")


def unpack(archive: Path, into: Path) -> None:
    """Unpack ``archive`` into the folder ``into``; nothing is ever written outside of it.

    Raises
    ------
    EntryError
        If an entry is none of a pack, or all of them are too much.
    DamagedError, TooLargeError
        If the archive lies about itself (``taji.store.archives``).
    """
    opened = SafeArchive(archive, KIND)
    try:
        names = [name for name in opened.entries if not name.endswith("/")]
        if len(names) > ENTRIES:
            raise EntryError(entry=archive.name, reason=_MANY)
        left = LIMIT
        for name in names:
            if _is_rubbish(name):
                continue
            target = into / _inside(name, opened.entries[name].external_attr >> 16)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as stream:
                for chunk in opened.chunks(name):
                    left -= len(chunk)
                    if left < 0:
                        raise EntryError(entry=name, reason=_SIZE)
                    stream.write(chunk)
    finally:
        opened.close()


def _is_rubbish(name: str) -> bool:
    """What file managers put into archives unasked."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in (".DS_Store", "Thumbs.db")


def _inside(name: str, mode: int) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name:
        raise EntryError(entry=name, reason=_OUTSIDE)
    if mode & 0o170000 == 0o120000:
        raise EntryError(entry=name, reason=_LINK)
    if path.suffix.lower() not in SUFFIXES:
        raise EntryError(entry=name, reason=_TYPE)
    return path
