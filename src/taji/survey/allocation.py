"""Share a sample out over strata.

Turns "so many firms, by this rule" into a whole number of firms for each stratum: never
fewer than the minimum, never more than the stratum holds, and exactly the size asked for.
Does not decide which firms are drawn (``taji.survey.sampling``) nor what a stratum is.

All arithmetic is exact (fractions), and ties go to the larger stratum, then to the label
that sorts first: the same request gives the same allocation on every machine.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction
from typing import Literal, Self

from taji.base.errors import TajiError

__all__ = [
    "Allocation",
    "AllocationRuleError",
    "NoSpreadError",
    "SampleTooLargeError",
    "SampleTooSmallError",
    "allocate",
]

Rule = Literal["proportional", "equal", "power", "neyman"]

#: Digits to which ``N ** P`` is computed; ``Decimal`` rounds them alike on every machine.
POWER_CONTEXT = Context(prec=40)


class AllocationRuleError(TajiError):
    """The rule of allocation is not one of the four."""

    code = "survey.allocation_rule"
    sentences = {
        "en": (
            "Allocation {given!r} is not known. Write `proportional`, `equal`, `power:P` with "
            "P from 0 to 1 (such as power:0.5), or `neyman:COLUMN` (such as neyman:revenue)."
        ),
        "zh": (
            "无法识别分配方式 {given!r}。请写 `proportional`（按比例）、`equal`（等额）、"
            "`power:P`（幂分配，P 取 0 至 1，如 power:0.5）或 `neyman:列名`（如 neyman:revenue）。"
        ),
    }


class SampleTooSmallError(TajiError):
    """The size asked for cannot hold the minimum of every stratum."""

    code = "survey.sample_too_small"
    sentences = {
        "en": (
            "A sample of {size} cannot hold at least {minimum} in each of {strata} strata: "
            "that takes {needed}. Ask for --size {needed} or more, lower --min, or use fewer "
            "strata."
        ),
        "zh": (
            "样本量 {size} 不足以在 {strata} 个层中每层至少抽取 {minimum} 家：至少需要 {needed} 家。"
            "请将 --size 改为 {needed} 或以上，或调低 --min，或减少分层变量。"
        ),
    }


class SampleTooLargeError(TajiError):
    """More firms are asked for than there are."""

    code = "survey.sample_too_large"
    sentences = {
        "en": (
            "A sample of {size} was asked for, but the register holds {population} firms. "
            "Ask for --size {population} or less."
        ),
        "zh": (
            "要求抽取 {size} 家，但名录中只有 {population} 家企业。"
            "请将 --size 改为 {population} 或以下。"
        ),
    }


class NoSpreadError(TajiError):
    """Neyman allocation has nothing to go by: the column never varies inside a stratum."""

    code = "survey.no_spread"
    sentences = {
        "en": (
            "Column {column!r} does not vary inside any stratum, so Neyman allocation cannot "
            "use it. Name another column, or use --allocation proportional."
        ),
        "zh": (
            "列 {column!r} 在各层内均无差异，无法据此作奈曼分配。"
            "请改用其他列，或使用 --allocation proportional。"
        ),
    }


@dataclass(frozen=True, slots=True)
class Allocation:
    """How a sample is shared out over strata.

    Attributes
    ----------
    rule : {"proportional", "equal", "power", "neyman"}
        In proportion to the firms of the stratum; the same for all; in proportion to
        firms to the power of ``power``; in proportion to firms times standard deviation
        of ``column``.
    power : Decimal or None
        Exponent of the power rule, 0 (equal) to 1 (proportional).
    column : str or None
        Register column whose spread the Neyman rule uses.
    """

    rule: Rule
    power: Decimal | None = None
    column: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``proportional``, ``equal``, ``power:P`` or ``neyman:COLUMN``.

        Raises
        ------
        AllocationRuleError
            For any other text, or a power outside 0 to 1.

        Examples
        --------
        >>> Allocation.parse("power:0.5").power
        Decimal('0.5')
        >>> str(Allocation.parse("neyman:revenue"))
        'neyman:revenue'
        """
        name, _, argument = text.strip().partition(":")
        if name in ("proportional", "equal") and not argument:
            return cls(name)  # type: ignore[arg-type]  # narrowed by the line above
        if name == "neyman" and argument.strip():
            return cls("neyman", column=argument.strip())
        if name == "power":
            try:
                power = Decimal(argument.strip())
            except InvalidOperation:
                raise AllocationRuleError(given=text) from None
            if power.is_finite() and 0 <= power <= 1:
                return cls("power", power=power)
        raise AllocationRuleError(given=text)

    def __str__(self) -> str:
        argument = {"power": self.power, "neyman": self.column}.get(self.rule)
        return self.rule if argument is None else f"{self.rule}:{argument}"


def allocate(
    sizes: Mapping[str, int],
    *,
    size: int,
    allocation: Allocation,
    minimum: int,
    variances: Mapping[str, Fraction] | None = None,
) -> dict[str, int]:
    r"""Return how many firms to draw from each stratum.

    Parameters
    ----------
    sizes : mapping of str to int
        Firms in each stratum, at least 1. [firms]
    size : int
        Firms to draw in all. [firms]
    allocation : Allocation
        The rule.
    minimum : int
        Fewest firms from a stratum; a stratum that holds fewer gives all it has. [firms]
    variances : mapping of str to Fraction, optional
        Variance (denominator N - 1) of the Neyman column in each stratum. [its unit squared]

    Returns
    -------
    dict of str to int
        Firms to draw, in the order of ``sizes``. [firms]

    Raises
    ------
    SampleTooLargeError, SampleTooSmallError
        If ``size`` is over the population, or under the sum of the minima.
    NoSpreadError
        If every variance is zero.

    Notes
    -----
    With bounds :math:`l_h = \min(m, N_h)` and :math:`N_h`, the first three rules solve
    :math:`\sum_h \min(\max(\lambda a_h, l_h), N_h) = n` for :math:`\lambda`, where
    :math:`a_h` is :math:`N_h`, 1 or :math:`N_h^P` [1]_, and round by largest remainder.

    Neyman allocation minimises the variance of the estimated total,
    :math:`\sum_h N_h^2 S_h^2 / n_h`. Rounding :math:`n_h \propto N_h S_h` can miss the whole
    numbers that do this; handing out one firm at a time, always to the stratum with the
    largest :math:`N_h^2 S_h^2 / (n_h (n_h + 1))`, cannot [2]_.

    References
    ----------
    .. [1] M. D. Bankier, "Power allocations: determining sample sizes for subnational
       areas", *The American Statistician* 42(3), 174-177, 1988. doi:10.2307/2684995
       (with the coefficient of variation taken as equal in all strata).
    .. [2] T. Wright, "Exact optimal sample allocation: more efficient than Neyman",
       *Statistics & Probability Letters* 129, 50-57, 2017. doi:10.1016/j.spl.2017.04.026

    Examples
    --------
    >>> allocate({"small": 70, "medium": 25, "large": 5}, size=10, minimum=1,
    ...          allocation=Allocation.parse("proportional"))
    {'small': 7, 'medium': 2, 'large': 1}
    """
    lower = _bounds(sizes, size, minimum)
    if allocation.rule == "neyman":
        return _optimal(sizes, lower, size, variances or {}, str(allocation.column))
    weights = {h: _weight(count, allocation) for h, count in sizes.items()}
    return _largest_remainder(sizes, lower, size, weights)


def _bounds(sizes: Mapping[str, int], size: int, minimum: int) -> dict[str, int]:
    population = sum(sizes.values())
    if size > population:
        raise SampleTooLargeError(size=size, population=population)
    lower = {h: min(minimum, count) for h, count in sizes.items()}
    needed = max(1, sum(lower.values()))
    if size < needed:
        raise SampleTooSmallError(size=size, minimum=minimum, strata=len(sizes), needed=needed)
    return lower


def _weight(count: int, allocation: Allocation) -> Fraction:
    if allocation.rule == "proportional":
        return Fraction(count)
    if allocation.rule == "equal" or not allocation.power:
        return Fraction(1)
    return Fraction(POWER_CONTEXT.power(Decimal(count), allocation.power))


def _largest_remainder(
    sizes: Mapping[str, int], lower: Mapping[str, int], size: int, weights: Mapping[str, Fraction]
) -> dict[str, int]:
    scale = _scale(sizes, lower, size, weights)
    target = {
        h: min(max(scale * weights[h], Fraction(lower[h])), Fraction(sizes[h])) for h in sizes
    }
    drawn = {h: int(target[h]) for h in sizes}
    by_remainder = sorted(sizes, key=lambda h: (drawn[h] - target[h], -sizes[h], h))
    for stratum in by_remainder[: size - sum(drawn.values())]:
        drawn[stratum] += 1
    return drawn


def _scale(
    sizes: Mapping[str, int], lower: Mapping[str, int], size: int, weights: Mapping[str, Fraction]
) -> Fraction:
    """Return the factor at which the weights, kept inside the bounds, sum to ``size``.

    The sum grows with the factor in straight pieces; between two neighbouring corners
    it is a line, on which the factor is read off.
    """
    left, below = Fraction(0), Fraction(sum(lower.values()))
    slope = sum((w for h, w in weights.items() if lower[h] == 0), Fraction(0))
    steps: dict[Fraction, Fraction] = {}
    for h, w in weights.items():
        if lower[h] > 0:
            steps[lower[h] / w] = steps.get(lower[h] / w, Fraction(0)) + w
        steps[sizes[h] / w] = steps.get(sizes[h] / w, Fraction(0)) - w
    for corner in sorted(steps):
        above = below + slope * (corner - left)
        if above >= size:
            return left if slope == 0 else left + (size - below) / slope
        left, below = corner, above
        slope += steps.get(corner, Fraction(0))
    return left


def _optimal(
    sizes: Mapping[str, int],
    lower: Mapping[str, int],
    size: int,
    variances: Mapping[str, Fraction],
    column: str,
) -> dict[str, int]:
    gain = {h: count * count * variances[h] for h, count in sizes.items()}
    if not any(gain.values()):
        raise NoSpreadError(column=column)
    drawn = dict(lower)
    queue = [_bid(gain[h], n, sizes[h], h) for h, n in drawn.items() if n < sizes[h]]
    heapq.heapify(queue)
    for _ in range(size - sum(drawn.values())):
        stratum = heapq.heappop(queue)[-1]
        drawn[stratum] += 1
        if drawn[stratum] < sizes[stratum]:
            heapq.heappush(queue, _bid(gain[stratum], drawn[stratum], sizes[stratum], stratum))
    return drawn


def _bid(gain: Fraction, drawn: int, count: int, stratum: str) -> tuple[bool, Fraction, int, str]:
    """Rank a stratum in the queue for one more firm: least first.

    A stratum that varies and has none yet comes before all: its variance is unbounded.
    """
    urgent = drawn == 0 and gain > 0
    return (not urgent, -gain / (drawn * (drawn + 1) or 1), -count, stratum)
