"""The report of one firm as a PDF: tagged as the portrait's is, two sheets and an annex."""

from __future__ import annotations

from pathlib import Path

from taji.base.text import Language
from taji.report.blocks import Section
from taji.report.diagnosis import Diagnosis
from taji.report.firm_story import FirmStory, tell_firm
from taji.report.fonts import family
from taji.report.typesetting import frame, printed, typeset

__all__ = ["firm_document", "write_firm_pdf"]


def firm_document(diagnosis: Diagnosis, *, language: Language) -> bytes:
    """Return the report as the bytes of one PDF.

    Raises
    ------
    MissingFontError, MissingGlyphError
        If no Chinese family is installed, or a character is in no font.
    """
    font = family()
    story = tell_firm(diagnosis, language=language, font=font)
    return typeset(_data(story, font), body="firm.typ", font=font)


def write_firm_pdf(diagnosis: Diagnosis, path: Path | str, *, language: Language) -> None:
    """Write the report as a PDF.

    Parameters
    ----------
    diagnosis : Diagnosis
        What it says.
    path : Path or str
        File to write.
    language : {"zh", "en"}
        Language of the reader.

    Raises
    ------
    MissingFontError, MissingGlyphError
        If no Chinese family is installed, or a character is in no font.
    """
    Path(path).write_bytes(firm_document(diagnosis, language=language))


def _data(story: FirmStory, font: str) -> dict[str, object]:
    return {
        **frame(
            story.language,
            font,
            title=story.title,
            banner=story.banner,
            footer=story.footer,
        ),
        "firm": story.firm,
        "subtitle": story.subtitle,
        "level_head": story.level_head,
        "level": story.level,
        "sure": story.sure,
        "score": story.score,
        "lines": story.lines,
        "ladder": [
            {"title": rung.title, "reached": rung.reached, "here": rung.here}
            for rung in story.ladder
        ],
        "sections": [_section(section) for section in story.sections],
        "annex": _section(story.annex),
    }


def _section(section: Section) -> dict[str, object]:
    return {
        "level": section.level,
        "title": section.title,
        "blocks": printed(section.blocks),
    }
