"""``taji assess``: scores and levels of every firm under one model."""

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
    seed_option,
)
from taji.cli.progress import Bar
from taji.desk.assessing import Assessed, ChancesAsked, assess
from taji.desk.estimating import estimate
from taji.desk.gathering import IntakeChoices

__all__ = ["build"]

HELP = Text(
    zh="按一个评测模型给每家企业打分、定级，并可说明原因。\n\n"
    "ANSWERS 是答卷（CSV、XLSX、Parquet、SAV，或 Kobo/ODK、LimeSurvey、问卷星的导出）。",
    en="Score every firm under one model, find its level and, if asked, say why.\n\n"
    "ANSWERS is a table of answers (CSV, XLSX, Parquet, SAV, or an export of Kobo/ODK, "
    "LimeSurvey or Wenjuanxing).",
)
OPTIONS = {
    "model": Text(zh="模型编号或模型包路径。", en="Id of a model, or the path of a pack."),
    "profile": Text(
        zh="模型的行业类型，如 discrete。", en="Profile of the model, such as discrete."
    ),
    "option": Text(
        zh="对有分歧之处选定读法，如 q1=a；可多次使用。",
        en="Choose a reading where sources differ, such as q1=a; may be repeated.",
    ),
    "crosswalk": Text(
        zh="答卷来自另一份问卷（如 sme2024）：按对照表给出区间估计，不是按该标准的评估。",
        en="The answers are to another questionnaire, such as sme2024: give estimates with their "
        "range through a crosswalk, not an assessment under that standard.",
    ),
    "out": Text(zh="结果文件：.csv 或 .parquet。", en="The result: .csv or .parquet."),
    "why": Text(
        zh="另写一份说明：什么拉低等级，下一级还差什么，改哪一项最省。",
        en="Also write why: what holds each level down, what the next one lacks, and the "
        "cheapest single answers that would meet it.",
    ),
    "chances": Text(
        zh="另写出每个等级的把握：答案是否可靠、有无漏答、模型有无未定的读法都算在内。",
        en="Also write how sure every level is, with unreliable and missing answers and unsettled "
        "readings of the model taken in.",
    ),
    "expert": Text(
        zh="专家对其中部分企业现场核对的答案，用来计算把握；含 --chances。",
        en="What experts found on site at some of the firms, to measure how far answers hold; "
        "implies --chances.",
    ),
    "repeat": Text(
        zh="部分企业重答的答案；没有专家核对时用它计算把握；含 --chances。",
        en="What some of the firms answered when asked again, used where no expert looked; "
        "implies --chances.",
    ),
    "draws": Text(zh="每家企业的抽取次数。", en="Draws for each firm."),
    "seed": Text(zh="抽取的种子。", en="Seed of the draws."),
}

NOT_WHY = Text(
    zh="--why 与 --chances 说明的是评测，不能与 --crosswalk 同用。",
    en="--why and --chances tell about an assessment and cannot be used with --crosswalk.",
)


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(
        answers: Path,
        model: str,
        profile: str | None,
        option: tuple[str, ...],
        crosswalk: str | None,
        out: Path,
        why: bool,
        chances: bool,
        expert: Path | None,
        repeat: Path | None,
        draws: int | None,
        seed: int,
        quiet: bool,
        **intake: Any,
    ) -> int:
        wanted = chances or expert is not None or repeat is not None
        if crosswalk is not None and (why or wanted):
            raise click.UsageError(NOT_WHY[language])
        with Bar(language=language, quiet=quiet) as bar:
            if crosswalk is not None:
                return _end(
                    estimate(
                        answers,
                        model=model,
                        crosswalk=crosswalk,
                        profile=profile,
                        options=readings(option, language),
                        out=out,
                        choices=IntakeChoices(**intake),
                        language=language,
                        steps=bar,
                    ),
                    quiet,
                    language,
                )
            result = assess(
                answers,
                model=model,
                profile=profile,
                options=readings(option, language),
                out=out,
                why=why,
                sure=ChancesAsked(expert, repeat, draws, seed) if wanted else None,
                **intake,
                language=language,
                steps=bar,
            )
        return _end(result, quiet, language)

    return Command(
        name="assess",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(
                ["answers"], type=click.Path(exists=True, dir_okay=False, path_type=Path)
            ),
            click.Option(["--model"], required=True, help=OPTIONS["model"][language]),
            click.Option(["--profile"], help=OPTIONS["profile"][language]),
            click.Option(
                ["--option"], multiple=True, metavar="NAME=VALUE", help=OPTIONS["option"][language]
            ),
            click.Option(["--crosswalk"], metavar="ID", help=OPTIONS["crosswalk"][language]),
            out_option(language, OPTIONS["out"]),
            click.Option(["--why"], is_flag=True, help=OPTIONS["why"][language]),
            click.Option(["--chances"], is_flag=True, help=OPTIONS["chances"][language]),
            *(
                click.Option(
                    [f"--{track}"],
                    type=click.Path(exists=True, dir_okay=False, path_type=Path),
                    help=OPTIONS[track][language],
                )
                for track in ("expert", "repeat")
            ),
            click.Option(
                ["--draws"], type=click.IntRange(1, 100_000), help=OPTIONS["draws"][language]
            ),
            seed_option(OPTIONS["seed"], language),
            *intake_options(language),
            lang_option(language),
            quiet_option(language),
        ],
    )


def _end(result: Assessed, quiet: bool, language: Language) -> int:
    for note in result.notes if not quiet or result.rejected else ():
        click.echo(note[language], err=True)
    click.echo(result.tally, err=True)
    return 1 if result.rejected else 0
