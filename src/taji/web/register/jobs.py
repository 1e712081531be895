"""What is done to the register in the background."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django_tasks import task

from taji.base.errors import TajiError
from taji.base.text import LANGUAGES
from taji.web.register import importing
from taji.web.register.models import RegisterImport

__all__ = ["apply_import", "read_import"]

State = RegisterImport.State


@task()
def read_import(import_id: int) -> None:
    """Read an uploaded file."""
    its = RegisterImport.objects.select_related("by").get(pk=import_id)
    if its.state not in (State.QUEUED, State.READING, State.FAILED):
        return
    with _told(its, State.READING):
        importing.read(its)


@task()
def apply_import(import_id: int) -> None:
    """Write a confirmed file into the register."""
    its = RegisterImport.objects.select_related("by").get(pk=import_id)
    if its.state not in (State.WAITING, State.RUNNING, State.FAILED):
        return
    with _told(its, State.RUNNING):
        importing.apply(its)


@contextmanager
def _told(its: RegisterImport, state: str) -> Iterator[None]:
    """Say on the import how its job ended."""
    its.state, its.problem = state, {}
    its.save(update_fields=["state", "problem"])
    try:
        yield
    except TajiError as error:
        its.state = State.REFUSED
        its.problem = {language: error.render(language) for language in LANGUAGES}
        its.save(update_fields=["state", "problem"])
    except Exception:
        its.state = State.FAILED
        its.save(update_fields=["state"])
        raise
