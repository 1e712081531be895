"""The portrait as a PDF."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import replace

import pikepdf
import pytest

from taji.base.text import Text
from taji.report.document import document, write_pdf
from taji.report.fonts import MissingGlyphError


@pytest.fixture(scope="module", params=["zh", "en"])
def pdf(request, content):
    return request.param, document(content, language=request.param)


def read(data):
    return pikepdf.open(io.BytesIO(data))


def words(data, tmp_path):
    """Text of each page; poppler is not a dependency, so its absence skips."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    path = tmp_path / "portrait.pdf"
    path.write_bytes(data)
    text = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True
    ).stdout.decode()
    return text.split("\f")[:-1]


def test_the_document_is_tagged_has_a_language_and_a_title(pdf):
    language, data = pdf
    with read(data) as opened:
        root = opened.Root
        assert bool(root.MarkInfo.Marked)
        assert "/StructTreeRoot" in root
        assert str(root.Lang).lower().startswith(language)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        with opened.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"]


def test_all_fonts_are_embedded(pdf):
    _, data = pdf
    with read(data) as opened:
        fonts = [
            font
            for page in opened.pages
            for font in page.Resources.get("/Font", pikepdf.Dictionary()).values()
        ]
        descriptors = [font.DescendantFonts[0].FontDescriptor for font in fonts]
        embedded = [any(f"/FontFile{n}" in d for n in ("", "2", "3")) for d in descriptors]

    assert embedded
    assert all(embedded)


def test_figures_have_a_text_for_those_who_cannot_see_them(pdf):
    _, data = pdf
    with read(data) as opened:
        figures = [
            element
            for element in opened.objects
            if isinstance(element, pikepdf.Dictionary) and element.get("/S") == "/Figure"
        ]
        assert len(figures) >= 8
        assert all(len(str(figure.get("/Alt", ""))) > 20 for figure in figures)


def test_every_page_says_that_the_data_are_simulated(content, tmp_path):
    pages = words(document(content, language="zh"), tmp_path)

    assert len(pages) > 5
    assert all("模拟数据" in page for page in pages)


def test_a_real_portrait_does_not_say_so(content, tmp_path):
    pages = words(document(replace(content, simulated=False), language="zh"), tmp_path)

    assert not any("模拟数据" in page for page in pages)


def test_pages_are_numbered_and_the_findings_come_first(content, tmp_path):
    pages = words(document(content, language="en"), tmp_path)

    assert "Main findings" in pages[0]
    assert all(f"Page {n} of {len(pages)}" in page for n, page in enumerate(pages, start=1))


def test_chinese_in_pictures_is_text_in_the_document(content, tmp_path):
    pages = words(document(content, language="zh"), tmp_path)

    assert any("铁路、船舶、航空" in page and "全市" in page for page in pages)


def test_hostile_labels_stay_text(hostile, tmp_path):
    pages = words(document(hostile, language="en"), tmp_path)

    assert "<script>alert(1)</script>" in "".join("".join(pages).split())
    assert "#set" in "".join(pages)


def test_a_character_without_a_glyph_is_an_error_that_names_it(content):
    odd = replace(content, city=Text(zh="株洲\U000130b8市", en="Zhuzhou"))

    with pytest.raises(MissingGlyphError) as caught:
        document(odd, language="zh")

    assert caught.value.code == "report.glyph"
    assert "U+130B8" in str(caught.value.fields["characters"])


def test_the_same_content_is_the_same_bytes(content, tmp_path):
    first, second = tmp_path / "1.pdf", tmp_path / "2.pdf"

    write_pdf(content, first, language="zh")
    write_pdf(replace(content), second, language="zh")

    assert first.read_bytes() == second.read_bytes()
