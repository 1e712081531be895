"""What every page knows: the language, who reads it, and where that person can go."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from taji.web.menu import menu
from taji.web.speech import TAGS, language


def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every template."""
    reader = language()
    return {
        "language": reader,
        "language_tag": TAGS[reader],
        "other_language": "en" if reader == "zh" else "zh",
        "menu": menu(request),
        "public_url": settings.PUBLIC_URL,
    }
