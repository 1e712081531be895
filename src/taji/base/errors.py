"""The one family of errors that this library raises on purpose.

An error is data first and a sentence second: it has a stable ``code``, keeps
the offending values as attributes, and renders itself in Chinese or English.
Doors (CLI, web) translate; the science never formats for a screen.
"""

from __future__ import annotations

from typing import ClassVar

from taji.base.text import Language

__all__ = ["TajiError"]


class TajiError(Exception):
    """Base of every error a caller may want to catch.

    Attributes
    ----------
    code : str
        Stable, documented identifier, ``"<floor>.<what went wrong>"``.
    fields : dict[str, object]
        The values named in the sentence, for logs, forms and tests.
    """

    code: ClassVar[str]
    sentences: ClassVar[dict[Language, str]]

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.render("en"))

    def render(self, language: Language) -> str:
        """Return the sentence for a reader of ``language``."""
        return self.sentences[language].format(**self.fields)
