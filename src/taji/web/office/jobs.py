"""What the office has done in the background: comparisons of models, backups."""

from __future__ import annotations

from django.conf import settings
from django_tasks import task

from taji.web.office.models import Switch
from taji.web.office.switching import failed, work_out

__all__ = ["compare", "keep_backup"]


@task()
def compare(switch_id: int) -> None:
    """Work out whom a new version would move."""
    switch = Switch.objects.select_related("pack").get(pk=switch_id)
    try:
        work_out(switch)
    except Exception:
        failed(switch)
        raise


@task()
def keep_backup(name: str) -> None:
    """Write a backup into the folder of backups."""
    from taji.web.office.backup import back_up

    back_up(settings.HOME / "backups" / name, home=settings.HOME)
