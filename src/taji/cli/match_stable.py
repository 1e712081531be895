"""``taji match stable``: a matching that no pair would leave."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.options import lang_option, out_option, quiet_option, say
from taji.cli.progress import Bar
from taji.desk.matching_stably import match_stably

__all__ = ["build"]

HELP = Text(
    zh="按双方意愿求稳定匹配：没有一对需求与服务商都更想要对方。\n\n"
    "PAIRS 是配对表（CSV、XLSX、Parquet），列：need、provider、need_score、provider_score，分高者优先。"
    "容量表的列：provider、capacity（项）。写出 assignment.csv 与 summary.json。",
    en="Match by the wishes of both sides so that no need and provider would both rather have each "
    "other.\n\nPAIRS is a table (CSV, XLSX, Parquet) of need, provider, need_score, "
    "provider_score, higher preferred; the capacities have provider, capacity (in needs). Writes "
    "assignment.csv and summary.json.",
)
OPTIONS = {
    "capacities": Text(zh="容量表。", en="The table of capacities."),
    "favour": Text(
        zh="在所有稳定匹配中对哪一方最有利：needs 需求方，providers 服务商。",
        en="The side for which it is the best of all stable matchings.",
    ),
    "out": Text(zh="结果文件夹。", en="Folder of the result."),
}


def build(language: Language) -> Command:
    """Build the command in ``language``."""
    path = click.Path(exists=True, dir_okay=False, path_type=Path)

    def run(
        pairs: Path,
        capacities: Path,
        favour: Literal["needs", "providers"],
        out: Path,
        quiet: bool,
    ) -> int:
        with Bar(language=language, quiet=quiet) as bar:
            written = match_stably(pairs, capacities, favour=favour, out=out, steps=bar)
        say(written.sentence, quiet=quiet, language=language)
        return 0

    return Command(
        name="stable",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(["pairs"], type=path),
            click.Option(
                ["--capacities"], required=True, type=path, help=OPTIONS["capacities"][language]
            ),
            click.Option(
                ["--favour"],
                type=click.Choice(["needs", "providers"]),
                default="needs",
                show_default=True,
                help=OPTIONS["favour"][language],
            ),
            out_option(language, OPTIONS["out"]),
            lang_option(language),
            quiet_option(language),
        ],
    )
