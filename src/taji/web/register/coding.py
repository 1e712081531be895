"""What the codes of a firm mean here: the pack of the register in use, and the registers it names.

The library's own pack, unless the bureau brought and switched on one of the same id
(``taji.web.office.packs``). Which columns of a file are understood by it is decided by
``taji.desk.enrolling``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.core.signals import request_started
from django_tasks.signals import task_started

from taji.base.text import Text
from taji.catalogue.register import Register
from taji.desk import enrolling
from taji.web.office.packs import QUESTIONNAIRES, active

__all__ = [
    "choices",
    "enrolment_in_use",
    "label",
    "labels",
    "registers",
    "told_changes",
]

#: What is known of a firm beside its pack's columns.
MARKS = {
    "listed": Text(zh="在名录中", en="In the register"),
    "invented": Text(zh="虚构", en="Invented"),
}
YES, NO = Text(zh="是", en="yes"), Text(zh="否", en="no")


@lru_cache(maxsize=1)
def _asked() -> str | None:
    return active(QUESTIONNAIRES).get(enrolling.ENROLMENT)


def _forget(**_: Any) -> None:
    _asked.cache_clear()


# A page or a job that names a hundred firms asks once; the next one asks again.
request_started.connect(_forget)
task_started.connect(_forget)


def enrolment_in_use() -> str | None:
    """Return the bureau's own pack of the register in use, ``id@version``; None: the library's."""
    _forget()
    return _asked()


def registers() -> dict[str, Register]:
    """Return the codes that a firm is described by: ``industry``, ``district``, ``size``."""
    return enrolling.registers(_asked())


def label(column: str, code: str) -> Text:
    """Return what a code of a firm means; the code where the register does not know it.

    A stratum from a register of its own may hold a name in place of the code; it is found too.
    """
    known = registers().get(column)
    meant = known.find(code) if known is not None and code else None
    if known is None or meant is None:
        return Text.same(code or "—")
    return known.by_code[meant].label


def labels(columns: list[str], stratum: str) -> Text:
    """Return what codes joined by ``|`` mean, one a column: a stratum in words."""
    parts = stratum.split("|")
    if len(parts) != len(columns):  # a value of its own holds the separator
        return Text.same(stratum)
    named = [label(column, part) for column, part in zip(columns, parts, strict=True)]
    return Text(zh=" · ".join(t.zh for t in named), en=" · ".join(t.en for t in named))


def choices(column: str) -> list[tuple[str, Text]]:
    """Return the codes that a list can be narrowed to, with their names."""
    entries = registers()[column].entries
    leaves = [e for e in entries if e.parent is not None] or list(entries)
    return [(entry.code, entry.label) for entry in leaves]


def told_changes(fields: Mapping[str, Sequence[Any]]) -> list[tuple[Text, Text, Text]]:
    """Return changes ``{column: [before, after]}`` in words: the column, what was, what is."""
    return [
        (_title(name), _told(name, before), _told(name, after))
        for name, (before, after) in fields.items()
    ]


def _title(column: str) -> Text:
    asked = {q.id: q.short or q.label for q in enrolling.enrolment(_asked()).questions}
    return asked.get(column) or MARKS.get(column) or Text.same(column)


def _told(column: str, value: Any) -> Text:
    if isinstance(value, bool):
        return YES if value else NO
    return label(column, "" if value is None else str(value))
