"""Which cells would betray a firm by themselves.

Turns counts of firms into a reason for each sensitive cell and the protection it needs.
The rules are argued in ``taji.compare.disclosure``; what to hide besides is
``taji.compare.suppression``'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

__all__ = ["Rules", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When a cell is sensitive.

    Attributes
    ----------
    minimum : int
        Fewest firms that a published cell rests on. [firms]
    dominance : tuple of (int, float)
        (n, k): an amount is sensitive when its n largest contributors make up more than k of
        it. [fraction]
    p : float
        An amount is sensitive when what is left after the two largest is less than this part of
        the largest. [per cent]
    """

    minimum: int = 3
    dominance: tuple[tuple[int, float], ...] = ((1, 0.75), (2, 0.85))
    p: float = 10.0

    @property
    def leaders(self) -> int:
        """How many of the largest contributions the rules look at."""
        return max([2, *(n for n, _ in self.dominance)])


def judge(counts: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Add ``why`` a published cell is sensitive (null if not) and the ``need`` of an amount.

    Parameters
    ----------
    counts : DataFrame
        Columns of ``taji.compare.contributors.COUNTS`` and ``published``. Cells that nobody
        publishes are not sensitive.
    rules : Rules

    Returns
    -------
    DataFrame
        ``counts`` with ``why`` (String) and ``need`` (Float64): how far the attacker's interval
        for the total must reach on either side. [unit of the total]

    Notes
    -----
    With contributions :math:`x_1 \\ge x_2 \\ge \\dots` to the total :math:`X`, an attacker must be
    left with at least :math:`(x_1 + \\dots + x_n) / k - X` for dominance and
    :math:`p x_1 - (X - x_1 - x_2)` for the p per cent rule [1]_; for a cell of few firms
    with p per cent of the largest, or of what as many average firms of the city contribute.

    References
    ----------
    .. [1] A. Hundepool et al., *Statistical Disclosure Control*. Chichester: Wiley, 2012,
       section 4.2. doi:10.1002/9781118348239
    """
    return counts.with_columns(why=pl.when("published").then(_why(rules))).with_columns(
        need=pl.when(pl.col("why").is_not_null() & (pl.col("kind") == "quantity")).then(
            _need(rules)
        )
    )


def _why(rules: Rules) -> pl.Expr:
    def few(count: pl.Expr) -> pl.Expr:
        return count.is_between(1, rules.minimum - 1)

    n, ticking = pl.col("n"), pl.col("ticking")
    dominated = pl.any_horizontal(pl.lit(False), *(d > 0 for d in _dominance_lacks(rules)))
    return (
        pl.when(few(n))
        .then(pl.lit("few_firms"))
        .when(few(ticking))
        .then(pl.lit("few_ticking"))
        .when(few(n - ticking))
        .then(pl.lit("few_others"))
        .when(pl.col("money") & dominated)
        .then(pl.lit("dominance"))
        .when(pl.col("money") & (_p_lack(rules) > 0))
        .then(pl.lit("p_percent"))
    )


def _need(rules: Rules) -> pl.Expr:
    cell = ["question", "option"]
    average = pl.col("total_abs").max().over(cell) / pl.col("n").max().over(cell)
    few = pl.max_horizontal(_top(1), average * pl.col("n")) * rules.p / 100
    lacks = [*_dominance_lacks(rules), _p_lack(rules)]
    return pl.when(pl.col("why") == "few_firms").then(few).otherwise(pl.max_horizontal(lacks))


def _top(n: int) -> pl.Expr:
    """Sum of the ``n`` largest contributions."""
    return pl.col("largest").list.head(n).list.sum()


def _dominance_lacks(rules: Rules) -> list[pl.Expr]:
    """By how much the total falls short of undominated, for each rule; positive is sensitive."""
    return [_top(n) / k - pl.col("total_abs") for n, k in rules.dominance]


def _p_lack(rules: Rules) -> pl.Expr:
    rest = pl.col("total_abs") - _top(2)
    return _top(1) * rules.p / 100 - rest
