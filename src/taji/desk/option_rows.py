"""From the plans of a firm to its rows in the table of options, and the record of each plan.

Decides what the columns of the table are and which plans of a firm stand in it: those that no
other of its plans equals or beats in value, rise, level, own cost, city money and earliness at
once. What is searched for, ``taji.plan.options`` decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from taji.assess.compile import Program
from taji.base.text import Text
from taji.catalogue.worth import Worth
from taji.desk.option_words import BASIS, option_title
from taji.desk.roadmap_figures import Standing, figures, standings
from taji.plan.adoption import adoption
from taji.plan.instance import Instance
from taji.plan.options import Candidate, city_money, undominated
from taji.plan.problem import Problem

__all__ = ["Counting", "Firm", "Offer", "best_offers", "offers_of", "option_schema"]

#: What ``value`` is: the rise times the probability of adoption, the rise, or the rise times the
#: part of the probability that is owed to the support.
Counting = Literal["adopted", "certain", "additional"]
#: Stands for a level that is never reached; larger than any period.
_NEVER = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """A firm whose plans are told.

    Attributes
    ----------
    enterprise, size : str
    sheet : polars.DataFrame, shape (1, any)
        Its canonical answers.
    problem : Problem
    """

    enterprise: str
    size: str
    sheet: pl.DataFrame
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An option: its row in the table, and its plan."""

    row: Mapping[str, Any]
    record: Mapping[str, Any]
    uses: tuple[int, ...]
    level: int
    reached: int


def option_schema(uses: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    """Return names and types of the columns of the table of options."""
    return {
        "enterprise": pl.String,
        "option": pl.String,
        "value": pl.Float64,
        **dict.fromkeys(uses, pl.Int64),
        "improvement": pl.Float64,
        "probability": pl.Float64,
        "probability_alone": pl.Float64,
        "level_now": pl.String,
        "level": pl.String,
        "reached": pl.Int64,
        "points_now": pl.Float64,
        "points": pl.Float64,
        "purchase": pl.Int64,
        "own_cost": pl.Int64,
        "running": pl.Int64,
        "budget": pl.Int64,
        "finish": pl.Int64,
        "proven": pl.Boolean,
        "title_zh": pl.String,
        "title_en": pl.String,
        "measures_zh": pl.String,
        "measures_en": pl.String,
        "note_zh": pl.String,
        "note_en": pl.String,
        **{f"group_{name}": pl.String for name in groups},
    }


def offers_of(
    firm: Firm,
    found: Sequence[Candidate],
    instance: Instance,
    *,
    program: Program,
    worth: Worth,
    counting: Counting,
    uses: Sequence[str],
    rule: str | None,
) -> list[Offer]:
    """Return an offer for each plan of a firm.

    Parameters
    ----------
    firm : Firm
    found : sequence of Candidate
    instance : Instance
        With the subsidy under which they were found.
    program : Program
    worth : Worth
        What a level counts, and how likely a plan is carried out.
    counting : {"adopted", "certain", "additional"}
    uses : sequence of str
        Columns of the city's money: the whole, then each year.
    rule : str or None
        Name of the subsidy, where there are several.
    """
    teller = _Teller(firm, instance, program, worth, counting, tuple(uses), rule)
    return [teller.offer(one) for one in found]


def best_offers(offers: Sequence[Offer]) -> list[Offer]:
    """Leave out the offers of a firm that another equals or beats in every way."""
    if not offers:
        return []
    high = [[o.row["value"], o.row["improvement"], o.level] for o in offers]
    low = [[o.row["own_cost"], o.reached, *o.uses] for o in offers]
    kept = undominated(np.array(high, dtype=float), np.array(low, dtype=float))
    return [offer for offer, stays in zip(offers, kept, strict=True) if stays]


@dataclass(frozen=True, slots=True)
class _Teller:
    firm: Firm
    instance: Instance
    program: Program
    worth: Worth
    counting: Counting
    uses: tuple[str, ...]
    rule: str | None

    def offer(self, one: Candidate) -> Offer:
        """Tell a plan."""
        firm, plan = self.firm, one.plan
        held = standings(firm.problem, plan, program=self.program, sheet=firm.sheet)
        order = [level.id for level in self.program.model.levels]
        now, then = order.index(held[0].level), order.index(held[-1].level)
        told = figures(firm.problem, plan, held, size=firm.size)
        purchase = sum(step["purchase"] for step in told["chosen"])
        own = purchase - plan.subsidy
        improvement = round(told["gain"] + float(self.worth.level) * max(0, then - now), 6)
        chance, alone = self._chance(purchase, own), self._chance(purchase, purchase)
        value = improvement * self._counts(chance, alone)
        name = self._name(one)
        money = city_money(self.instance, plan)
        spent = (sum(money), *money)
        reached = _reached(held) if then > now else None
        title = option_title(one, self._title(one.target))
        row = {
            "enterprise": firm.enterprise,
            "option": name,
            "value": round(value, 6),
            **dict(zip(self.uses, spent, strict=True)),
            "improvement": improvement,
            "probability": chance,
            "probability_alone": alone,
            "level_now": held[0].level,
            "level": held[-1].level,
            "reached": reached,
            "points_now": held[0].points,
            "points": held[-1].points,
            "purchase": purchase,
            "own_cost": own,
            "running": sum(step["running"] for step in told["chosen"]),
            "budget": one.budget,
            "finish": max(step.finish for step in plan.steps),
            "proven": one.proven,
            "title_zh": title.zh,
            "title_en": title.en,
            "measures_zh": "；".join(step["title"]["zh"] for step in told["chosen"]),
            "measures_en": "; ".join(step["title"]["en"] for step in told["chosen"]),
            "note_zh": BASIS.zh,
            "note_en": BASIS.en,
        }
        record = {
            "enterprise": firm.enterprise,
            "option": name,
            "kind": one.kind,
            "target": one.target,
            "budget": one.budget,
            "subsidy": self.rule,
            "size": firm.size,
            "proven": one.proven,
            **told,
        }
        never = _NEVER if reached is None else reached
        return Offer(row=row, record=record, uses=spent, level=then, reached=never)

    def _chance(self, purchase: int, own: int) -> float:
        rule = self.worth.adoption
        return round(adoption(purchase, own, usual=rule.usual[self.firm.size], rule=rule), 6)

    def _counts(self, chance: float, alone: float) -> float:
        return {"adopted": chance, "certain": 1.0, "additional": chance - alone}[self.counting]

    def _name(self, one: Candidate) -> str:
        means = "least" if one.kind == "least" else str(one.budget)
        aim = "gain" if one.target is None else f"level{one.target}"
        return f"{self.rule}/{aim}-{means}" if self.rule else f"{aim}-{means}"

    def _title(self, target: str | None) -> Text | None:
        levels = self.program.model.levels
        return next((level.title for level in levels if level.id == target), None)


def _reached(held: Sequence[Standing]) -> int:
    """The first period at whose end the level of the horizon holds."""
    return next(at for at, one in enumerate(held) if one.level == held[-1].level)
