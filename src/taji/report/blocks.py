"""What a portrait is made of, before it is a page or a PDF: sections of blocks.

``taji.report.story`` writes these; the page and the PDF walk over the same ones, so that both
say the same thing in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

__all__ = [
    "Block",
    "Bullets",
    "Facts",
    "Figure",
    "FindingLine",
    "Findings",
    "Notice",
    "Paragraph",
    "Section",
    "Story",
    "Table",
]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that must not be overlooked."""

    kind: ClassVar[str] = "notice"
    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """Short sentences that stand side by side."""

    kind: ClassVar[str] = "bullets"
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    kind: ClassVar[str] = "facts"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """One finding: the figure set large, the sentence, and what was published before."""

    figure: str
    sentence: str
    published: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings, one under the other."""

    kind: ClassVar[str] = "findings"
    lines: tuple[FindingLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose first column names its rows.

    ``numeric`` are the places of columns set to the right; a text in ``muted`` is shown as an
    absence (withheld, not asked) and not as a value. ``folded`` tables wait behind their caption on the
    page and are left to the workbook in the PDF.
    """

    kind: ClassVar[str] = "table"
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = field(default_factory=frozenset)
    muted: frozenset[str] = field(default_factory=frozenset)
    folded: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture with its finding as title, its text for those who cannot see it, its numbers.

    ``kicker`` says above the title what it is about. ``narrow`` is the same picture for a
    telephone; without one the wide one is scrolled.
    """

    kind: ClassVar[str] = "figure"
    id: str
    kicker: str = ""
    title: str
    caption: str
    alt: str
    wide: str
    narrow: str | None
    table: Table | None = None


Block = Paragraph | Notice | Bullets | Facts | Findings | Figure | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it; ``level`` 2 or 3."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    level: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The whole portrait in one language; ``banner`` is empty where the data are real."""

    language: str
    city: str
    title: str
    subtitle: str
    banner: str
    key_figures: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    footer: str
