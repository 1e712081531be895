"""Published figures to compare a city with, and how far they can be compared.

Decides what a benchmark must say of itself: what was measured, on whom, when, by whom,
and where it differs from what we measure. The comparison is ``taji.compare``'s.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from taji.base.exact import Exact
from taji.base.text import Text
from taji.catalogue.fault import fault
from taji.catalogue.pack import Confidence, Pack, Spec

__all__ = ["AnswerMatch", "Benchmark", "Indicator", "LevelMatch", "Share"]


class AnswerMatch(Spec):
    """Our figure for the indicator: the share of firms that gave one of these answers."""

    questionnaire: str
    question: str
    any_of: tuple[str, ...] = Field(min_length=1)


class LevelMatch(Spec):
    """Our figure for the indicator: the share of firms at one of these levels of a model."""

    model: str
    levels: tuple[str, ...] = Field(min_length=1)
    node: str = "total"


class Share(Spec):
    """One part of a distribution."""

    id: str
    label: Text
    #: In the indicator's unit; None where the part was not published.
    value: Exact | None
    ours: LevelMatch | AnswerMatch | None = None


class Indicator(Spec):
    """One published figure, or one published distribution."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    year: int = Field(ge=1990, le=2100)
    value: Exact | None = None
    distribution: tuple[Share, ...] = ()
    #: True where the parts of the distribution are all parts, so that they add up to 100.
    whole: bool = False
    unit: Literal["per_cent", "points"]
    #: Who was counted.
    population: Text
    #: How many were counted, as published ("20000+"); None where this was not said.
    n: str | None
    source: tuple[str, ...] = Field(min_length=1)
    confidence: Confidence
    #: Whether our question measures the same thing, as a reader should be told.
    comparable: Text
    ours: LevelMatch | AnswerMatch | None = None

    @model_validator(mode="after")
    def _one_figure(self) -> Self:
        if (self.value is None) == (not self.distribution):
            raise fault(
                "shape",
                "须有且只有一个：value 或 distribution",
                "needs either a value or a distribution",
            )
        known = [share.value for share in self.distribution if share.value is not None]
        if self.whole and (len(known) < len(self.distribution) or sum(known) != 100):
            raise fault(
                "weights",
                f"各部分合计为 {float(sum(known)):g}，应为 100",
                f"the parts add up to {float(sum(known)):g}, should be 100",
            )
        figures = [self.value] if self.value is not None else known
        if self.unit == "per_cent" and not all(0 <= figure <= 100 for figure in figures):
            raise fault("range", "百分数须在0到100之间", "a percentage lies between 0 and 100")
        return self


class Benchmark(Pack):
    """A set of published figures."""

    indicators: tuple[Indicator, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> Self:
        ids = [indicator.id for indicator in self.indicators]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise fault("twice", f"标识重复：{'、'.join(twice)}", f"ids stand twice: {twice}")
        return self
