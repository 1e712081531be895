"""Writes that may be repeated: the same key and request give the same answer, done once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from taji.base.errors import TajiError
from taji.base.text import Language
from taji.web.api.models import ApiToken, IdempotentWrite

__all__ = ["HEADER", "KeyReusedError", "once"]

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"


class KeyReusedError(TajiError):
    """A key that belongs to one request came with another."""

    code = "web.key_reused"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "Idempotency-Key “{key}”已用于另一个请求。请为新的请求换一个键。",
        "en": "the Idempotency-Key {key!r} belongs to another request. Use a new key for a new one.",
    }


def once(request: HttpRequest, key: str, do: Callable[[], tuple[int, Any]]) -> HttpResponse:
    """Do a write and keep its answer, or give back the answer it had.

    The write and its record are one transaction: a client that heard nothing may repeat.

    Raises
    ------
    KeyReusedError
        If the key came before with another request.
    """
    token: ApiToken = request.auth  # type: ignore[attr-defined]
    said = "\0".join((request.method or "", request.get_full_path())).encode() + request.body
    digest = hashlib.sha256(said).hexdigest()
    with transaction.atomic():
        ApiToken.objects.select_for_update().get(pk=token.pk)  # one write of a token at a time
        before = IdempotentWrite.objects.filter(token=token, key=key).first()
        if before is not None:
            if before.request_sha256 != digest:
                raise KeyReusedError(key=key)
            return _answer(before.status, before.response, replayed=True)
        status, body = do()
        IdempotentWrite.objects.create(
            token=token, key=key, request_sha256=digest, status=status, response=body
        )
    return _answer(status, body, replayed=False)


def _answer(status: int, body: Any, *, replayed: bool) -> HttpResponse:
    response = JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    response.headers[REPLAYED] = "true" if replayed else "false"
    return response
