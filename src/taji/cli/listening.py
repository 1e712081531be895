"""Take the first Ctrl-C as the wish for what is ready, the next one as an order to end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Wish", "listening"]


class Wish:
    """Whether the person at the terminal wants the best so far."""

    def __init__(self) -> None:
        self.stop = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Take the first Ctrl-C as a wish, the next one as an order."""
        if self.stop:
            raise KeyboardInterrupt
        self.stop = True


@contextmanager
def listening() -> Iterator[Wish]:
    """Listen for Ctrl-C inside the block."""
    wish = Wish()
    before = signal.signal(signal.SIGINT, wish.hear)
    try:
        yield wish
    finally:
        signal.signal(signal.SIGINT, before)
