"""What a bureau decides about portraits: ask for one, publish it, retire it, compare two rounds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from django.db import transaction
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.store.manifest import Manifest
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.publishing.jobs import enqueue
from taji.web.publishing.models import Comparison, Job, Made, Portrait
from taji.web.rounds.models import Round

__all__ = [
    "ChangedFilesError",
    "NotPublishableError",
    "ask_again",
    "ask_comparison",
    "ask_portrait",
    "publish",
    "retire",
    "unpublishable",
]


class NotPublishableError(TajiError):
    """A portrait may not be shown to the public, or no longer changed."""

    code = "web.not_publishable"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "画像 {portrait} 不能发布：{reason}",
        "en": "Portrait {portrait} cannot be published: {reason}",
    }


class ChangedFilesError(TajiError):
    """Files of a portrait are not those that were made."""

    code = "web.changed_files"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "画像 {portrait} 的文件 {file} 与生成时不同，未发布。请重新生成画像，并请管理员查看服务器。",
        "en": "The file {file} of portrait {portrait} is not the one that was made; nothing was "
        "published. Make the portrait again, and have the administrator look at the server.",
    }


class NoReasonError(TajiError):
    """A retirement was not explained."""

    code = "web.no_reason"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "请写明撤下的原因：读者会在原处看到它。",
        "en": "Say why it is retired: readers will find the reason in its place.",
    }


NOT_DONE = Text(
    zh="尚未生成完毕。请等待，或重新生成。", en="it is not made yet. Wait, or ask again."
)
NOT_FROZEN = Text(
    zh="它不是由冻结后的答卷生成的。请先冻结轮次，再重新生成。",
    en="it was not made from the answers of a frozen round. Freeze the round, then make it again.",
)
TWICE = Text(
    zh="本轮已有公开的画像。请先写明原因将其撤下。",
    en="a portrait of this round is public already. Retire that one first, with a reason.",
)
RETIRED = Text(zh="它已被撤下。请重新生成。", en="it was retired. Make a new one.")


def ask_portrait(its: Round, *, by: User) -> Portrait:
    """Ask for a portrait of a round as it stands; one that is on its way already is given back."""
    with transaction.atomic():
        Round.objects.select_for_update().get(pk=its.pk)
        waiting = its.portraits.filter(state__in=(Made.QUEUED, Made.RUNNING)).first()
        if waiting is not None:
            return waiting
        portrait: Portrait = its.portraits.create(asked_by=by)
        record("portrait.ask", actor=by, subject=f"portrait:{portrait.pk}", round=its.slug)
        transaction.on_commit(partial(enqueue, portrait))
    return portrait


def ask_comparison(before: Round, after: Round, *, by: User) -> Comparison:
    """Ask for the change from one round to another."""
    with transaction.atomic():
        comparison = Comparison.objects.create(before=before, after=after, asked_by=by)
        record(
            "comparison.ask",
            actor=by,
            subject=f"comparison:{comparison.pk}",
            before=before.slug,
            after=after.slug,
        )
        transaction.on_commit(partial(enqueue, comparison))
    return comparison


def ask_again(job: Job, *, by: User, start: Callable[[Job], None] = enqueue) -> None:
    """Start a job again that failed, was refused, or that nobody works on any more."""
    with transaction.atomic():
        held = type(job).objects.select_for_update().get(pk=job.pk)
        if held.state == Made.DONE:
            return
        held.state, held.share, held.problem, held.done_at = Made.QUEUED, None, {}, None
        held.step_zh = held.step_en = ""
        held.save()
        kind = type(job).__name__.lower()
        record(f"{kind}.again", actor=by, subject=f"{kind}:{job.pk}")
        transaction.on_commit(partial(start, held))


def unpublishable(portrait: Portrait) -> Text | None:
    """Say why a portrait may not be published now, or None where it may."""
    if portrait.state != Made.DONE:
        return NOT_DONE
    if portrait.retired_at is not None:
        return RETIRED
    if not portrait.of_frozen:
        return NOT_FROZEN
    others = Portrait.objects.filter(round=portrait.round_id, published_at__isnull=False)
    return TWICE if others.filter(retired_at=None).exists() else None


def publish(portrait: Portrait, *, by: User) -> None:
    """Open a portrait to everybody; from then on it stands as it is until it is retired.

    Raises
    ------
    NotPublishableError
        If it is not whole, not of a frozen round, or another of the round is public.
    ChangedFilesError
        If a file is not the one that was made.
    """
    with transaction.atomic():
        held = Portrait.objects.select_for_update(of=("self",)).select_related("round")
        found = held.get(pk=portrait.pk)
        reason = unpublishable(found)
        if reason is not None:
            raise NotPublishableError(portrait=found.pk, reason=reason)
        changed = Manifest.read(found.path).changed_files(found.path)
        for change in changed:
            if change.kind in ("input", "output"):
                raise ChangedFilesError(portrait=found.pk, file=change.name)
        found.published_at, found.published_by = timezone.now(), by
        found.save(update_fields=["published_at", "published_by"])
        record(
            "portrait.publish",
            actor=by,
            subject=f"portrait:{found.pk}",
            round=found.round.slug,
            manifest=found.manifest_sha256,
        )


def retire(portrait: Portrait, *, by: User, because: str) -> None:
    """Take a published portrait back; its place tells the reason.

    Raises
    ------
    NoReasonError
        If no reason is given.
    """
    because = because.strip()
    if not because:
        raise NoReasonError()
    with transaction.atomic():
        found = Portrait.objects.select_for_update(of=("self",)).get(pk=portrait.pk)
        if not found.is_public:
            return
        found.retired_at, found.retired_by = timezone.now(), by
        found.retired_because = because[:300]
        found.save(update_fields=["retired_at", "retired_by", "retired_because"])
        record("portrait.retire", actor=by, subject=f"portrait:{found.pk}", because=because[:300])
