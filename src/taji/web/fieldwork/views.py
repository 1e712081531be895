"""Pages of the expert: which firms, one firm, one page of its sheet, the evidence."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taji.web.access import own_district, to, whole_city
from taji.web.downloads import stored
from taji.web.fieldwork.assessing import Visit, hand_in, visit
from taji.web.fieldwork.assigning import declare_conflict
from taji.web.fieldwork.evidence import ENDINGS
from taji.web.fieldwork.filling import Wrongs, fill
from taji.web.fieldwork.models import Assignment
from taji.web.fieldwork.reading import blocks, lines_of, pages
from taji.web.fieldwork.rules import assignment_of, evidence_of, its_assignment, its_evidence
from taji.web.parameters import whole
from taji.web.people.models import Role
from taji.web.rounds.asked import AskedSection
from taji.web.rounds.models import Contact, Round
from taji.web.simulated import how_simulated
from taji.web.speech import say

#: Firms on a page. [firms]
SHOWN = 50

expert_of = to(Role.EXPERT, find=assignment_of, opens={Role.EXPERT: its_assignment})


@to(Role.EXPERT)
@require_GET
def assignments(request: HttpRequest) -> HttpResponse:
    """List the firms assigned to the expert, what is due first."""
    rows = (
        Assignment.objects.filter(expert=request.user, ended_at=None)
        .exclude(case__round__state=Round.State.DRAFT)
        .select_related("case__organisation", "case__round")
        .only(
            *("due_on", "submitted_at", "expert_id", "case__organisation__name"),
            *("case__organisation__district", "case__organisation__invented"),
            *("case__round__title_zh", "case__round__title_en", "case__round__state"),
            "case__round__simulated",
        )
        .order_by(F("due_on").asc(nulls_last=True), "pk")
    )
    start = whole(request.GET.get("from"))
    to_do = list(rows.filter(submitted_at=None)[start : start + SHOWN + 1])
    done = list(rows.filter(submitted_at__isnull=False).order_by("-submitted_at")[:SHOWN])
    return render(
        request,
        "fieldwork/assignments.html",
        {
            "to_do": to_do[:SHOWN],
            "more": start + SHOWN if len(to_do) > SHOWN else None,
            "done": done,
            "today": timezone.localdate(),
            "simulated": how_simulated(one.case.round.simulated for one in (*to_do, *done)),
        },
    )


@expert_of
@require_GET
def firm(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Show one firm: who it is, the pages of the sheet, handing in, declaring a conflict."""
    held: Assignment = request.subject
    its = visit(held)
    found = pages(its)
    return render(
        request,
        "fieldwork/firm.html",
        {
            "assignment": held,
            "visit": its,
            "pages": found,
            "put": sum(page.put for page in found),
            "answered": sum(page.answered for page in found),
            "contacts": Contact.objects.filter(organisation_id=held.case.organisation_id)[:5],
        },
    )


@expert_of
@require_http_methods(["GET", "POST"])
def answers(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Show and save one page of the sheet; with scripts, one answer at a time."""
    held: Assignment = request.subject
    its = visit(held)
    section = _section(its, request.GET.get("section"))
    if request.method == "GET":
        return _page(request, its, section)
    one = request.GET.get("item")
    items = [item for item in section.items if one in (None, item.key)]
    wrong, wrong_evidence = fill(request, held, items)
    if request.headers.get("HX-Request") and one is not None:
        return _fragment(request, held, section, one, wrong, wrong_evidence)
    if wrong or wrong_evidence:
        return _page(request, visit(held), section, wrong, wrong_evidence)
    messages.success(request, say("本页已保存。", "This page is saved."))
    where = request.POST.get("then", "")
    return redirect(_after(held, its, section, where))


def _section(its: Visit, name: str | None) -> AskedSection:
    for section in its.asked.sections:
        if name in (None, section.id):
            return section
    raise Http404


def _after(held: Assignment, its: Visit, section: AskedSection, where: str) -> str:
    """Where to go when a page is saved: the next page, the firm, or here again."""
    if where == "firm":
        return reverse("fieldwork:firm", args=[held.pk])
    ids = [one.id for one in its.asked.sections]
    at = ids.index(section.id) + (1 if where == "next" else 0)
    if at >= len(ids):
        return reverse("fieldwork:firm", args=[held.pk])
    anchor = f"#{where}" if where.startswith("i") and where[1:].isdecimal() else ""
    return section_url(held, ids[at]) + anchor


def section_url(held: Assignment, section: str) -> str:
    """Return the address of a page of the sheet."""
    return f"{reverse('fieldwork:answers', args=[held.pk])}?{urlencode({'section': section})}"


def _page(
    request: HttpRequest,
    its: Visit,
    section: AskedSection,
    wrong: Wrongs | None = None,
    wrong_evidence: Wrongs | None = None,
) -> HttpResponse:
    found = blocks(its, section)
    for line in lines_of(found):
        if wrong and line.one.key in wrong:
            line.text, line.wrong = wrong[line.one.key]
        if wrong_evidence and line.one.key in wrong_evidence:
            line.wrong_evidence = wrong_evidence[line.one.key][1]
    ids = [one.id for one in its.asked.sections]
    at = ids.index(section.id)
    return render(
        request,
        "fieldwork/sheet.html",
        {
            "assignment": its.assignment,
            "visit": its,
            "section": section,
            "blocks": found,
            "here": section_url(its.assignment, section.id),
            "place": at + 1,
            "count": len(ids),
            "back": section_url(its.assignment, ids[at - 1]) if at else None,
            "wrong": bool(wrong or wrong_evidence),
        },
        status=422 if wrong or wrong_evidence else 200,
    )


def _fragment(
    request: HttpRequest,
    held: Assignment,
    section: AskedSection,
    key: str,
    wrong: Wrongs,
    wrong_evidence: Wrongs,
) -> HttpResponse:
    """Say what became of one answer or piece of evidence, without a new page."""
    its = visit(held)
    found = {line.one.key: line for line in lines_of(blocks(its, section))}
    if key not in found:
        raise Http404
    line = found[key]
    if key in wrong:
        line.text, line.wrong = wrong[key]
    if key in wrong_evidence:
        line.wrong_evidence = wrong_evidence[key][1]
    part = "evidence" if request.GET.get("part") == "evidence" else "state"
    response = render(
        request,
        f"fieldwork/_{part}.html",
        {"line": line, "visit": its, "saved": True, "here": section_url(held, section.id)},
    )
    question = line.one.item.question.id
    if part == "state" and not wrong and _steers(section, its, question):
        response.headers["HX-Refresh"] = "true"  # other questions are put now
    return response


def _steers(section: AskedSection, its: Visit, question: str) -> bool:
    """Whether other items of the page are put or not by the answer to this question."""
    rules = (item.item.question.asked_if for item in section.items)
    return any(rule is not None and rule.question == question for rule in rules)


@expert_of
@require_POST
def submit(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Hand the assessment in."""
    held: Assignment = request.subject
    made = hand_in(held, by=request.user)
    messages.success(
        request,
        say(
            "评估已提交（第 {n} 版）。校验码 {sha}。",
            "The assessment is handed in (version {n}). Digest {sha}.",
            n=made.number,
            sha=made.sha256[:16],
        ),
    )
    return redirect("fieldwork:firm", assignment_id=held.pk)


@expert_of
@require_POST
def conflict(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Declare a conflict of interest: the assignment ends."""
    held: Assignment = request.subject
    interest = request.POST.get("interest", "").strip()[:2_000]
    if not interest:
        messages.error(
            request,
            say("请写明是什么利益关系。", "Say what the interest is."),
        )
        return redirect("fieldwork:firm", assignment_id=held.pk)
    name = held.organisation.name
    declare_conflict(held, interest=interest, by=request.user)
    messages.success(
        request,
        say(
            "已声明与“{name}”的利益冲突，该企业不再由您评估。",
            "Your conflict with {name!r} is declared; the firm is no longer yours.",
            name=name,
        ),
    )
    return redirect("fieldwork:assignments")


@to(
    Role.EXPERT,
    Role.ANALYST,
    Role.AUDITOR,
    find=evidence_of,
    opens={Role.EXPERT: its_evidence, Role.ANALYST: own_district, Role.AUDITOR: whole_city},
)
@require_GET
def evidence(request: HttpRequest, evidence_id: int) -> HttpResponse:
    """Give a photo or file out as an attachment."""
    held = request.subject
    if not held.file:
        raise Http404
    ending = ENDINGS.get(held.kind)
    if ending is None:
        raise SuspiciousOperation(held.kind)
    name = held.name if held.name.lower().endswith(ending) else f"{held.name}{ending}"
    response = stored(held.file, name, held.kind)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
