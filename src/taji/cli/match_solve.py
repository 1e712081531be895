"""``taji match solve``: the bare generalised assignment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

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
from taji.desk.assigning_needs import assign_needs

__all__ = ["build"]

HELP = Text(
    zh="在服务商容量内，把需求分给服务商，使总分最高或最低，并给出界与差距。\n\n"
    "PAIRS 是配对表（CSV、XLSX、Parquet），列：need、provider、score、effort。"
    "容量表的列：provider、capacity。写出 assignment.csv 与 certificate.json。",
    en="Give needs to providers within their capacities, at the highest or lowest total score, "
    "with a bound and a gap.\n\nPAIRS is a table (CSV, XLSX, Parquet) of need, provider, score, "
    "effort; the capacities have provider, capacity. Writes assignment.csv and certificate.json.",
)
OPTIONS = {
    "capacities": Text(zh="容量表。", en="The table of capacities."),
    "sense": Text(zh="总分要低（min）还是高（max）。", en="Whether low or high scores are wanted."),
    "every_need": Text(
        zh="每项需求都必须分配；否则可以空缺，计零分。",
        en="Every need must be met; otherwise one may be left out at a score of zero.",
    ),
    "time_limit": Text(
        zh="时间上限（秒）；到时给出当前最好结果及其界。",
        en="Time limit in seconds; the best so far is then given with its bound.",
    ),
    "seed": Text(zh="随机种子；写入证书。", en="Seed; stands in the certificate."),
    "out": Text(zh="结果文件夹。", en="Folder of the result."),
}


def build(language: Language) -> Command:
    """Build the command in ``language``."""
    path = click.Path(exists=True, dir_okay=False, path_type=Path)

    def run(
        pairs: Path,
        capacities: Path,
        sense: Literal["min", "max"],
        every_need: bool,
        time_limit: float,
        seed: int,
        out: Path,
        quiet: bool,
    ) -> int:
        with without_stray_output(), Bar(language=language, quiet=quiet) as bar:
            written = assign_needs(
                pairs,
                capacities,
                sense=sense,
                every_need=every_need,
                time_limit=time_limit,
                seed=seed,
                out=out,
                steps=bar,
            )
        say(written.sentence, quiet=quiet, language=language)
        return 0

    return Command(
        name="solve",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(["pairs"], type=path),
            click.Option(
                ["--capacities"], required=True, type=path, help=OPTIONS["capacities"][language]
            ),
            click.Option(
                ["--sense"],
                required=True,
                type=click.Choice(["min", "max"]),
                help=OPTIONS["sense"][language],
            ),
            click.Option(["--every-need"], is_flag=True, help=OPTIONS["every_need"][language]),
            time_limit_option(OPTIONS["time_limit"], language),
            seed_option(OPTIONS["seed"], language),
            out_option(language, OPTIONS["out"]),
            lang_option(language),
            quiet_option(language),
        ],
    )
