"""The background work of this part, and how every such work ends: whole or not at all.

A job that dies leaves its row pending, its lock open and an unfinished folder; begun again
(``taji.web.requeueing``), it starts over.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable

from django.utils import timezone
from django_tasks import task

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.store.manifest import MANIFEST_NAME
from taji.web.audit.log import record
from taji.web.publishing import changing, making
from taji.web.publishing.alive import held
from taji.web.publishing.files import moved_in, working
from taji.web.publishing.models import Comparison, Job, Made, Portrait
from taji.web.publishing.progress import RowSteps
from taji.web.rounds.models import Round

__all__ = ["enqueue", "make_comparison", "make_portrait", "tell", "work"]

logger = logging.getLogger(__name__)

UNFORESEEN = Text(
    zh="塔基内部出错（{kind}）。数据未被改动。请重新生成；如再次失败，请把服务器日志交给维护人员。",
    en="Taji failed inside ({kind}). No data was changed. Ask for it again; if it fails again, give "
    "the server's log to whoever maintains it.",
)


@task()
def make_portrait(portrait_id: int) -> None:
    """Make a portrait, whole or not at all."""
    job = Portrait.objects.select_related("round", "asked_by").filter(pk=portrait_id).first()
    if job is not None:
        work(job, _portrait)


@task()
def make_comparison(comparison_id: int) -> None:
    """Compare two rounds, whole or not at all."""
    job = Comparison.objects.select_related("before", "after", "asked_by")
    found = job.filter(pk=comparison_id).first()
    if found is not None:
        work(found, _comparison)


def enqueue(job: Job) -> None:
    """Hand a job to the worker."""
    (make_portrait if isinstance(job, Portrait) else make_comparison).enqueue(job.pk)


def work(
    job: Job, make: Callable[[Job], None], *, words: Callable[[Text], Text] = lambda told: told
) -> None:
    """Do a job that nobody else does, and write how it ended; ``words``: a fault as its page says it."""
    with held(job) as ours:
        if not ours:
            return
        job.refresh_from_db(fields=["state"])
        if not job.pending:
            return
        tell(job, state=Made.RUNNING)
        try:
            make(job)
        except making.Refused as refused:
            problem = Text(
                zh=f"答卷被退回（{refused.tally}）。请按清单更正后重新生成。",
                en=f"The answers were refused ({refused.tally}). Correct what is listed and ask again.",
            )
            _end(job, Made.REFUSED, problem)
        except TajiError as error:
            _end(job, Made.FAILED, words(Text(zh=error.render("zh"), en=error.render("en"))))
        except Exception as error:
            logger.exception("job %s %s failed", type(job).__name__, job.pk)
            kind = type(error).__name__
            problem = Text(zh=UNFORESEEN.zh.format(kind=kind), en=UNFORESEEN.en.format(kind=kind))
            _end(job, Made.FAILED, problem)


def _portrait(job: Job) -> None:
    assert isinstance(job, Portrait)
    job.of_frozen = job.round.state == Round.State.FROZEN
    with working(job) as place:
        job.rows = making.make(job, place, steps=RowSteps(job, steps=making.STEPS))
        job.manifest_sha256 = hashlib.sha256((place / MANIFEST_NAME).read_bytes()).hexdigest()
        job.folder = moved_in(job, place)
    tell(
        job,
        state=Made.DONE,
        folder=job.folder,
        rows=job.rows,
        of_frozen=job.of_frozen,
        manifest_sha256=job.manifest_sha256,
        share=1.0,
        problem={},
        done_at=timezone.now(),
    )
    record(
        "portrait.made",
        actor=job.asked_by,
        subject=f"portrait:{job.pk}",
        round=job.round.slug,
        firms=job.rows,
        manifest=job.manifest_sha256,
    )


def _comparison(job: Job) -> None:
    assert isinstance(job, Comparison)
    with working(job) as place:
        changing.make(job, place, steps=RowSteps(job, steps=changing.STEPS))
        job.folder = moved_in(job, place)
    tell(job, state=Made.DONE, folder=job.folder, share=1.0, problem={}, done_at=timezone.now())
    record(
        "comparison.made",
        actor=job.asked_by,
        subject=f"comparison:{job.pk}",
        before=job.before.slug,
        after=job.after.slug,
    )


def _end(job: Job, state: Made, problem: Text) -> None:
    tell(job, state=state, problem=problem.model_dump(), done_at=timezone.now())


def tell(job: Job, **values: object) -> None:
    """Write on the row of a job what became of it."""
    type(job).objects.filter(pk=job.pk).update(**values)
