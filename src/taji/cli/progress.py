"""A progress bar on standard error, in the reader's language."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from taji.base.text import Language, Text

__all__ = ["Bar"]


class Bar:
    """Shows the steps of a verb (``taji.desk.steps.Steps``); silent when quiet or not a terminal."""

    def __init__(self, *, language: Language, quiet: bool) -> None:
        console = Console(stderr=True)
        self._language = language
        self._task: TaskID | None = None
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def begin(self, title: Text) -> None:
        """Show the next step."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(title[self._language], total=None)

    def advance(self, done: int, total: int | None) -> None:
        """Show how far the step is."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total)
