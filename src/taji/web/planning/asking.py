"""Ask for a roadmap, and keep the last few that each person asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.db import transaction

from taji.web.answering.models import Sheet, Submission
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.planning.models import Roadmap
from taji.web.publishing.models import Job, Made

__all__ = ["KEPT", "ask_roadmap", "start"]

#: Roadmaps of a firm that are kept of those that one person asked for.
KEPT = 10


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


def start(job: Job) -> None:
    """Hand a job of this part to the worker."""
    from taji.web.planning.jobs import make_roadmap

    make_roadmap.enqueue(job.pk)
