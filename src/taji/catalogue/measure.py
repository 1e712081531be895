"""Measures of transformation: what can be done, what it takes, and which answers it changes.

A measure is carried out in one of its *variants* (a scale, a class of provider). What it brings is
told as *thresholds* on answers: this answer becomes at least that, this tick is set, this scenario
reaches that rung. Effects never add up: two measures that reach the same rung reach that rung.

Every amount and every effect is told three times, ``[low, mid, high]``, read as the 5 %, 50 % and
95 % points of what may come. There is no published table of such costs: a pack says so by its
``confidence``, and everything that shows its numbers says it too.

Decides the shape of a pack of measures. That the answers exist, ``taji.catalogue.check`` sees to;
which measures to take is ``taji.plan``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from taji.base.exact import Exact
from taji.base.text import Text
from taji.catalogue.fault import fault
from taji.catalogue.pack import Confidence, Pack, Spec

__all__ = ["CASES", "Case", "Effect", "Measure", "Measures", "Range", "Variant"]

#: Which of the three tellings of a number is meant.
Case = Literal["low", "mid", "high"]
CASES: tuple[Case, Case, Case] = ("low", "mid", "high")

Threshold = int | str | None


class Range(Spec):
    """An amount told three times; a pack writes ``[low, mid, high]`` or these keys. [yuan]"""

    low: int = Field(ge=0)
    mid: int = Field(ge=0)
    high: int = Field(ge=0)
    #: Real projects that the three are quantiles of; None for an assumption.
    n: int | None = Field(default=None, ge=1)
    #: How it is known, where this differs from the pack as a whole.
    confidence: Confidence | None = None
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, list | tuple) and len(value) == 3:
            return dict(zip(CASES, value, strict=True))
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.mid <= self.high:
            raise fault("order", "须由低到高：low、mid、high", "low, mid and high must ascend")
        return self

    def of(self, case: Case) -> int:
        """Return one of the three. [yuan]"""
        return int(getattr(self, case))


class Effect(Spec):
    """A threshold that an answer reaches; exactly one of the three forms.

    ``answer`` with ``at_least``: a choice (at least as good as this option by the points of the
    model) or a number; ``scenario`` with ``rung``; ``answer`` with ``tick`` and ``holds``.
    Each is told for the low, the middle and the high effect; null where nothing is reached.
    """

    answer: str | None = None
    scenario: str | None = None
    at_least: tuple[Threshold, Threshold, Threshold] | None = None
    rung: tuple[Threshold, Threshold, Threshold] | None = None
    tick: str | None = None
    holds: tuple[bool, bool, bool] = (True, True, True)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = (
            self.answer is not None and self.at_least is not None and self.tick is None,
            self.scenario is not None and self.rung is not None,
            self.answer is not None and self.tick is not None and self.at_least is None,
        )
        if sum(forms) != 1 or (self.answer is None) == (self.scenario is None):
            raise fault(
                "effect",
                "须为三种写法之一：answer 与 at_least、scenario 与 rung、answer 与 tick",
                "needs one form: answer with at_least, scenario with rung, or answer with tick",
            )
        if sorted(self.holds) != list(self.holds):
            raise fault("order", "holds 须由否到是", "holds must ascend from false to true")
        return self

    @property
    def item(self) -> str:
        """The item of the questionnaire that changes."""
        return self.answer or self.scenario or ""

    def reaches(self, case: Case) -> Threshold | bool:
        """Return what is reached: an option, a number, True for a tick; None for nothing."""
        place = CASES.index(case)
        if self.tick is not None:
            return True if self.holds[place] else None
        thresholds = self.at_least or self.rung or (None, None, None)
        return thresholds[place]


class Variant(Spec):
    """One way to carry a measure out, at a scale or by a class of provider."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    #: Work until it is done. [periods of the pack]
    duration: int = Field(ge=1, le=40)
    #: Purchase by size of firm. [yuan]
    cost: Mapping[str, Range]
    #: Running cost by size of firm. [yuan per period]
    running: Mapping[str, int] = Field(default_factory=dict)
    #: Own people while it is worked on. [person-months per period]
    staff: Exact
    #: Beside those of the measure.
    effects: tuple[Effect, ...] = ()


class Measure(Spec):
    """Something a firm can do."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    note: Text | None = None
    #: Groups of measures: of each group one must be done before this starts.
    requires: tuple[tuple[str, ...], ...] = ()
    #: Measures that are not carried out beside this one.
    excludes: tuple[str, ...] = ()
    #: Of the measures of one family at most one is carried out.
    family: str | None = None
    #: What every variant brings.
    effects: tuple[Effect, ...] = ()
    #: The ways in which it can be carried out.
    variants: tuple[Variant, ...] = Field(min_length=1, alias="ways")

    def effects_of(self, variant: Variant) -> tuple[Effect, ...]:
        """Return all that a variant brings."""
        return (*self.effects, *variant.effects)

    @model_validator(mode="after")
    def _once(self) -> Self:
        ids = [variant.id for variant in self.variants]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise fault("twice", f"做法 id 重复：{'、'.join(twice)}", f"ids stand twice: {twice}")
        if not all(self.effects_of(variant) for variant in self.variants):
            raise fault("effect", "有做法没有任何效果", "a variant brings nothing")
        return self


class Measures(Pack):
    """A pack of measures for the answers to one questionnaire."""

    questionnaire: str
    #: The model whose points order the options of a choice.
    model: str
    #: Length of a period. [months]
    period_months: Literal[1, 3, 6, 12]
    #: Sizes of firm that amounts are told for, codes of the register ``size_class``.
    sizes: tuple[str, ...] = Field(min_length=1)
    measures: tuple[Measure, ...] = Field(min_length=1)

    @property  # kept by no copy of the pack, unlike a cached one
    def by_id(self) -> Mapping[str, Measure]:
        """Measures by id."""
        return {measure.id: measure for measure in self.measures}

    @property
    def periods_per_year(self) -> int:
        """Periods in a year."""
        return 12 // self.period_months

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ids = [measure.id for measure in self.measures]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise fault("twice", f"措施 id 重复：{'、'.join(twice)}", f"ids stand twice: {twice}")
        for measure in self.measures:
            named = {*measure.excludes, *(i for group in measure.requires for i in group)}
            unknown = sorted(named - set(ids))
            if unknown:
                raise fault(
                    "unknown",
                    f"{measure.id} 提到没有的措施：{'、'.join(unknown)}",
                    f"{measure.id} names measures that are not there: {', '.join(unknown)}",
                )
            for variant in measure.variants:
                if set(variant.cost) != set(self.sizes) or not set(variant.running) <= set(
                    self.sizes
                ):
                    raise fault(
                        "sizes",
                        f"{measure.id}/{variant.id} 的金额须逐一对应 {'、'.join(self.sizes)}",
                        f"the amounts of {measure.id}/{variant.id} must be for {self.sizes}",
                    )
        stuck = sorted(set(ids) - self._doable())
        if stuck:
            raise fault(
                "order",
                f"永远无法开始（前置措施成环或缺失）：{'、'.join(stuck)}",
                f"can never start, for what they require waits for them: {', '.join(stuck)}",
            )
        return self

    def _doable(self) -> set[str]:
        done: set[str] = set()
        while True:
            more = {
                measure.id
                for measure in self.measures
                if measure.id not in done and all(done & set(group) for group in measure.requires)
            }
            if not more:
                return done
            done |= more
