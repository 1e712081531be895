"""What everybody may read, signed in or not: portraits, method, open data."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from taji.store.manifest import Manifest
from taji.web.access import everyone
from taji.web.downloads import stored
from taji.web.publishing.dictionary import COLUMNS, SUPPRESSION
from taji.web.publishing.files import INTERNAL, PUBLIC
from taji.web.publishing.findings import findings_of
from taji.web.publishing.models import Portrait
from taji.web.publishing.serving import page_response, shared
from taji.web.simulated import how_simulated
from taji.web.speech import language

__all__ = ["data", "file", "latest", "method", "page", "portrait", "portraits", "published"]

PER_PAGE = 20


def published() -> QuerySet[Portrait]:
    """Portraits that everybody may read, the newest first."""
    public = Portrait.objects.filter(published_at__isnull=False, retired_at=None)
    return public.select_related("round").order_by("-published_at", "-pk")


def latest() -> Portrait | None:
    """The portrait that was published last."""
    return published().first()


def _once_public(slug: str) -> Portrait:
    """The portrait of a round that is public, or was the last to be."""
    found = Portrait.objects.filter(published_at__isnull=False, round__slug=slug)
    one = found.select_related("round").order_by("-published_at", "-pk").first()
    if one is None:
        raise Http404
    return one


def _public(slug: str) -> Portrait:
    found = _once_public(slug)
    if not found.is_public:
        raise Http404
    return found


@everyone
@require_GET
@shared
def portraits(request: HttpRequest) -> HttpResponse:
    """List what is published."""
    page = Paginator(published(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "simulated": how_simulated(one.round.simulated for one in page)}
    return render(request, "public/portraits.html", context)


@everyone
@require_GET
@shared
def portrait(request: HttpRequest, slug: str) -> HttpResponse:
    """The findings of a portrait and the way to all of it; of a retired one, why it was retired."""
    job = _once_public(slug)
    context: dict[str, Any] = {"job": job, "its": job.round, "simulated": job.round.simulated}
    if not job.is_public:
        return render(request, "public/retired.html", context, status=410)
    manifest = Manifest.read(job.path)
    context |= {
        "findings": findings_of(job, language()),
        "manifest": manifest,
        "packs": sorted(manifest.packs),
        "licence": settings.DATA_LICENCE,
    }
    return render(request, "public/portrait.html", context)


@everyone
@require_GET
@shared
def page(request: HttpRequest, slug: str, spoken: str) -> HttpResponse:
    """The whole report as one page."""
    return page_response(_public(slug).path / INTERNAL[f"portrait-{spoken}.html"])


@everyone
@require_GET
@shared
def file(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """A file that everybody may have."""
    return stored(_public(slug).path / PUBLIC[name], f"{slug}-{name}")


@everyone
@require_GET
@shared
def method(request: HttpRequest) -> HttpResponse:
    """How the numbers are made."""
    simulated = how_simulated(published().values_list("round__simulated", flat=True))
    return render(request, "public/method.html", {"simulated": simulated})


@everyone
@require_GET
@shared
def data(request: HttpRequest) -> HttpResponse:
    """Open data: every published portrait's estimates, and what their columns mean."""
    page = Paginator(published(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "simulated": how_simulated(one.round.simulated for one in page),
        "columns": COLUMNS,
        "suppression": SUPPRESSION,
        "licence": settings.DATA_LICENCE,
    }
    return render(request, "public/data.html", context)
