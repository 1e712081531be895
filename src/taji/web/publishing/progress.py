"""The progress of a job on its row, where pages read it."""

from __future__ import annotations

import time

from taji.base.text import Text
from taji.web.publishing.models import Job

__all__ = ["RowSteps"]

#: Least time between two writes of one step. [seconds]
PAUSE = 0.5


class RowSteps:
    """Steps of the desk, written to a job's row: every beginning, and rows done twice a second.

    Parameters
    ----------
    job : Job
    steps : int
        How many steps the whole work has, as far as one knows.
    """

    def __init__(self, job: Job, *, steps: int) -> None:
        self._rows = type(job).objects.filter(pk=job.pk)
        self._steps = steps
        self._begun = 0
        self._written = 0.0
        self._title = Text(zh="准备", en="Preparing")

    def begin(self, title: Text) -> None:
        """Write the step, and the share of the steps that are behind."""
        self._begun, self._title = self._begun + 1, title
        self._write(title, (self._begun - 1) / self._steps)

    def advance(self, done: int, total: int | None) -> None:
        """Write how many rows or firms are done, unless something was written just now."""
        if time.monotonic() - self._written < PAUSE:
            return
        zh, en = (" 行", " rows") if total is None else (f" / {total:,}",) * 2
        told = Text(zh=f"{self._title.zh}：{done:,}{zh}", en=f"{self._title.en}: {done:,}{en}")
        within = done / total if total else 0.0
        self._write(told, (self._begun - 1 + within) / self._steps)

    def _write(self, title: Text, share: float) -> None:
        self._written = time.monotonic()
        self._rows.update(step_zh=title.zh, step_en=title.en, share=min(share, 0.99))
