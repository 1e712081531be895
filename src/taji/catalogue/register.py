"""Codes and their names: industries, districts, size classes.

Decides which code a cell means. Does not decide in which size class a firm falls
(``taji.survey.sizes`` does, by the rule that stands here).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from taji.base.exact import Exact
from taji.base.text import Text
from taji.catalogue.fault import fault
from taji.catalogue.pack import Pack, Spec

__all__ = ["Entry", "Register", "SizeClass", "SizeRule"]


class Entry(Spec):
    """One code of a register."""

    code: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    label: Text
    #: The code that this one belongs to: the section of a division.
    parent: str | None = None
    aliases: tuple[str, ...] = ()


class SizeClass(Spec):
    """The least that a firm needs to be of a class; both must hold."""

    id: str
    #: [persons]
    headcount_min: Exact
    #: [yuan]
    revenue_min: Exact


class SizeRule(Spec):
    """Size classes by headcount and revenue, from the largest to the smallest.

    A firm is of the first class of which it reaches both lower limits; the last asks nothing.
    """

    unit: Mapping[str, Text]
    source: tuple[str, ...] = Field(min_length=1)
    classes: tuple[SizeClass, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _falling(self) -> Self:
        limits = [(c.headcount_min, c.revenue_min) for c in self.classes]
        falls = all(a[0] > b[0] and a[1] > b[1] for a, b in pairwise(limits))
        if not falls or any(limits[-1]):
            raise fault(
                "thresholds",
                "各档下限须逐档降低，最后一档为零",
                "the lower limits must fall from class to class, and the last be zero",
            )
        return self


class Register(Pack):
    """A closed list of codes, and all that a cell may call them."""

    entries: tuple[Entry, ...] = Field(min_length=1)
    #: How firms are put into these classes, where the register holds size classes.
    rule: SizeRule | None = None

    @cached_property
    def by_code(self) -> Mapping[str, Entry]:
        """Entries by code, in the order of the pack."""
        return {entry.code: entry for entry in self.entries}

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes, in the order of the pack."""
        return tuple(self.by_code)

    @cached_property
    def spellings(self) -> Mapping[str, str]:
        """Every spelling (code, labels, aliases; as ``plain`` writes them) to its code."""
        return {plain(text): entry.code for entry in self.entries for text in self._of(entry)}

    def find(self, value: str) -> str | None:
        """Return the code that a cell means, or None if it means none of them.

        Parameters
        ----------
        value : str
            A code, a label in either language or an alias; width, case and spaces aside.

        Examples
        --------
        >>> from taji.catalogue.load import register
        >>> register("zhuzhou_districts").find("天元区")
        '430211'
        >>> register("gbt4754").find("Ｃ13")
        '13'
        """
        return self.spellings.get(plain(value))

    def _of(self, entry: Entry) -> tuple[str, ...]:
        joined = (entry.parent + entry.code,) if entry.parent else ()
        return (entry.code, entry.label.zh, entry.label.en, *entry.aliases, *joined)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        owners: dict[str, str] = {}
        for entry in self.entries:
            if entry.parent is not None and entry.parent not in self.by_code:
                raise fault(
                    "unknown",
                    f"{entry.code} 的上级 {entry.parent} 不在名录中",
                    f"the parent {entry.parent} of {entry.code} is not in the register",
                )
            for text in self._of(entry):
                if owners.setdefault(plain(text), entry.code) != entry.code:
                    raise fault(
                        "ambiguous",
                        f"{text} 同时指 {owners[plain(text)]} 和 {entry.code}",
                        f"{text} means both {owners[plain(text)]} and {entry.code}",
                    )
        if self.rule and [c.id for c in self.rule.classes] != list(self.by_code)[::-1]:
            raise fault(
                "unknown",
                "划型规则的各档须与名录一致，从大到小",
                "the classes of the rule must be those of the register, largest first",
            )
        return self


def plain(text: str) -> str:
    """Return a spelling without what does not matter: width, case and spaces.

    Examples
    --------
    >>> plain(" Ｃ 13 ")
    'c13'
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
