"""Keep a whole page that was posted, answer by answer: the way of a browser without scripts.

Decides which of the posted answers are changes of the writer's own; each goes through
``taji.web.answering.giving``.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from taji.base.errors import TajiError
from taji.web.answering.giving import Given, RefusedError, Value, give, read_answer
from taji.web.answering.models import AnswerEvent, Consent, Sheet
from taji.web.answering.pages import posted, seen_of
from taji.web.people.models import User
from taji.web.rounds.asked import Asked, AskedSection

__all__ = ["KeptPage", "keep_page"]


@dataclass(frozen=True, slots=True)
class KeptPage:
    """What became of a posted page.

    Attributes
    ----------
    texts : dict
        What was posted, by key.
    failed : dict
        Why answers could not be kept, by key.
    more : bool
        Whether items are put now that were not before.
    """

    texts: dict[str, str]
    failed: dict[str, TajiError]
    more: bool


def keep_page(
    sheet: Sheet,
    section: AskedSection,
    form: QueryDict,
    *,
    asked: Asked,
    by: User,
    consent: Consent | None,
    source: str = AnswerEvent.Source.PAGE,
) -> KeptPage:
    """Keep every answer of a posted page that the writer changed; the sheet is read anew."""
    before = _put(sheet, section, asked)
    texts, seen = posted(section, form), seen_of(section, form)
    failed: dict[str, TajiError] = {}
    for one in section.items:
        text, number = texts.get(one.key), seen.get(one.key)
        if text is None or number is None:
            continue
        try:
            value = read_answer(one.item, text)
            if _changed(sheet, one.key, value, number):
                given = Given(item=one.key, text=text, seen=number)
                give(sheet.pk, given, asked=asked, by=by, source=source, consent=consent)
        except TajiError as error:
            if not isinstance(error, RefusedError) and error.code != "web.answer_conflict":
                raise
            failed[one.key] = error
    sheet.refresh_from_db(fields=["answers", "latest"])
    return KeptPage(texts, failed, bool(_put(sheet, section, asked) - before))


def _put(sheet: Sheet, section: AskedSection, asked: Asked) -> set[str]:
    return {one.key for one in section.items if asked.is_put(one, sheet.values)}


def _changed(sheet: Sheet, key: str, value: Value, number: int) -> bool:
    """Whether the writer changed what the page showed, whatever stands there by now."""
    now = sheet.answers.get(key) or {"v": None, "n": 0}
    if number == now["n"] or number == 0:
        before = now["v"] if number == now["n"] else None
    else:
        before = sheet.events.filter(number=number).values_list("value", flat=True).first()
    return bool(value != before)
