"""Make the roadmap of one firm: from its answers to a plan, written as JSON and as a report.

Puts the parts in order: the answers come in, the problem is put together and solved, and every
plan is held against the model itself: the answers it leads to are scored with the program, and the
levels that are told come from there. What is best, ``taji.plan.roadmap`` decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from taji.assess.compile import Program
from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.catalogue.load import questionnaire_of
from taji.catalogue.measure import Measures
from taji.desk.diagnosing import program_of
from taji.desk.files import keep_inputs, whole
from taji.desk.gathering import IntakeChoices, write_refused
from taji.desk.measures_for import measures_for
from taji.desk.roadmap_figures import Standing, both, chosen, figures, standings
from taji.desk.roadmap_words import ASSUMED, clash_words, limit_name, roadmap_note
from taji.desk.steps import SILENT, Steps
from taji.desk.subsidy_file import read_subsidy
from taji.desk.surveyed_firms import DEFAULT_SIZE, SIZE, survey_firms
from taji.plan.conflict import Conflict, conflict
from taji.plan.earliest import reaches
from taji.plan.instance import Limits, Subsidy
from taji.plan.problem import MIDDLE, Cases, Problem, problem_of
from taji.plan.roadmap import STAGES, Roadmap, roadmap
from taji.plan.solving import Search
from taji.plan.steps import Plan
from taji.plan.variety import Alternative, Binding, alternatives, binding
from taji.report.roadmap import write_roadmap_pdf

__all__ = [
    "NoFirmError",
    "Planned",
    "RoadmapRequest",
    "make_roadmap",
    "plan_roadmap",
]

#: What a caller means who says nothing about the answers.
AS_USUAL = IntakeChoices()
WISHES: Mapping[str, Text] = {
    "finish_period": Text(zh="求最早达标", en="Looking for the earliest"),
    "cost": Text(zh="求最低费用", en="Looking for the cheapest"),
    "gain": Text(zh="求最大提升", en="Looking for the largest gain"),
    "benefit": Text(zh="求最早受益", en="Looking for the earliest benefit"),
}
BINDING = Text(zh="找出约束所在", en="Finding which limits bind")
OTHERS = Text(zh="找不同的方案", en="Looking for other plans")
CLASHING = Text(zh="找出互相冲突的条件", en="Finding which limits clash")
ROBUST = Text(zh="按高费用、低效果再算", en="Once more with high costs and low effects")
WRITING = Text(zh="写出报告", en="Writing the report")


class NoFirmError(TajiError):
    """The enterprise is not among the accepted answers."""

    code = "desk.no_firm"
    sentences = {
        "en": "{file} holds no accepted answers of enterprise {enterprise!r}; {accepted} rows were "
        "accepted. Check the key, or what was refused.",
        "zh": "{file} 中没有企业 {enterprise!r} 的有效答卷（共接收 {accepted} 行）。"
        "请核对企业标识，或查看被退回的内容。",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadmapRequest:
    """What a roadmap is asked for.

    Attributes
    ----------
    enterprise : str
    model, measures : str
        Ids or paths of packs.
    target : str
        Level aimed at.
    periods : int
        [periods of the measures]
    budget : int or None
        [yuan]
    per_year : tuple of int
        [yuan]
    staff : float or None
        Own people. [person-months per period]
    size : str or None
        Of the firm; None: as its answers or the register say, else small.
    subsidy : Path or None
        File of a share and a cap.
    register : Path or None
        Table of firms with a column ``size``.
    profile, options
        As for ``taji.catalogue.load.model``.
    others, robust : bool
        Also look for other plans, and for one that holds in bad luck.
    seconds : float
        For each search. [s]
    seed : int
    """

    enterprise: str
    target: str
    model: str = "sme2024"
    measures: str = "sme2024"
    periods: int = 12
    budget: int | None = None
    per_year: tuple[int, ...] = ()
    staff: float | None = None
    size: str | None = None
    subsidy: Path | None = None
    register: Path | None = None
    profile: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    others: bool = True
    robust: bool = True
    seconds: float = 60.0
    seed: int = 1

    @property
    def limits(self) -> Limits:
        """The limits in whole yuan and hundredths of a person-month."""
        staff = None if self.staff is None else round(self.staff * 100)
        return Limits(budget=self.budget, per_year=tuple(self.per_year), staff=staff)


@dataclass(frozen=True, slots=True)
class Planned:
    """A roadmap as plain values, and what to say about it."""

    content: Mapping[str, Any]
    sentence: Text
    seconds: float

    @property
    def feasible(self) -> bool:
        """Whether there is a plan."""
        return str(self.content["status"]) != "infeasible"


def make_roadmap(
    answers: Path,
    request: RoadmapRequest,
    *,
    out: Path,
    report: Path | None = None,
    intake: IntakeChoices = AS_USUAL,
    language: Language = "zh",
    steps: Steps = SILENT,
) -> Planned:
    """Make a firm's roadmap from a file of answers and write it, whole or not at all.

    Parameters
    ----------
    answers : Path
        File of answers.
    request : RoadmapRequest
    out : Path
        ``.json``.
    report : Path, optional
        Folder for ``roadmap.zh.pdf`` and ``roadmap.en.pdf``.
    intake : IntakeChoices
    language : {"zh", "en"}
        Of the reasons in ``refused.csv``.
    steps : Steps
        Hears of progress.

    Raises
    ------
    TajiError
        If the answers cannot be read, the firm is not among them, or the packs cannot be used.
    """
    keep_inputs([answers, request.subsidy, request.register], [out])
    asked = questionnaire_of(request.model)
    firms = survey_firms(answers, asked, intake, register=request.register, by=(), steps=steps)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_refused(firms.intake, out.parent, language)
    keys = firms.sheets.get_column("enterprise").cast(pl.String).to_list()
    if request.enterprise not in keys:
        raise NoFirmError(file=answers.name, enterprise=request.enterprise, accepted=len(keys))
    place = keys.index(request.enterprise)
    size = request.size or firms.sizes[place].size
    sheet = firms.sheets[place : place + 1]
    planned = plan_roadmap(sheet, replace(request, size=size), steps=steps)
    with whole(out) as unfinished:
        text = json.dumps(planned.content, ensure_ascii=False, indent=1)
        unfinished.write_text(text + "\n", encoding="utf-8")
    if report is not None:
        steps.begin(WRITING)
        report.mkdir(parents=True, exist_ok=True)
        for spoken in ("zh", "en"):
            write_roadmap_pdf(planned.content, report / f"roadmap.{spoken}.pdf", language=spoken)
    return planned


def plan_roadmap(sheet: pl.DataFrame, request: RoadmapRequest, *, steps: Steps = SILENT) -> Planned:
    """Make the roadmap of one sheet of answers.

    Parameters
    ----------
    sheet : polars.DataFrame, shape (1, any)
        Canonical answers with ``enterprise``.
    request : RoadmapRequest
    steps : Steps
        Hears of progress.

    Raises
    ------
    TajiError
        If the packs cannot be used, or there is no such level or size.
    """
    program = program_of(request.model, profile=request.profile, options=request.options)
    measures = measures_for(program, request.measures)
    subsidy = read_subsidy(request.subsidy, measures) if request.subsidy else None
    size = request.size or _said(sheet) or DEFAULT_SIZE
    maker = _Maker(request, sheet, program, measures, subsidy, size, steps)
    return maker.planned()


def _said(sheet: pl.DataFrame) -> str | None:
    """The size that a firm's answers tell, if they do."""
    size = sheet.get_column(SIZE)[0] if SIZE in sheet.columns else None
    return None if size is None else str(size)


@dataclass(slots=True)
class _Maker:
    """One firm, one request."""

    request: RoadmapRequest
    sheet: pl.DataFrame
    program: Program
    measures: Measures
    subsidy: Subsidy | None
    size: str
    steps: Steps

    def planned(self) -> Planned:
        problem = self._problem()
        search = self._search()
        found = roadmap(
            problem.instance, search=search, told=lambda name: self.steps.begin(WISHES[name])
        )
        content: dict[str, Any] = {
            **self._head(problem),
            **self._proof(found),
            **self._figures(problem, found.plan),
            "stages": [
                {
                    "stage": stage.name,
                    "value": stage.value,
                    "bound": stage.bound,
                    "gap": stage.gap,
                    "proven": stage.proven,
                }
                for stage in found.stages
            ],
            **self._more(problem, found, stopped=search.stopped),
        }
        title = self._level_title(self.request.target)
        return Planned(content, roadmap_note(content, title, self.measures), found.seconds)

    def _problem(self, *, target: str | None = None, cases: Cases = MIDDLE) -> Problem:
        return problem_of(
            self.measures,
            self.program,
            self.sheet,
            size=self.size,
            target=target or self.request.target,
            periods=self.request.periods,
            limits=self.request.limits,
            subsidy=self.subsidy,
            cases=cases,
        )

    def _search(self) -> Search:
        return Search(self.request.seconds, self.request.seed)

    def _level_title(self, level: str) -> Text:
        return next(one.title for one in self.program.model.levels if one.id == level)

    # --- what stands in every roadmap

    def _head(self, problem: Problem) -> dict[str, Any]:
        request, measures = self.request, self.measures
        subsidy = self.subsidy
        return {
            "enterprise": request.enterprise,
            "model": self.program.model.key,
            "options": dict(self.program.model.options),
            "measures": measures.key,
            "confidence": measures.confidence,
            "assumptions": both(measures.note or ASSUMED),
            "size": self.size,
            "target": request.target,
            "target_title": both(self._level_title(request.target)),
            "periods": request.periods,
            "period_months": measures.period_months,
            "limits": {
                "budget": request.budget,
                "per_year": list(request.per_year),
                "staff": request.staff,
            },
            "subsidy": None
            if subsidy is None
            else {"share": subsidy.share[0] / subsidy.share[1], "cap": subsidy.cap},
            "in_place": list(problem.in_place),
        }

    def _proof(self, found: Roadmap) -> dict[str, Any]:
        cost = next((stage for stage in found.stages if stage.name == STAGES[1]), None)
        return {
            "status": found.status,
            "bound": cost.bound if cost else None,
            "gap": cost.gap if cost else None,
            "method": "branch and bound (SCIP), recounted in whole numbers",
            "seed": found.seed,
            "time_limit": self.request.seconds,
        }

    def _figures(self, problem: Problem, plan: Plan | None) -> dict[str, Any]:
        if plan is None:
            return {
                "finish_period": None,
                "cost": None,
                "chosen": [],
                "level_by_period": [],
            }
        held = self._standings(problem, plan)
        self._agree(plan, held)
        return figures(problem, plan, held, size=self.size)

    def _standings(self, problem: Problem, plan: Plan) -> tuple[Standing, ...]:
        return standings(problem, plan, program=self.program, sheet=self.sheet)

    def _agree(self, plan: Plan, held: tuple[Standing, ...]) -> None:
        """Hold the plan against the model: at its finish the level is the target or a higher one."""
        order = [level.id for level in self.program.model.levels]
        target = order.index(self.request.target)
        if plan.finish_period is not None:
            reached = order.index(held[plan.finish_period].level)
            if reached < target:  # pragma: no cover - the rules were read otherwise than scored
                raise AssertionError(f"the plan reaches {order[reached]}, not {order[target]}")

    # --- beside the plan

    def _more(self, problem: Problem, found: Roadmap, *, stopped: bool) -> dict[str, Any]:
        if found.plan is None:
            return {
                "binding": [],
                "alternatives": [],
                **self._conflict(problem),
                "robust": None,
                "interrupted": stopped,
            }
        more: dict[str, Any] = {"binding": [], "alternatives": [], "conflict": [], "robust": None}
        if not stopped:
            self.steps.begin(BINDING)
            bound = binding(problem.instance, found.plan, search=self._search())
            more["binding"] = [self._binding(one) for one in bound]
        if not stopped and self.request.others:
            self.steps.begin(OTHERS)
            others = alternatives(problem.instance, found.plan, search=self._search())
            more["alternatives"] = [self._alternative(problem, one) for one in others]
        if not stopped and self.request.robust:
            self.steps.begin(ROBUST)
            more["robust"] = self._robust(found.plan)
        return {**more, "interrupted": stopped}

    def _binding(self, one: Binding) -> dict[str, Any]:
        scale = 100 if one.limit == "staff" else 1
        needed = one.needed_for_earlier
        return {
            "limit": one.limit,
            "name": both(limit_name(one.limit)),
            "used": one.used / scale if scale > 1 else one.used,
            "finish_without": one.finish_without,
            "cost_without": one.cost_without,
            "needed_for_earlier": None
            if needed is None
            else (needed / scale if scale > 1 else needed),
        }

    def _alternative(self, problem: Problem, other: Alternative) -> dict[str, Any]:
        return {
            "finish_period": other.plan.finish_period,
            "cost": other.plan.cost,
            "gain": other.plan.gain / problem.rules.unit,
            "left_out": other.left_out,
            "distance": other.distance,
            "chosen": chosen(problem, other.plan, size=self.size),
            "level_by_period": [one.level for one in self._standings(problem, other.plan)[1:]],
        }

    def _conflict(self, problem: Problem) -> dict[str, Any]:
        self.steps.begin(CLASHING)
        found: Conflict = conflict(problem.instance, search=self._search())
        title = self._level_title(self.request.target)
        rows = []
        for clash in found.clashes:
            scale = 100 if clash.limit == "staff" else 1
            given, needed = (
                None if value is None else (value / scale if scale > 1 else value)
                for value in (clash.given, clash.needed)
            )
            missing = None if given is None or needed is None else round(needed - given, 2)
            words = clash_words(clash.limit, title, given, needed, only=len(found.clashes) == 1)
            rows.append(
                {
                    "limit": clash.limit,
                    "given": given,
                    "needed": needed,
                    "missing": missing,
                    "words": both(words),
                }
            )
        budget, given_budget = found.budget_needed, self.request.budget
        short = None if budget is None or given_budget is None else max(0, budget - given_budget)
        return {
            "conflict": rows,
            "conflict_minimal": found.minimal,
            "budget_needed": budget,
            "budget_missing": short,
            "reachable": self._reachable(),
        }

    def _reachable(self) -> dict[str, Any] | None:
        """The highest level under the target that the limits allow, if it is above the present."""
        order = [level.id for level in self.program.model.levels]
        wide = self.program.wide(self.sheet)
        now = order.index(self.program.levels[wide.get_column("total:level")[0]])
        for level in reversed(order[now + 1 : order.index(self.request.target)]):
            lower = self._problem(target=level)
            if reaches(lower.instance, self._search()).exists:
                return {"level": level, "title": both(self._level_title(level))}
        return None

    def _robust(self, plan: Plan) -> dict[str, Any]:
        """Plan with high costs and low effects, and say what bad luck does to the plan itself."""
        problem = self._problem(cases=Cases(cost="high", effect="low"))
        found = roadmap(problem.instance, search=self._search())
        figures = self._figures(problem, found.plan)
        return {
            "cases": {"cost": "high", "effect": "low"},
            "status": found.status,
            "finish_period": figures["finish_period"],
            "cost": figures["cost"],
            "chosen": figures["chosen"],
            "level_by_period": figures["level_by_period"],
            "plan_in_bad_luck": {
                "cost": self._dear(plan),
                "level": self._standings(problem, plan)[-1].level,
            },
        }

    def _dear(self, plan: Plan) -> int:
        """What a plan costs where every purchase is as high as it may be. [yuan]"""
        total = bought = 0
        for step in plan.steps:
            variant = self.measures.measures[step.measure].variants[step.variant]
            purchase = variant.cost[self.size].high
            after = self.request.periods - step.finish
            total += purchase + variant.running.get(self.size, 0) * after
            if self.subsidy is not None and step.measure in self.subsidy.measures:
                bought += purchase
        return total - (self.subsidy.of(bought) if self.subsidy is not None else 0)
