"""The words of a roadmap: names of limits, conflicts, the one sentence at the end.

Decides how the figures of ``taji.plan`` are said; none is made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taji.base.text import Text
from taji.catalogue.measure import Measures

__all__ = ["ASSUMED", "clash_words", "limit_name", "roadmap_note"]

ASSUMED = Text(
    zh="全部费用、工期、人力与效果均为规划假设，不是报价。",
    en="All costs, durations, staff needs and effects are planning assumptions, not quotations.",
)
_NAMES: Mapping[str, Text] = {
    "target": Text(zh="目标等级", en="target level"),
    "budget": Text(zh="总预算", en="total budget"),
    "staff": Text(zh="每期自有人力", en="own staff per period"),
    "periods": Text(zh="期数", en="number of periods"),
}


def limit_name(limit: str) -> Text:
    """Return the name of a limit."""
    if limit.startswith("year "):
        year = limit.split()[1]
        return Text(zh=f"第 {year} 年预算", en=f"budget of year {year}")
    return _NAMES[limit]


def clash_words(
    limit: str, target: Text, given: float | None, needed: float | None, *, only: bool
) -> Text:
    """Say one limit of a conflict, and what is missing of it."""
    if limit == "target":
        if only:
            return Text(
                zh=f"本措施包中的措施全部用上也达不到{target.zh}。",
                en=f"All measures of this pack together do not reach {target.en}.",
            )
        return Text(zh=f"目标为{target.zh}。", en=f"The target is {target.en}.")
    name = limit_name(limit)
    if needed is None or given is None:
        return Text(zh=f"{name.zh}为 {_amount(given)}。", en=f"The {name.en} is {_amount(given)}.")
    missing = _amount(needed - given)
    units = {"staff": ("人月", "person-months"), "periods": ("期", "periods")}
    zh, en = units.get(limit, ("元", "yuan"))
    return Text(
        zh=f"{name.zh}为 {_amount(given)} {zh}：达到{target.zh}至少还需 {missing} {zh}"
        f"（共 {_amount(needed)} {zh}）。",
        en=f"The {name.en} is {_amount(given)} {en}: {target.en} needs at least {missing} {en} more "
        f"({_amount(needed)} {en} in all).",
    )


def roadmap_note(content: Mapping[str, Any], target: Text, measures: Measures) -> Text:
    """Say in a sentence what came out."""
    status = content["status"]
    if status == "infeasible":
        zh = "；".join(row["words"]["zh"].rstrip("。") for row in content["conflict"])
        en = " ".join(row["words"]["en"] for row in content["conflict"])
        extra = content.get("budget_missing")
        if extra:
            zh += f"；其他条件不变时，预算至少还需 {extra:,} 元"
            en += f" With all other limits kept, at least {extra:,} yuan more are needed."
        lower = content.get("reachable")
        if lower:
            zh += f"；现有条件下可达到{lower['title']['zh']}"
            en += f" These limits allow {lower['title']['en']}."
        return Text(zh=f"没有可行的路线图：{zh}。", en=f"There is no roadmap. {en}")
    proof = {
        "optimal": Text(zh="已证明最优", en="proved the best"),
        "feasible": Text(zh="尚未证明最优", en="not yet proved the best"),
    }[status]
    months = content["finish_period"] * measures.period_months
    return Text(
        zh=f"第 {content['finish_period']} 期末（{months} 个月）达到{target.zh}，费用 "
        f"{content['cost']:,} 元，{len(content['chosen'])} 项措施，{proof.zh}。费用为规划假设。",
        en=f"{target.en} is reached at the end of period {content['finish_period']} ({months} "
        f"months) for {content['cost']:,} yuan with {len(content['chosen'])} measures, "
        f"{proof.en}. Costs are planning assumptions.",
    )


def _amount(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.2f}".rstrip("0").rstrip(".")
