"""Make the page of a portfolio: choose anew for the frontier and without floors, and write it.

Decides at which amounts, and how many floors, the choice is made anew. How the page looks is
``taji.report.portfolio_story``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from taji.base.arrays import FloatArray
from taji.base.text import LANGUAGES
from taji.catalogue.resources import floor_of, group_of, member_of, resource_of
from taji.desk.files import whole
from taji.desk.portfolio_case import Case
from taji.plan.portfolio.concentration import gini, lorenz
from taji.plan.portfolio.frontier import cost_of_floors, frontier, without_floors
from taji.plan.portfolio.instance import NOTHING, ChoiceArray
from taji.plan.portfolio.solve import Outcome, Plan, solve
from taji.report.portfolio_story import (
    Benefit,
    FloorLine,
    FrontierPoint,
    GroupShare,
    PortfolioFacts,
    portfolio_page,
)

__all__ = ["PAGES", "write_pages"]

#: The page in each language.
PAGES = {language: f"portfolio.{language}.html" for language in LANGUAGES}
#: Amounts of the frontier, as multiples of the limit.
MULTIPLES = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
#: Floors that are taken away one by one; of more, those with the highest price times amount.
FLOORS_TAKEN = 12


def write_pages(
    case: Case,
    outcome: Outcome,
    plan: Plan,
    certificate: dict[str, Any],
    folder: Path,
    *,
    go_on: Callable[[], bool],
) -> None:
    """Write ``portfolio.zh.html`` and ``portfolio.en.html``.

    Raises
    ------
    MissingFontError
        If no Chinese family is installed to draw the charts in.
    """
    light = replace(
        plan,
        gap=1e-4,
        widths=plan.widths[:1],
        effort=replace(
            plan.effort, nodes=100, seconds=min(plan.effort.seconds, 5.0), solver="highs"
        ),
    )
    facts = _facts(case, outcome, light, certificate, go_on)
    for language in LANGUAGES:
        with whole(folder / PAGES[language]) as path:
            path.write_text(
                portfolio_page(facts, language=language), encoding="utf-8", newline="\n"
            )


def _facts(
    case: Case,
    outcome: Outcome,
    plan: Plan,
    certificate: dict[str, Any],
    go_on: Callable[[], bool],
) -> PortfolioFacts:
    assert outcome.choice is not None
    use = int(case.portfolio.rows.use[0]) if len(case.portfolio.rows.use) else 0
    free = _without(case, plan) if case.floors else None
    return PortfolioFacts(
        enterprises=certificate["enterprises"],
        supported=certificate["supported"],
        exceptions=certificate["exceptions"],
        value=outcome.value,
        gap=outcome.gap,
        proven=certificate["proven"],
        resource=resource_of(case.options.uses[use]),
        limits=tuple(
            (resource_of(name), row["limit"], row["used"], certificate["prices"][name])
            for name, row in certificate["limits"].items()
        ),
        frontier=_frontier(case, outcome, plan, go_on),
        floors=_floors(case, outcome, plan, certificate, go_on),
        before=None if free is None else _benefit(_support(case, free, use)),
        after=_benefit(_support(case, outcome.choice, use)),
        groups=_groups(case, free, outcome.choice, use),
        notes=case.options.notes,
        options=certificate["options"],
        method=certificate["method"],
        seed=certificate["seed"],
    )


def _without(case: Case, plan: Plan) -> ChoiceArray | None:
    floors = np.flatnonzero(case.portfolio.rows.sign < 0)
    return solve(without_floors(case.portfolio, floors.tolist()), plan).choice


def _frontier(
    case: Case, outcome: Outcome, plan: Plan, go_on: Callable[[], bool]
) -> tuple[FrontierPoint, ...]:
    if not case.limited:
        return ()
    limit, unit = float(case.portfolio.rows.bound[0]), float(case.row_scale[0])
    points = frontier(
        case.portfolio,
        0,
        [float(np.floor(multiple * limit)) for multiple in MULTIPLES],
        plan,
        prices=outcome.prices,
        go_on=go_on,
    )
    return tuple(
        FrontierPoint(point.amount / unit, point.value, point.bound)
        for point in points
        if point.value is not None and point.bound is not None
    )


def _floors(
    case: Case,
    outcome: Outcome,
    plan: Plan,
    certificate: dict[str, Any],
    go_on: Callable[[], bool],
) -> tuple[FloorLine, ...]:
    found = cost_of_floors(case.portfolio, outcome, plan, most=FLOORS_TAKEN, go_on=go_on)
    cost = {one.row - len(case.limited): one.cost for one in found}
    return tuple(
        FloorLine(
            floor_of(floor["group"], floor["value"], floor["use"]),
            floor["min"],
            floor["got"],
            cost.get(place, 0.0),
        )
        for place, floor in enumerate(certificate["floors"])
    )


def _support(case: Case, choice: ChoiceArray, use: int) -> FloatArray:
    """What each firm gets of a resource. [units of the resource]"""
    out = np.zeros(case.portfolio.size)
    for block in case.portfolio.blocks:
        chosen = choice[block.firm]
        at = np.flatnonzero(chosen != NOTHING)
        out[block.firm[at]] = block.use[use][chosen[at], at]
    support: FloatArray = out / case.scale[use]
    return support


def _benefit(support: FloatArray) -> Benefit:
    firms, share = lorenz(support)
    return Benefit(firms.tolist(), share.tolist(), gini(support))


def _groups(
    case: Case, free: ChoiceArray | None, choice: ChoiceArray, use: int
) -> tuple[GroupShare, ...]:
    after = _support(case, choice, use)
    before = after if free is None else _support(case, free, use)
    shares = []
    for by in case.options.groups:
        table = (
            pl.DataFrame({"group": case.options.group_frame[by], "a": after, "b": before})
            .group_by("group")
            .agg(pl.len().alias("firms"), pl.col("a", "b").sum())
            .sort("group")
        )
        total_after, total_before = max(after.sum(), 1e-300), max(before.sum(), 1e-300)
        shares += [
            GroupShare(
                group_of(by),
                member_of(by, group or "–"),
                firms,
                firms / len(after),
                b / total_before,
                a / total_after,
            )
            for group, firms, a, b in table.iter_rows()
        ]
    return tuple(shares)
