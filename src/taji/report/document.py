"""The portrait as a PDF: tagged (PDF/UA-1), fonts embedded, the same bytes every time.

Decides how blocks look on paper (the typst template does). Tables by group are left to the
page and the workbook: on paper they would fill a hundred sheets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from itertools import zip_longest
from pathlib import Path

import typst

from taji.base.text import Language
from taji.report.blocks import (
    Block,
    Bullets,
    Facts,
    Figure,
    Findings,
    Notice,
    Paragraph,
    Story,
    Table,
)
from taji.report.content import PortraitContent
from taji.report.fonts import family, require
from taji.report.phrases import Phrases
from taji.report.story import tell
from taji.report.tokens import CHART_WIDE, COLOURS

__all__ = ["document", "write_pdf"]

#: Height of a picture that a sheet can hold with its title and caption. [px of the drawing]
_TALLEST = 860.0
#: Language and region as typst and PDF want them.
_TAGS: dict[Language, tuple[str, str]] = {"zh": ("zh", "cn"), "en": ("en", "gb")}


def document(content: PortraitContent, *, language: Language) -> bytes:
    """Return the portrait as the bytes of one PDF.

    Raises
    ------
    MissingFontError, MissingGlyphError
        If no Chinese family is installed, or a character is in no font.
    """
    font = family()
    story = tell(content, language=language, font=font)
    data = json.dumps(_data(story, language, font), ensure_ascii=False)
    require(data, name=font)
    source = files("taji.report").joinpath("templates", "portrait.typ").read_bytes()
    pdf: bytes = typst.compile(
        source, format="pdf", pdf_standards=["ua-1"], sys_inputs={"data": data}, timestamp=0
    )
    return pdf


def _data(story: Story, language: Language, font: str) -> dict[str, object]:
    phrases = Phrases(language)
    tag, region = _TAGS[language]
    names = ("ink", "muted", "rule", "ours", "theirs", "notice", "notice_ground")
    return {
        "lang": tag,
        "region": region,
        "font": font,
        "title": story.title,
        "subtitle": story.subtitle,
        "banner": story.banner,
        "footer": story.footer,
        "key_figures": story.key_figures,
        "contents": phrases("contents"),
        "page_of": phrases("page_of", page="\x01", pages="\x02"),
        "figure_no": phrases("figure_no", number="\x01"),
        "colours": {name: getattr(COLOURS, name) for name in names},
        "sections": [
            {
                "id": section.id,
                "level": section.level,
                "title": section.title,
                "blocks": _blocks(_on_paper(section.id, section.blocks, phrases)),
            }
            for section in story.sections
        ],
    }


def _on_paper(name: str, blocks: tuple[Block, ...], phrases: Phrases) -> tuple[Block, ...]:
    """Say, where the tables begin, that those by group are elsewhere."""
    return (*blocks, Paragraph(phrases("tables_pdf"))) if name == "tables" else blocks


def _blocks(blocks: tuple[Block, ...]) -> list[Mapping[str, object]]:
    """What is printed; a paragraph that leads to a figure stays on its page."""
    printed = [b for b in blocks if not (isinstance(b, Table) and b.folded)]
    return [
        {**_block(block), "leads": isinstance(after, Figure)}
        for block, after in zip_longest(printed, printed[1:])
    ]


def _block(block: Block) -> Mapping[str, object]:
    data: dict[str, object] = {"kind": block.kind}
    if isinstance(block, Paragraph | Notice):
        data["text"] = block.text
    elif isinstance(block, Bullets):
        data["items"] = block.items
    elif isinstance(block, Facts):
        data["pairs"] = block.pairs
    elif isinstance(block, Findings):
        data["lines"] = [
            {
                "figure": line.figure,
                "sentence": line.sentence,
                "published": line.published,
                "warning": line.warning,
            }
            for line in block.lines
        ]
    elif isinstance(block, Figure):
        data |= {
            "title": block.title,
            "kicker": block.kicker,
            "caption": block.caption,
            "alt": block.alt,
            "svg": block.wide,
            "width": _width(block.wide),
        }
    else:
        data |= {
            "caption": block.caption,
            "heads": block.heads,
            "rows": block.rows,
            "numeric": sorted(block.numeric),
            "muted": sorted(block.muted),
            "note": block.note,
        }
    return data


def _width(svg: str) -> float:
    """Return how wide a picture stands: as it was drawn, less where a sheet is too low. [fraction]"""
    found = re.search(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"', svg)
    if found is None:
        return 1.0
    width, height = (float(side) for side in found.groups())
    return min(1.0, CHART_WIDE / width, _TALLEST / height) * width / CHART_WIDE


def write_pdf(content: PortraitContent, path: Path | str, *, language: Language) -> None:
    """Write ``portrait.pdf``.

    Parameters
    ----------
    content : PortraitContent
        What the portrait says.
    path : Path or str
        File to write.
    language : {"zh", "en"}
        Language of the reader.

    Raises
    ------
    MissingFontError, MissingGlyphError
        If no Chinese family is installed, or a character is in no font.
    """
    Path(path).write_bytes(document(content, language=language))
