"""Keep what an expert sent from a page of the sheet: answers that changed, evidence that came.

Each answer stands or falls alone: one that is refused keeps no other from being saved.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.http import HttpRequest, QueryDict

from taji.base.errors import TajiError
from taji.web.answering.giving import ConflictError, Given, RefusedError
from taji.web.fieldwork.assessing import check_changeable, give_assessed, own_sheet
from taji.web.fieldwork.evidence import EvidenceError, add_evidence, remove_evidence
from taji.web.fieldwork.models import Assignment, Evidence
from taji.web.rounds.asked import AskedItem

__all__ = ["Wrongs", "fill"]

#: What was not kept, by item: the text as it was typed, and why.
Wrongs = dict[str, tuple[str, TajiError]]


def fill(
    request: HttpRequest, assignment: Assignment, items: Iterable[AskedItem]
) -> tuple[Wrongs, Wrongs]:
    """Keep what was sent for these items.

    Returns
    -------
    tuple
        Answers that were not kept, and evidence that was not.

    Raises
    ------
    TajiError
        If nothing can be kept at all: the assignment has ended or the round is closed.
    """
    wrong: Wrongs = {}
    wrong_evidence: Wrongs = {}
    for one in items:
        given = _given(request.POST, one)
        if given is not None:
            try:
                give_assessed(assignment, given, by=request.user)
            except (RefusedError, ConflictError) as error:
                wrong[one.key] = (given.text, error)
        try:
            _keep_evidence(request, assignment, one.key)
        except EvidenceError as error:
            wrong_evidence[one.key] = (request.POST.get(f"note:{one.key}", ""), error)
    return wrong, wrong_evidence


def _given(sent: QueryDict, one: AskedItem) -> Given | None:
    """The answer to one item; None where it was not touched on the page."""
    if f"seen:{one.key}" not in sent:
        return None
    text = "|".join(sent.getlist(f"a:{one.key}"))
    if text == sent.get(f"was:{one.key}", ""):
        return None
    seen = sent[f"seen:{one.key}"]
    return Given(item=one.key, text=text, seen=int(seen) if seen.isdecimal() else 0)


def _keep_evidence(request: HttpRequest, assignment: Assignment, item: str) -> None:
    removed = request.POST.get("remove", "")
    if removed.isdecimal():
        held = Evidence.objects.filter(
            pk=int(removed), item=item, sheet__case_id=assignment.case_id, by=request.user
        ).first()
        if held is not None:
            with transaction.atomic():
                check_changeable(assignment)
                remove_evidence(held, by=request.user)
    uploads = request.FILES.getlist(f"file:{item}")
    note = request.POST.get(f"note:{item}", "")
    for upload in uploads or ([None] if note.strip() else []):
        with transaction.atomic():
            check_changeable(assignment)
            sheet = own_sheet(assignment)
            add_evidence(sheet, item, by=request.user, note=note, upload=upload)
