"""Look for the options of one firm, and say why it has none or what it lacks.

Decides which firms are looked at: under the target, of a size that the measures know, and with
enough answered. A rise counted from blanks would reward silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from taji.desk.option_request import Means, OptionsRequest
from taji.desk.option_rows import Firm, Offer, best_offers, offers_of
from taji.desk.option_words import Reason, reason_words
from taji.desk.surveyed_firms import SizeOf
from taji.plan.instance import Instance, Limits
from taji.plan.options import Tried, candidates
from taji.plan.problem import problem_of

__all__ = ["Looked", "Stand", "looker_of", "uses_of"]

#: A reason and the facts that its words name.
_Why = tuple[Reason | None, dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where a firm that answered stands.

    Attributes
    ----------
    sheet : polars.DataFrame, shape (1, any)
        Its canonical answers.
    size : SizeOf
    level : str
    points : float
        [points]
    coverage : float
        [fraction]
    """

    sheet: pl.DataFrame
    size: SizeOf
    level: str
    points: float
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found for a firm: its line, its options, and whether somebody stopped it."""

    line: dict[str, Any]
    offers: tuple[Offer, ...] = ()
    broken_off: bool = False


def uses_of(request: OptionsRequest, means: Means) -> tuple[str, ...]:
    """Return the columns of the city's money: the whole, then each year."""
    years = -(-request.periods // means.measures.periods_per_year)
    money = "use_subsidy" if request.subsidies else "use_money"
    return (money, *(f"{money}_{year}" for year in range(1, years + 1)))


def looker_of(request: OptionsRequest, means: Means) -> Callable[..., Looked]:
    """Return what looks at one firm: ``look(stand, stopped)``."""
    return _Looker(request, means, uses_of(request, means)).look


@dataclass(frozen=True, slots=True)
class _Looker:
    request: OptionsRequest
    means: Means
    uses: tuple[str, ...]

    def look(self, stand: Stand, stopped: Callable[[], bool]) -> Looked:
        """Look at a firm."""
        line: dict[str, Any] = {
            "enterprise": str(stand.sheet.get_column("enterprise")[0]),
            "size": stand.size.size,
            "size_from": stand.size.known_from,
            "level": stand.level,
            "points": stand.points,
            "coverage": stand.coverage,
            "targets": None,
            "plans": 0,
            "options": 0,
            "unfinished": 0,
            "next_needs": None,
        }
        kept, (reason, facts) = self._firm(line, stand, stopped)
        self._because(line, reason, facts)
        return Looked(line=line, offers=tuple(kept), broken_off=reason == "stopped")

    def _firm(
        self, line: dict[str, Any], stand: Stand, stopped: Callable[[], bool]
    ) -> tuple[list[Offer], _Why]:
        """Return a firm's options, and why it has none, or what should be said of it."""
        order, least = self.means.order, self.means.program.model.coverage_min
        now, goal = order.index(stand.level), order.index(self.means.target)
        if now >= goal:
            return [], ("at_target", {})
        if stand.size.size not in self.means.measures.sizes:
            return [], ("no_size", {"size": stand.size.size})
        if stand.coverage < least:
            return [], ("few_answers", {"coverage": stand.coverage, "least": float(least)})
        if stopped():
            return [], ("stopped", {})
        targets = order[now + 1 : min(goal, now + self.request.ahead) + 1]
        line["targets"] = "|".join(targets)
        firm = self._problem(line["enterprise"], stand.sheet, stand.size.size, targets[0])
        found, told = self._plans(firm, targets, stopped)
        if any(tried.stopped for tried in told):
            return [], ("stopped", {})
        kept = best_offers(found)
        line["plans"], line["options"] = len(found), len(kept)
        line["unfinished"] = sum(one.unfinished for one in told)
        return kept, self._remark(line, firm, told, targets[0])

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

    def _plans(
        self, firm: Firm, targets: Sequence[str], stopped: Callable[[], bool]
    ) -> tuple[list[Offer], list[Tried]]:
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
                stopped=stopped,
            )
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

    def _remark(self, line: dict[str, Any], firm: Firm, told: Sequence[Tried], target: str) -> _Why:
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
