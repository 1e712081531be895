"""The sheet: page by page, each answer as it is given, then the look-over and handing in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taji.base.errors import TajiError
from taji.web.access import to
from taji.web.answering.checking import check, progress
from taji.web.answering.filling import keep_page
from taji.web.answering.giving import (
    STOPPED,
    ConflictError,
    Given,
    KeyTakenError,
    RefusedError,
    give,
)
from taji.web.answering.models import Consent, Sheet
from taji.web.answering.pages import conflict_of, page_of
from taji.web.answering.reach import Reach, answers_part, answers_whole, reach
from taji.web.answering.submitting import IncompleteError, changed_since, submit
from taji.web.answering.views.finding import sheet_by
from taji.web.answering.words import typed
from taji.web.people.models import Role
from taji.web.rounds.asked import Asked, AskedSection, asked_of
from taji.web.rounds.models import Round
from taji.web.speech import language, say

__all__ = ["hand_in", "look_over", "page", "save"]


@to(Role.FIRM, find=sheet_by, opens={Role.FIRM: answers_part})
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, sheet_id: int, section_slug: str) -> HttpResponse:
    """Show a section; keep what a browser without scripts posts."""
    sheet: Sheet = request.subject
    own, asked = _reach(request, sheet), asked_of(sheet.case.round)
    section = _section(asked, section_slug, own)
    if _not_now(sheet, own):
        return redirect("firm:home")
    if request.method != "POST":
        return _page(request, sheet, section, asked, own)
    consent = Consent(pk=own.consent)
    kept = keep_page(sheet, section, request.POST, asked=asked, by=request.user, consent=consent)
    if kept.failed:
        return _page(request, sheet, section, asked, own, tried=kept.texts, failed=kept.failed)
    if kept.more:
        messages.info(
            request,
            say(
                "根据您的回答，本页多了题目。",
                "Your answers bring up further questions on this page.",
            ),
        )
        return redirect("firm:page", sheet.pk, section.id)
    return redirect(_onward(request.POST.get("go", "next"), sheet, section, asked, own))


def _page(
    request: HttpRequest,
    sheet: Sheet,
    section: AskedSection,
    asked: Asked,
    own: Reach,
    **tried: Any,
) -> HttpResponse:
    pages = [s for s in asked.sections if own.opens(s.id)]
    place = pages.index(section)
    context = {
        "sheet": sheet,
        "round": sheet.case.round,
        "section": section,
        "puts": page_of(sheet, section, asked, language(), **tried),
        "place": place + 1,
        "pages": len(pages),
        "before": pages[place - 1] if place else None,
        "after": pages[place + 1] if place + 1 < len(pages) else None,
        "whole": own.whole,
        "failed": tried.get("failed"),
        "progress": next(p for p in progress(asked, sheet.values) if p.section is section),
        "simulated": sheet.case.round.simulated,
    }
    return render(request, "answering/page.html", context, status=422 if tried else 200)


@to(Role.FIRM, find=sheet_by, opens={Role.FIRM: answers_part})
@require_POST
def save(request: HttpRequest, sheet_id: int) -> JsonResponse:
    """Keep one answer and say so once it is on the disk."""
    sheet: Sheet = request.subject
    own, asked = _reach(request, sheet), asked_of(sheet.case.round)
    one = asked.items.get(request.POST.get("item", ""))
    seen = request.POST.get("seen", "")
    if one is None or not own.opens(one.section) or not seen.isdecimal() or own.consent is None:
        raise Http404
    text, key = request.POST.get("text", ""), request.POST.get("key", "")[:40]
    try:
        saved = give(
            sheet.pk,
            Given(item=one.key, text=text, seen=int(seen), key=key),
            asked=asked,
            by=request.user,
            consent=Consent(pk=own.consent),
        )
    except ConflictError as error:
        sheet.refresh_from_db(fields=["answers"])
        now = sheet.answers[one.key]["v"]
        found = conflict_of(error, one.item, language(), value=now)
        return JsonResponse({"conflict": found}, status=409)
    except TajiError as error:
        reason = error.fields["reason"] if isinstance(error, RefusedError) else None
        told = reason[language()] if reason is not None else error.render(language())
        status = 409 if isinstance(error, KeyTakenError) else 422
        return JsonResponse({"error": told, "code": error.code}, status=status)
    return JsonResponse(
        {
            "item": saved.item,
            "number": saved.number,
            "text": typed(one.item, saved.value, language()),
            "at": timezone.localtime().strftime("%H:%M"),
        }
    )


@to(Role.FIRM, find=sheet_by, opens={Role.FIRM: answers_whole})
@require_GET
def look_over(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """Show what is missing and what looks odd, and the way to hand in."""
    sheet: Sheet = request.subject
    if _not_now(sheet, _reach(request, sheet)):
        return redirect("firm:home")
    return _look_over(request, sheet)


def _look_over(
    request: HttpRequest, sheet: Sheet, *, error: TajiError | None = None
) -> HttpResponse:
    asked = asked_of(sheet.case.round)
    context = {
        "sheet": sheet,
        "round": sheet.case.round,
        "found": check(asked, sheet.values),
        "sections": progress(asked, sheet.values),
        "changed": changed_since(sheet),
        "submission": sheet.submission,
        "error": error,
        "simulated": sheet.case.round.simulated,
    }
    return render(request, "answering/check.html", context, status=422 if error else 200)


@to(Role.FIRM, find=sheet_by, opens={Role.FIRM: answers_whole})
@require_POST
def hand_in(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """Hand in, and show the receipt."""
    sheet: Sheet = request.subject
    try:
        made = submit(sheet.pk, by=request.user)
    except IncompleteError as error:
        return _look_over(request, sheet, error=error)
    return redirect("firm:receipt", made.pk)


def _reach(request: HttpRequest, sheet: Sheet) -> Reach:
    """How far the reader reaches; the rule has let in already."""
    found = reach(request.user, sheet.case)
    if found is None:
        raise Http404
    return found


def _section(asked: Asked, name: str, own: Reach) -> AskedSection:
    found = next((s for s in asked.sections if s.id == name and own.opens(s.id)), None)
    if found is None:
        raise Http404
    return found


def _not_now(sheet: Sheet, own: Reach) -> bool:
    """Whether this is no time to answer: closed, stopped, or not agreed yet."""
    case = sheet.case
    return case.round.state != Round.State.OPEN or case.state in STOPPED or own.consent is None


def _onward(go: str, sheet: Sheet, section: AskedSection, asked: Asked, own: Reach) -> str:
    """The address that a button leads to."""
    from django.urls import reverse

    pages = [s.id for s in asked.sections if own.opens(s.id)]
    place = pages.index(section.id) + {"back": -1, "next": 1}.get(go, 0)
    if go == "home" or place < 0:
        return reverse("firm:home")
    if place >= len(pages):
        return reverse("firm:check", args=[sheet.pk]) if own.whole else reverse("firm:home")
    return reverse("firm:page", args=[sheet.pk, pages[place]])
