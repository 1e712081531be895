"""What the platform says, in the reader's language.

A phrase is written where it is used, in both languages at once; one without the other does not
run. See ``docs/decisions/0011-words-of-the-platform.md`` for why there is no catalogue of messages.
"""

from __future__ import annotations

from django.utils.functional import lazy
from django.utils.translation import get_language, override

from taji.base.text import Language, Text

__all__ = ["TAGS", "both", "language", "said", "say"]

#: What a page declares as its language, and Django calls it.
TAGS: dict[Language, str] = {"zh": "zh-hans", "en": "en"}


def language() -> Language:
    """Return the language of the reader who is being answered."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def said(text: Text) -> str:
    """Return ``text`` in the reader's language."""
    return text[language()]


def _say(zh: str, en: str, **fields: object) -> str:
    return Text(zh=zh, en=en)[language()].format(**fields)


#: ``say("等级", "Level")``: a phrase that becomes text when it is shown; for labels and messages.
say = lazy(_say, str)


def both(phrase: object) -> Text:
    """Return what a lazy phrase (a label of a choice) says in each language, for an error to carry."""
    told = {}
    for name, tag in TAGS.items():
        with override(tag):
            told[name] = str(phrase)
    return Text(**told)
