"""One name per quantity: the words of columns, signatures and reports."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import RootModel

from taji.base.text import Text
from taji.catalogue.pack import Spec

__all__ = ["Term", "Terms"]


class Term(Spec):
    """A quantity: its name in both languages, what it is counted in, and what it means."""

    zh: str
    en: str
    #: Unit; ``none`` for names and codes.
    unit: str
    meaning: Text
    source: str

    @property
    def title(self) -> Text:
        """The name, for headings."""
        return Text(zh=self.zh, en=self.en)


class Terms(RootModel[Mapping[str, Term]]):
    """All terms by their column name."""

    def __getitem__(self, name: str) -> Term:
        return self.root[name]

    def __contains__(self, name: object) -> bool:
        return name in self.root

    def names(self) -> tuple[str, ...]:
        """All names, in the order of the file."""
        return tuple(self.root)
