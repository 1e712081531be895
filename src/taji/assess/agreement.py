"""Measure how far two assessments of the same firms agree.

Turns two tracks of answers (a firm's own and an expert's, or two experts') into per cent of
agreement, Cohen's kappa and Krippendorff's alpha, the last two with intervals. Decides which of
them suits which kind of answer. Scores are compared in ``taji.assess.score_agreement``. Does not
decide who is right, nor correct anything (``taji.survey.two_phase``).

A measure that the data cannot give (nobody assessed twice, one answer only) is None, never NaN.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import polars as pl
from scipy import stats

from taji.assess.score_agreement import Measured
from taji.base.arrays import FloatArray
from taji.base.identifiers import KEY
from taji.catalogue.questionnaire import Item, Questionnaire

__all__ = [
    "AGREEMENT",
    "Metric",
    "agreement_table",
    "cohen_kappa",
    "krippendorff_alpha",
]

Metric = Literal["nominal", "ordinal", "interval"]

#: Columns of ``agreement_table``.
AGREEMENT = pl.Schema(
    {
        "question": pl.String,
        "option": pl.String,
        "metric": pl.String,
        "n": pl.Int64,
        "agreement": pl.Float64,
        "kappa": pl.Float64,
        "kappa_low": pl.Float64,
        "kappa_high": pl.Float64,
        "alpha": pl.Float64,
        "alpha_low": pl.Float64,
        "alpha_high": pl.Float64,
    }
)

#: Draws of the bootstrap: the ends of a 95 % interval then move by about one in the second decimal.
REPEATS = 1000

#: Kinds of answer that are compared, and how their values stand to each other.
METRICS: dict[str, Metric] = {
    "single": "nominal",
    "multi": "nominal",
    "code": "nominal",
    "scale": "ordinal",
    "share": "interval",
    "number": "interval",
    "money": "interval",
}


def cohen_kappa(
    first: Sequence[object],
    second: Sequence[object],
    categories: Sequence[object],
    *,
    ordered: bool = False,
    confidence: float = 0.95,
) -> Measured:
    r"""Cohen's kappa of two raters, with quadratic weights for ordered answers.

    Parameters
    ----------
    first, second : sequence
        Answers about the same units; None is not answered.
    categories : sequence
        Every answer that can be given, in order.
    ordered : bool
        Whether near answers count as nearly agreeing.
    confidence : float
        [fraction]

    Notes
    -----
    With shares :math:`p_{ij}` of the units, margins :math:`p_{i.}, p_{.j}` and weights
    :math:`w_{ij}` (1 on the diagonal, else 0; ordered: :math:`1 - (i-j)^2/(k-1)^2`),
    :math:`\kappa = (p_o - p_e) / (1 - p_e)`, :math:`p_o = \sum w_{ij} p_{ij}`,
    :math:`p_e = \sum w_{ij} p_{i.} p_{.j}`. The interval is normal, with the large-sample variance
    of [1]_, cut at -1 and 1; it knows nothing of sampling designs.

    References
    ----------
    .. [1] J. L. Fleiss, J. Cohen and B. S. Everitt, "Large sample standard errors of kappa and
       weighted kappa", *Psychological Bulletin* 72 (1969) 323-327. doi:10.1037/h0028106

    Examples
    --------
    >>> out = cohen_kappa([0, 1, 2, 2, 1, 0], [0, 1, 2, 1, 1, 0], [0, 1, 2], ordered=True)
    >>> round(out.value, 3), out.n
    (0.857, 6)
    """
    table = _table(first, second, categories)
    n = int(table.sum())
    if n == 0:
        return Measured(None, None, None, 0)
    share, weight = table / n, _weights(len(categories), ordered=ordered)
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    observed, expected = float((weight * share).sum()), float(rows @ weight @ columns)
    if expected >= 1 - 1e-12:  # one answer only: chance alone agrees in full
        return Measured(None, None, None, n)
    kappa = (observed - expected) / (1 - expected)
    mean = (weight @ columns)[:, None] + (rows @ weight)[None, :]
    inner = (weight * (1 - expected) - mean * (1 - observed)) ** 2
    centre = observed * expected - 2 * expected + observed
    variance = ((share * inner).sum() - centre**2) / (n * (1 - expected) ** 4)
    half = stats.norm.ppf((1 + confidence) / 2) * np.sqrt(max(float(variance), 0.0))
    return Measured(kappa, float(max(kappa - half, -1)), float(min(kappa + half, 1)), n)


def krippendorff_alpha(
    ratings: FloatArray,
    *,
    metric: Metric,
    rng: np.random.Generator,
    confidence: float = 0.95,
    repeats: int = REPEATS,
) -> Measured:
    r"""Krippendorff's alpha of any number of raters, some of them silent on some units.

    Parameters
    ----------
    ratings : FloatArray, shape (n_rater, n_unit)
        Values; NaN is not assessed. For the nominal metric any codes will do.
    metric : {"nominal", "ordinal", "interval"}
        How far apart two values are.
    rng : Generator
        Draws the units of the bootstrap.
    confidence : float
        [fraction]
    repeats : int
        Draws of the bootstrap.

    Notes
    -----
    :math:`\alpha = 1 - D_o / D_e`, from coincidences of values inside units [1]_; a unit with
    :math:`m` values gives :math:`m (m - 1)` pairs, each of weight :math:`1 / (m - 1)`. There
    is no published interval for any number of raters and any metric; as in [2]_ whole units
    are drawn anew with replacement, and the interval has the percentiles for ends. Draws in
    which all values are equal tell nothing and are left out.

    References
    ----------
    .. [1] K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", University of
       Pennsylvania, 2011.
    .. [2] A. Zapf, S. Castell, L. Morawietz and A. Karch, "Measuring inter-rater reliability for
       nominal data: which coefficients and confidence intervals are appropriate?", *BMC Medical
       Research Methodology* 16 (2016) 93. doi:10.1186/s12874-016-0200-9

    Examples
    --------
    >>> ratings = np.array([[1.0, 2.0, 3.0, 3.0], [1.0, 2.0, 3.0, np.nan]])
    >>> krippendorff_alpha(ratings, metric="ordinal", rng=np.random.default_rng(1)).value
    1.0
    """
    units, size = _coincidences(ratings)
    values = np.unique(ratings[~np.isnan(ratings)])
    n = len(size)
    if n == 0:
        return Measured(None, None, None, 0)
    value = _alpha(units.sum(axis=0), values, metric)
    if value is None:
        return Measured(None, None, None, n)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=repeats).astype(np.float64)
    flat = drawn @ units.reshape(n, -1)
    found = [_alpha(table.reshape(units.shape[1:]), values, metric) for table in flat]
    told = [one for one in found if one is not None]
    tail = (1 - confidence) / 2
    low, high = np.quantile(told, [tail, 1 - tail]) if told else (value, value)
    return Measured(value, float(low), float(high), n)


def agreement_table(
    asked: Questionnaire,
    first: pl.DataFrame,
    second: pl.DataFrame,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Agreement of two tracks on every question that both have answered.

    Parameters
    ----------
    asked : Questionnaire
        Whose items are compared; text and dates are not.
    first, second : DataFrame
        Canonical answers, one row for each ``enterprise``.
    rng : Generator
        Draws the units of alpha's bootstrap.
    confidence : float
        [fraction]

    Returns
    -------
    DataFrame
        ``AGREEMENT``. A multiple choice has a row for each option. ``agreement`` is the share of
        firms with the same answer; ``kappa`` is unweighted, for scales quadratic, and null
        for amounts and shares. Questions that no firm has answered on both tracks have no row.
    """
    both = first.join(second, on=KEY, how="inner", suffix="\0", maintain_order="left")
    rows = [
        (item.id, option, metric, *measures)
        for item, option, column, metric in _compared(asked)
        if column in both.columns and f"{column}\0" in both.columns
        for measures in _measures(item, both[column], both[f"{column}\0"], metric, rng, confidence)
    ]
    return pl.DataFrame(rows, schema=AGREEMENT, orient="row")


def _compared(asked: Questionnaire) -> Iterator[tuple[Item, str | None, str, Metric]]:
    for item in asked.items.values():
        if item.kind not in METRICS:
            continue
        options = item.option_ids if item.kind == "multi" else (None,)
        for option, column in zip(options, item.columns, strict=True):
            yield item, option, column, METRICS[item.kind]


def _measures(
    item: Item,
    first: pl.Series,
    second: pl.Series,
    metric: Metric,
    rng: np.random.Generator,
    confidence: float,
) -> Iterator[tuple[object, ...]]:
    """One row of numbers, or none where nobody answered on both tracks."""
    answered = first.is_not_null() & second.is_not_null()
    a, b = first.filter(answered), second.filter(answered)
    if not len(a):
        return
    if metric == "interval":
        kappa = Measured(None, None, None, len(a))
        codes = np.array([a.cast(pl.Float64).to_list(), b.cast(pl.Float64).to_list()])
    else:
        known = _categories(item, a, b)
        kappa = cohen_kappa(
            a.to_list(), b.to_list(), known, ordered=metric == "ordinal", confidence=confidence
        )
        place = {value: float(at) for at, value in enumerate(known)}
        codes = np.array([[place[v] for v in a], [place[v] for v in b]])
    alpha = krippendorff_alpha(codes, metric=metric, rng=rng, confidence=confidence)
    same = float((a == b).mean())  # type: ignore[arg-type]
    measures = (kappa.value, kappa.low, kappa.high, alpha.value, alpha.low, alpha.high)
    yield (len(a), same, *measures)


def _categories(item: Item, a: pl.Series, b: pl.Series) -> list[object]:
    """Every answer in order; a scale's rungs count even where nobody chose them."""
    question = item.question
    if item.kind == "scale" and question.low is not None and question.high is not None:
        return list(range(int(question.low), int(question.high) + 1))
    if item.kind == "single":
        return list(item.option_ids)
    return pl.concat((a, b)).unique().sort().to_list()


def _table(
    first: Sequence[object], second: Sequence[object], categories: Sequence[object]
) -> FloatArray:
    place = {value: at for at, value in enumerate(categories)}
    table = np.zeros((len(categories), len(categories)))
    for a, b in zip(first, second, strict=True):
        if a is not None and b is not None:
            table[place[a], place[b]] += 1
    return table


def _weights(size: int, *, ordered: bool) -> FloatArray:
    if not ordered or size < 2:
        return np.eye(size)
    away = np.subtract.outer(np.arange(size), np.arange(size)) / (size - 1)
    return np.asarray(1 - away**2, dtype=np.float64)


def _coincidences(ratings: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coincidences of values in each unit with two values or more, and how many it has."""
    values = np.unique(ratings[~np.isnan(ratings)])
    counts = (ratings[:, :, None] == values).sum(axis=0).astype(np.float64)
    size = counts.sum(axis=1)
    counts, size = counts[size > 1], size[size > 1]
    pairs = counts[:, :, None] * counts[:, None, :]
    at = np.arange(len(values))
    pairs[:, at, at] -= counts
    return pairs / (size - 1)[:, None, None], size


def _alpha(table: FloatArray, values: FloatArray, metric: Metric) -> float | None:
    """Alpha of a table of coincidences; None where all values are equal."""
    margin = table.sum(axis=1)
    distance = _distance(margin, values, metric)
    expected = float(margin @ distance @ margin) / (margin.sum() - 1)
    return float(1 - (table * distance).sum() / expected) if expected > 0 else None


def _distance(margin: FloatArray, values: FloatArray, metric: Metric) -> FloatArray:
    if metric == "nominal":
        return 1 - np.eye(len(values))
    # Ordinal: how many values lie between, the two themselves counted half.
    scale = values if metric == "interval" else np.cumsum(margin) - margin / 2
    return np.asarray(np.subtract.outer(scale, scale) ** 2, dtype=np.float64)
