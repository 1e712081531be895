"""Everything that the platform holds of one firm's part in a round, as the firm takes it home.

The workbook's cells are texts and numbers, never formulas, whatever was typed.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from django.utils import timezone

from taji.base.text import Language
from taji.web.answering.models import AnswerEvent, Consent, Sheet, Submission
from taji.web.answering.words import shown
from taji.web.rounds.asked import asked_of
from taji.web.rounds.models import Case

__all__ = ["own_data", "own_workbook"]


def own_data(case: Case) -> dict[str, Any]:
    """Return what is held: the firm, consents, answers, every version of each, what was handed in."""
    sheet = Sheet.objects.filter(case=case, track=Sheet.Track.FIRM)
    events = AnswerEvent.objects.filter(sheet__in=sheet).order_by("number")
    firm = case.organisation
    return {
        "round": {"id": case.round.slug, "title": case.round.title_zh},
        "firm": {
            "key": firm.key,
            "name": firm.name,
            "district": firm.district,
            "industry": firm.industry,
            "size": firm.size,
            **firm.attributes,
        },
        "state": case.state,
        "invited_at": case.invited_at,
        "submitted_at": case.submitted_at,
        "contacts": list(firm.contacts.values("name", "email", "phone", "address")),
        "people": list(
            case.invitations.exclude(user=None)
            .order_by("pk")
            .values("user__name", "user__phone", "opened_at", "sections")
        ),
        "consents": list(
            Consent.objects.filter(case=case)
            .order_by("pk")
            .values("by__name", "purpose_zh", "purpose_en", "at")
        ),
        "answers": next((one.values for one in sheet), {}),
        "history": list(events.values("number", "item", "value", "source", "by__name", "at")),
        "submissions": list(
            Submission.objects.filter(sheet__in=sheet)
            .order_by("number")
            .values("number", "answers", "sha256", "by__name", "at")
        ),
        "roadmaps": list(
            Submission.objects.filter(sheet__in=sheet, roadmaps__state="done")
            .order_by("roadmaps__pk")
            .values("number", "roadmaps__asked_at", "roadmaps__content")
        ),
    }


def own_workbook(case: Case, language: Language) -> bytes:
    """Return the same as a workbook, in words."""
    held = own_data(case)
    items = asked_of(case.round).items
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )

    def words(key: str, value: Any) -> str:
        return shown(items[key].item, value, language) if key in items else str(value)

    def label(key: str) -> str:
        return items[key].item.label[language] if key in items else key

    heads = HEADS[language]
    _sheet(
        book,
        heads["answers"],
        heads["answers_row"],
        ((key, label(key), words(key, value)) for key, value in held["answers"].items()),
    )
    _sheet(
        book,
        heads["history"],
        heads["history_row"],
        (
            (e["number"], label(e["item"]), words(e["item"], e["value"]), e["by__name"], e["at"])
            for e in held["history"]
        ),
    )
    _sheet(
        book,
        heads["versions"],
        heads["versions_row"],
        ((s["number"], s["at"], s["by__name"], s["sha256"]) for s in held["submissions"]),
    )
    _sheet(
        book,
        heads["consents"],
        heads["consents_row"],
        ((c["by__name"], c["at"], c[f"purpose_{language}"]) for c in held["consents"]),
    )
    _sheet(
        book,
        heads["firm"],
        heads["firm_row"],
        ((name, str(value)) for name, value in held["firm"].items()),
    )
    book.close()
    return file.getvalue()


#: Names of sheets and columns.
HEADS: dict[Language, dict[str, Any]] = {
    "zh": {
        "answers": "当前答案",
        "answers_row": ("题号", "题目", "答案"),
        "history": "填写记录",
        "history_row": ("序号", "题目", "答案", "填写人", "时间"),
        "versions": "提交版本",
        "versions_row": ("版本", "时间", "提交人", "摘要 SHA-256"),
        "consents": "同意记录",
        "consents_row": ("姓名", "时间", "告知内容"),
        "firm": "企业信息",
        "firm_row": ("项目", "内容"),
    },
    "en": {
        "answers": "Answers now",
        "answers_row": ("Item", "Question", "Answer"),
        "history": "Every answer given",
        "history_row": ("No", "Question", "Answer", "By", "At"),
        "versions": "Versions handed in",
        "versions_row": ("Version", "At", "By", "SHA-256"),
        "consents": "Consents",
        "consents_row": ("Name", "At", "What was told"),
        "firm": "The firm",
        "firm_row": ("Item", "Value"),
    },
}


def _sheet(
    book: xlsxwriter.Workbook, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, bold)
        sheet.set_column(place, place, 14 if place == 0 else 42)
    for at, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(at, place, value, wrapped)
            else:
                sheet.write_string(at, place, _text(value), wrapped)
    sheet.freeze_panes(1, 0)


def _text(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    return "" if value is None else str(value)
