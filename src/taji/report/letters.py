"""Invitation letters on paper: one A4 sheet a firm, with the link as a QR code, in one PDF.

Decides what a letter says and how it looks. Whom to invite and which link is whose is the
caller's. The PDF is tagged (PDF/UA-1); the code has a text, and the link stands beside it for
whoever cannot scan.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Literal

import segno
import typst

from taji.base.errors import TajiError
from taji.base.text import LANGUAGES, Language, Text
from taji.report.fonts import family, require
from taji.report.phrases import Phrases
from taji.report.tokens import COLOURS

__all__ = ["Letter", "LetterLanguage", "NoLettersError", "Sender", "letters", "write_letters_pdf"]

#: One language, or both on one sheet, Chinese first.
LetterLanguage = Literal["zh", "en", "both"]


class NoLettersError(TajiError):
    """There is nobody to write to."""

    code = "report.no_letters"
    sentences = {
        "en": "There is no firm to write to. Choose at least one.",
        "zh": "没有收信企业。请至少选择一家。",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who asks, for what, until when: the same on every letter.

    Attributes
    ----------
    bureau : Text
        Who asks and signs.
    survey : Text
        Name of the round.
    purpose : Text
        What the answers are for, in a sentence or two.
    phone : str
        Where a firm can ask; printed as it is.
    deadline, dated : date
        Last day to answer, and the day of the letter.
    minutes : int
        How long an answer takes. [minutes]
    privacy : Text or None
        How the answers are protected, in plain words; our own paragraph where it is None.
    simulated : bool
        The round is invented; every letter says so.
    address : str
        Of the bureau, printed below its name; may be empty.
    """

    bureau: Text
    survey: Text
    purpose: Text
    phone: str
    deadline: date
    dated: date
    minutes: int = 60
    privacy: Text | None = None
    simulated: bool = False
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One firm's letter: its name, where it is sent, whom it greets, and its own link."""

    firm: str
    link: str
    address: str = ""
    contact: str = ""


def letters(wanted: Sequence[Letter], sender: Sender, *, language: LetterLanguage = "zh") -> bytes:
    """Return all letters as the bytes of one PDF, in the order given.

    Raises
    ------
    NoLettersError
        If none is wanted.
    MissingFontError, MissingGlyphError
        If no Chinese family is installed, or a character is in no font.
    """
    if not wanted:
        raise NoLettersError()
    font = family()
    languages = LANGUAGES if language == "both" else (language,)
    first = Phrases(languages[0])
    data = {
        "lang": "zh" if languages[0] == "zh" else "en",
        "region": "cn" if languages[0] == "zh" else "gb",
        "font": font,
        "colours": {name: getattr(COLOURS, name) for name in ("ink", "muted", "rule", "ours")},
        "title": first("letter_title", survey=sender.survey[languages[0]]),
        "banner": first("banner") if sender.simulated else "",
        "parts": [_part(sender, one) for one in languages],
        "letters": [_letter(letter, languages) for letter in wanted],
    }
    text = json.dumps(data, ensure_ascii=False)
    require(text, name=font)
    source = files("taji.report").joinpath("templates", "letters.typ").read_bytes()
    pdf: bytes = typst.compile(
        source, format="pdf", pdf_standards=["ua-1"], sys_inputs={"data": text}, timestamp=0
    )
    return pdf


def write_letters_pdf(
    wanted: Sequence[Letter],
    sender: Sender,
    path: Path | str,
    *,
    language: LetterLanguage = "zh",
) -> None:
    """Write the letters of a round as one PDF to print.

    Parameters
    ----------
    wanted : sequence of Letter
        One a firm, in the order to print.
    sender : Sender
        What all letters share.
    path : Path or str
        File to write.
    language : {"zh", "en", "both"}
        Language of the letters.

    Raises
    ------
    NoLettersError, MissingFontError, MissingGlyphError
        See ``letters``.
    """
    Path(path).write_bytes(letters(wanted, sender, language=language))


def _part(sender: Sender, language: Language) -> dict[str, object]:
    """What every letter says in one language."""
    phrases = Phrases(language)
    deadline, dated = _day(sender.deadline, language), _day(sender.dated, language)
    bureau, survey = sender.bureau[language], sender.survey[language]
    privacy = sender.privacy[language] if sender.privacy else phrases("letter_privacy")
    return {
        "lang": language,
        "title": phrases("letter_title", survey=survey),
        "paragraphs": [
            phrases("letter_asks", bureau=bureau, survey=survey),
            sender.purpose[language],
            phrases("letter_how", minutes=sender.minutes, deadline=deadline),
        ],
        "privacy_head": phrases("letter_privacy_head"),
        "privacy": privacy,
        "help": phrases("letter_help", phone=sender.phone),
        "signed": bureau,
        "sent_from": sender.address,
        "dated": dated,
        "deadline": phrases("letter_until", deadline=deadline),
        "scan": phrases("letter_scan"),
    }


def _letter(letter: Letter, languages: Sequence[Language]) -> dict[str, object]:
    phrases = [Phrases(language) for language in languages]
    greeted = "letter_greeting_contact" if letter.contact else "letter_greeting"
    return {
        "firm": letter.firm,
        "address": letter.address,
        "link": letter.link,
        "greetings": [say(greeted, firm=letter.firm, contact=letter.contact) for say in phrases],
        "alt": phrases[0]("letter_code", link=letter.link),
        "code": _code(letter.link),
    }


def _code(link: str) -> str:
    """Return the QR code of a link as an SVG; a sixth of it may be soiled."""
    drawn = io.BytesIO()
    segno.make(link, error="m", micro=False).save(
        drawn, kind="svg", border=4, xmldecl=False, svgclass=None, lineclass=None
    )
    return drawn.getvalue().decode()


def _day(day: date, language: Language) -> str:
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
