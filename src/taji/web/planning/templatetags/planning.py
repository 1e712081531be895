"""The way from the page of a firm to its roadmaps."""

from __future__ import annotations

from typing import Any

from django import template

from taji.web.answering.models import Sheet
from taji.web.planning.grounds import plannable
from taji.web.rounds.models import Case

register = template.Library()


@register.inclusion_tag("planning/link.html")
def roadmap_link(subject: Sheet | Case, model: str | None = None) -> dict[str, Any]:
    """``{% roadmap_link sheet model %}``: a link to plan on, where a roadmap can be asked for."""
    sheet: Sheet | None
    if isinstance(subject, Case):
        sheet = (
            Sheet.objects.filter(case=subject, track=Sheet.Track.FIRM).only("submission").first()
        )
        its = subject.round
    else:
        sheet, its = subject, subject.case.round
    handed_in = sheet is not None and sheet.submission_id is not None
    return {"sheet": sheet if handed_in and plannable(its, model) else None}
