"""Writes the reference pages from the program itself, so that they cannot fall behind.

``python tools/reference.py`` writes ``docs/reference/``; a test fails while a page differs.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from django.apps import apps

import taji
from taji.base.errors import TajiError
from taji.base.text import LANGUAGES, Language
from taji.cli.tree import build
from taji.web.starting import set_up

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"

TITLES = {
    "commands": {"zh": "命令", "en": "Commands"},
    "errors": {"zh": "错误代码", "en": "Error codes"},
}
MADE = {
    "zh": "本页由程序自身生成（`python tools/reference.py`）。",
    "en": "This page is written by the program itself (`python tools/reference.py`).",
}
HEADS = {"zh": ("代码", "所说的话"), "en": ("Code", "What it says")}


def pages() -> Iterator[tuple[Path, str]]:
    """Every reference page: its path and its text."""
    for language in LANGUAGES:
        yield FOLDER / f"commands.{language}.md", commands_page(language)
        yield FOLDER / f"errors.{language}.md", errors_page(language)


def commands_page(language: Language) -> str:
    """The help of every command, as the terminal shows it."""
    parts = [f"# {TITLES['commands'][language]}", MADE[language]]
    root = build(language)
    for names, command in _walk(root, ("taji",)):
        context = click.Context(command, info_name=" ".join(names), max_content_width=96)
        context.terminal_width = 96
        parts += [f"## `{' '.join(names)}`", f"```text\n{command.get_help(context)}\n```"]
    return "\n\n".join(parts) + "\n"


def errors_page(language: Language) -> str:
    """Every error code with its sentence."""
    head = HEADS[language]
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    for error in errors():
        sentence = re.sub(r"\s+", " ", error.sentences[language]).replace("|", "\\|")
        lines.append(f"| `{error.code}` | {sentence} |")
    return "\n\n".join([f"# {TITLES['errors'][language]}", MADE[language], "\n".join(lines)]) + "\n"


def errors() -> list[type[TajiError]]:
    """Every error that the library raises on purpose, by code."""
    if not apps.ready:  # the platform's modules want Django, and Django a home
        with TemporaryDirectory() as home:
            set_up(Path(home))
    for module in pkgutil.walk_packages(taji.__path__, "taji."):
        if not module.name.endswith(("__main__", ".wsgi")):
            importlib.import_module(module.name)
    found: list[type[TajiError]] = []
    waiting = [TajiError]
    while waiting:
        for error in waiting.pop().__subclasses__():
            waiting.append(error)
            if "code" in vars(error) and error.__module__.startswith("taji."):
                found.append(error)
    return sorted(set(found), key=lambda error: (error.code, error.__name__))


def _walk(
    command: click.Command, names: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield names, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _walk(child, (*names, name))


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
