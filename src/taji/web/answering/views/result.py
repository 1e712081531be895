"""What comes of handing in: the receipt, the result, the report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from taji.base.text import LANGUAGES, Language
from taji.catalogue.crosswalk import NOT_AN_ASSESSMENT
from taji.report.diagnosis import Standing
from taji.web.access import to
from taji.web.answering.models import Sheet, Submission
from taji.web.answering.peers import peers_for
from taji.web.answering.reach import answers_whole
from taji.web.answering.results import (
    diagnosis_of,
    estimable,
    estimates_of,
    estimates_table,
    filled_form,
    forms_of,
    parts_of,
    report,
    story_of,
)
from taji.web.answering.submitting import canonical, receipt_number
from taji.web.answering.views.finding import sheet_by, submission_by
from taji.web.answering.words import shown
from taji.web.downloads import attachment
from taji.web.people.models import Role
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Round
from taji.web.speech import language
from taji.web.spreadsheets import XLSX

__all__ = [
    "estimates",
    "form_filled",
    "receipt",
    "receipt_answers",
    "report_docx",
    "report_pdf",
    "result",
]

KINDS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@to(Role.FIRM, find=submission_by, opens={Role.FIRM: answers_whole})
@require_GET
def receipt(request: HttpRequest, submission_id: int) -> HttpResponse:
    """Show the receipt of a version, and what it holds."""
    submission: Submission = request.subject
    case = submission.sheet.case
    reader = language()
    context = {
        "submission": submission,
        "sheet": submission.sheet,
        "case": case,
        "round": case.round,
        "number": receipt_number(submission),
        "counts": submission.sheet.submission_id == submission.pk,
        "open": case.round.state == Round.State.OPEN,
        "answers": [
            (one.item.label, shown(one.item, submission.answers[one.key], reader))
            for one in asked_of(case.round).items.values()
            if one.key in submission.answers
        ],
        "simulated": case.round.simulated,
    }
    return render(request, "answering/receipt.html", context)


@to(Role.FIRM, find=submission_by, opens={Role.FIRM: answers_whole})
@require_GET
def receipt_answers(request: HttpRequest, submission_id: int) -> HttpResponse:
    """The bytes that the digest of a receipt is of."""
    submission: Submission = request.subject
    name = f"{receipt_number(submission)}.json"
    return attachment(canonical(submission.answers), name, "application/json")


@to(Role.FIRM, find=sheet_by, opens={Role.FIRM: answers_whole})
@require_GET
def result(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """Show level, why, place and the cheapest way up, of the version that counts."""
    sheet: Sheet = request.subject
    submission = _counting(sheet)
    its = sheet.case.round
    if submission is None or not its.model_ids:
        return redirect("firm:home")
    model = _model(request, sheet)
    diagnosis = diagnosis_of(submission, model)
    story = story_of(diagnosis, language())
    peers = peers_for(its, model)
    context: dict[str, Any] = {
        "sheet": sheet,
        "round": its,
        "submission": submission,
        "number": receipt_number(submission),
        "model": model,
        "models": its.model_ids if len(its.model_ids) > 1 else [],
        "diagnosis": diagnosis,
        "story": story,
        "parts": [(node, (node.score or 0.0) / node.max_points) for node in parts_of(diagnosis)],
        "place": _place(diagnosis.standing),
        "sections": {section.id: section for section in story.sections},
        "ways": [section for section in story.sections if section.id.startswith("way")],
        "peers": 0 if peers is None else peers.frame["score"].is_finite().sum(),
        "least": 0 if peers is None else peers.minimum,
        "forms": forms_of(its),
        "estimable": bool(estimable(its)),
        "open": its.state == Round.State.OPEN,
        "simulated": diagnosis.simulated,
    }
    return render(request, "answering/result.html", context)


@to(Role.FIRM, find=sheet_by, opens={Role.FIRM: answers_whole})
@require_GET
def estimates(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """Show what the version that counts says under other models: estimates, no assessments."""
    sheet: Sheet = request.subject
    submission = _counting(sheet)
    its = sheet.case.round
    if submission is None or not estimable(its):
        raise Http404
    context = {
        "sheet": sheet,
        "round": its,
        "tables": estimates_table(submission, language()),
        "words": NOT_AN_ASSESSMENT,
        "simulated": its.simulated or sheet.case.organisation.invented,
    }
    return render(request, "answering/estimates.html", context)


@to(Role.FIRM, find=sheet_by, opens={Role.FIRM: answers_whole})
@require_GET
def report_pdf(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """The report to print."""
    return _report(request, "pdf")


@to(Role.FIRM, find=sheet_by, opens={Role.FIRM: answers_whole})
@require_GET
def report_docx(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """The report to go on writing in."""
    return _report(request, "docx")


@to(Role.FIRM, find=sheet_by, opens={Role.FIRM: answers_whole})
@require_GET
def form_filled(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """A form of an upper level, filled from what was answered once."""
    sheet: Sheet = request.subject
    submission = _counting(sheet)
    forms = {form.id: form for form in forms_of(sheet.case.round)}
    wanted = request.GET.get("form", "") or next(iter(forms), "")
    if submission is None or wanted not in forms:
        raise Http404
    content = filled_form(submission, wanted, language())
    return attachment(content, f"{receipt_number(submission)}-{wanted}.xlsx", XLSX)


def _report(request: HttpRequest, kind: Any) -> HttpResponse:
    sheet: Sheet = request.subject
    submission = _counting(sheet)
    if submission is None or not sheet.case.round.model_ids:
        raise Http404
    model = _model(request, sheet)
    wanted = request.GET.get("in", "")
    reader: Language = wanted if wanted in LANGUAGES else language()  # type: ignore[assignment]
    diagnosis = replace(diagnosis_of(submission, model), others=estimates_of(submission))
    content = report(diagnosis, kind, reader)
    return attachment(content, f"{receipt_number(submission)}-{reader}.{kind}", KINDS[kind])


def _place(standing: Standing | None) -> dict[str, int]:
    """Where the mark and its interval are drawn on a line from 0 to 1000."""
    if standing is None:
        return {}
    found = {"at": round(standing.percentile * 1000)}
    if standing.low is not None and standing.high is not None:
        left, right = round(standing.low * 1000), round(standing.high * 1000)
        found |= {"left": left, "width": max(right - left, 2)}
    return found


def _counting(sheet: Sheet) -> Submission | None:
    """The version that counts, with everything behind it at hand."""
    submission = sheet.submission
    if submission is not None:
        submission.sheet = sheet
    return submission


def _model(request: HttpRequest, sheet: Sheet) -> str:
    """The model asked for, if the round has it, else its first."""
    models: list[str] = sheet.case.round.model_ids
    wanted = request.GET.get("model", "")
    return wanted if wanted in models else models[0]
