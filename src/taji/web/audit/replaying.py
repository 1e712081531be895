"""Compute a published portrait again in the background, and say what came of it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.desk.steps import Steps
from taji.desk.verifying import verify
from taji.store.manifest import MANIFEST_NAME, fingerprint
from taji.web.audit.log import record
from taji.web.audit.models import Replay
from taji.web.people.models import User
from taji.web.publishing.models import Made, Portrait

__all__ = ["ask_replay", "folder_of", "replay"]

OTHER_MANIFEST = Text(
    zh="清单 manifest.json 已不是发布时记录的那一份（记录 {recorded}，现为 {found}）",
    en="manifest.json is not the one recorded when the portrait was made (recorded {recorded}, now "
    "{found})",
)


class _RowSteps:
    """Writes the step that is being done into the row, for the page to show."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay

    def begin(self, title: Text) -> None:
        """Write the step."""
        Replay.objects.filter(pk=self.replay.pk).update(step_zh=title.zh, step_en=title.en)

    def advance(self, done: int, total: int | None) -> None:
        """Rows within a step are not written: each would be a commit."""


def folder_of(portrait: Portrait) -> Path:
    """Return where a portrait's files lie."""
    return Path(settings.FILES) / portrait.folder


@transaction.atomic
def ask_replay(portrait: Portrait, *, by: User) -> Replay:
    """Put a replay into the queue, or return the one that waits there."""
    from taji.web.audit.jobs import run_replay

    waiting = Replay.objects.filter(portrait=portrait, state=Made.QUEUED).first()
    if waiting is not None:
        return waiting
    made = Replay.objects.create(portrait=portrait, asked_by=by)
    record("audit.replay", actor=by, subject=f"portrait:{portrait.pk}", replay=made.pk)
    transaction.on_commit(lambda: run_replay.enqueue(made.pk))
    return made


def replay(made: Replay) -> None:
    """Replay one portrait and keep the outcome, in the row and in the log."""
    Replay.objects.filter(pk=made.pk).update(state=Made.RUNNING)
    portrait, folder = made.portrait, folder_of(made.portrait)
    differences: list[Text] = []
    remarks: list[Text] = []
    steps: Steps = _RowSteps(made)
    try:
        found = fingerprint(folder / MANIFEST_NAME, relative_to=folder).sha256
        if found != portrait.manifest_sha256:
            facts = {"recorded": portrait.manifest_sha256[:16], "found": found[:16]}
            differences.append(
                Text(zh=OTHER_MANIFEST.zh.format(**facts), en=OTHER_MANIFEST.en.format(**facts))
            )
        result = verify(folder, steps=steps)
        differences += result.differences
        remarks += result.remarks
    except (TajiError, OSError) as error:
        differences.append(_told(error))
    with transaction.atomic():
        Replay.objects.filter(pk=made.pk).update(
            state=Made.DONE,
            holds=not differences,
            differences=[one.model_dump() for one in differences],
            remarks=[one.model_dump() for one in remarks],
            done_at=timezone.now(),
        )
        record(
            "audit.replayed",
            actor=made.asked_by,
            subject=f"portrait:{portrait.pk}",
            replay=made.pk,
            holds=not differences,
            differences=len(differences),
            manifest=portrait.manifest_sha256,
        )


def _told(error: TajiError | OSError) -> Text:
    if isinstance(error, TajiError):
        return Text(zh=error.render("zh"), en=error.render("en"))
    name = Path(str(error.filename)).name
    return Text(zh=f"无法读取 {name}", en=f"{name} cannot be read")
