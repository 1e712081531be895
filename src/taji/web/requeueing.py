"""Take up the jobs that a dead worker left in the middle.

A home has one worker, so a job that is marked as running while none runs was cut off. It runs
again, unless it has cut off its worker before, again and again: then it is the job that kills.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from taji.web.audit.log import record

__all__ = ["ATTEMPTS", "requeue"]

#: How often a job may be begun.
ATTEMPTS = 3


def requeue() -> int:
    """Make every interrupted job ready again; one begun ``ATTEMPTS`` times has failed.

    Call it while no worker runs.

    Returns
    -------
    int
        Jobs that will run again.
    """
    again = 0
    with transaction.atomic():
        for job in DBTaskResult.objects.running().select_for_update():
            worn_out = len(job.worker_ids) >= ATTEMPTS
            job.status = TaskResultStatus.FAILED if worn_out else TaskResultStatus.READY
            job.finished_at = timezone.now() if worn_out else None
            job.save(update_fields=["status", "finished_at"])
            again += not worn_out
            record(
                "job.given_up" if worn_out else "job.again",
                subject=f"job:{job.pk}",
                task=job.task_path,
                begun=len(job.worker_ids),
            )
    return again
