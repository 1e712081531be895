"""``taji panel rank``: correct the scores of a panel for severity and rank the applications."""

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
)
from taji.cli.progress import Bar
from taji.desk.panel_ranking import rank_panel

__all__ = ["build"]

HELP = Text(
    zh="按评委的宽严校正评审分数，给出排名、名次区间、越线概率，以及因校正而越线的项目。\n\n"
    "RATINGS 是分数表，列为 application（项目）、reviewer（评委）、score（分数），"
    "按指标打分时再加 criterion（指标）。",
    en="Correct the scores of a panel for severity: ranks with intervals, chances to be above the "
    "line, and who crosses it because of correction.\n\nRATINGS is a table with columns application, "
    "reviewer, score and, where scores are given by criterion, criterion.",
)
OPTIONS = {
    "fund": Text(
        zh="资助多少个：前 K 名在线上。", en="How many are funded: the first K are above the line."
    ),
    "model": Text(
        zh="linear：分数是数量，需要时一并校正评分幅度；rasch：分数是等级，用多面 Rasch 模型。",
        en="linear: scores are amounts, widths are corrected too where the data ask for it; rasch: "
        "scores are steps, by the many-facet Rasch model.",
    ),
    "seed": Text(
        zh="随机种子，用于模拟名次；写入摘要。",
        en="Seed of the draws that ranks rest on; stands in the summary.",
    ),
    "out": Text(
        zh="结果文件夹：ranking.csv、reviewers.csv、flips.csv、next_reviews.csv、summary.json。",
        en="Folder of the result: ranking.csv, reviewers.csv, flips.csv, next_reviews.csv, "
        "summary.json.",
    ),
}


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(
        ratings: Path,
        fund: int | None,
        model: Literal["linear", "rasch"],
        seed: int,
        out: Path,
        quiet: bool,
    ) -> int:
        with Bar(language=language, quiet=quiet) as bar:
            ranked = rank_panel(ratings, fund=fund, model=model, seed=seed, out=out, steps=bar)
        for note in ranked.notes:
            say(note, quiet=quiet, language=language)
        say(ranked.sentence, quiet=quiet, language=language)
        return 0

    return Command(
        name="rank",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(
                ["ratings"], type=click.Path(exists=True, dir_okay=False, path_type=Path)
            ),
            click.Option(
                ["--fund"], type=click.IntRange(min=1), metavar="K", help=OPTIONS["fund"][language]
            ),
            click.Option(
                ["--model"],
                type=click.Choice(["linear", "rasch"]),
                default="linear",
                show_default=True,
                help=OPTIONS["model"][language],
            ),
            seed_option(OPTIONS["seed"], language),
            out_option(language, OPTIONS["out"]),
            lang_option(language),
            quiet_option(language),
        ],
    )
