"""Commands that speak Chinese or English, their usage errors included.

The whole command tree is built in one language, chosen before anything is parsed. Click's own
sentences (usage, options, errors) are said here in Chinese; its English ones are its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import click

from taji.base.text import LANGUAGES, Language

__all__ = ["Command", "Group", "choose_language", "usage_sentence"]

#: Read before the locale: lets a bureau set one language for all its machines.
LANGUAGE_VARIABLE = "TAJI_LANG"


def choose_language(
    arguments: Sequence[str], environment: dict[str, str] | None = None
) -> Language:
    """Choose the language: ``--lang``, then ``TAJI_LANG``, then the locale, then Chinese.

    Examples
    --------
    >>> choose_language(["assess", "--lang", "en"], {}), choose_language([], {"LANG": "C"})
    ('en', 'zh')
    """
    environment = dict(os.environ) if environment is None else environment
    named = _named(arguments) or environment.get(LANGUAGE_VARIABLE)
    if named in LANGUAGES:
        return "zh" if named == "zh" else "en"
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(variable):
            return "en" if environment[variable].lower().startswith("en") else "zh"
    return "zh"


def _named(arguments: Sequence[str]) -> str | None:
    for position, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
        if argument == "--lang" and position + 1 < len(arguments):
            return arguments[position + 1]
    return None


class _Spoken(click.Command):
    """A command whose help is laid out in its own language."""

    def __init__(self, *args: Any, language: Language, **kwargs: Any) -> None:
        self.language = language
        super().__init__(*args, **kwargs)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = self.collect_usage_pieces(ctx)
        prefix = "用法：" if self.language == "zh" else "Usage: "
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=prefix)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本帮助。" if self.language == "zh" else "Show this help."
        return option

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [p.get_help_record(ctx) for p in self.get_params(ctx)]
        # An argument without a text of its own is told in the description above.
        records = [record for record in found if record is not None and record[1]]
        if records:
            with formatter.section("选项" if self.language == "zh" else "Options"):
                formatter.write_dl(records)


class Command(_Spoken):
    """One command."""


class Group(_Spoken, click.Group):
    """Commands under one name."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lay out the options, then the commands."""
        super().format_options(ctx, formatter)
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        commands = [(name, command) for name, command in found if command is not None]
        width = formatter.width - 6 - max((len(name) for name, _ in commands), default=0)
        with formatter.section("命令" if self.language == "zh" else "Commands"):
            formatter.write_dl([(n, c.get_short_help_str(width)) for n, c in commands])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order of the work, not of the alphabet."""
        return list(self.commands)


#: What Click says of a value, and how that is said in Chinese.
CLICK_SAYS = (
    (r"(?:File|Directory|Path) '(.+)' does not exist\.", r"“\1”不存在。"),
    (r"(?:File|Path) '(.+)' is a directory\.", r"“\1”是文件夹，这里要文件。"),
    (r"(?:Directory|Path) '(.+)' is a file\.", r"“\1”是文件，这里要文件夹。"),
    (r"(?:File|Directory|Path) '(.+)' is not (?:readable|writable)\.", r"“\1”没有读写权限。"),
    (r"'(.*)' is not a valid integer(?: range)?\.", r"“\1”不是整数。"),
    (r"'(.*)' is not a valid float(?: range)?\.", r"“\1”不是数字。"),
    (r"(.+) is not in the range (.+)\.", r"\1 不在范围 \2 内。"),
    (r"'(.*)' is not one of (.+)\.", r"“\1”不在可选之列：\2。"),
    (
        r"No such command '(.+?)'\.(?: Did you mean '(.+)'\?)?",
        r"没有命令“\1”，可用的命令见 --help。",
    ),
    (r"Got unexpected extra arguments? \((.+)\)", r"多出的参数：\1。"),
    (r"Option '(.+)' requires an argument\.", r"选项 \1 之后缺少取值。"),
    (r"Option '(.+)' does not take a value\.", r"选项 \1 不带取值。"),
)


def _in_chinese(sentence: str) -> str:
    for said, meant in CLICK_SAYS:
        found = re.fullmatch(said, sentence)
        if found is not None:
            return found.expand(meant)
    return sentence


def usage_sentence(error: click.ClickException, language: Language) -> str:
    """Say what is wrong with the words of a command.

    Returns
    -------
    str
        Click's own sentence in English; ours in Chinese.
    """
    if language == "en":
        return error.format_message()
    match error:
        case click.NoSuchOption():
            near = f"；是否想用 {'、'.join(error.possibilities)}？" if error.possibilities else "。"
            return f"没有选项 {error.option_name}{near}"
        case click.MissingParameter():
            param = error.param
            name = param.get_error_hint(error.ctx) if param and error.ctx else error.param_hint
            return f"缺少参数 {name}。"
        case click.BadParameter():
            hint = (
                error.param.get_error_hint(error.ctx)
                if error.param and error.ctx
                else error.param_hint
            )
            return f"参数 {hint} 的值不可用：{_in_chinese(error.message)}"
        case click.BadOptionUsage():
            return _in_chinese(error.message)
        case _:
            return f"用法有误：{_in_chinese(error.format_message())}"
