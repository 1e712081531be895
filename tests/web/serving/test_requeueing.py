"""Whatever a dead worker left is done by the next one, whichever part of the platform it is of."""

from __future__ import annotations

import pytest
from django.conf import settings as here
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from taji.web.fieldwork.jobs import run_analysis
from taji.web.fieldwork.models import Analysis
from taji.web.requeueing import ATTEMPTS, WORK, requeue
from taji.web.rounds.errands import begin
from taji.web.rounds.jobs import run_errand
from taji.web.rounds.models import Errand

DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def analysis(city, settings):
    settings.TASKS = here.TASKS if "db" in str(here.TASKS).lower() else DATABASE
    return Analysis.objects.create(round=city.round, asked_by=city.users["analyst"])


def cut_off(job, worker_ids):
    """Leave a job as a killed worker does."""
    row = DBTaskResult.objects.get(pk=job.id)
    row.status, row.worker_ids = TaskResultStatus.RUNNING, worker_ids
    row.save()
    return row


def test_an_interrupted_job_is_ready_again_and_completes(analysis):
    row = cut_off(run_analysis.enqueue(analysis.pk), ["a"])
    Analysis.objects.update(state="running")

    assert requeue() == 1
    row.refresh_from_db()
    assert row.status == TaskResultStatus.READY
    run_analysis.func(*row.args_kwargs["args"])
    analysis.refresh_from_db()
    assert analysis.state == "done"


def test_what_kills_its_worker_every_time_is_marked_as_failed_for_its_page(analysis):
    row = cut_off(run_analysis.enqueue(analysis.pk), list("abc")[:ATTEMPTS])
    Analysis.objects.update(state="running")

    assert requeue() == 0
    row.refresh_from_db()
    analysis.refresh_from_db()
    assert (row.status, analysis.state) == (TaskResultStatus.FAILED, "failed")


def test_work_that_never_reached_a_worker_is_given_to_it(analysis, city):
    errand = begin(city.round, Errand.Kind.INVITE, by=city.users["analyst"], channel="list")

    assert requeue() == 2
    assert requeue() == 0
    waiting = {(r.task_path, *r.args_kwargs["args"]) for r in DBTaskResult.objects.all()}
    assert waiting == {
        (run_analysis.module_path, analysis.pk),
        (run_errand.module_path, errand.pk),
    }


def test_every_row_with_a_state_of_work_is_looked_after(db):
    for task, rows, states in WORK:
        known = dict(rows._meta.get_field("state").choices)
        assert {*states, "failed"} <= set(known), task.module_path
