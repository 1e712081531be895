"""From corrected scores to ranks, the line, who crosses it, and where one more review would help.

Decides ranks with their intervals and the chance of each application to be above the line. Does not
decide who is funded: those who cross the line because of correction are listed for people to sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import norm

from taji.assess.ratings import Pairs, Ratings
from taji.assess.severity import Corrected
from taji.base.arrays import FloatArray, IntArray
from taji.base.errors import TajiError

__all__ = ["FLIPS", "NEXT", "RANKING", "REVIEWERS", "LineError", "Ranked", "rank"]

RANKING = pl.Schema(
    {
        "application": pl.String,
        "raw_mean": pl.Float64,
        "fair_mean": pl.Float64,
        "se": pl.Float64,
        "rank": pl.Int64,
        "rank_low": pl.Int64,
        "rank_high": pl.Int64,
        "p_above_line": pl.Float64,
    }
)
REVIEWERS = pl.Schema(
    {
        "reviewer": pl.String,
        "severity": pl.Float64,
        "se": pl.Float64,
        "n": pl.Int64,
        "infit": pl.Float64,
        "outfit": pl.Float64,
    }
)
FLIPS = pl.Schema(
    {
        "application": pl.String,
        "direction": pl.String,
        "raw_mean": pl.Float64,
        "raw_rank": pl.Int64,
        "fair_mean": pl.Float64,
        "rank": pl.Int64,
        "p_above_line": pl.Float64,
        "reviewers": pl.String,
        "signed_by": pl.String,
    }
)
NEXT = pl.Schema(
    {
        "application": pl.String,
        "n_reviews": pl.Int64,
        "fair_mean": pl.Float64,
        "se": pl.Float64,
        "se_after": pl.Float64,
        "p_above_line": pl.Float64,
        "gain": pl.Float64,
    }
)

#: Draws of all measures that ranks and chances rest on.
DRAWS = 4_000
#: Draws ranked at once, so that a large panel does not fill memory. [cells]
CELLS = 4_000_000
#: Of the interval of a rank. [fraction]
CONFIDENCE = 0.95
#: Fair means closer than this are equal: what differs is rounding. [points]
EQUAL = 9


class LineError(TajiError):
    """The line is not between the applications."""

    code = "panel.line"
    sentences = {
        "en": "--fund {fund} of {applications} applications draws no line. Give a number from 1 to "
        "{most}.",
        "zh": "--fund {fund} 在 {applications} 个项目中划不出分数线。请给出 1 到 {most} 之间的数。",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """The tables of a ranking.

    Attributes
    ----------
    ranking : DataFrame
        ``RANKING``, best first; ``p_above_line`` is empty without a line.
    reviewers : DataFrame
        ``REVIEWERS``, by name.
    flips : DataFrame
        ``FLIPS``: above the line by one mean and not by the other; empty without a line.
    next_reviews : DataFrame
        ``NEXT``, where one more review helps most first.
    """

    ranking: pl.DataFrame
    reviewers: pl.DataFrame
    flips: pl.DataFrame
    next_reviews: pl.DataFrame


def rank(
    ratings: Ratings, corrected: Corrected, *, fund: int | None, rng: np.random.Generator
) -> Ranked:
    r"""Rank the applications of a corrected panel.

    Parameters
    ----------
    ratings : Ratings
    corrected : Corrected
        ``taji.assess.severity.correct`` of them.
    fund : int or None
        How many applications are above the line.
    rng : Generator
        For the draws that ranks rest on.

    Raises
    ------
    LineError

    Notes
    -----
    All measures are drawn together from their joint distribution; the interval of a rank is that of
    its ranks over the draws, and the chance of being above the line the share of draws in which it
    is among the first *fund*. Equal raw means rank in the order of the fair means, so that a tie at
    the line is no flip.

    One more review changes the fair mean by a normal amount of variance
    :math:`\Delta = v^2 / (v + \nu)`, *v* the squared standard error and :math:`\nu` the noise of a
    review. With a line at *l* and :math:`z = |m - l| / \sqrt\Delta` the expected points gained by
    deciding after it instead of now are :math:`\sqrt\Delta (\phi(z) - z \Phi(-z))` [1]_; without a
    line the gain is that in the standard error.

    References
    ----------
    .. [1] H. Raiffa and R. Schlaifer, *Applied Statistical Decision Theory*, Harvard 1961, chapter 5.
    """
    applications = len(ratings.applications)
    if fund is not None and not 1 <= fund < applications:
        raise LineError(fund=fund, applications=applications, most=applications - 1)
    fair, raw, se = corrected.joint.measure, ratings.raw_means(), corrected.joint.se()
    fair_rank = _ranks(np.round(fair, EQUAL), raw)
    raw_rank = _ranks(np.round(raw, EQUAL), -fair_rank.astype(np.float64))
    low, high, above = _simulate(corrected, fund=fund, rng=rng)
    chance = pl.Series("p_above_line", above if fund is not None else [None] * applications)
    ranking = pl.DataFrame(
        {
            "application": ratings.applications,
            "raw_mean": raw,
            "fair_mean": fair,
            "se": se,
            "rank": fair_rank,
            "rank_low": np.minimum(low, fair_rank),
            "rank_high": np.maximum(high, fair_rank),
            "p_above_line": chance,
        },
        schema=RANKING,
    )
    return Ranked(
        ranking=ranking.sort("rank"),
        reviewers=_reviewers(ratings, corrected),
        flips=_flips(ratings, ranking.with_columns(raw_rank=raw_rank), fund),
        next_reviews=_next(ratings, corrected, ranking, fund),
    )


def _ranks(values: FloatArray, ties: FloatArray) -> IntArray:
    """Rank from the highest, equal values by the second array, then by name."""
    order = np.lexsort((np.arange(len(values)), -ties, -values))
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.arange(1, len(values) + 1)
    return ranks


def _simulate(
    corrected: Corrected, *, fund: int | None, rng: np.random.Generator
) -> tuple[IntArray, IntArray, FloatArray]:
    """Interval of each rank, and the chance to be above the line."""
    size = len(corrected.joint.measure)
    kept = np.empty((DRAWS, size), dtype=np.int32)
    batch = max(1, CELLS // size)
    for first in range(0, DRAWS, batch):
        n = min(batch, DRAWS - first)
        drawn = corrected.joint.draws(rng, n=n)
        order = np.argsort(-drawn, axis=1, kind="stable")
        np.put_along_axis(
            kept[first : first + n], order, np.arange(1, size + 1, dtype=np.int32)[None, :], axis=1
        )
    tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    low, high = np.quantile(kept, tails, axis=0, method="inverted_cdf")
    above = (kept <= (fund or 0)).mean(axis=0)
    return low.astype(np.int64), high.astype(np.int64), np.asarray(above)


def _reviewers(ratings: Ratings, corrected: Corrected) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "reviewer": ratings.reviewers,
            "severity": corrected.severity + 0.0,  # no minus zero
            "se": corrected.severity_se,
            "n": np.bincount(ratings.reviewer, minlength=len(ratings.reviewers)),
            "infit": corrected.infit,
            "outfit": corrected.outfit,
        },
        schema=REVIEWERS,
    )


def _flips(ratings: Ratings, ranking: pl.DataFrame, fund: int | None) -> pl.DataFrame:
    """Who is above the line by one mean and not by the other, those who come in first."""
    if fund is None:
        return pl.DataFrame(schema=FLIPS)
    names: dict[str, list[str]] = {}
    for application, reviewer in sorted(
        set(zip(ratings.application, ratings.reviewer, strict=True))
    ):
        names.setdefault(ratings.applications[application], []).append(ratings.reviewers[reviewer])
    crossed = ranking.filter((pl.col("rank") <= fund) != (pl.col("raw_rank") <= fund))
    return (
        crossed.with_columns(
            direction=pl.when(pl.col("rank") <= fund).then(pl.lit("in")).otherwise(pl.lit("out")),
            reviewers=pl.Series(
                ["|".join(names[name]) for name in crossed["application"]], dtype=pl.String
            ),
            signed_by=pl.lit(None, dtype=pl.String),
        )
        .select(FLIPS.names())
        .sort("direction", "rank")
    )


def _next(
    ratings: Ratings, corrected: Corrected, ranking: pl.DataFrame, fund: int | None
) -> pl.DataFrame:
    """What one more review of each application would gain."""
    variance = ranking["se"].to_numpy() ** 2
    move = variance**2 / (variance + corrected.review_noise)
    after = np.sqrt(variance - move)
    if fund is None:
        gain = np.sqrt(variance) - after
    else:
        best = np.sort(ranking["fair_mean"].to_numpy())[::-1]
        away = np.abs(ranking["fair_mean"].to_numpy() - (best[fund - 1] + best[fund]) / 2)
        root = np.sqrt(np.maximum(move, np.finfo(float).tiny))
        gain = root * norm.pdf(away / root) - away * norm.sf(away / root)
    return (
        ranking.select("application", "fair_mean", "se", "p_above_line", "rank")
        .with_columns(
            n_reviews=np.bincount(Pairs.of(ratings).application),
            se_after=after,
            gain=gain,
            order=-np.round(gain, EQUAL),
        )
        .sort("order", "rank")
        .select(NEXT.names())
    )
