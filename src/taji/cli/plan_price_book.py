"""``taji plan price-book``: a city's real projects in place of planning assumptions."""

from __future__ import annotations

from pathlib import Path

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.options import lang_option, out_option, quiet_option, say
from taji.desk.pricing import make_price_book

__all__ = ["build"]

HELP = Text(
    zh="用本市真实项目的费用分位数替换措施包中的规划假设；不足5个项目的格仍用假设。\n\n"
    "PROJECTS 是项目表，每行一个项目：measure、variant、size、cost（一次性费用，元）。",
    en="Replace the planning assumptions of a pack of measures by quantiles of what a city's real "
    "projects cost; a cell of fewer than 5 projects keeps the assumption.\n\nPROJECTS is a table, "
    "one row a project: measure, variant, size, cost (yuan paid once).",
)
OPTIONS = {
    "measures": Text(zh="措施包编号或路径。", en="Id of a pack of measures, or its path."),
    "out": Text(
        zh="文件夹：measures.yaml（按路径供 --measures 使用）、cells.csv，有退回时还有 refused.csv。",
        en="Folder for measures.yaml (give its path to --measures), cells.csv and, where rows "
        "were refused, refused.csv.",
    ),
}


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(projects: Path, measures: str, out: Path, quiet: bool) -> int:
        priced = make_price_book(projects, measures=measures, out=out, language=language)
        say(priced.sentence, quiet=quiet, language=language)
        click.echo(priced.tally, err=True)
        return 0 if priced.accepted else 1

    return Command(
        name="price-book",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(
                ["projects"], type=click.Path(exists=True, dir_okay=False, path_type=Path)
            ),
            click.Option(
                ["--measures"],
                default="sme2024",
                show_default=True,
                help=OPTIONS["measures"][language],
            ),
            out_option(language, OPTIONS["out"]),
            lang_option(language),
            quiet_option(language),
        ],
    )
