"""Words of a text in Chinese or English, so that the same thing is the same word.

Decides how a text is cut, that traditional characters count as simplified ones, and that the
spellings of a concept are one word. Nothing is downloaded: jieba brings its dictionary, OpenCC its
tables. Does not weigh words (``taji.match.relevance``).
"""

from __future__ import annotations

import logging
import re
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import jieba  # type: ignore[import-untyped]
import opencc

__all__ = ["CONCEPT", "Words"]

#: Begins the word of a concept; no text holds it after folding.
CONCEPT = "§"
#: Words that say nothing about what is wanted or offered.
EMPTY = frozenset(
    [
        *("的", "了", "和", "与", "及", "或", "等", "在", "对", "为", "是", "我", "我们", "我司"),
        *("公司", "企业", "需要", "希望", "提供", "进行", "实现", "服务", "系统", "方案"),
        *("a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "it", "of", "on"),
        *("or", "our", "that", "the", "this", "to", "we", "with", "need", "want", "provide"),
        *("service", "system", "solution", "company"),
    ]
)
_WORD = re.compile(r"[0-9a-z][0-9a-z.+#-]*|[\u3400-\u9fff]+")
_PLURAL = re.compile(r"(?<=[a-z]{3})(?<!s)s$")


class Words:
    """Cuts texts into words.

    Parameters
    ----------
    concepts : mapping of str to sequence of str
        Spellings of every concept, by its id.

    Examples
    --------
    >>> words = Words({"mes": ["MES", "制造执行系统"]})
    >>> words.of("製造執行系統"), words.of("an MES for two workshops")
    (['§mes'], ['§mes', 'two', 'workshop'])
    """

    def __init__(self, concepts: Mapping[str, Sequence[str]]) -> None:
        self._owner = {fold(text): concept for concept, texts in concepts.items() for text in texts}
        spellings = sorted(self._owner, key=lambda text: (-len(text), text))
        self._spelling = re.compile("|".join(_bounded(text) for text in spellings) or r"(?!)")

    def of(self, text: str) -> list[str]:
        """Return the words of a text; a concept is one word, whatever it is called."""
        found: list[str] = []
        at, folded = 0, fold(text)
        for hit in self._spelling.finditer(folded):
            found += _plain_words(folded[at : hit.start()])
            found.append(CONCEPT + self._owner[hit[0]])
            at = hit.end()
        return found + _plain_words(folded[at:])

    def concept(self, text: str) -> str:
        """Return the one word that a short entry stands for: its concept, or itself."""
        folded = fold(text)
        owner = self._owner.get(folded)
        return folded if owner is None else CONCEPT + owner


def fold(text: str) -> str:
    """Return a text without what does not matter: width, case, traditional characters, spaces.

    Examples
    --------
    >>> fold("　ＭＥＳ  製造執行 ")
    'mes 制造执行'
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    simplified: str = _simplifier().convert(plain)
    return simplified


def _bounded(text: str) -> str:
    """A spelling in Latin letters counts as a whole word only."""
    before = r"(?<![0-9a-z])" if text[0].isascii() else ""
    after = r"(?![0-9a-z])" if text[-1].isascii() else ""
    return before + re.escape(text) + after


def _plain_words(text: str) -> list[str]:
    words: list[str] = []
    for run in _WORD.findall(text):
        pieces = [_PLURAL.sub("", run)] if run[0].isascii() else _cutter().cut_for_search(run)
        words += [word for word in pieces if word not in EMPTY and not _particle(word)]
    return words


def _particle(word: str) -> bool:
    """A single character out of a run says little; a single Latin letter says nothing."""
    return len(word) == 1


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _cutter() -> jieba.Tokenizer:
    """Return jieba with its own dictionary, leaving no cache file behind and saying nothing."""
    jieba.setLogLevel(logging.WARNING)
    cutter = jieba.Tokenizer()
    with tempfile.TemporaryDirectory() as folder:
        cutter.tmp_dir = str(Path(folder))
        cutter.initialize()
    return cutter
