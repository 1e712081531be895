"""``taji portrait``: from a survey file to the city's portrait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.options import intake_options, lang_option, out_option, quiet_option, readings
from taji.cli.progress import Bar
from taji.desk.portraying import portray
from taji.desk.request import PortraitRequest

__all__ = ["build"]

HELP = Text(
    zh="由一份答卷生成整座城市的数字画像：网页、PDF、工作簿、估计值、得分与清单。\n\n"
    "ANSWERS 是答卷（CSV、XLSX、Parquet、SAV，或 Kobo/ODK、LimeSurvey、问卷星的导出）。",
    en="Make the portrait of the whole city from a file of answers: page, PDF, workbook, "
    "estimates, scores and manifest.\n\nANSWERS is a table of answers (CSV, XLSX, Parquet, SAV, "
    "or an export of Kobo/ODK, LimeSurvey or Wenjuanxing).",
)
OPTIONS = {
    "questionnaire": Text(
        zh="问卷编号或问卷包路径。", en="Id of a questionnaire, or a pack's path."
    ),
    "model": Text(
        zh="同时按此模型评分定级；可多次使用。",
        en="Also score and grade under this model; may be repeated.",
    ),
    "profile": Text(
        zh="模型的行业类型，如 discrete。", en="Profile of the models, such as discrete."
    ),
    "option": Text(
        zh="对有分歧之处选定读法，如 q4=equal，或 dmat:q1=a；可多次使用。",
        en="Choose a reading where sources differ, such as q4=equal or dmat:q1=a; may be repeated.",
    ),
    "design": Text(
        zh="抽样设计 design.yaml；没有时按简单随机样本处理，并写明。",
        en="The design, design.yaml; without it a simple random sample is assumed, and said.",
    ),
    "register": Text(
        zh="企业名录：补充行业、规模、区县等列，并给出总体数。",
        en="The register: adds industry, size, district and the like, and the size of the city.",
    ),
    "by": Text(
        zh="按哪些列分组，用逗号分隔；默认取问卷所列。",
        en="Columns to break the city down by, with commas; the questionnaire's own by default.",
    ),
    "out": Text(zh="结果文件夹。", en="Folder for the results."),
    "city": Text(zh="报告标题中的城市名。", en="Name of the city in the title of the report."),
    "period": Text(zh="调查年份或期次。", en="Year or round of the survey."),
    "confidence": Text(zh="置信水平。", en="Confidence of the intervals."),
}


def build(language: Language) -> Command:
    """Build the command in ``language``."""
    file = click.Path(exists=True, dir_okay=False, path_type=Path)

    def run(
        answers: Path,
        questionnaire: str,
        model: tuple[str, ...],
        profile: str | None,
        option: tuple[str, ...],
        design: Path | None,
        register: Path | None,
        by: str | None,
        out: Path,
        city: str | None,
        period: str | None,
        confidence: float,
        quiet: bool,
        **intake: Any,
    ) -> int:
        request = PortraitRequest(
            answers=answers,
            questionnaire=questionnaire,
            models=model,
            profile=profile,
            options=readings(option, language),
            design=design,
            register=register,
            by=None if by is None else tuple(part.strip() for part in by.split(",")),
            language=language,
            city=city,
            period=period,
            confidence=confidence,
            **intake,
        )
        with Bar(language=language, quiet=quiet) as bar:
            result = portray(request, out, steps=bar)
        for note in result.notes if not quiet or result.rejected else ():
            click.echo(note[language], err=True)
        if not quiet and result.page is not None:
            click.echo(result.page)
        click.echo(result.tally, err=True)
        return 1 if result.rejected else 0

    return Command(
        name="portrait",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(["answers"], type=file),
            click.Option(
                ["--questionnaire"], required=True, help=OPTIONS["questionnaire"][language]
            ),
            click.Option(["--model"], multiple=True, help=OPTIONS["model"][language]),
            click.Option(["--profile"], help=OPTIONS["profile"][language]),
            click.Option(
                ["--option"], multiple=True, metavar="NAME=VALUE", help=OPTIONS["option"][language]
            ),
            click.Option(["--design"], type=file, help=OPTIONS["design"][language]),
            click.Option(["--register"], type=file, help=OPTIONS["register"][language]),
            click.Option(["--by"], metavar="A,B", help=OPTIONS["by"][language]),
            out_option(language, OPTIONS["out"]),
            click.Option(["--city"], help=OPTIONS["city"][language]),
            click.Option(["--period"], help=OPTIONS["period"][language]),
            click.Option(
                ["--confidence"],
                type=click.FloatRange(0.5, 0.999),
                default=0.95,
                show_default=True,
                help=OPTIONS["confidence"][language],
            ),
            *intake_options(language),
            lang_option(language),
            quiet_option(language),
        ],
    )
