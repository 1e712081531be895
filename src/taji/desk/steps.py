"""How a verb of the desk tells what it is doing, without knowing who listens."""

from __future__ import annotations

from typing import Protocol

from taji.base.text import Text

__all__ = ["SILENT", "Steps"]


class Steps(Protocol):
    """Hears of every step of a long verb."""

    def begin(self, title: Text) -> None:
        """A step of unknown length begins; the one before has ended."""

    def advance(self, done: int, total: int | None) -> None:
        """So many rows of the step are done, out of so many where that is known."""


class _Silent:
    def begin(self, title: Text) -> None:
        pass

    def advance(self, done: int, total: int | None) -> None:
        pass


#: For callers who do not listen.
SILENT: Steps = _Silent()
