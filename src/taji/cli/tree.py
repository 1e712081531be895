"""The tree of commands, built in one language."""

from __future__ import annotations

import click

from taji import __version__
from taji.base.text import Language
from taji.cli import assess, demo, models, portrait, sample, verify
from taji.cli.language import Group

__all__ = ["build"]

HELP = {
    "zh": "塔基：从一轮企业调查到整座城市的数字画像，每个数字都带区间，都可复算。",
    "en": "Taji: from a survey round to the portrait of a whole city, every number with its "
    "interval, every number replayable.",
}
LANG = {"zh": "语言：zh 或 en。", "en": "Language: zh or en."}
VERSION = {"zh": "显示版本。", "en": "Show the version."}


def build(language: Language) -> Group:
    """Build every command in ``language``."""
    root = Group(
        name="taji",
        language=language,
        help=HELP[language],
        no_args_is_help=True,
        params=[
            click.Option(["--lang"], type=click.Choice(["zh", "en"]), help=LANG[language]),
        ],
        callback=lambda lang: None,
    )
    click.version_option(__version__, prog_name="taji", help=VERSION[language])(root)
    for part in (demo, sample, assess, portrait, verify, models):
        root.add_command(part.build(language))
    return root
