"""Look a sheet over before it is handed in: what is missing, what looks odd, what does not count.

Decides what holds a submission back (required questions that are put and blank), and nothing else
does: a firm may leave the rest open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from taji.survey.intake.odd import Odd, odd_answers
from taji.web.answering.giving import Value
from taji.web.rounds.asked import Asked, AskedItem, AskedSection

__all__ = ["Checked", "Progress", "check", "counting_of", "progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one section has come: answered of what is put. [items]"""

    section: AskedSection
    answered: int
    put: int

    @property
    def done(self) -> bool:
        """Everything that is put is answered."""
        return self.answered == self.put


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found.

    Attributes
    ----------
    required, open : tuple of AskedItem
        Blank, put and required; blank, put and free.
    odd : tuple of (AskedItem, Odd)
    stray : tuple of AskedItem
        Answered once, no longer put by a later answer: left out of what is handed in.
    counting : dict
        What would be handed in.
    """

    required: tuple[AskedItem, ...]
    open: tuple[AskedItem, ...]
    odd: tuple[tuple[AskedItem, Odd], ...]
    stray: tuple[AskedItem, ...]
    counting: dict[str, Value]


def check(asked: Asked, answers: Mapping[str, Value]) -> Checked:
    """Look over the answers ({key: value}) of a sheet."""
    put = [one for one in asked.items.values() if asked.is_put(one, answers)]
    blank = [one for one in put if answers.get(one.key) is None]
    counting = counting_of(asked, answers)
    known = {key: value for key, value in counting.items() if value is not None}
    odd = odd_answers([(one.key, one.item) for one in put], known)
    return Checked(
        required=tuple(one for one in blank if one.item.question.required),
        open=tuple(one for one in blank if not one.item.question.required),
        odd=tuple((asked.items[found.key], found) for found in odd),
        stray=tuple(
            one
            for one in asked.items.values()
            if answers.get(one.key) is not None and one.key not in counting
        ),
        counting=counting,
    )


def counting_of(asked: Asked, answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return what of the answers would be handed in: of what is put, what is answered."""
    return {
        one.key: answers[one.key]
        for one in asked.items.values()
        if answers.get(one.key) is not None and asked.is_put(one, answers)
    }


def progress(asked: Asked, answers: Mapping[str, Value]) -> tuple[Progress, ...]:
    """Return how far every section has come."""
    found = []
    for section in asked.sections:
        put = [one for one in section.items if asked.is_put(one, answers)]
        answered = sum(answers.get(one.key) is not None for one in put)
        found.append(Progress(section, answered, len(put)))
    return tuple(found)
