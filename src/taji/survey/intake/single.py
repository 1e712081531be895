"""Read one answer outside any file: a form, a program, a clerk with a sheet of paper.

The same gate as a file's cells: the spellings of ``taji.survey.intake.cells``, then the limits that
``taji.survey.intake.canonical`` gives. Does not decide what needs the whole sheet: skip rules and
required questions.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from taji.catalogue.questionnaire import Item
from taji.catalogue.register import Register
from taji.survey.intake.canonical import bounds, shown_bound
from taji.survey.intake.cells import Read, cell_reader
from taji.survey.intake.reasons import Reason

__all__ = ["answer_reader"]


def answer_reader(item: Item, register: Register | None = None) -> Callable[[str], Read]:
    """Return the function that reads answers to ``item``.

    Parameters
    ----------
    item : Item
        What is answered.
    register : Register, optional
        The codes of a ``code`` question.

    Examples
    --------
    >>> from taji.catalogue.load import questionnaire
    >>> read = answer_reader(questionnaire("sme2024").items["q2"])
    >>> read("３５％").value, read("140").reason.code
    (Decimal('35'), 'range')
    """
    read = cell_reader(item, register)
    low, high = bounds(item)

    def within(text: str) -> Read:
        found = read(text)
        if isinstance(found.value, Decimal) and _outside(found.value, low, high):
            limits = {"low": shown_bound(low), "high": shown_bound(high)}
            return Read(reason=Reason("range", limits))
        return found

    return within


def _outside(value: Decimal, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)
