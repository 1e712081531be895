"""Invitation letters."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import replace
from datetime import date

import pikepdf
import pytest

from taji.base.text import Text
from taji.report.fonts import MissingGlyphError
from taji.report.letters import Letter, NoLettersError, Sender, letters, write_letters_pdf

SENDER = Sender(
    bureau=Text(zh="某市工信局", en="Bureau of Industry"),
    survey=Text(zh="数字化水平调查", en="the survey of digital level"),
    purpose=Text(zh="了解全市企业的现状。", en="To learn where the city's firms stand."),
    phone="0000-1234",
    deadline=date(2026, 12, 20),
    dated=date(2026, 11, 25),
)
WANTED = [
    Letter(firm="甲公司", link="https://taji.example/i/aaa", address="某路 1 号", contact="王经理"),
    Letter(firm='乙 #1 <"公司"> $x$', link="https://taji.example/i/bbb"),
]


def words(data, tmp_path):
    """Text of each page; poppler is not a dependency, so its absence skips."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    path = tmp_path / "letters.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
    return [page.replace("\u200b", "") for page in done.stdout.decode().split("\f")[:-1]]


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_each_firm_has_one_sheet_with_its_own_link(language, tmp_path):
    pages = words(letters(WANTED, SENDER, language=language), tmp_path)

    assert len(pages) == 2
    assert "甲公司" in pages[0]
    assert "aaa" in pages[0]
    assert "bbb" not in pages[0]
    assert '乙 #1 <"公司"> $x$' in pages[1], "a name is text, whatever is in it"


def test_a_letter_in_both_languages_with_addresses_and_a_full_purpose_is_one_sheet(tmp_path):
    """The purpose is as long as the draft that the platform offers."""
    sender = replace(
        SENDER,
        purpose=Text(
            zh="了解全市企业的现状，据此安排服务。" * 9, en="To learn where firms stand. " * 19
        ),
        address="虚构省虚构市虚构路 1 号",
    )
    wanted = [replace(one, address="虚构省虚构市虚构工业园十二号厂房东侧" * 4) for one in WANTED]

    pages = words(letters(wanted, sender, language="both"), tmp_path)

    assert len(pages) == 2
    assert "bbb" in pages[1]


def test_a_letter_says_until_when_who_asks_and_whom_to_call(tmp_path):
    chinese, english = (
        words(letters(WANTED[:1], SENDER, language=one), tmp_path)[0] for one in ("zh", "en")
    )

    for part in ("2026", "12", "20", "0000-1234", "某市工信局", "王经理", "某路"):
        assert part in chinese
    for part in ("20 December 2026", "0000-1234", "Bureau of Industry", "withdraw"):
        assert part in english


def test_the_codes_have_a_text_and_the_letters_are_tagged():
    with pikepdf.open(io.BytesIO(letters(WANTED, SENDER))) as opened:
        figures = [
            element
            for element in opened.objects
            if isinstance(element, pikepdf.Dictionary) and element.get("/S") == "/Figure"
        ]
        assert bool(opened.Root.MarkInfo.Marked)
        assert sorted(str(figure.Alt) for figure in figures) == [
            "二维码：https://taji.example/i/aaa",
            "二维码：https://taji.example/i/bbb",
        ]


def test_an_invented_round_says_so_on_every_letter(tmp_path):
    pages = words(letters(WANTED, replace(SENDER, simulated=True)), tmp_path)

    assert all("模拟数据" in page for page in pages)


def test_a_bureau_may_word_the_protection_of_data_itself(tmp_path):
    own = replace(SENDER, privacy=Text(zh="另有规定。", en="As ruled elsewhere."))

    assert "另有规定" in words(letters(WANTED[:1], own), tmp_path)[0]


def test_the_same_letters_are_the_same_bytes(tmp_path):
    write_letters_pdf(WANTED, SENDER, tmp_path / "letters.pdf")

    assert (tmp_path / "letters.pdf").read_bytes() == letters(WANTED, SENDER)


def test_nobody_to_write_to_and_characters_that_no_font_has_are_refused():
    with pytest.raises(NoLettersError):
        letters([], SENDER)
    with pytest.raises(MissingGlyphError):
        letters([Letter(firm="\U00012000", link="https://taji.example/i/c")], SENDER)
