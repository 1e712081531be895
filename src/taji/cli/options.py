"""Options that several commands share, said once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from taji.base.text import Language, Text

__all__ = [
    "intake_options",
    "lang_option",
    "out_option",
    "quiet_option",
    "readings",
    "say",
    "seed_option",
    "time_limit_option",
]


def say(text: Text, *, quiet: bool, language: Language) -> None:
    """Say something to the person at the terminal, unless asked to be quiet."""
    if not quiet:
        click.echo(text[language], err=True)


def lang_option(language: Language) -> click.Option:
    """``--lang``: read before anything is parsed (``taji.cli.language``)."""
    text = {"zh": "语言：zh 或 en。", "en": "Language: zh or en."}
    return click.Option(
        ["--lang"], type=click.Choice(["zh", "en"]), help=text[language], expose_value=False
    )


def quiet_option(language: Language) -> click.Option:
    """``--quiet``: results and errors only."""
    text = {"zh": "只报告错误，不显示进度。", "en": "Say only what is wrong; no progress."}
    return click.Option(["--quiet"], is_flag=True, help=text[language])


def out_option(language: Language, text: Text) -> click.Option:
    """``--out``: where the result goes."""
    return click.Option(
        ["--out"], required=True, type=click.Path(path_type=Path), help=text[language]
    )


def intake_options(language: Language) -> list[click.Parameter]:
    """What every command that reads answers lets one say about them.

    They come to the command as the fields of ``taji.desk.gathering.IntakeChoices``.
    """
    texts = {
        "shares": Text(
            zh="占比题里裸数字的含义：percent（35 即 35%）或 fraction（0.35 即 35%）。",
            en="What a bare number means in a question for a share: percent (35 is 35 %) or "
            "fraction (0.35 is 35 %).",
        ),
        "duplicates": Text(
            zh="同一企业有多行时：error 全部退回，first 取第一行，last 取最后一行。",
            en="Several rows of one enterprise: error refuses all, first or last keeps that one.",
        ),
        "max_errors": Text(
            zh="refused.csv 最多列出多少条；计数不受影响。",
            en="How many refusals refused.csv lists at most; all are counted.",
        ),
        "accept_partial": Text(
            zh="必答格有误时仍接收该行，错误格按未答处理。",
            en="Accept a row although a required cell is refused; the cell counts as not answered.",
        ),
        "sheet": Text(zh="工作簿中的工作表名。", en="Name of the sheet in a workbook."),
    }
    return [
        click.Option(
            ["--shares"], type=click.Choice(["percent", "fraction"]), help=texts["shares"][language]
        ),
        click.Option(
            ["--duplicates"],
            type=click.Choice(["error", "first", "last"]),
            default="error",
            show_default=True,
            help=texts["duplicates"][language],
        ),
        click.Option(
            ["--max-errors"],
            type=click.IntRange(min=1),
            default=10_000,
            show_default=True,
            help=texts["max_errors"][language],
        ),
        click.Option(["--accept-partial"], is_flag=True, help=texts["accept_partial"][language]),
        click.Option(["--sheet"], help=texts["sheet"][language]),
    ]


def time_limit_option(text: Text, language: Language, *, seconds: float = 60.0) -> click.Option:
    """``--time-limit`` of a search. [s]"""
    return click.Option(
        ["--time-limit"],
        type=click.FloatRange(min=0.1),
        default=seconds,
        show_default=True,
        help=text[language],
    )


def seed_option(text: Text, language: Language) -> click.Option:
    """``--seed`` of a search or a draw; it stands in the result."""
    return click.Option(
        ["--seed"], type=click.IntRange(min=0), default=1, show_default=True, help=text[language]
    )


def readings(pairs: tuple[str, ...], language: Language) -> Mapping[str, str]:
    """Turn ``--option q1=a`` into ``{"q1": "a"}``."""
    for pair in pairs:
        if "=" not in pair:
            text = {
                "zh": f"“{pair}” 应写成 名称=取值，例如 q1=a。",
                "en": f"'{pair}' must be name=value, such as q1=a.",
            }
            raise click.BadParameter(text[language], param_hint="--option")
    return dict(pair.split("=", 1) for pair in pairs)
