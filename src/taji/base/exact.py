"""Numbers that decide money, kept exact.

Points, weights and thresholds are typed by people as short decimals ("1.875")
or as quotients ("10/14"). Binary floating point cannot hold either, and a sum
of such floats can fall on the wrong side of a threshold; a fraction cannot.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict

__all__ = ["ARBITRARY", "Exact", "as_fraction"]

#: Pydantic does not know ``Fraction``; every schema that holds one says so.
ARBITRARY = ConfigDict(arbitrary_types_allowed=True)


def as_fraction(value: Any) -> Fraction:
    """Read an exact number from an int, a decimal or a quotient in text.

    Raises
    ------
    ValueError
        For a float (its decimals are already lost), a boolean or other text.

    Examples
    --------
    >>> as_fraction("10/14"), as_fraction(Decimal("1.875"))
    (Fraction(5, 7), Fraction(15, 8))
    """
    if isinstance(value, bool | float):
        raise ValueError("an exact number is an integer, a decimal or a quotient such as 10/14")
    if isinstance(value, int | Fraction):
        return Fraction(value)
    if isinstance(value, Decimal) and value.is_finite():
        return Fraction(value)
    if isinstance(value, str):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError) as error:
            raise ValueError(f"{value!r} is not a number") from error
    raise ValueError("an exact number is an integer, a decimal or a quotient such as 10/14")


Exact = Annotated[Fraction, BeforeValidator(as_fraction)]
