"""How pages of a portrait go out: as one that may run nothing, and how long others may keep it.

Decides headers. Who may read what is decided by the routes.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import condition

from taji.store.manifest import code_digest
from taji.web.publishing.models import Portrait
from taji.web.speech import language

__all__ = ["page_response", "public_stamp", "shared"]

#: How long others may keep a public page or file without asking. [seconds]
KEPT = 300
POLICY = (
    "default-src 'none'; style-src {styles}; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def page_response(path: Path) -> HttpResponse:
    """Serve a self-contained report; only the styles that stand in it may apply, no script runs."""
    text, policy = _page(path)
    response = HttpResponse(text, content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = policy
    response["X-Content-Type-Options"] = "nosniff"
    return response


@lru_cache(maxsize=16)
def _page(path: Path) -> tuple[bytes, str]:
    text = path.read_bytes()
    styles = [
        f"'sha256-{b64encode(hashlib.sha256(one).digest()).decode()}'"
        for one in re.findall(rb"<style>(.*?)</style>", text, re.DOTALL)
    ]
    return text, POLICY.format(styles=" ".join(styles) or "'none'")


def public_stamp() -> str:
    """What all public pages depend on: which portraits are public, and which were retired when."""
    rows = Portrait.objects.filter(published_at__isnull=False).order_by("pk")
    told = repr(list(rows.values_list("pk", "manifest_sha256", "retired_at")))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def shared(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let caches keep a page that nobody is signed in to, and answer 304 where it stands."""

    def etag(request: HttpRequest, **kwargs: Any) -> str | None:
        if request.user.is_authenticated:
            return None
        return f'"{public_stamp()}-{language()}-{code_digest()[:12]}"'

    conditional = condition(etag_func=etag)(view)

    @wraps(view)
    def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = conditional(request, **kwargs)
        private = request.user.is_authenticated or "lang" in request.GET
        response["Cache-Control"] = "private, max-age=0" if private else f"public, max-age={KEPT}"
        return response

    return answer
