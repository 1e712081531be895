"""Numbers and days of an address or a form: what is none asks for nothing."""

from __future__ import annotations

import datetime as dt

__all__ = ["day", "whole"]

#: A whole number of fewer digits fits every column and offset of both databases.
DIGITS = 19


def whole(text: str | None) -> int:
    """Read a whole number.

    Examples
    --------
    >>> whole("50"), whole("-1"), whole("9" * 19), whole(None)
    (50, 0, 0, 0)
    """
    return int(text) if text and text.isdecimal() and len(text) < DIGITS else 0


def day(text: str | None) -> dt.date | None:
    """Read a day.

    Examples
    --------
    >>> day(" 2027-03-01 "), day("soon"), day(None)
    (datetime.date(2027, 3, 1), None, None)
    """
    try:
        return dt.date.fromisoformat((text or "").strip())
    except ValueError:
        return None
