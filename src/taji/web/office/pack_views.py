"""Pages on packs: what there is, uploading, who would move, switching on and off."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from taji.base.errors import TajiError
from taji.catalogue.load import available
from taji.catalogue.pack import CONFIDENCE_LABELS
from taji.desk.modelling import KINDS, show_pack
from taji.web.access import to
from taji.web.downloads import stored
from taji.web.office import packs, switching
from taji.web.office.forms import PackForm
from taji.web.office.models import Pack, Switch
from taji.web.people.models import Organisation, Role
from taji.web.publishing.models import Made
from taji.web.simulated import how_simulated
from taji.web.speech import language, say

__all__ = ["activate", "compare", "listing", "pack", "retire", "switch", "table"]

#: Firms on one page of a comparison.
PAGE = 100


def _pack(pack_id: int) -> Pack:
    found: Pack = Pack.objects.select_related("by").get(pk=pack_id)
    return found


def _switch(switch_id: int) -> Switch:
    found: Switch = Switch.objects.select_related("pack").get(pk=switch_id)
    return found


@to(Role.ADMINISTRATOR)
def listing(request: HttpRequest) -> HttpResponse:
    """List the bureau's own packs and the library's; take an upload in."""
    form = PackForm(request.POST or None, request.FILES or None)
    problems: tuple[object, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            taken = packs.take(form.cleaned_data["file"], by=request.user)
        except packs.UnsoundError as error:
            problems = error.problems
            form.add_error("file", error.render(language()))
        except TajiError as error:
            form.add_error("file", error.render(language()))
        else:
            messages.success(
                request,
                say(
                    "{name} 已通过检查并接收，尚未启用。",
                    "{name} is sound and taken in; it is not in use yet.",
                    name=taken.name,
                ),
            )
            return redirect("office:pack", pack_id=taken.pk)
    return render(
        request,
        "office/packs.html",
        {
            "form": form,
            "problems": problems,
            "own": Pack.objects.select_related("by").order_by("kind", "pack", "-pk"),
            "library": list(_library()),
            "kinds": {kind: title for kind, (title, _) in KINDS.items()},
        },
        status=422 if form.errors else 200,
    )


def _library() -> list[dict[str, object]]:
    own = {kind: packs.active(kind) for kind in KINDS}
    return [
        {
            "kind": title,
            "name": one.key,
            "title": one.title,
            "doubt": CONFIDENCE_LABELS[one.confidence],
            "replaced": own[kind].get(one.id),
        }
        for kind, (title, load) in KINDS.items()
        for one in (load(name) for name in available(kind))
    ]


@to(Role.ADMINISTRATOR, find=_pack)
def pack(request: HttpRequest, pack_id: int) -> HttpResponse:
    """Show a pack of the bureau's own: what it holds, what it would change."""
    one: Pack = request.subject
    name = one.name if one.kind in ("models", "questionnaires") else str(_file(one))
    return render(
        request,
        "office/pack.html",
        {
            "pack": one,
            "kind": KINDS[one.kind][0],
            "sheet": show_pack(name, language=language()),
            "switches": one.switches.select_related("asked_by").order_by("-pk")[:10],
            "compared": one.kind != packs.MODELS or one.switches.filter(state=Made.DONE).exists(),
        },
    )


def _file(one: Pack) -> Path:
    return Path(settings.FILES) / one.folder / f"{one.pack}.yaml"


@require_POST
@to(Role.ADMINISTRATOR, find=_pack)
def compare(request: HttpRequest, pack_id: int) -> HttpResponse:
    """Order the comparison."""
    asked = switching.ask(request.subject, by=request.user)
    return redirect("office:switch", switch_id=asked.pk)


@to(Role.ADMINISTRATOR, find=_switch)
def switch(request: HttpRequest, switch_id: int) -> HttpResponse:
    """Show who would change level."""
    one: Switch = request.subject
    moved = one.moved.select_related("round").order_by("pk")
    page = Paginator(moved, PAGE).get_page(request.GET.get("page"))
    keys = [row.enterprise for row in page]
    firms = dict(Organisation.objects.filter(key__in=keys).values_list("key", "name"))
    return render(
        request,
        "office/switch.html",
        {
            "switch": one,
            "page": page,
            "firms": firms,
            "simulated": how_simulated(row.round.simulated for row in page),
            "waiting": one.state in (Made.QUEUED, Made.RUNNING),
            "problem": one.problem.get(language()),
            "step": one.step_zh if language() == "zh" else one.step_en,
        },
    )


@to(Role.ADMINISTRATOR, find=_switch)
def table(request: HttpRequest, switch_id: int) -> HttpResponse:
    """Hand the table of all firms out."""
    one: Switch = request.subject
    file = Path(settings.FILES) / one.folder / switching.TABLE
    if not one.folder or not file.is_file():
        raise Http404
    return stored(file, f"{one.pack.name}-changes.csv")


@require_POST
@to(Role.ADMINISTRATOR, find=_pack)
def activate(request: HttpRequest, pack_id: int) -> HttpResponse:
    """Use a version for new rounds."""
    packs.activate(request.subject, by=request.user)
    messages.success(
        request,
        say(
            "{name} 已启用：新建的轮次将使用它，已开展的轮次不变。",
            "{name} is in use: new rounds take it, rounds that exist keep what they have.",
            name=request.subject.name,
        ),
    )
    return redirect("office:pack", pack_id=pack_id)


@require_POST
@to(Role.ADMINISTRATOR, find=_pack)
def retire(request: HttpRequest, pack_id: int) -> HttpResponse:
    """Use a version no more."""
    packs.retire(request.subject, by=request.user)
    messages.success(
        request, say("已停用。", "It is retired; rounds that were opened with it keep it.")
    )
    return redirect("office:pack", pack_id=pack_id)
