"""Look for the options of every firm, in the order of the answers.

Decides what is looked at and what is kept of it. What is looked for in one firm is
``taji.desk.option_firm``'s, how firms are dealt out to processes ``taji.desk.option_workers``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from taji.base.text import Text
from taji.desk.option_firm import Stand, uses_of
from taji.desk.option_request import Means, OptionsRequest
from taji.desk.option_rows import Offer
from taji.desk.option_workers import each_of
from taji.desk.steps import Steps
from taji.desk.surveyed_firms import Surveyed

__all__ = ["LookingForOptions"]

LOOKING = Text(zh="逐家求选项", en="Looking for options firm by firm")


class LookingForOptions:
    """The search for one table.

    Attributes
    ----------
    uses : tuple of str
        Columns of the city's money: the whole, then each year. [yuan]
    offers : list of Offer
        Options found, firm by firm.
    lines : list of mapping
        A line for each firm that answered.
    broken_off : bool
        Somebody stopped it.
    """

    def __init__(
        self,
        request: OptionsRequest,
        means: Means,
        steps: Steps,
        stopped: Callable[[], bool],
        *,
        workers: int = 1,
    ) -> None:
        self.request, self.means, self.steps, self.stopped = request, means, steps, stopped
        self.workers = workers
        self.uses = uses_of(request, means)
        self.offers: list[Offer] = []
        self.lines: list[dict[str, Any]] = []
        self.broken_off = False

    def look(self, surveyed: Surveyed) -> None:
        """Look for the options of every firm."""
        self.steps.begin(LOOKING)
        wide = self.means.program.wide(surveyed.sheets)
        rows = wide.select("total:level", "total:points", "total:coverage").rows()
        stands = [
            Stand(
                sheet=surveyed.sheets[at],
                size=surveyed.sizes[at],
                level=self.means.program.levels[code],
                points=points,
                coverage=coverage,
            )
            for at, (code, points, coverage) in enumerate(rows)
        ]
        found = each_of(
            stands, self.request, self.means, stopped=self.stopped, workers=self.workers
        )
        for at, looked in enumerate(found):
            self.offers += looked.offers
            self.broken_off |= looked.broken_off
            self.lines.append(looked.line | self._groups(surveyed.groups, at))
            self.steps.advance(at + 1, len(stands))

    @staticmethod
    def _groups(groups: pl.DataFrame, at: int) -> dict[str, str | None]:
        if not groups.width:
            return {}
        return {f"group_{name}": value for name, value in groups.row(at, named=True).items()}
