"""Pages of a firm's roadmaps: ask, wait, read, take home."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taji.base.text import Language
from taji.report.roadmap import roadmap_document
from taji.web.access import to
from taji.web.answering.models import Sheet
from taji.web.downloads import attachment
from taji.web.people.models import Role, User
from taji.web.planning import asking
from taji.web.planning.forms import RoadmapForm
from taji.web.planning.grounds import ahead_of, plannable, program_for
from taji.web.planning.models import Roadmap
from taji.web.planning.rules import PLANNERS, roadmap_of, sheet_by
from taji.web.planning.telling import told as tell
from taji.web.publishing.asking import ask_again
from taji.web.publishing.models import Made
from taji.web.publishing.telling import progress_part, told
from taji.web.speech import language

__all__ = ["again", "as_json", "as_pdf", "progress", "roadmap", "roadmaps"]

#: Roadmaps of a firm that its page lists, whoever asked.
LISTED = 30
#: Sections that stand under the plan.
REST = ("limits", "others", "robust")
of_sheet = to(*PLANNERS, find=sheet_by, opens=PLANNERS)
of_roadmap = to(*PLANNERS, find=roadmap_of, opens=PLANNERS)


@of_sheet
@require_http_methods(["GET", "POST"])
def roadmaps(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """Ask for a roadmap of a firm, and list those that were made."""
    sheet: Sheet = request.subject
    submission = sheet.submission
    grounds = plannable(sheet.case.round)
    if submission is None or grounds is None:
        raise Http404
    submission.sheet = sheet
    model, measures = grounds
    ahead = ahead_of(submission, model, measures)
    form = RoadmapForm(ahead, request.POST or None)
    if request.method == "POST" and ahead.targets and form.is_valid():
        asked = asking.ask_roadmap(
            submission, by=request.user, model=model, measures=measures, **form.cleaned_data
        )
        return redirect("planning:roadmap", asked.pk)
    made = Roadmap.objects.filter(submission__sheet=sheet).select_related("asked_by")
    context = {
        **_whose(request, sheet),
        "submission": submission,
        "ahead": ahead,
        "form": form,
        "made": list(made.defer("content").order_by("-pk")[:LISTED]),
    }
    return render(request, "planning/roadmaps.html", context, status=422 if form.errors else 200)


@of_roadmap
@require_GET
def roadmap(request: HttpRequest, roadmap_id: int) -> HttpResponse:
    """Show a roadmap: how far it is, why there is none, or what to do."""
    job: Roadmap = request.subject
    context = {**_whose(request, job.sheet), **_told(job)}
    if job.state == Made.DONE:
        program = program_for(job.sheet.case.round, job.model)
        levels = {level.id: level for level in program.model.levels}
        plan = tell(job.content, levels, language())
        context |= {
            "content": job.content,
            "target": job.content["target_title"][language()],
            "plan": plan,
            "rest": [plan.sections[name] for name in REST if name in plan.sections],
            "months_needed": (job.content["finish_period"] or 0) * plan.months,
        }
    return render(request, "planning/roadmap.html", context)


@of_roadmap
@require_GET
def progress(request: HttpRequest, roadmap_id: int) -> HttpResponse:
    """The part of the page that tells how far the job is."""
    return progress_part(request, _told(request.subject))


@of_roadmap
@require_POST
def again(request: HttpRequest, roadmap_id: int) -> HttpResponse:
    """Start a job again."""
    ask_again(request.subject, by=request.user, start=asking.start)
    return redirect("planning:roadmap", roadmap_id)


@of_roadmap
@require_GET
def as_json(request: HttpRequest, roadmap_id: int) -> HttpResponse:
    """The roadmap as ``taji plan roadmap`` writes it."""
    text = json.dumps(_content(request), ensure_ascii=False, indent=1) + "\n"
    return attachment(text.encode(), "roadmap.json", "application/json")


@of_roadmap
@require_GET
def as_pdf(request: HttpRequest, roadmap_id: int, spoken: Language) -> HttpResponse:
    """The roadmap to print."""
    content = roadmap_document(_content(request), language=spoken)
    return attachment(content, f"roadmap.{spoken}.pdf", "application/pdf")


def _content(request: HttpRequest) -> dict[str, Any]:
    job: Roadmap = request.subject
    if job.state != Made.DONE:
        raise Http404
    content: dict[str, Any] = job.content
    return content


def _told(job: Roadmap) -> dict[str, Any]:
    return told(job, "planning:roadmap", "planning:progress", "planning:again")


def _whose(request: HttpRequest, sheet: Sheet) -> dict[str, Any]:
    """Whose roadmap it is, and where its reader came from."""
    user: User = request.user
    case = sheet.case
    return {
        "sheet": sheet,
        "case": case,
        "round": case.round,
        "firm": case.organisation,
        "is_own": any(
            m.role == Role.FIRM and m.organisation_id == case.organisation_id for m in user.held
        ),
        "is_analyst": Role.ANALYST in user.roles,
        "simulated": case.round.simulated or case.organisation.invented,
    }
