"""Where a firm stands among its peers, and how the scores of peer groups are spread.

Turns scores, a ladder of peer groups and the bound design into percentiles with intervals
(for the firm itself) and into quantiles by group (for publication). Decides who counts as a peer
when few firms are alike: the first rung of the ladder that holds enough of them. Which
columns make the rungs is the caller's choice; withholding groups whose mean is
suppressed is ``taji.compare.disclosure.withhold_peers``'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
from scipy import stats

from taji.base.arrays import BoolArray, FloatArray, IntArray
from taji.base.errors import TajiError
from taji.base.text import Language
from taji.survey.design import Sample
from taji.survey.intervals import beta_interval
from taji.survey.sums import sum_by
from taji.survey.variance import design_variance

__all__ = [
    "CROSS",
    "PEERS",
    "PERCENTILES",
    "PeerColumnError",
    "groups",
    "percentiles",
    "place",
    "spread",
]

#: Joins the columns of a rung, and the values of a group, in results.
CROSS = "*"

#: Columns of the percentiles. ``percentile`` and its interval are fractions; ``by`` and ``group``
#: name the rung that was used, empty for the whole city; ``n`` counts the peers with a score, the
#: firm among them.
PERCENTILES: dict[str, pl.DataType] = {
    "enterprise": pl.String(),
    "score": pl.Float64(),
    "percentile": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "by": pl.String(),
    "group": pl.String(),
    "n": pl.Int64(),
}

#: Columns of the spread, as the report reads them.
PEERS: dict[str, pl.DataType] = {
    "model": pl.String(),
    "node": pl.String(),
    "by": pl.String(),
    "group": pl.String(),
    "n": pl.Int64(),
    "p10": pl.Float64(),
    "p25": pl.Float64(),
    "median": pl.Float64(),
    "p75": pl.Float64(),
    "p90": pl.Float64(),
    "median_low": pl.Float64(),
    "median_high": pl.Float64(),
}

QUANTILES = {"p10": 0.10, "p25": 0.25, "median": 0.50, "p75": 0.75, "p90": 0.90}

#: Share of a group not drawn under which the group counts as asked in full. [fraction]
CENSUS = 1e-9

#: Firms whose percentile is worked out at once; bounds memory, changes nothing.
CHUNK = 256

#: A share reaches a quantile if it falls short by no more than this: rounding of sums. [fraction]
ROUNDING = 1e-12


class PeerColumnError(TajiError):
    """A column that peers are compared by is not there."""

    code = "compare.peer_column"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Peers are to be compared by {column!r}, which is not a column of the scores. Join "
            "it from the register or the answers, or leave it out of the ladder. Known: {known}."
        ),
        "zh": (
            "要求按 {column!r} 划分同类企业，但得分表中没有这一列。请从名录或答卷关联该列，"
            "或从分组阶梯中去掉它。现有列：{known}。"
        ),
    }


def percentiles(
    frame: pl.DataFrame,
    column: str,
    *,
    sample: Sample,
    ladder: Sequence[tuple[str, ...]],
    minimum: int,
    confidence: float = 0.95,
) -> pl.DataFrame:
    r"""Place every firm among its peers.

    Parameters
    ----------
    frame : DataFrame
        ``enterprise``, the score and the columns of the ladder; one row for each row of
        ``sample``, in its order. A firm without a score has no percentile and is no peer.
    column : str
        The score. [points]
    sample : Sample
        The bound design (``Design.bind(frame)``).
    ladder : sequence of tuple of str
        Peer groups from the closest to the widest, as columns that must agree, such as
        ``(("industry", "size"), ("industry",), ("size",), ())``; ``()`` is the whole city. A rung is
        passed over for a firm whose own value there is not known.
    minimum : int
        Fewest firms with a score, the firm among them, that make a peer group. [firms]
    confidence : float
        [fraction]

    Returns
    -------
    DataFrame
        Columns ``PERCENTILES``, in the order of ``frame``. Without a large enough group the
        percentile is null; without degrees of freedom its interval is.

    Raises
    ------
    PeerColumnError
        If a column of the ladder is missing.

    Notes
    -----
    What is estimated is the mid-rank of the firm among all firms of its group in the city,
    drawn or not. The firm is known and stands for itself alone; the other peers stand for
    all others. With :math:`u_j` 1 for a peer below, 1/2 for a tie, 0 above, and sums over the
    other peers,

    .. math:: \hat R = \frac{\sum w_j u_j}{\sum w_j}, \qquad
              \hat P = \frac{\hat R \sum w_j + 1/2}{\sum w_j + 1}.

    :math:`\hat R` is a mean in a domain of the design; its interval is Korn and Graubard's [1]_,
    which is Clopper and Pearson's with the sample size that the design is worth, and the ends
    go through the second formula. Where every peer of a stratum lies on the same side the
    linearised variance sees nothing there; it is therefore never taken as less than that of an
    unstratified sample of Kish's [2]_ effective size :math:`(\sum w)^2 / \sum w^2`. With equal
    weights of 1 this is the usual mid-rank
    percentile. Calibration is used in the weights, not in the variance, which errs on
    the wide side.

    References
    ----------
    .. [1] E. L. Korn and B. I. Graubard, "Confidence intervals for proportions with small
       expected number of positive counts estimated from survey data", *Survey Methodology*
       24 (1998) 193-201.
    .. [2] L. Kish, *Survey Sampling*. New York: Wiley, 1965, section 11.7.

    Examples
    --------
    Five firms, no design: the best of them stands at 90 %.

    >>> from taji.survey.design import Design
    >>> frame = pl.DataFrame({"enterprise": list("abcde"), "total": [1.0, 2.0, 3.0, 4.0, 5.0]})
    >>> sample = Design().bind(frame)
    >>> out = percentiles(frame, "total", sample=sample, ladder=[()], minimum=5)
    >>> out["percentile"].to_list()
    [0.1, 0.3, 0.5, 0.7, 0.9]
    """
    for name in (column, *(c for rung in ladder for c in rung)):
        _check(frame, name)
    score = _floats(frame[column])
    found = _Places.empty(frame.height)
    for rung in ladder:
        waiting = found.n == 0
        for group, rows in groups(frame, rung, np.isfinite(score)):
            served = rows[waiting[rows]]
            if len(rows) >= minimum and len(served):
                places = place(score, score[served], served, sample, rows, confidence)
                found.put(served, places, len(rows))
                found.name(served, CROSS.join(rung), group)
    return pl.DataFrame(
        {
            "enterprise": frame["enterprise"].cast(pl.String),
            "score": frame[column].cast(pl.Float64),
            "percentile": found.percentile,
            "low": found.low,
            "high": found.high,
            "by": found.by,
            "group": found.group,
            "n": found.n,
        },
        schema_overrides=PERCENTILES,
    ).with_columns(
        pl.col("percentile", "low", "high").fill_nan(None),
        pl.when(pl.col("n") > 0).then(pl.col("by", "group", "n")).name.keep(),
    )


def spread(
    frame: pl.DataFrame,
    nodes: Mapping[str, tuple[str, str]],
    *,
    sample: Sample,
    by: Sequence[str],
    minimum: int,
    edge: int = 3,
    confidence: float = 0.95,
) -> pl.DataFrame:
    r"""Quantiles of the scores of the city and of every peer group that is large enough.

    Parameters
    ----------
    frame : DataFrame
        Scores (``taji.survey.measures.wide_scores``) and breakdowns, row for row with ``sample``.
    nodes : mapping of str to (str, str)
        For each column of scores, its model and node.
    sample : Sample
        The bound design.
    by : sequence of str
        Columns that break the city down.
    minimum : int
        Fewest firms with a score that make a group to be shown. [firms]
    edge : int
        A quantile, or an end of the interval, is shown only if at least so many firms lie at or
        below it and at or above it: it would otherwise be the score of a firm that stands out.
        [firms]
    confidence : float
        [fraction]

    Returns
    -------
    DataFrame
        Columns ``PEERS``; ``by`` and ``group`` are null for the whole city.

    Raises
    ------
    PeerColumnError
        If a column is missing.

    Notes
    -----
    The quantile is the least score that at least a share *p* of weight lies at or below, as R's
    ``svyquantile(qrule = "math")`` has it. The interval of the median is Woodruff's [1]_: with
    :math:`\hat F` the share at or below the median and *s* its standard error, the scores at
    :math:`\hat F \pm t_{df} s`.

    References
    ----------
    .. [1] R. S. Woodruff, "Confidence intervals for medians and other position measures", *JASA*
       47 (1952) 635-646. doi:10.1080/01621459.1952.10483443
    """
    for name in (*nodes, *by):
        _check(frame, name)
    rows = [
        {
            "model": model,
            "node": node,
            "by": breakdown,
            "group": group if breakdown else None,
            "n": len(members),
            **_quantiles(score, sample, members, edge, confidence),
        }
        for column, (model, node) in nodes.items()
        for score in [_floats(frame[column])]
        for breakdown in (None, *by)
        for group, members in groups(frame, (breakdown,) if breakdown else (), np.isfinite(score))
        if len(members) >= minimum
    ]
    return pl.DataFrame(rows, schema=PEERS)


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Percentiles while rung after rung is read."""

    percentile: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    by: list[str]
    group: list[str]

    @classmethod
    def empty(cls, size: int) -> _Places:
        return cls(
            percentile=np.full(size, np.nan),
            low=np.full(size, np.nan),
            high=np.full(size, np.nan),
            n=np.zeros(size, dtype=np.int64),
            by=[""] * size,
            group=[""] * size,
        )

    def put(self, rows: IntArray, values: tuple[FloatArray, ...], n: int) -> None:
        self.percentile[rows], self.low[rows], self.high[rows] = values
        self.n[rows] = n

    def name(self, rows: IntArray, by: str, group: str) -> None:
        for row in rows.tolist():
            self.by[row], self.group[row] = by, group


def place(
    score: FloatArray,
    mine: FloatArray,
    own: IntArray,
    sample: Sample,
    rows: IntArray,
    confidence: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Place firms among peers.

    Parameters
    ----------
    score : FloatArray, shape (n_row,)
        Scores of the sample. [points]
    mine : FloatArray, shape (n_firm,)
        Scores of the firms to place. [points]
    own : IntArray, shape (n_firm,)
        Their own rows, which are no peers of theirs; -1 for a firm that has none.
    sample : Sample
        The bound design.
    rows : IntArray, shape (n_peer,)
        Rows of the peer group.
    confidence : float
        [fraction]

    Returns
    -------
    percentile, low, high : FloatArray, shape (n_firm,)
        As ``percentiles`` explains. [fraction]
    """
    parts = [
        _place_chunk(score, mine[at : at + CHUNK], own[at : at + CHUNK], sample, rows, confidence)
        for at in range(0, len(own), CHUNK)
    ]
    percentile, low, high = (np.concatenate(column) for column in zip(*parts, strict=True))
    return percentile, low, high


def _place_chunk(
    score: FloatArray,
    mine: FloatArray,
    own: IntArray,
    sample: Sample,
    rows: IntArray,
    confidence: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    theirs = score[rows, None]
    below = (theirs < mine) + 0.5 * (theirs == mine)
    weight = sample.weight[rows, None] * (rows[:, None] != own[None, :])
    mean, se = _domain_mean(sample, rows, below, weight)
    n = _worth(sample, weight)
    se = np.maximum(se, np.sqrt(mean * (1 - mean) / n))
    ends = beta_interval(mean, se, _degrees(sample, rows, own), n, confidence)
    mass = weight.sum(axis=0)

    def among(share: FloatArray) -> FloatArray:
        return np.asarray((share * mass + 0.5) / (mass + 1))

    return among(mean), among(ends.low), among(ends.high)


def _worth(sample: Sample, weight: FloatArray) -> FloatArray:
    """Size of the simple random sample with replacement that weights like these are worth."""
    mass, square, drawn = weight.sum(axis=0), (weight**2).sum(axis=0), (weight > 0).sum(axis=0)
    kish = mass**2 / np.where(square > 0, square, 1.0)
    finite = any((stage.fraction > 0).any() for stage in sample.stages)
    left = 1 - drawn / np.maximum(mass, drawn) if finite else np.ones_like(mass)
    return np.asarray(kish / np.maximum(left, CENSUS))


def _domain_mean(
    sample: Sample, rows: IntArray, values: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Weighted mean of each column of ``values`` over ``rows``, and its standard error.

    Rows outside the domain stay in the sample with influence zero.
    """
    mass = weight.sum(axis=0)
    safe = np.where(mass > 0, mass, 1.0)
    mean = (weight * values).sum(axis=0) / safe
    influence = weight * (values - mean) / safe
    last = sample.stages[-1]
    leaf, n_leaf = sample.leaf[rows], len(last.stratum)
    total = sum_by(leaf, influence, n_leaf)
    if last.unit is not None:
        variance = design_variance(sample, total)
    else:
        square = sum_by(leaf, influence**2, n_leaf)
        inside = np.maximum(square - total**2 / last.drawn[:, None], 0.0)
        variance = design_variance(sample, total, inside)
    return mean, np.sqrt(variance)


def _degrees(sample: Sample, rows: IntArray, own: IntArray) -> FloatArray:
    """Units less strata of the first stage among ``rows`` without the firm itself."""
    inside = np.isin(own, rows)
    first = sample.stages[0]
    stratum = first.stratum[sample.leaf]
    unit = np.arange(len(sample.leaf)) if first.unit is None else first.unit[sample.leaf]

    def others(code: IntArray) -> FloatArray:
        count = np.bincount(code[rows], minlength=int(code.max()) + 1)
        alone = inside & (count[code[own]] == 1)
        return np.asarray((count > 0).sum() - alone, dtype=np.float64)

    return others(unit) - others(stratum)


def _quantiles(
    score: FloatArray, sample: Sample, rows: IntArray, edge: int, confidence: float
) -> dict[str, float | None]:
    ranked = rows[np.argsort(score[rows], kind="stable")]
    values, weight = score[ranked], sample.weight[ranked]
    share = np.cumsum(weight) / weight.sum()

    def at(p: float) -> float:
        place = int(np.searchsorted(share, p - ROUNDING))
        return float(values[min(place, len(values) - 1)])

    def shown(value: float) -> float | None:
        enough = min((values <= value).sum(), (values >= value).sum()) >= edge
        return value if enough else None

    median = at(QUANTILES["median"])
    below = (values <= median).astype(np.float64)[:, None]
    mean, se = _domain_mean(sample, ranked, below, weight[:, None])
    first = sample.stages[0]
    units = ranked if first.unit is None else first.unit[sample.leaf[ranked]]
    df = len(np.unique(units)) - len(np.unique(first.stratum[sample.leaf[ranked]]))
    found = {name: shown(at(p)) for name, p in QUANTILES.items()}
    if df <= 0:
        return found | {"median_low": None, "median_high": None}
    half = float(stats.t.ppf((1 + confidence) / 2, df) * se[0])
    low, high = float(mean[0]) - half, float(mean[0]) + half
    return found | {"median_low": shown(at(low)), "median_high": shown(at(high))}


def groups(
    frame: pl.DataFrame, columns: Sequence[str], known: BoolArray
) -> Iterator[tuple[str, IntArray]]:
    """Rows with a score that agree in all ``columns``, group by group."""
    if not columns:
        yield "", np.flatnonzero(known)
        return
    keys = frame.select(pl.col(c).cast(pl.String) for c in columns)
    named = keys.select(group=pl.concat_str(columns, separator=CROSS)).with_row_index("row")
    scored = named.filter(pl.Series(known, dtype=pl.Boolean), pl.col("group").is_not_null())
    for group, rows in scored.group_by("group").agg("row").sort("group").iter_rows():
        yield group, np.sort(np.asarray(rows, dtype=np.int64))


def _floats(series: pl.Series) -> FloatArray:
    return np.asarray(series.cast(pl.Float64).fill_null(float("nan")).to_numpy(), dtype=np.float64)


def _check(frame: pl.DataFrame, column: str) -> None:
    if column not in frame.columns:
        raise PeerColumnError(column=column, known=", ".join(frame.columns[:12]))
