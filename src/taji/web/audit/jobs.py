"""Work of the audit that a page does not wait for."""

from __future__ import annotations

from django_tasks import task

from taji.web.audit.models import Replay
from taji.web.audit.replaying import replay
from taji.web.publishing.models import Made

__all__ = ["run_replay"]


@task()
def run_replay(replay_id: int) -> None:
    """Replay a portrait; may run again."""
    try:
        replay(Replay.objects.select_related("portrait", "asked_by").get(pk=replay_id))
    except Exception:
        Replay.objects.filter(pk=replay_id).update(state=Made.FAILED)
        raise
