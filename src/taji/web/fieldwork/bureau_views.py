"""Pages of the analyst: the draw, who assesses what, how far it is, and what it shows."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.web.access import own_district, to, whole_city
from taji.web.answering.models import Sheet, Submission
from taji.web.audit.log import record
from taji.web.downloads import stored
from taji.web.fieldwork.analysing import ask_analysis
from taji.web.fieldwork.assessing import claimed
from taji.web.fieldwork.assigning import (
    assign,
    barred,
    choose,
    experts,
    loads_of,
    progress,
    reassign,
)
from taji.web.fieldwork.drawing import STRATA, draw_subsample, prove, submitted_cases
from taji.web.fieldwork.models import Analysis, Assignment, Evidence, Subsample
from taji.web.fieldwork.reading import told
from taji.web.fieldwork.rules import assignment_of, subsample_of
from taji.web.parameters import day, whole
from taji.web.people.models import Role, User
from taji.web.publishing.models import Made
from taji.web.rounds.asked import asked_of
from taji.web.rounds.finding import case_by, round_by
from taji.web.rounds.models import Case, Round
from taji.web.rounds.strata import stratum_label
from taji.web.simulated import how_simulated
from taji.web.speech import language, said, say

#: Firms on a page. [firms]
SHOWN = 50
#: The most that an expert or a seed may be. [1]
SEED_LIMIT = 2**31
SCORE = Text(zh="平均总分", en="Mean total score")

analysts = to(Role.ANALYST, find=round_by)
analysts_of_city = to(Role.ANALYST, find=round_by, opens={Role.ANALYST: whole_city})
readers_of_city = to(
    Role.ANALYST,
    Role.AUDITOR,
    find=round_by,
    opens={Role.ANALYST: whole_city, Role.AUDITOR: whole_city},
)


@to(Role.ANALYST)
@require_GET
def rounds(request: HttpRequest) -> HttpResponse:
    """List the rounds that firms can be assessed in."""
    found = (
        Round.objects.exclude(state=Round.State.DRAFT)
        .annotate(drawn=F("subsample__size"))
        .only("slug", "title_zh", "title_en", "state", "simulated")
        .order_by("-created_at")[:SHOWN]
    )
    simulated = how_simulated(one.simulated for one in found)
    return render(request, "fieldwork/rounds.html", {"rounds": found, "simulated": simulated})


@analysts
@require_GET
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the draw, the load of the experts, and the firms with who assesses them."""
    its: Round = request.subject
    districts = districts_of(request.user)
    within = Q() if districts is None else Q(case__organisation__district__in=districts)
    rows = _cases(its, districts, whole(request.GET.get("after")))
    people = experts() if districts is None else []
    loads = loads_of(its)
    subsample = Subsample.objects.filter(round=its).select_related("by").first()
    submitted = submitted_cases(its).count()
    return render(
        request,
        "fieldwork/overview.html",
        {
            "round": its,
            "subsample": subsample,
            "submitted": submitted,
            "late": 0 if subsample is None else max(0, submitted - subsample.submitted),
            "progress": progress(its, within),
            "rows": [(row, _stratum(row, its, subsample)) for row in rows[:SHOWN]],
            "after": rows[SHOWN - 1].pk if len(rows) > SHOWN else None,
            "people": [(one, loads.get(one.pk, 0)) for one in people],
            "strata": STRATA.items(),
            "seed": secrets.randbelow(SEED_LIMIT),
            "whole_city": districts is None,
            "open": its.state != Round.State.DRAFT,
        },
    )


def _stratum(row: Case, its: Round, subsample: Subsample | None) -> Text | None:
    """What the stratum of a firm of the second phase is called; None for one chosen by hand."""
    if subsample is None or not hasattr(row, "second_phase"):
        return None
    columns = [c for n in subsample.strata for c in (its.strata if n == "first_phase" else [n])]
    return stratum_label(columns, row.second_phase.stratum)


def districts_of(user: User) -> set[str] | None:
    """The districts that an analyst is limited to; None for the whole city."""
    found = {m.district for m in user.held if m.role == Role.ANALYST}
    return None if "" in found else found


def _cases(its: Round, districts: set[str] | None, after: int) -> list[Case]:
    """One page of firms that are to be assessed, each with its assignments and one row more."""
    given = Assignment.objects.filter(case=OuterRef("pk"))
    found = (
        Case.objects.filter(round=its, pk__gt=after)
        .filter(Q(second_phase__isnull=False) | Exists(given))
        .select_related("organisation", "second_phase")
        .only(
            *("organisation__name", "organisation__district", "organisation__invented"),
            *("second_phase__stratum", "round_id"),
        )
        .prefetch_related(
            Prefetch("assignments", Assignment.objects.select_related("expert").order_by("pk"))
        )
        .order_by("pk")
    )
    if districts is not None:
        found = found.filter(organisation__district__in=districts)
    return list(found[: SHOWN + 1])


def _late(its: Round) -> int:
    """Firms that handed in after the draw, which could not be drawn."""
    drawn = Subsample.objects.filter(round=its).values_list("submitted", flat=True).first()
    return 0 if drawn is None else max(0, submitted_cases(its).count() - drawn)


@analysts_of_city
@require_POST
def draw(request: HttpRequest, slug: str) -> HttpResponse:
    """Draw the second phase."""
    size, seed = request.POST.get("size", ""), request.POST.get("seed", "")
    strata = tuple(name for name in STRATA if name in request.POST.getlist("strata"))
    if not (
        size.isdecimal() and 0 < int(size) < SEED_LIMIT and seed.isdecimal() and len(seed) < 12
    ):
        messages.error(
            request, say("请填写家数和种子，都是整数。", "Give a number of firms and a seed.")
        )
        return redirect("fieldwork:overview", slug=slug)
    try:
        made = draw_subsample(
            request.subject, size=int(size), strata=strata, seed=int(seed), by=request.user
        )
    except TajiError as error:
        messages.error(request, _said(error))
        return redirect("fieldwork:overview", slug=slug)
    messages.success(
        request,
        say(
            "已从 {all} 家提交的企业中抽出 {n} 家。",
            "{n} of {all} firms that handed in are drawn.",
            n=made.size,
            all=made.submitted,
        ),
    )
    return redirect("fieldwork:overview", slug=slug)


def _said(error: TajiError) -> str:
    return error.render(language())


@analysts_of_city
@require_POST
def share(request: HttpRequest, slug: str) -> HttpResponse:
    """Share the drawn firms out among experts."""
    chosen = {int(pk) for pk in request.POST.getlist("expert") if pk.isdecimal()}
    people = [one for one in experts() if one.pk in chosen]
    twice = request.POST.get("twice", "0")
    due = day(request.POST.get("due_on"))
    if not people:
        messages.error(request, say("请至少选择一位专家。", "Choose at least one expert."))
        return redirect("fieldwork:overview", slug=slug)
    out = assign(
        request.subject,
        people=people,
        twice=int(twice) if twice.isdecimal() and len(twice) < 7 else 0,
        due_on=due,
        by=request.user,
    )
    messages.success(request, say("新分派 {n} 项。", "{n} assignments are made.", n=out.made))
    if out.short:
        messages.warning(
            request,
            say(
                "有 {n} 家企业没有足够的可用专家（利益冲突或区县限制）：{names}",
                "{n} firms found too few experts (conflicts or districts): {names}",
                n=len(out.short),
                names="、".join(case.organisation.name for case in out.short[:10]),
            ),
        )
    return redirect("fieldwork:overview", slug=slug)


@to(
    Role.ANALYST,
    Role.AUDITOR,
    find=subsample_of,
    opens={Role.ANALYST: whole_city, Role.AUDITOR: whole_city},
)
@require_GET
def certificate(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the certificate of the draw out."""
    file = request.subject.certificate_file
    return stored(file, f"second-phase-{slug}.json", "application/json")


@to(
    Role.ANALYST,
    Role.AUDITOR,
    find=subsample_of,
    opens={Role.ANALYST: whole_city, Role.AUDITOR: whole_city},
)
@require_POST
def replay(request: HttpRequest, slug: str) -> HttpResponse:
    """Repeat the draw from what was kept and say whether it gives the same firms."""
    subsample: Subsample = request.subject
    proof = prove(subsample)
    record("fieldwork.replay_draw", actor=request.user, subject=f"round:{slug}", same=proof.same)
    return render(request, "fieldwork/proof.html", {"subsample": subsample, "proof": proof})


@to(
    Role.ANALYST,
    Role.AUDITOR,
    find=case_by,
    opens={Role.ANALYST: own_district, Role.AUDITOR: whole_city},
)
@require_GET
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Show one firm: who assesses it, what it claims and what was found, with the evidence."""
    its: Case = request.subject
    assignments = list(
        Assignment.objects.filter(case=its).select_related("expert", "made_by").order_by("pk")
    )
    versions = dict(
        Submission.objects.filter(
            sheet__case=its, sheet__track=Sheet.Track.EXPERT, sheet__submission_id=F("pk")
        ).values_list("sheet__author_id", "answers")
    )
    found = [one for one in assignments if one.expert_id in versions and one.ended_at is None]
    manages = any(m.role == Role.ANALYST and own_district(m, its) for m in request.user.held)
    people = experts() if manages else []
    never = barred([its], people)
    return render(
        request,
        "fieldwork/case.html",
        {
            "case": its,
            "assignments": assignments,
            "assessed": found,
            "lines": _beside(its, claimed(its), [versions[one.expert_id] for one in found]),
            "evidence": Evidence.objects.filter(sheet__case=its, removed_at=None)
            .select_related("by")
            .order_by("item", "pk"),
            "people": [one for one in people if (its.pk, one.pk) not in never],
            "manages": manages,
        },
    )


def _beside(its: Case, own: Any, versions: list[Any]) -> list[dict[str, Any]]:
    """Every item that somebody answered: what the firm claims, what each expert found."""
    lines = []
    for key, one in asked_of(its.round).items.items():
        values = [version.get(key) for version in versions]
        if own.get(key) is None and all(value is None for value in values):
            continue
        lines.append(
            {
                "item": one.item,
                "key": key,
                "claimed": told(one.item, own.get(key)),
                "found": [
                    (told(one.item, value), value is not None and value != own.get(key))
                    for value in values
                ],
            }
        )
    return lines


@to(Role.ANALYST, find=assignment_of, opens={Role.ANALYST: own_district})
@require_POST
def move(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Give an assignment to another expert, or set another date."""
    held: Assignment = request.subject
    expert = get_object_or_404(User, pk=whole(request.POST.get("expert")))
    try:
        reassign(held, expert, due_on=day(request.POST.get("due_on")), by=request.user)
    except TajiError as error:
        messages.error(request, _said(error))
    else:
        messages.success(request, say("已更新分派。", "The assignment is changed."))
    return redirect("fieldwork:case", case_id=held.case_id)


@to(Role.ANALYST, find=case_by, opens={Role.ANALYST: own_district})
@require_POST
def give(request: HttpRequest, case_id: int) -> HttpResponse:
    """Give a firm to one more expert."""
    expert = get_object_or_404(User, pk=whole(request.POST.get("expert")))
    try:
        choose(request.subject, expert, due_on=day(request.POST.get("due_on")), by=request.user)
    except TajiError as error:
        messages.error(request, _said(error))
    else:
        messages.success(request, say("已分派。", "The firm is assigned."))
    return redirect("fieldwork:case", case_id=case_id)


@analysts
@require_GET
def find(request: HttpRequest, slug: str) -> HttpResponse:
    """Go to a firm of the round by its key, to have it assessed although it was not drawn."""
    key = request.GET.get("key", "").strip()
    found = Case.objects.filter(round=request.subject, organisation__key=key).first()
    districts = districts_of(request.user)
    if found is not None and (districts is None or found.organisation.district in districts):
        return redirect("fieldwork:case", case_id=found.pk)
    messages.error(
        request,
        say("本轮没有标识为“{key}”的企业。", "No firm with key {key!r} in this round.", key=key),
    )
    return redirect("fieldwork:overview", slug=slug)


@analysts_of_city
@require_POST
def analyse(request: HttpRequest, slug: str) -> HttpResponse:
    """Have agreement and corrected estimates computed in the background."""
    ask_analysis(request.subject, by=request.user)
    then = request.POST.get("then")
    return redirect(f"fieldwork:{'corrected' if then == 'corrected' else 'agreement'}", slug=slug)


@readers_of_city
@require_http_methods(["GET"])
def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how far experts agree with each other, and firms with experts."""
    context = _shown(request.subject)
    labels = _labels(request.subject)
    results = context["results"]
    for name in ("own", "experts"):
        context[f"{name}_rows"] = [
            {**row, "label": labels.get((row["questionnaire"], row["question"], row["option"]))}
            for row in results.get(name, ())
        ]
    return render(request, "fieldwork/agreement.html", context)


@readers_of_city
@require_http_methods(["GET"])
def corrected(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the city's estimates corrected by the assessed firms, with the gain."""
    context = _shown(request.subject)
    context["late"] = _late(request.subject)
    for model in context["results"].get("models", ()):
        model["shown"] = [_estimate(row, model["levels"]) for row in model.get("estimates", ())]
    return render(request, "fieldwork/corrected.html", context)


def _estimate(row: dict[str, Any], levels: dict[str, Any]) -> dict[str, Any]:
    """One corrected estimate as it is shown: a mean in points, a share in per cent."""
    share = row["statistic"] == "proportion"
    scale, unit = (100, " %") if share else (1, "")

    def ends(value: str, low: str, high: str) -> str:
        numbers = (row[value] * scale, row[low] * scale, row[high] * scale)
        return "{:.1f}{} ({:.1f}–{:.1f})".format(numbers[0], unit, *numbers[1:])

    level = levels.get(row["level"], {"zh": row["level"], "en": row["level"]})
    label = Text(
        zh=f"等级为“{level['zh']}”的企业占比",
        en=f'Share of firms with the level "{level["en"]}"',
    )
    return {
        "label": label if share else SCORE,
        "own": ends("own", "own_low", "own_high"),
        "assessed": ends("assessed", "assessed_low", "assessed_high"),
        "corrected": ends("corrected", "ci_low", "ci_high"),
        "gain": row["gain"],
        "n": row["n"],
        "n_assessed": row["n_assessed"],
    }


def _shown(its: Round) -> dict[str, Any]:
    """The latest analysis that is done, and the one that is being made."""
    made = Analysis.objects.filter(round=its).order_by("-pk")
    last = made.filter(state=Made.DONE).first()
    newest = made.first()
    return {
        "round": its,
        "analysis": last,
        "results": {} if last is None else last.results,
        "newest": newest,
        "waiting": newest is not None and newest.state in (Made.QUEUED, Made.RUNNING),
        "whole": True,
    }


def _labels(its: Round) -> dict[tuple[str, str, str | None], str]:
    """What each row of a table of agreement is about."""
    found: dict[tuple[str, str, str | None], str] = {}
    for one in asked_of(its).items.values():
        label = one.item.question.short or one.item.question.label
        text = said(label)
        if one.item.row is not None:
            text = f"{text} · {said(one.item.row.label)}"
        found[one.questionnaire, one.item.id, None] = text
        for option in one.item.question.options:
            found[one.questionnaire, one.item.id, option.id] = f"{text} · {said(option.label)}"
    return found
