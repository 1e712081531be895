"""The report of one firm, as a PDF and as a Word document."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import replace

import pikepdf
import pytest
from docx import Document
from docx.oxml.ns import qn

from taji.base.text import Text
from taji.catalogue.crosswalk import NOT_AN_ASSESSMENT
from taji.catalogue.model import Doubt
from taji.report.diagnosis import (
    Barrier,
    Change,
    Diagnosis,
    Grounds,
    LevelChance,
    LevelName,
    Lever,
    NodeScore,
    OtherModel,
    Standing,
)
from taji.report.firm_document import firm_document, write_firm_pdf
from taji.report.firm_docx import write_firm_docx
from taji.report.firm_story import others_tables, tell_firm
from taji.report.fonts import family
from taji.report.phrases import Phrases

LEVELS = tuple(
    LevelName(id=str(place), title=Text(zh=zh, en=f"Level {place}"), place=place)
    for place, zh in enumerate(("未达一级", "一级", "二级"))
)


def text(word):
    return Text(zh=f"中文{word}", en=word)


def node(name, depth, parent, *, score=5.0, leaf=False, **more):
    fields = {
        "node": name,
        "title": text(name),
        "depth": depth,
        "parent": parent,
        "leaf": leaf,
        "points": score,
        "max_points": 10.0,
        "score": score,
        "coverage": 1.0,
        "level": None,
        "level_best": None,
        "doubt": None,
    }
    return NodeScore(**fields | more)


def change(name, *, option=None, gain=1.5):
    return Change(
        column=f"{name}/{option}" if option else name,
        question=text(f"question {name}"),
        short=text(name),
        option=None if option is None else text(option),
        before=text("before"),
        after=text("after"),
        gain=gain,
    )


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    barrier = Barrier(
        test="total >= 40",
        title=Text(zh="总分至少 40", en="Total at least 40"),
        needed=40.0,
        have=31.25,
        gap=8.75,
        counts=False,
        held_by=(
            Lever(
                node="nets",
                title=text("nets"),
                question=text("question nets"),
                have=2.0,
                needed=8.0,
                gain=6.0,
            ),
        ),
        singles=(),
        together=(change("capture", option="hr"), change("capture", option="energy"), change("it")),
        exact=True,
    )
    return Diagnosis(
        enterprise="F1",
        firm="某某 & 机械 <有限> 公司",
        occasion=text("round one"),
        simulated=True,
        model="m@1.0",
        model_title=text("model"),
        document="文件〔2024〕1号",
        unit=Text(zh="分", en="points"),
        score=31.25,
        points=31.25,
        max_points=100.0,
        coverage=0.93,
        coverage_min=0.7,
        levels=LEVELS,
        level=LEVELS[1],
        level_best=LEVELS[2],
        next_level=LEVELS[2],
        nodes=(
            node("total", 0, None, score=31.25, max_points=100.0, level="1", level_best="2"),
            node("base", 1, "total", score=7.0),
            node("base.nets", 2, "base", score=2.0),
            node("nets", 3, "base.nets", score=2.0, leaf=True),
            node("results", 1, "total", score=None, coverage=0.2),
            node("s_hr", 0, None, score=2.0, level="2", doubt="memory", leaf=True),
        ),
        barriers=(barrier,),
        standing=Standing(
            peers=text("small firms"), percentile=0.42, low=0.31, high=0.55, n=57, confidence=0.95
        ),
        doubts=(Doubt(what=text("rule of levels"), confidence="one_source"),),
    )


def words(data, tmp_path):
    """Text of each page; poppler is not a dependency, so its absence skips."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    path = tmp_path / "firm.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode().split("\f")[:-1]


def story(diagnosis, language):
    return tell_firm(diagnosis, language=language, font=family())


def test_the_story_says_level_score_and_what_is_left(diagnosis):
    told = story(diagnosis, "en")

    assert (told.level, told.score) == ("Level 1", "31.25 of 100 points")
    assert [rung.here for rung in told.ladder] == [False, True, False]
    assert any("Level 2" in line and "blank" in line for line in told.lines)
    assert told.banner


def test_ticks_of_one_question_that_go_together_share_a_row(diagnosis):
    told = story(diagnosis, "en")
    table = next(b for s in told.sections for b in s.blocks if b.kind == "table")

    assert [row[0] for row in table.rows] == ["capture", "it"]
    assert table.rows[0][2:] == ("Add: hr, energy", "+3")


def test_the_place_among_peers_is_said_with_its_interval(diagnosis):
    figures = [b for s in story(diagnosis, "en").sections for b in s.blocks if b.kind == "figure"]

    assert "42" in figures[1].title
    assert "31–55\xa0%" in figures[1].caption
    assert len(story(replace(diagnosis, standing=None), "en").sections) == 4


def test_what_is_to_be_checked_is_said(diagnosis):
    told = story(diagnosis, "en")
    bullets = [b for s in told.sections for b in s.blocks if b.kind == "bullets"]

    assert bullets[0].items == ("rule of levels: one source only.",)
    assert any("†" in row[0] for row in told.annex.blocks[0].rows)


def test_too_little_answered_gives_no_score_and_says_why(diagnosis):
    blank = replace(
        diagnosis,
        score=None,
        points=0.0,
        coverage=0.4,
        nodes=(node("total", 0, None, score=None, coverage=0.4),),
        standing=None,
    )
    told = story(blank, "en")

    assert told.score == "–"
    assert "40" in told.lines[0]
    assert "70" in told.lines[0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pdf_is_tagged_and_its_pictures_have_a_text(diagnosis, language, tmp_path):
    write_firm_pdf(diagnosis, tmp_path / "firm.pdf", language=language)

    with pikepdf.open(tmp_path / "firm.pdf") as opened:
        figures = [
            element
            for element in opened.objects
            if isinstance(element, pikepdf.Dictionary) and element.get("/S") == "/Figure"
        ]
        assert bool(opened.Root.MarkInfo.Marked)
        assert str(opened.Root.Lang).lower().startswith(language)
        assert len(figures) == 2
        assert all(len(str(figure.get("/Alt", ""))) > 20 for figure in figures)


def test_the_pdf_says_on_every_page_that_the_firm_is_invented(diagnosis, tmp_path):
    pages = words(firm_document(diagnosis, language="zh"), tmp_path)

    assert 2 <= len(pages) <= 3
    assert all("模拟数据" in page for page in pages)
    assert "<有限>" in pages[0]


def test_the_same_diagnosis_gives_the_same_bytes(diagnosis):
    assert firm_document(diagnosis, language="en") == firm_document(diagnosis, language="en")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_word_document_says_what_the_pdf_says(diagnosis, language, tmp_path):
    told = story(diagnosis, language)
    write_firm_docx(diagnosis, tmp_path / "firm.docx", language=language)
    document = Document(str(tmp_path / "firm.docx"))
    heads = [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]

    assert heads == [section.title for section in (*told.sections, told.annex)]
    assert document.paragraphs[0].style.name == "Title"
    assert any(told.level in cell for cell in cells)
    assert any(told.score in cell for cell in cells)
    for section in (*told.sections, told.annex):
        for block in section.blocks:
            if block.kind == "table":
                assert {word for row in block.rows for word in row} <= set(cells)


def test_words_have_more_room_than_numbers_in_the_annex_of_the_word_document(diagnosis, tmp_path):
    write_firm_docx(diagnosis, tmp_path / "firm.docx", language="en")
    annex = Document(str(tmp_path / "firm.docx")).tables[-1]

    grid = [column.width for column in annex.columns]
    assert grid == [cell.width for cell in annex.rows[-1].cells]
    assert grid[0] > 3 * max(grid[1:])


def test_the_word_document_reads_aloud_and_repeats_the_heads_of_tables(diagnosis, tmp_path):
    write_firm_docx(diagnosis, tmp_path / "firm.docx", language="zh")
    document = Document(str(tmp_path / "firm.docx"))
    pictures = list(document.element.iter(qn("wp:docPr")))
    repeated = list(document.element.iter(qn("w:tblHeader")))
    header = document.sections[0].header.paragraphs[0].text

    assert len(pictures) == 2
    assert all(len(picture.get("descr")) > 20 for picture in pictures)
    assert len(repeated) == 2
    assert "模拟数据" in header
    assert document.core_properties.language == "zh-CN"


def test_a_real_firm_is_not_called_invented(diagnosis, tmp_path):
    real = replace(diagnosis, simulated=False)
    write_firm_docx(real, tmp_path / "firm.docx", language="zh")

    assert "模拟" not in Document(str(tmp_path / "firm.docx")).sections[0].header.paragraphs[0].text
    with pikepdf.open(io.BytesIO(firm_document(real, language="zh"))) as opened:
        assert len(opened.pages) >= 2


def test_estimates_under_other_models_say_twice_that_they_are_no_assessment():
    """Once above the table and once below it, for it may run over a page."""
    other = OtherModel(
        model="m",
        title=text("M"),
        node=text("N"),
        low=text("A"),
        high=text("B"),
        coverage=0.5,
        loss=0.7,
    )

    for language in ("zh", "en"):
        (table,) = others_tables((other,), Phrases(language))
        assert NOT_AN_ASSESSMENT[language] in table.caption
        assert NOT_AN_ASSESSMENT[language] in table.note
        assert [cell.split("%")[0].strip() for cell in table.rows[0][-2:]] == ["50", "70"]


def sure_of(diagnosis, **changed):
    """The diagnosis with probabilities; ``changed`` goes to the grounds."""
    told = {"track": "expert", "firms": 40, "pairs": 2400, "same": 0.912, "readings": 8}
    chance = LevelChance(
        shares=(("0", 0.02), ("1", 0.83), ("2", 0.15)),
        from_reliability=0.12,
        from_missing=0.05,
        from_readings=0.0,
        draws=400,
        grounds=Grounds(**told | changed),
    )
    return replace(diagnosis, chance=chance)


def test_the_report_says_how_sure_the_level_is_and_which_other_it_may_be(diagnosis, tmp_path):
    sure = sure_of(diagnosis)
    zh, en = story(sure, "zh"), story(sure, "en")
    printed = words(firm_document(sure, language="zh"), tmp_path)[0]

    assert zh.sure == f"把握 83%；{LEVELS[2].title.zh} 15%"
    assert en.sure == f"83 % sure, 15 % {LEVELS[2].title.en}".replace(" %", "\u00a0%")
    assert any("2400 处答案经专家现场核对" in line for line in zh.lines)
    assert any("8 readings are held equally likely" in line for line in en.lines)
    assert "把握 83%" in printed


def test_an_assumption_is_called_one_and_a_repeat_is_not_an_expert(diagnosis):
    assumed = story(sure_of(diagnosis, track="assumed", pairs=0, firms=0, same=None), "en")
    repeat = story(sure_of(diagnosis, track="repeat", readings=1), "en")

    assert any("planning assumptions" in line for line in assumed.lines)
    assert any("noise of both answers" in line for line in repeat.lines)
    assert not any("readings are held" in line for line in repeat.lines)


def test_without_probabilities_nothing_is_said_of_them(diagnosis):
    plain = story(diagnosis, "en")

    assert plain.sure == ""
    assert not any("How sure" in line for line in plain.lines)
