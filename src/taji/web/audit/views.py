"""Pages of the auditor: the log, and from a number to what is behind it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

import taji
from taji.store.manifest import Manifest, code_digest
from taji.web.access import to, whole_city
from taji.web.audit.log import record
from taji.web.audit.models import Entry, Replay
from taji.web.audit.reading import COLUMNS, Narrowed, entries, lines
from taji.web.audit.replaying import ask_replay, folder_of
from taji.web.audit.tracing import behind, figures, published
from taji.web.audit.verifying import head, prove_log
from taji.web.downloads import streamed
from taji.web.parameters import whole
from taji.web.people.models import Role
from taji.web.publishing.models import Made, Portrait
from taji.web.rounds.models import Round
from taji.web.simulated import how_simulated
from taji.web.spreadsheets import CSV, csv_parts

#: Rows on a page.
SHOWN = 50


def portrait_of(portrait_id: int) -> Portrait:
    """Find a portrait that was published."""
    return published().get(pk=portrait_id)


def replay_of(replay_id: int) -> Replay:
    """Find a replay."""
    return Replay.objects.select_related("portrait__round", "asked_by").get(pk=replay_id)


def the_city() -> str:
    """Find what a page about the whole city is about: who is limited to a district has no part."""
    return "city"


readers = to(
    *(Role.AUDITOR, Role.ADMINISTRATOR),
    find=the_city,
    opens={Role.AUDITOR: whole_city, Role.ADMINISTRATOR: whole_city},
)
auditors = to(Role.AUDITOR, find=the_city, opens={Role.AUDITOR: whole_city})
of_portrait = to(Role.AUDITOR, find=portrait_of, opens={Role.AUDITOR: whole_city})


@readers
@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """Show the log, the newest first, narrowed as asked."""
    asked = Narrowed.of(request.GET)
    before = whole(request.GET.get("before"))
    found = entries(asked)
    if before:
        found = found.filter(number__lt=before)
    rows = list(found[: SHOWN + 1])
    kept = {
        name: request.GET.get(name, "") for name in ("action", "subject", "actor", "since", "until")
    }
    return render(
        request,
        "audit/log.html",
        {
            "rows": rows[:SHOWN],
            "older": _query({**kept, "before": rows[SHOWN - 1].number})
            if len(rows) > SHOWN
            else "",
            "export": _query(kept),
            "asked": kept,
            "head": head(),
            "paged": bool(before),
            "simulated": _of_rounds(),
        },
    )


def _of_rounds() -> str:
    """What the banner says of the log, which tells of every round."""
    return how_simulated(Round.objects.values_list("simulated", flat=True))


def _query(values: dict[str, Any]) -> str:
    return urlencode({name: value for name, value in values.items() if value != ""})


@readers
@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Give the narrowed log out as a file; that it was taken is logged too."""
    asked = Narrowed.of(request.GET)
    record("audit.export", actor=request.user, subject="log", asked=_facts(asked))
    return streamed(csv_parts(COLUMNS, lines(asked)), "log.csv", CSV)


def _facts(asked: Narrowed) -> dict[str, Any]:
    return {name: str(getattr(asked, name) or "") for name in Narrowed.__dataclass_fields__}


@readers
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Prove the whole log and say what came of it."""
    result = prove_log()
    record(
        "audit.check", actor=request.user, subject="log", holds=result.holds, entries=result.entries
    )
    around: list[Entry] = []
    if result.kind in ("gap", "link", "content") and result.number is not None:
        near = (result.number - 2, result.number + 2)
        around = list(Entry.objects.filter(number__range=near).order_by("number"))
    context = {"result": result, "around": around, "simulated": _of_rounds()}
    return render(request, "audit/checked.html", context)


@auditors
@require_GET
def numbers(request: HttpRequest) -> HttpResponse:
    """List the portraits whose numbers can be traced."""
    found = list(published()[:SHOWN])
    simulated = how_simulated(one.round.simulated for one in found)
    return render(request, "audit/numbers.html", {"portraits": found, "simulated": simulated})


@of_portrait
@require_GET
def portrait(request: HttpRequest, portrait_id: int) -> HttpResponse:
    """Show the published figures of a portrait, and what it rests on."""
    its: Portrait = request.subject
    search = request.GET.get("question", "").strip()[:120]
    start = whole(request.GET.get("from"))
    found = figures(its, search=search)
    page = found.slice(start, SHOWN)
    more = start + SHOWN
    return render(
        request,
        "audit/portrait.html",
        {
            **_basis(its),
            "rows": page.to_dicts(),
            "count": found.height,
            "search": search,
            "next": _query({"question": search, "from": more}) if found.height > more else "",
            "back": _query({"question": search, "from": start - SHOWN}) if start >= SHOWN else None,
            "replay": Replay.objects.filter(portrait=its).order_by("-pk").first(),
        },
    )


def _basis(its: Portrait) -> dict[str, Any]:
    """What a portrait rests on, by its manifest."""
    manifest = Manifest.read(folder_of(its))
    return {
        "portrait": its,
        "manifest": manifest,
        "packs": sorted(manifest.packs.items()),
        "inputs": sorted(manifest.inputs.items()),
        "libraries": sorted(manifest.libraries.items()),
        "same_code": manifest.code == code_digest(),
        "version_now": taji.__version__,
    }


@of_portrait
@require_GET
def number(request: HttpRequest, portrait_id: int) -> HttpResponse:
    """Show one published number, and the firms behind it with what each handed in."""
    its: Portrait = request.subject
    line = whole(request.GET.get("line"))
    found = figures(its, line=line).to_dicts()
    if not found:
        raise Http404
    start = whole(request.GET.get("from"))
    count, rows = behind(its, found[0], start=start, count=SHOWN)
    more = start + SHOWN
    return render(
        request,
        "audit/number.html",
        {
            **_basis(its),
            "figure": found[0],
            "rows": rows,
            "count": count,
            "next": _query({"line": line, "from": more}) if count > more else "",
            "replay": Replay.objects.filter(portrait=its).order_by("-pk").first(),
        },
    )


@of_portrait
@require_POST
def replay(request: HttpRequest, portrait_id: int) -> HttpResponse:
    """Have a portrait computed again in the background."""
    made = ask_replay(request.subject, by=request.user)
    return redirect("audit:replayed", replay_id=made.pk)


@to(Role.AUDITOR, find=replay_of, opens={Role.AUDITOR: whole_city})
@require_GET
def replayed(request: HttpRequest, replay_id: int) -> HttpResponse:
    """Show what came of a replay."""
    made: Replay = request.subject
    return render(
        request,
        "audit/replayed.html",
        {"replay": made, "waiting": made.state in (Made.QUEUED, Made.RUNNING)},
    )
