"""The figures of a plan as plain values: what is done when, what is paid, which level holds when.

Decides what stands in the record of a plan. Levels and points are never the optimiser's word: the
answers that the plan leads to are scored with the program that scores everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from taji.assess.compile import Program
from taji.base.text import Text
from taji.plan.problem import Problem
from taji.plan.steps import Plan

__all__ = ["Standing", "both", "chosen", "figures", "standings"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a firm stands at the end of a period.

    Attributes
    ----------
    level : str
    points : float
        Of the total.
    """

    level: str
    points: float


def standings(
    problem: Problem, plan: Plan, *, program: Program, sheet: pl.DataFrame
) -> tuple[Standing, ...]:
    """Score the answers that the plan leads to, now and at the end of every period."""
    sheets = pl.concat(
        program.sheets(
            problem.after(program, sheet, [s for s in plan.steps if s.finish <= period])
        ).select(*program.columns)
        for period in range(problem.instance.periods + 1)
    )
    wide = program.wide(sheets)
    codes = wide.get_column("total:level").to_list()
    points = wide.get_column("total:points").to_list()
    return tuple(
        Standing(program.levels[code], earned) for code, earned in zip(codes, points, strict=True)
    )


def figures(
    problem: Problem, plan: Plan, held: tuple[Standing, ...], *, size: str
) -> dict[str, Any]:
    """Return the figures of a plan.

    Parameters
    ----------
    problem : Problem
    plan : Plan
    held : tuple of Standing
        Now and at the end of every period.
    size : str
        Of the firm.
    """
    per_year = problem.instance.periods_per_year
    return {
        "finish_period": plan.finish_period,
        "cost": plan.cost,
        "subsidy_paid": plan.subsidy,
        "gain": plan.gain / problem.rules.unit,
        "chosen": chosen(problem, plan, size=size),
        "level_now": held[0].level,
        "level_by_period": [one.level for one in held[1:]],
        "points_now": held[0].points,
        "points_by_period": [one.points for one in held[1:]],
        "paid_by_period": list(plan.paid),
        "paid_by_year": [
            plan.paid_in(year, per_year) for year in range(1, problem.instance.years + 1)
        ],
        "staff_by_period": [staff / 100 for staff in plan.staff],
    }


def chosen(problem: Problem, plan: Plan, *, size: str) -> list[dict[str, Any]]:
    """Return what is done in a plan, with its times and amounts."""
    rows = []
    for step in plan.steps:
        measure = problem.measures.measures[step.measure]
        variant = measure.variants[step.variant]
        numbers = problem.instance.measures[step.measure].variants[step.variant]
        running = numbers.running * (problem.instance.periods - step.finish)
        rows.append(
            {
                "measure": measure.id,
                "variant": variant.id,
                "title": both(measure.title),
                "variant_title": both(variant.title),
                "start": step.start,
                "finish": step.finish,
                "cost": numbers.purchase + running,
                "purchase": numbers.purchase,
                "running": running,
                "staff": numbers.staff / 100,
                "confidence": variant.cost[size].confidence or problem.measures.confidence,
            }
        )
    return rows


def both(text: Text) -> dict[str, str]:
    """Return a text as JSON has it."""
    return {"zh": text.zh, "en": text.en}
