"""Place firms among their peers, and find the kinds of firm that the answers set apart."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from taji.compare.disclosure import withhold_peers
from taji.compare.peers import percentiles, spread
from taji.desk.choosing import Chosen
from taji.desk.figures import Figures

__all__ = ["PEERS_MIN", "ladder", "peer_table", "place_firms"]

#: Fewer firms than this are no peer group: the median of four is an anecdote. [firms]
PEERS_MIN = 5


def ladder(by: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Peer groups from the closest to the widest: the first two breakdowns crossed, each, the city.

    Examples
    --------
    >>> ladder(["industry", "size", "district"])
    (('industry', 'size'), ('industry',), ('size',), ())
    """
    closest = tuple(by[:2])
    crossed = [closest] if len(closest) == 2 else []
    return (*crossed, *((name,) for name in closest), ())


def peer_table(figures: Figures, chosen: Sequence[Chosen], by: Sequence[str]) -> pl.DataFrame:
    """How totals are spread in every peer group that may be shown."""
    totals = {
        f"{one.model.id}:total": (one.model.id, "total")
        for one in chosen
        if "total" in one.model.by_id
    }
    table = spread(figures.frame, totals, sample=figures.sample, by=by, minimum=PEERS_MIN)
    kept = withhold_peers(table, figures.protected.estimates)
    keys = pl.col("by", "group")
    return kept.with_columns(pl.when(keys != "").then(keys).name.keep())


def place_firms(
    figures: Figures, chosen: Sequence[Chosen], by: Sequence[str], *, confidence: float
) -> pl.DataFrame:
    """Percentile of every firm among its peers, with interval; for the firm itself, not for print."""
    parts = [
        percentiles(
            figures.frame,
            f"{one.model.id}:total",
            sample=figures.sample,
            ladder=ladder(by),
            minimum=PEERS_MIN,
            confidence=confidence,
        ).select("enterprise", pl.lit(one.model.id).alias("model"), pl.exclude("enterprise"))
        for one in chosen
        if "total" in one.model.by_id
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema={"enterprise": pl.String})
