"""Pages of a round for those who run it: made, drawn, opened, followed, frozen."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from taji.base.errors import TajiError
from taji.catalogue.load import model, questionnaire
from taji.report.xlsform import write_xlsform
from taji.web.access import to, whole_city
from taji.web.downloads import BYTES, attachment, stored
from taji.web.people.models import Role
from taji.web.rounds import drawing, listing, stages
from taji.web.rounds.errands import begin, district_of
from taji.web.rounds.finding import round_by
from taji.web.rounds.forms import DrawForm, RoundForm
from taji.web.rounds.jobs import run_errand
from taji.web.rounds.models import Case, Errand, Round
from taji.web.rounds.progress import points, progress
from taji.web.rounds.strata import column_label, stratum_label
from taji.web.simulated import how_simulated
from taji.web.speech import language, say
from taji.web.spreadsheets import XLSX

OF_CITY = {Role.ANALYST: whole_city}
#: The files of a draw, by the word in the address: field and name.
DRAW_FILES = {
    "register": ("register_file", "register.parquet"),
    "sample": ("sample_file", "sample.csv"),
    "certificate": ("certificate_file", "sample.json"),
}


def start(its: Round, kind: str, request: HttpRequest, **asked: Any) -> HttpResponse:
    """Begin an errand, let its job run, and show it."""
    errand = begin(its, kind, by=request.user, **asked)
    return run(errand)


def run(errand: Errand) -> HttpResponse:
    """Let the job of an errand run, and show it."""
    transaction.on_commit(lambda: run_errand.enqueue(errand.pk))
    return redirect("rounds:errand", errand_id=errand.pk)


def complain(request: HttpRequest, error: TajiError) -> None:
    """Say an error on the next page."""
    messages.error(request, error.render(language()))


@require_GET
@to(Role.ANALYST)
def index(request: HttpRequest) -> HttpResponse:
    """List the rounds."""
    found = Round.objects.order_by("-pk").defer("purpose_zh", "purpose_en", "allocated")
    rounds = list(found[:100])
    context = {
        "rounds": rounds,
        "whole_city": district_of(request.user) == "",
        "simulated": how_simulated(one.simulated for one in rounds),
    }
    return render(request, "rounds/list.html", context)


@to(Role.ANALYST, opens=OF_CITY)
def new(request: HttpRequest) -> HttpResponse:
    """Make a round."""
    form = RoundForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        its = stages.create(form.told(), by=request.user)
        messages.success(request, say("已新建，下一步：抽样", "Made. Next: draw the sample"))
        return redirect("rounds:show", slug=its.slug)
    return _form_page(request, form, None)


@to(Role.ANALYST, find=round_by, opens=OF_CITY)
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a round that is in preparation; of an open one, its last day."""
    its = request.subject
    form = RoundForm(request.POST or None, instance=its)
    if request.method == "POST" and form.is_valid():
        told = form.told()
        its = round_by(slug)  # the form has written on its own copy
        try:
            stages.change(its, told, by=request.user)
        except TajiError as error:
            complain(request, error)
            return redirect("rounds:show", slug=slug)
        messages.success(request, say("已保存", "Saved"))
        return redirect("rounds:show", slug=told["slug"])
    return _form_page(request, form, its)


def _form_page(request: HttpRequest, form: RoundForm, its: Round | None) -> HttpResponse:
    plain = [form[name] for name in RoundForm.Meta.fields]
    return render(
        request,
        "rounds/form.html",
        {"form": form, "plain": plain, "its": its},
        status=422 if form.errors else 200,
    )


@require_GET
@to(Role.ANALYST, find=round_by)
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how far a round has come."""
    its = request.subject
    district = district_of(request.user)
    return render(
        request,
        "rounds/show.html",
        {
            "its": its,
            "progress": progress(its, district=district),
            "district": district,
            "whole_city": district == "",
            "errands": _errands(its, district),
            "asks": {name: questionnaire(name) for name in its.questionnaires},
            "models": [model(m) for m in its.model_ids],
        },
    )


def _errands(its: Round, district: str) -> Any:
    found = its.errands.select_related("by").defer("request")
    return (found.filter(district=district) if district else found)[:8]


@require_GET
@to(Role.ANALYST, find=round_by, opens=OF_CITY)
def draw(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how the sample was drawn, or plan one and see what it would give."""
    its = request.subject
    planned = "size" in request.GET
    form = DrawForm(request.GET if planned else None)
    plan = None
    if planned and form.is_valid():
        try:
            plan = drawing.plan(form.request())
        except TajiError as error:
            form.add_error(None, error.render(language()))
    return _draw_page(request, its, form, plan)


def _draw_page(request: HttpRequest, its: Round, form: DrawForm, plan: Any) -> HttpResponse:
    rows = [] if plan is None else plan.rows(named=True)
    strata = form.cleaned_data["strata"] if rows else []
    certificate = its.allocated if its.drawn_at else []
    return render(
        request,
        "rounds/draw.html",
        {
            "its": its,
            "form": form,
            "whole": rows[0] if rows else None,
            "whole_points": points(rows[0]["half_width_full"]) if rows else "",
            "plan": [
                (stratum_label(strata, r["stratum"]), r, points(r["half_width_full"]))
                for r in rows[1:]
            ],
            "drawn": [(stratum_label(its.strata, s), n, k) for s, n, k in certificate],
            "strata": [column_label(c) for c in its.strata],
            "draft": its.state == Round.State.DRAFT,
            "can_draw": drawing.eligible({}).exists(),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


@require_POST
@to(Role.ANALYST, find=round_by, opens=OF_CITY)
def draw_now(request: HttpRequest, slug: str) -> HttpResponse:
    """Draw the sample."""
    its = request.subject
    form = DrawForm(request.POST)
    if not form.is_valid():
        return _draw_page(request, its, form, None)
    try:
        drawing.plan(form.request())
    except TajiError as error:
        form.add_error(None, error.render(language()))
        return _draw_page(request, its, form, None)
    return start(its, Errand.Kind.DRAW, request, **form.request())


@require_POST
@to(Role.ANALYST, Role.AUDITOR, find=round_by, opens=OF_CITY)
def replay(request: HttpRequest, slug: str) -> HttpResponse:
    """Repeat the draw from the register that was kept, and say whether it is the same."""
    its = request.subject
    if not its.certificate_file:
        raise Http404
    proof = drawing.replay(its, by=request.user)
    tell = messages.success if proof.same else messages.error
    tell(request, proof.sentence[language()])
    if Role.ANALYST in request.user.roles:
        return redirect("rounds:draw", slug=slug)
    return redirect("home")


@require_GET
@to(Role.ANALYST, Role.AUDITOR, find=round_by, opens=OF_CITY)
def draw_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand out the register as it was drawn from, the sample or the certificate."""
    field, name = DRAW_FILES.get(request.GET.get("which", "certificate"), ("", ""))
    file = getattr(request.subject, field, None) if field else None
    if not file:
        raise Http404
    return stored(file, f"{slug}-{name}", BYTES)


@to(Role.ANALYST, find=round_by, opens=OF_CITY)
def open_(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what opening means, and open."""
    its = request.subject
    if request.method == "POST":
        try:
            stages.open_round(its, by=request.user)
        except TajiError as error:
            complain(request, error)
        else:
            messages.success(request, say("已开放填报，下一步：邀请", "Open. Next: invite"))
            return redirect("rounds:invite", slug=slug)
        return redirect("rounds:show", slug=slug)
    packs = stages.packs_of(its).items()
    return render(request, "rounds/open.html", {"its": its, "packs": packs})


@to(Role.ANALYST, find=round_by, opens=OF_CITY)
def freeze(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what the freeze means, and freeze."""
    its = request.subject
    if request.method == "POST" and request.POST.get("sure") == "1":
        try:
            stages.freeze(its, by=request.user)
        except TajiError as error:
            complain(request, error)
        else:
            messages.success(request, say("已冻结", "Frozen"))
        return redirect("rounds:show", slug=slug)
    counts = progress(its).city
    return render(
        request,
        "rounds/freeze.html",
        {"its": its, "city": counts, "unsure": request.method == "POST"},
        status=422 if request.method == "POST" else 200,
    )


@require_GET
@to(Role.ANALYST, find=round_by)
def cases(request: HttpRequest, slug: str) -> HttpResponse:
    """List the firms of a round."""
    its = request.subject
    found = listing.cases_of(its, request.user, request.GET)
    page = listing.page(found, request.GET.get("after", ""))
    query = request.GET.copy()
    query["after"] = str(page.after or "")
    return render(
        request,
        "rounds/cases.html",
        {
            "its": its,
            "rows": [(case, stratum_label(its.strata, case.stratum)) for case in page.cases],
            "states": Case.State.choices,
            "strata": [(s, stratum_label(its.strata, s)) for s, _, _ in its.allocated],
            "next": query.urlencode() if page.after else None,
            "first": not request.GET.get("after"),
            "query": request.GET,
        },
    )


@require_GET
@to(Role.ANALYST, find=round_by)
def xlsform(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand out a questionnaire of the round as an XLSForm, for Kobo and ODK."""
    its = request.subject
    name = request.GET.get("questionnaire", its.questionnaire)
    if name not in its.questionnaires:
        raise Http404
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form.xlsx"
        write_xlsform(questionnaire(name), path)
        content = path.read_bytes()
    return attachment(content, f"{slug}-{name}-xlsform.xlsx", XLSX)
