"""A questionnaire as an XLSForm, the spreadsheet that KoboToolbox and ODK make forms from.

Decides how each kind of question is asked there, so that the export comes back under names
that our intake knows: ``section/question``, ``section/question/option`` for ticks, ``question/row``
for grids. Whether a form can be built from it is checked in ``taji.desk.xlsforming``.

A section is a group on one page; a grid is one question a row. What a skip rule, an exclusive
option or a range forbids, the form forbids too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import xlsxwriter

from taji.base.text import LANGUAGES, Language, Text
from taji.catalogue.load import register
from taji.catalogue.questionnaire import Condition, Item, Question, Questionnaire

__all__ = ["Sheets", "sheets_of", "write_xlsform"]

Row = Mapping[str, str]
#: The three sheets by name, each a list of rows by column.
Sheets = Mapping[str, Sequence[Row]]

#: Languages as an XLSForm names them; the first is the one shown first.
NAMES: Mapping[Language, str] = {"zh": "中文 (zh)", "en": "English (en)"}
#: A fixed moment, so that the same questionnaire is the same bytes whenever it is written.
_CREATED = datetime(2000, 1, 1)

_TYPES = {
    "scale": "integer",
    "share": "decimal",
    "number": "decimal",
    "money": "decimal",
    "text": "text",
    "date": "date",
}
#: Lists longer than this are searched, not scrolled. [options]
_SEARCHED = 15

KEY = Text(zh="统一社会信用代码", en="Unified social credit code")
KEY_HINT = Text(
    zh="18位；没有的填企业编号", en="18 characters; a firm without one gives its number"
)
REQUIRED = Text(zh="此题必答", en="This question must be answered")
ALONE = Text(
    zh="“{option}”不能与其他选项同时选", en="'{option}' cannot be ticked with anything else"
)
BETWEEN = Text(zh="须在 {low} 与 {high} 之间", en="Must lie between {low} and {high}")
AT_LEAST = Text(zh="不能小于 {low}", en="Must be {low} or more")
AT_MOST = Text(zh="不能大于 {high}", en="Must be {high} or less")
UNIT = Text(zh="单位：{unit}", en="Unit: {unit}")
PER = Text(zh="单位：{per} 元", en="Unit: {per} yuan")


def sheets_of(questionnaire: Questionnaire) -> Sheets:
    """Return the sheets ``survey``, ``choices`` and ``settings``.

    Examples
    --------
    >>> from taji.catalogue.load import questionnaire
    >>> [row["type"] for row in sheets_of(questionnaire("sme2024"))["survey"]][:4]
    ['text', 'begin_group', 'select_multiple q1', 'decimal']
    """
    survey: list[Row] = [
        {
            "type": "text",
            "name": "enterprise",
            "required": "yes",
            **_in_both("label", KEY),
            **_in_both("hint", KEY_HINT),
            **_in_both("required_message", REQUIRED),
        }
    ]
    for section in questionnaire.sections:
        survey.append(_group(section.id, section.title, "field-list"))
        for question in section.questions:
            survey += _question(question, questionnaire)
        survey.append({"type": "end_group"})
    settings = {
        "form_title": questionnaire.title.zh,
        "form_id": questionnaire.id,
        "version": questionnaire.version,
        "default_language": NAMES["zh"],
        "style": "pages",
    }
    return {"survey": survey, "choices": list(_choices(questionnaire)), "settings": [settings]}


def write_xlsform(questionnaire: Questionnaire, path: Path | str) -> None:
    """Write the workbook; every cell is text."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": questionnaire.title.zh, "created": _CREATED})
    head = book.add_format({"bold": True})
    for name, rows in sheets_of(questionnaire).items():
        sheet = book.add_worksheet(name)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column, head)
        for line, row in enumerate(rows, start=1):
            for place, column in enumerate(columns):
                if row.get(column):
                    sheet.write_string(line, place, row[column])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(0, len(columns) - 1), 24)
    book.close()


def _question(question: Question, questionnaire: Questionnaire) -> Iterator[Row]:
    items = questionnaire.items_of(question.id)
    relevant = _relevant(question.asked_if, questionnaire)
    grouped = bool(question.rows) and question.separator == "/"
    if grouped:
        yield {**_group(question.id, question.label, ""), "relevant": relevant}
    for item in items:
        name = item.row.id if grouped and item.row is not None else item.id
        label = item.row.label if grouped and item.row is not None else item.label
        own = {} if grouped else {"relevant": relevant}
        yield {
            "type": _type(question),
            "name": name,
            **_in_both("label", label),
            **own,
            **_rules(item),
        }
    if grouped:
        yield {"type": "end_group"}


def _type(question: Question) -> str:
    if question.kind in ("single", "code"):
        return f"select_one {_list(question)}"
    if question.kind == "multi":
        return f"select_multiple {_list(question)}"
    return _TYPES[question.kind]


def _list(question: Question) -> str:
    return f"r_{question.register_}" if question.register_ is not None else question.id


def _rules(item: Item) -> dict[str, str]:
    """Hint, duty and limits of one question."""
    question = item.question
    rules: dict[str, str] = {}
    hint = _hint(question)
    if hint is not None:
        rules |= _in_both("hint", hint)
    if question.required:
        rules |= {"required": "yes", **_in_both("required_message", REQUIRED)}
    constraint, message = _constraint(question)
    if constraint:
        rules |= {"constraint": constraint, **_in_both("constraint_message", message)}
    if question.register_ is not None and len(register(question.register_).codes) > _SEARCHED:
        rules["appearance"] = "minimal autocomplete"
    return rules


def _hint(question: Question) -> Text | None:
    parts = [question.help] if question.help else []
    if question.kind == "money":
        parts.append(_filled(PER, per=str(question.per)))
    elif question.unit is not None and question.kind != "scale":
        parts.append(_with_unit(question.unit))
    if not parts:
        return None
    return Text(zh=" ".join(part.zh for part in parts), en=" ".join(part.en for part in parts))


def _constraint(question: Question) -> tuple[str, Text]:
    alone = [option for option in question.options if option.exclusive]
    if question.kind == "multi" and alone:
        tests = " or ".join(f"selected(., '{option.id}')" for option in alone)
        first = alone[0].label
        message = Text(zh=ALONE.zh.format(option=first.zh), en=ALONE.en.format(option=first.en))
        return f"not(({tests}) and count-selected(.) > 1)", message
    low, high = question.low, question.high
    if question.kind == "share":
        low, high = (Fraction(0) if low is None else low), (Fraction(100) if high is None else high)
    # limits of money are in yuan, the answer in the unit that the form names
    low, high = (None if end is None else end / question.per for end in (low, high))
    if low is not None and high is not None:
        ends = {"low": _number(low), "high": _number(high)}
        return f". >= {ends['low']} and . <= {ends['high']}", _filled(BETWEEN, **ends)
    if low is not None:
        return f". >= {_number(low)}", _filled(AT_LEAST, low=_number(low))
    if high is not None:
        return f". <= {_number(high)}", _filled(AT_MOST, high=_number(high))
    return "", ALONE


def _relevant(rule: Condition | None, questionnaire: Questionnaire) -> str:
    if rule is None:
        return ""
    tests = []
    for item in questionnaire.items_of(rule.question):
        grouped = item.row is not None and item.question.separator == "/"
        name = item.row.id if grouped and item.row is not None else item.id
        for option in rule.any_of:
            multi = item.kind == "multi"
            tests.append(
                f"selected(${{{name}}}, '{option}')" if multi else f"${{{name}}} = '{option}'"
            )
    return " or ".join(tests)


def _choices(questionnaire: Questionnaire) -> Iterator[Row]:
    told: set[str] = set()
    for question in questionnaire.questions:
        name = _list(question)
        if name in told or not (question.options or question.register_):
            continue
        told.add(name)
        if question.register_ is not None:
            pairs = [(e.code, e.label) for e in register(question.register_).entries]
        else:
            pairs = [(option.id, option.label) for option in question.options]
        for code, label in pairs:
            yield {"list_name": name, "name": code, **_in_both("label", label)}


def _group(name: str, title: Text, appearance: str) -> dict[str, str]:
    return {
        "type": "begin_group",
        "name": name,
        **_in_both("label", title),
        "appearance": appearance,
    }


def _in_both(column: str, text: Text) -> dict[str, str]:
    return {f"{column}::{NAMES[language]}": text[language] for language in LANGUAGES}


def _filled(text: Text, **blanks: str) -> Text:
    return Text(zh=text.zh.format(**blanks), en=text.en.format(**blanks))


def _with_unit(unit: Text) -> Text:
    return Text(zh=UNIT.zh.format(unit=unit.zh), en=UNIT.en.format(unit=unit.en))


def _number(value: Fraction) -> str:
    return f"{float(value):.15g}"
