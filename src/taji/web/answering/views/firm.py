"""The firm's rounds: where each stands, and what can be done with it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taji.base.errors import TajiError
from taji.web.access import to
from taji.web.answering.checking import Progress, progress
from taji.web.answering.entering import agree, purpose_of
from taji.web.answering.giving import STOPPED
from taji.web.answering.handing import NothingHandedError, hand, qr, take_back
from taji.web.answering.models import Sheet, Submission
from taji.web.answering.own_data import own_data, own_workbook
from taji.web.answering.reach import Reach, answers_part, answers_whole, cases_of, reach
from taji.web.answering.stopping import (
    NotMeantError,
    decline,
    rejoin,
    withdraw,
)
from taji.web.answering.submitting import changed_since
from taji.web.answering.views.finding import invitation_by
from taji.web.downloads import attachment
from taji.web.people.models import Role
from taji.web.rounds import tokens
from taji.web.rounds.asked import AskedSection, asked_of
from taji.web.rounds.finding import case_by
from taji.web.rounds.models import Case, Invitation, Round
from taji.web.speech import language, say
from taji.web.spreadsheets import XLSX

__all__ = [
    "data_json",
    "data_workbook",
    "give_section",
    "handed",
    "handed_code",
    "home",
    "start",
    "stop",
    "take_section_back",
    "withdrawal",
]


@dataclass(frozen=True, slots=True)
class Held:
    """One round of the firm as its home page shows it."""

    case: Case
    own: Reach
    sheet: Sheet | None
    sections: tuple[Progress, ...]
    versions: list[Submission]
    handed: list[tuple[Invitation, list[AskedSection]]]
    changed: bool

    @property
    def open(self) -> bool:
        """Whether answers are taken now."""
        return self.case.round.state == Round.State.OPEN and self.case.state not in STOPPED

    @property
    def stopped(self) -> bool:
        """Whether the firm takes no part."""
        return self.case.state in STOPPED

    @property
    def answered(self) -> int:
        """Answered of what is put. [items]"""
        return sum(part.answered for part in self.sections)

    @property
    def put(self) -> int:
        """What is put. [items]"""
        return sum(part.put for part in self.sections)

    @property
    def next(self) -> AskedSection | None:
        """The first section with something to answer, else the first."""
        todo = [part.section for part in self.sections if not part.done]
        return next(iter(todo or [part.section for part in self.sections]), None)


@to(Role.FIRM)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the rounds of the firm."""
    cases = cases_of(request.user)
    sheets = {
        sheet.case_id: sheet
        for sheet in Sheet.objects.filter(case__in=cases, track=Sheet.Track.FIRM).select_related(
            "submission"
        )
    }
    versions = list(
        Submission.objects.filter(sheet__in=sheets.values()).defer("answers").order_by("-number")
    )
    links = list(
        Invitation.objects.filter(
            case__in=cases, channel=Invitation.Channel.COLLEAGUE, revoked_at=None
        )
        .select_related("user")
        .order_by("pk")
    )
    held = [_held(request, case, sheets.get(case.pk), versions, links) for case in cases]
    context = {"held": held, "simulated": any(case.round.simulated for case in cases)}
    return render(request, "answering/home.html", context)


def _held(
    request: HttpRequest,
    case: Case,
    sheet: Sheet | None,
    versions: list[Submission],
    links: list[Invitation],
) -> Held:
    own = reach(request.user, case) or Reach()
    if sheet is not None:
        sheet.case = case
    asked = asked_of(case.round)
    parts = progress(asked, sheet.values if sheet else {})
    names = {part.id: part for part in asked.sections}
    return Held(
        case=case,
        own=own,
        sheet=sheet,
        sections=tuple(part for part in parts if own.opens(part.section.id)),
        versions=[v for v in versions if sheet and v.sheet_id == sheet.pk] if own.whole else [],
        handed=[
            (link, [names[s] for s in link.sections if s in names])
            for link in links
            if link.case_id == case.pk and own.whole
        ],
        changed=sheet is not None and sheet.submission is not None and changed_since(sheet),
    )


@to(Role.FIRM, find=case_by, opens={Role.FIRM: answers_part})
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, case_id: int) -> HttpResponse:
    """Begin, or take part again: what is told, consent, the sheet."""
    case: Case = request.subject
    wrong = None
    if request.method == "POST":
        if request.POST.get("agree"):
            rejoin(case, by=request.user)
            agree(request.user, case)
            sheet, _ = Sheet.objects.get_or_create(case=case, track=Sheet.Track.FIRM, author=None)
            own = reach(request.user, case) or Reach()
            first = next(s.id for s in asked_of(case.round).sections if own.opens(s.id))
            return redirect("firm:page", sheet.pk, first)
        wrong = say("须同意后才能填报。", "Answering needs your consent.")
    context = {
        "case": case,
        "round": case.round,
        "purpose": purpose_of(case.round),
        "wrong": wrong,
        "simulated": case.round.simulated,
    }
    return render(request, "answering/start.html", context, status=422 if wrong else 200)


@to(Role.FIRM, find=case_by, opens={Role.FIRM: answers_whole})
@require_http_methods(["GET", "HEAD", "POST"])
def give_section(request: HttpRequest, case_id: int) -> HttpResponse:
    """Choose sections for a colleague, and make the link."""
    case: Case = request.subject
    error = None
    if request.method == "POST":
        try:
            made = hand(case, request.POST.getlist("section"), by=request.user)
            return redirect("firm:handed", made.pk)
        except NothingHandedError as refused:
            error = refused
    sheet = Sheet.objects.filter(case=case, track=Sheet.Track.FIRM).first()
    context = {
        "case": case,
        "round": case.round,
        "sections": progress(asked_of(case.round), sheet.values if sheet else {}),
        "error": error,
        "simulated": case.round.simulated,
    }
    return render(request, "answering/hand.html", context, status=422 if error else 200)


@to(Role.FIRM, find=invitation_by, opens={Role.FIRM: answers_whole})
@require_GET
def handed(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Show a colleague's link, to be sent on or scanned."""
    invitation: Invitation = request.subject
    asked = asked_of(invitation.case.round)
    context = {
        "invitation": invitation,
        "link": tokens.link(invitation),
        "round": invitation.case.round,
        "sections": [s for s in asked.sections if s.id in invitation.sections],
        "simulated": invitation.case.round.simulated,
    }
    return render(request, "answering/handed.html", context)


@to(Role.FIRM, find=invitation_by, opens={Role.FIRM: answers_whole})
@require_GET
def handed_code(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """The link as a QR code."""
    return HttpResponse(qr(request.subject), content_type="image/svg+xml")


@to(Role.FIRM, find=invitation_by, opens={Role.FIRM: answers_whole})
@require_POST
def take_section_back(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Close a colleague's link."""
    take_back(request.subject, by=request.user, now=timezone.now())
    messages.info(
        request,
        say(
            "链接已停用；同事已填的答案保留。",
            "The link is closed; what your colleague answered stays.",
        ),
    )
    return redirect("firm:home")


@to(Role.FIRM, find=case_by, opens={Role.FIRM: answers_whole})
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, case_id: int) -> HttpResponse:
    """Take no part, after asking once more."""
    case: Case = request.subject
    if request.method == "POST":
        decline(case, by=request.user)
        messages.info(
            request,
            say("已记录：贵企业不参加本次调查。", "Noted: your firm takes no part in this survey."),
        )
        return redirect("firm:home")
    context = {"case": case, "round": case.round, "simulated": case.round.simulated}
    return render(request, "answering/stop.html", context)


@to(Role.FIRM, find=case_by, opens={Role.FIRM: answers_whole})
@require_http_methods(["GET", "HEAD", "POST"])
def withdrawal(request: HttpRequest, case_id: int) -> HttpResponse:
    """Delete everything that the firm answered, once the word is typed."""
    case: Case = request.subject
    error: TajiError | None = None
    if request.method == "POST":
        try:
            withdraw(case, by=request.user, word=request.POST.get("word", ""), now=timezone.now())
            messages.info(
                request,
                say(
                    "已删除贵企业在本次调查中的全部答案。",
                    "All answers of your firm in this survey were deleted.",
                ),
            )
            return redirect("firm:home")
        except NotMeantError as refused:
            error = refused
    context = {
        "case": case,
        "round": case.round,
        "error": error,
        "simulated": case.round.simulated,
    }
    return render(request, "answering/withdraw.html", context, status=422 if error else 200)


@to(Role.FIRM, find=case_by, opens={Role.FIRM: answers_whole})
@require_GET
def data_json(request: HttpRequest, case_id: int) -> HttpResponse:
    """Everything held of the firm's part, for programs."""
    case: Case = request.subject
    held = json.dumps(own_data(case), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    return attachment(held.encode(), f"taji-{case.round.slug}.json", "application/json")


@to(Role.FIRM, find=case_by, opens={Role.FIRM: answers_whole})
@require_GET
def data_workbook(request: HttpRequest, case_id: int) -> HttpResponse:
    """Everything held of the firm's part, for people."""
    case: Case = request.subject
    return attachment(own_workbook(case, language()), f"taji-{case.round.slug}.xlsx", XLSX)
