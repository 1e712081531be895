"""The front door: what the city has published, and the way in for everybody else."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from taji.web.access import everyone

__all__ = ["health", "home"]


@everyone
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is and lead each reader to the right door."""
    return render(request, "home.html")


@everyone
def health(request: HttpRequest) -> HttpResponse:
    """Answer a watchdog: the server runs and the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True})
