"""Work of the visits that a page does not wait for."""

from __future__ import annotations

from django_tasks import task

from taji.web.fieldwork.analysing import analyse
from taji.web.fieldwork.models import Analysis
from taji.web.publishing.models import Made

__all__ = ["run_analysis"]


@task()
def run_analysis(analysis_id: int) -> None:
    """Compute an analysis; may run again."""
    made = Analysis.objects.select_related("round").get(pk=analysis_id)
    try:
        analyse(made)
    except Exception:
        Analysis.objects.filter(pk=analysis_id).update(state=Made.FAILED)
        raise
