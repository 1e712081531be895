"""``taji demo``: the synthetic city, surveyed and portrayed."""

from __future__ import annotations

from pathlib import Path

import click

from taji.base.text import Language, Text
from taji.city.demo import write_demo
from taji.cli.language import Command
from taji.cli.options import lang_option, quiet_option, say
from taji.cli.progress import Bar
from taji.desk.portraying import portray
from taji.desk.request import PortraitRequest

__all__ = ["build"]

HELP = Text(
    zh="生成一座虚构城市（名录、样本、三种导出格式的答卷），并画出它的画像（中英文）。",
    en="Make an invented city (register, sample, answers in three export dialects) and its "
    "portrait, in Chinese and English.",
)
OPTIONS = {
    "dir": Text(zh="写到哪个文件夹。", en="Folder to write to."),
    "seed": Text(zh="这一轮调查的随机种子。", en="Seed of the survey round."),
}
MAKING = Text(zh="生成虚构城市", en="Making the invented city")
OPEN = Text(
    zh="画像已生成。用浏览器打开：{zh}\n英文版：{en}\n复验：taji verify {folder}",
    en="The portrait is made. Open it in a browser: {en}\nIn Chinese: {zh}\n"
    "To verify it: taji verify {folder}",
)


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(folder: Path, seed: int | None, quiet: bool) -> int:
        with Bar(language=language, quiet=quiet) as bar:
            bar.begin(MAKING)
            files = write_demo(folder, seed=seed)
            pages = {}
            for spoken in ("zh", "en"):
                request = PortraitRequest(
                    answers=files.answers,
                    questionnaire=files.questionnaire,
                    models=files.models,
                    design=files.design,
                    register=files.register,
                    city=files.city[spoken],
                    period=files.period,
                    simulated=True,
                    language=spoken,
                )
                pages[spoken] = portray(request, folder / f"portrait-{spoken}", steps=bar).page
        text = OPEN[language].format(**pages, folder=folder / f"portrait-{language}")
        say(Text.same(text), quiet=quiet, language=language)
        return 0

    return Command(
        name="demo",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Option(
                ["--dir", "folder"],
                type=click.Path(path_type=Path, file_okay=False),
                default="taji-demo",
                show_default=True,
                help=OPTIONS["dir"][language],
            ),
            click.Option(["--seed"], type=int, help=OPTIONS["seed"][language]),
            lang_option(language),
            quiet_option(language),
        ],
    )
