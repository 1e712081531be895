"""What this part does in the background."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from taji.web.answering.peers import make_peers
from taji.web.rounds.models import Round

__all__ = ["refresh_peers"]


@task()
def refresh_peers(round_id: int) -> int:
    """Make the scores that firms are placed among; running again makes the same files."""
    return make_peers(Round.objects.get(pk=round_id), now=timezone.now())
