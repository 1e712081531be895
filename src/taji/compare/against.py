"""Set our estimates beside published figures.

Turns benchmark packs and estimates into one row for each published figure: ours, theirs, the
difference with an interval, and how far the two can be compared. Decides the interval of the
difference and when there is none to give; what is comparable is the pack's word
(``taji.catalogue.benchmark``), what is drawn the report's.

Our figure for a benchmark (say, firms at level 4 or 5) is estimated like any other: tabulate
``benchmark_measures`` for the whole city and let them pass disclosure control.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import polars as pl
from scipy import stats

from taji.base.text import Text
from taji.catalogue.benchmark import AnswerMatch, Benchmark, Indicator, LevelMatch
from taji.catalogue.questionnaire import Questionnaire
from taji.survey.measures import Choice

__all__ = ["BENCHMARKS", "Difference", "against", "benchmark_measures", "difference"]

#: The answer that a benchmark's measure counts.
YES = "yes"

#: Columns of the comparison: those that the report reads, then the difference, the size of
#: their sample, ``status`` (``compared``, ``withheld``: our figure is suppressed or nobody
#: answered; ``not_measured``: the round did not ask; ``not_comparable``: the pack says that
#: nothing of ours measures it) and what the interval takes for granted. Shares are fractions.
BENCHMARKS: dict[str, pl.DataType] = {
    "benchmark": pl.String(),
    "indicator": pl.String(),
    "indicator_zh": pl.String(),
    "indicator_en": pl.String(),
    "ours": pl.Float64(),
    "ci_low": pl.Float64(),
    "ci_high": pl.Float64(),
    "n": pl.Int64(),
    "theirs": pl.Float64(),
    "unit": pl.String(),
    "year": pl.Int64(),
    "source": pl.String(),
    "confidence": pl.String(),
    "comparable_zh": pl.String(),
    "comparable_en": pl.String(),
    "status": pl.String(),
    "difference": pl.Float64(),
    "difference_low": pl.Float64(),
    "difference_high": pl.Float64(),
    "theirs_n": pl.Int64(),
    "note_zh": pl.String(),
    "note_en": pl.String(),
}

EXACT = Text(
    zh="对方未公布样本量，其数值按无误差处理，差值区间只含本市的抽样误差。",
    en=(
        "The size of their sample was not published: theirs is taken as exact, and the interval "
        "of the difference holds our sampling error only."
    ),
)
AS_SAMPLE = Text(
    zh="对方按 {n} 家企业的简单随机样本处理；若为自愿填报，实际误差更大。",
    en=(
        "Theirs is taken as a simple random sample of {n} firms; if firms reported of their own "
        "will, the true error is larger."
    ),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours less theirs.

    Attributes
    ----------
    estimate, low, high : float
        [unit of the figures]
    """

    estimate: float
    low: float
    high: float


def difference(
    ours: tuple[float, float, float], theirs: float, *, n: int | None, confidence: float
) -> Difference:
    r"""Difference of two proportions with an interval made from the interval of each.

    Parameters
    ----------
    ours : tuple of float
        Estimate, low and high end of its interval. [fraction]
    theirs : float
        Their proportion. [fraction]
    n : int or None
        Size of their sample; None takes theirs as exact. [firms]
    confidence : float
        [fraction]

    Returns
    -------
    Difference

    Notes
    -----
    With intervals :math:`(l_1, u_1)` of ours and :math:`(l_2, u_2)` of theirs, the method of
    variance estimates recovery [1]_ gives

    .. math:: L = p_1 - p_2 - \sqrt{(p_1 - l_1)^2 + (u_2 - p_2)^2}, \qquad
              U = p_1 - p_2 + \sqrt{(u_1 - p_1)^2 + (p_2 - l_2)^2}.

    It keeps the lopsidedness of our interval. Theirs is Wilson's [2]_.

    References
    ----------
    .. [1] G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a
       general approach", *Statistics in Medicine* 27(10), 2008, 1693-1702.
       doi:10.1002/sim.3095
    .. [2] E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
       *JASA* 22, 1927, 209-212. doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> out = difference((0.30, 0.20, 0.42), 0.42, n=None, confidence=0.95)
    >>> round(out.estimate, 2), round(out.low, 2), round(out.high, 2)
    (-0.12, -0.22, 0.0)
    """
    p, low, high = ours
    their_low, their_high = _wilson(theirs, n, confidence)
    d = p - theirs
    return Difference(
        d,
        d - sqrt((p - low) ** 2 + (their_high - theirs) ** 2),
        d + sqrt((high - p) ** 2 + (theirs - their_low) ** 2),
    )


def benchmark_measures(
    benchmarks: Sequence[Benchmark], questionnaires: Sequence[Questionnaire] = ()
) -> tuple[Choice, ...]:
    """Return what has to be tabulated, for the whole city, to set ours beside theirs.

    Parameters
    ----------
    benchmarks : sequence of Benchmark
    questionnaires : sequence of Questionnaire
        Those that were asked; figures of others are not measured.

    Returns
    -------
    tuple of Choice
        Named ``benchmark:indicator`` or ``benchmark:indicator/part``; level figures read the
        columns of ``taji.survey.measures.wide_scores``.
    """
    asked = {q.id: q for q in questionnaires}
    return tuple(
        Choice(figure.name, (YES,), answer)
        for benchmark in benchmarks
        for figure in _figures(benchmark)
        if (answer := _answer(figure.ours, asked)) is not None
    )


def against(
    benchmarks: Sequence[Benchmark], estimates: pl.DataFrame, *, confidence: float = 0.95
) -> pl.DataFrame:
    """Compare the city with published figures.

    Parameters
    ----------
    benchmarks : sequence of Benchmark
    estimates : DataFrame
        Protected estimates, those of ``benchmark_measures`` among them. A figure that sums
        several shares is withheld as soon as one of these is suppressed.
    confidence : float
        Of the intervals in ``estimates``. [fraction]

    Returns
    -------
    DataFrame
        Columns ``BENCHMARKS``, one row for each published figure, in the order of the packs.
    """
    city = estimates.filter(pl.col("by").fill_null("") == "")
    rows = {(r["question"], r["option"] or ""): r for r in city.iter_rows(named=True)}
    out = [_row(f, rows, confidence) for b in benchmarks for f in _figures(b)]
    return pl.DataFrame(out, schema=BENCHMARKS)


@dataclass(frozen=True, slots=True)
class _Figure:
    """One published number."""

    name: str
    benchmark: str
    title: Text
    indicator: Indicator
    value: float | None
    ours: LevelMatch | AnswerMatch | None


def _figures(benchmark: Benchmark) -> Iterator[_Figure]:
    for indicator in benchmark.indicators:
        name = f"{benchmark.id}:{indicator.id}"
        scale = 100 if indicator.unit == "per_cent" else 1
        if indicator.value is not None:
            value = float(indicator.value / scale)
            yield _Figure(name, benchmark.id, indicator.title, indicator, value, indicator.ours)
        for part in indicator.distribution:
            title = Text(
                zh=f"{indicator.title.zh}：{part.label.zh}",
                en=f"{indicator.title.en}: {part.label.en}",
            )
            value_of = None if part.value is None else float(part.value / scale)
            yield _Figure(f"{name}/{part.id}", benchmark.id, title, indicator, value_of, part.ours)


def _answer(
    match: LevelMatch | AnswerMatch | None, asked: Mapping[str, Questionnaire]
) -> pl.Expr | None:
    """Whether a firm counts for the figure; None where the round cannot tell."""
    if isinstance(match, LevelMatch):
        return pl.col(f"{match.model}:{match.node}/level").is_in(list(match.levels))
    if match is None or match.questionnaire not in asked:
        return None
    said: list[pl.Expr] = []
    for item in asked[match.questionnaire].items_of(match.question):
        if item.kind == "multi":
            said += [pl.col(f"{item.id}/{option}") for option in match.any_of]
        else:
            said.append(pl.col(item.id).is_in(list(match.any_of)))
    return pl.any_horizontal(said) if said else None


def _parts(match: LevelMatch | AnswerMatch) -> Iterator[tuple[str, str]]:
    """The estimates that the figure sums, as (question, option)."""
    if isinstance(match, LevelMatch):
        yield from ((f"{match.model}:{match.node}", level) for level in match.levels)
    else:
        yield from ((match.question, option) for option in match.any_of)


def _row(
    figure: _Figure, rows: Mapping[tuple[str, str], Mapping[str, Any]], confidence: float
) -> dict[str, object]:
    indicator = figure.indicator
    n = _count(indicator.n)
    row: dict[str, object] = {
        "benchmark": figure.benchmark,
        "indicator": figure.name,
        "indicator_zh": figure.title.zh,
        "indicator_en": figure.title.en,
        "theirs": figure.value,
        "unit": "fraction" if indicator.unit == "per_cent" else "points",
        "year": indicator.year,
        "source": "; ".join(indicator.source),
        "confidence": indicator.confidence,
        "comparable_zh": indicator.comparable.zh,
        "comparable_en": indicator.comparable.en,
        "theirs_n": n,
    }
    ours = rows.get((figure.name, YES))
    row["status"] = _status(figure, ours, rows)
    if row["status"] != "compared" or ours is None:
        return row
    row |= {key: ours[key] for key in ("ci_low", "ci_high", "n")} | {"ours": ours["estimate"]}
    if figure.value is not None:
        ends = (
            ours["estimate"],
            *(nan if ours[k] is None else ours[k] for k in ("ci_low", "ci_high")),
        )
        found = difference(ends, figure.value, n=n, confidence=confidence)
        note = EXACT if n is None else AS_SAMPLE
        row["difference"] = found.estimate
        row["difference_low"] = None if found.low != found.low else found.low
        row["difference_high"] = None if found.high != found.high else found.high
        row |= {"note_zh": note.zh.format(n=n), "note_en": note.en.format(n=n)}
    return row


def _status(
    figure: _Figure,
    ours: Mapping[str, Any] | None,
    rows: Mapping[tuple[str, str], Mapping[str, Any]],
) -> str:
    if figure.ours is None:
        return "not_comparable"
    if ours is None:
        return "not_measured"
    parts = [rows[key] for key in _parts(figure.ours) if key in rows]
    if ours["estimate"] is None or any(r.get("suppressed") for r in (ours, *parts)):
        return "withheld"
    return "compared"


def _count(published: str | None) -> int | None:
    """The number in "20000+" or "12,000": the least that was surely counted."""
    digits = re.match(r"\d+", (published or "").replace(",", "").strip())
    return int(digits.group()) if digits and int(digits.group()) > 0 else None


def _wilson(p: float, n: int | None, confidence: float) -> tuple[float, float]:
    if n is None:
        return p, p
    z = float(stats.norm.ppf((1 + confidence) / 2))
    centre, spread = p + z**2 / (2 * n), z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (centre - spread) / (1 + z**2 / n), (centre + spread) / (1 + z**2 / n)
