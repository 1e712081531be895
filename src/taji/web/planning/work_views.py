"""Pages of the analyst's workbench: what to decide, what was asked, what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taji.base.errors import TajiError
from taji.web.access import to, whole_city
from taji.web.downloads import stored
from taji.web.people.models import Role
from taji.web.planning import asking, option_telling, portfolio_telling, refusing
from taji.web.planning import work_telling as telling
from taji.web.planning.form_parts import WorkForm
from taji.web.planning.models import Kind, Work
from taji.web.planning.option_forms import SupportForm
from taji.web.planning.optioning import TABLE
from taji.web.planning.work_forms import FORMS
from taji.web.publishing.asking import ask_again
from taji.web.publishing.models import Made
from taji.web.publishing.serving import page_response
from taji.web.publishing.telling import progress_part, told
from taji.web.simulated import how_simulated
from taji.web.speech import language

__all__ = ["again", "ask", "file", "page", "progress", "refused", "support", "work", "works"]

CITY = {Role.ANALYST: whole_city}
PER_PAGE = 20


def work_of(work_id: int, **_: Any) -> Work:
    """Find the work that a route names."""
    return Work.objects.select_related("asked_by", "round", "source").get(pk=work_id)


def options_of(work_id: int, **_: Any) -> Work:
    """Find the options that a route names; only such as were made can be chosen from."""
    return Work.objects.select_related("round").get(
        pk=work_id, kind=Kind.OPTIONS, state=Made.DONE, feasible=True
    )


of_work = to(Role.ANALYST, find=work_of, opens=CITY)


@to(Role.ANALYST)
@require_GET
def works(request: HttpRequest) -> HttpResponse:
    """List what can be decided and what was asked; whoever is limited to a district decides nothing."""
    held = [m for m in request.user.held if m.role == Role.ANALYST]
    city = any(whole_city(m, None) for m in held)
    rows = Work.objects.select_related("asked_by", "round").order_by("-pk")
    page = Paginator(rows if city else rows.none(), PER_PAGE).get_page(request.GET.get("page"))
    simulated = how_simulated(one.round.simulated for one in page if one.round is not None)
    context = {"city": city, "page": page, "simulated": simulated}
    return render(request, "planning/works.html", context)


@to(Role.ANALYST, opens=CITY)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, kind: str) -> HttpResponse:
    """Take the files and wishes of one kind of work."""
    named = {"round": request.GET.get("round")}
    form = FORMS[kind](request.POST or None, request.FILES or None, initial=named)
    return _asked(request, form)


@to(Role.ANALYST, find=options_of, opens=CITY)
@require_http_methods(["GET", "POST"])
def support(request: HttpRequest, work_id: int) -> HttpResponse:
    """Choose the portfolio from the options of an earlier work."""
    source: Work = request.subject
    most = option_telling.most_of(source)
    form = SupportForm(most, request.POST or None, request.FILES or None)
    return _asked(request, form, source=source, takes={"options": TABLE})


def _asked(
    request: HttpRequest, form: WorkForm, *, source: Work | None = None, **more: Any
) -> HttpResponse:
    problem = None
    if request.method == "POST" and form.is_valid():
        its = form.its if source is None else source.round
        asked = {"by": request.user, "its": its, "source": source, **more}
        try:
            made = asking.ask_work(form.kind, form.uploads, form.parameters, **asked)
        except TajiError as error:
            problem = error.render(language())
        else:
            return redirect("planning:work", made.pk)
    wrong = bool(problem or form.errors)
    context = {"form": form, "problem": problem, "kind": Kind(form.kind), "source": source}
    if "round" in form.fields:
        offered = form.fields["round"].queryset.values_list("simulated", flat=True)
        context["simulated"] = how_simulated(offered)
    if source is not None:
        context["its"] = source.round
    return render(request, "planning/work_ask.html", context, status=422 if wrong else 200)


@of_work
@require_GET
def work(request: HttpRequest, work_id: int) -> HttpResponse:
    """Show a decision: how far it is, why there is none, or what came of it."""
    job: Work = request.subject
    context = {
        **_told(job),
        "its": job.round,
        "asked": telling.asked_of(job),
        "inputs": job.files,
        "anew_url": _anew(job),
    }
    if job.state == Made.DONE:
        context |= {
            **_tables(job),
            "figures": telling.figures_of(job),
            "files": telling.files_of(job),
            "pages": telling.pages_of(job),
        }
    elif not job.pending:
        context["refused"] = refusing.first_of(job, language())
    return render(request, "planning/work.html", context)


@of_work
@require_GET
def progress(request: HttpRequest, work_id: int) -> HttpResponse:
    """The part of the page that tells how far the job is."""
    return progress_part(request, _told(request.subject))


@of_work
@require_POST
def again(request: HttpRequest, work_id: int) -> HttpResponse:
    """Start a job again."""
    ask_again(request.subject, by=request.user, start=asking.start)
    return redirect("planning:work", work_id)


@of_work
@require_GET
def file(request: HttpRequest, work_id: int, file_slug: str) -> HttpResponse:
    """Serve one of the files that were written."""
    job: Work = request.subject
    if job.state != Made.DONE or file_slug not in telling.files_of(job):
        raise Http404
    return stored(job.path / file_slug, file_slug)


@of_work
@require_GET
def refused(request: HttpRequest, work_id: int) -> HttpResponse:
    """Serve the list of cells for which a file was refused."""
    path = refusing.refused_of(request.subject, language())
    if request.subject.pending or not path.is_file():
        raise Http404
    return stored(path, refusing.NAME)


@of_work
@require_GET
def page(request: HttpRequest, work_id: int, spoken: str) -> HttpResponse:
    """Show the report of a decision."""
    job: Work = request.subject
    path: Path | None = telling.page_of(job, spoken) if job.state == Made.DONE else None
    if path is None or not path.is_file():
        raise Http404
    return page_response(path)


def _tables(job: Work) -> dict[str, Any]:
    """What the page of a work that is done shows beside its figures."""
    if job.kind == Kind.OPTIONS:
        made = option_telling.told(job)
        return {"made": made, "tables": made.tables}
    if job.kind == Kind.PORTFOLIO:
        return {"tables": portfolio_telling.told(job)}
    return {"tables": telling.rows_of(job)}


def _anew(job: Work) -> str:
    """Where the same kind of work is asked for, with what it rested on."""
    if job.source_id is not None:
        return reverse("planning:work-support", args=[job.source_id])
    asked = reverse(f"planning:ask-{job.kind}")
    return asked if job.round is None else f"{asked}?round={job.round.slug}"


def _told(job: Work) -> dict[str, Any]:
    return told(job, "planning:work", "planning:work-progress", "planning:work-again")
