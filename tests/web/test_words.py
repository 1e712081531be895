"""Every word of a page is said in both languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import taji.web

WEB = Path(next(iter(taji.web.__path__)))
TEMPLATES = sorted(WEB.rglob("templates/**/*.html"))
ATTRIBUTES = re.compile(r"\{% block \w+_attributes %\}.*?\{% endblock %\}", re.S)
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|\{% comment.*?endcomment %\}", re.S)
SAY = re.compile(r"\{%\s*say\s+(\"[^\"]*\"|'[^']*')\s+(\"[^\"]*\"|'[^']*')")
HAN = re.compile(r"[㐀-鿿]")
WORD = re.compile(r"[A-Za-z]{2,}|[㐀-鿿]")
#: Attributes that a person reads or hears.
HEARD = ("alt", "aria-label", "placeholder", "title", "content")
#: Elements whose text is the same in every language.
SAME = ("code", "kbd", "style")
#: Names and codes that are the same in every language.
NAMES = re.compile(
    r"English|中文|CSV|Parquet|PDF|DOCX|XLSX|HTML|JSON|XLSForm|SHA-256|API|QR|[Tt]aji|[\w-]+\.(?:json|csv|yaml|parquet|xlsx|pdf)"
)


class Unsaid(HTMLParser):
    """Collects text that stands in a template in one language only."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in ("br", "hr", "img", "input", "link", "meta"):
            self.inside.append(tag)
        if tag != "meta":
            self.found += [v for name, v in attributes if name in HEARD and _words(v or "")]

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if _words(data) and not set(SAME) & set(self.inside):
            self.found.append(data.strip())


def _words(text: str) -> bool:
    return bool(WORD.search(NAMES.sub("", text)))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(WEB)))
def test_a_template_says_nothing_in_one_language_only(path: Path):
    parser = Unsaid()
    parser.feed(TAG.sub("", ATTRIBUTES.sub("", path.read_text(encoding="utf-8"))))

    assert parser.found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(WEB)))
def test_the_chinese_half_of_a_phrase_is_chinese_and_the_english_half_is_not(path: Path):
    phrases = SAY.findall(path.read_text(encoding="utf-8"))

    swapped = [
        (zh, en) for zh, en in phrases if HAN.search(NAMES.sub("", en)) or en.strip("\"'") == ""
    ]

    assert swapped == []


def test_there_are_templates_to_look_at():
    assert len(TEMPLATES) > 5
