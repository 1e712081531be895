"""Ask for a roadmap or for a decision of the city, and keep what it is asked with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from django.core.files.base import File
from django.db import transaction

from taji.store.manifest import fingerprint
from taji.web.answering.models import Sheet, Submission
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.planning.deciding import FILES
from taji.web.planning.models import Roadmap, Work
from taji.web.publishing.models import Job, Made
from taji.web.rounds.models import Round
from taji.web.uploads import Kept, keep_table

__all__ = ["KEPT", "ask_roadmap", "ask_work", "start"]

#: Roadmaps of a firm that are kept of those that one person asked for.
KEPT = 10
NOTHING: Mapping[str, str] = {}


@transaction.atomic
def ask_roadmap(
    submission: Submission,
    *,
    by: User,
    model: str,
    measures: str,
    target: str,
    periods: int,
    budget: int | None = None,
    per_year: Sequence[int] = (),
    staff: float | None = None,
) -> Roadmap:
    """Ask for a roadmap; one that this person asked for and still waits for is given back.

    The oldest beyond ``KEPT`` go, of this person's own only: nobody pushes out another's.
    """
    Sheet.objects.select_for_update().get(pk=submission.sheet_id)
    own = Roadmap.objects.filter(submission__sheet=submission.sheet_id, asked_by=by)
    waiting = own.filter(state__in=(Made.QUEUED, Made.RUNNING)).first()
    if waiting is not None:
        return waiting
    roadmap = Roadmap.objects.create(
        submission=submission,
        model=model,
        measures=measures,
        target=target,
        periods=periods,
        budget=budget,
        per_year=list(per_year),
        staff=staff,
        asked_by=by,
    )
    kept = list(own.order_by("-pk").values_list("pk", flat=True)[:KEPT])
    own.exclude(pk__in=kept).delete()
    record(
        "roadmap.ask",
        actor=by,
        subject=f"roadmap:{roadmap.pk}",
        case=submission.sheet.case_id,
        answers=submission.sha256,
        measures=measures,
        target=target,
        periods=periods,
        budget=budget,
        per_year=list(per_year),
        staff=staff,
    )
    transaction.on_commit(partial(start, roadmap))
    return roadmap


@transaction.atomic
def ask_work(
    kind: str,
    uploads: Mapping[str, File],
    parameters: Mapping[str, Any],
    *,
    by: User,
    its: Round | None = None,
    source: Work | None = None,
    takes: Mapping[str, str] = NOTHING,
) -> Work:
    """Keep the files of a decision and ask for it.

    Parameters
    ----------
    kind : str
    uploads : mapping of str to file
    parameters : mapping
    by : User
    its : Round, optional
        The round whose answers it rests on.
    source : Work, optional
        An earlier work that is done, and goes on here.
    takes : mapping of str to str
        Which of the files of ``source`` stand for which upload.

    Raises
    ------
    UploadSizeError, UploadKindError
        If a file is too large, or called by a name that it cannot have.
    """
    kept = {
        name: keep_table(upload, "decisions/inputs", kinds=FILES[kind][name])
        for name, upload in uploads.items()
    }
    if source is not None:
        kept |= {name: _of(source, file) for name, file in takes.items()}
    made = Work.objects.create(
        kind=kind,
        round=its,
        source=source,
        parameters=dict(parameters),
        files={name: asdict(one) for name, one in kept.items()},
        asked_by=by,
    )
    record(
        "work.ask",
        actor=by,
        subject=f"work:{made.pk}",
        kind=kind,
        round=None if its is None else its.slug,
        source=None if source is None else source.pk,
        parameters=made.parameters,
        inputs={name: one.sha256 for name, one in kept.items()},
    )
    transaction.on_commit(partial(start, made))
    return made


def _of(source: Work, file: str) -> Kept:
    """A file that an earlier work wrote: nobody writes on it again."""
    stored = f"{source.folder}/{file}"
    digest = fingerprint(source.path / file, relative_to=source.path).sha256
    return Kept(stored, file, digest)


def start(job: Job) -> None:
    """Hand a job of this part to the worker."""
    from taji.web.planning.jobs import do_work, make_roadmap

    (make_roadmap if isinstance(job, Roadmap) else do_work).enqueue(job.pk)
