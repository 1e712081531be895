"""Find an installed family with Chinese characters; refuse what it cannot show.

A missing glyph is an error that names the character: a blank box in a published report is a
word that nobody can read.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import typst

from taji.base.errors import TajiError

__all__ = ["FAMILIES", "MissingFontError", "MissingGlyphError", "css_stack", "family", "require"]

#: Families with simplified Chinese, the best first; one that is installed is used throughout.
FAMILIES: tuple[str, ...] = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
)


class MissingFontError(TajiError):
    """No family with Chinese characters is installed."""

    code = "report.font"
    sentences = {
        "en": (
            "No font with Chinese characters is installed (looked for {families}). Install one, "
            "on Debian with `apt install fonts-noto-cjk`, and run the command again."
        ),
        "zh": (
            "本机没有安装中文字体（查找过：{families}）。"
            "请安装其中之一（Debian 可运行 `apt install fonts-noto-cjk`），然后重新运行命令。"
        ),
    }


class MissingGlyphError(TajiError):
    """A character that the report needs is in no installed font."""

    code = "report.glyph"
    sentences = {
        "en": (
            "The character {characters} of the report is in no installed font, so it would be a "
            "blank box. Install a font that has it, or correct the label it stands in."
        ),
        "zh": (
            "报告中的字符 {characters} 在本机任何字体中都没有，显示出来会是空白方框。"
            "请安装含有该字符的字体，或修改含有该字符的名称。"
        ),
    }


@lru_cache(maxsize=1)
def _installed() -> frozenset[str]:
    return frozenset(typst.Fonts(include_embedded_fonts=False).families())


def family() -> str:
    """Return the installed family that charts and the PDF are set in.

    Raises
    ------
    MissingFontError
        If none of ``FAMILIES`` is installed.
    """
    for name in FAMILIES:
        if name in _installed():
            return name
    raise MissingFontError(families=", ".join(FAMILIES))


def css_stack(first: str) -> str:
    """Return the families of a page: ours first, then what readers' machines have.

    Examples
    --------
    >>> css_stack("Noto Sans CJK SC")[:36]
    '"Noto Sans CJK SC","Source Han Sans '
    """
    names = dict.fromkeys((first, *FAMILIES))
    return ",".join(f'"{name}"' for name in names) + ",sans-serif"


_PROBE = b"""#set document(title: "probe")
#set page(height: auto)
#set text(font: sys.inputs.family, fallback: true)
#sys.inputs.characters
"""


@lru_cache(maxsize=64)
def _shows(name: str, characters: str) -> bool:
    """Whether every one of ``characters`` has a glyph.

    PDF/UA forbids a glyph that is not there, so typst refuses exactly what we must find.
    """
    try:
        typst.compile(
            _PROBE,
            format="pdf",
            pdf_standards=["ua-1"],
            sys_inputs={"family": name, "characters": characters},
        )
    except typst.TypstError as error:
        if "could not be displayed" in str(error):
            return False
        raise
    return True


def require(text: str, *, name: str) -> None:
    """Check that every visible character of ``text`` has a glyph.

    Raises
    ------
    MissingGlyphError
        Naming the characters that have none.
    """
    seen = sorted({c for c in text if not c.isspace() and unicodedata.category(c) != "Cf"})
    missing = _missing(name, seen)
    if missing:
        named = ", ".join(f"{c} (U+{ord(c):04X})" for c in missing)
        raise MissingGlyphError(characters=named)


def _missing(name: str, characters: list[str]) -> list[str]:
    """Return those without a glyph, by halving: each look costs a compilation."""
    if not characters or _shows(name, " ".join(characters)):
        return []
    if len(characters) == 1:
        return characters
    half = len(characters) // 2
    return [*_missing(name, characters[:half]), *_missing(name, characters[half:])]
