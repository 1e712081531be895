"""``taji plan compare``: ranking weak points against the optimum, with the same money."""

from __future__ import annotations

from pathlib import Path

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
from taji.cli.plan_roadmap import OPTIONS as ROADMAP
from taji.cli.plan_roadmap import amounts
from taji.cli.progress import Bar
from taji.desk.comparing_plans import compare_plans

__all__ = ["build"]

HELP = Text(
    zh="逐家比较达到下一级的一次性费用：按“权重×差距”排序、按每元得分排序，与最优方案。费用为规划假设。\n\n"
    "ANSWERS 是答卷。",
    en="Compare, firm by firm, what the next level costs (purchases) by ranking weight times gap, "
    "by ranking points per yuan, and by the optimum. Costs are planning assumptions.\n\nANSWERS is a "
    "table of answers.",
)
BUDGETS = Text(zh="每家的预算，用逗号分隔。[元]", en="Budgets of each firm, with commas. [yuan]")
OUT = Text(zh="文件夹：compare.csv、compare.json。", en="Folder for compare.csv and compare.json.")


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(
        answers: Path,
        model: str,
        measures: str,
        budgets: str,
        periods: int,
        register: Path | None,
        time_limit: float,
        seed: int,
        out: Path,
        quiet: bool,
    ) -> int:
        with Bar(language=language, quiet=quiet) as bar:
            compared = compare_plans(
                answers,
                out=out,
                budgets=amounts(budgets, "--budgets", language),
                model=model,
                measures=measures,
                periods=periods,
                register=register,
                seconds=time_limit,
                seed=seed,
                language=language,
                steps=bar,
            )
        say(compared.sentence, quiet=quiet, language=language)
        click.echo(compared.tally, err=True)
        return 0

    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    named = {name: text[language] for name, text in ROADMAP.items()}
    return Command(
        name="compare",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(["answers"], type=file),
            click.Option(["--model"], default="sme2024", show_default=True, help=named["model"]),
            click.Option(
                ["--measures"], default="sme2024", show_default=True, help=named["measures"]
            ),
            click.Option(
                ["--budgets"],
                default="50000,100000,200000,500000",
                show_default=True,
                metavar="B1,B2",
                help=BUDGETS[language],
            ),
            click.Option(
                ["--periods"],
                type=click.IntRange(1, 60),
                default=12,
                show_default=True,
                help=named["periods"],
            ),
            click.Option(["--register"], type=file, help=named["register"]),
            time_limit_option(ROADMAP["time_limit"], language, seconds=20.0),
            seed_option(ROADMAP["seed"], language),
            out_option(language, OUT),
            lang_option(language),
            quiet_option(language),
        ],
    )
