"""Answers as an expert reads them, and the lines of a page of the sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from taji.base.errors import TajiError
from taji.base.text import LANGUAGES, Text
from taji.catalogue.load import register
from taji.catalogue.questionnaire import Item, Question
from taji.catalogue.register import Register
from taji.web.answering.words import shown, typed, unit_of
from taji.web.fieldwork.assessing import Visit
from taji.web.fieldwork.models import Evidence
from taji.web.rounds.asked import AskedItem, AskedSection

__all__ = ["Block", "Line", "Page", "blocks", "line_of", "lines_of", "pages", "text_of", "told"]

NOTHING = Text(zh="（未选任何一项）", en="(nothing ticked)")
#: The longest register that is offered as a list to choose from; of a longer one the code is typed.
LISTED = 40


@cache
def _registered(name: str) -> Register:
    return register(name)


def told(item: Item, value: Any) -> Text | None:
    """Say an answer in words; None where there is none."""
    if value is None:
        return None
    zh, en = (shown(item, value, language) for language in LANGUAGES)
    return Text(zh=zh, en=en) if zh and en else NOTHING


def text_of(item: Item, value: Any) -> str:
    """Write an answer as its field holds it: an amount in the unit that is asked for."""
    if value is None:
        return ""
    if item.kind == "money":
        return typed(item, value, "zh")
    return "|".join(value) if isinstance(value, list) else str(value)


@dataclass(slots=True)
class Line:
    """One item on a page: the expert's answer, the firm's beside it, and what lies behind.

    Attributes
    ----------
    text : str
        The expert's answer as the field holds it.
    ticked : frozenset of str
        The options chosen.
    number : int
        Event that the expert sees; 0 if the item is blank.
    claimed, assessed : Text or None
        Both answers in words.
    differs : bool
        Both answered, and not the same.
    others : list of (str, Text or None)
        Answers of other experts, once all have handed in.
    wrong : TajiError or None
        Why what was typed is not kept.
    """

    one: AskedItem
    place: int
    text: str
    number: int
    claimed: Text | None
    assessed: Text | None
    differs: bool
    others: list[tuple[str, Text | None]]
    evidence: list[Evidence]
    wrong: TajiError | None = None
    wrong_evidence: TajiError | None = None

    @property
    def ticked(self) -> frozenset[str]:
        """The options chosen."""
        return frozenset(self.text.split("|")) - {""}

    @property
    def unit(self) -> Text | None:
        """The unit in which a number is typed."""
        question = self.one.item.question
        if question.unit is None:
            return None
        return Text(zh=unit_of(question, "zh"), en=unit_of(question, "en"))

    @property
    def rungs(self) -> list[str]:
        """The values of a scale."""
        low, high = self.one.item.question.low, self.one.item.question.high
        if low is None or high is None:
            return []
        return [str(rung) for rung in range(int(low), int(high) + 1)]

    @property
    def codes(self) -> list[tuple[str, Text]]:
        """The codes of a short register."""
        named = self.one.item.question.register_
        entries = () if named is None else _registered(named).entries
        return [(e.code, e.label) for e in entries] if len(entries) <= LISTED else []


@dataclass(frozen=True, slots=True)
class Block:
    """A question with its lines: one, or one a row."""

    question: Question
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A section in the table of contents: how many of its items are put, and answered."""

    section: AskedSection
    put: int
    answered: int


def pages(visit: Visit) -> list[Page]:
    """Return the sections of a visit with how far each is."""
    values = visit.values
    found = []
    for section in visit.asked.sections:
        put = [one for one in section.items if visit.asked.is_put(one, values)]
        found.append(Page(section, len(put), sum(one.key in values for one in put)))
    return found


def blocks(visit: Visit, section: AskedSection) -> list[Block]:
    """Return the questions of a section that are put to this firm."""
    evidence: dict[str, list[Evidence]] = {}
    for piece in visit.evidence:
        evidence.setdefault(piece.item, []).append(piece)
    places = {one.key: place for place, one in enumerate(section.items)}
    found = []
    for question, items in section.questions:
        lines = tuple(
            line_of(visit, one, places[one.key], evidence.get(one.key, []))
            for one in items
            if visit.asked.is_put(one, visit.values)
        )
        if lines:
            found.append(Block(question, lines))
    return found


def line_of(visit: Visit, one: AskedItem, place: int, evidence: list[Evidence]) -> Line:
    """Return one line of a page."""
    kept: Mapping[str, Any] = visit.answers.get(one.key) or {"v": None, "n": 0}
    claim = visit.claimed.get(one.key)
    return Line(
        one=one,
        place=place,
        text=text_of(one.item, kept["v"]),
        number=kept["n"],
        claimed=told(one.item, claim),
        assessed=told(one.item, kept["v"]),
        differs=kept["v"] is not None and claim is not None and _plain(kept["v"]) != _plain(claim),
        others=[(name, told(one.item, given.get(one.key))) for name, given in visit.others.items()],
        evidence=evidence,
    )


def _plain(value: Any) -> object:
    return frozenset(value) if isinstance(value, list) else value


def lines_of(found: list[Block]) -> Iterator[Line]:
    """Every line of a page."""
    for block in found:
        yield from block.lines
