"""``taji panel``: the experts who judge applications, and what their scores are worth."""

from __future__ import annotations

from taji.base.text import Language, Text
from taji.cli import panel_assign, panel_rank
from taji.cli.language import Group
from taji.cli.options import lang_option

__all__ = ["build"]

HELP = Text(
    zh="评审：分派评审人；校正评委的宽严并排名。",
    en="Review panels: assign reviewers; correct scores for severity and rank.",
)


def build(language: Language) -> Group:
    """Build the group in ``language``."""
    group = Group(
        name="panel",
        language=language,
        help=HELP[language],
        no_args_is_help=True,
        params=[lang_option(language)],
        callback=lambda: None,
    )
    group.add_command(panel_assign.build(language))
    group.add_command(panel_rank.build(language))
    return group
