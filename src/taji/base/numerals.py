"""Numbers as people type them, read exactly: full-width, grouped, per cent, in 万 and 亿.

Decides which spellings are one number and which are none. Does not decide what a number
means (a share, money, a count) nor its limits: that is the questionnaire's.

Only spellings with one possible reading are accepted: ``1.234,5`` or ``10²`` are none.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation

__all__ = ["Share", "half_width", "read_money", "read_number", "read_share"]

#: Full-width ASCII, the ideographic space, and what copying from pages leaves behind.
#: Wider Unicode folding (NFKC) is unsafe in numbers: it turns ``10²`` into ``102``.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ",
    0x00A0: " ",
    0x2007: " ",
    0x202F: " ",
    0x2009: " ",
    0xFFE5: "¥",
    0x2212: "-",
    0x200B: None,
    0x200C: None,
    0x200D: None,
    0x2060: None,
    0xFEFF: None,
    0x200E: None,
    0x200F: None,
}

_PLAIN = r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
_GROUPED = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]+)?"
_UNSIGNED = rf"(?:{_GROUPED}|{_PLAIN})"
_NUMBER = re.compile(rf"[+-]?{_UNSIGNED}\.?(?:[eE][+-]?[0-9]{{1,3}})?")
_SHARE = re.compile(rf"([+-]?{_UNSIGNED}(?:[eE][+-]?[0-9]{{1,3}})?) ?(%?)")

#: Multiples of one yuan; longer spellings first, so that 千万 is not read as 千.
_MULTIPLES = {
    "百亿": Decimal(10_000_000_000),
    "十亿": Decimal(1_000_000_000),
    "亿": Decimal(100_000_000),
    "千万": Decimal(10_000_000),
    "百万": Decimal(1_000_000),
    "十万": Decimal(100_000),
    "万": Decimal(10_000),
    "千": Decimal(1_000),
    "billion": Decimal(1_000_000_000),
    "million": Decimal(1_000_000),
    "thousand": Decimal(1_000),
}
_PART = re.compile(rf"({_UNSIGNED}) ?({'|'.join(_MULTIPLES)})")
_YUAN = re.compile(r"人民币|元整?|yuan|rmb|cny|[¥￥]")

#: No amount, count or share of a firm comes near; beyond it a float loses whole units.
_LARGEST = Decimal(10) ** 15

#: A share that was read: its value in per cent if bare numbers are per cent, and whether
#: the number stood bare (without a sign that says per cent).
Share = tuple[Decimal, bool]


def half_width(text: str) -> str:
    """Return ``text`` with full-width digits, letters and signs as ASCII, and trimmed.

    Examples
    --------
    >>> half_width("　１，２３４．５％ ")
    '1,234.5%'
    """
    return text.translate(_HALF_WIDTH).strip()


def read_number(text: str) -> Decimal | None:
    """Read a number with or without thousands separators; None where it is none.

    Examples
    --------
    >>> read_number("1,234.50"), read_number("１２"), read_number("1,23"), read_number("nan")
    (Decimal('1234.50'), Decimal('12'), None, None)
    """
    text = half_width(text)
    return _decimal(text) if _NUMBER.fullmatch(text) else None


def read_share(text: str) -> Share | None:
    """Read a share: its number, and whether it stood bare; None where it is none.

    Examples
    --------
    >>> read_share("70％"), read_share("0.35"), read_share("about 70")
    ((Decimal('70'), False), (Decimal('0.35'), True), None)
    """
    found = _SHARE.fullmatch(half_width(text))
    if found is None:
        return None
    value = _decimal(found[1])
    return None if value is None else (value, not found[2])


def read_money(text: str, *, per: int = 1) -> Decimal | None:
    """Read an amount; None where it is none, or is in another currency.

    Parameters
    ----------
    text : str
        ``350``, ``350万元``, ``1.2亿``, ``1亿2000万``, ``¥3,500,000``, ``3.5 million yuan``.
    per : int
        Unit of an amount that names none. [yuan]

    Returns
    -------
    Decimal or None
        The amount. [yuan]

    Examples
    --------
    >>> read_money("1.2亿"), read_money("350", per=10000), read_money("350元", per=10000)
    (Decimal('120000000.0'), Decimal('3500000'), Decimal('350'))
    >>> read_money("1亿2000万元"), read_money("$5")
    (Decimal('120000000'), None)
    """
    text = half_width(text).casefold()
    bare, yuan = _YUAN.subn("", text)
    bare = bare.strip()
    sign = -1 if bare.startswith("-") else 1
    number = read_number(bare)
    if number is not None:
        return _in_reach(number * (1 if yuan else per))
    parts = _parts(bare.lstrip("+-"))
    return None if parts is None else _in_reach(sign * parts)


def _parts(text: str) -> Decimal | None:
    """Sum ``1亿2000万``: every part with its multiple, from the largest to the smallest."""
    total, at, last = Decimal(0), 0, None
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            break
        multiple, number = _MULTIPLES[found[2]], _decimal(found[1])
        if number is None or (last is not None and multiple >= last):
            return None
        total, last = total + number * multiple, multiple
        at = found.end()
        while text[at : at + 1] == " ":
            at += 1
    if last is None:
        return None
    if at < len(text):  # 1万2 may be 12,000 or 10,002: only a plain remainder in yuan is clear
        return None
    return total


def _decimal(text: str) -> Decimal | None:
    try:
        return _in_reach(Decimal(text.replace(",", "").replace(" ", "")))
    except InvalidOperation:
        return None


def _in_reach(value: Decimal) -> Decimal | None:
    return value if abs(value) <= _LARGEST and math.isfinite(float(value)) else None
