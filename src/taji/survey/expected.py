"""Say how precise a round will be, while its answers still come in.

Turns the firms drawn and received in each stratum into the half width of the interval that a
share would have if the round closed now, and if every drawn firm answered. Decides the formula and
names the strata that prevent an estimate. Does not read answers, and does not say whom to chase.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import polars as pl
from scipy import stats

from taji.base.arrays import FloatArray
from taji.base.errors import TajiError
from taji.base.text import Language

__all__ = ["EXPECTED", "ProgressError", "expected_precision"]

#: Columns of the result; the city stands first, its stratum null.
EXPECTED = pl.Schema(
    {
        "stratum": pl.String,
        "population": pl.Int64,
        "drawn": pl.Int64,
        "received": pl.Int64,
        "half_width": pl.Float64,
        "half_width_full": pl.Float64,
        "deff": pl.Float64,
        "prevents": pl.Boolean,
    }
)


class ProgressError(TajiError):
    """The numbers of a stratum contradict each other."""

    code = "survey.progress"
    sentences: ClassVar[dict[Language, str]] = {
        "en": (
            "Stratum {stratum}: {received} received of {drawn} drawn of {population} firms. Each must "
            "be a number, and none larger than the next. Correct the sample or the register."
        ),
        "zh": (
            "层 {stratum}：{population} 家企业中抽取 {drawn} 家、收到 {received} 家。"
            "三者都须有值，且后者不大于前者。请更正样本或名录。"
        ),
    }


def expected_precision(
    strata: pl.DataFrame, *, share: float = 0.5, confidence: float = 0.95
) -> pl.DataFrame:
    r"""Half widths of the interval of a share, now and with every answer in.

    Parameters
    ----------
    strata : DataFrame
        ``stratum, population, drawn, received``: a row for each stratum. [firms]
    share : float
        The share that is asked about; one half is the least precise. [fraction]
    confidence : float
        [fraction]

    Returns
    -------
    DataFrame
        ``EXPECTED``: the city first (``stratum`` null), then the strata as given. ``half_width``
        is that of now, ``half_width_full`` that with every drawn firm's answer [fraction]; null
        where it cannot be told. ``deff`` is Kish's effect of unequal weights now [ratio].
        ``prevents`` marks strata whose 0 or 1 answers prevent an estimate, theirs and the
        city's; for the city, whether any does.

    Raises
    ------
    ProgressError
        If more were received than drawn, or drawn than there are.

    Notes
    -----
    With :math:`r_h` answers of :math:`N_h` firms, taken for a simple random sample of the
    stratum, the variance that the estimator will report is

    .. math:: v_h = \Big(1 - \frac{r_h}{N_h}\Big) \frac{p (1 - p)}{r_h - 1}, \qquad
              v = \sum_h \Big(\frac{N_h}{N}\Big)^2 v_h,

    and the half width :math:`t \sqrt v` with :math:`r_h - 1` degrees of freedom, for the city
    :math:`\sum_h (r_h - 1)` [1]_. A stratum whose firms all answered adds no variance. The
    share is taken to be the same in every stratum; where strata differ the city's interval
    is narrower. With weights :math:`w_h = N_h / r_h`,
    :math:`\mathit{deff} = \sum r_h \sum r_h w_h^2 / (\sum r_h w_h)^2` [2]_.

    References
    ----------
    .. [1] W. G. Cochran, *Sampling Techniques*, 3rd ed. New York: Wiley, 1977, sections 3.2, 5.6.
    .. [2] L. Kish, "Weighting for unequal P_i", *Journal of Official Statistics* 8 (1992) 183-200.

    Examples
    --------
    The medium firms have sent one answer, and the city must wait for another.

    >>> strata = pl.DataFrame({"stratum": ["small", "medium"], "population": [400, 40],
    ...                        "drawn": [40, 10], "received": [26, 1]})
    >>> out = expected_precision(strata)
    >>> out.select("stratum", pl.col("half_width", "half_width_full").round(3), "prevents").rows()
    [(None, None, 0.141, True), ('small', 0.199, 0.154, False), ('medium', None, 0.327, True)]
    """
    strata = strata.select(
        pl.col("stratum").cast(pl.String), pl.col("population", "drawn", "received").cast(pl.Int64)
    )
    _check(strata)
    population, drawn, received = (
        strata[name].to_numpy().astype(np.float64) for name in ("population", "drawn", "received")
    )
    prevents = _prevents(population, received)
    parts = strata.with_columns(
        half_width=_half_widths(population, received, share, confidence),
        half_width_full=_half_widths(population, drawn, share, confidence),
        deff=pl.when(pl.col("received") > 0).then(1.0),
        prevents=pl.Series(prevents, dtype=pl.Boolean),
    )
    city = strata.select(pl.lit(None, pl.String).alias("stratum"), pl.exclude("stratum").sum())
    city = city.with_columns(
        half_width=pl.lit(_city_half_width(population, received, share, confidence)),
        half_width_full=pl.lit(_city_half_width(population, drawn, share, confidence)),
        deff=pl.lit(_weighting_effect(population, received)),
        prevents=pl.lit(bool(prevents.any())),
    )
    columns = [pl.col(name).cast(kind) for name, kind in EXPECTED.items()]
    return pl.concat((city.select(columns), parts.select(columns))).with_columns(
        pl.col(pl.Float64).fill_nan(None)
    )


def _check(strata: pl.DataFrame) -> None:
    right = (
        (pl.col("received") >= 0)
        & (pl.col("received") <= pl.col("drawn"))
        & (pl.col("drawn") <= pl.col("population"))
    )
    wrong = strata.filter(~right.fill_null(value=False))
    if wrong.height:
        raise ProgressError(**wrong.row(0, named=True))


def _prevents(population: FloatArray, answers: FloatArray) -> np.typing.NDArray[np.bool_]:
    """Strata without a variance: fewer than two answers, of more firms than those."""
    return (answers < 2) & (answers < population)


def _variances(population: FloatArray, answers: FloatArray, share: float) -> FloatArray:
    """Variance of the share in each stratum; NaN where it prevents an estimate."""
    some = answers > 1
    spread = np.divide(share * (1 - share), answers - 1, out=np.zeros(len(answers)), where=some)
    left = 1 - np.divide(answers, population, out=np.ones(len(answers)), where=population > 0)
    return np.where(_prevents(population, answers), np.nan, left * spread)


def _half_widths(
    population: FloatArray, answers: FloatArray, share: float, confidence: float
) -> FloatArray:
    variance = _variances(population, answers, share)
    return np.where(
        (answers > 0) & (variance == 0),
        0.0,
        _quantile(answers - 1, confidence) * np.sqrt(variance),
    )


def _city_half_width(
    population: FloatArray, answers: FloatArray, share: float, confidence: float
) -> float | None:
    if population.sum() == 0 or _prevents(population, answers).any():
        return None
    weight = population / population.sum()
    variance = float(weight**2 @ _variances(population, answers, share))
    df = np.array([answers.sum() - np.count_nonzero(answers)])
    return float(_quantile(df, confidence)[0] * np.sqrt(variance)) if variance > 0 else 0.0


def _weighting_effect(population: FloatArray, answers: FloatArray) -> float | None:
    """Kish's design effect of weights that are even inside strata."""
    some = answers > 0
    n, weight = answers[some], population[some] / answers[some]
    return float(n.sum() * (n @ weight**2) / (n @ weight) ** 2) if some.any() else None


def _quantile(df: FloatArray, confidence: float) -> FloatArray:
    return np.asarray(stats.t.ppf((1 + confidence) / 2, np.where(df > 0, df, np.nan)))
