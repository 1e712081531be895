"""Break a label into lines of a given width, in Chinese, English or a mix of both.

Charts are drawn without a browser, so lines are broken by an estimate: a Chinese character
is one em wide, a Latin one about half.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["text_width", "wrap"]

_WIDE = frozenset("WF")
#: Width of a Latin character of the chart's family, on the average. [em]
_LATIN = 0.51
#: Closing punctuation does not begin a line.
_CLOSING = "，。、；：！？）》」』”’%‰,.;:!?)]"
_PIECE = re.compile(r"[^\s\u2e80-\u9fff\uf900-\uffef]+\s*|\s+|.", re.DOTALL)


def text_width(text: str, size: float) -> float:
    """Return the width of ``text`` in type of ``size``. [px]

    Examples
    --------
    >>> text_width("塔基", 12), round(text_width("Taji", 12), 1)
    (24.0, 24.5)
    """
    ems = sum(1.0 if unicodedata.east_asian_width(c) in _WIDE else _LATIN for c in text)
    return ems * size


def wrap(text: str, *, width: float, size: float, lines: int) -> str:
    """Return ``text`` in at most ``lines`` lines of ``width`` [px], joined by newlines.

    Lines are of about the same length. What does not fit ends in an ellipsis; the table beside
    each chart has it in full.

    Examples
    --------
    >>> wrap("有中长期数字化规划", width=60, size=12, lines=2)
    '有中长期数\\n字化规划'
    >>> wrap("have a medium-term plan", width=80, size=12, lines=1)
    'have a mediu…'
    """
    flat = " ".join(text.split())
    out = _broken(flat, width, size)
    if len(out) > lines:
        out = [*out[: lines - 1], _shorten(out[lines - 1] + " " + out[lines], width, size)]
        return "\n".join(out)
    narrower = width
    pieces = _pieces(flat, width, size)
    floor = max((text_width(piece.strip(), size) for piece in pieces), default=0.0) + size / 2
    while len(out) > 1 and narrower > floor:
        tried = _broken(flat, narrower - size / 2, size)
        if len(tried) > len(out):
            break
        out, narrower = tried, narrower - size / 2
    return "\n".join(out)


def _broken(text: str, width: float, size: float) -> list[str]:
    out: list[str] = [""]
    for piece in _pieces(text, width, size):
        fits = text_width((out[-1] + piece).rstrip(), size) <= width
        if fits or not out[-1] or piece.strip() in _CLOSING:
            out[-1] += piece
        else:
            out.append(piece.lstrip())
    return [line.rstrip() for line in out if line.strip()] or [""]


def _pieces(text: str, width: float, size: float) -> list[str]:
    """Words and Chinese characters; a word longer than a line is cut."""
    pieces: list[str] = []
    for piece in _PIECE.findall(text):
        if text_width(piece.rstrip(), size) <= width:
            pieces.append(piece)
        else:
            pieces.extend(piece)
    return pieces


def _shorten(line: str, width: float, size: float) -> str:
    cut = line
    while cut and text_width(cut + "…", size) > width:
        cut = cut[:-1]
    return cut.rstrip(" ，、（(") + "…"
