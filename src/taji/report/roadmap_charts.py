"""The two pictures of a roadmap: what is worked on when, and what is paid when.

Draws rows that are in the reader's words already. What is in a roadmap, ``taji.plan`` decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from taji.report.charts import draw
from taji.report.tokens import CHART_WIDE, COLOURS, SIZES
from taji.report.wrapping import wrap

__all__ = ["GanttRow", "cash_flow", "gantt"]

_LABEL, _TEXT = 236, 96  # room for names and for amounts [px]
_ROWS = alt.NamedData(name="rows")
_LINE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class GanttRow:
    """A measure: its name, the first and last period of its work, and a text beside it."""

    label: str
    start: int
    finish: int
    text: str


def gantt(rows: Sequence[GanttRow], *, periods: int, finish: int, font: str) -> str:
    """Draw bars over periods; a line stands where the target is reached."""
    plot = CHART_WIDE - _LABEL - _TEXT
    data = [
        {"key": f"{place:03d}", "label": label, "lines": label.count("\n") + 1}
        | {"from": row.start - 1, "to": row.finish, "text": row.text}
        for place, row in enumerate(rows)
        for label in (wrap(row.label, width=_LABEL - 14, size=SIZES.label, lines=2),)
    ]
    base = alt.Chart(_ROWS)
    y = alt.Y("key:N", axis=None, sort=None)
    x = alt.X(
        "from:Q",
        scale=alt.Scale(domain=[0, periods], nice=False),
        axis=alt.Axis(orient="top", title=None, values=list(range(periods + 1)), format="d"),
    )
    reached = alt.Chart(alt.InlineData(values=[{"at": finish}])).mark_rule(
        color=COLOURS.theirs, strokeWidth=2, strokeDash=[4, 3]
    )
    layers = [
        base.mark_bar(color=COLOURS.ours, height=14).encode(y=y, x=x, x2="to:Q"),
        reached.encode(x=alt.X("at:Q")),
        base.mark_text(
            align="left",
            baseline="middle",
            lineBreak="\n",
            lineHeight=_LINE,
            dy=alt.expr(f"-(datum.lines - 1) * {_LINE / 2}"),
        ).encode(y=y, x=alt.value(-_LABEL), text="label:N"),
        base.mark_text(align="right", baseline="middle", fontSize=SIZES.small).encode(
            y=y, x=alt.value(plot + _TEXT - 6), text="text:N"
        ),
    ]
    chart = alt.layer(*layers).properties(width=plot, height=alt.Step(34))
    return draw(chart, data, font=font)


def cash_flow(paid: Sequence[int], *, font: str) -> str:
    """Draw what is paid in every period. [10,000 yuan]"""
    data = [
        {"period": period, "paid": amount / 10_000, "text": f"{amount / 10_000:,.1f}"}
        for period, amount in enumerate(paid, start=1)
    ]
    base = alt.Chart(_ROWS)
    x = alt.X("period:O", title=None, axis=alt.Axis(labelAngle=0))
    y = alt.Y("paid:Q", title=None, axis=alt.Axis(tickCount=4))
    layers = [
        base.mark_bar(color=COLOURS.ours).encode(x=x, y=y),
        base.mark_text(baseline="bottom", dy=-2, fontSize=SIZES.tiny).encode(
            x=x, y=y, text="text:N"
        ),
    ]
    chart = alt.layer(*layers).properties(width=CHART_WIDE - 80, height=150)
    return draw(chart, data, font=font)
