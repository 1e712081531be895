"""Tell which column of a file answers which question: ids, labels, and the export dialects.

Decides what a header means, from the surest spelling to the loosest: the canonical name;
the same with other separators (``q4[hr]``, ``q4.hr``, ``sme2024:q1``); a label in zh or en;
a label behind a number (``5、信息系统``); a name behind groups (``firm/q4/hr``); a code
before a text (``q4. Which …``). Of two columns that claim one question the surer has it;
where both are equally sure, or one header fits two questions, that is an error. What is not
known is kept as an extra column. Does not read cells (``taji.survey.intake.batches``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import ClassVar, Literal

from rapidfuzz import fuzz, process

from taji.base.errors import TajiError
from taji.base.identifiers import KEY, KEY_ALIASES
from taji.base.numerals import half_width
from taji.base.text import LANGUAGES, Language
from taji.catalogue.questionnaire import Item, Questionnaire

__all__ = [
    "AmbiguousColumnError",
    "Column",
    "ColumnPlan",
    "DoubleColumnError",
    "ItemColumns",
    "KeyColumnError",
    "NoQuestionError",
    "canonical_names",
    "plan_columns",
    "recogniser",
]

Role = Literal["key", "cell", "tick", "extra"]

#: Similarity from which an unknown header is taken for a slip. [0-100]
NEAR = 80


class AmbiguousColumnError(TajiError):
    """A header fits more than one question."""

    code: ClassVar[str] = "survey.column_ambiguous"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Column {header} of {file} fits more than one question: {meanings}. Rename it to the "
            "one that is meant, with the questionnaire before it, such as {example}."
        ),
        "zh": (
            "{file} 的列 {header} 可对应多个问题：{meanings}。"
            "请改成所指的那一个并写明问卷，如 {example}。"
        ),
    }


class DoubleColumnError(TajiError):
    """Two columns answer the same question."""

    code: ClassVar[str] = "survey.column_double"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Columns {first} and {second} of {file} both answer {meaning}. Remove or rename one "
            "of them."
        ),
        "zh": "{file} 的列 {first} 与 {second} 都对应 {meaning}。请删除或改名其中一列。",
    }


class KeyColumnError(TajiError):
    """No column says which enterprise a row belongs to."""

    code: ClassVar[str] = "survey.key_column"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "{file} has no column for the enterprise. Name one of its columns {names}. "
            "Columns found: {found}."
        ),
        "zh": "{file} 没有企业标识列。请将其中一列命名为 {names} 之一。现有的列：{found}。",
    }


class NoQuestionError(TajiError):
    """No column is a question of the questionnaires."""

    code: ClassVar[str] = "survey.no_question"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "No column of {file} is a question of {questionnaires}. Columns found: {found}. "
            "Check that the right questionnaire was named."
        ),
        "zh": (
            "{file} 没有任何一列是 {questionnaires} 的问题。现有的列：{found}。"
            "请检查所选问卷是否正确。"
        ),
    }


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a header can stand for: an item, one option of it, or (item None) the key."""

    questionnaire: str = ""
    item: str | None = None
    option: str | None = None
    rank: int = 0

    def __str__(self) -> str:
        option = f"/{self.option}" if self.option else ""
        return f"{self.questionnaire}:{self.item}{option}" if self.item else KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a file, and what it is.

    Attributes
    ----------
    place : int
        Place in the file, from 0.
    header : str
        As the file has it.
    role : {"key", "cell", "tick", "extra"}
        The key; a whole answer; one option of several; or not a question.
    item : str or None
        The item as ``questionnaire:item``.
    option : str or None
        The option of a tick column.
    name : str
        Name under which an extra column leaves.
    bracketed : bool
        Written as ``q4[hr]``: there, a blank beside a tick is an option not ticked.
    nearest : str or None
        Known name that an extra column's header resembles.
    """

    place: int
    header: str
    role: Role
    item: str | None = None
    option: str | None = None
    name: str = ""
    bracketed: bool = False
    nearest: str | None = None


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """The columns of one item: one with the whole answer, or one per option, or both."""

    cell: Column | None = None
    ticks: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPlan:
    """What every column of a file is.

    Attributes
    ----------
    file, sheet : str, str or None
        The table.
    columns : tuple of Column
        All columns, in the order of the file.
    key : Column
        The column of the enterprise's key.
    items : mapping of str to ItemColumns
        The columns of every item that the file answers, by ``questionnaire:item``.
    """

    file: str
    sheet: str | None
    columns: tuple[Column, ...]
    key: Column
    items: Mapping[str, ItemColumns]

    @property
    def extras(self) -> tuple[Column, ...]:
        """Columns that are no question, kept as they are."""
        return tuple(column for column in self.columns if column.role == "extra")


def plan_columns(
    headers: Sequence[str],
    questionnaires: Sequence[Questionnaire],
    *,
    file: str = "",
    sheet: str | None = None,
    labels: Mapping[int, str] | None = None,
) -> ColumnPlan:
    """Tell what every column of a file is.

    Parameters
    ----------
    headers : sequence of str
        The header cells.
    questionnaires : sequence of Questionnaire
        What may be answered in the file.
    file, sheet : str
        For messages.
    labels : mapping of int to str, optional
        Long labels of columns by place, tried where the header says nothing (SPSS).

    Raises
    ------
    AmbiguousColumnError
        If a header fits two questions equally well.
    DoubleColumnError
        If two columns claim one question equally well.
    KeyColumnError
        If no column is the key.
    NoQuestionError
        If no column is a question.
    """
    names = _Names.of(tuple(questionnaires))
    claims: dict[_Meaning, list[tuple[int, int]]] = {}
    for place, header in enumerate(headers):
        level, found = names.find(header)
        if not found and labels and place in labels:
            level, found = names.find(labels[place])
            level += 100  # a variable's own name is surer than its label
        if len(found) > 1:
            raise _ambiguous(file, header, found)
        for meaning in found:
            claims.setdefault(meaning, []).append((level, place))
    meanings = {
        place: meaning
        for meaning, claimants in claims.items()
        for place in _surest(file, headers, meaning, claimants)
    }
    keys = sorted((m.rank, p) for p, m in meanings.items() if m.item is None)
    if not keys:
        raise KeyColumnError(file=file, names=" | ".join(KEY_ALIASES), found=_listed(headers))
    if all(meaning.item is None for meaning in meanings.values()):
        ids = ", ".join(q.id for q in questionnaires)
        raise NoQuestionError(file=file, questionnaires=ids, found=_listed(headers))
    taken = set(names.canonical) | {KEY}
    columns = tuple(
        _column(place, header, meanings.get(place), keys[0][1], names, taken)
        for place, header in enumerate(headers)
    )
    return ColumnPlan(
        file=file, sheet=sheet, columns=columns, key=columns[keys[0][1]], items=_by_item(columns)
    )


def recogniser(questionnaires: Sequence[Questionnaire]) -> Callable[[Sequence[str]], int]:
    """Return a function that counts how many cells of a row are known names.

    With it, ``taji.store.tables`` finds the header row under merged titles.
    """
    names = _Names.of(tuple(questionnaires))
    return lambda cells: sum(1 for cell in cells if cell and names.find(cell)[1])


def canonical_names(questionnaires: Sequence[Questionnaire]) -> dict[tuple[str, str], str]:
    """Return the name of every canonical column by (questionnaire, column).

    The column's own name; where two questionnaires share it, with the questionnaire before it.

    Examples
    --------
    >>> from taji.catalogue.load import questionnaire
    >>> names = canonical_names([questionnaire("sme2024"), questionnaire("dmat")])
    >>> names["sme2024", "q2"], names["dmat", "q5/training_plan"]
    ('sme2024:q2', 'q5/training_plan')
    """
    owners: dict[str, set[str]] = {}
    for questionnaire in questionnaires:
        for item in questionnaire.items.values():
            # ``q2`` of one and ``q2/hr`` of another are one name to a reader.
            for column in (item.id, *item.columns):
                owners.setdefault(column, set()).add(questionnaire.id)
    return {
        (questionnaire.id, column): column
        if len(owners[column]) == 1
        else f"{questionnaire.id}:{column}"
        for questionnaire in questionnaires
        for item in questionnaire.items.values()
        for column in item.columns
    }


# --- names ---------------------------------------------------------------------------------

_NUMBERING = re.compile(r"^\s*\*?\s*[QＱ]?[0-9]{1,3}(?:[-.][0-9]{1,2})?\s*[、.．:：)）]\s*\*?\s*")
_TAG = re.compile(r"\s*[\[【（(](?:单选|多选|填空|矩阵|量表|必答|必填|选答)[^\]】）)]*[\]】）)]\s*")
_LEADING_CODE = re.compile(r"([A-Za-z][\w/\[\]]*)\s*[.:：、)]\s*\S")
_SEPARATORS = re.compile(r"[\s/.\[\]_:\-]+")
_GROUP = re.compile(r"[/.:\-]")
_MEANT = set("<>=+%≤≥")


@lru_cache(maxsize=100_000)
def _flat(text: str) -> str:
    """An id whatever its separators: ``q4[hr]``, ``q4_hr``, ``Q4.hr`` → ``q4/hr``."""
    return _SEPARATORS.sub("/", unicodedata.normalize("NFKC", text).casefold()).strip("/")


@lru_cache(maxsize=100_000)
def _letters(text: str) -> str:
    """A label without spaces and punctuation."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in text if letter.isalnum() or letter in _MEANT)


class _Names:
    """All spellings of all questions, from the surest table to the loosest."""

    _made: ClassVar[dict[tuple[str, ...], tuple[tuple[Questionnaire, ...], _Names]]] = {}

    @classmethod
    def of(cls, questionnaires: tuple[Questionnaire, ...]) -> _Names:
        """Return the names, made once for the same questionnaires."""
        key = tuple(str(id(q)) for q in questionnaires)
        made = cls._made.get(key)
        if made is None:  # the questionnaires are kept, so that their ids stay theirs
            cls._made.clear()
            made = cls._made[key] = (questionnaires, cls(questionnaires))
        return made[1]

    def __init__(self, questionnaires: tuple[Questionnaire, ...]) -> None:
        self.exact: dict[str, set[_Meaning]] = {}
        self.flat: dict[str, set[_Meaning]] = {}
        self.letters: dict[str, set[_Meaning]] = {}
        self.canonical = set(canonical_names(questionnaires).values())
        self._found: dict[str, tuple[int, frozenset[_Meaning]]] = {}
        for rank, alias in enumerate(KEY_ALIASES):
            self._name(alias, _Meaning(rank=rank))
        for questionnaire in questionnaires:
            for item in questionnaire.items.values():
                self._item(questionnaire.id, item)

    def _item(self, questionnaire: str, item: Item) -> None:
        whole = _Meaning(questionnaire, item.id)
        self._both(questionnaire, item.id, whole)
        for label in _labels(item):
            self._label(label, whole)
        for option in item.question.options if item.kind == "multi" else ():
            tick = _Meaning(questionnaire, item.id, option.id)
            self._both(questionnaire, f"{item.id}/{option.id}", tick)
            for language in LANGUAGES:
                for label in _labels(item, language):
                    for spelling in (option.label[language], *option.aliases):
                        self._label(f"{label} {spelling}", tick)
                self._label(f"{item.id} {option.label[language]}", tick)

    def _both(self, questionnaire: str, name: str, meaning: _Meaning) -> None:
        self._name(name, meaning)
        self._name(f"{questionnaire}:{name}", meaning)

    def _name(self, name: str, meaning: _Meaning) -> None:
        self.exact.setdefault(name, set()).add(meaning)
        self.flat.setdefault(_flat(name), set()).add(meaning)
        self._label(name, meaning)

    def _label(self, label: str, meaning: _Meaning) -> None:
        self.letters.setdefault(_letters(label), set()).add(meaning)

    def find(self, header: str) -> tuple[int, frozenset[_Meaning]]:
        """Return how loosely a header was found (0 is exact), and what it can mean."""
        known = self._found.get(header)
        if known is None:
            if len(self._found) > 100_000:
                self._found.clear()
            known = self._found[header] = self._find(header)
        return known

    def _find(self, header: str) -> tuple[int, frozenset[_Meaning]]:
        text = half_width(header)
        if not text or len(text) > 1_000:
            return 0, frozenset()
        for level, (table, spelling) in enumerate(self._spellings(text)):
            found = table.get(spelling) if spelling else None
            # A tool's own record number (``_id`` of Kobo) is not the enterprise.
            if found and text.startswith("_"):
                found = {meaning for meaning in found if meaning.item is not None}
            if found:
                return level, frozenset(found)
        return 0, frozenset()

    def _spellings(self, text: str) -> Iterator[tuple[dict[str, set[_Meaning]], str]]:
        yield self.exact, text
        yield self.flat, _flat(text)
        yield self.letters, _letters(text)
        bare = _TAG.sub("", _NUMBERING.sub("", text))
        yield self.flat, _flat(bare)
        yield self.letters, _letters(bare)
        rest = text
        while (cut := _GROUP.search(rest)) is not None:
            rest = rest[cut.end() :]
            yield self.flat, _flat(rest)
            if cut[0] == "/":
                yield self.letters, _letters(rest)
        code = _LEADING_CODE.match(text)
        if code is not None:
            yield self.flat, _flat(code[1])

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Spellings to compare an unknown header with."""
        return tuple(self.exact) + tuple(self.letters)

    def nearest(self, header: str) -> str | None:
        """Return the known spelling that a header resembles, if one does."""
        if not 2 < len(header) <= 200:
            return None
        found = process.extractOne(
            header, self.known, scorer=fuzz.ratio, processor=_letters, score_cutoff=NEAR
        )
        if found is None:
            return None
        table = self.exact if found[0] in self.exact else self.letters
        return str(min(table[found[0]], key=str))


def _labels(item: Item, *languages: Language) -> Iterator[str]:
    question, row = item.question, item.row
    for language in languages or LANGUAGES:
        heads = [question.label[language], *question.aliases]
        if question.short is not None:
            heads.append(question.short[language])
        for head in heads:
            yield f"{head} {row.label[language]}" if row is not None else head


# --- choosing ------------------------------------------------------------------------------


def _surest(
    file: str, headers: Sequence[str], meaning: _Meaning, claimants: list[tuple[int, int]]
) -> tuple[int, ...]:
    """Return the place of the surest of several columns that claim one meaning."""
    claimants = sorted(claimants)
    (level, place), *others = claimants
    if others and others[0][0] == level:
        raise DoubleColumnError(
            file=file,
            first=headers[place],
            second=headers[others[0][1]],
            meaning=str(meaning),
        )
    return (place,)


def _column(
    place: int,
    header: str,
    meaning: _Meaning | None,
    key: int,
    names: _Names,
    taken: set[str],
) -> Column:
    if place == key:
        return Column(place=place, header=header, role="key", name=KEY)
    if meaning is None or meaning.item is None:
        name = free = header.strip() or f"column_{place + 1}"
        number = 2
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        taken.add(free)
        return Column(
            place=place, header=header, role="extra", name=free, nearest=names.nearest(header)
        )
    return Column(
        place=place,
        header=header,
        role="tick" if meaning.option else "cell",
        item=f"{meaning.questionnaire}:{meaning.item}",
        option=meaning.option,
        bracketed=header.rstrip().endswith("]"),
    )


def _by_item(columns: Sequence[Column]) -> dict[str, ItemColumns]:
    cells = {c.item: c for c in columns if c.role == "cell" and c.item}
    ticks: dict[str, dict[str, Column]] = {}
    for column in columns:
        if column.role == "tick" and column.item and column.option:
            ticks.setdefault(column.item, {})[column.option] = column
    found = dict.fromkeys([c.item for c in columns if c.item is not None])
    return {i: ItemColumns(cell=cells.get(i), ticks=ticks.get(i, {})) for i in found}


def _ambiguous(file: str, header: str, found: frozenset[_Meaning]) -> AmbiguousColumnError:
    meanings = sorted(map(str, found))
    return AmbiguousColumnError(
        file=file, header=header, meanings=", ".join(meanings), example=meanings[0]
    )


def _listed(headers: Sequence[str]) -> str:
    shown = ", ".join(header[:40] for header in headers[:20])
    return shown + (", …" if len(headers) > 20 else "")
