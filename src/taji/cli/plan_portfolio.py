"""``taji plan portfolio``: whom a city supports with what, under its limits and floors."""

from __future__ import annotations

from pathlib import Path

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.listening import listening
from taji.cli.options import (
    lang_option,
    out_option,
    quiet_option,
    seed_option,
    time_limit_option,
)
from taji.cli.progress import Bar
from taji.cli.stray import without_stray_output
from taji.desk.funding import FundingRequest, fund

__all__ = ["build"]

HELP = Text(
    zh="在资源上限和公平下限之内，为每家企业至多选一个选项，使总价值最大，并给出上界。\n\n"
    "OPTIONS 是选项表（Parquet、CSV、XLSX）：列 enterprise、option、value，每种资源一列 use_…，"
    "设下限的分组一列 group_…；每行一家企业的一个选项。",
    en="Choose at most one option for each enterprise so that together they are worth the most "
    "under limits of resources and floors of fairness, with a bound.\n\n"
    "OPTIONS is a table (Parquet, CSV, XLSX) with enterprise, option, value, one use_… for each "
    "resource and one group_… for each kind of floor; a row is one option of one enterprise.",
)
OPTIONS = {
    "limits": Text(
        zh='资源上限的 JSON：{"use_money": 1000000, …}；没有写的资源不限。',
        en='JSON of limits: {"use_money": 1000000, …}; a resource that is not named has none.',
    ),
    "floors": Text(
        zh='公平下限的 JSON：[{"group": "group_district", "value": "430211", "use": "use_money", '
        '"min": 200000}, …]。',
        en='JSON of floors: [{"group": "group_district", "value": "430211", "use": "use_money", '
        '"min": 200000}, …].',
    ),
    "every": Text(
        zh="每家企业必须恰好得到一个选项；缺省为至多一个。",
        en="Every enterprise must get exactly one option; else at most one.",
    ),
    "warm": Text(
        zh="从此文件夹中的早先结果出发；仍可行且更好的早先选择会保留。",
        en="Start from the earlier result in this folder; its choice is kept where it still fits "
        "and nothing better is found.",
    ),
    "time_limit": Text(
        zh="求解时限。[秒] 到时给出已有的最好结果及其上界；Ctrl-C 亦然。",
        en="Time for the search. [s] What is best by then is given with its bound; so with Ctrl-C.",
    ),
    "seed": Text(zh="随机种子；写入结果。", en="Seed; stands in the result."),
    "report": Text(
        zh="另写 portfolio.zh.html 与 portfolio.en.html：再多一些资源能换来什么、每条下限的代价、谁受益。"
        "需要多次重新求解。",
        en="Also write portfolio.zh.html and portfolio.en.html: what more would buy, what each "
        "floor costs, who benefits. The choice is made anew many times for it.",
    ),
    "out": Text(
        zh="结果文件夹：choice.parquet、certificate.json、decisions.csv。",
        en="Folder of the result: choice.parquet, certificate.json, decisions.csv.",
    ),
}


def build(language: Language) -> Command:
    """Build the command in ``language``."""
    path = click.Path(exists=True, dir_okay=False, path_type=Path)

    def run(
        options: Path,
        limits: Path,
        floors: Path | None,
        every_enterprise: bool,
        warm: Path | None,
        time_limit: float,
        seed: int,
        report: bool,
        out: Path,
        quiet: bool,
    ) -> int:
        request = FundingRequest(
            options=options,
            limits=limits,
            floors=floors,
            every_enterprise=every_enterprise,
            warm=warm,
            time_limit=time_limit,
            seed=seed,
            report=report,
            out=out,
        )
        with (
            without_stray_output(),
            listening() as wish,
            Bar(language=language, quiet=quiet) as bar,
        ):
            funded = fund(request, steps=bar, stopped=lambda: wish.stop)
        for sentence in funded.sentences if not (quiet and funded.feasible) else ():
            click.echo(sentence[language], err=True)
        return 0 if funded.feasible else 1

    return Command(
        name="portfolio",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(["options"], type=path),
            click.Option(["--limits"], required=True, type=path, help=OPTIONS["limits"][language]),
            click.Option(["--floors"], type=path, help=OPTIONS["floors"][language]),
            click.Option(["--every-enterprise"], is_flag=True, help=OPTIONS["every"][language]),
            click.Option(
                ["--warm"],
                type=click.Path(exists=True, file_okay=False, path_type=Path),
                help=OPTIONS["warm"][language],
            ),
            time_limit_option(OPTIONS["time_limit"], language),
            seed_option(OPTIONS["seed"], language),
            click.Option(["--report"], is_flag=True, help=OPTIONS["report"][language]),
            out_option(language, OPTIONS["out"]),
            lang_option(language),
            quiet_option(language),
        ],
    )
