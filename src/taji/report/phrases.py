"""The fixed phrases of a portrait, in Chinese and English, from ``phrases.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from taji.base.text import Language, Text

__all__ = ["Phrases", "all_phrases"]


@cache
def all_phrases() -> Mapping[str, Text]:
    """Read every phrase; one without both languages does not load."""
    raw = yaml.safe_load(files("taji.report").joinpath("phrases.yaml").read_text("utf-8"))
    return {key: Text(**pair) for key, pair in raw.items()}


class Phrases:
    """Phrases for a reader of one language.

    Examples
    --------
    >>> Phrases("en")("page_of", page=2, pages=9)
    'Page 2 of 9'
    """

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def __call__(self, key: str, /, **fields: object) -> str:
        """Return the phrase ``key`` with its blanks filled."""
        return all_phrases()[key][self.language].format(**fields)

    def either(self, key: str, fallback: str) -> str:
        """Return the phrase ``key`` if there is one, else ``fallback``."""
        return self(key) if key in all_phrases() else fallback
