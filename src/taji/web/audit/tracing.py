"""From a published number to the versions that firms handed in.

Decides which submission a row of a portrait is, and says whether the answer in it is the one that was
estimated from. What the rows are is ``taji.desk.tracing``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings

from taji.base.identifiers import KEY
from taji.desk.files import whole
from taji.desk.tracing import LINE, figures_of, rows_behind, rows_of
from taji.web.answering.models import Sheet, Submission
from taji.web.audit.replaying import folder_of
from taji.web.publishing.models import Portrait

__all__ = ["Behind", "behind", "figures", "published"]


@dataclass(frozen=True, slots=True)
class Behind:
    """One firm behind a number.

    Attributes
    ----------
    enterprise, name : str
    value : str
        What it answered or scored.
    counts : bool
        Whether it is in the share, or has the value that is summed.
    weight : float or None
        Design weight. [firms]
    version : Submission or None
        What it handed in; None where it has withdrawn since.
    """

    enterprise: str
    name: str
    value: str
    counts: bool
    weight: float | None
    version: Submission | None


def published() -> Any:
    """Return the portraits whose numbers can be traced: all that were ever published."""
    return (
        Portrait.objects.filter(published_at__isnull=False)
        .exclude(folder="")
        .select_related("round")
        .order_by("-published_at")
    )


def figures(portrait: Portrait, *, search: str = "", line: int | None = None) -> pl.DataFrame:
    """Return the published figures of a portrait, narrowed to a question or to one line."""
    found = figures_of(folder_of(portrait))
    if line is not None:
        return found.filter(pl.col(LINE) == line)
    if search:
        found = found.filter(pl.col("question").str.contains(search, literal=True))
    return found


def behind(
    portrait: Portrait, figure: dict[str, Any], *, start: int, count: int
) -> tuple[int, list[Behind]]:
    """Return how many firms a figure rests on, and some of them with what each handed in.

    Notes
    -----
    The version is the last one handed in before the portrait was made. The rows themselves come from
    the portrait's own inputs, whose digests stand in its manifest.
    """
    found = rows_behind(folder_of(portrait), _rows(portrait), figure)
    page = found.slice(start, count)
    keys = page[KEY].to_list()
    versions = {
        one.sheet.case.organisation.key: one
        for one in Submission.objects.filter(
            sheet__case__round=portrait.round_id,
            sheet__track=Sheet.Track.FIRM,
            sheet__case__organisation__key__in=keys,
            at__lte=portrait.done_at or portrait.asked_at,
        )
        .select_related("sheet__case__organisation")
        .defer("answers", "sheet__answers")
        .order_by("number")
    }
    return found.height, [_firm(row, versions.get(row[KEY])) for row in page.iter_rows(named=True)]


def _firm(row: dict[str, Any], version: Submission | None) -> Behind:
    name = "" if version is None else version.sheet.case.organisation.name
    return Behind(row[KEY], name, row["value"], bool(row["counts"]), row["weight"], version)


def _rows(portrait: Portrait) -> pl.DataFrame:
    """The rows of a portrait; read once with all its joins, then kept under its manifest's digest."""
    kept = Path(settings.FILES) / "traces" / f"{portrait.manifest_sha256 or portrait.pk}.parquet"
    if not kept.is_file():
        rows = rows_of(folder_of(portrait))
        with whole(kept) as unfinished:
            rows.write_parquet(unfinished)
    return pl.read_parquet(kept)
