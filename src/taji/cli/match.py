"""``taji match``: needs of firms to providers, or the bare problems behind that."""

from __future__ import annotations

from importlib import import_module

from taji.base.text import Language, Text
from taji.cli.language import Group
from taji.cli.options import lang_option

__all__ = ["build"]

HELP = Text(
    zh="把企业需求与服务商匹配：按相关度列出、在容量内求最优、或求稳定匹配。",
    en="Match the needs of firms with providers: ranked by relevance, optimal within capacities, "
    "or stable.",
)
#: Modules that build a subcommand, in the order of the work.
PARTS = ("match_needs", "match_solve", "match_stable")


def build(language: Language) -> Group:
    """Build the group in ``language``."""
    group = Group(
        name="match",
        language=language,
        help=HELP[language],
        no_args_is_help=True,
        params=[lang_option(language)],
    )
    for part in PARTS:
        group.add_command(import_module(f"taji.cli.{part}").build(language))
    return group
