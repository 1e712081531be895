"""The door: an invitation, the firm's code, consent."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from taji.base.errors import TajiError
from taji.web.access import everyone
from taji.web.answering.entering import check_code, enter, masked, purpose_of
from taji.web.answering.giving import STOPPED
from taji.web.answering.models import Sheet
from taji.web.answering.reach import reach
from taji.web.answering.stopping import decline
from taji.web.rounds import tokens
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case, Invitation, Round
from taji.web.speech import say

__all__ = ["BACKEND", "door"]

#: Who vouches for a respondent.
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@everyone
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest, token: str) -> HttpResponse:
    """Say who asks and why; let in whoever knows the firm's code and agrees."""
    invitation = tokens.find(token)
    if invitation is None:
        return render(request, "answering/no_invitation.html", status=404)
    its = invitation.case.round
    closed = its.state == Round.State.FROZEN and invitation.user is None
    if its.state == Round.State.DRAFT or closed:
        return render(request, "answering/not_open.html", {"round": its})
    wrong: dict[str, object] = {}
    if request.method == "POST":
        wrong = _wrong(request, invitation)
        if not wrong:
            return _let_in(request, invitation)
    return _shown(request, invitation, wrong)


def _shown(request: HttpRequest, invitation: Invitation, wrong: dict[str, object]) -> HttpResponse:
    case = invitation.case
    context = {
        "invitation": invitation,
        "round": case.round,
        "purpose": purpose_of(case.round),
        "firm": masked(case.organisation.name),
        "sections": [s for s in asked_of(case.round).sections if s.id in invitation.sections],
        "inside": request.user.is_authenticated and _reaches(request, invitation),
        "case": case,
        "wrong": wrong,
        "simulated": case.round.simulated,
    }
    return render(request, "answering/door.html", context, status=422 if wrong else 200)


def _reaches(request: HttpRequest, invitation: Invitation) -> bool:
    """Whether whoever is signed in here answers this case already, as far as the link opens it."""
    own = {m.organisation_id for m in request.user.held}
    if invitation.case.organisation_id not in own:
        return False
    found = reach(request.user, invitation.case)
    return found is not None and (found.whole or found.sections >= set(invitation.sections or "*"))


def _wrong(request: HttpRequest, invitation: Invitation) -> dict[str, object]:
    """What stands in the way, by field."""
    wrong: dict[str, object] = {}
    if "decline" not in request.POST:
        if invitation.user is None and not request.POST.get("name", "").strip():
            wrong["name"] = say("请填写填报人姓名。", "Write the name of the person answering.")
        if not request.POST.get("agree"):
            wrong["agree"] = say("须同意后才能填报。", "Answering needs your consent.")
    try:
        check_code(invitation, request.POST.get("code", ""), now=timezone.now())
    except TajiError as error:
        wrong["code"] = error
    return wrong


def _let_in(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    case = invitation.case
    if "decline" in request.POST and not invitation.sections:
        decline(case, by=invitation.user)
        return render(request, "answering/declined.html", {"round": case.round})
    user = enter(
        invitation,
        name=request.POST.get("name", ""),
        phone=request.POST.get("phone", ""),
        here=request.user if request.user.is_authenticated else None,
        now=timezone.now(),
    )
    login(request, user, backend=BACKEND)
    return _first_page(case, invitation)


def _first_page(case: Case, invitation: Invitation) -> HttpResponse:
    """Straight to the first question on the first visit; home where there is something to see."""
    sheet = Sheet.objects.get(case=case, track=Sheet.Track.FIRM)
    begun = sheet.latest or case.state in STOPPED or case.round.state != Round.State.OPEN
    if begun and not invitation.sections:
        return redirect("firm:home")
    sections = [s.id for s in asked_of(case.round).sections]
    wanted = invitation.sections or sections
    return redirect("firm:page", sheet.pk, next(s for s in sections if s in wanted))
