"""Words that mean one thing: what needs and offers call it, in both languages.

Decides which spellings belong to one concept. Does not weigh texts (``taji.match``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from taji.base.text import Text
from taji.catalogue.fault import fault
from taji.catalogue.pack import Pack, Spec
from taji.catalogue.register import plain

__all__ = ["Concept", "Thesaurus"]


class Concept(Spec):
    """One thing, and all that it is called."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Text
    aliases: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """Labels and aliases."""
        return (self.label.zh, self.label.en, *self.aliases)


class Thesaurus(Pack):
    """Concepts of a trade."""

    concepts: tuple[Concept, ...] = Field(min_length=1)

    @cached_property
    def by_id(self) -> Mapping[str, Concept]:
        """Concepts by id, in the order of the pack."""
        return {concept.id: concept for concept in self.concepts}

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        owners: dict[str, str] = {}
        ids: set[str] = set()
        for concept in self.concepts:
            if concept.id in ids:
                raise fault("twice", f"{concept.id} 重复", f"{concept.id} stands twice")
            ids.add(concept.id)
            for text in concept.spellings:
                if owners.setdefault(plain(text), concept.id) != concept.id:
                    raise fault(
                        "ambiguous",
                        f"{text} 同时指 {owners[plain(text)]} 和 {concept.id}",
                        f"{text} means both {owners[plain(text)]} and {concept.id}",
                    )
        return self
