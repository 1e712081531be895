"""The report of one firm as a Word document on A4, laid out with styles.

Shows the same story as the PDF. Headings, captions and lists are styles, so that a consultant
can go on writing in it; pictures carry their text, tables repeat their head.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import vl_convert
from docx import Document
from docx.document import Document as Docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table as WordTable
from docx.table import _Cell as Cell
from docx.text.paragraph import Paragraph as Words
from docx.text.run import Run

from taji.base.text import Language
from taji.report.blocks import Block, Bullets, Figure, Notice, Paragraph, Section, Table
from taji.report.diagnosis import Diagnosis
from taji.report.firm_story import FirmStory, tell_firm
from taji.report.fonts import family
from taji.report.tokens import COLOURS

__all__ = ["write_firm_docx"]

#: Dots of a picture for each px of its drawing: 300 to the inch at its printed width.
_SCALE = 3.0
_TEXT_WIDTH = Mm(170)
_TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en-GB"}
#: A fixed moment, so that the same report says the same of itself whenever it is written.
_CREATED = datetime(2000, 1, 1)


def write_firm_docx(diagnosis: Diagnosis, path: Path | str, *, language: Language) -> None:
    """Write the report as a Word document.

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
    MissingFontError
        If no Chinese family is installed to draw the pictures in.
    """
    font = family()
    story = tell_firm(diagnosis, language=language, font=font)
    document = _blank(story, font)
    _head(document, story)
    for section in story.sections:
        _section(document, section, font)
    _section(document, story.annex, font).paragraph_format.page_break_before = True
    document.save(str(path))


def _blank(story: FirmStory, font: str) -> Docx:
    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(20)
    page.top_margin, page.bottom_margin = Mm(22), Mm(20)
    core = document.core_properties
    core.title, core.subject = f"{story.title} · {story.firm}", story.subtitle
    core.author, core.language = "", _TAGS[story.language]
    core.created = core.modified = _CREATED
    sizes = {"Normal": 10, "Title": 20, "Heading 1": 13, "Heading 2": 10.5, "Caption": 9.5}
    sizes |= {"List Bullet": 10, "Header": 8, "Footer": 8}
    for name, size in sizes.items():
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        _style(style, size, font, story.language, bold=name in ("Title", "Caption"))
    header, footer = page.header.paragraphs[0], page.footer.paragraphs[0]
    if story.banner:
        run = header.add_run(story.banner)
        run.bold, run.font.color.rgb = True, _rgb(COLOURS.notice)
        # in this order: Word wants the ground of a paragraph before its alignment
        _shade(header._p.get_or_add_pPr(), COLOURS.notice_ground)
        header.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer.add_run(story.footer + "    ")
    _page_number(footer)
    return document


def _style(
    style: ParagraphStyle, size: float, font: str, language: Language, *, bold: bool
) -> None:
    style.font.size, style.font.name = Pt(size), font
    style.font.color.rgb = _rgb(COLOURS.ink)
    heading = style.name is not None and style.name.startswith("Heading")
    style.font.bold = bold or heading
    style.font.italic = False
    space = style.paragraph_format
    space.space_before = Pt(12 if heading else 0)
    space.space_after = Pt(5)
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(name), None)
    fonts.set(qn("w:eastAsia"), font)
    tag = OxmlElement("w:lang")
    tag.set(qn("w:val"), _TAGS[language])
    tag.set(qn("w:eastAsia"), "zh-CN")
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    properties.append(tag)
    for border in style.element.iter(qn("w:pBdr")):  # the rule under Word's own title
        border.getparent().remove(border)


def _head(document: Docx, story: FirmStory) -> None:
    document.add_paragraph(story.title, style="Title")
    firm = document.add_paragraph().add_run(story.firm)
    firm.bold, firm.font.size = True, Pt(12.5)
    _muted(document.add_paragraph().add_run(story.subtitle))
    box = document.add_table(rows=1, cols=2)
    box.alignment = WD_TABLE_ALIGNMENT.CENTER
    box.autofit = False
    left, right = box.rows[0].cells
    _set_widths(box, [Mm(50), Mm(120)])
    _shade(left._tc.get_or_add_tcPr(), COLOURS.ours)
    _shade(right._tc.get_or_add_tcPr(), COLOURS.panel)
    white = RGBColor(255, 255, 255)
    head = left.paragraphs[0].add_run(story.level_head)
    head.font.size, head.font.color.rgb = Pt(9), white
    level = left.add_paragraph().add_run(story.level)
    level.bold, level.font.size, level.font.color.rgb = True, Pt(24), white
    if story.sure:
        sure = left.add_paragraph().add_run(story.sure)
        sure.font.size, sure.font.color.rgb = Pt(9), white
    score = right.paragraphs[0].add_run(story.score)
    score.bold, score.font.size = True, Pt(14)
    for line in story.lines:
        right.add_paragraph(line)
    _close(document)
    if story.ladder:
        _ladder(document, story)


def _ladder(document: Docx, story: FirmStory) -> None:
    """A row of boxes; where the firm stands is told by a mark too, not by colour alone."""
    table = document.add_table(rows=1, cols=len(story.ladder))
    for cell, rung in zip(table.rows[0].cells, story.ladder, strict=True):
        words = cell.paragraphs[0]
        words.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = words.add_run(("● " if rung.here else "") + rung.title)
        run.bold, run.font.size = rung.here, Pt(9)
        ground = COLOURS.ours if rung.here else COLOURS.ours_pale
        _shade(cell._tc.get_or_add_tcPr(), ground if rung.reached else COLOURS.panel)
        if rung.here:
            run.font.color.rgb = RGBColor(255, 255, 255)
    _close(document)


def _section(document: Docx, section: Section, font: str) -> Words:
    """Add a section; its heading is returned."""
    heading: Words = document.add_heading(section.title, level=section.level - 1)
    for block in section.blocks:
        _block(document, block, font)
    return heading


def _block(document: Docx, block: Block, font: str) -> None:
    if isinstance(block, Paragraph | Notice):
        _muted(document.add_paragraph().add_run(block.text))
    elif isinstance(block, Bullets):
        for item in block.items:
            document.add_paragraph(item, style="List Bullet").paragraph_format.space_after = Pt(2)
    elif isinstance(block, Figure):
        _figure(document, block, font)
    elif isinstance(block, Table):
        _table(document, block)


def _figure(document: Docx, figure: Figure, font: str) -> None:
    title = document.add_paragraph(figure.title, style="Caption")
    title.paragraph_format.keep_with_next = True
    png = vl_convert.svg_to_png(figure.wide, scale=_SCALE)
    holder = document.add_paragraph()
    holder.paragraph_format.keep_with_next = True
    picture = holder.add_run().add_picture(BytesIO(png), width=_TEXT_WIDTH)
    said = picture._inline.docPr
    said.set("descr", figure.alt)
    said.set("title", figure.title)
    _muted(document.add_paragraph().add_run(figure.caption))


def _table(document: Docx, block: Table) -> None:
    if block.caption:
        caption = document.add_paragraph(block.caption, style="Caption")
        caption.paragraph_format.keep_with_next = True
    table = document.add_table(rows=1, cols=len(block.heads))
    table.autofit = False
    _row(table.rows[0].cells, block.heads, block, head=True)
    repeated = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)
    for row in block.rows:
        _row(table.add_row().cells, row, block, head=False)
    _set_widths(table, _widths(block))
    for row_ in table.rows:
        whole = OxmlElement("w:cantSplit")
        row_._tr.get_or_add_trPr().append(whole)
    if block.note:
        _muted(document.add_paragraph().add_run(block.note))
    else:
        _close(document)


def _row(cells: Sequence[Cell], words: Sequence[str], block: Table, *, head: bool) -> None:
    for place, (cell, word) in enumerate(zip(cells, words, strict=True)):
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.keep_with_next = head
        if place in block.numeric:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run = paragraph.add_run(word)
        run.font.size = Pt(8.5)
        run.bold = head
        if head:
            run.font.color.rgb = _rgb(COLOURS.muted)
        _rule(cell, COLOURS.ink if head else COLOURS.rule)


def _widths(block: Table) -> list[Mm]:
    """Numbers narrow, words sharing the rest."""
    number = 20
    words = len(block.heads) - len(block.numeric)
    rest = (170 - number * len(block.numeric)) / max(1, words)
    return [Mm(number if place in block.numeric else rest) for place in range(len(block.heads))]


def _set_widths(table: WordTable, widths: Sequence[Mm]) -> None:
    """Say widths of columns as both kinds of reader ask for them: in the grid, and in every cell."""
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width


def _close(document: Docx) -> None:
    """A low paragraph, so that two tables do not run into one."""
    gap = document.add_paragraph()
    gap.paragraph_format.space_after = Pt(2)
    gap.paragraph_format.line_spacing = Pt(4)


def _muted(run: Run) -> None:
    run.font.size, run.font.color.rgb = Pt(9), _rgb(COLOURS.muted)


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.lstrip("#").upper())


def _shade(properties: Any, colour: str) -> None:
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:color"), "auto")
    shade.set(qn("w:fill"), colour.lstrip("#"))
    properties.append(shade)


def _rule(cell: Cell, colour: str) -> None:
    borders, bottom = OxmlElement("w:tcBorders"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "4"), ("color", colour.lstrip("#"))):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    cell._tc.get_or_add_tcPr().append(borders)


def _page_number(paragraph: Words) -> None:
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = paragraph.add_run()
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run._r.append(mark)
