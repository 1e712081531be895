"""Hold the optimum against ranking, firm by firm: what the next level costs either way.

Decides what is compared: the money that each needs to bring a firm to its next level, and how many
firms reach it with the same money. Running cost, years and staff are left out, so that neither side
gains by doing things late.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from taji.assess.compile import Program
from taji.base.text import Language, Text
from taji.catalogue.load import questionnaire_of
from taji.catalogue.measure import Measures
from taji.desk.diagnosing import program_of
from taji.desk.files import keep_inputs, whole, write_table
from taji.desk.gathering import IntakeChoices, write_refused
from taji.desk.measures_for import measures_for
from taji.desk.steps import SILENT, Steps
from taji.desk.surveyed_firms import survey_firms
from taji.plan.conflict import least_of
from taji.plan.instance import Limits
from taji.plan.problem import Problem, problem_of
from taji.plan.ranking import rank_and_cut
from taji.plan.solving import Search

__all__ = ["Compared", "compare_plans"]

COMPARING = Text(zh="逐家比较", en="Comparing firm by firm")
#: What is compared; the names of columns begin with these.
WAYS: Mapping[str, Text] = {
    "least": Text(zh="最优方案", en="the optimum"),
    "ranked": Text(zh="按权重×差距排序", en="ranking by weight times gap"),
    "thrifty": Text(zh="按每元得分排序", en="ranking by points per yuan"),
}
FIRMS, SUMMARY = "compare.csv", "compare.json"


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison came to.

    Attributes
    ----------
    firms : polars.DataFrame
        ``enterprise, size, level, target, least_cost, ranked_cost, thrifty_cost`` and, for each
        budget *B*, ``least_B``, ``ranked_B``, ``thrifty_B``: is the target reached with it.
    summary : mapping
        As written to ``compare.json``.
    tally : str
        Of the answers, in rows.
    sentence : Text
    """

    firms: pl.DataFrame
    summary: Mapping[str, Any]
    tally: str
    sentence: Text


def compare_plans(
    answers: Path,
    *,
    out: Path,
    budgets: Sequence[int],
    model: str = "sme2024",
    measures: str = "sme2024",
    periods: int = 12,
    register: Path | None = None,
    seconds: float = 20.0,
    seed: int = 1,
    language: Language = "zh",
    steps: Steps = SILENT,
) -> Compared:
    """Compare ranking with the optimum for every firm that has a next level.

    Parameters
    ----------
    answers : Path
        File of answers.
    out : Path
        Folder for ``compare.csv`` and ``compare.json``.
    budgets : sequence of int
        Purchases that the firm can pay. [yuan]
    model, measures, periods, register
        As for ``RoadmapRequest``.
    seconds, seed
        Of each search.
    language : {"zh", "en"}
        Of the reasons in ``refused.csv``.
    steps : Steps
        Hears of progress.

    Raises
    ------
    TajiError
        If the answers or the packs cannot be used.
    """
    keep_inputs([answers, register], [out / FIRMS, out / SUMMARY])
    program = program_of(model)
    pack = measures_for(program, measures)
    asked = questionnaire_of(model)
    surveyed = survey_firms(answers, asked, IntakeChoices(), register=register, by=(), steps=steps)
    out.mkdir(parents=True, exist_ok=True)
    write_refused(surveyed.intake, out, language)
    sheets = surveyed.sheets
    order = [level.id for level in program.model.levels]
    codes = program.wide(sheets).get_column("total:level").to_list()
    steps.begin(COMPARING)
    rows = []
    for at, code in enumerate(codes):
        level = program.levels[code]
        if level != order[-1]:
            target = order[order.index(level) + 1]
            sheet = sheets[at]
            size = surveyed.sizes[at].size
            search = Search(seconds, seed, heeds=False)
            row = _firm(sheet, program, pack, size, target, periods, search)
            rows.append({**row, "level": level})
        steps.advance(at + 1, len(codes))
    firms = _table(rows, budgets)
    summary = _summary(firms, budgets)
    write_table(firms, out / FIRMS)
    with whole(out / SUMMARY) as unfinished:
        text = json.dumps(summary, ensure_ascii=False, indent=1)
        unfinished.write_text(text + "\n", encoding="utf-8")
    return Compared(firms, summary, surveyed.intake.summary, _sentence(summary))


def _firm(
    sheet: pl.DataFrame,
    program: Program,
    pack: Measures,
    size: str,
    target: str,
    periods: int,
    search: Search,
) -> dict[str, object]:
    problem = problem_of(
        pack, program, sheet, size=size, target=target, periods=periods, limits=Limits()
    )
    instance = problem.instance.without_running()
    least = least_of(instance, "budget", search=search)
    ranked = rank_and_cut(instance, _dimensions(problem))
    thrifty = rank_and_cut(instance, [frozenset(range(len(instance.gains)))])
    return {
        "enterprise": str(sheet.get_column("enterprise")[0]),
        "size": size,
        "target": target,
        "least_cost": least,
        "ranked_cost": ranked.target_cost,
        "thrifty_cost": thrifty.target_cost,
    }


def _dimensions(problem: Problem) -> list[frozenset[int]]:
    """The facts of every question and every scenario."""
    by_node: dict[str, set[int]] = {}
    for at, fact in enumerate(problem.rules.facts):
        by_node.setdefault(fact.node, set()).add(at)
    return [frozenset(facts) for facts in by_node.values()]


def _table(rows: Sequence[Mapping[str, object]], budgets: Sequence[int]) -> pl.DataFrame:
    schema: dict[str, type[pl.DataType]] = {
        "enterprise": pl.String,
        "size": pl.String,
        "level": pl.String,
        "target": pl.String,
        "least_cost": pl.Int64,
        "ranked_cost": pl.Int64,
        "thrifty_cost": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema).with_columns(
        (pl.col(f"{way}_cost") <= budget).fill_null(False).alias(f"{way}_{budget}")
        for budget in budgets
        for way in WAYS
    )


def _summary(firms: pl.DataFrame, budgets: Sequence[int]) -> dict[str, Any]:
    return {
        "firms": firms.height,
        "ways": [
            {
                "way": way,
                "title": {"zh": title.zh, "en": title.en},
                "reached": int(firms.get_column(f"{way}_cost").is_not_null().sum()),
                **_times(firms, way),
                "reached_with": [
                    {"budget": budget, "firms": int(firms.get_column(f"{way}_{budget}").sum())}
                    for budget in budgets
                ],
            }
            for way, title in WAYS.items()
        ],
    }


def _times(firms: pl.DataFrame, way: str) -> dict[str, float | None]:
    """How many times the least cost a way needs, and its cost, among firms that it brings there."""
    known = firms.filter((pl.col("least_cost") > 0) & pl.col(f"{way}_cost").is_not_null())
    if known.is_empty():
        return {"cost_median": None, "times_median": None, "times_90": None}
    cost = known.get_column(f"{way}_cost").to_numpy()
    times = cost / known.get_column("least_cost").to_numpy()
    return {
        "cost_median": float(np.median(cost)),
        "times_median": float(np.median(times)),
        "times_90": float(np.quantile(times, 0.9)),
    }


def _sentence(summary: Mapping[str, Any]) -> Text:
    best, *others = summary["ways"]
    firms = summary["firms"]
    zh = "；".join(
        f"{way['title']['zh']}：费用为最优的 {way['times_median']:.2f} 倍（中位数）"
        for way in others
        if way["times_median"] is not None
    )
    en = "; ".join(
        f"{way['title']['en']}: {way['times_median']:.2f} times the cost of the optimum (median)"
        for way in others
        if way["times_median"] is not None
    )
    return Text(
        zh=f"{firms} 家企业，最优方案使 {best['reached']} 家达到下一级。{zh}。费用为规划假设。",
        en=f"{firms} firms; the optimum brings {best['reached']} to their next level; {en}. "
        "Costs are planning assumptions.",
    )
