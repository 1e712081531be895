"""Put whole sheets of answers into a round at once: what a demo, a benchmark and a file bring.

Leaves exactly what giving each answer and handing in would leave: the sheet, an event for each
answer, the submission, the state of the case. Values pass the same gate as any answer's. Only for
cases that have no sheet yet: what people wrote is changed one answer at a time, where they see it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl
from django.db import transaction
from django.db.models import OuterRef, Subquery

from taji.catalogue.questionnaire import Item
from taji.survey.intake.columns import canonical_names
from taji.web.answering.checking import counting_of
from taji.web.answering.giving import Value, read_answer
from taji.web.answering.models import AnswerEvent, Consent, Sheet, Submission
from taji.web.answering.submitting import digest
from taji.web.people.models import User
from taji.web.rounds.asked import Asked, asked_of
from taji.web.rounds.models import Case

__all__ = ["Filled", "fill", "sheets_of"]

#: Sheets that are written together. [sheets]
BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One filled sheet.

    Attributes
    ----------
    case : Case
    answers : mapping
        ``{key: value}``; None is left out.
    by : User
        Who gave them.
    begun_at : datetime
        When the first answer was given.
    submitted_at : datetime, optional
        When it was handed in; None: it was not.
    consent : Consent, optional
    expert : User, optional
        The expert whose assessment it is; None: the firm's own track.
    """

    case: Case
    answers: Mapping[str, Value]
    by: User
    begun_at: dt.datetime
    submitted_at: dt.datetime | None = None
    consent: Consent | None = None
    expert: User | None = None

    @property
    def given(self) -> dict[str, Value]:
        """What was answered."""
        return {key: value for key, value in self.answers.items() if value is not None}


def sheets_of(frame: pl.DataFrame, asked: Asked) -> list[dict[str, Value]]:
    """Return the rows of canonical answers as sheets keep them: the inverse of ``columns_of``."""
    names = canonical_names(asked.questionnaires)
    columns = {
        one.key: _values(one.item, frame, [names[one.questionnaire, c] for c in one.item.columns])
        for one in asked.items.values()
    }
    return [
        {key: values[row] for key, values in columns.items() if values[row] is not None}
        for row in range(frame.height)
    ]


def _values(item: Item, frame: pl.DataFrame, columns: list[str]) -> list[Value]:
    if item.kind != "multi":
        unit = "元" if item.kind == "money" else ""  # canonical money is in yuan, whatever is asked
        given = frame[columns[0]].to_list()
        return [_read(item, None if value is None else f"{value}{unit}") for value in given]
    ticks = frame.select(columns).iter_rows()
    return [_read(item, _ticked(item.option_ids, row)) for row in ticks]


def _ticked(options: Sequence[str], row: tuple[bool | None, ...]) -> str | None:
    if all(tick is None for tick in row):
        return None
    return "|".join(option for option, tick in zip(options, row, strict=True) if tick)


@lru_cache(maxsize=100_000)
def _read(item: Item, text: str | None) -> Value:
    return None if text is None else read_answer(item, text)


@transaction.atomic
def fill(sheets: Sequence[Filled], *, source: str = AnswerEvent.Source.PAGE) -> int:
    """Write filled sheets.

    Returns
    -------
    int
        Answers written.
    """
    written = 0
    for start in range(0, len(sheets), BATCH):
        written += _fill(sheets[start : start + BATCH], source)
    return written


def _fill(batch: Sequence[Filled], source: str) -> int:
    made = Sheet.objects.bulk_create(_sheet(one) for one in batch)
    pairs = list(zip(batch, made, strict=True))
    events = AnswerEvent.objects.bulk_create(
        (event for one, sheet in pairs for event in _events(one, sheet, source)), batch_size=BATCH
    )
    Submission.objects.bulk_create(
        Submission(
            sheet=sheet,
            number=1,
            answers=counting,
            sha256=digest(counting),
            by=one.by,
            at=one.submitted_at,
        )
        for one, sheet in pairs
        if one.submitted_at is not None
        for counting in [counting_of(asked_of(one.case.round), one.given)]
    )
    handed_in = Submission.objects.filter(sheet=OuterRef("pk")).values("pk")[:1]
    Sheet.objects.filter(pk__in=[sheet.pk for sheet in made]).update(submission=Subquery(handed_in))
    firms = [one for one in batch if one.expert is None]
    for one in firms:
        one.case.first_answer_at, one.case.submitted_at = one.begun_at, one.submitted_at
        one.case.state = Case.State.SUBMITTED if one.submitted_at else Case.State.ANSWERING
    Case.objects.bulk_update(
        [one.case for one in firms], ["first_answer_at", "submitted_at", "state"], batch_size=200
    )
    return len(events)


def _sheet(one: Filled) -> Sheet:
    given = enumerate(one.given.items(), start=1)
    return Sheet(
        case=one.case,
        track=Sheet.Track.FIRM if one.expert is None else Sheet.Track.EXPERT,
        author=one.expert,
        answers={key: {"v": value, "n": number} for number, (key, value) in given},
        latest=len(one.given),
        changed_at=one.submitted_at or one.begun_at,
    )


def _events(one: Filled, sheet: Sheet, source: str) -> Iterator[AnswerEvent]:
    for number, (key, value) in enumerate(one.given.items(), start=1):
        yield AnswerEvent(
            sheet=sheet,
            number=number,
            item=key,
            value=value,
            source=source,
            by=one.by,
            consent=one.consent,
            at=one.begun_at + dt.timedelta(seconds=20 * number),
        )
