"""``taji restore``: put a backup back."""

from __future__ import annotations

import os
from pathlib import Path

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.options import lang_option, quiet_option, say
from taji.cli.progress import Bar
from taji.web.office.backup import restore
from taji.web.starting import HOME_VARIABLE

__all__ = ["build"]

HELP = Text(
    zh="恢复 `taji backup` 的备份：先核对每个文件的摘要，再换入。平台须先停止。\n\nFILE 是备份文件。",
    en="Put a backup of `taji backup` back: every digest is checked before anything is touched. "
    "Stop the platform first.\n\nFILE is the backup.",
)
OPTIONS = {
    "data": Text(
        zh="恢复到哪个文件夹（默认 TAJI_HOME，其次 taji-data）。",
        en="Folder to restore into (default TAJI_HOME, then taji-data).",
    ),
    "force": Text(
        zh="替换已有数据；原有数据移到其中的 before-restore-… 文件夹。",
        en="Replace data that stand there; they are moved into a folder before-restore-… inside.",
    ),
}
WORKING = Text(zh="正在核对并恢复", en="Checking and restoring")


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(file: Path, data: Path | None, force: bool, quiet: bool) -> int:
        home = (data or Path(os.environ.get(HOME_VARIABLE, "taji-data"))).resolve()
        with Bar(language=language, quiet=quiet) as bar:
            bar.begin(WORKING)
            done = restore(file, home=home, force=force)
        aside_zh = f"原有数据在 {done.replaced}。" if done.replaced else ""
        aside_en = f" What stood there is in {done.replaced}." if done.replaced else ""
        sentence = Text(
            zh=f"已恢复 {done.members} 个文件到 {done.path}，摘要全部相符。{aside_zh}",
            en=f"Restored {done.members} files into {done.path}; every digest fits.{aside_en}",
        )
        say(sentence, quiet=quiet, language=language)
        return 0

    return Command(
        name="restore",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(["file"], type=click.Path(exists=True, dir_okay=False, path_type=Path)),
            click.Option(
                ["--data"],
                type=click.Path(file_okay=False, path_type=Path),
                help=OPTIONS["data"][language],
            ),
            click.Option(["--force"], is_flag=True, help=OPTIONS["force"][language]),
            lang_option(language),
            quiet_option(language),
        ],
    )
