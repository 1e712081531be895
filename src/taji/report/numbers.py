"""How numbers are written: whole per cents for small samples, ranges with an en dash.

Decides the typography and the precision of a number on a page. Does not decide which number
is shown (``taji.report.sentences``, ``taji.report.story``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from taji.base.text import Language, Text

__all__ = [
    "FEW",
    "WHOLE_PERCENT_BELOW",
    "Scale",
    "amount",
    "count",
    "interval",
    "money",
    "percent",
    "plain",
]

#: Under this many answers a tenth of a per cent is noise: whole per cents are written. [firms]
WHOLE_PERCENT_BELOW = 200
#: Under this many answers a figure carries a warning. [firms]
FEW = 30
#: U+00A0, so that a number never parts from its unit.
_SPACE = "\u00a0"


def _fixed(value: float, decimals: int) -> str:
    rounded = round(value, decimals)
    return f"{rounded + 0.0:,.{decimals}f}"  # adding zero turns -0.0 into 0.0


def _decimals(n: float | None) -> int:
    return 0 if n is None or n < WHOLE_PERCENT_BELOW else 1


def _bare_percent(share: float, n: float | None) -> str:
    decimals = _decimals(n)
    step = 10.0**-decimals
    shown = 100 * share
    if 0 < shown < step / 2:
        return f"<{step:g}"
    if 100 - step / 2 < shown < 100:
        return f">{100 - step:g}"
    return _fixed(shown, decimals)


def percent(share: float, *, n: float | None, language: Language) -> str:
    """Write a share [fraction] as a per cent, as precisely as ``n`` answers allow.

    A share that is not nothing is never written as 0, nor one that is not all as 100.

    Examples
    --------
    >>> percent(0.0923, n=65, language="zh"), percent(0.0923, n=2000, language="zh")
    ('9%', '9.2%')
    >>> percent(0.001, n=65, language="zh"), percent(-0.0, n=65, language="zh")
    ('<1%', '0%')
    """
    return _bare_percent(share, n) + ("%" if language == "zh" else f"{_SPACE}%")


def plain(value: float, decimals: int) -> str:
    """Write a number with thousands separators and never a negative zero.

    Examples
    --------
    >>> plain(-0.001, 1), plain(12345.6, 0)
    ('0.0', '12,346')
    """
    return _fixed(value, decimals)


def amount(value: float) -> str:
    """Write an amount of money or time: to the cent, or whole where it is.

    Examples
    --------
    >>> amount(12345.0), amount(19.9)
    ('12,345', '19.90')
    """
    return plain(value, 0 if float(value).is_integer() else 2)


def count(value: float) -> str:
    """Write a number of firms.

    Examples
    --------
    >>> count(3012.0)
    '3,012'
    """
    return _fixed(value, 0)


#: Steps of money: from how many yuan on, yuan in one unit, and the unit's name.
_MONEY: dict[Language, tuple[tuple[float, float, str], ...]] = {
    "zh": ((1e8, 1e8, "亿元"), (1e4, 1e4, "万元"), (0.0, 1.0, "元")),
    "en": ((1e9, 1e9, "billion yuan"), (1e5, 1e6, "million yuan"), (0.0, 1.0, "yuan")),
}


def _significant(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    return _fixed(round(value, decimals), max(0, decimals))


def _money_step(value: float, language: Language) -> tuple[float, str]:
    steps = _MONEY[language]
    return next((unit, name) for least, unit, name in steps if abs(value) >= least)


def money(yuan: float, *, language: Language) -> str:
    """Write an amount [yuan] in the unit that people say, with three figures.

    Examples
    --------
    >>> money(123_456_789.0, language="zh"), money(123_456_789.0, language="en")
    ('1.23亿元', '123\\xa0million yuan')
    >>> money(56_000.0, language="zh")
    '5.60万元'
    """
    unit, name = _money_step(yuan, language)
    return _significant(yuan / unit, 3) + ("" if language == "zh" else _SPACE) + name


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How the numbers of one estimate are written.

    Attributes
    ----------
    kind : str
        ``percent`` for fractions, ``share`` for per cents of 0-100, ``money`` for yuan, ``plain``.
    span : float
        Upper end of the range that the number lies in; decides the decimals of ``plain``.
    unit : Text, optional
        Written behind a ``plain`` number.
    """

    kind: str
    span: float = 1.0
    unit: Text | None = None

    def write(self, value: float, *, n: float | None, language: Language) -> str:
        """Write one number."""
        if self.kind == "percent":
            return percent(value, n=n, language=language)
        if self.kind == "share":
            return percent(value / 100, n=n, language=language)
        if self.kind == "money":
            return money(value, language=language)
        return plain(value, self.decimals(n)) + self._unit(language)

    def decimals(self, n: float | None) -> int:
        """Decimals of a plain number: about a hundredth of its range, a thousandth if many."""
        base = 0 if self.span >= 50 else 1 if self.span >= 5 else 2
        return base + _decimals(n)

    def _unit(self, language: Language) -> str:
        if self.unit is None:
            return ""
        return ("" if language == "zh" else _SPACE) + self.unit[language]


def interval(low: float, high: float, scale: Scale, *, n: float | None, language: Language) -> str:
    """Write a range: ``4%–18%`` in Chinese, ``4–18 %`` in English; other units stand once.

    The ends are rounded plainly: a lower end near nothing is written 0.

    Examples
    --------
    >>> interval(0.04, 0.18, Scale(kind="percent"), n=65, language="zh")
    '4%–18%'
    >>> interval(0.001, 0.18, Scale(kind="percent"), n=65, language="en")
    '0–18\\xa0%'
    >>> interval(24_900_000, 39_100_000, Scale(kind="money"), n=65, language="zh")
    '2,490–3,910万元'
    """
    if scale.kind in ("percent", "share"):
        factor = 100 if scale.kind == "percent" else 1
        ends = [_fixed(factor * end, _decimals(n)) for end in (low, high)]
        return f"{ends[0]}%–{ends[1]}%" if language == "zh" else f"{ends[0]}–{ends[1]}{_SPACE}%"
    words = [scale.write(end, n=n, language=language) for end in (low, high)]
    units = [word.lstrip("-0123456789.,") for word in words]
    if units[0] == units[1]:
        words[0] = words[0].removesuffix(units[0])
    return "–".join(words)
