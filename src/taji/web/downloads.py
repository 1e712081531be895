"""Hand a file out: always as an attachment, never to be guessed at, its name in any script."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from pathlib import Path

from django.core.files.base import File
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

__all__ = ["BYTES", "attachment", "stored", "streamed"]

#: The type of a file of which nothing is said.
BYTES = "application/octet-stream"
mimetypes.add_type("application/vnd.apache.parquet", ".parquet")


def attachment(content: bytes, name: str, kind: str) -> HttpResponse:
    """Answer with bytes made just now."""
    response = HttpResponse(content, content_type=kind)
    _head(response, name)
    return response


def streamed(parts: Iterable[bytes], name: str, kind: str) -> StreamingHttpResponse:
    """Answer with a file that is made while it goes out."""
    response = StreamingHttpResponse(parts, content_type=kind)
    _head(response, name)
    return response


def stored(file: Path | File[bytes], name: str, kind: str = "") -> FileResponse:
    """Answer with a file that the platform keeps; of the type that its name tells, if none is said."""
    kind = kind or mimetypes.guess_type(name)[0] or BYTES
    response = FileResponse(file.open("rb"), content_type=kind)
    _head(response, name)
    return response


def _head(response: HttpResponseBase, name: str) -> None:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    response.headers["Content-Disposition"] = disposition or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
