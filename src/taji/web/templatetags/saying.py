"""Template tags for speech and for numbers as people read them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from taji.base.errors import TajiError
from taji.base.text import Text
from taji.web.register.coding import label
from taji.web.speech import language

register = template.Library()


@register.simple_tag
def say(zh: str, en: str, **fields: Any) -> SafeString:
    """``{% say "第 {n} 页" "Page {n}" n=page %}``: a phrase of ours, its blanks escaped."""
    phrase = Text(zh=zh, en=en)[language()]
    escaped = {name: conditional_escape(value) for name, value in fields.items()}
    return mark_safe(phrase.format(**escaped))  # our phrase, its blanks escaped  # nosec B308 B703


@register.filter
def said(text: Any) -> str:
    """``{{ option.label|said }}``: a text or an error in the reader's language."""
    if isinstance(text, Text):
        return text[language()]
    if isinstance(text, TajiError):
        return text.render(language())
    return "" if text is None else str(text)


@register.filter
def called(code: str, column: str) -> Text:
    """``{{ firm.district|called:"district"|said }}``: what a code of the register means."""
    return label(column, code)


@register.filter
def percent(value: float | None, digits: int = 0) -> str:
    """``{{ share|percent }}``: a fraction as per cent; a dash where there is none."""
    return "—" if value is None else f"{value * 100:.{digits}f} %"


@register.filter
def grouped(value: float | None, digits: int = 0) -> str:
    """``{{ count|grouped }}``: a number with thousands apart."""
    return "—" if value is None else f"{value:,.{digits}f}"


@register.filter
def moment(value: dt.datetime | None) -> str:
    """``{{ at|moment }}``: date and minute where the bureau is."""
    return "—" if value is None else timezone.localtime(value).strftime("%Y-%m-%d %H:%M")


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """``{{ at|day }}``: the date where the bureau is."""
    if value is None:
        return "—"
    return (timezone.localtime(value) if isinstance(value, dt.datetime) else value).strftime(
        "%Y-%m-%d"
    )


@register.filter
def entry(mapping: Any, key: Any) -> Any:
    """``{{ answers|entry:item.id }}``: one entry of a mapping, nothing where there is none."""
    return mapping.get(key) if mapping else None
