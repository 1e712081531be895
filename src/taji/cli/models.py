"""``taji models``: what the packs hold, where it comes from, and whether it is sound."""

from __future__ import annotations

from pathlib import Path

import click

from taji.base.text import Language, Text
from taji.cli.language import Command, Group
from taji.cli.options import lang_option, quiet_option
from taji.desk.estimating import crosswalk_sheet
from taji.desk.modelling import check_packs, list_packs, show_pack

__all__ = ["build"]

HELP = {
    "models": Text(
        zh="列出、查看、检查数据包：评测模型、问卷、基准、名录代码、上报表格、对照表。",
        en="List, show and check packs: models, questionnaires, benchmarks, registers, forms, "
        "crosswalks.",
    ),
    "list": Text(zh="列出全部数据包。", en="List every pack."),
    "show": Text(
        zh="查看一个数据包：结构、出处、可信程度、存疑之处。",
        en="Show one pack: its structure, sources, confidence and unsettled points.",
    ),
    "check": Text(
        zh="检查一个数据包或整个文件夹，逐条列出路径与原因，并运行其中的算例。",
        en="Check a pack or a folder of packs: every problem by path and reason; runs worked cases.",
    ),
    "xlsform": Text(
        zh="把一份问卷写成 XLSForm（KoboToolbox、ODK 可直接导入），先确认能生成表单。",
        en="Write a questionnaire as an XLSForm for KoboToolbox and ODK, once a form builds from it.",
    ),
    "crosswalk": Text(
        zh="查看从一份问卷的答案估计另一模型时，各节点的覆盖与损失，以及没有涉及的题目。",
        en="Show, for estimates of a model from the answers to another questionnaire, coverage and "
        "loss of every node and what is not spoken of.",
    ),
    "out": Text(zh="写到哪个 .xlsx 文件。", en="The .xlsx file to write."),
    "profile": Text(zh="模型的行业类型。", en="Profile of the model."),
}

WRITTEN = Text(zh="已写入 {path}：{questions} 个问题。", en="Wrote {path}: {questions} questions.")


def build(language: Language) -> Group:
    """Build the group in ``language``."""
    group = Group(
        name="models",
        language=language,
        help=HELP["models"][language],
        invoke_without_command=True,
        callback=lambda: _list(language),
        params=[lang_option(language)],
    )

    def listing() -> int:
        return 0 if click.get_current_context().parent is not None else _list(language)

    def show(pack: str, profile: str | None) -> int:
        click.echo(show_pack(pack, profile=profile, language=language))
        return 0

    def check(path: Path | None, quiet: bool) -> int:
        result = check_packs(path)
        for problem in result.problems:
            click.echo(problem[language], err=True)
        if not quiet:
            click.echo(result.sentence[language], err=bool(result.problems))
        return 1 if result.problems else 0

    group.add_command(
        Command(
            name="list",
            language=language,
            help=HELP["list"][language],
            callback=listing,
            params=[lang_option(language)],
        )
    )
    group.add_command(
        Command(
            name="show",
            language=language,
            help=HELP["show"][language],
            callback=show,
            params=[
                click.Argument(["pack"], metavar="ID"),
                click.Option(["--profile"], help=HELP["profile"][language]),
                lang_option(language),
            ],
        )
    )
    group.add_command(
        Command(
            name="check",
            language=language,
            help=HELP["check"][language],
            callback=check,
            params=[
                click.Argument(
                    ["path"], required=False, type=click.Path(exists=True, path_type=Path)
                ),
                lang_option(language),
                quiet_option(language),
            ],
        )
    )
    group.add_command(_xlsform(language))
    group.add_command(_crosswalk(language))
    return group


def _crosswalk(language: Language) -> Command:
    def crosswalk(source: str, target: str, profile: str | None) -> int:
        click.echo(crosswalk_sheet(source, target, profile=profile, language=language))
        return 0

    return Command(
        name="crosswalk",
        language=language,
        help=HELP["crosswalk"][language],
        callback=crosswalk,
        params=[
            click.Argument(["source"], metavar="FROM"),
            click.Argument(["target"], metavar="TO"),
            click.Option(["--profile"], help=HELP["profile"][language]),
            lang_option(language),
        ],
    )


def _xlsform(language: Language) -> Command:
    def xlsform(questionnaire: str, out: Path, quiet: bool) -> int:
        # its converter takes half a second to load, which no other command should wait for
        from taji.desk.xlsforming import publish_xlsform

        form = publish_xlsform(questionnaire, out)
        if not quiet:
            click.echo(WRITTEN[language].format(path=out, questions=form.questions))
        return 0

    return Command(
        name="xlsform",
        language=language,
        help=HELP["xlsform"][language],
        callback=xlsform,
        params=[
            click.Argument(["questionnaire"], metavar="ID"),
            click.Option(
                ["--out"],
                required=True,
                type=click.Path(dir_okay=False, path_type=Path),
                help=HELP["out"][language],
            ),
            lang_option(language),
            quiet_option(language),
        ],
    )


def _list(language: Language) -> int:
    context = click.get_current_context()
    if context.invoked_subcommand in (None, "list"):
        click.echo(list_packs(language=language))
    return 0
