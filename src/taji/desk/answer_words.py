"""Say a canonical answer in words: a label for an option, a unit behind a number.

Decides the words alone; which answer is meant was decided before.
"""

from __future__ import annotations

from dataclasses import dataclass

from taji.base.text import Text
from taji.catalogue.questionnaire import Item, Questionnaire

__all__ = ["AnswerWords", "answer_words", "question_words"]

BLANK = Text(zh="未作答", en="not answered")
TICKED = {"1": Text(zh="选中", en="ticked"), "0": Text(zh="未选", en="not ticked")}
OVER = {">": Text(zh="超过 ", en="over ")}


@dataclass(frozen=True, slots=True)
class AnswerWords:
    """How the answers in one column are said.

    Attributes
    ----------
    question : Text
        The question as it is put, with its row.
    short : Text
        The same in a few words, where the pack has them.
    option : Text or None
        What is ticked, where the column is a tick.
    """

    question: Text
    short: Text
    option: Text | None
    _item: Item | None

    def say(self, value: str | None) -> Text:
        """Return a value, as results show it, in words."""
        if value is None:
            return BLANK
        if self.option is not None and value in TICKED:
            return TICKED[value]
        question = None if self._item is None else self._item.question
        for option in question.options if question else ():
            if option.id == value:
                return option.label
        unit = None if question is None else question.unit
        if self._item is not None and self._item.kind == "scale" and unit is not None:
            return Text(zh=value + unit.zh, en=f"{unit.en} {value}")
        over = OVER.get(value[:1])
        number = value.lstrip(">")
        if over is not None or _is_number(value):
            return Text(
                zh=(over.zh if over else "") + number + (unit.zh if unit else ""),
                en=(over.en if over else "") + number + (f" {unit.en}" if unit else ""),
            )
        return Text.same(value) if value else BLANK


def answer_words(questionnaire: Questionnaire, column: str) -> AnswerWords:
    """Return how answers in a canonical column are said.

    Examples
    --------
    >>> from taji.catalogue.load import questionnaire
    >>> words = answer_words(questionnaire("sme2024"), "q4/hr")
    >>> words.option.en, words.say("0").en
    ('Human resources', 'not ticked')
    >>> answer_words(questionnaire("sme2024"), "q2").say(">10").zh
    '超过 10%'
    """
    item = questionnaire.items.get(column)
    if item is not None:
        return AnswerWords(item.label, _short(item), None, item)
    name, _, ticked = column.rpartition("/")
    item = questionnaire.items.get(name)
    for option in item.question.options if item else ():
        if item is not None and option.id == ticked:
            return AnswerWords(item.label, _short(item), option.label, item)
    named = Text.same(column)
    return AnswerWords(named, named, None, None)


def question_words(questionnaire: Questionnaire, name: str | None) -> Text | None:
    """Return a question as it is put, by the id of the question or of one item."""
    if name is None:
        return None
    item = questionnaire.items.get(name)
    if item is not None:
        return item.label
    items = questionnaire.items_of(name)
    return items[0].question.label if items else None


def _short(item: Item) -> Text:
    short = item.question.short
    if short is None or item.row is None:
        return short or item.label
    row = item.row.label
    return Text(zh=f"{short.zh}：{row.zh}", en=f"{short.en}: {row.en}")


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
