"""Look into a zip archive without trusting what it says about itself.

Decides whether a workbook's archive is safe to unpack: real sizes are counted while
unpacking under a limit, whatever the archive declares. Does not read cells.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from taji.store.unreadable import DamagedError, TooLargeError

__all__ = ["SafeArchive"]

#: All parts of a workbook, unpacked. A million answers of sixty questions come to about a
#: third of it. [bytes]
UNPACKED_LIMIT = 1 << 30
#: Deflate cannot pack more than about 1 : 1030. Sheets of repeated rows reach 1 : 100. [ratio]
RATIO_LIMIT = 400
#: Below this size no ratio is a danger. [bytes]
SMALL = 16 << 20
#: A workbook has a few parts a sheet; an archive of very many is made to stall. [entries]
ENTRIES_LIMIT = 10_000

_CHUNK = 1 << 20


class SafeArchive:
    """An open archive whose entries are read in chunks, counted against the limits.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What the file is meant to be, for messages.

    Raises
    ------
    DamagedError
        If the directory of the archive cannot be read.
    TooLargeError
        If what it declares is already beyond the limits.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path, self.kind = path, kind
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise self.damaged("directory") from error
        entries = self._zip.infolist()
        self._within(len(entries), ENTRIES_LIMIT, "the number of parts", "部件数")
        self.entries = {entry.filename: entry for entry in entries}
        if len(self.entries) != len(entries):
            self.close()
            raise self.damaged("part_twice")
        self.seen: set[str] = set()
        self._left = UNPACKED_LIMIT
        self._within(
            sum(entry.file_size for entry in entries),
            UNPACKED_LIMIT,
            "the unpacked size in bytes",
            "解压后的字节数",
        )

    def chunks(self, name: str) -> Iterator[bytes]:
        """Unpack one entry piece by piece, and stop with an error at the limits.

        Raises
        ------
        DamagedError
            If the entry is absent, packed in an unknown way, or not as long as declared.
        TooLargeError
            If it is longer than the limits allow.
        """
        entry = self.entries.get(name)
        if entry is None:
            raise self.damaged("part_missing")
        if entry.flag_bits & 0x1 or entry.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise self.damaged("packing")
        size = 0
        try:
            for chunk in self._unpacked(entry):
                size += len(chunk)
                self._left -= len(chunk)
                self._within(
                    UNPACKED_LIMIT - self._left,
                    UNPACKED_LIMIT,
                    "the unpacked size in bytes",
                    "解压后的字节数",
                )
                if size > SMALL:
                    self._within(
                        size // max(entry.compress_size, 1),
                        RATIO_LIMIT,
                        "the packing ratio",
                        "压缩比",
                    )
                yield chunk
        except (zlib.error, OSError, ValueError) as error:
            raise self.damaged("unpack") from error
        if size != entry.file_size:
            raise self.damaged("length")

    def check(self, names: set[str]) -> None:
        """Unpack the entries ``names`` once, only to count them."""
        for name in names:
            for _ in self.chunks(name):
                pass

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def damaged(self, problem: str) -> DamagedError:
        """Return the error for this archive."""
        return DamagedError(file=self.path.name, kind=self.kind, problem=problem)

    def _unpacked(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """Follow the packed stream itself: ``zipfile`` would stop at the declared size."""
        with self.path.open("rb") as handle:
            handle.seek(entry.header_offset)
            head = handle.read(30)
            if len(head) < 30 or head[:4] != b"PK\x03\x04":
                raise ValueError("no local header")
            handle.seek(int.from_bytes(head[26:28], "little"), 1)
            handle.seek(int.from_bytes(head[28:30], "little"), 1)
            left = entry.compress_size
            if entry.compress_type == zipfile.ZIP_STORED:
                while left > 0 and (piece := handle.read(min(_CHUNK, left))):
                    left -= len(piece)
                    yield piece
                return
            inflate = zlib.decompressobj(-15)
            while left > 0 and not inflate.eof and (piece := handle.read(min(_CHUNK, left))):
                left -= len(piece)
                while piece and not inflate.eof:
                    yield inflate.decompress(piece, _CHUNK)
                    piece = inflate.unconsumed_tail
            yield inflate.flush()

    def _within(self, value: int, limit: int, what_en: str, what_zh: str) -> None:
        if value > limit:
            self.close()
            raise TooLargeError(
                file=self.path.name, what_en=what_en, what_zh=what_zh, value=value, limit=limit
            )
