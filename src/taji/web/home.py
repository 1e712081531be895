"""The front door: what the city has published, and the way in for everybody else."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from taji.web.access import everyone
from taji.web.menu import menu
from taji.web.publishing.findings import findings_of
from taji.web.publishing.public import latest
from taji.web.publishing.serving import shared
from taji.web.speech import language

__all__ = ["health", "home"]


#: Findings of the latest portrait that the front page shows.
FIRST = 4


@everyone
@shared
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, what the city found last, and lead each reader to the right door."""
    portrait = latest()
    findings = () if portrait is None else findings_of(portrait, language())
    context = {
        "portrait": portrait,
        "findings": [one for one in findings if one.figure][:FIRST],
        "simulated": portrait is not None and portrait.round.simulated,
        "places": menu(request),
    }
    return render(request, "home.html", context)


@everyone
def health(request: HttpRequest) -> HttpResponse:
    """Answer a watchdog: the server runs and the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True})
