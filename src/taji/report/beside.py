"""The pictures that set firms beside others: peers within the city, benchmarks outside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from taji.catalogue.model import Model
from taji.report import charts
from taji.report.blocks import Figure, Paragraph, Table
from taji.report.charts import Axis, DotRow, StripRow
from taji.report.numbers import Scale, count, interval
from taji.report.pictures import PERCENT, SHARES, alt_text, chunks, dot_figure
from taji.report.sentences import Writer

__all__ = ["benchmarks", "peers"]

#: Rows of a picture that fit a sheet of A4.
_ROWS = 20
_QUANTILES = ("p10", "p25", "median", "p75", "p90")


def peers(write: Writer, font: str) -> list[Figure]:
    """How total scores are spread among peers, by each break-down of each model."""
    frame = write.content.peers
    if not frame.height:
        return []
    figures: list[Figure] = []
    for model in write.content.models:
        of_model = frame.filter((pl.col("model") == model.id) & (pl.col("node") == "total"))
        kinds = of_model.get_column("by").fill_null("").unique(maintain_order=True).to_list()
        city = of_model.filter(pl.col("group").is_null()).to_dicts()
        for by in kinds:
            rows = of_model.filter(pl.col("by").fill_null("") == by).drop_nulls("group")
            ranked = rows.sort("median", descending=True).to_dicts()
            for place, part in enumerate(chunks(ranked, _ROWS), start=1):
                name = f"{model.id}-{by}-{place}"
                figures.append(_peers(write, model, by, [*city, *part], name, font))
    return figures


def _peers(
    write: Writer,
    model: Model,
    by: str,
    groups: Sequence[Mapping[str, Any]],
    name: str,
    font: str,
) -> Figure:
    phrases = write.phrases
    scale = write.labels.scale(f"{model.id}:total", "mean")
    rows: list[StripRow] = []
    words: list[tuple[str, ...]] = []
    named: list[tuple[str, float, str]] = []
    for row in groups:
        group = row["group"]
        label = write.labels.group(by, group) if group else phrases("whole_city")
        median = scale.write(row["median"], n=row["n"], language=write.language)
        rows.append(_strip(label, f"{median}  n={count(row['n'])}", row))
        words.append((label, count(row["n"]), *_spread(write, row, scale)))
        if group:
            named.append((label, row["median"], median))
    title = _peers_title(write, named)
    heads = ("h_group", "h_n", "h_quantiles", "h_interval")
    table = Table(
        caption=title,
        heads=tuple(phrases(head, confidence=write.confidence) for head in heads),
        rows=tuple(words),
        numeric=frozenset({1, 2, 3}),
        muted=write.muted,
    )
    axis = Axis(low=0, high=float(model.by_id["total"].max), format="~g")
    wide, narrow = (
        charts.strips(rows, axis=axis, font=font, narrow=slim) for slim in (False, True)
    )
    domain = write.labels.domain(by)
    return Figure(
        id=f"figure-peers-{re.sub('[^a-z0-9]+', '-', name.lower())}",
        kicker=f"{model.title[write.language]} · {domain}",
        title=title,
        caption=phrases("legend_strips", confidence=write.confidence),
        alt=alt_text(title, table),
        wide=wide,
        narrow=narrow,
        table=table,
    )


def _strip(name: str, text: str, row: Mapping[str, Any]) -> StripRow:
    return StripRow(
        label=name,
        text=text,
        quantiles=(row["p10"], row["p25"], row["median"], row["p75"], row["p90"]),
        median_low=row["median_low"],
        median_high=row["median_high"],
    )


def _spread(write: Writer, row: Mapping[str, Any], scale: Scale) -> tuple[str, str]:
    written = [
        "–" if row[k] is None else scale.write(row[k], n=row["n"], language=write.language)
        for k in _QUANTILES
    ]
    low, high = row["median_low"], row["median_high"]
    if low is None or high is None:
        return " / ".join(written), "–"
    bounds = interval(low, high, scale, n=row["n"], language=write.language)
    return " / ".join(written), bounds


def _peers_title(write: Writer, named: Sequence[tuple[str, float, str]]) -> str:
    top = max(named, key=lambda one: one[1])
    bottom = min(named, key=lambda one: one[1])
    key = "title_peers" if top[0] != bottom[0] else "title_peers_one"
    return write.phrases(key, top=top[0], high=top[2], bottom=bottom[0], low=bottom[2])


def benchmarks(write: Writer, font: str) -> list[Figure | Paragraph]:
    """Ours beside theirs, one figure for each benchmark and unit."""
    frame = write.content.benchmarks
    if not frame.height:
        return [Paragraph(write.phrases("no_benchmarks"))]
    figures: list[Figure | Paragraph] = []
    for (pack, unit), part in frame.group_by(["benchmark", "unit"], maintain_order=True):
        for rows in part.iter_slices(_ROWS):
            name = f"{pack}-{len(figures) + 1}"
            figures.append(_benchmark(write, rows, str(unit or ""), name, font))
    return figures


def _benchmark(write: Writer, frame: pl.DataFrame, unit: str, name: str, font: str) -> Figure:
    scale, axis = _unit_scale(unit, frame)
    rows: list[DotRow] = []
    words: list[tuple[str, ...]] = []
    verdicts = {"above": 0, "below": 0, "same": 0}
    for row in frame.iter_rows(named=True):
        dot, cells = _beside(write, row, scale)
        rows.append(dot)
        words.append(cells)
        if dot.low is not None and dot.high is not None and dot.other is not None:
            verdicts[_verdict(dot.low, dot.high, dot.other)] += 1
    total = sum(verdicts.values())
    title = write.phrases("title_benchmarks", total=total, **verdicts)
    heads = (
        "indicator",
        "ours",
        "interval",
        "n",
        "theirs",
        "year",
        "source",
        "known",
        "comparable",
    )
    table = Table(
        caption=title,
        heads=tuple(write.phrases(f"h_{head}", confidence=write.confidence) for head in heads),
        rows=tuple(words),
        numeric=frozenset({1, 2, 3, 4, 5}),
        muted=write.muted,
    )
    caption = write.phrases("legend_benchmarks", confidence=write.confidence)
    return dot_figure(f"benchmarks-{name}", "", title, rows, caption, table, font=font, axis=axis)


def _beside(write: Writer, row: Mapping[str, Any], scale: Scale) -> tuple[DotRow, tuple[str, ...]]:
    """One indicator as a row of the picture and as a row of its table."""
    language, phrases = write.language, write.phrases
    name, ours, theirs, n = row[f"indicator_{language}"], row["ours"], row["theirs"], row["n"]
    other = "–" if theirs is None else scale.write(theirs, n=None, language=language)
    if ours is None:
        mine, bounds = phrases("withheld"), "–"
        dot = DotRow(label=name, text=f"{mine} / {other}", other=theirs)
    else:
        low, high = (ours if row[k] is None else row[k] for k in ("ci_low", "ci_high"))
        mine = scale.write(ours, n=n, language=language)
        bounds = interval(low, high, scale, n=n, language=language)
        text = f"{mine} / {other}"
        dot = DotRow(label=name, text=text, estimate=ours, low=low, high=high, other=theirs)
    known = str(row["confidence"] or "–")
    return dot, (
        name,
        mine,
        bounds,
        "–" if n is None else count(n),
        other,
        str(row["year"] or "–"),
        row["source"] or "–",
        phrases.either(f"confidence_{known}", known),
        row[f"comparable_{language}"] or "–",
    )


def _unit_scale(unit: str, frame: pl.DataFrame) -> tuple[Scale, Axis]:
    """How a benchmark's numbers are written, and their axis."""
    if unit in ("fraction", "proportion", "share"):
        return PERCENT, SHARES
    if unit in ("percent", "per cent", "%"):
        ticks = (0.0, 25.0, 50.0, 75.0, 100.0)
        return Scale(kind="share"), Axis(low=0, high=100, format="~g", ticks=ticks, suffix="%")
    found = frame.select(pl.max_horizontal("ours", "ci_high", "theirs").max()).item()
    most = float(found) if found else 1.0
    return Scale(kind="plain", span=most), Axis(low=0, high=most, format="~g")


def _verdict(low: float, high: float, theirs: float) -> str:
    if low > theirs:
        return "above"
    return "below" if high < theirs else "same"
