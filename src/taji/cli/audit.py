"""``taji audit``: does the log of the platform still hold?"""

from __future__ import annotations

from pathlib import Path

import click

from taji.base.text import Language, Text
from taji.cli.language import Command, Group
from taji.cli.options import lang_option, quiet_option, say

__all__ = ["build"]

HELP = Text(zh="查验平台的日志。", en="Prove the log of the platform.")
VERIFY = Text(
    zh="逐条验证日志链，指出第一处断裂及其性质；全部相连时给出锚点。\n\n"
    "日志链本身看不出尾部被截断：请把锚点记在本机之外，下次用 --anchor 验证。",
    en="Prove every link of the log, and name the first that is broken and how; where all hold, give "
    "the anchor.\n\nA chain cannot tell by itself that its end was cut off: note the anchor outside "
    "this machine, and name it next time with --anchor.",
)
DATA = Text(
    zh="平台的数据文件夹；缺省为 TAJI_HOME，再缺省为 taji-data。",
    en="Home of the platform; TAJI_HOME, else taji-data.",
)
ANCHOR = Text(
    zh="早先记下的锚点（条目号:校验码），可给多个；日志中必须仍有它。",
    en="An anchor noted earlier (number:digest), any number of times; the log must still have it.",
)


def build(language: Language) -> Group:
    """Build the group in ``language``."""

    def verify(data: Path, anchor: tuple[str, ...], quiet: bool) -> int:
        from taji.web.starting import set_up

        set_up(data)
        from taji.web.audit.verifying import Anchor, check_log, prove_log

        anchors = [Anchor.parse(text) for text in anchor]
        check_log()
        result = prove_log(anchors=anchors)
        if not result.holds:
            click.echo(result.sentence[language], err=True)
            return 1
        say(result.sentence, quiet=quiet, language=language)
        return 0

    group = Group(
        name="audit", language=language, help=HELP[language], params=[lang_option(language)]
    )
    group.add_command(
        Command(
            name="verify",
            language=language,
            help=VERIFY[language],
            callback=verify,
            params=[
                click.Option(
                    ["--data"],
                    type=click.Path(exists=True, file_okay=False, path_type=Path),
                    envvar="TAJI_HOME",
                    default="taji-data",
                    help=DATA[language],
                ),
                click.Option(["--anchor"], multiple=True, help=ANCHOR[language]),
                lang_option(language),
                quiet_option(language),
            ],
        )
    )
    return group
