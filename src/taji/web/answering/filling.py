"""Keep a whole page that was posted, answer by answer: the way of a browser without scripts.

Decides which of the posted answers are changes of the writer's own; each goes through
``taji.web.answering.giving``.
"""

from __future__ import annotations

from collections.abc import Mapping

from taji.base.errors import TajiError
from taji.web.answering.giving import Given, RefusedError, Value, give, read_answer
from taji.web.answering.models import AnswerEvent, Consent, Sheet
from taji.web.people.models import User
from taji.web.rounds.asked import Asked, AskedSection

__all__ = ["keep_page"]


def keep_page(
    sheet: Sheet,
    section: AskedSection,
    *,
    texts: Mapping[str, str],
    seen: Mapping[str, int],
    asked: Asked,
    by: User,
    consent: Consent | None,
    source: str = AnswerEvent.Source.PAGE,
) -> dict[str, TajiError]:
    """Keep every answer that the writer changed; return why the others could not be kept.

    Parameters
    ----------
    texts, seen : mapping
        What was posted, and the numbers of the events that the page showed, by key.
    """
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
    return failed


def _changed(sheet: Sheet, key: str, value: Value, number: int) -> bool:
    """Whether the writer changed what the page showed, whatever stands there by now."""
    now = sheet.answers.get(key) or {"v": None, "n": 0}
    if number == now["n"] or number == 0:
        before = now["v"] if number == now["n"] else None
    else:
        before = sheet.events.filter(number=number).values_list("value", flat=True).first()
    return bool(value != before)
