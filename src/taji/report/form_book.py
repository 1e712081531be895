"""A filled form as a workbook: all firms, one firm at a time, what is empty and why.

Text is always text: an answer that begins with ``=``, ``+``, ``-`` or ``@`` is no formula. The
only formulas are those of the sheet for one firm, which look up the firm chosen there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.catalogue.form import Form, FormField
from taji.catalogue.pack import CONFIDENCE_LABELS
from taji.report.phrases import Phrases

__all__ = ["REASONS", "FilledForm", "Reason", "TooManyFirmsError", "write_form"]

Reason = Literal[
    "not_asked", "not_answered", "skipped", "not_in_register", "not_scored", "evidence"
]

#: Why a cell is empty, and what would fill it.
REASONS: Mapping[Reason, Text] = {
    "not_asked": Text(zh="没有问过", en="not asked"),
    "not_answered": Text(zh="问过，企业没有作答", en="asked, not answered"),
    "skipped": Text(
        zh="按跳题规则不问这家企业", en="not put to this firm by the rule for skipping"
    ),
    "not_in_register": Text(zh="名录中没有", en="not in the register"),
    "not_scored": Text(zh="作答不足，没有得分", en="too little answered for a score"),
    "evidence": Text(zh="须由企业另附材料", en="the firm must attach a paper"),
}
#: Reasons that hold for every firm alike: the list says them once.
_ALIKE: frozenset[Reason] = frozenset({"not_asked", "evidence"})

#: Rows that a sheet can hold below its heads. [rows]
_ROWS = 1_000_000
#: A fixed moment, so that the same form is the same bytes whenever it is written.
_CREATED = datetime(2000, 1, 1)
_HEADS = 4


class TooManyFirmsError(TajiError):
    """A sheet cannot hold so many firms."""

    code = "report.form_firms"
    sentences = {
        "en": "A workbook holds {most} firms, but {firms} were given. Fill the form for one "
        "district or stratum at a time.",
        "zh": "一个工作簿最多容纳 {most} 家企业，实际 {firms} 家。请按县区或分层分批填表。",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledForm:
    """A form with what fills it.

    Attributes
    ----------
    form : Form
    enterprises : tuple of str, length n_firm
        Keys.
    values, reasons : tuple of n_field tuples of length n_firm
        Cells, field by field; a reason where the cell is empty.
    simulated : bool
        The firms are invented.
    """

    form: Form
    enterprises: tuple[str, ...]
    values: tuple[tuple[str | float | None, ...], ...]
    reasons: tuple[tuple[Reason | None, ...], ...]
    simulated: bool

    @property
    def counts(self) -> Mapping[Reason, int]:
        """Empty cells by reason; a reason without any is left out."""
        found = Counter(reason for column in self.reasons for reason in column if reason)
        return {reason: found[reason] for reason in REASONS if found[reason]}

    @property
    def cells(self) -> int:
        """Cells of the form, over all firms."""
        return len(self.enterprises) * len(self.values)

    def empty(self) -> Iterator[tuple[str | None, FormField, Reason]]:
        """Yield every empty cell; None for the firm where it is empty for all alike."""
        for field, reasons in zip(self.form.fields_, self.reasons, strict=True):
            first = reasons[0] if reasons else None
            alike = len(reasons) > 1 and len(set(reasons)) == 1
            if first is not None and (alike or first in _ALIKE):
                yield None, field, first
                continue
            for enterprise, reason in zip(self.enterprises, reasons, strict=True):
                if reason is not None:
                    yield enterprise, field, reason


def write_form(found: FilledForm, path: Path | str, *, language: Language) -> None:
    """Write the workbook.

    Raises
    ------
    TooManyFirmsError
        If there are more firms than a sheet has rows.
    """
    if len(found.enterprises) > _ROWS:
        raise TooManyFirmsError(most=_ROWS, firms=len(found.enterprises))
    book = _Book(path, found, language)
    book.about()
    book.everyone()
    book.one_firm()
    book.empty()
    book.close()


class _Book:
    """An open workbook with its formats."""

    def __init__(self, path: Path | str, found: FilledForm, language: Language) -> None:
        options = {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        }
        self.found, self.form, self.language = found, found.form, language
        self.say = Phrases(language)
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"title": self.form.title[language], "created": _CREATED})
        add = self._book.add_format
        wrap = {"text_wrap": True, "valign": "top"}
        self.plain: Format = add(wrap)
        self.bold: Format = add({"bold": True, **wrap})
        self.head: Format = add({"bold": True, "bottom": 1, "bg_color": "#F3F6F9", **wrap})
        self.key: Format = add({"italic": True, "font_color": "#4D5965", "bottom": 2, **wrap})
        self.notice: Format = add({"bold": True, "font_color": "#7A1F00", "bg_color": "#FFF1E0"})
        self.gap: Format = add({"bg_color": "#FFF1E0"})
        self.chosen: Format = add({"bold": True, "border": 1, "bg_color": "#DBE7F3"})
        self.cell: Format = add({"bottom": 4, "num_format": "General", **wrap})

    def close(self) -> None:
        self._book.close()

    def _sheet(self, key: str, number: int = 1) -> Worksheet:
        name = self.say(key) + (f" {number}" if number > 1 else "")
        sheet = self._book.add_worksheet(name[:31])
        title = f"{self.form.title[self.language]} · {self.form.document}"
        simulated = self.found.simulated
        line = self.say("banner") if simulated else title
        sheet.write_string(0, 0, line, self.notice if simulated else self.bold)
        sheet.hide_gridlines(2)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def about(self) -> None:
        """What the form is, how it is known, and how many cells are empty and why."""
        sheet, language, form = self._sheet("form_about"), self.language, self.form
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 90)
        lines: list[tuple[str, str | float]] = [
            (self.say("form_title"), form.title[language]),
            (self.say("form_authority"), form.authority[language]),
            (self.say("form_document"), form.document),
            (self.say("form_pack"), form.key),
            (self.say("form_confidence"), CONFIDENCE_LABELS[form.confidence][language]),
            (self.say("form_note"), form.note[language] if form.note else ""),
            (self.say("form_firms"), len(self.found.enterprises)),
            (self.say("form_cells"), self.found.cells),
            (self.say("form_full"), self.found.cells - sum(self.found.counts.values())),
        ]
        lines += [
            (self.say("form_empty_because", reason=REASONS[reason][language]), count)
            for reason, count in self.found.counts.items()
        ]
        for row, (name, value) in enumerate(lines, start=2):
            sheet.write_string(row, 0, name, self.bold)
            self._put(sheet, row, 1, value, self.plain)
        self._doubts(sheet, 3 + len(lines))

    def _doubts(self, sheet: Worksheet, row: int) -> None:
        sheet.write_string(row, 0, self.say("form_doubts"), self.head)
        sheet.write_string(row, 1, self.say("form_how_known"), self.head)
        for place, field in enumerate(self.form.doubtful(), start=row + 1):
            sheet.write_string(place, 0, field.label[self.language], self.plain)
            how = CONFIDENCE_LABELS[field.confidence or self.form.confidence][self.language]
            note = f" {field.note[self.language]}" if field.note else ""
            sheet.write_string(place, 1, how + note, self.plain)

    def everyone(self) -> None:
        """One row a firm."""
        sheet, language = self._sheet("form_all"), self.language
        sheet.freeze_panes(_HEADS, 1)
        sheet.set_landscape()
        sheet.set_column(0, len(self.found.values), 20)
        sheet.write_string(3, 0, "enterprise", self.key)
        column = 1
        for part in self.form.parts:
            sheet.write_string(1, column, part.title[language], self.bold)
            for field in part.fields:
                sheet.write_string(2, column, self._label(field), self.head)
                sheet.write_string(3, column, field.id, self.key)
                column += 1
        for row, enterprise in enumerate(self.found.enterprises, start=_HEADS):
            sheet.write_string(row, 0, enterprise)
        for place, values in enumerate(self.found.values, start=1):
            for row, value in enumerate(values, start=_HEADS):
                if value is None:
                    sheet.write_blank(row, place, None, self.gap)
                else:
                    self._put(sheet, row, place, value, None)
        last = _HEADS + len(self.found.enterprises) - 1
        if last >= _HEADS:
            sheet.autofilter(_HEADS - 1, 0, last, len(self.found.values))

    def one_firm(self) -> None:
        """The form as one sheet of paper, for the firm chosen at its head."""
        sheet, language, found = self._sheet("form_one"), self.language, self.found
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 1, 60)
        sheet.write_string(1, 0, self.say("form_choose"), self.bold)
        if not found.enterprises:
            return
        sheet.write_string(1, 1, found.enterprises[0], self.chosen)
        name = f"'{self.say('form_all')[:31]}'"
        last = _HEADS + len(found.enterprises)
        keys = f"{name}!$A${_HEADS + 1}:$A${last}"
        sheet.data_validation(1, 1, 1, 1, {"validate": "list", "source": f"={keys}"})
        row, column = 3, 1
        for part in self.form.parts:
            sheet.merge_range(row, 0, row, 1, part.title[language], self.head)
            for field in part.fields:
                row += 1
                letter = xl_col_to_name(column)
                cell = f"INDEX({name}!${letter}${_HEADS + 1}:${letter}${last},MATCH($B$2,{keys},0))"
                first = found.values[column - 1][0]
                sheet.write_string(row, 0, self._label(field), self.cell)
                shown = "" if first is None else first
                sheet.write_formula(row, 1, f'=IF({cell}="","",{cell})', self.cell, shown)
                column += 1
            row += 2

    def empty(self) -> None:
        """Every cell that could not be filled, and why."""
        sheet: Worksheet | None = None
        row, number = _ROWS, 0
        for enterprise, field, reason in self.found.empty():
            if sheet is None or row >= _ROWS:
                row, number = 2, number + 1
                sheet = self._empty_sheet(number)
            own = field.not_asked or field.evidence or field.note
            words = (
                enterprise or self.say("form_every_firm"),
                field.id,
                field.label[self.language],
                REASONS[reason][self.language],
                own[self.language] if own else "",
            )
            for place, word in enumerate(words):
                sheet.write_string(row, place, word)
            row += 1
        if sheet is None:
            self._empty_sheet(1)

    def _empty_sheet(self, number: int) -> Worksheet:
        sheet = self._sheet("form_empty", number)
        heads = ("form_h_firm", "form_h_field", "form_h_label", "form_h_reason", "form_h_note")
        for place, key in enumerate(heads):
            sheet.write_string(1, place, self.say(key), self.head)
        sheet.set_column(0, 1, 22)
        sheet.set_column(2, 4, 40)
        sheet.freeze_panes(2, 0)
        return sheet

    def _label(self, field: FormField) -> str:
        unit = f" ({field.unit[self.language]})" if field.unit else ""
        doubt = " †" if field.confidence not in (None, "confirmed") else ""
        return field.label[self.language] + unit + doubt

    def _put(
        self, sheet: Worksheet, row: int, column: int, value: str | float, shown: Format | None
    ) -> None:
        if isinstance(value, str):
            sheet.write_string(row, column, value, shown)
        else:
            sheet.write_number(row, column, value, shown)
