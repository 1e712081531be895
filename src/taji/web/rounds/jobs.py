"""What is done for a round in the background: each job runs one errand."""

from __future__ import annotations

from collections.abc import Callable

from django_tasks import task

from taji.web.rounds import chasing, drawing, importing, inviting, mailing
from taji.web.rounds.models import Errand

__all__ = ["run_errand"]

Kind, State = Errand.Kind, Errand.State

_VERBS: dict[str, Callable[[Errand], None]] = {
    Kind.DRAW: drawing.draw,
    Kind.INVITE: inviting.invite,
    Kind.LETTERS: inviting.make_letters,
    Kind.MAIL: mailing.send,
    Kind.PHONE: chasing.list_phones,
    Kind.ANSWERS: importing.step,
}


@task()
def run_errand(errand_id: int) -> None:
    """Do what an errand asks; one that is done is not done again."""
    errand = Errand.objects.select_related("round", "by").get(pk=errand_id)
    if errand.state in (State.DONE, State.READ, State.REFUSED):
        return
    _VERBS[errand.kind](errand)
