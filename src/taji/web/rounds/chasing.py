"""Whom to remind, and when to stop: the chase list of a round.

Decides who is due by the rule of the bureau (the setting ``reminder_days``, and the last wait of
``packs/reminders.yaml``): nothing before the first day, never sooner after a reminder than the rule's
next gap, and after the last one the list says that no more go out. Firms that declined, withdrew,
handed in or asked for a pause are left alone. A firm is never replaced by another: that would bias
the sample.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from taji.catalogue.reminders import Reminders, reminders
from taji.web.answering.stopping import decline
from taji.web.audit.log import record
from taji.web.office.setting import value
from taji.web.people.models import User
from taji.web.rounds.errands import keep, running
from taji.web.rounds.inviting import link_rows
from taji.web.rounds.models import Case, Errand, Reminder, Round
from taji.web.spreadsheets import xlsx_bytes

__all__ = [
    "Chase",
    "absent",
    "chase",
    "due",
    "ended",
    "list_phones",
    "note_end",
    "rule",
    "take_no_part",
]

State = Case.State
PHONE_HEAD = (
    "企业名称 firm",
    "信用代码 key",
    "联系人 contact",
    "电话 phone",
    "第几次 number",
    "链接 link",
)


@dataclass(frozen=True, slots=True)
class Chase:
    """How many firms stand where. [firms]

    Attributes
    ----------
    due : dict of int to int
        By the number of the reminder.
    waiting : int
        Invited; the next reminder is not due yet.
    paused : int
        Asked not to be reminded before a day.
    ended : int
        Had every reminder, and the last wait is over.
    first_day : date or None
        Where nothing is due yet: the first day on which something will be.
    """

    due: dict[int, int]
    waiting: int
    paused: int
    ended: int
    first_day: dt.date | None


def rule() -> Reminders:
    """Return the rule that holds: the bureau's days, for the rest that of the pack."""
    return reminders().model_copy(update={"days": tuple(value("reminder_days"))})


def chase(its: Round, *, today: dt.date, district: str = "") -> Chase:
    """Count the firms that are due, wait, paused or had the last reminder."""
    owing, held = _owing(its, district), rule()
    ready = {f"due_{n}": Count("pk", filter=q) for n, q in _due(held, today).items()}
    n = owing.aggregate(
        all=Count("pk"),
        paused=Count("pk", filter=Q(absent_until__gt=today)),
        over=Count("pk", filter=_over(held, today)),
        **ready,
    )
    found = {number: n[f"due_{number}"] for number in range(1, len(held.days) + 1)}
    waiting = n["all"] - sum(found.values()) - n["paused"] - n["over"]
    first = None if any(found.values()) else _first_day(owing, today, held)
    return Chase(found, waiting, n["paused"], n["over"], first)


def due(
    its: Round, *, today: dt.date, district: str = "", held: Reminders | None = None
) -> dict[int, QuerySet[Case]]:
    """Return the firms to remind today, by the number of the reminder."""
    owing = _owing(its, district)
    return {number: owing.filter(q) for number, q in _due(held or rule(), today).items()}


def ended(
    its: Round, *, today: dt.date, district: str = "", held: Reminders | None = None
) -> QuerySet[Case]:
    """Return the firms that had every reminder and stayed silent through the last wait."""
    return _owing(its, district).filter(_over(held or rule(), today))


def _due(held: Reminders, today: dt.date) -> dict[int, Q]:
    """What makes a firm due for each reminder."""
    found = {}
    for number, (day, gap) in enumerate(zip(held.days, held.gaps, strict=True), start=1):
        rested = Q(reminded_at=None) | Q(reminded_at__lt=_end_of(today - dt.timedelta(days=gap)))
        invited = Q(invited_at__lt=_end_of(today - dt.timedelta(days=day)))
        found[number] = Q(reminders=number - 1) & invited & rested & _reachable(today)
    return found


def _over(held: Reminders, today: dt.date) -> Q:
    """What makes the last wait of a firm over."""
    since = _end_of(today - dt.timedelta(days=held.last_wait))
    return Q(reminders__gte=len(held.days), reminded_at__lt=since) & _reachable(today)


def _reachable(today: dt.date) -> Q:
    return Q(absent_until=None) | Q(absent_until__lte=today)


def list_phones(errand: Errand) -> None:
    """Write the list of firms to call whose reminder is due, and count them as reminded by phone."""
    with running(errand):
        today = timezone.localdate()
        rows: list[tuple[Any, ...]] = []
        links = {r["key"]: r for r in link_rows(errand.round, errand.district)}
        for number, cases in due(errand.round, today=today, district=errand.district).items():
            for case in cases.select_related("organisation").order_by("organisation__key"):
                known = links.get(case.organisation.key)
                if known and known["phone"]:
                    row = (known["name"], known["key"], known["contact"], known["phone"])
                    rows.append((*row, number, known["link"], case.pk))
        file = xlsx_bytes(PHONE_HEAD, (r[:-1] for r in rows), widths=(30, 22, 12, 18, 8, 60))
        errand.result = keep(errand, "phone-list.xlsx", file)
        _remember(rows, by=errand.by)
        errand.counts, errand.done = {"phones": len(rows)}, len(rows)


def _remember(rows: list[tuple[Any, ...]], *, by: User) -> None:
    with transaction.atomic():
        Reminder.objects.bulk_create(
            (
                Reminder(case_id=row[-1], number=row[4], channel=Reminder.Channel.PHONE, by=by)
                for row in rows
            ),
            ignore_conflicts=True,
        )
        for number in {row[4] for row in rows}:
            Case.objects.filter(
                pk__in=[row[-1] for row in rows if row[4] == number], reminders=number - 1
            ).update(reminders=F("reminders") + 1, reminded_at=timezone.now())


def note_end(its: Round, *, by: User, today: dt.date, district: str = "") -> int:
    """Note that the bureau knows that these firms are reminded no more; return how many."""
    with transaction.atomic():
        n = ended(its, today=today, district=district).update(given_up_at=timezone.now())
        record("round.reminders_ended", actor=by, subject=f"round:{its.slug}", firms=n)
    return n


def take_no_part(case: Case, *, note: str, by: User) -> None:
    """Note that a firm told the bureau that it takes no part, and why."""
    with transaction.atomic():
        decline(case, by=by)
        Case.objects.filter(pk=case.pk).update(note=note[:200])
        record("case.note", actor=by, subject=f"case:{case.pk}", note=note)


def absent(case: Case, *, until: dt.date | None, note: str, by: User) -> None:
    """Note that a firm asks not to be reminded before a day."""
    with transaction.atomic():
        Case.objects.filter(pk=case.pk).update(absent_until=until, note=note[:200])
        record("case.absent", actor=by, subject=f"case:{case.pk}", until=until, note=note)


def _owing(its: Round, district: str) -> QuerySet[Case]:
    """Firms that were invited, owe an answer and are still reminded."""
    found = Case.objects.filter(
        round=its, state__in=(State.INVITED, State.ANSWERING), given_up_at=None
    ).exclude(invited_at=None)
    return found.filter(organisation__district=district) if district else found


def _first_day(owing: QuerySet[Case], today: dt.date, held: Reminders) -> dt.date | None:
    """The first day on which a firm that was never reminded will be due."""
    first = (
        owing.filter(reminders=0)
        .order_by("invited_at")
        .values_list("invited_at", flat=True)
        .first()
    )
    if first is None:
        return None
    return max(timezone.localdate(first) + dt.timedelta(days=held.days[0]), today)


def _end_of(day: dt.date) -> dt.datetime:
    """The first moment after a day, where the bureau is."""
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min))
