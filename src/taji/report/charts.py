"""The pictures of a portrait, as Vega-Lite specifications drawn to SVG.

Each function turns plain rows (words already in the reader's language, numbers on the scale
of the axis) into one SVG text; the page and the PDF show the same one. Nothing here decides
which firms are shown or what a number means.

Marks are the same everywhere: a filled dot is ours, the line through it its interval, a
hollow diamond a figure published elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import altair as alt
import vl_convert

from taji.report.tokens import (
    CHART_NARROW,
    CHART_WIDE,
    COLOURS,
    HEAT,
    HEAT_WHITE_OVER,
    SIZES,
)
from taji.report.wrapping import text_width, wrap

__all__ = [
    "Axis",
    "DotRow",
    "HeatCell",
    "MatrixCell",
    "StripRow",
    "bars",
    "dots",
    "draw",
    "heat_map",
    "matrix",
    "strips",
]

#: A family that no machine has. Measuring a text in a Chinese family costs 2 ms; here labels are
#: broken by ``taji.report.wrapping`` and the width is held by a frame, so nothing need be measured.
_UNMEASURED = "unmeasured"
Side = Literal["top", "bottom"]
#: Room for the names of groups; small dot plots that stand side by side. [px], [plots]
_ROW_LABEL = 210
_MATRIX_COLUMNS = 5
#: A label behind the three digits that keep its order, in its lines.
_WORDS = "split(slice(datum.label, 3), '\\n')"
#: Rows are handed over by name: Altair copies what is inline again and again.
_ROWS = alt.NamedData(name="rows")
_LINE = 16  # height of a line of a label [px]
_VL_VERSION = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The number axis: its range, the ticks and how they are labelled (a d3 format)."""

    low: float
    high: float
    format: str
    ticks: tuple[float, ...] | None = None
    suffix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DotRow:
    """One line of a dot chart; without numbers it is a heading or says why it is empty."""

    label: str
    text: str = ""
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    other: float | None = None
    heading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StripRow:
    """How the scores of one group are spread (p10, p25, median, p75, p90; None: not shown)."""

    label: str
    text: str = ""
    quantiles: tuple[float | None, ...] = (None,) * 5
    median_low: float | None = None
    median_high: float | None = None
    heading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One small dot-and-interval: ``row`` by ``column``; ``note`` where there is no number."""

    row: str
    n: str
    column: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    reference: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """One field of a heat map: ``share`` of the most that can be reached [fraction]."""

    row: str
    n: str
    column: str
    share: float | None
    text: str


def draw(chart: Any, rows: Sequence[Mapping[str, object]], *, font: str) -> str:
    """Draw an Altair chart of ``rows`` to SVG in ``font``; the same is drawn once a process."""
    spec = chart.to_dict(validate=False)
    spec.setdefault("datasets", {})[_ROWS.name] = rows
    spec["config"] = _config()
    svg = _svg(json.dumps(spec, ensure_ascii=False, sort_keys=True))
    return svg.replace("<svg ", f'<svg font-family="{font}" ', 1)


@lru_cache(maxsize=256)
def _svg(spec: str) -> str:
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=_VL_VERSION, allowed_base_urls=[])
    return _slim(svg)


def _slim(svg: str) -> str:
    """Drop what no reader sees, and the families: one stands at the root."""
    svg = re.sub(r' font-family="[^"]*"', "", svg)
    svg = re.sub(r' (?:class|role|aria-[a-z]+|pointer-events|xmlns:xlink)="[^"]*"', "", svg)
    svg = svg.replace(' opacity="1"', "")
    svg = re.sub(r'<path d=""[^>]*/>', "", svg)
    svg = re.sub(r"rgb\((\d+), (\d+), (\d+)\)", _hex, svg)
    return re.sub(r"(\d+\.\d{2})\d+", r"\1", svg)


def _hex(colour: re.Match[str]) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in colour.groups())


def _config() -> dict[str, Any]:
    return {
        "font": _UNMEASURED,
        "aria": False,
        "background": None,
        "padding": 2,
        "view": {"stroke": None},
        "axis": {
            "labelColor": COLOURS.muted,
            "labelFontSize": SIZES.small,
            "titleColor": COLOURS.muted,
            "titleFontSize": SIZES.small,
            "titleFontWeight": "normal",
            "gridColor": COLOURS.grid,
            "domain": False,
            "ticks": False,
        },
        "header": {"labelColor": COLOURS.ink, "labelFontSize": SIZES.small, "title": None},
        "text": {"color": COLOURS.ink, "fontSize": SIZES.label},
    }


def _x(field: str, axis: Axis, *, orient: Side = "top", flush: bool = False) -> alt.X:
    suffix = json.dumps(axis.suffix)
    return alt.X(
        f"{field}:Q",
        scale=alt.Scale(domain=[axis.low, axis.high], nice=False, zero=False, clamp=True),
        axis=alt.Axis(
            orient=orient,
            title=None,
            values=list(axis.ticks) if axis.ticks else alt.Undefined,
            tickCount=5,
            labelExpr=f"format(datum.value, '{axis.format}') + {suffix}",
            labelFlush=flush,
        ),
    )


def _held(left: int, right: int) -> alt.Chart:
    """An unseen line that holds the width of the picture, whatever its words measure."""
    one = alt.Chart(alt.InlineData(values=[{}]))
    line: alt.Chart = one.mark_rule(opacity=0).encode(x=alt.value(left), x2=alt.value(right))
    return line


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where labels, plot and text stand in a chart of rows, for a page or a telephone."""

    label: int
    plot: int
    step: int
    narrow: bool

    @property
    def right(self) -> int:
        """Where the picture ends."""
        return self.plot if self.narrow else CHART_WIDE - self.label

    @property
    def orient(self) -> Side:
        """Side of the axis: at the foot on a telephone, where labels stand above the rows."""
        return "bottom" if self.narrow else "top"

    @property
    def label_width(self) -> int:
        return self.plot - 150 if self.narrow else self.label - 14


def _frame(narrow: bool, step: int) -> _Frame:
    if narrow:
        return _Frame(label=0, plot=CHART_NARROW - 14, step=step + 26, narrow=True)
    return _Frame(label=226, plot=CHART_WIDE - 226 - 164, step=step, narrow=False)


def _labelled(rows: Sequence[DotRow | StripRow], frame: _Frame) -> list[dict[str, object]]:
    """Rows as data: a key that keeps their order, the label in lines, how many."""
    data: list[dict[str, object]] = []
    for place, row in enumerate(rows):
        width = CHART_NARROW if row.heading and frame.narrow else frame.label_width
        lines = wrap(row.label, width=width, size=SIZES.label, lines=2)
        data.append(
            {
                "key": f"{place:03d}",
                "label": lines,
                "lines": lines.count("\n") + 1,
                "text": row.text,
                "heading": row.heading,
            }
        )
    return data


def _y() -> alt.Y:
    return alt.Y("key:N", axis=None, sort=None)


def _labels(base: alt.Chart, frame: _Frame) -> list[alt.Chart]:
    """The words: label at the left (above, on a telephone), number at the right."""
    lift = 18 if frame.narrow else 0
    label = base.mark_text(
        align="left",
        baseline="middle",
        lineBreak="\n",
        lineHeight=_LINE,
        dy=alt.expr(f"-(datum.lines - 1) * {_LINE / 2 if not frame.narrow else _LINE} - {lift}"),
        fontWeight=alt.expr("datum.heading ? 'bold' : 'normal'"),
    ).encode(y=_y(), x=alt.value(-frame.label), text="label:N")
    text = base.mark_text(
        align="right" if frame.narrow else "left",
        baseline="middle",
        dy=-lift,
        color=COLOURS.ink,
        fontSize=SIZES.small,
    ).encode(y=_y(), x=alt.value(frame.plot if frame.narrow else frame.plot + 12), text="text:N")
    return [label, text, _held(-frame.label, frame.right)]


def _rules(base: alt.Chart, frame: _Frame) -> alt.Chart:
    """A faint line that leads the eye from the label to the mark."""
    lines: alt.Chart = (
        base.transform_filter("!datum.heading")
        .mark_rule(color=COLOURS.grid)
        .encode(y=_y(), x=alt.value(0), x2=alt.value(frame.plot))
    )
    return lines


def dots(
    rows: Sequence[DotRow], *, axis: Axis, font: str, narrow: bool = False, bars: bool = False
) -> str:
    """Draw dots with intervals, one row each; with ``bars`` a bar from zero under each."""
    frame = _frame(narrow, 34)
    data = _labelled(rows, frame)
    for datum, row in zip(data, rows, strict=True):
        datum |= {"e": row.estimate, "low": row.low, "high": row.high, "other": row.other}
    base = alt.Chart(_ROWS)
    known = base.transform_filter("isValid(datum.e)")
    x = _x("e", axis, orient=frame.orient)
    layers = [*_labels(base, frame)]
    if bars:
        zero = alt.datum(axis.low)
        layers.append(
            known.mark_bar(color=COLOURS.ours_soft, height=16).encode(y=_y(), x=x, x2=zero)
        )
    else:
        layers.append(_rules(base, frame))
    layers += [
        known.mark_rule(color=COLOURS.ours, strokeWidth=3, strokeCap="round").encode(
            y=_y(), x=_x("low", axis, orient=frame.orient), x2="high:Q"
        ),
        known.mark_point(
            color=COLOURS.ours, filled=True, size=90, opacity=1, stroke="white", strokeWidth=1
        ).encode(y=_y(), x=x),
        base.transform_filter("isValid(datum.other)")
        .mark_point(
            shape="diamond", fill="white", stroke=COLOURS.theirs, size=75, opacity=1, strokeWidth=2
        )
        .encode(y=_y(), x=_x("other", axis, orient=frame.orient)),
    ]
    chart = alt.layer(*layers).properties(width=frame.plot, height=alt.Step(frame.step))
    return draw(chart, data, font=font)


def bars(rows: Sequence[DotRow], *, axis: Axis, font: str) -> str:
    """Draw plain bars from zero, one row each, lower than dots: figures without an interval."""
    frame = _frame(narrow=False, step=24)
    data = _labelled(rows, frame)
    for datum, row in zip(data, rows, strict=True):
        datum["e"] = row.estimate
    base = alt.Chart(_ROWS)
    zero = alt.datum(axis.low)
    whole = alt.datum(axis.high)
    layers = [
        *_labels(base, frame),
        base.mark_bar(color=COLOURS.grid, height=10).encode(
            y=_y(), x=_x("e", axis, orient=frame.orient), x2=whole
        ),
        base.transform_filter("isValid(datum.e)")
        .mark_bar(color=COLOURS.ours, height=10)
        .encode(y=_y(), x=_x("e", axis, orient=frame.orient), x2=zero),
    ]
    chart = alt.layer(*layers).properties(width=frame.plot, height=alt.Step(frame.step))
    return draw(chart, data, font=font)


def strips(rows: Sequence[StripRow], *, axis: Axis, font: str, narrow: bool = False) -> str:
    """Draw how scores are spread: pale from p10 to p90, deeper the middle half, the median."""
    frame = _frame(narrow, 30)
    data = _labelled(rows, frame)
    for datum, row in zip(data, rows, strict=True):
        datum |= dict(zip(("a", "b", "m", "c", "d"), row.quantiles, strict=True))
        datum |= {"low": row.median_low, "high": row.median_high}
    base = alt.Chart(_ROWS)
    known = base.transform_filter("isValid(datum.m)")
    layers = [
        *_labels(base, frame),
        _rules(base, frame),
        known.transform_filter("isValid(datum.a) && isValid(datum.d)")
        .mark_bar(color=COLOURS.ours_pale, height=14)
        .encode(y=_y(), x=_x("a", axis, orient=frame.orient), x2="d:Q"),
        known.transform_filter("isValid(datum.b) && isValid(datum.c)")
        .mark_bar(color=COLOURS.ours_soft, height=14)
        .encode(y=_y(), x=_x("b", axis, orient=frame.orient), x2="c:Q"),
        known.transform_filter("isValid(datum.low)")
        .mark_rule(color=COLOURS.ours, strokeWidth=2)
        .encode(y=_y(), x=_x("low", axis, orient=frame.orient), x2="high:Q"),
        known.mark_point(
            color=COLOURS.ours, filled=True, size=80, opacity=1, stroke="white", strokeWidth=1
        ).encode(y=_y(), x=_x("m", axis, orient=frame.orient)),
    ]
    chart = alt.layer(*layers).properties(width=frame.plot, height=alt.Step(frame.step))
    return draw(chart, data, font=font)


def matrix(cells: Sequence[MatrixCell], *, axis: Axis, font: str) -> str:
    """Draw groups by findings: one small dot-and-interval each, the city as a thin line."""
    names = list(dict.fromkeys(cell.column for cell in cells))
    rows = list(dict.fromkeys(cell.row for cell in cells))
    columns = min(_MATRIX_COLUMNS, len(names))
    gap = 14
    width = (CHART_WIDE - _ROW_LABEL - gap * (columns - 1)) // columns
    data = [
        {
            "row": _row_key(rows.index(cell.row), cell.row, cell.n),
            "column": f"{names.index(cell.column):03d}"
            + wrap(cell.column, width=width, size=SIZES.small, lines=3),
            "e": cell.estimate,
            "low": cell.low,
            "high": cell.high,
            "city": cell.reference,
            "note": cell.note,
        }
        for cell in cells
    ]
    lines = 1 + max(str(datum["column"]).count("\n") for datum in data)
    y = _row_axis(grid=True)
    base = alt.Chart(_ROWS)
    known = base.transform_filter("isValid(datum.e)")
    x, x_low, x_city = (
        _x(field, axis, orient="bottom", flush=True) for field in ("e", "low", "city")
    )
    layers = alt.layer(
        base.transform_filter("isValid(datum.city)")
        .transform_aggregate(city="mean(city)", groupby=["column"])
        .mark_rule(color=COLOURS.theirs, strokeWidth=1, strokeDash=[3, 2])
        .encode(x=x_city),
        known.mark_rule(color=COLOURS.ours_soft, strokeWidth=3, strokeCap="round").encode(
            y=y, x=x_low, x2="high:Q"
        ),
        known.mark_point(color=COLOURS.ours, filled=True, size=45, opacity=1).encode(y=y, x=x),
        base.transform_filter("datum.note != ''")
        .mark_text(color=COLOURS.muted, fontSize=SIZES.tiny)
        .encode(y=y, x=alt.value(width / 2), text="note:N"),
    ).properties(width=width, height=alt.Step(22))
    chart = layers.facet(
        facet=alt.Facet(
            "column:N",
            header=alt.Header(
                labelExpr=_WORDS,
                labelAlign="left",
                labelAnchor="start",
                labelLineHeight=14,
                title=None,
            ),
        ),
        columns=columns,
        spacing={"row": 24 + 15 * lines, "column": gap},
        align="each",
        bounds="flush",
    )
    return draw(chart, data, font=font)


def heat_map(cells: Sequence[HeatCell], *, font: str, upright: bool) -> str:
    """Draw groups by nodes, darker for a larger share; column heads slant unless ``upright``."""
    names = list(dict.fromkeys(cell.column for cell in cells))
    rows = list(dict.fromkeys(cell.row for cell in cells))
    step = max(30, min(64, (CHART_WIDE - _ROW_LABEL) // max(1, len(names))))
    head = step - 3 if upright else 150
    data = [
        {
            "row": _row_key(rows.index(cell.row), cell.row, cell.n),
            "column": f"{names.index(cell.column):03d}"
            + wrap(cell.column, width=head, size=SIZES.tiny, lines=4 if upright else 1),
            "share": cell.share,
            "text": cell.text,
        }
        for cell in cells
    ]
    x = alt.X("column:N", title=None, axis=_heat_heads(data, font, upright=upright))
    base = alt.Chart(_ROWS).encode(x=x, y=_row_axis(grid=False))
    fields = base.mark_rect(stroke="white", strokeWidth=1.5).encode(
        color=alt.condition(
            "isValid(datum.share)",
            alt.Color(
                "share:Q",
                scale=alt.Scale(domain=[0, 1], range=list(HEAT), interpolate="rgb", clamp=True),
                legend=None,
            ),
            alt.value(COLOURS.withheld),
        )
    )
    words = base.mark_text(fontSize=SIZES.tiny).encode(
        text="text:N",
        color=alt.condition(
            f"datum.share > {HEAT_WHITE_OVER}", alt.value("white"), alt.value("black")
        ),
    )
    chart = (fields + words).properties(width=alt.Step(step), height=alt.Step(22))
    return draw(chart, data, font=font)


def _heat_heads(data: Sequence[Mapping[str, object]], font: str, *, upright: bool) -> alt.Axis:
    lines = max(str(datum["column"]).count("\n") for datum in data)
    stand: Mapping[str, Any] = (
        {
            "labelAngle": 0,
            "labelBaseline": "bottom",
            "labelAlign": "center",
            "labelPadding": 4 + 13 * lines,
        }
        if upright
        else {"labelAngle": -45, "labelAlign": "left", "labelBaseline": "middle"}
    )
    return alt.Axis(
        orient="top",
        labelExpr=_WORDS,
        labelColor=COLOURS.ink,
        labelFontSize=SIZES.tiny,
        labelLimit=1000,
        labelLineHeight=13,
        labelOverlap=False,
        labelFont=font,  # slanted heads decide how wide the picture is: measure these
        **stand,
    )


def _row_key(place: int, name: str, n: str) -> str:
    """Return the key of a row: its place, its name cut to fit, and its n, never cut."""
    room = _ROW_LABEL - 28 - text_width(n, SIZES.small)
    return f"{place:03d}" + wrap(name, width=room, size=SIZES.small, lines=1) + f"  {n}"


def _row_axis(*, grid: bool) -> alt.Y:
    return alt.Y(
        "row:N",
        title=None,
        axis=alt.Axis(
            labelExpr="slice(datum.label, 3)",
            labelAlign="left",
            labelPadding=_ROW_LABEL,
            labelColor=COLOURS.ink,
            labelLimit=1000,  # cut by us already
            grid=grid,
        ),
    )
