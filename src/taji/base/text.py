"""Text that exists in Chinese and English, or not at all."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["LANGUAGES", "Language", "Text"]

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, Language] = ("zh", "en")


class Text(BaseModel):
    """One phrase in both languages; a missing half does not load.

    Examples
    --------
    >>> Text(zh="等级", en="Level")["zh"]
    '等级'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @classmethod
    def same(cls, words: str) -> Text:
        """Return what is written alike in both languages: a name, a number, a code.

        Examples
        --------
        >>> Text.same("MES")["zh"]
        'MES'
        """
        return cls(zh=words, en=words)

    def __getitem__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en
