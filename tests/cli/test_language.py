"""The language of the command line."""

from __future__ import annotations

import pytest

from taji.base.errors import TajiError
from taji.base.text import LANGUAGES
from taji.cli import run
from taji.cli.language import choose_language


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        (["assess", "--lang", "en"], {"LANG": "zh_CN.UTF-8"}, "en"),
        (["assess", "--lang=zh"], {"TAJI_LANG": "en"}, "zh"),
        ([], {"TAJI_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ([], {"LC_ALL": "en_GB.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ([], {"LANG": "C.UTF-8"}, "zh"),
        ([], {}, "zh"),
        (["--lang"], {}, "zh"),
    ],
)
def test_the_surest_wish_decides_the_language(arguments, environment, language):
    assert choose_language(arguments, environment) == language


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["sample"],
        ["assess"],
        ["portrait"],
        ["verify"],
        ["models"],
        ["models", "show"],
        ["demo"],
    ],
    ids=" ".join,
)
def test_every_help_speaks_the_language_asked_for(command, capsys: pytest.CaptureFixture[str]):
    said = {}
    for language in LANGUAGES:
        assert (
            run([*command, "--help", "--lang", language]) == 0
            or run(["--lang", language, *command, "--help"]) == 0
        )
        said[language] = capsys.readouterr().out

    assert "用法" in said["zh"]
    assert "Usage" in said["en"]
    assert not any("\u4e00" <= character <= "\u9fff" for character in said["en"])


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["portrait"], "缺少参数", "Missing"),
        (
            ["assess", "nowhere.csv", "--model", "sme2024", "--out", "x.csv"],
            "nowhere.csv",
            "nowhere",
        ),
        (["verfy"], "verfy", "verfy"),
        (["assess", "--modell", "x"], "--modell", "--modell"),
    ],
    ids=["nothing given", "no such file", "no such command", "no such option"],
)
def test_wrong_usage_exits_with_two_and_names_what_is_wrong(
    arguments, zh, en, capsys: pytest.CaptureFixture[str]
):
    for language, word in (("zh", zh), ("en", en)):
        assert run([*arguments, "--lang", language]) == 2
        assert word in capsys.readouterr().err


def test_an_unknown_model_is_wrong_usage_and_the_known_ones_are_listed(
    tmp_path, capsys: pytest.CaptureFixture[str]
):
    answers = tmp_path / "answers.csv"
    answers.write_text("enterprise,q1\nA,a\n", encoding="utf-8")

    code = run(["assess", str(answers), "--model", "sme2042", "--out", str(tmp_path / "o.csv")])

    assert code == 2
    assert "sme2024" in capsys.readouterr().err


def test_errors_speak_both_languages():
    assert all(
        set(kind.sentences) == set(LANGUAGES)
        for kind in TajiError.__subclasses__()
        if "code" in vars(kind)
    )


@pytest.mark.parametrize(
    "words",
    [
        ["verify", "/no/such/folder"],
        ["verify", __file__],
        ["sample", "/"],
        ["sample", "--size", "0"],
        ["sample", "--size", "x"],
        ["sample", "--out"],
        ["portrait", __file__, "--duplicates", "never"],
        ["portrait", __file__, "--confidence", "x"],
        ["asess"],
        ["verify", "/", "more"],
    ],
    ids=" ".join,
)
def test_wrong_words_are_told_in_chinese(words: list[str], capsys: pytest.CaptureFixture[str]):
    assert run(["--lang", "zh", *words]) == 2

    said = capsys.readouterr().err
    for english in ("does not exist", "is a ", "is not ", "No such", "Got ", "requires"):
        assert english not in said
