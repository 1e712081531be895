"""A table of options as its page tells it: what was made, for whom nothing could be planned, and on
what assumptions it all rests.

Decides which rows and columns are shown; all of them stand in the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from taji.base.text import Text
from taji.catalogue.pack import CONFIDENCE_LABELS
from taji.catalogue.resources import resource_of
from taji.desk.option_words import REASON_TITLES
from taji.web.people.models import Organisation
from taji.web.planning.grounds import program_for
from taji.web.planning.models import Work
from taji.web.planning.optioning import TABLE
from taji.web.planning.work_telling import NONE, SHOWN, WORDS, Rows
from taji.web.register.coding import label

__all__ = ["Made", "most_of", "names_of", "told"]

SUMMARY, FIRMS, LIMITS = "options.json", "firms.csv", "limits_example.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a page says of a table of options.

    Attributes
    ----------
    firms, with_options, options : int
        Firms that answered, those of them that have options, options together.
    reasons : list of (Text, int)
        Why firms have none, or what should be known of them, and how many.
    assumptions : list of Text
        What the figures rest on, in sentences.
    grounds : list of (Text, Text)
        The figures that were assumed, by name.
    tables : list of Rows
    """

    firms: int
    with_options: int
    options: int
    reasons: list[tuple[Text, int]]
    assumptions: list[Text]
    grounds: list[tuple[Text, Text]]
    tables: list[Rows]


def told(work: Work) -> Made:
    """Tell the options of a work that is done."""
    summary = _json(work, SUMMARY)
    firms = pl.read_csv(work.path / FIRMS, infer_schema=False)
    return Made(
        firms=summary["firms"],
        with_options=summary["firms_with_options"],
        options=summary["options"],
        reasons=[(REASON_TITLES[name], n) for name, n in summary["reasons"].items()],
        assumptions=[Text(**summary["assumptions"]), Text(**summary["worth"]["note"])]
        if summary["worth"].get("note")
        else [Text(**summary["assumptions"])],
        grounds=list(_grounds(summary, firms)),
        tables=[_options(work), _without(work, firms)],
    )


def most_of(work: Work) -> dict[str, float]:
    """Return the resources that options use, and what all firms together could use of each."""
    return _json(work, LIMITS)


def names_of(keys: Iterable[str]) -> dict[str, str]:
    """Return what firms are called, by key."""
    found = Organisation.objects.filter(key__in=set(keys))
    return dict(found.values_list("key", "name"))


def _json(work: Work, name: str) -> Any:
    return json.loads((work.path / name).read_text(encoding="utf-8"))


def _grounds(summary: Mapping[str, Any], firms: pl.DataFrame) -> Iterable[tuple[Text, Text]]:
    known = CONFIDENCE_LABELS[summary["confidence"]]
    months = summary["period_months"]
    adoption = summary["worth"]["adoption"]
    usual = ((label("size", name), f"{amount:,}") for name, amount in adoption["usual"].items())
    level = float(Fraction(summary["worth"]["level"]))
    assumed = firms.filter(pl.col("size_from") == "assumed").height
    rule = next(iter(summary["subsidies"].values()), None)
    yield (
        Text(zh="措施的费用与效果", en="Costs and effects of measures"),
        Text(zh=f"{summary['measures']}（{known.zh}）", en=f"{summary['measures']} ({known.en})"),
    )
    yield (
        Text(zh="规划期", en="Horizon"),
        Text(
            zh=f"{summary['periods'] * months} 个月（{summary['periods']} 期）",
            en=f"{summary['periods'] * months} months ({summary['periods']} periods)",
        ),
    )
    yield Text(zh="企业自付预算", en="Budgets of a firm"), _yuan(summary["budgets"])
    yield Text(zh="补助规则", en="Subsidy"), _subsidy(rule)
    yield Text(zh="价值", en="Value"), WORDS[summary["value"]]
    yield (
        Text(zh="自行实施的可能性", en="Carried out of its own accord"),
        Text.same(f"{100 * float(Fraction(adoption['base'])):.4g} %"),
    )
    sizes = [(Text(zh=f"{of.zh} {n}", en=f"{of.en} {n}")) for of, n in usual]
    yield (
        Text(zh="一个项目通常的费用（元）", en="Usual cost of a programme (yuan)"),
        _listed(sizes),
    )
    yield (
        Text(zh="等级上升另加", en="For a level risen, besides"),
        Text(zh=f"{level:.4g} 分", en=f"{level:.4g} points"),
    )
    if assumed:
        yield (
            Text(zh="规模未知、按小型计", en="Of unknown size, taken as small"),
            Text(zh=f"{assumed} 家", en=f"{assumed} firms"),
        )


def _subsidy(rule: Mapping[str, Any] | None) -> Text:
    if rule is None:
        return Text(
            zh="无；资金列为全部一次性投入，不论由谁支付",
            en="none; the money is all that is bought, whoever pays",
        )
    share = f"{100 * rule['share']:.4g} %"
    return Text(
        zh=f"一次性费用的 {share}，每家至多 {rule['cap']:,} 元",
        en=f"{share} of the purchases, {rule['cap']:,} yuan a firm at most",
    )


def _options(work: Work) -> Rows:
    table = pl.scan_parquet(work.path / TABLE)
    first = table.head(SHOWN).collect()
    height = table.select(pl.len()).collect().item()
    uses = [name for name in first.columns if name.startswith("use_")]
    names, levels = names_of(first["enterprise"]), _levels(work)
    heads = [
        Text(zh="企业", en="Firm"),
        Text(zh="选项", en="Option"),
        Text(zh="价值（分）", en="Value (points)"),
        resource_of(uses[0]).with_unit,
        Text(zh="企业自付（元）", en="Own cost (yuan)"),
        Text(zh="提升（分）", en="Rise (points)"),
        Text(zh="实施的可能性", en="Chance of adoption"),
        Text(zh="等级", en="Level"),
    ]
    rows = [
        [
            Text.same(names.get(row["enterprise"], row["enterprise"])),
            Text(zh=row["title_zh"], en=row["title_en"]),
            Text.same(f"{row['value']:,.2f}"),
            Text.same(f"{row[uses[0]]:,}"),
            Text.same(f"{row['own_cost']:,}"),
            Text.same(f"{row['improvement']:,.1f}"),
            Text.same(f"{100 * row['probability']:.0f} %"),
            _rise(levels, row["level_now"], row["level"]),
        ]
        for row in first.to_dicts()
    ]
    title = Text(zh="选项", en="Options")
    return Rows(
        name="options.csv",
        title=title,
        heads=heads,
        numeric=frozenset({2, 3, 4, 5, 6}),
        rows=rows,
        more=max(0, height - SHOWN),
    )


def _without(work: Work, firms: pl.DataFrame) -> Rows:
    """The firms for which nothing could be planned, and why."""
    found = firms.filter(pl.col("options").cast(pl.Int64) == 0)
    first = found.head(SHOWN)
    names, levels = names_of(first["enterprise"]), _levels(work)
    rows = [
        [
            Text.same(names.get(row["enterprise"], row["enterprise"])),
            label("size", row["size"] or row.get("group_size") or ""),
            levels.get(row["level"] or "", NONE),
            Text(zh=row["reason_zh"], en=row["reason_en"]),
        ]
        for row in first.to_dicts()
    ]
    return Rows(
        name=FIRMS,
        title=Text(zh="没有选项的企业及原因", en="Firms without options, and why"),
        heads=[
            Text(zh="企业", en="Firm"),
            Text(zh="规模", en="Size"),
            Text(zh="现等级", en="Level now"),
            Text(zh="原因", en="Reason"),
        ],
        numeric=frozenset(),
        rows=rows,
        more=max(0, found.height - SHOWN),
    )


def _levels(work: Work) -> dict[str, Text]:
    assert work.round is not None, "options are of a round"
    planned = _json(work, SUMMARY)["model"].partition("@")[0]
    model = next(name for name in work.round.model_ids if name.partition("@")[0] == planned)
    program = program_for(work.round, model)
    return {level.id: level.title for level in program.model.levels}


def _rise(levels: Mapping[str, Text], now: str, then: str) -> Text:
    before, after = levels.get(now, Text.same(now)), levels.get(then, Text.same(then))
    if now == then:
        return before
    return Text(zh=f"{before.zh} → {after.zh}", en=f"{before.en} → {after.en}")


def _yuan(amounts: Sequence[int]) -> Text:
    listed = [f"{amount:,}" for amount in amounts]
    return Text(zh=f"{'、'.join(listed)} 元", en=f"{'; '.join(listed)} yuan")


def _listed(parts: Sequence[Text]) -> Text:
    return Text(zh="、".join(p.zh for p in parts), en="; ".join(p.en for p in parts))
