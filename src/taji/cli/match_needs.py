"""``taji match needs``: needs and providers from two tables, with reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.options import (
    lang_option,
    out_option,
    quiet_option,
    say,
    seed_option,
    time_limit_option,
)
from taji.cli.progress import Bar
from taji.cli.stray import without_stray_output
from taji.desk.matching_needs import THESAURUS, Mode, match_needs

__all__ = ["build"]

HELP = Text(
    zh="从需求表和服务商表出发：先按硬条件筛选并逐条说明不合格的原因，再按中英文描述的相关度排序；"
    "也可直接分配。写出 ranked.csv、why_not.csv、summary.json，分配时另有 assignment.csv。",
    en="From a table of needs and one of providers: sift by hard facts and say why each refused "
    "provider is refused, rank by how well the texts fit (Chinese or English), and allocate if "
    "asked. Writes ranked.csv, why_not.csv, summary.json, and assignment.csv in an allocation.",
)
OPTIONS = {
    "needs": Text(zh="需求表（CSV、XLSX、Parquet）。", en="Table of needs (CSV, XLSX, Parquet)."),
    "providers": Text(zh="服务商表。", en="Table of providers."),
    "mode": Text(
        zh="advisory 只列出；allocate 在容量内总相关度最高；stable 按双方意愿稳定匹配。",
        en="advisory: lists only; allocate: highest total relevance within capacities; stable: by "
        "the preferences of both sides.",
    ),
    "top": Text(zh="每项需求列出几家。", en="Providers listed for each need."),
    "share_cap": Text(
        zh="任何一家所得不超过总量的这一比例，如 0.3。",
        en="No provider gets more than this share of the whole, such as 0.3.",
    ),
    "thesaurus": Text(zh="词表编号或路径。", en="Id or path of the pack of words."),
    "time_limit": Text(zh="求解时间上限（秒）。", en="Time limit of the allocation in seconds."),
    "seed": Text(zh="随机种子。", en="Seed."),
    "out": Text(zh="结果文件夹。", en="Folder of the result."),
}


def build(language: Language) -> Command:
    """Build the command in ``language``."""
    path = click.Path(exists=True, dir_okay=False, path_type=Path)

    def run(
        needs: Path,
        providers: Path,
        mode: Mode,
        top: int,
        share_cap: float | None,
        thesaurus: str,
        time_limit: float,
        seed: int,
        out: Path,
        quiet: bool,
    ) -> int:
        with without_stray_output(), Bar(language=language, quiet=quiet) as bar:
            written = match_needs(
                needs,
                providers,
                mode=mode,
                top=top,
                share_cap=share_cap,
                thesaurus_name=thesaurus,
                time_limit=time_limit,
                seed=seed,
                out=out,
                language=language,
                steps=bar,
            )
        say(written.sentence, quiet=quiet, language=language)
        return 0

    def option(name: str, **how: Any) -> click.Option:
        text = OPTIONS[name.removeprefix("--").replace("-", "_")][language]
        return click.Option([name], help=text, **how)

    return Command(
        name="needs",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            option("--needs", required=True, type=path),
            option("--providers", required=True, type=path),
            option(
                "--mode",
                type=click.Choice(["advisory", "allocate", "stable"]),
                default="advisory",
                show_default=True,
            ),
            option("--top", type=click.IntRange(min=1), default=5, show_default=True),
            option("--share-cap", type=click.FloatRange(0, 1, min_open=True)),
            option("--thesaurus", default=THESAURUS, show_default=True),
            time_limit_option(OPTIONS["time_limit"], language),
            seed_option(OPTIONS["seed"], language),
            out_option(language, OPTIONS["out"]),
            lang_option(language),
            quiet_option(language),
        ],
    )
