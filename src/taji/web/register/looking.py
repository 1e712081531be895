"""Find firms in the register: the query behind the list and the export.

Pages go by key, so that the last page of 100,000 firms costs as much as the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from taji.base.identifiers import KEY
from taji.desk.enrolling import CODES
from taji.web.access import firms_of
from taji.web.people.models import Kind, Organisation, OrganisationKind, Role, User

__all__ = ["PAGE", "Page", "Wanted", "export_frame", "firms", "page"]

#: Firms on a page.
PAGE = 50
#: Firms that are counted one by one; beyond, a list says "more than".
COUNTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for."""

    text: str = ""
    codes: Mapping[str, str]
    gone: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> Wanted:
        """Read the fields of the search form."""
        codes = {name: query[name] for name in CODES if query.get(name)}
        return cls(text=query.get("q", "").strip(), codes=codes, gone=query.get("gone") == "1")


@dataclass(frozen=True, slots=True)
class Page:
    """Some firms in the order of their keys, and where the next ones begin."""

    firms: list[Organisation]
    after: str | None


def firms(user: User, wanted: Wanted) -> QuerySet[Organisation]:
    """Return the firms that a user may see and looks for."""
    maker = OrganisationKind.objects.filter(organisation=OuterRef("pk"), kind=Kind.MANUFACTURER)
    found = firms_of(user, Role.ANALYST).filter(Exists(maker), **dict(wanted.codes))
    if not wanted.gone:
        found = found.filter(listed=True)
    if wanted.text:
        found = found.filter(Q(key__startswith=wanted.text.upper()) | Q(name__contains=wanted.text))
    return found


def page(found: QuerySet[Organisation], after: str) -> Page:
    """Return the firms after a key."""
    rows = list(
        found.filter(key__gt=after)
        .only("key", "name", *CODES, "listed", "invented")
        .order_by("key")[: PAGE + 1]
    )
    return Page(rows[:PAGE], rows[PAGE - 1].key if len(rows) > PAGE else None)


def counted(found: QuerySet[Organisation]) -> int:
    """Count firms, no further than ``COUNTED`` and one. [firms]"""
    return found.order_by()[: COUNTED + 1].count()


def export_frame(found: QuerySet[Organisation]) -> pl.DataFrame:
    """Return firms as a table: key, name, codes, then every attribute that one of them has."""
    rows = list(_rows(found))
    names = dict.fromkeys(name for row in rows for name in row["attributes"])
    fixed = {
        KEY: [row["key"] for row in rows],
        "name": [row["name"] for row in rows],
        **{code: [row[code] or None for row in rows] for code in CODES},
        "invented": [int(row["invented"]) for row in rows],
    }
    free = {
        name: [_text(row["attributes"].get(name)) for row in rows]
        for name in names
        if name not in fixed
    }
    types = {name: pl.Int64 if name == "invented" else pl.String for name in fixed | free}
    frame = pl.DataFrame(fixed | free, schema=types)
    return frame if any(fixed["invented"]) else frame.drop("invented")


def _rows(found: QuerySet[Organisation]) -> Iterator[dict[str, Any]]:
    return (
        found.order_by("key")
        .values("key", "name", *CODES, "attributes", "invented")
        .iterator(chunk_size=5_000)
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
