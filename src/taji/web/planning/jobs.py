"""The background work of this part; how it ends is ``taji.web.publishing.jobs``'s."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from taji.desk.bad_cells import BadCellsError
from taji.store.manifest import fingerprint
from taji.web.audit.log import record
from taji.web.planning import deciding, making, refusing
from taji.web.planning.models import Roadmap, Work
from taji.web.planning.page_words import on_page
from taji.web.publishing.files import moved_in, working
from taji.web.publishing.jobs import tell, work
from taji.web.publishing.models import Job, Made
from taji.web.publishing.progress import RowSteps

__all__ = ["do_work", "make_roadmap"]

_BEHIND = ("submission__sheet__case__round", "submission__sheet__case__organisation", "asked_by")


@task()
def make_roadmap(roadmap_id: int) -> None:
    """Work a roadmap out, whole or not at all."""
    job = Roadmap.objects.select_related(*_BEHIND).filter(pk=roadmap_id).first()
    if job is not None:
        work(job, _roadmap)


def _roadmap(job: Job) -> None:
    assert isinstance(job, Roadmap)
    planned = making.make(job, steps=RowSteps(job, steps=making.STEPS))
    with transaction.atomic():
        tell(
            job,
            state=Made.DONE,
            sentence=planned.sentence.model_dump(),
            content=dict(planned.content),
            share=1.0,
            problem={},
            done_at=timezone.now(),
        )
        record(
            "roadmap.made",
            actor=job.asked_by,
            subject=f"roadmap:{job.pk}",
            status=planned.content["status"],
            finish=planned.content["finish_period"],
            cost=planned.content["cost"],
            seconds=round(planned.seconds, 1),
        )


@task()
def do_work(work_id: int) -> None:
    """Let the desk decide, whole or not at all."""
    job = Work.objects.select_related("asked_by", "round").filter(pk=work_id).first()
    if job is not None:
        work(job, _work, words=partial(on_page, job.kind))


def _work(job: Job) -> None:
    assert isinstance(job, Work)
    try:
        refusing.forget(job)
        with working(job) as place:
            decided = _decided(job, place)
            made = {
                path.name: fingerprint(path, relative_to=place).sha256
                for path in sorted(place.iterdir())
            }
            folder = moved_in(job, place)
    except Exception as error:
        _ended(job, state=Made.FAILED, because=getattr(error, "code", type(error).__name__))
        raise
    with transaction.atomic():
        tell(
            job,
            state=Made.DONE,
            folder=folder,
            sentences=[on_page(job.kind, one).model_dump() for one in decided.sentences],
            feasible=decided.feasible,
            share=1.0,
            problem={},
            done_at=timezone.now(),
        )
        _ended(job, state=Made.DONE, feasible=decided.feasible, files=made)


def _decided(job: Work, place: Path) -> deciding.Decided:
    try:
        return deciding.decide(job, place, steps=RowSteps(job, steps=deciding.STEPS))
    except BadCellsError as error:
        refusing.keep(job, error, place)
        raise error.beside_list() from error
    except Exception as error:
        refusing.keep(job, error, place)
        raise


def _ended(job: Work, **facts: object) -> None:
    inputs = {name: one["sha256"] for name, one in job.files.items()}
    subject = f"work:{job.pk}"
    record("work.ended", actor=job.asked_by, subject=subject, kind=job.kind, inputs=inputs, **facts)
