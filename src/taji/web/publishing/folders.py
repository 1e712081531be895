"""Where the files of a portrait lie."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from taji.web.publishing.models import Portrait

__all__ = ["estimates_file"]


def estimates_file(portrait: Portrait) -> Path:
    """Return the published table of a portrait."""
    return Path(settings.FILES) / portrait.folder / "estimates.csv"
