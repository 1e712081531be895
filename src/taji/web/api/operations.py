"""The operations of ``/api/v1``. Each names its scope and rule; what it does, the verbs do."""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
from django.db import transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Header, Path, Query, Router

from taji.base.errors import TajiError
from taji.base.identifiers import KEY, clean_key
from taji.desk.diagnosing import program_of
from taji.engine.local import score_frame
from taji.web.access import firms_of, own_district, own_firm, whole_city
from taji.web.answering.entering import purpose_of
from taji.web.answering.exporting import columns_of, of_questionnaire
from taji.web.answering.giving import Given, give
from taji.web.answering.models import AnswerEvent, Sheet, Submission
from taji.web.answering.submitting import submit
from taji.web.answering.sureness import kept_chances
from taji.web.api.grounds import note_grounds, purpose_digest
from taji.web.api.keys import Key
from taji.web.api.models import Scope
from taji.web.api.repeating import HEADER, once
from taji.web.api.shapes import (
    AnswerIn,
    AnswerOut,
    CaseOut,
    CasePage,
    Code,
    EstimatePage,
    FirmIn,
    FirmOut,
    FirmPage,
    PortraitOut,
    Problem,
    RoundOut,
    ScorePage,
    SheetOut,
    SubmissionOut,
    SubmissionPage,
)
from taji.web.people.models import Kind, Organisation, Role
from taji.web.publishing.files import ESTIMATES, folder_of
from taji.web.publishing.models import Portrait
from taji.web.register.editing import enter
from taji.web.rounds.asked import asked_of
from taji.web.rounds.finding import round_by
from taji.web.rounds.models import Case, Round

__all__ = ["PUBLIC", "router"]

router = Router()
#: Operations that need no token: what is published.
PUBLIC = ("list_portraits", "portrait_estimates")

#: Rows of a page. [rows]
Limit = Annotated[int, Query(ge=1, le=1000)]
After = Annotated[str, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
FirmKey = Annotated[str, Path(max_length=64, pattern=r"^[^/\x00-\x1f\x7f]+$")]
Slug = Annotated[str, Path(max_length=40, pattern=r"^[-a-zA-Z0-9_]+$")]
ItemKey = Annotated[str, Path(max_length=80, pattern=r"^[A-Za-z0-9_.:-]+(/[A-Za-z0-9_.:-]+)*$")]
ModelId = Annotated[str, Query(max_length=80, pattern=r"^[a-z][a-z0-9_]*(@\d+\.\d+)?$")]
WriteKey = Annotated[str, Header(alias=HEADER, min_length=8, max_length=80, pattern=r"^[!-~]+$")]

READERS = (Role.ANALYST, Role.AUDITOR)
REFUSED = {401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
OPEN = {404: Problem, 422: Problem}


class UnknownItemError(TajiError):
    """A round does not ask what was answered."""

    code = "web.unknown_item"
    sentences = {
        "zh": "本轮调查没有题目“{item}”。题目清单见 /api/v1/rounds/{round}/items。",
        "en": "the round asks no {item!r}. Its items stand at /api/v1/rounds/{round}/items.",
    }


class UnscoredError(TajiError):
    """A round is not scored by a model."""

    code = "web.unscored"
    sentences = {
        "zh": "本轮调查不按模型“{model}”评分。可用：{known}。",
        "en": "the round is not scored by the model {model!r}. It is by: {known}.",
    }


# --- what a path names ---------------------------------------------------------------------


def _firm(key: str, **_: Any) -> Organisation:
    return Organisation.objects.get(key=clean_key(key))


def _firm_or_new(key: str, **_: Any) -> Organisation:
    """The firm of the register, or one that is to be: it belongs to no district yet."""
    found = Organisation.objects.filter(key=clean_key(key)).first()
    return found or Organisation(key=clean_key(key))


def _case(slug: str, key: str, **_: Any) -> Case:
    return Case.objects.select_related("round", "organisation").get(
        round__slug=slug, organisation__key=clean_key(key)
    )


ANY_ROUND = {"find": round_by, "opens": {Role.FIRM: lambda m, its: _asked_in(m, its)}}
ONE_FIRM = {"find": _firm, "opens": {Role.ANALYST: own_district, Role.AUDITOR: own_district}}
ONE_CASE = {
    "find": _case,
    "opens": {Role.ANALYST: own_district, Role.AUDITOR: own_district, Role.FIRM: own_firm},
}


def _asked_in(membership: Any, its: Round) -> bool:
    return Case.objects.filter(round=its, organisation_id=membership.organisation_id).exists()


# --- register ------------------------------------------------------------------------------


@router.get(
    "/register",
    response={200: FirmPage, **REFUSED},
    auth=Key(Scope.REGISTER_READ, *READERS),
    tags=["register"],
)
def list_firms(
    request: HttpRequest,
    after: After = "",
    limit: Limit = 100,
    district: Code = "",
    industry: Code = "",
    size: Code = "",
) -> dict[str, Any]:
    """List the firms that the token's owner may see, by key."""
    wanted = {"district": district, "industry": industry, "size": size}
    firms = firms_of(request.user, *READERS).filter(
        kinds__kind=Kind.MANUFACTURER, key__gt=after, **{k: v for k, v in wanted.items() if v}
    )
    return _page(list(firms.order_by("key")[: limit + 1]), limit, _firm_out, lambda f: f.key)


@router.get(
    "/register/{key}",
    response={200: FirmOut, **REFUSED},
    auth=Key(Scope.REGISTER_READ, *READERS, **ONE_FIRM),
    tags=["register"],
)
def read_firm(request: HttpRequest, key: FirmKey) -> FirmOut:
    """Read one firm."""
    return _firm_out(request.subject)


@router.put(
    "/register/{key}",
    response={200: FirmOut, 201: FirmOut, **REFUSED},
    auth=Key(
        Scope.REGISTER_WRITE,
        Role.ANALYST,
        find=_firm_or_new,
        opens={Role.ANALYST: whole_city},
    ),
    tags=["register"],
)
def write_firm(
    request: HttpRequest, key: FirmKey, body: FirmIn, idempotency_key: WriteKey
) -> HttpResponse:
    """Write one firm: added if the register lacks it, else changed."""

    def do() -> tuple[int, Any]:
        firm, added = enter(key, body.dict(), by=request.user)
        return (201 if added else 200), _firm_out(firm).dict()

    return once(request, idempotency_key, do)


# --- rounds --------------------------------------------------------------------------------


@router.get(
    "/rounds",
    response={200: list[RoundOut], **REFUSED},
    auth=Key(Scope.ROUNDS_READ, *READERS, Role.FIRM),
    tags=["rounds"],
)
def list_rounds(request: HttpRequest) -> list[RoundOut]:
    """List the rounds; a firm sees those that ask it."""
    rounds = Round.objects.order_by("-created_at")
    if not request.user.roles & set(READERS):
        own = [m.organisation_id for m in request.user.held if m.role == Role.FIRM]
        rounds = rounds.filter(cases__organisation__in=own).exclude(state=Round.State.DRAFT)
    return [_round_out(its) for its in rounds.distinct()[:200]]


@router.get(
    "/rounds/{slug}",
    response={200: RoundOut, **REFUSED},
    auth=Key(Scope.ROUNDS_READ, *READERS, Role.FIRM, **ANY_ROUND),
    tags=["rounds"],
)
def read_round(request: HttpRequest, slug: Slug) -> RoundOut:
    """Read one round."""
    return _round_out(request.subject)


@router.get(
    "/rounds/{slug}/items",
    response={200: list[dict[str, Any]], **REFUSED},
    auth=Key(Scope.ROUNDS_READ, *READERS, Role.FIRM, **ANY_ROUND),
    tags=["rounds"],
)
def round_items(request: HttpRequest, slug: Slug) -> list[dict[str, Any]]:
    """List what the round asks: key, kind, label and options of every item."""
    return [
        {
            "item": one.key,
            "kind": one.item.kind,
            "label": one.item.label.model_dump(),
            "options": {o.id: o.label.model_dump() for o in one.item.question.options},
            "required": one.item.question.required,
        }
        for one in asked_of(request.subject).items.values()
    ]


@router.get(
    "/rounds/{slug}/cases",
    response={200: CasePage, **REFUSED},
    auth=Key(Scope.ROUNDS_READ, *READERS, find=round_by),
    tags=["rounds"],
)
def list_cases(
    request: HttpRequest, slug: Slug, after: After = "", limit: Limit = 100
) -> dict[str, Any]:
    """List the firms of a round and how far each has come, by key."""
    cases = (
        Case.objects.filter(round=request.subject, organisation__key__gt=after)
        .filter(organisation__in=firms_of(request.user, *READERS))
        .select_related("organisation")
        .order_by("organisation__key")
    )
    return _page(list(cases[: limit + 1]), limit, _case_out, lambda c: c.organisation.key)


# --- answers -------------------------------------------------------------------------------


@router.get(
    "/rounds/{slug}/answers",
    response={200: SubmissionPage, **REFUSED},
    auth=Key(Scope.ANSWERS_READ, *READERS, find=round_by),
    tags=["answers"],
)
def list_answers(
    request: HttpRequest, slug: Slug, after: After = "", limit: Limit = 100
) -> dict[str, Any]:
    """List the versions that count, by key of the firm."""
    found = _counting(request, after, limit)
    return _page(found, limit, _submission_out, lambda s: s.sheet.case.organisation.key)


@router.get(
    "/rounds/{slug}/answers/{key}",
    response={200: SheetOut, **REFUSED},
    auth=Key(Scope.ANSWERS_READ, *READERS, Role.FIRM, **ONE_CASE),
    tags=["answers"],
)
def read_sheet(request: HttpRequest, slug: Slug, key: FirmKey) -> SheetOut:
    """Read the firm's own sheet as it stands."""
    sheet = (
        Sheet.objects.select_related("submission")
        .filter(case=request.subject, track=Sheet.Track.FIRM)
        .first()
    )
    if sheet is None:
        raise Http404
    counted = sheet.submission
    return SheetOut(
        enterprise=request.subject.organisation.key,
        answers=[
            AnswerOut(item=item, value=kept["v"], number=kept["n"])
            for item, kept in sheet.answers.items()
        ],
        submitted=counted is not None,
        submission=counted and counted.number,
        sha256=counted and counted.sha256,
    )


WRITERS = Key(
    Scope.ANSWERS_WRITE,
    Role.ANALYST,
    Role.FIRM,
    find=_case,
    opens={Role.ANALYST: own_district, Role.FIRM: own_firm},
)


@router.put(
    "/rounds/{slug}/answers/{key}/items/{path:item}",
    response={200: AnswerOut, **REFUSED},
    auth=WRITERS,
    tags=["answers"],
)
def write_answer(
    request: HttpRequest,
    slug: Slug,
    key: FirmKey,
    item: ItemKey,
    body: AnswerIn,
    idempotency_key: WriteKey,
) -> HttpResponse:
    """Give one answer; 409 if another was given since ``seen``."""
    asked = asked_of(request.subject.round)
    if item not in asked.items:
        raise UnknownItemError(item=item, round=slug)

    def do() -> tuple[int, Any]:
        consent = note_grounds(
            request.subject,
            basis=body.basis,
            purpose=body.purpose,
            note=body.note,
            by=request.user,
        )
        sheet = _own_sheet(request.subject)
        saved = give(
            sheet.pk,
            Given(item=item, text=body.text, seen=body.seen),
            asked=asked,
            by=request.user,
            source=AnswerEvent.Source.API,
            consent=consent,
        )
        return 200, {"item": saved.item, "value": saved.value, "number": saved.number}

    return once(request, idempotency_key, do)


@router.post(
    "/rounds/{slug}/answers/{key}/submit",
    response={200: SubmissionOut, **REFUSED},
    auth=WRITERS,
    tags=["answers"],
)
def submit_sheet(
    request: HttpRequest, slug: Slug, key: FirmKey, idempotency_key: WriteKey
) -> HttpResponse:
    """Hand in the sheet; the digest is the receipt."""

    def do() -> tuple[int, Any]:
        made = submit(_own_sheet(request.subject).pk, by=request.user)
        return 200, _submission_out(made).model_dump(mode="json")

    return once(request, idempotency_key, do)


# --- scores --------------------------------------------------------------------------------


@router.get(
    "/rounds/{slug}/scores",
    response={200: ScorePage, **REFUSED},
    auth=Key(Scope.SCORES_READ, *READERS, find=round_by),
    tags=["scores"],
)
def list_scores(
    request: HttpRequest,
    slug: Slug,
    model: ModelId,
    after: After = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Score a page of firms, by key: all nodes of a model, as ``taji assess`` writes them."""
    found = _counting(request, after, limit)
    more = len(found) > limit
    return {
        "items": _scores(request.subject, found[:limit], model),
        "chances": _chances(found[:limit], model),
        "next": found[limit - 1].sheet.case.organisation.key if more else None,
    }


@router.get(
    "/rounds/{slug}/scores/{key}",
    response={200: ScorePage, **REFUSED},
    auth=Key(Scope.SCORES_READ, *READERS, Role.FIRM, **ONE_CASE),
    tags=["scores"],
)
def read_scores(request: HttpRequest, slug: Slug, key: FirmKey, model: ModelId) -> dict[str, Any]:
    """Score one firm's submitted sheet."""
    found = Submission.objects.filter(
        sheet__case=request.subject, sheet__track=Sheet.Track.FIRM, sheet__submission=F("pk")
    ).select_related("sheet__case__organisation", "sheet__case__round")
    if not found:
        raise Http404
    return {
        "items": _scores(request.subject.round, list(found), model),
        "chances": _chances(list(found), model),
        "next": None,
    }


# --- portraits -----------------------------------------------------------------------------


@router.get("/portraits", response=list[PortraitOut], auth=None, tags=["portraits"])
def list_portraits(request: HttpRequest) -> list[PortraitOut]:
    """List the published portraits; no token is needed."""
    return [
        PortraitOut(
            id=one.pk,
            round=one.round.slug,
            firms=one.rows,
            published_at=one.published_at,
            manifest_sha256=one.manifest_sha256,
        )
        for one in _published().order_by("-published_at")[:200]
    ]


@router.get(
    "/portraits/{portrait_id}/estimates",
    response={200: EstimatePage, **OPEN},
    auth=None,
    tags=["portraits"],
)
def portrait_estimates(
    request: HttpRequest,
    portrait_id: Annotated[int, Path(ge=1, le=2**63 - 1)],
    after: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Limit = 1000,
) -> dict[str, Any]:
    """Read the published estimates, in the order of the file; ``after`` is a row number."""
    portrait = _published().filter(pk=portrait_id).first()
    if portrait is None:
        raise Http404
    table = pl.read_csv(folder_of(portrait) / ESTIMATES, infer_schema_length=None)
    rows = table.slice(after, limit).to_dicts()
    more = after + limit < table.height
    return {"items": rows, "next": str(after + limit) if more else None}


# --- what operations share -----------------------------------------------------------------


def _published() -> Any:
    return (
        Portrait.objects.exclude(published_at=None).filter(retired_at=None).select_related("round")
    )


def _own_sheet(case: Case) -> Sheet:
    with transaction.atomic():
        return Sheet.objects.get_or_create(case=case, track=Sheet.Track.FIRM, author=None)[0]


def _counting(request: HttpRequest, after: str, limit: int) -> list[Submission]:
    """The submissions that count, of firms that the reader may see, one more than a page."""
    found = (
        Submission.objects.filter(
            sheet__case__round=request.subject,
            sheet__track=Sheet.Track.FIRM,
            sheet__submission=F("pk"),
            sheet__case__organisation__key__gt=after,
            sheet__case__organisation__in=firms_of(request.user, *READERS),
        )
        .select_related("sheet__case__organisation", "sheet__case__round")
        .order_by("sheet__case__organisation__key")
    )
    return list(found[: limit + 1])


def _scores(its: Round, found: list[Submission], name: str) -> list[dict[str, Any]]:
    if name not in its.model_ids:
        raise UnscoredError(model=name, known=", ".join(its.model_ids))
    program = program_of(name, profile=its.profile or None, options=its.options)
    asked = asked_of(its)
    keys = pl.Series([s.sheet.case.organisation.key for s in found], dtype=pl.String)
    frame = pl.DataFrame({KEY: keys, **columns_of([one.answers for one in found], asked)})
    return score_frame(of_questionnaire(frame, asked, program.questionnaire), program).to_dicts()


def _chances(found: list[Submission], name: str) -> list[dict[str, Any]]:
    return [
        {
            "enterprise": one.sheet.case.organisation.key,
            "level": level,
            "probability": probability,
            "track": chance.grounds.track,
            "pairs": chance.grounds.pairs,
        }
        for one, chance in kept_chances(found, name)
        for level, probability in chance.shares
    ]


def _page(found: list[Any], limit: int, shown: Any, key: Any) -> dict[str, Any]:
    kept = found[:limit]
    return {
        "items": [shown(one) for one in kept],
        "next": key(kept[-1]) if len(found) > limit else None,
    }


def _firm_out(firm: Organisation) -> FirmOut:
    return FirmOut(
        enterprise=firm.key,
        **{n: getattr(firm, n) for n in FirmOut.model_fields if n != "enterprise"},
    )


def _round_out(its: Round) -> RoundOut:
    told = purpose_of(its)
    made = {
        "questionnaires": list(its.questionnaires),
        "models": its.model_ids,
        "purpose_zh": told.zh,
        "purpose_en": told.en,
        "purpose_sha256": purpose_digest(its),
    }
    others = {name: getattr(its, name) for name in RoundOut.model_fields if name not in made}
    return RoundOut(**made, **others)


def _case_out(case: Case) -> CaseOut:
    return CaseOut(
        enterprise=case.organisation.key,
        **{n: getattr(case, n) for n in CaseOut.model_fields if n != "enterprise"},
    )


def _submission_out(one: Submission) -> SubmissionOut:
    return SubmissionOut(
        enterprise=one.sheet.case.organisation.key,
        submission=one.number,
        sha256=one.sha256,
        submitted_at=one.at,
        answers=one.answers,
    )
