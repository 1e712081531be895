"""The portrait as a PDF: tagged (PDF/UA-1), fonts embedded, the same bytes every time.

Decides how blocks look on paper (the typst template does). Tables by group are left to the
page and the workbook: on paper they would fill a hundred sheets.
"""

from __future__ import annotations

from pathlib import Path

from taji.base.text import Language
from taji.report.blocks import Block, Paragraph, Story
from taji.report.content import PortraitContent
from taji.report.fonts import family
from taji.report.phrases import Phrases
from taji.report.story import tell
from taji.report.typesetting import frame, printed, typeset

__all__ = ["document", "write_pdf"]


def document(content: PortraitContent, *, language: Language) -> bytes:
    """Return the portrait as the bytes of one PDF.

    Raises
    ------
    MissingFontError, MissingGlyphError
        If no Chinese family is installed, or a character is in no font.
    """
    font = family()
    story = tell(content, language=language, font=font)
    return typeset(_data(story, language, font), font=font, body="portrait.typ")


def _data(story: Story, language: Language, font: str) -> dict[str, object]:
    phrases = Phrases(language)
    return {
        **frame(language, font, title=story.title, banner=story.banner, footer=story.footer),
        "subtitle": story.subtitle,
        "key_figures": story.key_figures,
        "contents": phrases("contents"),
        "sections": [
            {
                "id": section.id,
                "level": section.level,
                "title": section.title,
                "blocks": printed(_on_paper(section.id, section.blocks, phrases)),
            }
            for section in story.sections
        ],
    }


def _on_paper(name: str, blocks: tuple[Block, ...], phrases: Phrases) -> tuple[Block, ...]:
    """Say, where the tables begin, that those by group are elsewhere."""
    return (*blocks, Paragraph(phrases("tables_pdf"))) if name == "tables" else blocks


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
