"""What every page of a job tells: how far it is, where it is told, whether its worker died."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from taji.web.publishing.alive import is_alive
from taji.web.publishing.models import Job, Made

__all__ = ["progress_part", "told"]


def told(job: Job, page: str, progress: str, again: str) -> dict[str, Any]:
    """Return a job with its addresses, by the names of their routes, and whether its worker died."""
    return {
        "job": job,
        "page_url": reverse(page, args=[job.pk]),
        "progress_url": reverse(progress, args=[job.pk]),
        "again_url": reverse(again, args=[job.pk]),
        "stalled": job.state == Made.RUNNING and not is_alive(job),
    }


def progress_part(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Answer with the part of the page that tells how far a job is; once it ended, renew the page."""
    if not context["job"].pending:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "publishing/progress.html", context)
