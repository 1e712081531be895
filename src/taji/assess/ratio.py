"""Exact fractions as columns: the arithmetic in which scores are decided.

A score is a sum of products of short decimals. Here it is held as whole numbers: a
numerator column over a denominator that is known when the model is compiled, times a
denominator column where a row decides it (pruning renormalises weights row by row).
Bounds are followed in Python integers, so the width of every column is chosen before any
row is seen and no sum can overflow.

Decides how fractions are added, compared and turned into floats. Does not decide what
is added to what (``taji.assess.leaf``, ``taji.assess.branch``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, gcd, lcm

import polars as pl

from taji.base.errors import TajiError

__all__ = [
    "Column",
    "Ratio",
    "Sheet",
    "TooLargeError",
    "above",
    "at_least",
    "divided",
    "linear",
    "quotient",
    "width",
]


Width = type[pl.Int16] | type[pl.Int32] | type[pl.Int64] | type[pl.Int128]


class TooLargeError(TajiError):
    """The model's numbers have more digits than exact columns hold."""

    code = "assess.too_large"
    sentences = {
        "en": "Node {node} needs whole numbers up to {bound}, above the limit of 2^126. Give its "
        "points and weights fewer decimals, or bring its weights to one denominator.",
        "zh": "节点 {node} 需要大到 {bound} 的整数，超过上限 2^126。"
        "请减少其分值和权重的小数位，或把权重化为同一分母。",
    }


@dataclass(frozen=True, slots=True)
class Column:
    """A column of whole numbers from 0 to ``bound``, ready after step ``step``."""

    name: str
    bound: int
    step: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """``top / (bottom * by)``, at least 0; ``by`` is a column of numbers of at least 1, or none."""

    top: Column
    bottom: int
    by: Column | None = None

    @property
    def step(self) -> int:
        """Step after which the fraction can be read."""
        return max(self.top.step, self.by.step if self.by else 0)

    @property
    def bound(self) -> int:
        """No numerator or denominator exceeds this."""
        return max(self.top.bound, self.bottom * (self.by.bound if self.by else 1))


@dataclass(slots=True)
class Sheet:
    """The columns worked out so far, in steps: a step reads only the steps before it."""

    steps: list[list[pl.Expr]] = field(default_factory=list)
    _made: int = 0
    _divisors: set[int] = field(default_factory=set)

    def add(self, expr: pl.Expr, *, bound: int, after: int, node: str) -> Column:
        """Work out ``expr``, which reads nothing later than step ``after``.

        Raises
        ------
        TooLargeError
            If ``bound`` does not fit the widest column.
        """
        self._made += 1
        name = f"{node}\x1f{self._made}"
        self.put(expr.cast(width(bound, node)).alias(name), after=after)
        return Column(name, bound, after + 1)

    def divisor(self, value: int) -> pl.Expr:
        """Return a float column of one value, for quotients that are rounded once.

        Polars divides by a literal through its reciprocal, which rounds twice (6 / 20 gives
        0.30000000000000004); a whole column it divides properly.
        """
        name = f"\x1f/{value}"
        if value not in self._divisors:
            self._divisors.add(value)
            self.put((pl.int_range(pl.len()) * 0 + value).cast(pl.Float64).alias(name), after=0)
        return pl.col(name)

    def put(self, expr: pl.Expr, *, after: int) -> None:
        """Work out a named expression that reads nothing later than step ``after``."""
        while len(self.steps) <= after:
            self.steps.append([])
        self.steps[after].append(expr)

    def product(self, columns: Sequence[Column], node: str) -> Column | None:
        """Return the product of denominators; None for none."""
        if len(columns) < 2:
            return columns[0] if columns else None
        bound, expr = 1, pl.lit(1)
        for column in columns:
            bound *= column.bound
        for column in columns:
            expr = expr * _read(column, bound, node)
        return self.add(expr, bound=bound, after=max(c.step for c in columns), node=node)


def linear(
    sheet: Sheet,
    terms: Sequence[tuple[Fraction, Ratio, Column | None]],
    *,
    weight: Column | None,
    node: str,
) -> Ratio:
    """Return the sum of ``factor * ratio`` over terms, divided by ``weight`` where given.

    Parameters
    ----------
    sheet : Sheet
        Where the columns are worked out.
    terms : sequence of (Fraction, Ratio, Column or None)
        Factor (at least 0), fraction, and a column of 0 and 1 that switches the term off.
    weight : Column, optional
        Divisor of at least 1.
    node : str
        For the names of columns and for errors.
    """
    parts = [t for t in terms if t[0] > 0]
    rows = list(dict.fromkeys(r.by for _, r, _ in parts if r.by is not None))
    bottom = lcm(*((f / r.bottom).denominator for f, r, _ in parts)) if parts else 1
    factors = [int(f / r.bottom * bottom) for f, r, _ in parts]
    shared = gcd(bottom, *factors)
    bottom, factors = bottom // shared, [f // shared for f in factors]
    others = [[b for b in rows if b != r.by] for _, r, _ in parts]
    tops = [r.top.bound * _bound(o) for (_, r, _), o in zip(parts, others, strict=True)]
    bound = sum(f * top for f, top in zip(factors, tops, strict=True))
    expr, after = pl.lit(0), 0
    for factor, (_, ratio, live), other in zip(factors, parts, others, strict=True):
        term = _read(ratio.top, bound, node) * _literal(factor, bound, node)
        for column in other + ([live] if live else []):
            term = term * _read(column, bound, node)
            after = max(after, column.step)
        expr, after = expr + term, max(after, ratio.top.step)
    top = sheet.add(expr, bound=bound, after=after, node=node)
    by = sheet.product(rows + ([weight] if weight else []), node)
    return Ratio(top, bottom, by)


def at_least(ratio: Ratio, value: Fraction, node: str) -> pl.Expr:
    """Return whether the fraction reaches ``value``, decided on whole numbers."""
    if ratio.by is None:
        return pl.col(ratio.top.name) >= ceil(value * ratio.bottom)
    return _compare(ratio, value, node, over=False)


def above(ratio: Ratio, value: Fraction, node: str) -> pl.Expr:
    """Return whether the fraction exceeds ``value``, decided on whole numbers."""
    return _compare(ratio, value, node, over=True)


def quotient(ratio: Ratio, scale: Fraction, sheet: Sheet, node: str) -> pl.Expr:
    """Return ``scale`` times the fraction as the nearest float (one rounding, at the end)."""
    factor = scale / ratio.bottom
    top = _scaled(ratio.top, factor.numerator, node)
    if ratio.by is None and factor.denominator == 1:
        return top
    if ratio.by is None:
        return top / sheet.divisor(factor.denominator)
    return top / _scaled(ratio.by, factor.denominator, node)


def divided(top: Ratio, bottom: Ratio, scale: Fraction, node: str) -> pl.Expr:
    """Return ``scale * top / bottom`` as the nearest float; null where ``bottom`` is 0."""
    factor = scale * bottom.bottom / top.bottom
    over, under = (bottom.by, top.by) if top.by != bottom.by else (None, None)
    above_line = _scaled(top.top, factor.numerator, node, over)
    below_line = _scaled(bottom.top, factor.denominator, node, under)
    return pl.when(pl.col(bottom.top.name) > 0).then(above_line / below_line)


def _compare(ratio: Ratio, value: Fraction, node: str, *, over: bool) -> pl.Expr:
    bound = ratio.bound * max(value.numerator, value.denominator)
    left = _read(ratio.top, bound, node) * _literal(value.denominator, bound, node)
    right = _literal(value.numerator * ratio.bottom, bound, node)
    if ratio.by is not None:
        right = right * _read(ratio.by, bound, node)
    return left > right if over else left >= right


def _scaled(column: Column, factor: int, node: str, by: Column | None = None) -> pl.Expr:
    """Return a product as a float; exact while it stays under 2^53, which short decimals do."""
    bound = column.bound * factor * (by.bound if by else 1)
    expr = _read(column, bound, node) * _literal(factor, bound, node) if factor != 1 else None
    expr = _read(column, bound, node) if expr is None else expr
    if by is not None:
        expr = expr * _read(by, bound, node)
    return expr.cast(pl.Float64)


def _bound(columns: Sequence[Column]) -> int:
    bound = 1
    for column in columns:
        bound *= column.bound
    return bound


def _read(column: Column, bound: int, node: str) -> pl.Expr:
    expr, wide = pl.col(column.name), width(max(bound, column.bound), node)
    return expr if wide == width(column.bound, node) else expr.cast(wide)


def _literal(value: int, bound: int, node: str) -> pl.Expr:
    return pl.lit(value, dtype=width(max(bound, value), node))


def width(bound: int, node: str) -> Width:
    """Return the narrowest column that holds twice ``bound``: sums need the room.

    Raises
    ------
    TooLargeError
        If no column does.
    """
    if bound < 2**14:
        return pl.Int16
    if bound < 2**30:
        return pl.Int32
    if bound < 2**62:
        return pl.Int64
    if bound < 2**126:
        return pl.Int128
    raise TooLargeError(node=node, bound=bound)
