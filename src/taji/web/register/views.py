"""Pages of the register."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from taji.base.errors import TajiError
from taji.desk.enrolling import CODES
from taji.web.access import own_district, to, whole_city
from taji.web.downloads import attachment, stored
from taji.web.people.models import Organisation, Role
from taji.web.register import editing, importing, looking
from taji.web.register.coding import choices, label, told_changes
from taji.web.register.forms import ContactForm, FirmForm, UploadForm
from taji.web.register.jobs import apply_import, read_import
from taji.web.register.models import RegisterImport
from taji.web.rounds.models import Contact
from taji.web.simulated import how_simulated
from taji.web.speech import language, say
from taji.web.spreadsheets import CSV, PARQUET, safe_frame
from taji.web.uploads import keep_table

State = RegisterImport.State
#: States in which a job works or is waited for.
BUSY = (State.QUEUED, State.READING, State.WAITING, State.RUNNING)


def _firm(firm_id: int) -> Organisation:
    return Organisation.objects.get(pk=firm_id)


def _contact(contact_id: int) -> Contact:
    return Contact.objects.select_related("organisation").get(pk=contact_id)


def _import(import_id: int) -> RegisterImport:
    return RegisterImport.objects.select_related("by").get(pk=import_id)


OF_DISTRICT = {Role.ANALYST: own_district}
OF_CITY = {Role.ANALYST: whole_city}


@require_GET
@to(Role.ANALYST)
def index(request: HttpRequest) -> HttpResponse:
    """List the firms that this analyst may see."""
    wanted = looking.Wanted.of(request.GET)
    found = looking.firms(request.user, wanted)
    page = looking.page(found, request.GET.get("after", ""))
    query = request.GET.copy()
    query["after"] = page.after or ""
    alone = page.after is None and not request.GET.get("after")
    count = len(page.firms) if alone else None if wanted.text else looking.counted(found)
    return render(
        request,
        "register/list.html",
        {
            "rows": [(f, [label(n, getattr(f, n)) for n in CODES]) for f in page.firms],
            "wanted": wanted,
            "choices": [(name, FirmForm.base_fields[name].label, choices(name)) for name in CODES],
            "next": query.urlencode() if page.after else None,
            "first": not request.GET.get("after"),
            "count": looking.PAGE if count is None else min(count, looking.COUNTED),
            "more": count is None or count > looking.COUNTED,
            "query": request.GET.urlencode(),
            "whole_city": is_whole_city(request.user),
            "simulated": how_simulated(one.invented for one in page.firms),
        },
    )


def is_whole_city(user: Any) -> bool:
    """Whether a user is an analyst of the whole city."""
    return any(m.role == Role.ANALYST and m.district == "" for m in user.held)


@require_GET
@to(Role.ANALYST)
def export(request: HttpRequest) -> HttpResponse:
    """Hand out the firms of the list as CSV or Parquet."""
    found = looking.firms(request.user, looking.Wanted.of(request.GET))
    frame = looking.export_frame(found)
    if request.GET.get("as") == "parquet":
        held = io.BytesIO()
        frame.write_parquet(held)
        return attachment(held.getvalue(), "register.parquet", PARQUET)
    text = b"\xef\xbb\xbf" + safe_frame(frame).write_csv().encode()
    return attachment(text, "register.csv", CSV)


@require_GET
@to(Role.ANALYST, find=_firm, opens=OF_DISTRICT)
def firm(request: HttpRequest, firm_id: int) -> HttpResponse:
    """Show one firm."""
    return _firm_page(request, request.subject)


def _firm_page(
    request: HttpRequest,
    its: Organisation,
    form: FirmForm | None = None,
    contact_form: ContactForm | None = None,
) -> HttpResponse:
    now = {name: getattr(its, name) for name in ("name", *CODES)}
    return render(
        request,
        "register/firm.html",
        {
            "firm": its,
            "facts": [
                (FirmForm.base_fields[n].label, getattr(its, n), label(n, getattr(its, n)))
                for n in CODES
            ],
            "contacts": its.contacts.order_by("pk"),
            "cases": its.cases.select_related("round").order_by("-pk")[:50],
            "changes": [
                (one, told_changes(one.fields)) for one in its.changes.select_related("by")[:50]
            ],
            "form": form or FirmForm(initial=now),
            "contact_form": contact_form or ContactForm(),
        },
        status=422 if form or contact_form else 200,
    )


@require_POST
@to(Role.ANALYST, find=_firm, opens=OF_DISTRICT)
def correct(request: HttpRequest, firm_id: int) -> HttpResponse:
    """Correct name and codes of a firm."""
    its = request.subject
    form = FirmForm(request.POST, initial={n: getattr(its, n) for n in CODES})
    if not form.is_valid():
        return _firm_page(request, its, form=form)
    if not is_whole_city(request.user) and form.cleaned_data["district"] != its.district:
        form.add_error(
            "district",
            say(
                "只有全市分析员可以更改所在县市区",
                "Only an analyst of the whole city may move a firm",
            ),
        )
        return _firm_page(request, its, form=form)
    editing.correct(its, form.cleaned_data, by=request.user)
    messages.success(request, say("已保存", "Saved"))
    return redirect("register:firm", firm_id=its.pk)


@require_POST
@to(Role.ANALYST, find=_firm, opens=OF_DISTRICT)
def contact_add(request: HttpRequest, firm_id: int) -> HttpResponse:
    """Add a contact."""
    form = ContactForm(request.POST)
    if not form.is_valid():
        return _firm_page(request, request.subject, contact_form=form)
    editing.add_contact(request.subject, form.cleaned_data, by=request.user)
    messages.success(request, say("已添加联系方式", "Contact added"))
    return redirect("register:firm", firm_id=firm_id)


@require_POST
@to(Role.ANALYST, find=_contact, opens=OF_DISTRICT)
def contact_remove(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Remove a contact."""
    firm_id = request.subject.organisation_id
    editing.remove_contact(request.subject, by=request.user)
    messages.success(request, say("已删除联系方式", "Contact removed"))
    return redirect("register:firm", firm_id=firm_id)


@to(Role.ANALYST, opens=OF_CITY)
def imports(request: HttpRequest) -> HttpResponse:
    """List the imports, and take a new file."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            kept = keep_table(form.cleaned_data["file"], "register")
        except TajiError as error:
            form.add_error("file", error.render(language()))
        else:
            its = importing.begin(kept, by=request.user)
            transaction.on_commit(lambda: read_import.enqueue(its.pk))
            return redirect("register:import", import_id=its.pk)
    past = RegisterImport.objects.select_related("by")[:30]
    return render(
        request,
        "register/imports.html",
        {"form": form, "imports": past},
        status=422 if form.errors else 200,
    )


@require_GET
@to(Role.ANALYST, find=_import, opens=OF_CITY)
def import_(request: HttpRequest, import_id: int) -> HttpResponse:
    """Show what a file would change, or how far it has been written."""
    its = request.subject
    context = {
        "its": its,
        "busy": its.state in BUSY,
        "problem": its.problem.get(language()),
        "examples": [(one, told_changes(one["fields"])) for one in its.examples],
    }
    return render(request, "register/import.html", context)


@require_POST
@to(Role.ANALYST, find=_import, opens=OF_CITY)
def import_apply(request: HttpRequest, import_id: int) -> HttpResponse:
    """Take the file into the register."""
    its = request.subject
    if its.state == State.READ:
        importing.confirm(its, whole=request.POST.get("whole") == "1", by=request.user)
        transaction.on_commit(lambda: apply_import.enqueue(its.pk))
    return redirect("register:import", import_id=its.pk)


@require_POST
@to(Role.ANALYST, find=_import, opens=OF_CITY)
def import_again(request: HttpRequest, import_id: int) -> HttpResponse:
    """Run a job again that failed or was cut off."""
    its = request.subject
    job = apply_import if its.rows else read_import
    transaction.on_commit(lambda: job.enqueue(its.pk))
    return redirect("register:import", import_id=its.pk)


@require_POST
@to(Role.ANALYST, find=_import, opens=OF_CITY)
def import_drop(request: HttpRequest, import_id: int) -> HttpResponse:
    """Leave the register as it is."""
    if request.subject.state == State.READ:
        importing.drop(request.subject, by=request.user)
        messages.success(request, say("已放弃，名录没有变化", "Dropped; the register is unchanged"))
    return redirect("register:imports")


@require_GET
@to(Role.ANALYST, find=_import, opens=OF_CITY)
def import_refused(request: HttpRequest, import_id: int) -> HttpResponse:
    """Hand out the table of refused cells."""
    its = request.subject
    file = its.refusals if language() == "zh" else its.refusals_en
    if not file:
        raise Http404
    return stored(file, "refused.csv", CSV)
