"""Hand a file out: always as an attachment, never to be guessed at, its name in any script."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

__all__ = ["attachment", "stored", "streamed"]


def attachment(content: bytes, name: str, kind: str) -> HttpResponse:
    """Answer with bytes made just now."""
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = _disposition(name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def streamed(parts: Iterable[bytes], name: str, kind: str) -> StreamingHttpResponse:
    """Answer with a file that is made while it goes out."""
    response = StreamingHttpResponse(parts, content_type=kind)
    response.headers["Content-Disposition"] = _disposition(name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def stored(file: Any, name: str, kind: str = "application/octet-stream") -> FileResponse:
    """Answer with a file that the platform keeps."""
    response = FileResponse(file.open("rb"), content_type=kind)
    response.headers["Content-Disposition"] = _disposition(name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _disposition(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"
