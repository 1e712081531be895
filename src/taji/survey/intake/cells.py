"""Read one cell: the text of an answer to its value, or to the reason why it is none.

Decides what every odd spelling means, in both languages and all export dialects. Works on
one text at a time and is called once per distinct text: the usual spellings of a column are
read whole by ``taji.survey.intake.batches``, with the same results.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from rapidfuzz import fuzz, process

from taji.base.numerals import half_width, read_money, read_number, read_share
from taji.base.text import LANGUAGES
from taji.catalogue.questionnaire import Item, Question
from taji.catalogue.register import Register
from taji.survey.intake.reasons import Reason

__all__ = ["BLANKS", "TICKED", "UNTICKED", "Read", "cell_reader", "is_mark", "read_tick"]

#: What survey tools write for "not put to this respondent" or "left blank".
BLANKS = ("(跳过)", "(空)", "（跳过）", "（空）", "(skipped)", "(blank)")
TICKED = {"1", "y", "yes", "true", "是", "√", "✓", "✔", "☑", "选中", "已选", "已选中", "checked"}
UNTICKED = {"0", "n", "no", "false", "否", "☐", "未选", "未选中", "unchecked", "not selected"}
#: Ticks written as digits stand for themselves; beside any other mark a blank is not ticked.
_DIGITS = {"1", "0", "true", "false"}

_OTHER_TEXT = re.compile(r"〖.*?〗\s*$", re.DOTALL)
_OPTION_LETTER = re.compile(r"^[A-Za-z]\s*[.、．:：)]\s*")
_SEPARATORS = ("|", "┋", "\n", ";", ",", "、")
_DATES = (
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"),
    re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})"),
    re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]"),
)
_CLOCK = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$")

#: Similarity from which an unknown answer is taken for a slip. [0-100]
NEAR = 75
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Read:
    """What a cell says.

    Attributes
    ----------
    value : object
        Option id, tuple of option ids, number, text or date; None where not answered or refused.
    reason : Reason or None
        Why it was refused.
    bare : bool
        A share without a sign that says per cent.
    """

    value: str | tuple[str, ...] | Decimal | dt.date | None = None
    reason: Reason | None = None
    bare: bool = False


Reader = Callable[[str], Read]


def cell_reader(item: Item, register: Register | None = None) -> Reader:
    """Return the function that reads the cells of ``item``.

    Parameters
    ----------
    item : Item
        What the column answers.
    register : Register, optional
        The codes of a ``code`` question; without it any text is taken for a code.

    Examples
    --------
    >>> from taji.catalogue.load import questionnaire
    >>> read = cell_reader(questionnaire("zhuzhou2021").items["links"])
    >>> read("生产制造┋物流仓储").value, read("production|rockets").reason.code
    (('production', 'logistics'), 'option')
    """
    read = _reader(item.question, register)

    def unless_blank(text: str) -> Read:
        shown = half_width(text)
        return Read() if not shown or shown.casefold() in BLANKS else read(text)

    return unless_blank


def _reader(question: Question, register: Register | None) -> Reader:
    if question.kind == "single":
        return _Options(question).one
    if question.kind == "multi":
        return _Options(question).several
    if question.kind in ("number", "scale"):
        return _number
    if question.kind == "share":
        return _share
    if question.kind == "money":
        return _money(question.per)
    if question.kind == "code":
        return _code(register)
    if question.kind == "date":
        return _date
    return lambda text: Read(value=text.strip() or None)


def read_tick(text: str, spellings: frozenset[str] = frozenset()) -> bool | None:
    """Read the cell of one option: ticked, not ticked, or (None) neither.

    Examples
    --------
    >>> read_tick("Y"), read_tick("０"), read_tick("maybe")
    (True, False, None)
    """
    mark = half_width(text).casefold().removesuffix(".0")
    if mark in TICKED or plain(text) in spellings:
        return True
    return False if mark in UNTICKED else None


def is_mark(text: str) -> bool:
    """Say whether a tick is written as a mark or word, beside which a blank means not ticked."""
    return half_width(text).casefold().removesuffix(".0") not in _DIGITS


def plain(text: str) -> str:
    """Return a spelling without what does not matter: width, case, spaces and end marks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(folded.split()).rstrip("。.;,、")


def loose(text: str) -> str:
    """Return a spelling without punctuation as well, signs of comparison kept."""
    return "".join(c for c in plain(text) if c.isalnum() or c in "<>=+-%≤≥")


class _Options:
    """The options of one question under all their spellings."""

    def __init__(self, question: Question) -> None:
        self.ids = {option.id for option in question.options}
        self.order = {option.id: place for place, option in enumerate(question.options)}
        self.shown = ", ".join(list(self.order)[:_SHOWN]) + (
            ", …" if len(self.order) > _SHOWN else ""
        )
        self.exclusive = {option.id for option in question.options if option.exclusive}
        spelled = [
            (spelling, option.id)
            for option in question.options
            for spelling in (
                option.id,
                *(option.label[lang] for lang in LANGUAGES),
                *option.aliases,
            )
        ]
        self.plain = _clear((plain(spelling), option) for spelling, option in spelled)
        self.loose = _clear((loose(spelling), option) for spelling, option in spelled)
        if {"yes", "no"} <= self.ids:
            for words, option in ((TICKED, "yes"), (UNTICKED, "no")):
                for word in words - set(self.plain):
                    self.plain[word] = option

    def find(self, text: str) -> str | None:
        """Return the id of the option that ``text`` spells."""
        text = text.strip()
        if text in self.ids:
            return text
        for spelling in (text, _OTHER_TEXT.sub("", text), _OPTION_LETTER.sub("", text)):
            found = self.plain.get(plain(spelling).removesuffix(".0")) or self.plain.get(
                plain(spelling)
            )
            found = found or self.loose.get(loose(spelling))
            if found is not None:
                return found
        return None

    def one(self, text: str) -> Read:
        """Read a single choice."""
        found = self.find(text)
        if found is not None:
            return Read(value=found)
        several = self._split(text)
        if several is not None and len(several) == 1:
            return Read(value=several[0])
        if several is not None:
            return Read(reason=Reason("several", {"ticked": ", ".join(several)}))
        return Read(reason=self._unknown(text))

    def several(self, text: str) -> Read:
        """Read ticks joined in one cell."""
        found = self.find(text)
        ticked = (found,) if found is not None else self._split(text)
        if ticked is None:
            return Read(reason=self._unknown(text))
        refused = exclusive_reason(ticked, self.exclusive)
        return Read(reason=refused) if refused else Read(value=ticked)

    def _split(self, text: str) -> tuple[str, ...] | None:
        """Split joined ticks; a separator counts only if every part is an option."""
        for separator in _SEPARATORS:
            parts = [part for part in half_width(text).split(separator) if part.strip()]
            options = [self.find(part) for part in parts]
            if options and separator in half_width(text) and all(options):
                return self._ordered(options)
        parts = text.split()
        if len(parts) > 1 and all(part in self.ids for part in parts):
            return self._ordered(parts)
        return None

    def _ordered(self, options: list[str] | list[str | None]) -> tuple[str, ...]:
        return tuple(sorted({o for o in options if o is not None}, key=self.order.__getitem__))

    def _unknown(self, text: str) -> Reason:
        parts = [half_width(text)]
        for separator in _SEPARATORS:
            if separator in parts[0]:
                parts = [p.strip() for p in parts[0].split(separator) if p.strip()]
                break
        wrong = [part for part in parts if self.find(part) is None] or parts
        near = process.extractOne(
            wrong[0][:100], self.plain.keys(), scorer=fuzz.ratio, processor=plain, score_cutoff=NEAR
        )
        fields = {
            "wrong": ", ".join(part[:40] for part in wrong[:3]),
            "options": self.shown,
            "near": self.plain[near[0]] if near else "",
        }
        return Reason("option", fields)


def exclusive_reason(ticked: tuple[str, ...], exclusive: set[str]) -> Reason | None:
    """Return the refusal of ticks of which one excludes the others, if one does."""
    alone = [option for option in ticked if option in exclusive]
    if not alone or len(ticked) == 1:
        return None
    others = ", ".join(option for option in ticked if option != alone[0])
    return Reason("exclusive", {"exclusive": alone[0], "others": others})


def _clear(spelled: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Return spellings that belong to one option only."""
    owners: dict[str, set[str]] = {}
    for spelling, option in spelled:
        owners.setdefault(spelling, set()).add(option)
    return {s: min(found) for s, found in owners.items() if s and len(found) == 1}


def _number(text: str) -> Read:
    value = read_number(text)
    return Read(reason=Reason("number")) if value is None else Read(value=value)


def _share(text: str) -> Read:
    found = read_share(text)
    if found is None:
        return Read(reason=Reason("share"))
    return Read(value=found[0], bare=found[1])


def _money(per: int) -> Reader:
    def read(text: str) -> Read:
        value = read_money(text, per=per)
        return Read(reason=Reason("money")) if value is None else Read(value=value)

    return read


def _code(register: Register | None) -> Reader:
    if register is None:
        return lambda text: Read(value=half_width(text))
    spellings: Mapping[str, str] = register.spellings

    def read(text: str) -> Read:
        code = register.find(text) or register.find(text.removesuffix(".0"))
        if code is not None:
            return Read(value=code)
        near = process.extractOne(
            text[:100], spellings.keys(), scorer=fuzz.ratio, processor=plain, score_cutoff=NEAR
        )
        fields = {"register": register.id, "near": spellings[near[0]] if near else ""}
        return Read(reason=Reason("code", fields))

    return read


def _date(text: str) -> Read:
    day = _CLOCK.sub("", half_width(text))
    for pattern in _DATES:
        found = pattern.fullmatch(day.replace(" ", ""))
        if found is not None:
            try:
                return Read(value=dt.date(*map(int, found.groups())))
            except ValueError:
                break
    return Read(reason=Reason("date"))
