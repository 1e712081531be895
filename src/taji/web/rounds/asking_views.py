"""Pages on which firms are invited, reminded, and followed one by one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from taji.web.access import own_district, to
from taji.web.answering.stopping import rejoin
from taji.web.downloads import attachment, streamed
from taji.web.office import setting
from taji.web.parameters import day
from taji.web.people.models import Membership, Role
from taji.web.register.coding import label
from taji.web.rounds import chasing, inviting, mailing, tokens
from taji.web.rounds.errands import district_of
from taji.web.rounds.finding import case_by, round_by
from taji.web.rounds.forms import LettersForm
from taji.web.rounds.models import Case, Errand, Invitation, Mail, Round
from taji.web.rounds.reaching import NOBODY, reach
from taji.web.rounds.strata import stratum_label
from taji.web.rounds.views import start
from taji.web.speech import said, say
from taji.web.spreadsheets import CSV, XLSX, csv_parts, xlsx_bytes

OF_DISTRICT = {Role.ANALYST: own_district}
LINKS_HEAD = (
    "信用代码 key",
    "企业名称 firm",
    "县市区 district",
    "联系人 contact",
    "邮箱 e-mail",
    "电话 phone",
    "地址 address",
    "链接 link",
)
#: What letters are signed with, where the office has said so.
LETTER_SETTINGS = {
    "bureau_zh": "bureau_name_zh",
    "bureau_en": "bureau_name_en",
    "phone": "bureau_phone",
}
#: Firms of the chase list that are shown; the files hold all.
SHOWN = 100


def _invitation(invitation_id: int) -> Invitation:
    return Invitation.objects.select_related("case__organisation").get(pk=invitation_id)


def _its_district(membership: Membership, invitation: Any) -> bool:
    return own_district(membership, invitation.case)


def _is_open(its: Round, request: HttpRequest) -> bool:
    if its.state == Round.State.OPEN:
        return True
    messages.error(request, say("本轮当前不在填报中", "The round is not open"))
    return False


@require_GET
@to(Role.ANALYST, find=round_by)
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Say who is not invited yet, and offer the ways."""
    return _invite_page(request, request.subject, None)


def _invite_page(request: HttpRequest, its: Round, form: LettersForm | None) -> HttpResponse:
    district = district_of(request.user)
    known = setting.values()
    initial = {field: known[name] for field, name in LETTER_SETTINGS.items()}
    invited = Case.objects.filter(round=its, state=Case.State.INVITED)
    mails = Mail.objects.filter(errand__round=its)
    if district:
        invited = invited.filter(organisation__district=district)
        mails = mails.filter(case__organisation__district=district)
    troubled = mails.filter(state__in=(Mail.State.FAILED, Mail.State.SENDING))
    return render(
        request,
        "rounds/invite.html",
        {
            "its": its,
            "open": its.state == Round.State.OPEN,
            "uninvited": inviting.uninvited(its, district).count(),
            "invited": invited.count(),
            "can_mail": mailing.can_mail(),
            "troubled": troubled.select_related("case__organisation")[:SHOWN],
            "letters": form or LettersForm(initial=initial),
        },
        status=422 if form else 200,
    )


@require_POST
@to(Role.ANALYST, find=round_by)
def invite_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a link for everybody who holds none."""
    if not _is_open(request.subject, request):
        return redirect("rounds:invite", slug=slug)
    return start(request.subject, Errand.Kind.INVITE, request, channel=Invitation.Channel.LIST)


@require_POST
@to(Role.ANALYST, find=round_by)
def invite_letters(request: HttpRequest, slug: str) -> HttpResponse:
    """Print letters."""
    its = request.subject
    form = LettersForm(request.POST)
    if not form.is_valid():
        return _invite_page(request, its, form)
    if not _is_open(its, request):
        return redirect("rounds:invite", slug=slug)
    return start(its, Errand.Kind.LETTERS, request, **form.cleaned_data)


@require_POST
@to(Role.ANALYST, find=round_by)
def invite_mail(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the invitations by mail."""
    if not _is_open(request.subject, request):
        return redirect("rounds:invite", slug=slug)
    return start(request.subject, Errand.Kind.MAIL, request, what="invitation")


@require_GET
@to(Role.ANALYST, find=round_by)
def links(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand out the list of links."""
    names = ("key", "name", "district", "contact", "email", "phone", "address", "link")
    rows = (
        [said(label("district", row[n])) if n == "district" else row[n] for n in names]
        for row in inviting.link_rows(request.subject, district_of(request.user))
    )
    if request.GET.get("as") == "csv":
        return streamed(csv_parts(LINKS_HEAD, rows), f"{slug}-links.csv", CSV)
    widths = (22, 34, 12, 12, 26, 18, 34, 60)
    return attachment(xlsx_bytes(LINKS_HEAD, rows, widths=widths), f"{slug}-links.xlsx", XLSX)


@require_GET
@to(Role.ANALYST, find=round_by)
def chase(request: HttpRequest, slug: str) -> HttpResponse:
    """Show whom to remind today, and who will not be reminded any more."""
    its = request.subject
    district, today = district_of(request.user), timezone.localdate()
    held = chasing.rule()
    found = chasing.chase(its, today=today, district=district)
    ready = chasing.due(its, today=today, district=district, held=held)
    due = [
        case
        for number, cases in ready.items()
        if found.due[number]
        for case in cases.select_related("organisation").order_by("pk")[:SHOWN]
    ][:SHOWN]
    over = chasing.ended(its, today=today, district=district, held=held)
    known = reach([case.organisation_id for case in due])
    return render(
        request,
        "rounds/chase.html",
        {
            "its": its,
            "open": its.state == Round.State.OPEN,
            "rule": held,
            "chase": found,
            "due_total": sum(found.due.values()),
            "due": [(case, known.get(case.organisation_id, NOBODY)) for case in due],
            "over": over.select_related("organisation").order_by("pk")[:SHOWN],
            "can_mail": mailing.can_mail(),
            "today": today,
        },
    )


@require_POST
@to(Role.ANALYST, find=round_by)
def chase_mail(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the reminders that are due."""
    if not _is_open(request.subject, request):
        return redirect("rounds:chase", slug=slug)
    return start(request.subject, Errand.Kind.MAIL, request, what="reminders")


@require_POST
@to(Role.ANALYST, find=round_by)
def chase_phone(request: HttpRequest, slug: str) -> HttpResponse:
    """List the firms to call."""
    if not _is_open(request.subject, request):
        return redirect("rounds:chase", slug=slug)
    return start(request.subject, Errand.Kind.PHONE, request)


@require_POST
@to(Role.ANALYST, find=round_by)
def chase_end(request: HttpRequest, slug: str) -> HttpResponse:
    """Note that no more reminders go out."""
    district = district_of(request.user)
    n = chasing.note_end(
        request.subject, by=request.user, today=timezone.localdate(), district=district
    )
    messages.success(
        request, say("已记录：{n} 家不再提醒", "Noted: {n} firms are reminded no more", n=n)
    )
    return redirect("rounds:chase", slug=slug)


@require_GET
@to(Role.ANALYST, find=case_by, opens=OF_DISTRICT)
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Show one firm in one round."""
    its = request.subject
    invitations = its.invitations.select_related("made_by", "user").order_by("-pk")[:20]
    return render(
        request,
        "rounds/case.html",
        {
            "case": its,
            "round": its.round,
            "stratum": stratum_label(its.round.strata, its.stratum),
            "open": its.round.state == Round.State.OPEN,
            "invitations": [(i, None if i.revoked_at else tokens.link(i)) for i in invitations],
            "reminders": its.reminded.select_related("by").order_by("number"),
            "mails": its.mails.order_by("number"),
            "contact": reach([its.organisation_id]).get(its.organisation_id, NOBODY),
        },
    )


@require_POST
@to(Role.ANALYST, find=_invitation, opens={Role.ANALYST: _its_district})
def invitation_revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Close a link."""
    inviting.revoke(request.subject, by=request.user)
    messages.success(request, say("链接已作废", "The link is closed"))
    return redirect("rounds:case", case_id=request.subject.case_id)


@require_POST
@to(Role.ANALYST, find=case_by, opens=OF_DISTRICT)
def case_renew(request: HttpRequest, case_id: int) -> HttpResponse:
    """Make a new link in the place of the old."""
    if _is_open(request.subject.round, request):
        inviting.renew(request.subject, by=request.user)
        messages.success(
            request, say("已换发新链接，旧链接失效", "A new link stands, the old is closed")
        )
    return redirect("rounds:case", case_id=case_id)


@require_POST
@to(Role.ANALYST, find=case_by, opens=OF_DISTRICT)
def case_outcome(request: HttpRequest, case_id: int) -> HttpResponse:
    """Note what a firm told the bureau: no part, a pause, or part after all."""
    its, what = request.subject, request.POST.get("what")
    note = request.POST.get("note", "").strip()
    if not _is_open(its.round, request):
        return redirect("rounds:case", case_id=case_id)
    if what == "decline":
        chasing.take_no_part(its, note=note, by=request.user)
    elif what == "rejoin":
        rejoin(its, by=request.user)
    elif what == "absent":
        until = day(request.POST.get("until", ""))
        if until is None:
            messages.error(request, say("请填写日期", "Give a day"))
            return redirect("rounds:case", case_id=case_id)
        chasing.absent(its, until=until, note=note, by=request.user)
    else:
        return redirect("rounds:case", case_id=case_id)
    messages.success(request, say("已记录", "Noted"))
    return redirect("rounds:case", case_id=case_id)
