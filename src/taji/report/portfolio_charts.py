"""The pictures of a portfolio: curves over one axis, drawn to SVG.

Decides how a curve looks. What it shows is ``taji.report.portfolio_story``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import altair as alt

from taji.report.charts import draw
from taji.report.tokens import CHART_NARROW, CHART_WIDE, COLOURS, SIZES

__all__ = ["Curve", "curves"]

#: Room beside the plot for the numbers of its axis, and the height of the plot. [px]
MARGIN, HEIGHT = 64, 300
_ROWS = alt.NamedData(name="rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve: its points, its name at its end, and whether it is ours, theirs or a guide."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    kind: Literal["ours", "theirs", "guide"] = "ours"
    dots: bool = False


def curves(
    lines: Sequence[Curve],
    *,
    x_title: str,
    y_title: str,
    x_format: str,
    y_format: str,
    font: str,
    narrow: bool = False,
) -> str:
    """Draw curves over one axis; a solid line is ours, a dashed one theirs, a grey one a guide."""
    rows = [
        {"line": f"{place}{line.kind}", "x": float(x), "y": float(y), "dots": line.dots}
        for place, line in enumerate(lines)
        for x, y in zip(line.x, line.y, strict=True)
    ]
    names = [f"{place}{line.kind}" for place, line in enumerate(lines)]
    colour = {"ours": COLOURS.ours, "theirs": COLOURS.theirs, "guide": COLOURS.muted}
    dash = {"ours": [1, 0], "theirs": [6, 4], "guide": [2, 3]}
    base = alt.Chart(_ROWS).encode(
        x=alt.X(
            "x:Q",
            title=x_title,
            scale=alt.Scale(nice=False, zero=False),
            axis=alt.Axis(format=x_format, tickCount=5),
        ),
        y=alt.Y(
            "y:Q",
            title=y_title,
            scale=alt.Scale(zero=True),
            axis=alt.Axis(format=y_format, tickCount=5),
        ),
        color=alt.Color(
            "line:N",
            legend=None,
            scale=alt.Scale(domain=names, range=[colour[line.kind] for line in lines]),
        ),
    )
    drawn = base.mark_line(strokeWidth=2.5).encode(
        strokeDash=alt.StrokeDash(
            "line:N",
            legend=None,
            scale=alt.Scale(domain=names, range=[dash[line.kind] for line in lines]),
        )
    )
    dots = base.transform_filter("datum.dots").mark_point(filled=True, size=60, opacity=1)
    width = (CHART_NARROW if narrow else CHART_WIDE) - MARGIN
    chart = alt.layer(drawn, dots).properties(width=width, height=HEIGHT if not narrow else 220)
    chart = chart.configure_axis(labelFontSize=SIZES.small)
    return draw(chart, rows, font=font)
