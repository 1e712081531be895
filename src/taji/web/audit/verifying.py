"""Prove the log: every link of the chain, what must be in it, and what was noted of it elsewhere.

A chain alone cannot tell that its end was cut off: what is left is a chain still. So two things are
held against it besides: portraits that are published (each publication is an entry with the digest of
the manifest), and *anchors*, heads of the chain that somebody wrote down outside this machine. Whoever
can write to the database can forge all that lies in it; only an anchor kept elsewhere proves the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import connection

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.web.audit.log import ORIGIN, digest
from taji.web.audit.models import Entry
from taji.web.publishing.models import Portrait

__all__ = ["Anchor", "AnchorError", "NoLogError", "Proved", "check_log", "head", "prove_log"]

#: Entries read at a time.
BATCH = 5_000
PUBLISHED = "portrait.publish"

SAYS: dict[str, Text] = {
    "gap": Text(
        zh="第 {number} 条缺失：条目被删除，或顺序被改动",
        en="entry {number} is missing: it was deleted, or the order was changed",
    ),
    "link": Text(
        zh="第 {number} 条与前一条不相连：有条目被替换、插入或调换",
        en="entry {number} does not follow the one before it: an entry was replaced, put in or moved",
    ),
    "content": Text(
        zh="第 {number} 条的内容与其校验码不符：内容被改动",
        en="entry {number} is not what its digest says: its content was changed",
    ),
    "anchor": Text(
        zh="日志中没有锚点 {anchor}：它之后的日志被截断或整体替换过",
        en="the anchor {anchor} is not in the log: the log was cut before it, or replaced as a whole",
    ),
    "publication": Text(
        zh="画像 {number} 已发布，日志中却没有发布记录：日志尾部可能被截断",
        en="portrait {number} is published and the log does not say so: the end of the log may be cut",
    ),
}
HOLDS = Text(
    zh="日志完整：{n} 条全部相连。当前锚点 {anchor}，请记在本机之外。",
    en="The log holds: all {n} entries follow from each other. Its anchor now is {anchor}; note it "
    "outside this machine.",
)
EMPTY = Text(zh="日志是空的，没有可验证的内容。", en="The log is empty; there is nothing to prove.")


class AnchorError(TajiError):
    """What was given is no anchor."""

    code = "web.anchor"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{text}”不是锚点。锚点形如 128:9f86d0…（条目号、冒号、64 位校验码），由本命令或日志页给出。",
        "en": "{text!r} is no anchor. An anchor looks like 128:9f86d0… (number of an entry, colon, "
        "64 digits of its digest), as this command and the page of the log give it.",
    }


class NoLogError(TajiError):
    """There is no platform in this home."""

    code = "web.no_log"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "{home} 中没有平台数据库。请用 --data 指定运行 `taji serve` 的数据文件夹。",
        "en": "There is no database of the platform in {home}. Name the home that `taji serve` runs "
        "on with --data.",
    }


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head of the chain at some time: an entry's number and digest."""

    number: int
    sha256: str

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Read ``number:digest``.

        Raises
        ------
        AnchorError

        Examples
        --------
        >>> Anchor.parse("3:" + "a" * 64).number
        3
        """
        number, _, sha256 = text.strip().partition(":")
        digits = sha256.lower()
        if not (
            number.isdecimal() and len(digits) == 64 and set(digits) <= set("0123456789abcdef")
        ):
            raise AnchorError(text=text)
        return cls(int(number), digits)

    def __str__(self) -> str:
        return f"{self.number}:{self.sha256}"


@dataclass(frozen=True, slots=True)
class Proved:
    """What proving the log found.

    Attributes
    ----------
    entries : int
        Entries that hold, from the first on.
    broken : Text or None
        The first thing that does not hold.
    kind : str
        ``gap``, ``link``, ``content``, ``anchor``, ``publication``; empty where all holds.
    number : int or None
        Entry, or portrait, that it is about.
    head : Anchor or None
        The last entry that holds.
    """

    entries: int
    broken: Text | None
    kind: str
    number: int | None
    head: Anchor | None

    @property
    def holds(self) -> bool:
        """Whether all holds."""
        return self.broken is None

    @property
    def sentence(self) -> Text:
        """What to say."""
        if self.broken is not None:
            return self.broken
        if self.head is None:
            return EMPTY
        return _filled(HOLDS, n=self.entries, anchor=self.head)


def check_log() -> None:
    """Refuse a home that holds no log, before a database is made there by looking.

    Raises
    ------
    NoLogError
    """
    name = connection.settings_dict["NAME"]
    missing = connection.vendor == "sqlite" and not Path(str(name)).is_file()
    if missing or Entry._meta.db_table not in connection.introspection.table_names():
        raise NoLogError(home=settings.HOME)


def head() -> Anchor | None:
    """Return the anchor of the log as it stands."""
    last = Entry.objects.order_by("-number").values_list("number", "sha256").first()
    return None if last is None else Anchor(*last)


def prove_log(
    *, anchors: Iterable[Anchor] = (), progress: Callable[[int], None] = lambda done: None
) -> Proved:
    """Prove the log from its first entry on, and name the first thing that does not hold.

    Parameters
    ----------
    anchors : iterable of Anchor
        Heads noted earlier, outside.
    progress : callable
        Hears how many entries are read.
    """
    wanted = {anchor.number: anchor for anchor in anchors}
    published: set[str] = set()
    last, before = 0, ORIGIN
    for entry in Entry.objects.order_by("number").iterator(BATCH):
        kind = _fault(entry, last + 1, before)
        if kind:
            return _broken(kind, last, before, last + 1 if kind == "gap" else entry.number)
        last, before = entry.number, entry.sha256
        anchor = wanted.pop(entry.number, None)
        if anchor is not None and anchor.sha256 != entry.sha256:
            return _broken("anchor", last, before, entry.number, anchor)
        if entry.action == PUBLISHED:
            published.add(str(entry.facts.get("manifest", "")))
        if last % BATCH == 0:
            progress(last)
    if wanted:
        lowest = min(wanted)
        return _broken("anchor", last, before, lowest, wanted[lowest])
    for pk, manifest in Portrait.objects.filter(published_at__isnull=False).values_list(
        "pk", "manifest_sha256"
    ):
        if manifest not in published:
            return _broken("publication", last, before, pk)
    return Proved(last, None, "", None, Anchor(last, before) if last else None)


def _fault(entry: Entry, expected: int, before: str) -> str:
    if entry.number != expected:
        return "gap"
    if entry.before != before:
        return "link"
    return "content" if entry.sha256 != digest(entry) else ""


def _broken(kind: str, last: int, before: str, number: int, anchor: Anchor | None = None) -> Proved:
    told = _filled(SAYS[kind], number=number, anchor=anchor)
    return Proved(last, told, kind, number, Anchor(last, before) if last else None)


def _filled(text: Text, **fields: object) -> Text:
    return Text(zh=text.zh.format(**fields), en=text.en.format(**fields))
