"""``taji plan roadmap``: what one firm should do, in which order, within its means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.options import (
    intake_options,
    lang_option,
    out_option,
    quiet_option,
    readings,
    say,
    seed_option,
    time_limit_option,
)
from taji.cli.progress import Bar
from taji.cli.stray import without_stray_output
from taji.desk.gathering import IntakeChoices
from taji.desk.roadmapping import RoadmapRequest, make_roadmap

__all__ = ["amounts", "build"]

HELP = Text(
    zh="为一家企业求路线图：在预算、人力和先后顺序之内，最早、最省地达到目标等级，并给出证明；"
    "达不到时说明还缺什么。费用为规划假设。\n\nANSWERS 是答卷（CSV、XLSX、Parquet、SAV，或常用调查工具的导出）。",
    en="Find the roadmap of one firm: the target level as early and as cheaply as money, people "
    "and order allow, with a proof; where it cannot be reached, what is missing. Costs are "
    "planning assumptions.\n\nANSWERS is a table of answers (CSV, XLSX, Parquet, SAV, or an "
    "export of the usual survey tools).",
)
OPTIONS = {
    "enterprise": Text(zh="企业标识。", en="Key of the enterprise."),
    "model": Text(zh="模型编号或模型包路径。", en="Id of a model, or the path of a pack."),
    "profile": Text(zh="模型的行业类型。", en="Profile of the model."),
    "option": Text(
        zh="对有分歧之处选定读法，如 q4=equal；可多次使用。",
        en="Choose a reading where sources differ, such as q4=equal; may be repeated.",
    ),
    "measures": Text(zh="措施包编号或路径。", en="Id of a pack of measures, or its path."),
    "target": Text(zh="目标等级的编号，如 2。", en="Id of the level aimed at, such as 2."),
    "budget": Text(
        zh="到规划期末的总预算，含运行费。[元]",
        en="Budget up to the horizon, running cost included. [yuan]",
    ),
    "per_year": Text(
        zh="各年预算，用逗号分隔；当年未用完的不结转。[元]",
        en="Budget of each year, with commas; what a year leaves is not carried over. [yuan]",
    ),
    "periods": Text(
        zh="规划多少期（期的长短由措施包规定，sme2024 为一个季度）。",
        en="Number of periods (their length is the pack's; sme2024: a quarter).",
    ),
    "staff": Text(
        zh="每期可用的自有人力。[人月]", en="Own people in every period. [person-months]"
    ),
    "size": Text(
        zh="企业规模：micro、small、medium；缺省取答卷或名录的 size 列，再缺省为 small。",
        en="Size of the firm: micro, small, medium; else the column size of the answers or the "
        "register, else small.",
    ),
    "register": Text(zh="企业名录，用于查规模。", en="Register of firms, for the size."),
    "subsidy": Text(
        zh="补助规则文件（YAML：share、cap，可选 measures）。",
        en="File of a subsidy (YAML: share, cap and, if only some count, measures).",
    ),
    "plain": Text(
        zh="只求方案，不找其他方案，也不按高费用低效果再算。",
        en="The plan only: no other plans, nor once more with high costs and low effects.",
    ),
    "time_limit": Text(zh="每次求解的时限。[秒]", en="Time for each search. [s]"),
    "seed": Text(zh="求解的随机种子。", en="Seed of the search."),
    "report": Text(
        zh="另把 roadmap.zh.pdf、roadmap.en.pdf 写到此文件夹。",
        en="Also write roadmap.zh.pdf and roadmap.en.pdf to this folder.",
    ),
    "out": Text(zh="结果文件 .json。", en="The result, .json."),
}


def amounts(text: str | None, option: str, language: Language) -> tuple[int, ...]:
    """Turn ``100000,80000`` into whole yuan."""
    if not text:
        return ()
    try:
        return tuple(int(part.strip()) for part in text.split(","))
    except ValueError:
        said = {
            "zh": f"“{text}” 应写成用逗号分隔的整数元，例如 100000,80000。",
            "en": f"'{text}' must be whole yuan with commas, such as 100000,80000.",
        }
        raise click.BadParameter(said[language], param_hint=option) from None


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(
        answers: Path,
        enterprise: str,
        model: str,
        profile: str | None,
        option: tuple[str, ...],
        measures: str,
        target: str,
        budget: int | None,
        per_year: str | None,
        periods: int,
        staff: float | None,
        size: str | None,
        register: Path | None,
        subsidy: Path | None,
        plain: bool,
        time_limit: float,
        seed: int,
        report: Path | None,
        out: Path,
        quiet: bool,
        **intake: Any,
    ) -> int:
        request = RoadmapRequest(
            enterprise=enterprise,
            model=model,
            profile=profile,
            options=readings(option, language),
            measures=measures,
            target=target,
            budget=budget,
            per_year=amounts(per_year, "--per-year", language),
            periods=periods,
            staff=staff,
            size=size,
            register=register,
            subsidy=subsidy,
            others=not plain,
            robust=not plain,
            seconds=time_limit,
            seed=seed,
        )
        with without_stray_output(), Bar(language=language, quiet=quiet) as bar:
            planned = make_roadmap(
                answers,
                request,
                out=out,
                report=report,
                intake=IntakeChoices(**intake),
                language=language,
                steps=bar,
            )
        say(planned.sentence, quiet=quiet and planned.feasible, language=language)
        return 0 if planned.feasible else 1

    return Command(
        name="roadmap",
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


def _options(language: Language) -> list[click.Parameter]:
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    folder = click.Path(file_okay=False, path_type=Path)
    named = {name: text[language] for name, text in OPTIONS.items()}
    return [
        click.Option(["--enterprise"], required=True, help=named["enterprise"]),
        click.Option(["--model"], default="sme2024", show_default=True, help=named["model"]),
        click.Option(["--profile"], help=named["profile"]),
        click.Option(["--option"], multiple=True, metavar="NAME=VALUE", help=named["option"]),
        click.Option(["--measures"], default="sme2024", show_default=True, help=named["measures"]),
        click.Option(["--target"], required=True, help=named["target"]),
        click.Option(["--budget"], type=click.IntRange(min=0), help=named["budget"]),
        click.Option(["--per-year"], metavar="B1,B2", help=named["per_year"]),
        click.Option(
            ["--periods"],
            type=click.IntRange(1, 60),
            default=12,
            show_default=True,
            help=named["periods"],
        ),
        click.Option(["--staff"], type=click.FloatRange(min=0), help=named["staff"]),
        click.Option(["--size"], help=named["size"]),
        click.Option(["--register"], type=file, help=named["register"]),
        click.Option(["--subsidy"], type=file, help=named["subsidy"]),
        click.Option(["--plain"], is_flag=True, help=named["plain"]),
        time_limit_option(OPTIONS["time_limit"], language),
        seed_option(OPTIONS["seed"], language),
        click.Option(["--report"], type=folder, help=named["report"]),
    ]
