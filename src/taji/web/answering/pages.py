"""One section as a page: every question with what is answered, what is put, and what was refused.

Decides what a page of questions holds; the template decides how it looks. Pages with and without
scripts are the same page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.catalogue.questionnaire import Item, Question
from taji.web.answering.giving import ConflictError, Value
from taji.web.answering.models import Sheet
from taji.web.answering.words import JOINT, codes_of, shown, typed, unit_of
from taji.web.rounds.asked import Asked, AskedItem, AskedSection

__all__ = ["SEEN", "Choice", "Field", "Put", "page_of", "posted", "seen_of"]

#: Before an item's key: the field that holds the number of the event that the page showed.
SEEN = "seen:"
#: Codes up to this many are a list to choose from; more are searched. [codes]
CHOSEN = 30
#: A scale with more steps than this is typed, not ticked. [steps]
STEPS = 11
_RUNG = re.compile(r"\s*(\d+)\s*(?:[：:]|\s[-–—]\s)\s*(.+)\s*")


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be ticked, chosen or searched for."""

    value: str
    label: str
    checked: bool = False
    exclusive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One item on the page.

    Attributes
    ----------
    key, kind, label, unit : str
        ``label`` is the row of a grid, else the question.
    look : str
        ``ticks``, ``radios``, ``select``, ``search``, ``area``, ``date`` or ``line``.
    text : str
        As the form field holds it: what is kept, or what was typed and refused.
    words : str
        What is kept, in words.
    number : int
        Of the event that the page shows; 0 where nothing was ever answered.
    choices : tuple of Choice
    answered, put : bool
    wrong : str
        Why what was typed is no answer.
    conflict : dict or None
        ``by``, ``at``, ``theirs`` (words), ``yours`` (words), ``text`` and ``number``.
    """

    key: str
    kind: str
    look: str
    label: str
    unit: str
    text: str
    words: str
    number: int
    choices: tuple[Choice, ...]
    answered: bool
    put: bool
    wrong: str = ""
    conflict: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """One question on the page, with one field or one a row of its grid.

    ``rule_items`` and ``rule_options`` say when it is put, for the page's script; empty: always.
    """

    id: str
    label: str
    help: tuple[str, ...]
    required: bool
    grid: bool
    fields: tuple[Field, ...]
    put: bool
    rule_items: str
    rule_options: str


def page_of(
    sheet: Sheet,
    section: AskedSection,
    asked: Asked,
    language: Language,
    *,
    tried: Mapping[str, str] | None = None,
    failed: Mapping[str, TajiError] | None = None,
) -> tuple[Put, ...]:
    """Return the questions of a section as a page shows them.

    Parameters
    ----------
    tried : mapping, optional
        Texts that were posted, by key.
    failed : mapping, optional
        Why some of them were not kept.
    """
    answers = sheet.values
    puts = []
    for question, items in section.questions:
        rungs = _rungs(question, language)
        fields = tuple(
            _field(
                one,
                sheet.answers.get(one.key) or {"v": None, "n": 0},
                language,
                rungs=rungs,
                put=asked.is_put(one, answers),
                tried=(tried or {}).get(one.key) if one.key in (failed or {}) else None,
                error=(failed or {}).get(one.key),
            )
            for one in items
        )
        rule = question.asked_if
        keys = [
            o.key
            for o in asked.items.values()
            if rule and o.questionnaire == section.questionnaire.id
            if o.item.question.id == rule.question
        ]
        puts.append(
            Put(
                id=f"{section.questionnaire.id}-{question.id}",
                label=question.label[language],
                help=() if rungs else _help(question, language),
                required=question.required,
                grid=bool(question.rows),
                fields=fields,
                put=any(field.put for field in fields),
                rule_items=" ".join(keys),
                rule_options=" ".join(rule.any_of) if rule else "",
            )
        )
    return tuple(puts)


def posted(section: AskedSection, form: QueryDict) -> dict[str, str]:
    """Return the texts of a posted page, by key, of the items that it showed."""
    return {
        one.key: JOINT.join(part for part in form.getlist(one.key) if part)
        for one in section.items
        if SEEN + one.key in form
    }


def seen_of(section: AskedSection, form: QueryDict) -> dict[str, int]:
    """Return the numbers of the events that a posted page showed, by key."""
    numbers = {one.key: form.get(SEEN + one.key, "") for one in section.items}
    return {key: int(text) for key, text in numbers.items() if text.isdecimal()}


def _field(
    one: AskedItem,
    kept: Mapping[str, Any],
    language: Language,
    *,
    rungs: Mapping[str, str],
    put: bool,
    tried: str | None,
    error: TajiError | None,
) -> Field:
    item, question, value = one.item, one.item.question, kept["v"]
    text = typed(item, value, language) if tried is None else tried
    label = item.row.label if item.row else question.label
    conflict = None
    if isinstance(error, ConflictError):
        conflict = conflict_of(error, item, language, value=value)
    reason = error.fields.get("reason") if error is not None and conflict is None else None
    wrong = reason[language] if isinstance(reason, Text) else ""
    if error is not None and conflict is None and not wrong:
        wrong = error.render(language)
    return Field(
        key=one.key,
        kind=item.kind,
        look=_look(item),
        label=label[language],
        unit=unit_of(question, language),
        text=text,
        words=shown(item, value, language),
        number=kept["n"],
        choices=_choices(item, text, language, rungs),
        answered=value is not None,
        put=put,
        wrong=wrong,
        conflict=conflict,
    )


def conflict_of(
    error: ConflictError, item: Item, language: Language, *, value: Value
) -> dict[str, Any]:
    """Return both answers of a conflict in words, and the number to answer it with."""
    from taji.web.answering.giving import read_answer

    yours = str(error.fields["yours"])
    return {
        "by": error.fields["by"],
        "at": error.fields["at"],
        "theirs": shown(item, value, language),
        "theirs_text": typed(item, value, language),
        "yours": shown(item, read_answer(item, yours), language),
        "text": yours,
        "number": error.fields["number"],
    }


def _look(item: Item) -> str:
    """How an item is asked for."""
    if item.kind == "multi":
        return "ticks"
    if item.kind == "single":
        return "radios"
    if item.kind == "scale":
        return "radios" if len(_steps(item.question)) <= STEPS else "line"
    if item.kind == "code":
        return "select" if len(codes_of(item).entries) <= CHOSEN else "search"
    return {"text": "area", "date": "date"}.get(item.kind, "line")


def _choices(
    item: Item, text: str, language: Language, rungs: Mapping[str, str]
) -> tuple[Choice, ...]:
    chosen = set(text.split(JOINT)) if item.kind == "multi" else {text}
    if item.question.options:
        return tuple(
            Choice(o.id, o.label[language], o.id in chosen, o.exclusive)
            for o in item.question.options
        )
    if item.kind == "scale":
        unit = unit_of(item.question, language)
        return tuple(
            Choice(step, rungs.get(step) or f"{step} {unit}".strip(), step in chosen)
            for step in _steps(item.question)
        )
    if item.kind == "code":
        return tuple(
            Choice(entry.code, entry.label[language], entry.label[language] == text)
            for entry in codes_of(item).entries
        )
    return ()


def _steps(question: Question) -> Sequence[str]:
    assert question.low is not None
    assert question.high is not None
    return [str(step) for step in range(int(question.low), int(question.high) + 1)]


def _rungs(question: Question, language: Language) -> dict[str, str]:
    """The rungs of a scale where its help names every one of them: they become its choices."""
    if question.kind != "scale" or question.help is None or len(_steps(question)) > STEPS:
        return {}
    parts = [_RUNG.fullmatch(part) for part in re.split("[；;]", question.help[language])]
    named = {part[1]: f"{part[1]} · {part[2]}" for part in parts if part}
    # A semicolon inside a rung's words goes on with the rung.
    if list(named) != list(_steps(question)):
        return {}
    return named if all(parts) else _joined(question.help[language], named)


def _joined(text: str, named: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    last = ""
    for part in re.split("[；;]", text):
        rung = _RUNG.fullmatch(part)
        if rung:
            last = rung[1]
            found[last] = named[last]
        elif last:
            found[last] += f"；{part.strip()}"
    return found


def _help(question: Question, language: Language) -> tuple[str, ...]:
    if question.help is None:
        return ()
    return tuple(part.strip() for part in re.split("[；;]\\s*(?=\\d)", question.help[language]))
