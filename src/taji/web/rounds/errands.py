"""Work for a round in the background: asked for by a person, done by a job, told on a page.

Decides how an errand begins and ends. What it does stands in ``drawing``, ``inviting``,
``mailing``, ``chasing`` and ``importing``; a run that was cut off begins again and finds what is
left to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import LANGUAGES
from taji.web.audit.log import record
from taji.web.people.models import Role, User
from taji.web.rounds.models import Errand, Round

__all__ = ["BUSY", "begin", "district_of", "keep", "running"]

BUSY = (Errand.State.QUEUED, Errand.State.RUNNING)


def district_of(user: User) -> str:
    """Return the district that an analyst is limited to; empty is the whole city."""
    held = [m.district for m in user.held if m.role == Role.ANALYST]
    return "" if "" in held or not held else held[0]


def begin(its: Round, kind: str, *, by: User, **request: Any) -> Errand:
    """Note an errand; the caller lets its job run after the transaction."""
    with transaction.atomic():
        made = Errand.objects.create(
            round=its, kind=kind, by=by, district=district_of(by), request=request
        )
        record(f"round.{kind}", actor=by, subject=f"round:{its.slug}", errand=made.pk, **request)
    return made


@contextmanager
def running(errand: Errand) -> Iterator[None]:
    """Say on the errand that it runs, and how it ended."""
    errand.state, errand.problem = Errand.State.RUNNING, {}
    errand.save(update_fields=["state", "problem"])
    try:
        yield
    except TajiError as error:
        errand.state = Errand.State.REFUSED
        errand.problem = {language: error.render(language) for language in LANGUAGES}
        errand.save(update_fields=["state", "problem"])
    except Exception:
        errand.state = Errand.State.FAILED
        errand.save(update_fields=["state"])
        raise
    else:
        if errand.state == Errand.State.RUNNING:
            errand.state, errand.done_at = Errand.State.DONE, timezone.now()
        errand.save()


def keep(errand: Errand, name: str, content: bytes) -> str:
    """Keep a file that an errand made; return its name in storage."""
    folder = Path(errand.upload.name).parent if errand.upload else Path(f"errands/{errand.pk}")
    return str(default_storage.save(f"{folder}/{name}", ContentFile(content)))
