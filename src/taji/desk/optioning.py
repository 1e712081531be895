"""Make the table of options from answers: for every firm what the city could support it with.

Puts the parts in order: answers and register come in, each firm's plans are looked for, told and
thinned out, and the table goes to ``taji plan portfolio``. Which firms have no options, and why, is
written beside it; no firm is left out in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from taji.assess.compile import Program
from taji.base.errors import TajiError
from taji.base.text import Language, Text
from taji.catalogue.load import measures as load_measures
from taji.catalogue.load import questionnaire_of
from taji.catalogue.measure import Measures
from taji.catalogue.worth import Worth
from taji.catalogue.worth import worth as load_worth
from taji.desk.diagnosing import program_of
from taji.desk.files import keep_inputs, whole, write_table
from taji.desk.gathering import IntakeChoices, notes_of, write_refused
from taji.desk.option_firms import SIZE_FROM, SizeOf, Surveyed, survey_firms
from taji.desk.option_rows import (
    Counting,
    Firm,
    Offer,
    best_offers,
    offers_of,
    option_schema,
)
from taji.desk.option_words import NO_ANSWERS, Reason, notes_of_options, reason_words
from taji.desk.roadmap_figures import both
from taji.desk.roadmap_words import ASSUMED
from taji.desk.roadmapping import NoQuestionnaireError
from taji.desk.steps import SILENT, Steps
from taji.desk.subsidy_file import read_subsidy
from taji.plan.instance import Instance, Limits, Subsidy
from taji.plan.options import Tried, candidates
from taji.plan.problem import NoLevelError, problem_of
from taji.store.manifest import fingerprint

__all__ = [
    "NothingAdditionalError",
    "Optioned",
    "OptionsRequest",
    "SubsidyTwiceError",
    "UsualCostError",
    "make_options",
]

TABLE, BOOK, FIRMS = "options.parquet", "options.xlsx", "firms.csv"
PLANS, SUMMARY, LIMITS = "roadmaps.jsonl", "options.json", "limits_example.json"
LOOKING = Text(zh="逐家求选项", en="Looking for options firm by firm")
WRITING = Text(zh="写出结果", en="Writing the result")
AS_USUAL = IntakeChoices()


class SubsidyTwiceError(TajiError):
    """Two subsidies have one name."""

    code = "desk.subsidy_twice"
    sentences = {
        "en": "Two --subsidy files are named {name}; options are named by them. Rename one.",
        "zh": "两个 --subsidy 文件同名 {name}，而选项要以其命名。请给其中一个改名。",
    }


class NothingAdditionalError(TajiError):
    """Without support nothing is owed to the support."""

    code = "desk.nothing_additional"
    sentences = {
        "en": "--value additional counts what is owed to the support, and no --subsidy says what "
        "that is. Name one, or count adopted or certain.",
        "zh": "--value additional 只计因支持而增加的部分，但没有用 --subsidy 说明支持办法。"
        "请指定补助规则，或改用 adopted、certain。",
    }


class UsualCostError(TajiError):
    """The assumptions of adoption tell no usual cost for a size that the measures know."""

    code = "desk.usual_cost"
    sentences = {
        "en": "{file}: adoption.usual has no amount for firms of size {size}. The measures "
        "{measures} know that size; write one, in yuan.",
        "zh": "{file}：adoption.usual 没有规模 {size} 的金额，而措施包 {measures} 有这一规模。"
        "请补上（元）。",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsRequest:
    """What options are asked for.

    Attributes
    ----------
    answers, out : Path
        File of answers; folder of the result.
    model, measures : str
        Ids or paths of packs.
    profile, options
        As for ``taji.catalogue.load.model``.
    budgets : tuple of int
        What a firm can pay itself for purchases. [yuan]
    target : str or None
        A firm that has reached this level has no options; None: the model's highest.
    ahead : int
        How many levels above today's are aimed at.
    periods : int
        [periods of the measures]
    staff : float or None
        Own people of a firm. [person-months per period]
    subsidies : tuple of Path
        Rules of which each is a level of support; none: the money column holds all purchases.
    register : Path or None
        Table of firms.
    by : tuple of str or None
        Columns that become ``group_…``.
    worth : Path or None
        A city's own assumptions of worth and adoption.
    counting : {"adopted", "certain", "additional"}
        What ``value`` is.
    seconds : float
        For the search of each plan. [s]
    seed : int
    intake : IntakeChoices
    language : {"zh", "en"}
        Of the reasons in ``refused.csv``.
    """

    answers: Path
    out: Path
    budgets: tuple[int, ...]
    model: str = "sme2024"
    measures: str = "sme2024"
    profile: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    ahead: int = 2
    periods: int = 12
    staff: float | None = None
    subsidies: tuple[Path, ...] = ()
    register: Path | None = None
    by: tuple[str, ...] | None = None
    worth: Path | None = None
    counting: Counting = "adopted"
    seconds: float = 20.0
    seed: int = 1
    intake: IntakeChoices = AS_USUAL
    language: Language = "zh"


@dataclass(frozen=True, slots=True)
class Optioned:
    """What was made.

    Attributes
    ----------
    tally : str
        Of the answers, in rows.
    rejected : bool
        The answers were refused as a whole; nothing was written but the refusals.
    summary : mapping
        As written to ``options.json``; empty where rejected.
    notes : tuple of Text
        What a person should hear.
    """

    tally: str
    rejected: bool
    summary: Mapping[str, Any]
    notes: tuple[Text, ...]


def make_options(
    request: OptionsRequest,
    *,
    steps: Steps = SILENT,
    stopped: Callable[[], bool] = lambda: False,
) -> Optioned:
    """Make the table of options and write it with all that explains it.

    Parameters
    ----------
    request : OptionsRequest
    steps : Steps
        Hears of progress.
    stopped : callable
        Says whether the person wants what is ready.

    Raises
    ------
    TajiError
        If a file or a pack cannot be used.
    """
    out = request.out
    inputs = [request.answers, request.register, request.worth, *request.subsidies]
    keep_inputs(inputs, [out / n for n in (TABLE, BOOK, FIRMS, PLANS, SUMMARY, LIMITS)])
    maker = _Maker(request, _means(request), steps, stopped)
    surveyed = survey_firms(
        request.answers,
        questionnaire_of(request.model),
        request.intake,
        register=request.register,
        by=request.by,
        steps=steps,
    )
    intake = surveyed.intake
    out.mkdir(parents=True, exist_ok=True)
    heard = notes_of(intake, write_refused(intake, out, request.language))
    if intake.stopped:
        return Optioned(intake.summary, True, {}, heard)
    steps.begin(LOOKING)
    maker.look(surveyed)
    steps.begin(WRITING)
    summary = maker.write(surveyed)
    return Optioned(intake.summary, False, summary, (*heard, *notes_of_options(summary, out)))


@dataclass(frozen=True, slots=True)
class _Means:
    """Packs and rules, read."""

    program: Program
    measures: Measures
    worth: Worth
    rules: Mapping[str, Subsidy | None]
    target: str

    @property
    def order(self) -> list[str]:
        return [level.id for level in self.program.model.levels]

    @property
    def several(self) -> bool:
        return len(self.rules) > 1


def _means(request: OptionsRequest) -> _Means:
    program = program_of(request.model, profile=request.profile, options=request.options)
    measures = load_measures(request.measures)
    if measures.questionnaire != program.questionnaire.id:
        raise NoQuestionnaireError(
            measures=measures.id,
            theirs=measures.questionnaire,
            model=program.model.id,
            ours=program.questionnaire.id,
        )
    order = [level.id for level in program.model.levels]
    target = request.target or order[-1]
    if target not in order:
        raise NoLevelError(model=program.model.id, target=target, allowed=", ".join(order))
    if request.counting == "additional" and not request.subsidies:
        raise NothingAdditionalError
    names = [path.stem for path in request.subsidies]
    for name in names:
        if names.count(name) > 1:
            raise SubsidyTwiceError(name=name)
    worth = load_worth() if request.worth is None else load_worth(request.worth)
    for size in measures.sizes:
        if size not in worth.adoption.usual:
            file = "worth.yaml" if request.worth is None else request.worth.name
            raise UsualCostError(file=file, size=size, measures=measures.id)
    rules: dict[str, Subsidy | None] = {
        path.stem: read_subsidy(path, measures) for path in request.subsidies
    }
    return _Means(program, measures, worth, rules or {"": None}, target)


class _Maker:
    """One table."""

    def __init__(
        self,
        request: OptionsRequest,
        means: _Means,
        steps: Steps,
        stopped: Callable[[], bool],
    ) -> None:
        self.request, self.means, self.steps, self.stopped = request, means, steps, stopped
        years = -(-request.periods // means.measures.periods_per_year)
        money = "use_subsidy" if request.subsidies else "use_money"
        self.uses = (money, *(f"{money}_{year}" for year in range(1, years + 1)))
        self.offers: list[Offer] = []
        self.lines: list[dict[str, Any]] = []
        self.broken_off = False

    # --- firm by firm

    def look(self, surveyed: Surveyed) -> None:
        """Look for the options of every firm."""
        wide = self.means.program.wide(surveyed.sheets)
        stands = wide.select("total:level", "total:points", "total:coverage").rows()
        for at, (code, points, coverage) in enumerate(stands):
            sheet, size = surveyed.sheets[at], surveyed.sizes[at]
            line: dict[str, Any] = {
                "enterprise": str(sheet.get_column("enterprise")[0]),
                "size": size.size,
                "size_from": size.known_from,
                "level": self.means.program.levels[code],
                "points": points,
                "coverage": coverage,
                "targets": None,
                "plans": 0,
                "options": 0,
                "unfinished": 0,
                "next_needs": None,
            }
            reason, facts = self._firm(line, sheet, size)
            self._because(line, reason, facts)
            self.lines.append(line | self._groups(surveyed.groups, at))
            self.steps.advance(at + 1, len(stands))

    def _firm(
        self, line: dict[str, Any], sheet: pl.DataFrame, size: SizeOf
    ) -> tuple[Reason | None, dict[str, object]]:
        """Add a firm's options; return why it has none, or what should be said of it."""
        order, least = self.means.order, self.means.program.model.coverage_min
        now, goal = order.index(line["level"]), order.index(self.means.target)
        if now >= goal:
            return "at_target", {}
        if size.size not in self.means.measures.sizes:
            return "no_size", {"size": size.size}
        if line["coverage"] < least:
            return "few_answers", {"coverage": line["coverage"], "least": float(least)}
        if self.broken_off or self.stopped():
            return "stopped", {}
        targets = order[now + 1 : min(goal, now + self.request.ahead) + 1]
        line["targets"] = "|".join(targets)
        firm = self._problem(line["enterprise"], sheet, size.size, targets[0])
        found, told = self._plans(firm, targets)
        if self.broken_off:
            return "stopped", {}
        kept = best_offers(found)
        self.offers += kept
        line["plans"], line["options"] = len(found), len(kept)
        line["unfinished"] = sum(one.unfinished for one in told)
        return self._remark(line, firm, told, targets[0])

    def _problem(self, enterprise: str, sheet: pl.DataFrame, size: str, target: str) -> Firm:
        staff = None if self.request.staff is None else round(self.request.staff * 100)
        problem = problem_of(
            self.means.measures,
            self.means.program,
            sheet,
            size=size,
            target=target,
            periods=self.request.periods,
            limits=Limits(staff=staff),
        )
        return Firm(enterprise=enterprise, size=size, sheet=sheet, problem=problem)

    def _plans(self, firm: Firm, targets: Sequence[str]) -> tuple[list[Offer], list[Tried]]:
        """Look for plans under every rule of support."""
        found: list[Offer] = []
        told: list[Tried] = []
        tests = {level: firm.problem.rules.tests[level] for level in targets}
        for name, subsidy in self.means.rules.items():
            instance: Instance = replace(firm.problem.instance, subsidy=subsidy)
            tried = candidates(
                instance,
                tests,
                self.request.budgets,
                seconds=self.request.seconds,
                seed=self.request.seed,
                stopped=self.stopped,
            )
            self.broken_off |= tried.stopped
            told.append(tried)
            found += offers_of(
                firm,
                tried.candidates,
                instance,
                program=self.means.program,
                worth=self.means.worth,
                counting=self.request.counting,
                uses=self.uses,
                rule=name if self.means.several else None,
            )
        return found, told

    def _remark(
        self, line: dict[str, Any], firm: Firm, told: Sequence[Tried], target: str
    ) -> tuple[Reason | None, dict[str, object]]:
        if not line["options"]:
            brings = any(v.facts for m in firm.problem.instance.measures for v in m.variants)
            if line["unfinished"]:
                return "no_time", {}
            return ("dear" if brings else "no_gain"), {}
        if any(target not in tried.needed for tried in told):
            return None, {}
        amounts = [tried.needed[target] for tried in told]
        known = [amount for amount in amounts if amount is not None]
        line["next_needs"] = min(known, default=None)
        facts: dict[str, object] = {"target": target, "needed": line["next_needs"]}
        return ("next_dear" if known else "next_out_of_reach"), facts

    @staticmethod
    def _because(line: dict[str, Any], reason: Reason | None, facts: Mapping[str, object]) -> None:
        words = None if reason is None else reason_words(reason, **facts)
        line["reason"] = reason
        line["reason_zh"] = words.zh if words else None
        line["reason_en"] = words.en if words else None

    @staticmethod
    def _groups(groups: pl.DataFrame, at: int) -> dict[str, str | None]:
        if not groups.width:
            return {}
        return {f"group_{name}": value for name, value in groups.row(at, named=True).items()}

    # --- what is written

    def write(self, surveyed: Surveyed) -> Mapping[str, Any]:
        """Write all files; return the summary."""
        out, names = self.request.out, surveyed.groups.columns
        table = self._table(names)
        firms = pl.concat([self._firms(names), self._silent(surveyed)], how="diagonal")
        for path in (out / TABLE, out / BOOK):
            write_table(table, path)
        write_table(firms, out / FIRMS)
        with whole(out / PLANS) as unfinished:
            lines = [json.dumps(o.record, ensure_ascii=False) + "\n" for o in self.offers]
            unfinished.write_text("".join(lines), encoding="utf-8")
        summary = self._summary(table, firms)
        for name, content in ((SUMMARY, summary), (LIMITS, self._limits(table))):
            with whole(out / name) as unfinished:
                text = json.dumps(content, ensure_ascii=False, indent=1)
                unfinished.write_text(text + "\n", encoding="utf-8")
        return summary

    def _table(self, groups: Sequence[str]) -> pl.DataFrame:
        known = {line["enterprise"]: line for line in self.lines}
        rows = [
            {**offer.row, **{g: known[offer.row["enterprise"]][g] for g in _columns(groups)}}
            for offer in self.offers
        ]
        return pl.DataFrame(rows, schema=option_schema(self.uses, groups))

    def _firms(self, groups: Sequence[str]) -> pl.DataFrame:
        text, whole_number = pl.String, pl.Int64
        schema = {
            **dict.fromkeys(("enterprise", "size", "size_from", "level"), text),
            **dict.fromkeys(("points", "coverage"), pl.Float64),
            "targets": text,
            **dict.fromkeys(("plans", "options", "unfinished", "next_needs"), whole_number),
            **dict.fromkeys(("reason", "reason_zh", "reason_en"), text),
            **dict.fromkeys(_columns(groups), text),
        }
        return pl.DataFrame(self.lines, schema=schema)

    @staticmethod
    def _silent(surveyed: Surveyed) -> pl.DataFrame:
        words = reason_words(NO_ANSWERS)
        return surveyed.silent.select(
            pl.col("enterprise").cast(pl.String),
            pl.lit(0, pl.Int64).alias("options"),
            pl.lit(NO_ANSWERS).alias("reason"),
            pl.lit(words.zh).alias("reason_zh"),
            pl.lit(words.en).alias("reason_en"),
            *(pl.col(n).alias(f"group_{n}") for n in surveyed.silent.columns if n != "enterprise"),
        )

    def _limits(self, table: pl.DataFrame) -> dict[str, int]:
        """What all firms together could use at most: limits that limit nothing, to be lowered."""
        most = table.group_by("enterprise").agg(pl.col(self.uses).max())
        return {name: int(most.get_column(name).sum() or 0) for name in self.uses}

    def _summary(self, table: pl.DataFrame, firms: pl.DataFrame) -> dict[str, Any]:
        request, means = self.request, self.means
        reasons = firms.get_column("reason").drop_nulls().value_counts().sort("reason")
        return {
            "firms": len(self.lines),
            "firms_with_options": table.get_column("enterprise").n_unique(),
            "options": table.height,
            "unproven": int((~table.get_column("proven")).sum()),
            "reasons": dict(reasons.iter_rows()),
            "stopped": self.broken_off,
            "model": means.program.model.key,
            "readings": dict(means.program.model.options),
            "measures": means.measures.key,
            "confidence": means.measures.confidence,
            "assumptions": both(means.measures.note or ASSUMED),
            "worth": means.worth.model_dump(mode="json") | {"key": means.worth.key},
            "value": request.counting,
            "budgets": sorted(set(request.budgets)),
            "target": means.target,
            "ahead": request.ahead,
            "periods": request.periods,
            "period_months": means.measures.period_months,
            "staff": request.staff,
            "subsidies": {
                name: {"share": rule.share[0] / rule.share[1], "cap": rule.cap}
                for name, rule in means.rules.items()
                if rule is not None
            },
            "size_from": {key: both(text) for key, text in SIZE_FROM.items()},
            "time_limit": request.seconds,
            "seed": request.seed,
            "inputs": {
                path.name: fingerprint(path, relative_to=request.out).sha256
                for path in (
                    request.answers,
                    request.register,
                    request.worth,
                    *request.subsidies,
                )
                if path is not None
            },
        }


def _columns(groups: Sequence[str]) -> list[str]:
    return [f"group_{name}" for name in groups]
