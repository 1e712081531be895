"""The tree of commands, built in one language.

A command's module brings the libraries of its work, which take seconds to load: only the one that
is asked for is loaded.
"""

from __future__ import annotations

from importlib import import_module

import click

from taji import __version__
from taji.base.text import Language
from taji.cli.language import Group

__all__ = ["build"]

#: Commands in the order of the work; each is a module of this package with a ``build``.
COMMANDS = (
    "demo",
    "serve",
    "sample",
    "assess",
    "portrait",
    "verify",
    "models",
    "plan",
    "audit",
    "backup",
    "restore",
)

HELP = {
    "zh": "塔基：从一轮企业调查到整座城市的数字画像，每个数字都带区间，都可复算。",
    "en": "Taji: from a survey round to the portrait of a whole city, every number with its "
    "interval, every number replayable.",
}
LANG = {"zh": "语言：zh 或 en。", "en": "Language: zh or en."}
VERSION = {"zh": "显示版本。", "en": "Show the version."}


class _Root(Group):
    """All commands, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.add_command(import_module(f"taji.cli.{cmd_name}").build(self.language))
        return self.commands[cmd_name]


def build(language: Language) -> Group:
    """Build the tree of commands in ``language``."""
    root = _Root(
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
    return root
