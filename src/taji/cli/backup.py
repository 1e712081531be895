"""``taji backup``: everything a bureau must keep, in one file, while the platform runs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from taji.base.text import Language, Text
from taji.cli.language import Command
from taji.cli.options import lang_option, quiet_option, say
from taji.cli.progress import Bar
from taji.web.office.backup import back_up
from taji.web.starting import HOME_VARIABLE, OtherHomeError, set_up

__all__ = ["build"]

HELP = Text(
    zh="把网页平台的全部数据备份为一个文件：数据库、上传和生成的文件、签名密钥。平台可照常运行。\n\n"
    "FILE 是要写的文件（zip）。拿到它的人能看到全部答案，请妥善保管。",
    en="Back up everything that the web platform keeps into one file: the database, all files, the "
    "secret that signs invitations. The platform may go on running.\n\n"
    "FILE is the file to write (a zip). Whoever holds it can read every answer: keep it well.",
)
DATA = Text(
    zh="数据文件夹（默认 TAJI_HOME，其次 taji-data）。",
    en="Folder that holds all data (default TAJI_HOME, then taji-data).",
)
UNNOTED = Text(
    zh="备份已完成，但没能记入审计日志：{reason}",
    en="The backup is made, but could not be noted in the audit log: {reason}",
)
WORKING = Text(zh="正在备份", en="Backing up")


def build(language: Language) -> Command:
    """Build the command in ``language``."""

    def run(file: Path, data: Path | None, quiet: bool) -> int:
        home = (data or Path(os.environ.get(HOME_VARIABLE, "taji-data"))).resolve()
        with Bar(language=language, quiet=quiet) as bar:
            bar.begin(WORKING)
            done = back_up(file, home=home, told=lambda parts: bar.advance(parts, None))
        _note(done.path, home, quiet=quiet, language=language)
        size = done.path.stat().st_size / 2**20
        secret = {
            "zh": "含签名密钥" if done.secret else "不含签名密钥（它在环境变量中，请另行保存）",
            "en": "with the secret"
            if done.secret
            else "without the secret, which stands in the environment: keep it apart",
        }
        sentence = Text(
            zh=f"已备份 {done.members} 个文件到 {done.path}（{size:.1f} MB，{secret['zh']}）。",
            en=f"Backed up {done.members} files into {done.path} ({size:.1f} MB, {secret['en']}).",
        )
        say(sentence, quiet=quiet, language=language)
        return 0

    return Command(
        name="backup",
        language=language,
        help=HELP[language],
        callback=run,
        params=[
            click.Argument(["file"], type=click.Path(dir_okay=False, path_type=Path)),
            click.Option(
                ["--data"],
                type=click.Path(exists=True, file_okay=False, path_type=Path),
                help=DATA[language],
            ),
            lang_option(language),
            quiet_option(language),
        ],
    )


def _note(file: Path, home: Path, *, quiet: bool, language: Language) -> None:
    """Note the backup in the audit log, as the page does, where the database can be written."""
    from django.db import DatabaseError

    try:
        set_up(home)
        from taji.web.office.backups import note

        note(file)
    except (DatabaseError, OtherHomeError) as error:
        reason = error.render(language) if isinstance(error, OtherHomeError) else str(error)
        unnoted = Text(**{x: UNNOTED[x].format(reason=reason) for x in ("zh", "en")})
        say(unnoted, quiet=quiet, language=language)
