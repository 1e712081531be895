"""Pages of the bureau: portraits in the making, made, published, retired; rounds compared."""

from __future__ import annotations

import io
from typing import Any

import polars as pl
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from taji.base.errors import TajiError
from taji.web.access import to, whole_city
from taji.web.answering.exporting import ANSWERS, as_text
from taji.web.downloads import attachment, stored
from taji.web.parameters import whole
from taji.web.people.models import Role
from taji.web.publishing import asking, changing
from taji.web.publishing.files import INTERNAL, refused_of
from taji.web.publishing.findings import findings_of, withheld_of
from taji.web.publishing.models import Comparison, Job, Made, Portrait
from taji.web.publishing.serving import page_response
from taji.web.publishing.telling import progress_part, told
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Round
from taji.web.simulated import how_simulated
from taji.web.speech import language, said, say
from taji.web.spreadsheets import CSV

CITY = {Role.ANALYST: whole_city}
PER_PAGE = 20
#: Refused cells and withheld keys that a page shows; the files have all.
SHOWN = 50


def round_of(round_id: int) -> Round:
    """Find the round that a route names."""
    return Round.objects.get(pk=round_id)


def portrait_of(portrait_id: int, **_: Any) -> Portrait:
    """Find the portrait that a route names."""
    found = Portrait.objects.select_related("round", "asked_by", "published_by", "retired_by")
    return found.get(pk=portrait_id)


def comparison_of(comparison_id: int) -> Comparison:
    """Find the comparison that a route names."""
    return Comparison.objects.select_related("before", "after", "asked_by").get(pk=comparison_id)


@to(Role.ANALYST)
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """List rounds with their portraits; whoever is limited to a district sees the published ones."""
    held = [m for m in request.user.held if m.role == Role.ANALYST]
    city = any(whole_city(m, None) for m in held)
    rounds = Paginator(Round.objects.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    portraits = Portrait.objects.filter(round__in=list(rounds)).order_by("-pk")
    if not city:
        portraits = portraits.filter(published_at__isnull=False, retired_at=None)
    made: dict[int, list[Portrait]] = {}
    for portrait in portraits.defer("problem"):
        made.setdefault(portrait.round_id, []).append(portrait)
    comparisons = Comparison.objects.select_related("before", "after").order_by("-pk")[:PER_PAGE]
    context = {
        "page": rounds,
        "rounds": [(its, made.get(its.pk, [])) for its in rounds],
        "city": city,
        "comparisons": comparisons if city else [],
        "frozen": [its for its in rounds if its.state == Round.State.FROZEN],
        "simulated": how_simulated(its.simulated for its in rounds),
    }
    return render(request, "publishing/list.html", context)


@to(Role.ANALYST, find=round_of, opens=CITY)
@require_POST
def ask(request: HttpRequest, round_id: int) -> HttpResponse:
    """Ask for a portrait of a round."""
    portrait = asking.ask_portrait(request.subject, by=request.user)
    return redirect("publishing:portrait", portrait.pk)


@to(Role.ANALYST, find=portrait_of, opens=CITY)
@require_GET
def portrait(request: HttpRequest, portrait_id: int) -> HttpResponse:
    """Show a portrait: its progress, its problem, or what it says."""
    job = request.subject
    context = {**_told(job), "its": job.round}
    if job.state == Made.DONE:
        context |= {
            "findings": findings_of(job, language()),
            "reason": asking.unpublishable(job),
            "files": [name for name, place in INTERNAL.items() if (job.path / place).is_file()],
        }
    if job.state == Made.REFUSED and refused_of(job, language()).is_file():
        context["refused"] = pl.read_csv(
            refused_of(job, language()), infer_schema=False, n_rows=SHOWN
        ).rows(named=True)
    return render(request, "publishing/portrait.html", context)


@to(Role.ANALYST, find=portrait_of, opens=CITY)
@require_GET
def progress(request: HttpRequest, portrait_id: int) -> HttpResponse:
    """The part of the page that tells how far the job is."""
    return _progress(request, request.subject)


def _progress(request: HttpRequest, job: Job) -> HttpResponse:
    return progress_part(request, _told(job))


def _told(job: Job) -> dict[str, Any]:
    mark = "" if isinstance(job, Portrait) else "comparison-"
    page = "portrait" if isinstance(job, Portrait) else "comparison"
    return told(job, f"publishing:{page}", f"publishing:{mark}progress", f"publishing:{mark}again")


@to(Role.ANALYST, find=portrait_of, opens=CITY)
@require_POST
def again(request: HttpRequest, portrait_id: int) -> HttpResponse:
    """Start a job again."""
    asking.ask_again(request.subject, by=request.user)
    return redirect("publishing:portrait", portrait_id)


@to(Role.ANALYST, find=portrait_of, opens=CITY)
def publish(request: HttpRequest, portrait_id: int) -> HttpResponse:
    """Show what becomes public and what is withheld; on confirmation, publish."""
    job = request.subject
    if job.state != Made.DONE:
        raise Http404
    wrong = None
    if request.method == "POST":
        if request.POST.get("looked") != "yes":
            wrong = say(
                "请先查看不予公布的格子，再确认。", "Look at what is withheld, then confirm."
            )
        else:
            asking.publish(job, by=request.user)
            messages.success(request, say("画像已公开。", "The portrait is public."))
            return redirect("publishing:portrait", portrait_id)
    counts, hidden = withheld_of(job)
    context = {
        "job": job,
        "its": job.round,
        "reason": asking.unpublishable(job),
        "counts": counts,
        "hidden": hidden.head(SHOWN).rows(named=True),
        "more": max(hidden.height - SHOWN, 0),
        "wrong": wrong,
    }
    return render(request, "publishing/publish.html", context, status=422 if wrong else 200)


@to(Role.ANALYST, find=portrait_of, opens=CITY)
def retire(request: HttpRequest, portrait_id: int) -> HttpResponse:
    """Ask why, and take a published portrait back."""
    job, wrong = request.subject, None
    if not job.is_public:
        raise Http404
    if request.method == "POST":
        try:
            asking.retire(job, by=request.user, because=request.POST.get("because", ""))
        except TajiError as error:
            wrong = error.render(language())
        else:
            messages.success(request, say("画像已撤下。", "The portrait is retired."))
            return redirect("publishing:portrait", portrait_id)
    context = {"job": job, "its": job.round, "wrong": wrong}
    return render(request, "publishing/retire.html", context, status=422 if wrong else 200)


@to(Role.ANALYST, find=portrait_of, opens=CITY)
@require_GET
def file(request: HttpRequest, portrait_id: int, name: str) -> HttpResponse:
    """Serve one file of a portrait to the bureau."""
    job = request.subject
    if not job.folder or not (path := job.path / INTERNAL[name]).is_file():
        raise Http404
    return stored(path, name)


@to(Role.ANALYST, find=portrait_of, opens=CITY)
@require_GET
def answers_csv(request: HttpRequest, portrait_id: int) -> HttpResponse:
    """Serve the answers that a portrait was made from, for a spreadsheet."""
    job = request.subject
    if not job.folder:
        raise Http404
    frame = as_text(pl.read_parquet(job.path / ANSWERS), asked_of(job.round))
    stream = io.BytesIO()
    frame.write_csv(stream, include_bom=True)
    return attachment(stream.getvalue(), "answers.csv", CSV)


@to(Role.ANALYST, find=portrait_of, opens=CITY)
@require_GET
def page(request: HttpRequest, portrait_id: int, spoken: str) -> HttpResponse:
    """Show the report as the public would see it."""
    job = request.subject
    if not job.folder:
        raise Http404
    return page_response(job.path / INTERNAL[f"portrait-{spoken}.html"])


@to(Role.ANALYST, find=portrait_of, opens=CITY)
@require_GET
def refused(request: HttpRequest, portrait_id: int) -> HttpResponse:
    """Serve the list of refused cells."""
    path = refused_of(request.subject, language())
    if not path.is_file():
        raise Http404
    return stored(path, "refused.csv")


@to(Role.ANALYST, opens=CITY)
@require_POST
def compare(request: HttpRequest) -> HttpResponse:
    """Ask for the change between two rounds."""
    numbers = [whole(request.POST.get(name)) for name in ("before", "after")]
    before, after = map(Round.objects.in_bulk(numbers).get, numbers)
    if before is None or after is None or before == after:
        messages.error(request, say("请选择两个不同的轮次。", "Choose two different rounds."))
        return redirect("publishing:list")
    comparison = asking.ask_comparison(before, after, by=request.user)
    return redirect("publishing:comparison", comparison.pk)


@to(Role.ANALYST, find=comparison_of, opens=CITY)
@require_GET
def comparison(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """Show what changed between two rounds."""
    job = request.subject
    context = _told(job)
    context["simulated"] = how_simulated((job.before.simulated, job.after.simulated))
    if job.state == Made.DONE:
        context |= {
            "numbers": changing.numbers_of(job),
            "changes": changing.changes_of(job, language()),
            "picture": changing.picture_of(job, language()),
            "titles": (said(job.before.title), said(job.after.title)),
        }
    return render(request, "publishing/comparison.html", context)


@to(Role.ANALYST, find=comparison_of, opens=CITY)
@require_GET
def comparison_progress(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """The part of the page that tells how far the comparison is."""
    return _progress(request, request.subject)


@to(Role.ANALYST, find=comparison_of, opens=CITY)
@require_POST
def comparison_again(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """Start a comparison again."""
    asking.ask_again(request.subject, by=request.user)
    return redirect("publishing:comparison", comparison_id)


@to(Role.ANALYST, find=comparison_of, opens=CITY)
@require_GET
def change_csv(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """Serve the table of changes."""
    job = request.subject
    if not job.folder:
        raise Http404
    return stored(job.path / changing.CHANGE_NAME, changing.CHANGE_NAME)
