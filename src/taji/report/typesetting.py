"""Set a report on paper: tagged (PDF/UA-1), fonts embedded, the same bytes every time.

Hands blocks over to the templates as data and runs typst. What stands in a report its story
decides; how it looks, the templates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from itertools import zip_longest

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
    Table,
)
from taji.report.fonts import require
from taji.report.phrases import Phrases
from taji.report.tokens import CHART_WIDE, COLOURS

__all__ = ["frame", "printed", "typeset"]

#: Height of a picture that a sheet can hold with its title and caption. [px of the drawing]
_TALLEST = 860.0
#: Language and region as typst and PDF want them.
_TAGS: dict[Language, tuple[str, str]] = {"zh": ("zh", "cn"), "en": ("en", "gb")}
_COLOURS = (
    "ink",
    "muted",
    "rule",
    "panel",
    "ours",
    "ours_pale",
    "theirs",
    "notice",
    "notice_ground",
)


def typeset(data: Mapping[str, object], *, body: str, font: str) -> bytes:
    """Return the bytes of one PDF.

    Parameters
    ----------
    data : mapping
        What the templates read: ``frame`` and what the body wants.
    body : str
        Name of the template that follows ``blocks.typ``.
    font : str
        Family that every character must be found in, or else in another that is installed.

    Raises
    ------
    MissingGlyphError
        If a character is in no font.
    """
    text = json.dumps(data, ensure_ascii=False)
    require(text, name=font)
    templates = files("taji.report").joinpath("templates")
    source = b"".join(templates.joinpath(name).read_bytes() for name in ("blocks.typ", body))
    pdf: bytes = typst.compile(
        source, format="pdf", pdf_standards=["ua-1"], sys_inputs={"data": text}, timestamp=0
    )
    return pdf


def frame(
    language: Language, font: str, *, title: str, banner: str, footer: str
) -> dict[str, object]:
    """Return what stands on every page of a report, and what the templates draw with."""
    phrases = Phrases(language)
    tag, region = _TAGS[language]
    return {
        "lang": tag,
        "region": region,
        "font": font,
        "title": title,
        "banner": banner,
        "footer": footer,
        "page_of": phrases("page_of", page="\x01", pages="\x02"),
        "figure_no": phrases("figure_no", number="\x01"),
        "colours": {name: getattr(COLOURS, name) for name in _COLOURS},
    }


def printed(blocks: tuple[Block, ...]) -> list[Mapping[str, object]]:
    """What is printed; a paragraph that leads to a figure stays on its page."""
    kept = [b for b in blocks if not (isinstance(b, Table) and b.folded)]
    return [
        {**_block(block), "leads": isinstance(after, Figure)}
        for block, after in zip_longest(kept, kept[1:])
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
