"""The API as one service: its errors, and the rule that its routes pass the gate by."""

from __future__ import annotations

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.renderers import JSONRenderer

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.web.access import everyone
from taji.web.answering.giving import ConflictError, FrozenError, KeyTakenError
from taji.web.api.operations import router
from taji.web.api.repeating import KeyReusedError

__all__ = ["api", "routes"]

logger = logging.getLogger(__name__)

ABOUT = (
    "Taji for programs: register, rounds, answers, scores, portraits. A token has scopes, and what "
    "its owner may do on the pages bounds what it may do here. Every write needs an "
    "`Idempotency-Key`: the same request with the same key is done once. "
    "塔基编程接口：名录、轮次、答卷、得分、画像。令牌有范围，且不超出其所有者在网页上的权限；"
    "每次写入须带 `Idempotency-Key`，同一请求重复发送只执行一次。"
)

#: Errors that are not simply refused data (422).
STATUS: dict[type[TajiError], int] = dict.fromkeys(
    (ConflictError, FrozenError, KeyReusedError, KeyTakenError), 409
)


class Plain(JSONRenderer):
    """JSON as people read it: characters as they are, in UTF-8."""

    json_dumps_params = {"ensure_ascii": False}


api = NinjaAPI(
    title="Taji",
    version="1",
    description=ABOUT,
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
    renderer=Plain(),
)
api.add_router("", router)


def _problem(
    request: HttpRequest, status: int, code: str, zh: str, en: str, **fields: Any
) -> HttpResponse:
    body = {"code": code, "zh": zh, "en": en, "fields": fields}
    return api.create_response(request, body, status=status)


@api.exception_handler(TajiError)
def _ours(request: HttpRequest, error: TajiError) -> HttpResponse:
    status = next((s for kind, s in STATUS.items() if isinstance(error, kind)), 422)
    fields = {
        name: value.model_dump() if isinstance(value, Text) else str(value)
        for name, value in error.fields.items()
    }
    return _problem(request, status, error.code, error.render("zh"), error.render("en"), **fields)


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    where = [".".join(str(part) for part in one["loc"]) for one in error.errors]
    zh = f"请求有误，见 fields：{'、'.join(where)}。参数说明见 /api/v1/。"
    en = f"the request is malformed, see fields: {', '.join(where)}. What is expected: /api/v1/."
    told = {w: one["msg"] for w, one in zip(where, error.errors, strict=True)}
    return _problem(request, 422, "web.malformed", zh, en, **told)


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    zh = "需要有效的令牌：请在请求头中写 Authorization: Bearer <令牌>。令牌可在“接口令牌”页面创建。"
    en = (
        "a valid token is needed: send Authorization: Bearer <token>. Make one on the page "
        "'API tokens'."
    )
    response = _problem(request, 401, "web.no_token", zh, en)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    zh = "该令牌没有所需的范围，或其所有者没有所需的角色。"
    en = "the token lacks the scope, or its owner the role, that this needs."
    if error.status_code != 403:
        zh, en = "请求无法读取。", "the request cannot be read."
    code = "web.not_allowed" if error.status_code == 403 else "web.malformed"
    return _problem(request, error.status_code, code, zh, en, detail=str(error))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    zh, en = "没有找到，或无权查看。", "there is nothing here, or nothing that you may see."
    return _problem(request, 404, "web.missing", zh, en)


@api.exception_handler(Exception)
def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("api: %s %s failed", request.method, request.path, exc_info=error)
    zh = "系统内部出错，请求没有完成。请稍后用同一个 Idempotency-Key 重试；若仍出现，请告知管理员。"
    en = (
        "something failed inside and the request was not completed. Try again later with the same "
        "Idempotency-Key; if it stays, tell an administrator."
    )
    return _problem(request, 500, "web.failed", zh, en)


@everyone
def openapi(request: HttpRequest) -> HttpResponse:
    """Describe the API for machines."""
    return api.create_response(request, api.get_openapi_schema(), status=200)


def routes() -> list[URLPattern]:
    """Return the routes; the gate lets all pass, for each operation holds its own rule (``Key``)."""
    patterns = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    for pattern in patterns:
        everyone(pattern.callback)
    return [*patterns, path("openapi.json", openapi, name="openapi-json")]
