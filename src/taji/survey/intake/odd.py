"""Answers of one sheet that a person should look at again before handing in.

Every one of them is an answer that intake takes; what is odd is only likely to be a slip. Decides
what is pointed at, and refuses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from taji.base.text import Text
from taji.catalogue.questionnaire import Item

__all__ = ["Odd", "odd_answers"]

#: An amount from which it was likely typed in yuan where the form asks for ten thousands: more than
#: any small or medium firm turns over. [yuan]
HUGE = Decimal(10) ** 11
#: Scales in a row that all carry one answer, from which they look ticked without reading. [questions]
STRAIGHT = 8

FRACTION = Text(
    zh="填的是 {value}，即 {value} %。若想填的是 {percent} %，请改为 {percent}。",
    en="You wrote {value}, which is {value} per cent. If {percent} per cent was meant, write {percent}.",
)
LARGE = Text(
    zh="金额相当于 {value} 亿元，请核对单位。",
    en="The amount comes to {value} hundred million yuan: check the unit.",
)
ALIKE = Text(
    zh="从这里起连续 {n} 题的答案相同，请确认逐题看过。",
    en="From here on, {n} questions in a row have the same answer: make sure that each was read.",
)


@dataclass(frozen=True, slots=True)
class Odd:
    """What is odd, and at which item it begins."""

    key: str
    why: Text


def odd_answers(
    items: Sequence[tuple[str, Item]], answers: Mapping[str, str | list[str]]
) -> tuple[Odd, ...]:
    """Return what looks odd, in the order asked.

    Parameters
    ----------
    items : sequence of (key, Item)
        What was put to the firm.
    answers : mapping
        Answers by key, decimals as text; money in yuan.

    Examples
    --------
    >>> from taji.catalogue.load import questionnaire
    >>> items = list(questionnaire("sme2024").items.items())
    >>> odd_answers(items, {"q2": "0.35", "q3": "40"})[0].why.en
    'You wrote 0.35, which is 0.35 per cent. If 35 per cent was meant, write 35.'
    """
    found = [odd for key, item in items if (odd := _alone(key, item, answers.get(key)))]
    found += _straight(items, answers)
    order = {key: place for place, (key, _) in enumerate(items)}
    return tuple(sorted(found, key=lambda odd: order[odd.key]))


def _alone(key: str, item: Item, value: str | list[str] | None) -> Odd | None:
    if not isinstance(value, str):
        return None
    if item.kind == "share" and 0 < Decimal(value) < 1:
        return Odd(key, _say(FRACTION, value=value, percent=_plain(Decimal(value) * 100)))
    if item.kind == "money" and abs(Decimal(value)) >= HUGE:
        return Odd(key, _say(LARGE, value=_plain(Decimal(value) / 10**8)))
    return None


def _straight(
    items: Sequence[tuple[str, Item]], answers: Mapping[str, str | list[str]]
) -> list[Odd]:
    """Runs of scales answered alike; a firm with nothing at all (the lowest rung) is no oddity."""
    found: list[Odd] = []
    start, last, length = "", None, 0
    for key, item in [*items, ("", None)]:
        value = answers.get(key) if item is not None and item.kind == "scale" else None
        if value is not None and value == last:
            length += 1
            continue
        if length >= STRAIGHT and last not in (None, "0"):
            found.append(Odd(start, _say(ALIKE, n=length)))
        start, last, length = key, value, 1
    return found


def _say(text: Text, **fields: object) -> Text:
    return Text(zh=text.zh.format(**fields), en=text.en.format(**fields))


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
