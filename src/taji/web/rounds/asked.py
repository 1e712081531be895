"""Everything a round asks, as one list of sections: several questionnaires may be answered at once.

An item's *key* is how its answer is kept on a sheet: the item's id, or ``questionnaire:item`` where
two questionnaires of the round share it, as files of answers have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from taji.catalogue.load import questionnaire
from taji.catalogue.questionnaire import Item, Question, Questionnaire, Section
from taji.survey.intake.columns import canonical_names
from taji.web.rounds.models import Round

__all__ = ["Asked", "AskedItem", "AskedSection", "asked_of"]


@dataclass(frozen=True, slots=True)
class AskedItem:
    """One thing that is answered.

    Attributes
    ----------
    key : str
        How its answer is kept.
    item : Item
    questionnaire : str
        Id of its questionnaire.
    section : str
        Id of its section, ``questionnaire.section``.
    """

    key: str
    item: Item
    questionnaire: str
    section: str


@dataclass(frozen=True, slots=True)
class AskedSection:
    """One page: a section of one questionnaire."""

    id: str
    questionnaire: Questionnaire
    section: Section
    items: tuple[AskedItem, ...]

    @property
    def questions(self) -> Iterator[tuple[Question, tuple[AskedItem, ...]]]:
        """The questions of the page, each with its items (one, or one a row)."""
        for question in self.section.questions:
            yield question, tuple(i for i in self.items if i.item.question.id == question.id)


class Asked:
    """The questionnaires of a round as one."""

    def __init__(self, questionnaires: tuple[Questionnaire, ...]) -> None:
        self.questionnaires = questionnaires

    @cached_property
    def sections(self) -> tuple[AskedSection, ...]:
        """The pages, in the order asked."""
        names = canonical_names(self.questionnaires)

        def asked(pack: Questionnaire, section: Section) -> tuple[AskedItem, ...]:
            page = f"{pack.id}.{section.id}"
            return tuple(
                AskedItem(_key(names, pack, item), item, pack.id, page)
                for question in section.questions
                for item in pack.items_of(question.id)
            )

        return tuple(
            AskedSection(f"{pack.id}.{section.id}", pack, section, asked(pack, section))
            for pack in self.questionnaires
            for section in pack.sections
        )

    @cached_property
    def items(self) -> Mapping[str, AskedItem]:
        """Every item by key, in the order asked."""
        return {one.key: one for section in self.sections for one in section.items}

    def is_put(self, one: AskedItem, answers: Mapping[str, object]) -> bool:
        """Whether an item is put to a firm that gave these answers ({key: value}).

        As intake has it: a question whose condition is not answered yet is put.
        """
        rule = one.item.question.asked_if
        if rule is None:
            return True
        given = [
            answers.get(other.key)
            for other in self.items.values()
            if other.questionnaire == one.questionnaire and other.item.question.id == rule.question
        ]
        known = [value for value in given if value is not None]
        if not known:
            return True
        return any(set(rule.any_of) & set(v if isinstance(v, list) else [v]) for v in known)


def _key(names: Mapping[tuple[str, str], str], pack: Questionnaire, item: Item) -> str:
    shared = names[pack.id, item.columns[0]].startswith(f"{pack.id}:")
    return f"{pack.id}:{item.id}" if shared else item.id


@lru_cache(maxsize=64)
def _asked(names: tuple[str, ...]) -> Asked:
    return Asked(tuple(questionnaire(name) for name in names))


def asked_of(its: Round) -> Asked:
    """Return what a round asks."""
    return _asked(its.questionnaires)
