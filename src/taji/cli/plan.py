"""``taji plan``: what a firm does next, and what a city pays for."""

from __future__ import annotations

from importlib import import_module

import click

from taji.base.text import Language, Text
from taji.cli.language import Group
from taji.cli.options import lang_option

__all__ = ["build"]

HELP = Text(
    zh="规划：企业的转型路线图、城市的支持组合、措施的价格本。",
    en="Plan: the roadmap of a firm, the portfolio of a city, the price book of measures.",
)
#: Commands of the group in the order of the work, and the module that builds each.
COMMANDS = {
    "roadmap": "plan_roadmap",
    "options": "plan_options",
    "portfolio": "plan_portfolio",
    "compare": "plan_compare",
    "price-book": "plan_price_book",
}


class _Plan(Group):
    """Its commands, each loaded when it is asked for: the solver takes a while to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            module = import_module(f"taji.cli.{COMMANDS[cmd_name]}")
            self.add_command(module.build(self.language))
        return self.commands[cmd_name]


def build(language: Language) -> Group:
    """Build the group in ``language``."""
    return _Plan(
        name="plan",
        language=language,
        help=HELP[language],
        no_args_is_help=True,
        params=[lang_option(language)],
    )
