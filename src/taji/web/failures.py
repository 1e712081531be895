"""The pages for what cannot be shown: not found, not allowed, forged, failed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

__all__ = ["failed", "forbidden", "forged", "missing"]


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is nothing here, or nothing that this reader may see."""
    return render(request, "errors/missing.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that this account may not do that."""
    return render(request, "errors/forbidden.html", status=403)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old or came from elsewhere; nothing was changed."""
    return render(request, "errors/forged.html", status=403)


def failed(request: HttpRequest) -> HttpResponse:
    """Say that something failed inside."""
    return render(request, "errors/failed.html", status=500)
