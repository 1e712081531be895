"""Cells for which a file of a decision was refused: kept as a list beside the decision.

A decision that comes to nothing leaves no folder; what must be corrected is kept all the same, in
the form in which the commands write it.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings

from taji.base.errors import TajiError
from taji.base.text import LANGUAGES, Language
from taji.desk.bad_cells import listed, refused_table
from taji.desk.gathering import REFUSED_NAME
from taji.web.planning.models import Work
from taji.web.spreadsheets import safe_frame

__all__ = ["NAME", "first_of", "forget", "keep", "refused_of"]

NAME = REFUSED_NAME
#: Rows that the page shows.
SHOWN = 20


def refused_of(work: Work, spoken: Language) -> Path:
    """Where the list of a work lies, if there is one."""
    return Path(settings.FILES) / "decisions" / "refused" / f"{work.pk}-{spoken}.csv"


def first_of(work: Work, spoken: Language) -> Sequence[dict[str, Any]]:
    """Return the first rows of the list; none where nothing was refused cell by cell."""
    path = refused_of(work, spoken)
    if not path.is_file():
        return []
    return pl.read_csv(path, infer_schema=False).head(SHOWN).to_dicts()


def forget(work: Work) -> None:
    """Take away the list of an earlier attempt."""
    for spoken in LANGUAGES:
        refused_of(work, spoken).unlink(missing_ok=True)


def keep(work: Work, error: Exception, place: Path) -> None:
    """Keep what an error lists, or what the desk wrote down in ``place`` before it gave up."""
    written = place / NAME
    cells = listed(error) if isinstance(error, TajiError) else ()
    for spoken in LANGUAGES:
        path = refused_of(work, spoken)
        path.parent.mkdir(parents=True, exist_ok=True)
        if cells:
            safe_frame(refused_table(cells, spoken)).write_csv(path, include_bom=True)
        elif written.is_file():
            shutil.copyfile(written, path)
