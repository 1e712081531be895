"""Look for the options of every firm, and say of each why it has none or what it lacks.

Decides which firms are looked at: under the target, of a size that the measures know, and with
enough answered. A rise counted from blanks would reward silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from taji.base.text import Text
from taji.desk.option_request import Means, OptionsRequest
from taji.desk.option_rows import Firm, Offer, best_offers, offers_of
from taji.desk.option_words import Reason, reason_words
from taji.desk.steps import Steps
from taji.desk.surveyed_firms import SizeOf, Surveyed
from taji.plan.instance import Instance, Limits
from taji.plan.options import Tried, candidates
from taji.plan.problem import problem_of

__all__ = ["LookingForOptions"]

LOOKING = Text(zh="逐家求选项", en="Looking for options firm by firm")


class LookingForOptions:
    """The search for one table.

    Attributes
    ----------
    uses : tuple of str
        Columns of the city's money: the whole, then each year. [yuan]
    offers : list of Offer
        Options found, firm by firm.
    lines : list of mapping
        A line for each firm that answered.
    broken_off : bool
        Somebody stopped it.
    """

    def __init__(
        self,
        request: OptionsRequest,
        means: Means,
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

    def look(self, surveyed: Surveyed) -> None:
        """Look for the options of every firm."""
        self.steps.begin(LOOKING)
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
        self.broken_off = self.broken_off or self.stopped()
        if self.broken_off:
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
