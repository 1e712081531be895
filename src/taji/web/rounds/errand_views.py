"""Pages of work in the background: how far it is, what it gave; and files of answers."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from taji.base.errors import TajiError
from taji.web.access import to
from taji.web.downloads import BYTES, stored
from taji.web.people.models import Membership, Role
from taji.web.rounds import importing
from taji.web.rounds.errands import BUSY, begin
from taji.web.rounds.finding import round_by
from taji.web.rounds.forms import AnswersForm
from taji.web.rounds.models import Errand, Mail, Round
from taji.web.rounds.views import run
from taji.web.speech import language, say
from taji.web.spreadsheets import CSV
from taji.web.uploads import keep_table

#: Mails that did not go out, as shown; the list of firms has all.
SHOWN = 100


def _errand(errand_id: int) -> Errand:
    return Errand.objects.select_related("round", "by").get(pk=errand_id)


def _its_district(membership: Membership, errand: Errand) -> bool:
    return membership.district in ("", errand.district)


OPENS = {Role.ANALYST: _its_district}


@require_GET
@to(Role.ANALYST, find=_errand, opens=OPENS)
def errand(request: HttpRequest, errand_id: int) -> HttpResponse:
    """Show how far an errand is, and what it gave."""
    its = request.subject
    troubled = its.mails.filter(state__in=(Mail.State.FAILED, Mail.State.SENDING))
    return render(
        request,
        "rounds/errand.html",
        {
            "its": its,
            "round": its.round,
            "busy": its.state in BUSY,
            "problem": its.problem.get(language()),
            "counts": [(LABELS[name], n) for name, n in its.counts.items() if name in LABELS],
            "troubled": troubled.select_related("case__organisation")[:SHOWN],
            "open": its.round.state == Round.State.OPEN,
        },
    )


#: What an errand counts, in words.
LABELS = {
    "firms": say("企业", "Firms"),
    "strata": say("层", "Strata"),
    "invited": say("已邀请", "Invited"),
    "letters": say("邀请信", "Letters"),
    "phones": say("待致电", "Firms to call"),
    "without_address": say("没有邮箱，未发送", "Without an address, not sent"),
    "waiting": say("待发送", "Waiting"),
    "sending": say("状态不明", "Unknown"),
    "sent": say("已发送", "Sent"),
    "failed": say("发送失败", "Failed"),
    "read": say("读取行数", "Rows read"),
    "accepted": say("接收", "Accepted"),
    "refused_rows": say("整行退回", "Rows refused"),
    "refused_cells": say("退回处数", "Cells and rows refused"),
    "unknown": say("不在本轮的企业", "Firms not of this round"),
    "stopped": say("已表示不参加", "Firms that take no part"),
    "blank": say("本轮尚无答案", "No answers yet"),
    "same": say("与已有答案相同", "Same as what stands"),
    "differing": say("与已有答案不同", "Differing from what stands"),
    "kept": say("已写入", "Kept"),
    "skipped": say("已跳过", "Skipped"),
    "unchanged": say("无变化", "Unchanged"),
}


@require_POST
@to(Role.ANALYST, find=_errand, opens=OPENS)
def errand_again(request: HttpRequest, errand_id: int) -> HttpResponse:
    """Run an errand again that failed or was cut off."""
    if request.subject.state in (Errand.State.FAILED, Errand.State.RUNNING, Errand.State.QUEUED):
        return run(request.subject)
    return redirect("rounds:errand", errand_id=errand_id)


@require_GET
@to(Role.ANALYST, find=_errand, opens=OPENS)
def errand_file(request: HttpRequest, errand_id: int) -> HttpResponse:
    """Hand out what an errand made, or the table of what it refused."""
    its = request.subject
    if request.GET.get("which") == "refused":
        file, kind = (its.refusals if language() == "zh" else its.refusals_en), CSV
    else:
        file, kind = its.result, BYTES
    if not file:
        raise Http404
    name = "refused.csv" if kind == CSV else file.name.rpartition("/")[2]
    return stored(file, f"{its.round.slug}-{name}", kind)


@to(Role.ANALYST, find=round_by)
def answers(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a file of answers."""
    its = request.subject
    form = AnswersForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and its.state != Round.State.OPEN:
        messages.error(request, say("本轮当前不在填报中", "The round is not open"))
    elif request.method == "POST" and form.is_valid():
        try:
            kept = keep_table(form.cleaned_data["file"], f"rounds/{slug}/answers")
        except TajiError as error:
            form.add_error("file", error.render(language()))
        else:
            asked = {name: form.cleaned_data[name] for name in ("shares", "duplicates")}
            made = begin(its, Errand.Kind.ANSWERS, by=request.user, **asked)
            made.upload.name, made.name, made.sha256 = kept.stored, kept.name, kept.sha256
            made.save(update_fields=["upload", "name", "sha256"])
            return run(made)
    return render(
        request,
        "rounds/answers.html",
        {"its": its, "form": form, "open": its.state == Round.State.OPEN},
        status=422 if form.errors else 200,
    )


@require_POST
@to(Role.ANALYST, find=_errand, opens=OPENS)
def errand_confirm(request: HttpRequest, errand_id: int) -> HttpResponse:
    """Keep the rows of a file that was read."""
    its = request.subject
    existing = request.POST.get("existing", "skip")
    if its.state != Errand.State.READ or existing not in importing.EXISTING:
        return redirect("rounds:errand", errand_id=errand_id)
    with transaction.atomic():
        importing.confirm(its, existing=existing, by=request.user)
    return run(its)
