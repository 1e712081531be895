"""``taji verify``: does a folder of results still say what its inputs say?"""

from __future__ import annotations

from pathlib import Path

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.options import lang_option, quiet_option
from taji.cli.progress import Bar
from taji.desk.verifying import verify

__all__ = ["build"]

HELP = Text(
    zh="按清单重新计算一个结果文件夹，指出每一处被改动的文件和每一个不同的数字。\n\n"
    "DIR 是 `taji portrait` 写出的文件夹。",
    en="Compute a folder of results again from its manifest, and name every changed file and "
    "every number that differs.\n\nDIR is a folder that `taji portrait` wrote.",
)


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(folder: Path, quiet: bool) -> int:
        with Bar(language=language, quiet=quiet) as bar:
            result = verify(folder, steps=bar)
        for finding in result.differences:
            click.echo(finding[language], err=True)
        for remark in result.remarks if not quiet else ():
            click.echo(remark[language], err=True)
        if result.holds and not quiet:
            click.echo(result.sentence[language])
        return 0 if result.holds else 1

    return Command(
        name="verify",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(
                ["folder"],
                metavar="DIR",
                type=click.Path(exists=True, file_okay=False, path_type=Path),
            ),
            lang_option(language),
            quiet_option(language),
        ],
    )
