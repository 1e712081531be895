"""Whom and from where: what limits on failed sign-ins are counted by.

Behind a proxy every connection comes from the proxy; what it says of the caller counts only as far
as the proxies are the bureau's own (``TAJI_PROXIES``), for anybody can write such a header.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest

__all__ = ["account_name", "address"]


def address(request: HttpRequest) -> str:
    """Return the caller's address as the outermost trusted proxy saw it."""
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    trusted = settings.TRUSTED_PROXIES
    if 0 < trusted <= len(told) and told[-trusted]:
        return told[-trusted]
    return str(request.META.get("REMOTE_ADDR", ""))


def account_name(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str:
    """Return the account that is tried; ``WANG`` opens the same one as ``wang`` and counts as it."""
    return (credentials or {}).get("username", "").strip().lower()
