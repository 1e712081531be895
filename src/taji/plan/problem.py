"""The roadmap problem of one firm, from a pack of measures, a model and the firm's answers.

Decides which measures a firm has in place already, and which of the three tellings of a number
(low, middle, high) goes into the problem. Does not solve it (``taji.plan.roadmap``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from taji.assess.compile import Program
from taji.base.errors import TajiError
from taji.catalogue.measure import Case, Measures
from taji.plan import instance as numbers
from taji.plan.instance import Instance, Limits, Subsidy
from taji.plan.steps import Step
from taji.plan.thresholds import Reach, Rules, given, reach_of, rules_of

__all__ = ["MIDDLE", "Cases", "NoLevelError", "NoSizeError", "Problem", "problem_of"]


class NoLevelError(TajiError):
    """The target is none of the model's levels."""

    code = "plan.no_level"
    sentences = {
        "en": "Model {model} has no level {target!r}. Choose one of: {allowed}.",
        "zh": "模型 {model} 没有等级 {target!r}。可选：{allowed}。",
    }


class NoSizeError(TajiError):
    """The pack tells no amounts for firms of this size."""

    code = "plan.no_size"
    sentences = {
        "en": "The measures {measures} tell no amounts for a firm of size {size!r}. Name one of "
        "these with --size: {allowed}.",
        "zh": "措施包 {measures} 没有规模为 {size!r} 的企业的金额。请用 --size 指定其一：{allowed}。",
    }


@dataclass(frozen=True, slots=True)
class Cases:
    """Which telling of the costs and of the effects is planned with."""

    cost: Case = "mid"
    effect: Case = "mid"


#: What is expected.
MIDDLE = Cases()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An instance and what its numbers stand for.

    Attributes
    ----------
    instance : Instance
    rules : Rules
    measures : Measures
    in_place : tuple of str
        Measures that the firm has: its answers show all that one of their variants brings.
    reaches : mapping by place, tuple of (tuple of tuple of Reach)
        What every variant of every measure makes of the answers.
    """

    instance: Instance
    rules: Rules
    measures: Measures
    in_place: tuple[str, ...]
    reaches: tuple[tuple[tuple[Reach, ...], ...], ...]

    def after(self, program: Program, sheet: pl.DataFrame, steps: Iterable[Step]) -> pl.DataFrame:
        """Return the firm's answers once these steps are done."""
        done = [r for step in steps for r in self.reaches[step.measure][step.variant]]
        return given(program, sheet, done)


def problem_of(
    measures: Measures,
    program: Program,
    sheet: pl.DataFrame,
    *,
    size: str,
    target: str,
    periods: int,
    limits: Limits,
    subsidy: Subsidy | None = None,
    cases: Cases = MIDDLE,
) -> Problem:
    """Put a firm's roadmap problem together.

    Parameters
    ----------
    measures : Measures
    program : Program
        The compiled model.
    sheet : polars.DataFrame, shape (1, any)
        The firm's canonical answers.
    size : str
        One of ``measures.sizes``.
    target : str
        Id of the level aimed at.
    periods : int
        Length of the plan. [periods of the pack]
    limits, subsidy
        As the instance has them.
    cases : Cases
        Which tellings are planned with.

    Raises
    ------
    NoLevelError, NoSizeError, NotLinearError
        If there is no such level or size, or the model cannot be planned with.
    """
    rules = rules_of(program, sheet)
    if target not in rules.tests:
        raise NoLevelError(model=program.model.id, target=target, allowed=", ".join(rules.tests))
    if size not in measures.sizes:
        raise NoSizeError(measures=measures.id, size=size, allowed=", ".join(measures.sizes))
    reaches = tuple(
        tuple(
            tuple(r for e in m.effects_of(v) for r in reach_of(program, e, cases.effect))
            for v in m.variants
        )
        for m in measures.measures
    )
    place = {measure.id: at for at, measure in enumerate(measures.measures)}
    has = _in_place(measures, program, sheet)
    built = []
    for measure, ways in zip(measures.measures, reaches, strict=True):
        brings = [rules.brought(way) for way in ways]
        idle = measure.id in has and not any(brings)
        variants = tuple(
            numbers.Variant(
                duration=variant.duration,
                purchase=variant.cost[size].of(cases.cost),
                running=variant.running.get(size, 0),
                staff=round(variant.staff * 100),
                facts=facts,
            )
            for variant, facts in zip(measure.variants, brings, strict=True)
        )
        groups = tuple(
            frozenset(place[name] for name in group)
            for group in measure.requires
            if not has & set(group)
        )
        built.append(numbers.Measure(() if idle else variants, groups))
    instance = Instance(
        periods=periods,
        periods_per_year=measures.periods_per_year,
        measures=tuple(built),
        tests=rules.tests[target],
        gains=rules.gains,
        needs=rules.needs if any(rules.needs) else (),
        granted=rules.granted,
        rivals=_rivals(measures, place),
        limits=limits,
        subsidy=subsidy,
    )
    return Problem(
        instance=instance,
        rules=rules,
        measures=measures,
        in_place=tuple(m.id for m in measures.measures if m.id in has),
        reaches=reaches,
    )


def _in_place(measures: Measures, program: Program, sheet: pl.DataFrame) -> set[str]:
    """The measures of whose variants one would change none of the firm's answers."""
    before = program.sheets(sheet)
    return {
        measure.id
        for measure in measures.measures
        for variant in measure.variants
        if _unchanged(
            before,
            given(
                program,
                before,
                [r for e in measure.effects_of(variant) for r in reach_of(program, e, "mid")],
            ),
        )
    }


def _unchanged(before: pl.DataFrame, after: pl.DataFrame) -> bool:
    return before.equals(after)


def _rivals(measures: Measures, place: dict[str, int]) -> tuple[frozenset[int], ...]:
    families: dict[str, set[int]] = {}
    for measure in measures.measures:
        if measure.family is not None:
            families.setdefault(measure.family, set()).add(place[measure.id])
    pairs: Sequence[frozenset[int]] = [
        frozenset({place[measure.id], place[other]})
        for measure in measures.measures
        for other in measure.excludes
    ]
    return tuple(dict.fromkeys([*map(frozenset, families.values()), *pairs]))
