"""Finding a family, and refusing what it cannot show."""

from __future__ import annotations

import pytest

from taji.report.fonts import FAMILIES, MissingGlyphError, css_stack, family, require


def test_an_installed_family_shows_chinese_and_the_signs_that_reports_use():
    require("株洲市数字画像 9% 4–18\u00a0% 《》“”●◆…<>&", name=family())


def test_every_character_without_a_glyph_is_named():
    with pytest.raises(MissingGlyphError) as caught:
        require("好\U000130b8a\U0001314f", name=family())

    assert "U+130B8" in str(caught.value.fields["characters"])
    assert "U+1314F" in str(caught.value.fields["characters"])
    assert "U+0061" not in str(caught.value.fields["characters"])
    assert "字符" in caught.value.render("zh")


def test_a_page_names_families_of_every_reader_and_ends_generic():
    stack = css_stack("Own")

    assert stack.startswith('"Own"')
    assert all(f'"{name}"' in stack for name in FAMILIES)
    assert stack.endswith("sans-serif")
