"""Pages on which a clerk enters what a firm answered on paper: section by section, then handed in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from taji.base.errors import TajiError
from taji.web.access import own_district, to
from taji.web.answering.checking import check, progress
from taji.web.answering.filling import keep_page
from taji.web.answering.giving import STOPPED
from taji.web.answering.models import AnswerEvent, Sheet
from taji.web.answering.pages import page_of
from taji.web.people.models import Role
from taji.web.rounds.asked import Asked, AskedSection, asked_of
from taji.web.rounds.finding import case_by
from taji.web.rounds.models import Case, Round
from taji.web.rounds.paper import hand_in, sheet_of
from taji.web.speech import language, say

OF_DISTRICT = {Role.ANALYST: own_district}


@to(Role.ANALYST, find=case_by, opens=OF_DISTRICT)
def paper(request: HttpRequest, case_id: int) -> HttpResponse:
    """Show a section of the paper and keep what is entered."""
    its: Case = request.subject
    if its.round.state != Round.State.OPEN or its.state in STOPPED:
        messages.error(
            request,
            say("这家企业现在不能代录", "Nothing can be entered for this firm now"),
        )
        return redirect("rounds:case", case_id=case_id)
    asked = asked_of(its.round)
    section = _section(asked, request.GET.get("section", ""))
    if request.method != "POST":
        sheet = Sheet.objects.filter(case=its, track=Sheet.Track.FIRM).first() or Sheet(case=its)
        return _page(request, its, sheet, section, asked)
    sheet = sheet_of(its)
    kept = keep_page(
        sheet,
        section,
        request.POST,
        asked=asked,
        by=request.user,
        consent=None,
        source=AnswerEvent.Source.PAPER,
    )
    if kept.failed:
        return _page(request, its, sheet, section, asked, tried=kept.texts, failed=kept.failed)
    messages.success(request, say("本页已保存", "This page is saved"))
    return redirect(_address(its, section if kept.more else _after(asked, section)))


@require_POST
@to(Role.ANALYST, find=case_by, opens=OF_DISTRICT)
def paper_submit(request: HttpRequest, case_id: int) -> HttpResponse:
    """Hand in for the firm."""
    its: Case = request.subject
    try:
        made = hand_in(its, note=request.POST.get("note", ""), by=request.user)
    except TajiError as error:
        messages.error(request, error.render(language()))
        return redirect("rounds:paper", case_id=case_id)
    messages.success(request, say("已代为提交第 {n} 版", "Handed in as version {n}", n=made.number))
    return redirect("rounds:case", case_id=case_id)


def _page(
    request: HttpRequest,
    its: Case,
    sheet: Sheet,
    section: AskedSection,
    asked: Asked,
    **tried: Any,
) -> HttpResponse:
    return render(
        request,
        "rounds/paper.html",
        {
            "case": its,
            "round": its.round,
            "section": section,
            "parts": progress(asked, sheet.values),
            "puts": page_of(sheet, section, asked, language(), **tried),
            "found": check(asked, sheet.values),
            "failed": tried.get("failed"),
            "sheet": sheet,
        },
        status=422 if tried else 200,
    )


def _section(asked: Asked, name: str) -> AskedSection:
    return next((s for s in asked.sections if s.id == name), asked.sections[0])


def _after(asked: Asked, section: AskedSection) -> AskedSection:
    place = asked.sections.index(section) + 1
    return asked.sections[min(place, len(asked.sections) - 1)]


def _address(its: Case, section: AskedSection) -> str:
    return f"{reverse('rounds:paper', args=[its.pk])}?section={section.id}"
