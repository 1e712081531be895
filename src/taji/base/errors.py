"""The one family of errors that this library raises on purpose.

An error is data first and a sentence second: it has a stable ``code``, keeps
the offending values as attributes, and renders itself in Chinese or English.
Doors (CLI, web) translate; the science never formats for a screen.
"""

from __future__ import annotations

from typing import ClassVar

from taji.base.text import Language, Text

__all__ = ["TajiError"]


class TajiError(Exception):
    """Base of every error a caller may want to catch.

    Attributes
    ----------
    code : str
        Stable, documented identifier, ``"<floor>.<what went wrong>"``.
    fields : dict[str, object]
        The values named in the sentence, for logs, forms and tests; a ``Text`` among them
        is said in the reader's language.
    """

    code: ClassVar[str]
    sentences: ClassVar[dict[Language, str]]

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.render("en"))

    def render(self, language: Language) -> str:
        """Return the sentence for a reader of ``language``."""
        said = {
            name: value[language] if isinstance(value, Text) else value
            for name, value in self.fields.items()
        }
        return self.sentences[language].format(**said)
