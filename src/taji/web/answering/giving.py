"""Give an answer: one gate for pages, paper, files, experts and programs.

Decides whether a value may be kept (``taji.survey.intake`` reads it) and whether the writer had
seen the answer that it replaces. Does not decide who may write (``taji.web.access``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from taji.base.errors import TajiError
from taji.base.text import LANGUAGES, Language, Text
from taji.catalogue.load import register
from taji.catalogue.questionnaire import Item
from taji.survey.intake.cells import Read
from taji.survey.intake.reasons import Reason, tell
from taji.survey.intake.single import answer_reader
from taji.web.answering.models import AnswerEvent, Consent, Sheet
from taji.web.people.models import User
from taji.web.rounds.asked import Asked, AskedItem
from taji.web.rounds.models import Case, Round

__all__ = [
    "STOPPED",
    "ConflictError",
    "FrozenError",
    "Given",
    "KeyTakenError",
    "RefusedError",
    "Saved",
    "StoppedError",
    "check_open",
    "give",
    "locked_sheet",
    "read_answer",
]

#: States in which a firm takes no part; nothing more is kept for it.
STOPPED = frozenset({Case.State.DECLINED, Case.State.WITHDRAWN})

#: An answer as it is kept: a number or date as text, ticks as a list; None is not answered.
Value = str | list[str] | None


class RefusedError(TajiError):
    """What was written is no answer to this question."""

    code = "web.answer_refused"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{value}”不能作为“{question}”的答案：{reason}",
        "en": "{value!r} is no answer to {question!r}: {reason}",
    }


class ConflictError(TajiError):
    """Somebody else changed the answer since the writer saw it; nothing was overwritten."""

    code = "web.answer_conflict"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "{by} 在 {at} 已把“{question}”改为“{theirs}”，您的答案“{yours}”尚未保存。请选择保留哪一个。",
        "en": "{by} changed {question!r} to {theirs!r} at {at}; your answer {yours!r} is not saved "
        "yet. Choose which one stays.",
    }


class KeyTakenError(TajiError):
    """A key that belongs to one answer came with another; neither was changed."""

    code = "web.answer_key_taken"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{question}”的答案“{yours}”没有保存：它的修改编号 {key} 已属于另一个答案（原答案不变）。"
        "请换一个编号重新提交，或重新填写本题。",
        "en": "the answer {yours!r} to {question!r} is not saved: its key {key} belongs to another "
        "answer, which stays as it is. Send it under a new key, or answer the question again.",
    }


class FrozenError(TajiError):
    """The round takes no more answers."""

    code = "web.round_closed"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "“{round}”当前不接受填报（{state}）。如需更正，请联系主管部门。",
        "en": "{round!r} takes no answers now ({state}). For a correction, ask the bureau.",
    }


class StoppedError(TajiError):
    """The firm takes no part or withdrew; its sheet takes no answers."""

    code = "web.case_stopped"
    sentences: ClassVar[dict[Language, str]] = {
        "zh": "贵企业已选择“{state}”，答案没有保存。如要继续填报，请先在“我的填报”中重新参加。",
        "en": "Your firm chose “{state}”; the answer was not kept. To go on, take part again under "
        "“My answers”.",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer as somebody gives it.

    Attributes
    ----------
    item : str
        Key of the item (``taji.web.rounds.asked``).
    text : str
        As a cell of a file would hold it; ticks joined by ``|``; empty takes the answer back.
    seen : int or None
        Number of the event that the writer saw; 0 if the item was blank; None overrides knowingly.
    key : str
        The writer's own name of this change: sent again, it is not kept again; sent with another
        answer, it is refused.
    """

    item: str
    text: str
    seen: int | None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """What is kept now: the value and the number of its event; of a change sent again, what stands."""

    item: str
    value: Value
    number: int


def read_answer(item: Item, text: str) -> Value:
    """Read a text as an answer to ``item``.

    Raises
    ------
    RefusedError
        If it is none.
    """
    read: Read = _reader(item)(text)
    if read.reason is not None:
        reason = _told(read.reason)
        raise RefusedError(item=item.id, value=text, question=item.label, reason=reason)
    return _kept(read.value)


def _told(reason: Reason) -> Text:
    zh, en = (tell(reason.code, reason.detail, language) for language in LANGUAGES)
    return Text(zh=zh, en=en)


@cache
def _registered(name: str) -> Any:
    return register(name)


def _reader(item: Item) -> Any:
    named = item.question.register_
    return answer_reader(item, None if named is None else _registered(named))


def _kept(value: object) -> Value:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def give(
    sheet_id: int,
    given: Given,
    *,
    asked: Asked,
    by: User,
    source: str = AnswerEvent.Source.PAGE,
    consent: Consent | None = None,
) -> Saved:
    """Keep one answer, durably, before this returns.

    Raises
    ------
    RefusedError, ConflictError, KeyTakenError, FrozenError, StoppedError
        If it is no answer, another was given meanwhile, the key belongs to another answer, the
        round is closed, or the firm stopped.
    """
    one = asked.items[given.item]
    value = read_answer(one.item, given.text)
    try:
        with transaction.atomic():
            sheet = locked_sheet(sheet_id)
            check_open(sheet)
            now = _standing(sheet, one)
            if now.value == value:
                return now
            if given.seen != now.number:
                if _is_kept(sheet, given, one, value):
                    return now
                if given.seen is not None:
                    raise _conflict(sheet, one, now.number, given.text)
            return _keep(sheet, given, one.key, value, by=by, source=source, consent=consent)
    except IntegrityError:
        # The database itself tells that a key came before, so that no answer pays for asking.
        sheet = Sheet.objects.get(pk=sheet_id)
        if not _is_kept(sheet, given, one, value):
            raise
        return _standing(sheet, one)


def _standing(sheet: Sheet, one: AskedItem) -> Saved:
    now = sheet.answers.get(one.key) or {"v": None, "n": 0}
    return Saved(one.key, now["v"], now["n"])


def _is_kept(sheet: Sheet, given: Given, one: AskedItem, value: Value) -> bool:
    """Whether this change was kept before, under its key; raises if another one was."""
    before = sheet.events.filter(key=given.key).first() if given.key else None
    if before is not None and (before.item, before.value) != (one.key, value):
        raise KeyTakenError(
            item=one.key, question=one.item.label, yours=given.text, key=given.key
        ) from None
    return before is not None


def locked_sheet(sheet_id: int) -> Sheet:
    """Return a sheet, held until the transaction ends: its case first, then itself.

    Whoever takes an answer back or ends a case (``taji.web.answering.stopping``) holds the case, so
    that nothing is kept beside it. On SQLite the whole transaction is alone from its beginning.

    Notes
    -----
    PostgreSQL locks in the order of ``of``, and a row that it had to wait for is read anew; a row
    that is only joined is not. So the version that counts is not joined: it is read when asked for.
    """
    found: Sheet = (
        Sheet.objects.select_for_update(of=("case", "self"))
        .select_related("case__round", "case__organisation")
        .get(pk=sheet_id)
    )
    return found


def check_open(sheet: Sheet) -> None:
    """Refuse an answer on the firm's track unless its round is open and the firm takes part.

    An expert may still assess after the freeze: what is frozen is what firms claimed.
    """
    its = sheet.case.round
    open_to_all = its.state == Round.State.OPEN
    if not open_to_all and not (
        sheet.track == Sheet.Track.EXPERT and its.state == Round.State.FROZEN
    ):
        raise FrozenError(round=its.title, state=its.get_state_display())
    if sheet.track == Sheet.Track.FIRM and sheet.case.state in STOPPED:
        raise StoppedError(state=sheet.case.get_state_display())


def _keep(
    sheet: Sheet,
    given: Given,
    item: str,
    value: Value,
    *,
    by: User,
    source: str,
    consent: Consent | None,
) -> Saved:
    """Write the event, the sheet and, at the first answer, the case."""
    sheet.latest += 1
    AnswerEvent.objects.create(
        sheet=sheet,
        number=sheet.latest,
        item=item,
        value=value,
        seen=sheet.answers.get(item, {}).get("n", 0),
        source=source,
        by=by,
        consent=consent,
        key=given.key,
    )
    sheet.answers[item] = {"v": value, "n": sheet.latest}
    sheet.changed_at = timezone.now()
    sheet.save(update_fields=["answers", "latest", "changed_at"])
    case = sheet.case
    if sheet.track == Sheet.Track.FIRM and case.state in (Case.State.DRAWN, Case.State.INVITED):
        case.state, case.first_answer_at = Case.State.ANSWERING, sheet.changed_at
        case.save(update_fields=["state", "first_answer_at"])
    return Saved(item, value, sheet.latest)


def _conflict(sheet: Sheet, one: AskedItem, number: int, yours: str) -> ConflictError:
    event = sheet.events.select_related("by").filter(number=number).first()
    return ConflictError(
        item=one.key,
        question=one.item.label,
        theirs="" if event is None or event.value is None else event.value,
        number=number,
        yours=yours,
        by="?" if event is None else str(event.by),
        at="" if event is None else timezone.localtime(event.at).strftime("%H:%M"),
    )
