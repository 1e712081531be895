"""What is assumed about the reliability of answers: the rule of a pack, checked.

Decides what the rule may say. Does not draw anything (``taji.assess.chances``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from taji.base.exact import Exact
from taji.catalogue.fault import fault
from taji.catalogue.pack import Pack, Spec
from taji.catalogue.problem import PackError
from taji.catalogue.schema import parsed
from taji.catalogue.yaml import read

__all__ = ["AnswerKind", "ChanceRule", "Shifts", "chance_rule"]

_FILE = Path(__file__).resolve().parents[1] / "packs" / "chances.yaml"

#: A tick, one of several options, a rung of a scale, a number read in bands.
AnswerKind = Literal["tick", "choice", "rung", "share"]


class Shifts(Spec):
    """Shares of answers by how many rungs the truth lies from the claim."""

    lowest: Mapping[int, Exact]
    inside: Mapping[int, Exact] = Field(default_factory=dict)
    highest: Mapping[int, Exact]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        given = [table for table in (self.lowest, self.inside, self.highest) if table]
        if any(sum(table.values()) != 1 or not table.get(0) for table in given):
            raise fault(
                "sum",
                "各项合计须为 1，且 0 处须为正",
                "the shares must sum to 1, and the one at 0 be positive",
            )
        if any(share < 0 for table in given for share in table.values()):
            raise fault("range", "份额不得为负", "a share must not be negative")
        if min(self.lowest) < 0 or max(self.highest) > 0:
            raise fault(
                "range",
                "最低处不能再低，最高处不能再高",
                "nothing lies under the lowest or above the highest",
            )
        return self


class ChanceRule(Pack):
    """Draws, weights and assumptions; see the pack for units."""

    draws: int = Field(ge=1)
    pool_pairs: Exact = Field(gt=0)
    assumed_pairs: Exact = Field(gt=0)
    together: Exact = Field(ge=0, lt=1)
    neighbours: int = Field(ge=1)
    donors_most: int = Field(ge=1)
    near: Mapping[str, Exact]
    shifts: Mapping[AnswerKind, Shifts]


def chance_rule(file: Path = _FILE) -> ChanceRule:
    """Return the rule of a pack.

    Raises
    ------
    PackError
        If the pack has a fault.

    Examples
    --------
    >>> float(chance_rule().shifts["tick"].highest[-1])
    0.15
    """
    return _read(file)


@cache
def _read(file: Path) -> ChanceRule:
    found, problems = parsed(ChanceRule, read(file), file=str(file))
    if found is None:
        raise PackError(problems)
    return found
