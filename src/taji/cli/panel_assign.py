"""``taji panel assign``: choose who judges what, or prove an earlier draw."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.options import (
    lang_option,
    quiet_option,
    say,
    seed_option,
    time_limit_option,
)
from taji.cli.progress import Bar
from taji.cli.stray import without_stray_output
from taji.desk.panel_assigning import assign_panels, replay_panels

__all__ = ["build"]

HELP = Text(
    zh="为每份申报选出评审人：绝不分派需回避的组合，公平或总匹配度最高，评审图连通，可复验；"
    "或用 --replay 复验一次分派。\n\nAFFINITY 是匹配表，列为 application（申报）、reviewer（评审人）、"
    "affinity（匹配度）、conflict（回避，0/1），可另加 organisation（评审人单位）、"
    "speciality（评审人专业）、requires（申报必备专业）。",
    en="Choose who judges each application: never a pair in conflict, fair or of the highest sum, with "
    "a connected graph, replayable; or prove an earlier draw with --replay.\n\nAFFINITY is a table "
    "with columns application, reviewer, affinity, conflict (0/1) and, if wanted, organisation and "
    "speciality (the reviewer's) and requires (specialities that the application must have).",
)
OPTIONS = {
    "per_application": Text(zh="每份申报几名评审人。", en="Reviewers of each application."),
    "max_load": Text(zh="每名评审人至多评几份。", en="Applications of a reviewer at most."),
    "min_load": Text(zh="每名评审人至少评几份。", en="Applications of a reviewer at least."),
    "mode": Text(
        zh="fair：先让匹配度最低的评审组尽量高，再让合计尽量高；sum：只求合计最高。",
        en="fair: the lowest total of a panel as high as can be, then the sum; sum: the sum alone.",
    ),
    "pair_cap": Text(
        zh="抽签：任一组合被选中的概率不超过 q（0-1）。",
        en="Draw by lot: no pair with more than this probability (0-1).",
    ),
    "allow_unlinked": Text(
        zh="允许评审图不连通（此后无法校正评审人宽严）。",
        en="Accept a graph that is not connected (severity can then not be corrected).",
    ),
    "time_limit": Text(
        zh="搜索最长多少秒，到时取当时最好的结果。", en="Seconds to search; then the best is kept."
    ),
    "seed": Text(zh="随机种子；写入摘要。", en="Seed of the draw; stands in the summary."),
    "out": Text(
        zh="结果文件夹：assignment.csv、summary.json，抽签时另有 probabilities.csv。",
        en="Folder of the result: assignment.csv, summary.json and, by lot, probabilities.csv.",
    ),
    "replay": Text(
        zh="复验该文件夹中的分派：同一张匹配表必得同样的评审组。",
        en="Prove the draw in this folder: the same table gives the same panels.",
    ),
}
NEEDED = Text(
    zh="分派需要 --per-application、--max-load 和 --out；复验需要 --replay。",
    en="To assign, give --per-application, --max-load and --out; to prove, --replay.",
)


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(
        affinity: Path,
        per_application: int | None,
        max_load: int | None,
        min_load: int,
        mode: Literal["fair", "sum"],
        pair_cap: float | None,
        allow_unlinked: bool,
        time_limit: float,
        seed: int,
        out: Path | None,
        replay: Path | None,
        quiet: bool,
    ) -> int:
        with without_stray_output(), Bar(language=language, quiet=quiet) as bar:
            if replay is not None:
                proof = replay_panels(replay, affinity, steps=bar)
                click.echo(proof.sentence[language], err=not proof.same)
                return 0 if proof.same else 1
            if per_application is None or max_load is None or out is None:
                raise click.UsageError(NEEDED[language])
            assigned = assign_panels(
                affinity,
                per_application=per_application,
                max_load=max_load,
                min_load=min_load,
                mode=mode,
                pair_cap=pair_cap,
                allow_unlinked=allow_unlinked,
                time_limit=time_limit,
                seed=seed,
                out=out,
                steps=bar,
            )
        say(assigned.sentence, quiet=quiet, language=language)
        return 0

    def option(name: str, kind: click.ParamType[Any], **more: Any) -> click.Option:
        key = name.removeprefix("--").replace("-", "_")
        return click.Option([name], type=kind, help=OPTIONS[key][language], **more)

    many = click.IntRange(min=1)
    shown = {"show_default": True}
    return Command(
        name="assign",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(
                ["affinity"], type=click.Path(exists=True, dir_okay=False, path_type=Path)
            ),
            option("--per-application", many),
            option("--max-load", many),
            option("--min-load", click.IntRange(min=0), default=0, **shown),
            option("--mode", click.Choice(["fair", "sum"]), default="fair", **shown),
            option("--pair-cap", click.FloatRange(min=0, min_open=True, max=1)),
            option("--allow-unlinked", click.BOOL, is_flag=True),
            time_limit_option(OPTIONS["time_limit"], language),
            seed_option(OPTIONS["seed"], language),
            option("--out", click.Path(file_okay=False, path_type=Path)),
            option("--replay", click.Path(exists=True, file_okay=False, path_type=Path)),
            lang_option(language),
            quiet_option(language),
        ],
    )
