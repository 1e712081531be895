"""Take up the jobs that a dead worker left in the middle, and those that never reached a worker.

A home has one worker, so a job that is marked as running while none runs was cut off. It runs
again, unless it has cut off its worker before, again and again: then it is the job that kills, and
what it was to make is marked as failed. What is still to be made while no job is there for it (the
process died between the two) is given to the worker anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from taji.web.audit.jobs import run_replay
from taji.web.audit.log import record
from taji.web.audit.models import Replay
from taji.web.fieldwork.jobs import run_analysis
from taji.web.fieldwork.models import Analysis
from taji.web.office.jobs import compare
from taji.web.office.models import Switch
from taji.web.planning.jobs import do_work, make_roadmap
from taji.web.planning.models import Roadmap, Work
from taji.web.publishing.jobs import make_comparison, make_portrait
from taji.web.publishing.models import Comparison, Made, Portrait
from taji.web.register.jobs import apply_import, read_import
from taji.web.register.models import RegisterImport
from taji.web.rounds.jobs import run_errand
from taji.web.rounds.models import Errand

__all__ = ["ATTEMPTS", "requeue"]

#: How often a job may be begun.
ATTEMPTS = 3
IN_WORK = (Made.QUEUED, Made.RUNNING)
_READING = (RegisterImport.State.QUEUED, RegisterImport.State.READING)
_APPLYING = (RegisterImport.State.WAITING, RegisterImport.State.RUNNING)
#: What each job makes: the job, the rows, the states of a row that is still to be made.
WORK: tuple[tuple[Any, type[Model], tuple[str, ...]], ...] = (
    (make_portrait, Portrait, IN_WORK),
    (make_comparison, Comparison, IN_WORK),
    (run_analysis, Analysis, IN_WORK),
    (make_roadmap, Roadmap, IN_WORK),
    (do_work, Work, IN_WORK),
    (run_replay, Replay, IN_WORK),
    (compare, Switch, IN_WORK),
    (run_errand, Errand, (Errand.State.QUEUED, Errand.State.RUNNING)),
    (read_import, RegisterImport, _READING),
    (apply_import, RegisterImport, _APPLYING),
)
#: Every kind of row calls it so.
FAILED = "failed"


def requeue() -> int:
    """Make every interrupted job ready again; one begun ``ATTEMPTS`` times has failed.

    Call it while no worker runs.

    Returns
    -------
    int
        Jobs that will run again.
    """
    with transaction.atomic():
        again = sum(_begin_again(job) for job in DBTaskResult.objects.running().select_for_update())
        for task, row in _without_job():
            if _was_given_up(task, row):
                type(row)._default_manager.filter(pk=row.pk).update(state=FAILED)
            else:
                task.enqueue(row.pk)
                again += 1
    return again


def _begin_again(job: DBTaskResult) -> bool:
    worn_out = len(job.worker_ids) >= ATTEMPTS
    job.status = TaskResultStatus.FAILED if worn_out else TaskResultStatus.READY
    job.finished_at = timezone.now() if worn_out else None
    job.save(update_fields=["status", "finished_at"])
    record(
        "job.given_up" if worn_out else "job.again",
        subject=f"job:{job.pk}",
        task=job.task_path,
        begun=len(job.worker_ids),
    )
    return not worn_out


def _without_job() -> Iterator[tuple[Any, Model]]:
    """Rows that are to be made while nothing is there to make them, with their jobs."""
    ready = DBTaskResult.objects.filter(status=TaskResultStatus.READY)
    waiting = {
        (path, *asked["args"]) for path, asked in ready.values_list("task_path", "args_kwargs")
    }
    for task, rows, states in WORK:
        for row in rows._default_manager.filter(state__in=states).only("pk"):
            if (task.module_path, row.pk) not in waiting:
                yield task, row


def _was_given_up(task: Any, row: Model) -> bool:
    failed = DBTaskResult.objects.failed().filter(task_path=task.module_path)
    return failed.filter(args_kwargs={"args": [row.pk], "kwargs": {}}).exists()
