"""An answer as a person reads it and as a form holds it.

Decides the words of a kept value: the label of an option, the name of a code, an amount in the
unit that the question asks for. Reading what was typed is ``taji.survey.intake``'s.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from taji.base.text import Language
from taji.catalogue.load import register as load_register
from taji.catalogue.questionnaire import Item, Question
from taji.catalogue.register import Register

__all__ = ["codes_of", "shown", "typed", "unit_of"]

#: What joins ticks in a text that the gate reads.
JOINT = "|"


@cache
def _register(name: str) -> Register:
    return load_register(name)


def codes_of(item: Item) -> Register:
    """Return the codes that answer a ``code`` question."""
    name = item.question.register_
    assert name is not None
    return _register(name)


def typed(item: Item, value: str | list[str] | None, language: Language) -> str:
    """Return a kept value as its form field holds it.

    Examples
    --------
    >>> from taji.catalogue.load import questionnaire
    >>> typed(questionnaire("zhuzhou2021").items["revenue"], "3500000", "zh")
    '350'
    """
    if value is None:
        return ""
    if isinstance(value, list):
        return JOINT.join(value)
    if item.kind == "money":
        return _plain(Decimal(value) / item.question.per)
    if item.kind == "code":
        entry = codes_of(item).by_code.get(value)
        return value if entry is None else entry.label[language]
    return value


def shown(item: Item, value: str | list[str] | None, language: Language) -> str:
    """Return a kept value in words, empty where there is none.

    Examples
    --------
    >>> from taji.catalogue.load import questionnaire
    >>> items = questionnaire("zhuzhou2021").items
    >>> shown(items["links"], ["design", "sales"], "en"), shown(items["revenue"], "3500000", "zh")
    ('Design optimisation, Sales', '3,500,000 元')
    """
    if value is None:
        return ""
    question = item.question
    if question.options:
        labels = {option.id: option.label[language] for option in question.options}
        chosen = value if isinstance(value, list) else [value]
        return {"zh": "、", "en": ", "}[language].join(labels.get(v, v) for v in chosen)
    if item.kind in ("number", "money", "share", "scale"):
        unit = question.unit[language] if question.unit else ""
        return f"{Decimal(str(value)):,f} {unit}".strip()
    return typed(item, value, language)


def unit_of(question: Question, language: Language) -> str:
    """Return the unit in which a bare number is read; empty where there is none."""
    if question.unit is None:
        return ""
    unit = question.unit[language]
    if question.kind == "money" and question.per != 1:
        if question.per == 10_000:
            return {"zh": f"万{unit}", "en": f"10,000 {unit}"}[language]
        return f"{question.per:,} {unit}"
    return unit


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
