"""Choose whom the city supports with what, from a table of options, and write down why.

Decides which files are read and written and what is said about them. The choice is
``taji.plan.portfolio``'s.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from taji.base.text import Text
from taji.desk.files import keep_inputs, whole, write_table
from taji.desk.portfolio_case import Case, load_case
from taji.desk.portfolio_earlier import CERTIFICATE, CHOICE, read_earlier
from taji.desk.portfolio_margin import FILE, write_margin
from taji.desk.portfolio_record import certificate_of, choice_table, decisions
from taji.desk.portfolio_report import PAGES, write_pages
from taji.desk.portfolio_words import Lack, lacks, told
from taji.desk.steps import SILENT, Steps
from taji.plan.portfolio.core import Effort
from taji.plan.portfolio.instance import Portfolio
from taji.plan.portfolio.meeting import Round
from taji.plan.portfolio.shortage import find_shortage
from taji.plan.portfolio.solve import Method, Outcome, Plan, solve

__all__ = ["Funded", "FundingRequest", "fund"]

#: No programme follows once value and bound differ by no more. [fraction of the bound]
NEAR = 1e-4
#: Up to so many options the whole is one exact programme; see ``docs/analyst/portfolio.en.md``.
EXACT_UP_TO = 1_500
#: How changes of two halves are paired: where an exact programme follows, without an earlier result,
#: and from one.
PROVING = (Round(4_000), Round(24_000), Round(144_000), Round(864_000, reach=0.83))
ROUNDS = tuple(Round(sets, 2e-6) for sets in (4_000, 24_000, 144_000, 864_000))
ROUNDS_WARM = (
    *(Round(sets, 4.5e-5) for sets in (4_000, 72_000)),
    *(Round(sets, NEAR) for sets in (144_000, 432_000, 864_000)),
)
#: Above so many firms a gap of a few in a million is left, and so many options are opened. [firms]
MANY, WIDTHS = 50_000, (300, 1_000, 3_000)

DECISIONS = "decisions.csv"

READ = Text(zh="读取选项", en="Reading the options")
SOLVE = Text(zh="求解", en="Choosing")
LACKING = Text(zh="查找缺口", en="Looking for what is lacking")
WRITE = Text(zh="写出结果", en="Writing the result")

REPORT = Text(zh="求前沿曲线并写报告", en="Finding the frontier, writing the page")


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRequest:
    """What is asked for.

    Attributes
    ----------
    options, limits : Path
        Table of options; JSON of limits.
    floors : Path or None
        JSON of floors.
    every_enterprise : bool
        Whether every enterprise must get exactly one option.
    warm : Path or None
        Folder of an earlier result to start from.
    time_limit : float
        Time for the search. [s]
    seed : int
        Seed of the search.
    report : bool
        Whether to choose anew for the frontier and without floors, and write the pages.
    out : Path
        Folder of the result.
    """

    options: Path
    limits: Path
    floors: Path | None = None
    every_enterprise: bool = False
    warm: Path | None = None
    time_limit: float = 60.0
    seed: int = 1
    report: bool = False
    out: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Funded:
    """A result on disk, and what to say of it.

    Attributes
    ----------
    feasible : bool
        Whether a choice that keeps all limits and floors was found.
    certificate : mapping
        What stands in ``certificate.json``.
    sentences : tuple of Text
        What to say.
    """

    feasible: bool
    certificate: Mapping[str, Any]
    sentences: tuple[Text, ...]


def fund(
    request: FundingRequest, *, steps: Steps = SILENT, stopped: Callable[[], bool] = lambda: False
) -> Funded:
    """Choose a portfolio and write ``choice.parquet``, ``certificate.json``, ``decisions.csv``.

    Parameters
    ----------
    request : FundingRequest
        What is asked for.
    steps : Steps
        Hears of every step.
    stopped : callable
        Says whether the person wants the best so far.

    Raises
    ------
    TajiError
        If a file cannot be used.
    """
    began = time.monotonic()
    outputs = [
        request.out / name for name in (CHOICE, CERTIFICATE, DECISIONS, FILE, *PAGES.values())
    ]
    keep_inputs([request.options, request.limits, request.floors], outputs)
    steps.begin(READ)
    case = load_case(
        request.options,
        request.limits,
        request.floors,
        every_enterprise=request.every_enterprise,
    )
    earlier = read_earlier(request.warm, case)
    ends = time.monotonic() + request.time_limit

    def go_on() -> bool:
        return not stopped() and time.monotonic() < ends

    steps.begin(SOLVE)
    searching = time.monotonic()
    plan, method = _plan(case.portfolio, request, ends)
    outcome = solve(
        case.portfolio,
        plan,
        prices=earlier.prices,
        before=earlier.choice,
        margin=earlier.margin,
        go_on=go_on,
    )
    lacking: tuple[Lack, ...] = ()
    if outcome.choice is None:
        steps.begin(LACKING)
        outcome, lacking = _without(case, plan, outcome, go_on)
    searched = time.monotonic() - searching
    steps.begin(WRITE)
    lines = None if outcome.choice is None else decisions(case, outcome)
    certificate = {
        **certificate_of(case, outcome, lacking, method),
        "warm": request.warm is not None,
        "time_limit": request.time_limit,
        "seed": request.seed,
        "exceptions": 0 if lines is None else _exceptions(lines),
        "stopped": bool(stopped()),
        "seconds": round(searched, 3),
        "seconds_in_all": round(time.monotonic() - began, 3),
    }
    if outcome.choice is not None and lines is not None:
        write_table(choice_table(case.options, outcome.choice), outputs[0])
        write_table(lines, outputs[2])
        write_margin(outcome.margin, case, request.out)
    else:
        for stale in (outputs[0], *outputs[2:]):
            stale.unlink(missing_ok=True)
    with whole(outputs[1]) as path:
        path.write_text(json.dumps(certificate, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if request.report and outcome.choice is not None:
        steps.begin(REPORT)
        write_pages(case, outcome, plan, certificate, request.out, go_on=lambda: not stopped())
    return Funded(
        feasible=bool(certificate["feasible"]),
        certificate=certificate,
        sentences=told(certificate, lacking, request.out),
    )


def _exceptions(lines: pl.DataFrame) -> int:
    """How many enterprises did not get what is best for them at the posted prices."""
    return int((lines["decided_by"] == "exception").sum())


def _plan(portfolio: Portfolio, request: FundingRequest, ends: float) -> tuple[Plan, Method]:
    """How to work: all at once where options are few, the margin where they are many."""
    seconds = max(0.1, ends - time.monotonic())
    if portfolio.options <= EXACT_UP_TO:
        effort = Effort(
            nodes=10_000_000, gap=0.0, seconds=seconds / 2, seed=request.seed, solver="scip"
        )
        widths = (portfolio.options,)
        plan = Plan(gap=0.0, widths=widths, effort=effort, tolerance=1e-9, rounds=PROVING)
        return plan, "exact"
    effort = Effort(nodes=300, gap=0.0, seconds=seconds / 3, seed=request.seed)
    if portfolio.size > MANY and request.warm is None:
        return Plan(gap=4e-6, widths=WIDTHS, effort=effort), "prices"
    if portfolio.size > MANY:
        effort = replace(effort, nodes=20, presolve=False)
        return Plan(gap=8e-6, widths=(30, *WIDTHS), effort=effort, share=0.5), "prices"
    warm = request.warm is not None
    plan = Plan(
        gap=1e-7,
        widths=(150,) if warm else (150, 500),
        effort=effort,
        tolerance=1e-8,
        rounds=ROUNDS_WARM if warm else ROUNDS,
        near=NEAR,
    )
    return plan, "prices"


def _without(
    case: Case, plan: Plan, outcome: Outcome, go_on: Callable[[], bool]
) -> tuple[Outcome, tuple[Lack, ...]]:
    """No choice was found: find one that fits after all, or what must be loosened."""
    seconds = min(plan.effort.seconds, 10.0)
    effort = replace(plan.effort, nodes=300, seconds=seconds, solver="highs")
    rows = case.portfolio.rows
    ways = [np.ones(len(rows.sign), dtype=bool)]
    if np.any(rows.sign < 0) and np.any(rows.sign > 0):
        ways += [rows.sign < 0, rows.sign > 0]
    lacking: list[Lack] = []
    for loose in ways:
        found = find_shortage(
            case.portfolio, loose, widths=(300, 1_500, 6_000), effort=effort, go_on=lambda: True
        )
        if found.choice is not None and np.all(found.short <= 0) and not outcome.impossible:
            again = solve(
                case.portfolio, plan, prices=outcome.prices, before=found.choice, go_on=go_on
            )
            return again, ()
        lacking += lacks(case, found, loose)
        outcome = replace(outcome, impossible=outcome.impossible or found.proven)
    return outcome, tuple(lacking)
