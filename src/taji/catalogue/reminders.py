"""When firms are reminded: the rule of a pack, checked.

Decides what a rule of reminders may say. Does not know who is due (``taji.web.rounds.chasing``).
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from taji.catalogue.fault import fault
from taji.catalogue.pack import Pack
from taji.catalogue.problem import PackError
from taji.catalogue.schema import parsed
from taji.catalogue.yaml import read

__all__ = ["Reminders", "reminders"]

_FILE = Path(__file__).resolve().parents[1] / "packs" / "reminders.yaml"


class Reminders(Pack):
    """When reminders fall due, and when they end."""

    #: After the invitation, rising; nothing goes out before the first. [days]
    days: tuple[int, ...] = Field(min_length=1)
    #: After the last reminder, until the bureau is told that no more go out. [days]
    last_wait: int = Field(ge=0)

    @property
    def gaps(self) -> tuple[int, ...]:
        """Least time from one reminder to the next, for each; none before the first. [days]"""
        return (0, *(b - a for a, b in pairwise(self.days)))

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.days[0] < 1 or any(b <= a for a, b in pairwise(self.days)):
            raise fault(
                "range", "days 须从 1 起逐个增大", "days must rise, and none be before day 1"
            )
        return self


def reminders(file: Path = _FILE) -> Reminders:
    """Return the rule of a pack.

    Raises
    ------
    PackError
        If the pack has a fault.

    Examples
    --------
    >>> reminders().days, reminders().gaps
    ((7, 14, 21), (0, 7, 7))
    """
    return _read(file)


@cache
def _read(file: Path) -> Reminders:
    found, problems = parsed(Reminders, read(file), file=str(file))
    if found is None:
        raise PackError(problems)
    return found
