"""``taji plan options``: from the answers of all firms to what the city could support."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.listening import listening
from taji.cli.options import (
    intake_options,
    lang_option,
    out_option,
    quiet_option,
    readings,
    seed_option,
    time_limit_option,
)
from taji.cli.plan_roadmap import OPTIONS as ROADMAP
from taji.cli.plan_roadmap import amounts
from taji.cli.progress import Bar
from taji.cli.stray import without_stray_output
from taji.desk.gathering import IntakeChoices
from taji.desk.option_request import USUAL_BUDGETS, OptionsRequest
from taji.desk.option_rows import Counting
from taji.desk.option_workers import usable_cores
from taji.desk.optioning import make_options

__all__ = ["build"]

HELP = Text(
    zh="由全部企业的答卷求出城市可以支持的选项：每家企业在几档自付预算、以后一两级目标下的方案，各值多少、用多少钱；"
    "写成 taji plan portfolio 的选项表。费用、效果与采纳概率均为规划假设。\n\n"
    "ANSWERS 是答卷（CSV、XLSX、Parquet、SAV，或常用调查工具的导出）。",
    en="From the answers of all firms make what the city could support: the plans of every firm at "
    "several budgets of its own and for its next levels, with what each is worth and uses, as the "
    "table that taji plan portfolio chooses from. Costs, effects and probabilities of adoption are "
    "planning assumptions.\n\nANSWERS is a table of answers (CSV, XLSX, Parquet, SAV, or an export "
    "of the usual survey tools).",
)
OPTIONS = {
    **{
        name: ROADMAP[name]
        for name in ("model", "profile", "option", "measures", "periods", "staff")
    },
    "budgets": Text(
        zh="一家企业自己能付的一次性费用，由补助减去之后计，用逗号分隔。[元]",
        en="What a firm can pay itself for purchases, the subsidy taken off; with commas. [yuan]",
    ),
    "target": Text(
        zh="已达到此等级的企业没有选项；缺省为模型的最高级。",
        en="A firm that has reached this level has no options; by default the model's highest.",
    ),
    "ahead": Text(zh="目标取现等级以上几级。", en="How many levels above today's are aimed at."),
    "subsidy": Text(
        zh="补助规则文件（YAML：share、cap，可选 measures）；可多次使用，每个是一档支持。"
        "没有时 use_money 为全部一次性费用。",
        en="File of a subsidy (YAML: share, cap and, if only some count, measures); may be "
        "repeated, each is a level of support. Without one use_money holds all purchases.",
    ),
    "register": Text(
        zh="企业名录：补充规模、县市区、行业等；没有答卷的企业列在 firms.csv。",
        en="The register: adds size, district, industry and the like; its firms without answers "
        "are listed in firms.csv.",
    ),
    "by": Text(
        zh="写成 group_… 的列，用逗号分隔；缺省为 size、district、industry_group、industry 中有的。",
        en="Columns to write as group_…, with commas; by default those of size, district, "
        "industry_group, industry that are there.",
    ),
    "worth": Text(
        zh="采纳概率与等级价值的假设（YAML）；缺省用塔基的 worth.yaml。",
        en="Assumptions of adoption and of what a level is worth (YAML); else Taji's worth.yaml.",
    ),
    "value": Text(
        zh="value 的含义：adopted 提升×采纳概率；certain 提升；additional 提升×因支持而增加的概率。",
        en="What value is: adopted, the rise times the probability of adoption; certain, the rise; "
        "additional, the rise times what the support adds to the probability.",
    ),
    "time_limit": Text(zh="求每个方案的时限。[秒]", en="Time for the search of each plan. [s]"),
    "seed": ROADMAP["seed"],
    "out": Text(
        zh="结果文件夹：options.parquet、options.xlsx、firms.csv、roadmaps.jsonl、options.json、"
        "limits_example.json。",
        en="Folder for options.parquet, options.xlsx, firms.csv, roadmaps.jsonl, options.json and "
        "limits_example.json.",
    ),
}
WRONG_BUDGETS = {
    "zh": "至少写一个大于 0 的整数元，例如 100000,300000。",
    "en": "write one or more amounts over 0 in whole yuan, such as 100000,300000.",
}


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(
        answers: Path,
        model: str,
        profile: str | None,
        option: tuple[str, ...],
        measures: str,
        budgets: str,
        target: str | None,
        ahead: int,
        periods: int,
        staff: float | None,
        subsidy: tuple[Path, ...],
        register: Path | None,
        by: str | None,
        worth: Path | None,
        value: Counting,
        time_limit: float,
        seed: int,
        out: Path,
        quiet: bool,
        **intake: Any,
    ) -> int:
        request = OptionsRequest(
            answers=answers,
            out=out,
            budgets=_budgets(budgets, language),
            model=model,
            measures=measures,
            profile=profile,
            options=readings(option, language),
            target=target,
            ahead=ahead,
            periods=periods,
            staff=staff,
            subsidies=subsidy,
            register=register,
            by=None if by is None else tuple(part.strip() for part in by.split(",")),
            worth=worth,
            counting=value,
            seconds=time_limit,
            seed=seed,
            intake=IntakeChoices(**intake),
            language=language,
        )
        with (
            without_stray_output(),
            listening() as wish,
            Bar(language=language, quiet=quiet) as bar,
        ):
            made = make_options(
                request, steps=bar, stopped=lambda: wish.stop, workers=usable_cores()
            )
        for note in (*made.heard, *made.notes) if not quiet or made.rejected else ():
            click.echo(note[language], err=True)
        click.echo(made.tally, err=True)
        return 1 if made.rejected else 0

    return Command(
        name="options",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(
                ["answers"], type=click.Path(exists=True, dir_okay=False, path_type=Path)
            ),
            *_options(language),
            out_option(language, OPTIONS["out"]),
            *intake_options(language),
            lang_option(language),
            quiet_option(language),
        ],
    )


def _budgets(text: str, language: Language) -> tuple[int, ...]:
    found = amounts(text, "--budgets", language)
    if not found or min(found) <= 0:
        raise click.BadParameter(WRONG_BUDGETS[language], param_hint="--budgets")
    return found


def _options(language: Language) -> list[click.Parameter]:
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    named = {name: text[language] for name, text in OPTIONS.items()}
    return [
        click.Option(["--model"], default="sme2024", show_default=True, help=named["model"]),
        click.Option(["--profile"], help=named["profile"]),
        click.Option(["--option"], multiple=True, metavar="NAME=VALUE", help=named["option"]),
        click.Option(["--measures"], default="sme2024", show_default=True, help=named["measures"]),
        click.Option(
            ["--budgets"],
            default=",".join(map(str, USUAL_BUDGETS)),
            show_default=True,
            metavar="B1,B2",
            help=named["budgets"],
        ),
        click.Option(["--target"], help=named["target"]),
        click.Option(
            ["--ahead"],
            type=click.IntRange(1, 9),
            default=2,
            show_default=True,
            help=named["ahead"],
        ),
        click.Option(
            ["--periods"],
            type=click.IntRange(1, 60),
            default=12,
            show_default=True,
            help=named["periods"],
        ),
        click.Option(["--staff"], type=click.FloatRange(min=0), help=named["staff"]),
        click.Option(["--subsidy"], multiple=True, type=file, help=named["subsidy"]),
        click.Option(["--register"], type=file, help=named["register"]),
        click.Option(["--by"], metavar="A,B", help=named["by"]),
        click.Option(["--worth"], type=file, help=named["worth"]),
        click.Option(
            ["--value"],
            type=click.Choice(["adopted", "certain", "additional"]),
            default="adopted",
            show_default=True,
            help=named["value"],
        ),
        time_limit_option(OPTIONS["time_limit"], language, seconds=20.0),
        seed_option(OPTIONS["seed"], language),
    ]
