"""The background work of this part; how it ends is ``taji.web.publishing.jobs``'s."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from taji.web.audit.log import record
from taji.web.planning import making
from taji.web.planning.models import Roadmap
from taji.web.publishing.jobs import tell, work
from taji.web.publishing.models import Job, Made
from taji.web.publishing.progress import RowSteps

__all__ = ["make_roadmap"]

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
