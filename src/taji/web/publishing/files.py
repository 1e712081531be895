"""Where a portrait's files lie, and which of them may leave the bureau.

A portrait's folder holds what it was made from, a folder for each language that ``taji verify``
proves by itself, the estimates once more, what is opened to the public, and a manifest over all.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings

from taji.base.text import LANGUAGES
from taji.store.manifest import MANIFEST_NAME
from taji.web.answering.exporting import ANSWERS, DESIGN
from taji.web.publishing.models import Job

__all__ = [
    "ESTIMATES",
    "INTERNAL",
    "OPENED",
    "PUBLIC",
    "REFUSED",
    "folder_of",
    "moved_in",
    "refused_of",
    "root",
    "working",
]

ESTIMATES = "estimates.csv"
#: The part of the folder that is made for the public.
OPENED = "public"
REFUSED = "refused.csv"
#: Begins the name of a folder that is worked in: as deep as the final one, so that paths hold.
UNFINISHED = ".unfinished-"

_DRAWN = {
    f"portrait-{language}.{kind}": f"{language}/portrait.{kind}"
    for language in LANGUAGES
    for kind in ("html", "pdf", "xlsx")
}
#: What everybody may download of a published portrait: name to place in the folder.
PUBLIC: Mapping[str, str] = {
    **{name: place for name, place in _DRAWN.items() if not name.endswith(".html")},
    ESTIMATES: ESTIMATES,
    "estimates.parquet": f"{OPENED}/estimates.parquet",
    "dictionary.csv": f"{OPENED}/dictionary.csv",
    "dictionary.json": f"{OPENED}/dictionary.json",
    MANIFEST_NAME: f"{OPENED}/{MANIFEST_NAME}",
}
#: What the bureau may download: rows of firms are among it.
INTERNAL: Mapping[str, str] = {
    **_DRAWN,
    ESTIMATES: ESTIMATES,
    "scores.parquet": "zh/scores.parquet",
    "places.csv": "zh/places.csv",
    "why.csv": "zh/why.csv",
    ANSWERS: ANSWERS,
    DESIGN: DESIGN,
    "register.csv": "register.csv",
    MANIFEST_NAME: MANIFEST_NAME,
}


def root() -> Path:
    """The folder of everything that is made here."""
    return Path(settings.FILES) / "portraits"


def folder_of(job: Job) -> Path:
    """Where the results of a job go when they are whole."""
    return Path(settings.FILES) / job.kept_in


def refused_of(job: Job, language: str) -> Path:
    """The list of refused cells of a job whose data were refused."""
    return root() / "refused" / f"{job.pk}-{language}.csv"


@contextlib.contextmanager
def working(job: Job) -> Iterator[Path]:
    """Give a fresh folder to work in; whatever a dead worker left of this job goes first."""
    place = root() / f"{UNFINISHED}{type(job).__name__.lower()}-{job.pk}"
    shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(folder_of(job), ignore_errors=True)  # moved in, but the row was never told
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def moved_in(job: Job, place: Path) -> str:
    """Move a whole folder to its own name, never to be written again; return it under FILES."""
    for path in place.rglob("*"):
        if path.is_file():
            path.chmod(0o400)
    final = folder_of(job)
    final.parent.mkdir(parents=True, exist_ok=True)
    place.rename(final)
    return final.relative_to(settings.FILES).as_posix()
