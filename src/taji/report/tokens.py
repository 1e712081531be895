"""Colours and sizes, once for the page, the PDF and the charts.

Every pair of text and ground holds WCAG AA (4.5 to 1); the two colours that carry meaning
(ours and theirs) differ in lightness and in shape too, so that nobody has to see hue.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CHART_NARROW",
    "CHART_WIDE",
    "COLOURS",
    "HEAT",
    "HEAT_WHITE_OVER",
    "SIZES",
    "Colours",
    "Sizes",
]

#: Widths that charts are drawn for: a page or A4, and a telephone. [px]
CHART_WIDE = 680
CHART_NARROW = 340


@dataclass(frozen=True, slots=True)
class Colours:
    """Named by what they are for. [sRGB hex]"""

    ink: str = "#17212b"
    muted: str = "#4d5965"
    rule: str = "#d5dbe1"
    grid: str = "#e6eaee"
    ground: str = "#ffffff"
    panel: str = "#f3f6f9"
    ours: str = "#0b5394"
    ours_soft: str = "#a9c6e3"
    ours_pale: str = "#dbe7f3"
    theirs: str = "#a34700"
    notice: str = "#7a1f00"
    notice_ground: str = "#fff1e0"
    withheld: str = "#eceff2"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Type sizes of charts. [px]"""

    label: int = 13
    small: int = 12
    tiny: int = 11


COLOURS = Colours()
SIZES = Sizes()
#: Steps of the heat map from nothing to all, one hue, ever darker. [sRGB hex]
HEAT: tuple[str, ...] = ("#f4f8fc", "#d3e3f2", "#a3c6e4", "#659fcb", "#2f75b0", "#0b4a85")
#: Share from which words on the heat map are white: there both white and black reach 4.5 to 1.
HEAT_WHITE_OVER = 0.775
