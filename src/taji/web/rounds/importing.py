"""Bring a file of answers (Kobo, LimeSurvey, Wenjuanxing, any table) into a round.

Decides which rows meet which firms, what happens to answers that stand there already, and what is
told about the rest. What a cell means is decided by ``taji.survey.intake``, the same gate as for
every other file; nothing is kept before an analyst has seen the counts.

A row makes one version that counts. A blank cell takes nothing back. Rows are kept in parts, each
whole; a run that died begins again and finds the rows that are in already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from taji.base.identifiers import KEY
from taji.base.text import Language, Text
from taji.catalogue.questionnaire import Item
from taji.desk.gathering import IntakeChoices, gather
from taji.desk.steps import SILENT
from taji.survey.intake import Intake
from taji.survey.intake.columns import canonical_names
from taji.web.answering.checking import check
from taji.web.answering.giving import STOPPED, FrozenError
from taji.web.answering.models import AnswerEvent, Sheet, Submission
from taji.web.answering.peers import ask_for_peers
from taji.web.answering.submitting import digest
from taji.web.audit.log import record
from taji.web.people.models import User
from taji.web.rounds.asked import Asked, asked_of
from taji.web.rounds.errands import keep, running
from taji.web.rounds.models import Case, Errand, Round
from taji.web.spreadsheets import safe_frame

__all__ = ["EXISTING", "confirm", "step", "values_of"]

#: What may happen to a firm whose answers differ from those of the file.
EXISTING = ("skip", "replace")
#: Rows kept at once. [sheets]
PART = 200

UNKNOWN = Text(
    zh="本轮调查没有这家企业（或不在您负责的县市区），未导入",
    en="this round does not ask this firm (or it is not of your district); not imported",
)
TAKES_NO_PART = Text(
    zh="该企业已表示不参加或已撤回，未导入",
    en="the firm takes no part or withdrew; not imported",
)


@dataclass(frozen=True, slots=True)
class Met:
    """Rows of a file beside the firms of a round. [rows]"""

    cases: dict[str, int]  # key: case, of the rows that can be kept
    unknown: list[str]
    stopped: list[str]


def step(errand: Errand) -> None:
    """Read the file and count; or, once an analyst said how, keep its rows."""
    with running(errand):
        if errand.request.get("confirmed"):
            _keep_rows(errand)
        else:
            _read(errand)


def confirm(errand: Errand, *, existing: str, by: User) -> None:
    """Say that the rows are to be kept, and what becomes of answers that stand already."""
    with transaction.atomic():
        errand.request = {**errand.request, "confirmed": True, "existing": existing}
        errand.state = Errand.State.QUEUED
        errand.save(update_fields=["request", "state"])
        record(
            "round.answers_confirmed",
            actor=by,
            subject=f"round:{errand.round.slug}",
            errand=errand.pk,
            sha256=errand.sha256,
            existing=existing,
            **errand.counts,
        )


def values_of(row: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    """Return a canonical row as a sheet keeps answers, ``{key: value}``; blanks are left out."""
    names = canonical_names(asked.questionnaires)
    found = {
        one.key: _value(one.item, [row.get(names[one.questionnaire, c]) for c in one.item.columns])
        for one in asked.items.values()
    }
    return {key: value for key, value in found.items() if value is not None}


def _value(item: Item, cells: list[Any]) -> str | list[str] | None:
    if item.kind == "multi":
        if all(cell is None for cell in cells):
            return None
        return [option for option, cell in zip(item.option_ids, cells, strict=True) if cell]
    cell = cells[0]
    if isinstance(cell, float):
        return format(Decimal(repr(cell)).normalize(), "f")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return None if cell is None else str(cell)


def _read(errand: Errand) -> None:
    asked = asked_of(errand.round)
    choices = IntakeChoices(
        shares=errand.request.get("shares") or None,
        duplicates=errand.request.get("duplicates") or "error",
    )
    taken = gather(Path(errand.upload.path), asked.questionnaires, choices, steps=SILENT)
    met = _meet(errand, taken.answers[KEY].to_list())
    known = taken.answers.filter(pl.col(KEY).is_in(list(met.cases)))
    path = Path(default_storage.path(_rows_name(errand)))
    known.write_parquet(path)
    errand.refusals = keep(errand, "refused-zh.csv", _refused(taken, met, "zh"))
    errand.refusals_en = keep(errand, "refused-en.csv", _refused(taken, met, "en"))
    errand.total = known.height
    errand.counts = {
        "read": taken.read,
        "accepted": taken.accepted,
        "refused_rows": taken.refused,
        "refused_cells": taken.refusals_found,
        "unknown": len(met.unknown),
        "stopped": len(met.stopped),
        **_compared(errand, known, asked, met),
    }
    errand.state = Errand.State.READ


def _rows_name(errand: Errand) -> str:
    return f"{Path(errand.upload.name).parent}/accepted.parquet"


def _meet(errand: Errand, keys: list[str]) -> Met:
    cases = Case.objects.filter(round=errand.round)
    if errand.district:
        cases = cases.filter(organisation__district=errand.district)
    known = {
        key: (pk, state)
        for key, pk, state in cases.values_list("organisation__key", "pk", "state").iterator()
    }
    return Met(
        cases={k: known[k][0] for k in keys if k in known and known[k][1] not in STOPPED},
        unknown=[k for k in keys if k not in known],
        stopped=[k for k in keys if k in known and known[k][1] in STOPPED],
    )


def _compared(errand: Errand, rows: pl.DataFrame, asked: Asked, met: Met) -> dict[str, int]:
    """Count the rows that meet a blank sheet, the same answers, or other answers."""
    counts = {"blank": 0, "same": 0, "differing": 0}
    for part in rows.iter_slices(PART):
        ids = [met.cases[key] for key in part[KEY]]
        sheets = {
            sheet.case_id: sheet
            for sheet in Sheet.objects.filter(case_id__in=ids, track=Sheet.Track.FIRM)
        }
        for row in part.iter_rows(named=True):
            sheet = sheets.get(met.cases[row[KEY]])
            counts[_kind(sheet, values_of(row, asked))] += 1
    return counts


def _kind(sheet: Sheet | None, told: Mapping[str, Any]) -> str:
    now = {} if sheet is None else sheet.values
    if not now:
        return "blank"
    return "same" if all(now.get(key) == value for key, value in told.items()) else "differing"


def _keep_rows(errand: Errand) -> None:
    asked = asked_of(errand.round)
    rows = pl.read_parquet(default_storage.path(_rows_name(errand)))
    met = _meet(errand, rows[KEY].to_list())
    rows = rows.filter(pl.col(KEY).is_in(list(met.cases)))
    tally = {"kept": 0, "skipped": 0, "unchanged": 0, "stopped": len(met.stopped)}
    errand.done = 0
    for part in rows.iter_slices(PART):
        with transaction.atomic():
            _check_open(errand.round)
            for what, n in _keep_part(part, met, asked, errand).items():
                tally[what] += n
            errand.done += part.height
            errand.save(update_fields=["done"])
    tally["stopped"] += errand.counts["stopped"]  # those known when the file was read
    errand.counts = {**errand.counts, **tally}
    with transaction.atomic():
        record(
            "round.answers_imported",
            actor=errand.by,
            subject=f"round:{errand.round.slug}",
            errand=errand.pk,
            **tally,
        )
        ask_for_peers(errand.round_id, now=timezone.now())


def _check_open(its: Round) -> None:
    held = Round.objects.get(pk=its.pk)
    if held.state != Round.State.OPEN:
        raise FrozenError(round=held.title, state=held.get_state_display())


def _keep_part(part: pl.DataFrame, met: Met, asked: Asked, errand: Errand) -> dict[str, int]:
    """Keep some rows: events, sheets, versions, cases, in one transaction."""
    ids = [met.cases[key] for key in part[KEY]]
    sheets = _sheets(ids)
    tally = {"kept": 0, "skipped": 0, "unchanged": 0, "stopped": 0}
    events: list[AnswerEvent] = []
    touched: list[Sheet] = []
    for case, row in zip(ids, part.iter_rows(named=True), strict=True):
        sheet, told = sheets[case], values_of(row, asked)
        if sheet.case.state in STOPPED:  # while the parts before it were kept
            tally["stopped"] += 1
            continue
        if _kind(sheet, told) == "differing" and errand.request["existing"] == "skip":
            tally["skipped"] += 1
            continue
        new = list(_events(sheet, told, errand))
        if not new and sheet.submission_id is not None:
            tally["unchanged"] += 1
            continue
        events += new
        touched.append(sheet)
        tally["kept"] += 1
    AnswerEvent.objects.bulk_create(events)
    _hand_in(touched, asked, errand.by)
    return tally


def _sheets(cases: list[int]) -> dict[int, Sheet]:
    """The firms' own sheets of these cases, made where there are none, and locked as ``giving`` locks them."""
    Sheet.objects.bulk_create(
        (Sheet(case_id=case, track=Sheet.Track.FIRM) for case in cases), ignore_conflicts=True
    )
    found = (
        Sheet.objects.select_for_update(of=("case", "self"))
        .filter(case_id__in=cases, track=Sheet.Track.FIRM)
        .select_related("case")
        .order_by("case_id")
    )
    return {sheet.case_id: sheet for sheet in found}


def _events(sheet: Sheet, told: Mapping[str, Any], errand: Errand) -> Iterator[AnswerEvent]:
    """Write the answers of a row onto a sheet; yield an event for each that is new."""
    for key, value in told.items():
        now = sheet.answers.get(key) or {"v": None, "n": 0}
        if now["v"] == value:
            continue
        sheet.latest += 1
        sheet.answers[key] = {"v": value, "n": sheet.latest}
        yield AnswerEvent(
            sheet=sheet,
            number=sheet.latest,
            item=key,
            value=value,
            seen=now["n"],
            source=AnswerEvent.Source.FILE,
            by=errand.by,
        )


def _hand_in(sheets: list[Sheet], asked: Asked, by: User) -> None:
    """Make of each sheet the version that counts, as ``submitting`` does of one."""
    now = timezone.now()
    numbers = dict(
        Submission.objects.filter(sheet__in=sheets)
        .order_by("sheet", "number")
        .values_list("sheet_id", "number")
    )
    made = []
    for sheet in sheets:
        counting = check(asked, sheet.values).counting
        made.append(
            Submission(
                sheet=sheet,
                number=numbers.get(sheet.pk, 0) + 1,
                answers=counting,
                sha256=digest(counting),
                by=by,
            )
        )
    for sheet, submission in zip(sheets, Submission.objects.bulk_create(made), strict=True):
        sheet.submission, sheet.changed_at = submission, now
        sheet.case.state, sheet.case.submitted_at = Case.State.SUBMITTED, now
        sheet.case.first_answer_at = sheet.case.first_answer_at or now
    Sheet.objects.bulk_update(sheets, ["answers", "latest", "changed_at", "submission"])
    Case.objects.bulk_update(
        [sheet.case for sheet in sheets], ["state", "submitted_at", "first_answer_at"]
    )


def _refused(taken: Intake, met: Met, language: Language) -> bytes:
    """The table of what was refused: cells and rows, then the firms that could not be met."""
    table = taken.table(language)
    strangers = [(key, UNKNOWN) for key in met.unknown] + [
        (key, TAKES_NO_PART) for key in met.stopped
    ]
    listed = pl.DataFrame(
        {
            "file": [table["file"][0] if table.height else ""] * len(strangers),
            "sheet": [None] * len(strangers),
            "row": [None] * len(strangers),
            "column": [KEY] * len(strangers),
            "value": [key for key, _ in strangers],
            "reason": [reason[language] for _, reason in strangers],
        },
        schema=table.schema,
    )
    return b"\xef\xbb\xbf" + safe_frame(pl.concat([table, listed])).write_csv().encode()
