"""What happens to every request besides being answered: language, caching, and errors in words."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from taji.base.errors import TajiError
from taji.base.text import LANGUAGES
from taji.web.speech import TAGS

Answer = Callable[[HttpRequest], HttpResponse]


def language(get_response: Answer) -> Answer:
    """Choose the reader's language: ``?lang=``, then the cookie, then the browser, then Chinese."""

    def answer(request: HttpRequest) -> HttpResponse:
        named = request.GET.get("lang")
        kept = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        chosen = next((name for name in (named, kept) if name in LANGUAGES), None)
        tag = TAGS[chosen] if chosen else _of_browser(request)
        with translation.override(tag):
            request.LANGUAGE_CODE = tag
            response = get_response(request)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        response.headers.setdefault("Content-Language", tag)
        if named in LANGUAGES and named != kept:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                named,
                max_age=365 * 24 * 3600,
                samesite="Lax",
                secure=settings.HTTPS,
                httponly=True,
            )
        return response

    return answer


def _of_browser(request: HttpRequest) -> str:
    first = request.headers.get("Accept-Language", "").split(",")[0].strip().lower()
    return TAGS["en"] if first.startswith("en") else TAGS["zh"]


class PrivateByDefault:
    """Pages are kept by no cache unless a view says otherwise: a shared computer tells nobody."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and forbid keeping."""
        response = self.get_response(request)
        if "Cache-Control" not in response.headers:
            add_never_cache_headers(response)
        return response


class SaidErrors:
    """An error of ours that no view caught becomes a page that says what to do next."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Say an error of the family; leave every other to Django."""
        if not isinstance(error, TajiError):
            return None
        return render(request, "errors/said.html", {"error": error}, status=422)
